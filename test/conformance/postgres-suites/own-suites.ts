// The suites of PostgreSQL itself, of whatever version the server in PG_BIN is: those of pg_regress, of its isolation
// tester, of contrib and the procedural languages, of ecpg and of libpq's pipeline mode.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { libpqEnvironment, type Way } from './stand.ts';
import { execute, type Observed, type Run, type Suite } from './suite.ts';

const builtSource = 'the sources of the server in PG_BIN, built as docs/reference/postgres-transparency.md says';

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

export const ownSuites: Readonly<Record<string, Suite>> = {
  regress: {
    needs: builtSource,
    proof: 'src/test/regress/regress.so',
    prepare: regressDatabase,
    groundwork: regressGroundwork,
    run: (at) =>
      regress(at, { folder: 'src/test/regress', runner: 'regress/pg_regress', schedule: 'parallel_schedule' }),
  },
  isolation: {
    needs: builtSource,
    proof: 'src/test/isolation/isolation_schedule',
    prepare: regressDatabase,
    groundwork: [],
    run: (at) =>
      regress(at, {
        folder: 'src/test/isolation',
        runner: 'isolation/pg_isolation_regress',
        schedule: 'isolation_schedule',
      }),
  },
  ecpg: {
    needs: `${builtSource}, and make -C src/interfaces/ecpg/test`,
    proof: 'src/interfaces/ecpg/test/sql/array',
    prepare: '',
    databases: ['ecpg1_regression', 'ecpg2_regression'],
    run: ecpg,
  },
  'libpq-pipeline': {
    needs: `${builtSource}, and make -C src/test/modules/libpq_pipeline`,
    proof: 'src/test/modules/libpq_pipeline/libpq_pipeline',
    prepare: '',
    groundwork: [],
    run: libpqPipeline,
  },
};

/** The suite of an extension or a language, by its folder in the sources: `contrib/hstore`, `src/pl/plpgsql/src`. */
export function moduleSuite(folder: string): Suite {
  return {
    needs: `${builtSource}, with the module installed`,
    proof: join(folder, 'Makefile'),
    prepare: regressDatabase,
    groundwork: [],
    run: (at) =>
      regress(
        { ...at, tests: at.tests.length > 0 ? at.tests : testsOf(join(at.source, folder)) },
        { folder, runner: 'regress/pg_regress', schedule: null },
      ),
  };
}

/** As its Makefile has them, which may make them up from others. */
function testsOf(folder: string): string[] {
  const shown = ['--eval', 'shown:;@echo $(REGRESS)', 'shown'];
  const said = execFileSync(process.env['MAKE'] ?? 'make', ['-s', '--no-print-directory', '-C', folder, ...shown], {
    encoding: 'utf8',
  });
  return said.split(/\s+/).filter((each) => each !== '');
}

interface Schedule {
  readonly folder: string;
  /** Below the tests of the installed PGXS. */
  readonly runner: string;
  readonly schedule: string | null;
}

