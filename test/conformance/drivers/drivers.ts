// Drivers of other languages, as data: the program that exercises each, how it is run, and how it is got.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Driver {
  /** Debian packages that bring it. */
  readonly packages: string;
  /** Ends with 0 where it is installed. */
  readonly probe: readonly [string, ...string[]];
  /** Prints a line a step; with `masked` behind it, what it reads of protected columns. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
// Debian's own, which is where Debian's packages are.
const python = '/usr/bin/python3';
const goSources = '/usr/share/gocode';
const jdbc = '/usr/share/java/postgresql.jar';

function pythonDriver(module: string, name: string, packages: string): Driver {
  return { packages, probe: [python, '-c', `import ${module}`], command: [python, program(name)] };
}

export const drivers: Readonly<Record<string, Driver>> = {
  psycopg2: pythonDriver('psycopg2', 'psycopg2-program.py', 'python3-psycopg2'),
  'psycopg 3': pythonDriver('psycopg', 'psycopg-program.py', 'python3-psycopg'),
  asyncpg: pythonDriver('asyncpg', 'asyncpg-program.py', 'python3-asyncpg'),
  psqlODBC: pythonDriver('pyodbc', 'odbc-program.py', 'odbc-postgresql python3-pyodbc'),
  pgJDBC: {
    packages: 'libpostgresql-jdbc-java default-jdk-headless',
    probe: ['javap', '-cp', jdbc, 'org.postgresql.Driver'],
    command: ['java', '-XX:TieredStopAtLevel=1', '-cp', jdbc, program('JdbcProgram.java')],
  },
  'pgx and lib/pq': {
    packages: 'golang-go golang-github-jackc-pgx-v4-dev golang-github-lib-pq-dev',
    probe: ['ls', `${goSources}/src/github.com/jackc/pgx/v4`, `${goSources}/src/github.com/lib/pq`],
    command: ['go', 'run', program('go-program.go')],
    env: { GO111MODULE: 'off', GOPATH: goSources, GOCACHE: '/tmp/chartgate-go-cache' },
  },
  'DBD::Pg': {
    packages: 'libdbd-pg-perl',
    probe: ['perl', '-MDBD::Pg', '-e', '1'],
    command: ['perl', program('dbi-program.pl')],
  },
  "Ruby's pg": {
    packages: 'ruby-pg',
    probe: ['ruby', '-rpg', '-e', ''],
    command: ['ruby', program('ruby-program.rb')],
  },
  "PHP's PDO and pgsql": {
    packages: 'php-cli php-pgsql',
    probe: ['php', '-r', 'exit(extension_loaded("pdo_pgsql") && extension_loaded("pgsql") ? 0 : 1);'],
    command: ['php', program('php-program.php')],
  },
  Pgtcl: {
    packages: 'libpgtcl',
    probe: ['sh', '-c', 'echo "package require Pgtcl" | tclsh'],
    command: ['tclsh', program('pgtcl-program.tcl')],
  },
  RPostgreSQL: {
    packages: 'r-cran-rpostgresql',
    probe: ['Rscript', '-e', 'library(RPostgreSQL)'],
    command: ['Rscript', '--vanilla', program('rpostgresql-program.r')],
  },
};

/** False, or the line that says how to get it. */
export function notInstalled({ packages, probe: [program, ...args] }: Driver): string | false {
  return spawnSync(program, args).status === 0 ? false : `it is not installed: apt-get install ${packages}`;
}
