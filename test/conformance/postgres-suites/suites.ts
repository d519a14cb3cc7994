// The suites of others, as data: how each is run against one way in, and what was observed of each of its tests. Their
// sources are not in this project; docs/reference/postgres-transparency.md says where they come from.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { libpqEnvironment, uriOf, type Way } from './stand.ts';

/** Test → what was seen of it: all its output where there is one that repeats, or else its verdict. */
export type Observed = ReadonlyMap<string, string>;

export interface Suite {
  /** The line that is printed when the sources are not there. */
  readonly needs: string;
  /** What must be below `--source` for the suite to be there. */
  readonly proof: string;
  /** SQL for the database before the run. */
  readonly prepare: string;
  /** What has to run before any single test of it; undefined = its tests are not run by name. */
  readonly groundwork?: readonly string[];
  /** `directory` is empty and this run's own; `tests` names those to be run, none = all. @throws when it could not be run. */
  readonly run: (at: Run) => Promise<Observed>;
}

interface Run {
  readonly way: Way;
  readonly source: string;
  readonly directory: string;
  readonly tests: readonly string[];
}

const suiteMs = 100 * 60_000;

/** What pg_regress gives to a database that it makes itself (pg_regress.c, create_database). */
const regressDatabase = ['lc_messages', 'lc_monetary', 'lc_numeric', 'lc_time']
  .map((name) => `ALTER DATABASE regression SET ${name} TO 'C';`)
  .concat(
    `ALTER DATABASE regression SET bytea_output TO 'hex';`,
    `ALTER DATABASE regression SET timezone_abbreviations TO 'Default';`,
  )
  .join('\n');

/** What the comments of parallel_schedule name as depended on by tests of later groups. */
const regressGroundwork = `test_setup create_function_c create_misc create_operator create_procedure create_table
  create_type create_schema create_index create_index_spgist create_view create_aggregate`.split(/\s+/);

const postgresSource = 'PostgreSQL 15 sources, built as docs/reference/postgres-transparency.md says';
const goSource =
  'Debian golang-go, golang-github-jackc-pgx-v4-dev, golang-github-lib-pq-dev (--source /usr/share/gocode)';
const sqlalchemySource =
  'Debian python3-sqlalchemy python3-pytest python3-psycopg2 python3-asyncpg (--source /usr/lib/python3/dist-packages)';

export const suites: Readonly<Record<string, Suite>> = {
  regress: {
    needs: postgresSource,
    proof: 'src/test/regress/regress.so',
    prepare: regressDatabase,
    groundwork: regressGroundwork,
    run: (at) => regress({ ...at, folder: 'regress', runner: 'pg_regress', schedule: 'parallel_schedule' }),
  },
  isolation: {
    needs: postgresSource,
    proof: 'src/test/isolation/isolation_schedule',
    prepare: regressDatabase,
    groundwork: [],
    run: (at) =>
      regress({ ...at, folder: 'isolation', runner: 'pg_isolation_regress', schedule: 'isolation_schedule' }),
  },
  pgx: {
    needs: goSource,
    proof: 'src/github.com/jackc/pgx/v4/conn_test.go',
    prepare: 'CREATE EXTENSION IF NOT EXISTS hstore; CREATE DOMAIN uint64 AS numeric(20,0);',
    run: (at) =>
      goTest(at, [
        'github.com/jackc/pgx/v4',
        'github.com/jackc/pgx/v4/stdlib',
        'github.com/jackc/pgx/v4/pgxpool',
        'github.com/jackc/pgconn',
        'github.com/jackc/pgtype',
      ]),
  },
  'lib-pq': {
    needs: goSource,
    proof: 'src/github.com/lib/pq/conn_test.go',
    prepare: '',
    run: (at) => goTest(at, ['github.com/lib/pq']),
  },
  libpqxx: {
    needs: 'libpqxx 6 sources of Debian bookworm, built with `make && make -C test runner`',
    proof: 'test/runner',
    prepare: '',
    run: pqxx,
  },
  'sqlalchemy-psycopg2': {
    needs: sqlalchemySource,
    proof: 'sqlalchemy/testing/suite/test_reflection.py',
    prepare: 'CREATE SCHEMA test_schema; CREATE SCHEMA test_schema_2;',
    run: (at) => sqlalchemy(at, 'postgresql+psycopg2'),
  },
  'sqlalchemy-asyncpg': {
    needs: sqlalchemySource,
    proof: 'asyncpg/connection.py',
    prepare: 'CREATE SCHEMA test_schema; CREATE SCHEMA test_schema_2;',
    run: (at) => sqlalchemy(at, 'postgresql+asyncpg'),
  },
};