/** The observation is the whole result file, which pg_regress itself compares with what it expects. */
async function regress(at: Run, { folder, runner, schedule }: Schedule): Promise<Observed> {
  const { way, directory } = at;
  const input = join(at.source, folder);
  const bin = process.env['PG_BIN'] ?? '';
  if (bin === '') throw new Error('PG_BIN is not set: it says which PostgreSQL, by its directory bin');
  const pgxs = execFileSync(join(bin, 'pg_config'), ['--pgxs'], { encoding: 'utf8' }).trim();
  const program = join(dirname(dirname(pgxs)), 'test', runner);
  // The server, which is another user, writes below it.
  for (const each of ['', 'results', 'testtablespace']) {
    await mkdir(join(directory, each), { recursive: true });
    await chmod(join(directory, each), 0o777);
  }
  const launcher = join(directory, 'launcher');
  await writeFile(launcher, launcherText, { mode: 0o755 });
  const named = schedule === null ? at.tests : [...(ownSuites[basename(folder)]?.groundwork ?? []), ...at.tests];
  await execute(
    program,
    [
      `--inputdir=${input}`,
      `--outputdir=${directory}`,
      `--bindir=${bin}`,
      `--dlpath=${join(at.source, 'src', 'test', 'regress')}`,
      `--launcher=${launcher}`,
      ...(at.tests.length > 0 ? named : [`--schedule=${join(input, schedule ?? '')}`]),
      '--use-existing',
      `--dbname=${way.database}`,
      `--host=${way.host}`,
      `--port=${way.port}`,
      `--user=${way.user}`,
      '--max-connections=4',
    ],
    { cwd: dirname(program), env: libpqEnvironment(way), log: join(directory, 'run.log') },
  );
  const observed = new Map<string, string>();
  for (const file of (await readdir(join(directory, 'results'))).sort()) {
    if (!file.endsWith('.out')) continue;
    const output = await readFile(join(directory, 'results', file), 'latin1');
    // postgres_fdw and dblink tell which socket they did not find, psql which file the server could not write.
    observed.set(file.slice(0, -4), output.replace(/(\.s\.PGSQL\.)\d+/g, '$1PORT').replaceAll(directory, 'OUTPUT'));
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

/** Every program of ecpg_schedule, by itself, with the debug output that tells each call it makes of libpq. */
async function ecpg({ way, source, directory }: Run): Promise<Observed> {
  const folder = join(source, 'src', 'interfaces', 'ecpg', 'test');
  const schedule = await readFile(join(folder, 'ecpg_schedule'), 'utf8');
  const observed = new Map<string, string>();
  for (const [, test = ''] of schedule.matchAll(/^test: (\S+)$/gm)) {
    const log = join(directory, `${test.replace('/', '_')}.log`);
    const problems = `${log}.stderr`;
    // One after the other, as pg_regress has them: how the two interleave is another run's.
    const output = await execute('sh', ['-c', 'exec "$0" 2>"$1"', join(folder, test), problems], {
      cwd: folder,
      env: { ...libpqEnvironment(way), PGDATABASE: 'ecpg1_regression' },
      log,
    });
    observed.set(test, unplaced(`${output}\n${await readFile(problems, 'latin1')}`, way));
  }
  return observed;
}

/** What these send and hear, and in which order, depends on how fast they are answered. */
const hurried: ReadonlySet<string> = new Set(['pipelined_insert', 'uniqviol']);

/** Each test in the newest protocol there is, and cancelling in the oldest too; with the messages that libpq traced. */
async function libpqPipeline({ way, source, directory, tests }: Run): Promise<Observed> {
  const program = join(source, 'src', 'test', 'modules', 'libpq_pipeline', 'libpq_pipeline');
  const parameters = `host=${way.host} port=${way.port} user=${way.user} password=${way.password} dbname=${way.database} sslmode=disable`;
  const at = { cwd: directory, env: libpqEnvironment(way) };
  const all = await execute(program, ['tests'], { ...at, log: join(directory, 'tests.log') });
  const named = tests.length > 0 ? tests : all.split(/\s+/).filter((each) => each !== '');
  const observed = new Map<string, string>();
  for (const [test, protocol] of [...named.map((test) => [test, 'latest'] as const), ['cancel', '3.0']] as const) {
    const name = `${test} ${protocol}`;
    const trace = join(directory, `${test}-${protocol}.trace`);
    await writeFile(trace, '');
    const given = ['-r', '700', '-t', trace, test, `${parameters} max_protocol_version=${protocol}`];
    const output = await execute('sh', ['-c', '"$0" "$@"; echo "ends with $?"', program, ...given], {
      ...at,
      log: join(directory, `${test}-${protocol}.log`),
    });
    const said = `${output}\n${await readFile(trace, 'latin1')}`;
    observed.set(name, hurried.has(test) ? (/^ends with .*$/m.exec(output)?.[0] ?? '') : unplaced(said, way));
  }
  return observed;
}

/** Without where it went. */
function unplaced(output: string, { host, port }: Way): string {
  return output.replaceAll(String(port), 'PORT').replaceAll(host, 'HOST');
}
