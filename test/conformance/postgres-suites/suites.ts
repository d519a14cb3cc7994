// The suites there are, by name, and those of drivers: how each is run. Their sources are not in this project;
// docs/reference/postgres-transparency.md says where they come from.

import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { moduleSuite, ownSuites } from './own-suites.ts';
import { libpqEnvironment, uriOf } from './stand.ts';
import { execute, type Observed, type Run, type Suite } from './suite.ts';

const goSource =
  'Debian golang-go, golang-github-jackc-pgx-v4-dev, golang-github-lib-pq-dev (--source /usr/share/gocode)';
const sqlalchemySource =
  'Debian python3-sqlalchemy python3-pytest python3-psycopg2 python3-asyncpg (--source /usr/lib/python3/dist-packages)';

const pytest = ['/usr/bin/python3', '-m', 'pytest', '-v', '-p', 'no:cacheprovider', '--tb=short'] as const;

const suites: Readonly<Record<string, Suite>> = {
  ...ownSuites,
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
  psycopg2: {
    needs: 'the sources of psycopg2, built with `python3 setup.py build`, and Debian python3-pytest',
    proof: 'tests/test_connection.py',
    prepare: 'CREATE EXTENSION hstore;',
    run: psycopg2,
  },
  asyncpg: {
    needs: 'the sources of asyncpg, and Debian python3-asyncpg python3-pytest',
    proof: 'tests/test_cache_invalidation.py',
    prepare: '',
    databases: ['postgres'],
    run: asyncpg,
  },
  'dbd-pg': {
    needs: 'the sources of DBD::Pg, built with `perl Makefile.PL && make`, and Debian libdbi-perl',
    proof: 'blib/arch/auto/DBD/Pg/Pg.so',
    prepare: '',
    run: dbdPg,
  },
  slonik: {
    needs: 'a folder of type "module" with `npm install slonik @slonik/pg-driver ava sinon`',
    proof: 'node_modules/slonik/dist/integration.test/pg.test.js',
    prepare: '',
    // One for each test.
    databases: ['postgres', ...Array.from({ length: 200 }, (_, at) => `slonik_test_pg_${at + 1}`)],
    run: slonik,
  },
};

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

async function slonik({ way, source, directory }: Run): Promise<Observed> {
  // Not below node_modules, where ava finds no tests.
  await cp(join(source, 'node_modules/slonik/dist'), join(source, 'dist'), { recursive: true });
  const port = `${way.host}:${way.port}`;
  const output = await execute(
    'npx',
    ['ava', '--tap', '--serial', '--timeout=2m', 'dist/integration.test/pg.test.js'],
    {
      cwd: source,
      env: {
        ...libpqEnvironment(way),
        POSTGRES_DSN: `postgresql://${way.user}:${encodeURIComponent(way.password)}@${port}`,
      },
      log: join(directory, 'run.log'),
    },
  );
  const verdicts = output.matchAll(/^(ok|not ok) \d+ - (.*)$/gm);
  return new Map([...verdicts].map(([, verdict = '', test = '']) => [test, verdict]));
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
  const output = await execute(pytest[0], [...pytest.slice(1), '--dburi', uriOf(way, scheme), 'test_suite.py'], {
    cwd: directory,
    env: { ...libpqEnvironment(way), PYTHONPATH: source, COLUMNS: '300' },
    log: join(directory, 'run.log'),
  });
  return pytestVerdicts(output);
}

function pytestVerdicts(output: string): Observed {
  const verdicts = output.matchAll(/^\S+\.py::(\S+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)/gm);
  return new Map([...verdicts].map(([, test = '', verdict = '']) => [test, verdict]));
}

async function psycopg2({ way, source, directory }: Run): Promise<Observed> {
  const output = await execute(
    'sh',
    ['-c', 'PYTHONPATH=$(echo "$PWD"/build/lib.*) exec "$0" "$@"', ...pytest, 'tests'],
    {
      cwd: source,
      env: { ...libpqEnvironment(way), PSYCOPG2_TESTDB: way.database, COLUMNS: '300' },
      log: join(directory, 'run.log'),
    },
  );
  return pytestVerdicts(output);
}

/** The tests of a release with the driver that is installed, which they must not find beside them. */
async function asyncpg({ way, source, directory }: Run): Promise<Observed> {
  await cp(join(source, 'tests'), join(directory, 'tests'), { recursive: true });
  const output = await execute(pytest[0], [...pytest.slice(1), '--continue-on-collection-errors', 'tests'], {
    cwd: directory,
    env: { ...libpqEnvironment(way), COLUMNS: '300' },
    log: join(directory, 'run.log'),
  });
  return pytestVerdicts(output);
}

/**
 * A file of DBD::Pg's ends where a statement of its own fails. What needs large objects by FunctionCall or other settings than
 * the pinned ones is left out of it, both ways.
 */
const leftOut: Readonly<Record<string, RegExp>> = {
  '02attribs.t': /\$dbh->do\('SET standard_conforming_strings = off'\);[^]*?\n\n/,
  '03dbmethod.t': /#\n# Test of the "pg_lo_\*"[^]*?(?=#\n# Test of the "pg_notifies")/,
  '12placeholders.t': /SKIP: \{\n *skip 'Cannot adjust standard_conforming_strings[^]*?\n\}\n/,
};

async function dbdPg({ way, source, directory }: Run): Promise<Observed> {
  // Beside them it keeps which database it has found.
  for (const each of ['t', 'blib']) await cp(join(source, each), join(directory, each), { recursive: true });
  for (const [test, part] of Object.entries(leftOut)) {
    const file = join(directory, 't', test);
    const text = await readFile(file, 'utf8');
    const rest = text.replace(part, '');
    if (rest === text) throw new Error(`${test} does not have what is left out of it`);
    await writeFile(file, rest);
  }
  const parameters = `dbname=${way.database};host=${way.host};port=${way.port};sslmode=disable`;
  const output = await execute('sh', ['-c', 'exec prove -v -b t/*.t'], {
    cwd: directory,
    env: {
      ...libpqEnvironment(way),
      DBI_DSN: `dbi:Pg:${parameters}`,
      DBI_USER: way.user,
      DBI_PASS: way.password,
      PERL_HASH_SEED: '0',
    },
    log: join(directory, 'run.log'),
  });
  const observed = new Map<string, string>();
  let file = '';
  for (const [, named, verdict, test] of output.matchAll(/^(?:(t\/\S+\.t) \.+ ?|(ok|not ok) (\d+.*))$/gm)) {
    if (named !== undefined) file = named;
    else observed.set(`${file} ${test}`, verdict ?? '');
  }
  return observed;
}

export const suiteNames: readonly string[] = Object.keys(suites);

/** By its name, or by the folder of an extension in PostgreSQL's sources. */
export function suiteOf(name: string): Suite | undefined {
  return suites[name] ?? (name.includes('/') ? moduleSuite(name) : undefined);
}

/** Absolute, or null when the suite is not there. */
export function sourceOf(suite: Suite, source: string): string | null {
  const absolute = resolve(source);
  return existsSync(join(absolute, suite.proof)) ? absolute : null;
}