/** The observation is the whole result file, which pg_regress itself compares with what it expects. */
async function regress(
  at: Run & { readonly folder: string; readonly runner: string; readonly schedule: string },
): Promise<Observed> {
  const { way, directory, folder } = at;
  const input = join(at.source, 'src', 'test', folder);
  const bin = process.env['PG_BIN'] ?? '/usr/lib/postgresql/15/bin';
  const programs = join(bin, '..', 'lib', 'pgxs', 'src', 'test', folder);
  // The server, which is another user, writes below it.
  for (const each of ['', 'results', 'testtablespace']) {
    await mkdir(join(directory, each), { recursive: true });
    await chmod(join(directory, each), 0o777);
  }
  const launcher = join(directory, 'launcher');
  await writeFile(launcher, launcherText, { mode: 0o755 });
  await execute(
    join(programs, at.runner),
    [
      `--inputdir=${input}`,
      `--outputdir=${directory}`,
      `--bindir=${bin}`,
      `--dlpath=${join(at.source, 'src', 'test', 'regress')}`,
      `--launcher=${launcher}`,
      ...(at.tests.length > 0
        ? [...(suites[folder]?.groundwork ?? []), ...at.tests]
        : [`--schedule=${join(input, at.schedule)}`]),
      '--use-existing',
      `--dbname=${way.database}`,
      `--host=${way.host}`,
      `--port=${way.port}`,
      `--user=${way.user}`,
      '--max-connections=4',
    ],
    { cwd: programs, env: libpqEnvironment(way), log: join(directory, 'run.log') },
  );
  const observed = new Map<string, string>();
  for (const file of (await readdir(join(directory, 'results'))).sort()) {
    if (!file.endsWith('.out')) continue;
    observed.set(file.slice(0, -4), await readFile(join(directory, 'results', file), 'latin1'));
  }
  return observed;
}

/**
 * pg_regress gives every psql server options and a DateStyle at startup, which the gate does not carry. Both ways go
 * without, so that what is compared is the same test.
 */
const launcherText = `#!/bin/sh
unset PGOPTIONS PGDATESTYLE
exec "$@"
`;

async function goTest(at: Run, packages: readonly string[]): Promise<Observed> {
  const { way, source, directory } = at;
  const parameters = `host=${way.host} port=${way.port} user=${way.user} password=${way.password} database=${way.database} sslmode=disable`;
  const env = {
    ...libpqEnvironment(way),
    GO111MODULE: 'off',
    GOPATH: source,
    GOCACHE: '/tmp/chartgate-go-cache',
    PGX_TEST_DATABASE: parameters,
    PGX_TEST_CONN_STRING: parameters,
    PGX_TEST_TCP_CONN_STRING: parameters,
  };
  const observed = new Map<string, string>();
  for (const each of packages) {
    const log = join(directory, `${each.replaceAll('/', '_')}.log`);
    const output = await execute('go', ['test', '-v', '-count=1', '-p=1', '-timeout=15m', each], {
      cwd: directory,
      env,
      log,
    });
    for (const [, verdict, test] of output.matchAll(/^\s*--- (PASS|FAIL|SKIP): (\S+)/gm))
      observed.set(`${each.replace('github.com/', '')}: ${test}`, verdict ?? '');
  }
  return observed;
}

async function pqxx({ way, source, directory }: Run): Promise<Observed> {
  const output = await execute(join(source, 'test', 'runner'), [], {
    cwd: directory,
    env: libpqEnvironment(way),
    log: join(directory, 'run.log'),
  });
  // What follows the last test counts those before it; process ids and OIDs are another run's.
  const tests = (output.split(/^(?:\*\*\*|Ran )/m)[0] ?? '').replace(/(pid=|#)\d+/g, '$1n').split(/^Running: /m);
  const observed = new Map<string, string>();
  for (const block of tests.slice(1)) {
    const [test = '', ...lines] = block.split('\n');
    observed.set(test, lines.join('\n'));
  }
  return observed;
}

/** SQLAlchemy's suite for dialects: reflection, types, DDL, transactions, through a driver of choice. */
async function sqlalchemy({ way, source, directory }: Run, scheme: string): Promise<Observed> {
  await writeFile(
    join(directory, 'conftest.py'),
    'import pytest\npytest.register_assert_rewrite("sqlalchemy.testing.assertions")\nfrom sqlalchemy.testing.plugin.pytestplugin import *\n',
  );
  await writeFile(join(directory, 'test_suite.py'), 'from sqlalchemy.testing.suite import *\n');
  await writeFile(
    join(directory, 'setup.cfg'),
    '[sqla_testing]\nrequirement_cls=sqlalchemy.testing.requirements:SuiteRequirements\nprofile_file=profiles.txt\n',
  );
  const output = await execute(
    '/usr/bin/python3',
    ['-m', 'pytest', '-v', '-p', 'no:cacheprovider', '--tb=short', '--dburi', uriOf(way, scheme), 'test_suite.py'],
    {
      cwd: directory,
      env: { ...libpqEnvironment(way), PYTHONPATH: source, COLUMNS: '300' },
      log: join(directory, 'run.log'),
    },
  );
  const observed = new Map<string, string>();
  for (const [, test, verdict] of output.matchAll(/^test_suite\.py::(\S+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)/gm))
    observed.set(test ?? '', verdict ?? '');
  return observed;
}

/** Whatever it exits with: suites fail in places, straight too. One that does not end leaves what it has. @throws when it cannot be started */
async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly log: string },
): Promise<string> {
  const child = spawn('nice', [command, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: suiteMs,
    killSignal: 'SIGKILL',
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part));
  const [, signal] = await once(child, 'close');
  const output = Buffer.concat(parts).toString('latin1');
  await writeFile(options.log, output, 'latin1');
  if (signal !== null) console.log(`${command} was ended by ${String(signal)}: what is missing has no result`);
  return output;
}

/** Absolute, or null when the suite is not there. */
export function sourceOf(suite: Suite, source: string): string | null {
  const absolute = resolve(source);
  return existsSync(join(absolute, suite.proof)) ? absolute : null;
}
