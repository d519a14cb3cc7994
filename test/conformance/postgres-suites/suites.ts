// The suites there are, by name, and those of drivers: how each is run. Their sources are not in this project;
// docs/reference/postgres-transparency.md says where they come from.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { moduleSuite, ownSuites } from './own-suites.ts';
import { libpqEnvironment, uriOf } from './stand.ts';
import { execute, type Observed, type Run, type Suite } from './suite.ts';

const goSource =
  'Debian golang-go, golang-github-jackc-pgx-v4-dev, golang-github-lib-pq-dev (--source /usr/share/gocode)';
const sqlalchemySource =
  'Debian python3-sqlalchemy python3-pytest python3-psycopg2 python3-asyncpg (--source /usr/lib/python3/dist-packages)';

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
