// npm start: a hospital on one machine. A real PostgreSQL with synthetic patients, somebody else's MCP server, an identity
// provider, and the gate in front of all; then a tour. Everything is on 127.0.0.1 and ends with this process.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { createDemoDirectory, writeDemoFile } from './demo-file.ts';
import { type Gate, startGate } from './gate.ts';
import { seedPatients } from './patients.ts';
import { type Person, people } from './people.ts';
import { choosePort, freePort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { startProvider } from './provider.ts';
import { hush, say, step } from './terminal.ts';
import { tour } from './tour.ts';

const usage = `npm start -- [options]
  --tour             run the tour, then keep running (the default)
  --no-tour          only stand, and say what to try
  --exit             end after the tour: exit code 0 when every step showed what it should
  --http-port N      the gate's HTTP port (default 7070, or a free one; also CHARTGATE_HTTP_PORT)
  --postgres-port N  the gate's PostgreSQL port (default 7432, or a free one; also CHARTGATE_POSTGRES_PORT)
  --patients N       how many patients (default 3000)`;

const database = 'ehr';

interface Options {
  readonly tour: boolean;
  readonly exit: boolean;
  readonly httpPort: string | undefined;
  readonly postgresPort: string | undefined;
  readonly patients: number;
}

const known = {
  tour: { type: 'boolean', default: true },
  exit: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  'http-port': { type: 'string' },
  'postgres-port': { type: 'string' },
  patients: { type: 'string', default: '3000' },
} as const;

function given(): ReturnType<typeof parseArgs<{ options: typeof known; allowNegative: true }>>['values'] {
  try {
    return parseArgs({ options: known, allowNegative: true }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}

function options(): Options | undefined {
  const values = given();
  if (values.help) return undefined;
  if (values.exit && !values.tour) throw new Error('--exit ends after the tour, which --no-tour leaves out');
  const patients = Number(values.patients);
  if (!Number.isInteger(patients) || patients < 10 || patients > 100_000)
    throw new Error('--patients takes a number from 10 to 100000');
  return {
    tour: values.tour,
    exit: values.exit,
    httpPort: values['http-port'] ?? process.env['CHARTGATE_HTTP_PORT'],
    postgresPort: values['postgres-port'] ?? process.env['CHARTGATE_POSTGRES_PORT'],
    patients,
  };
}

/** Everything that has to be undone, the newest first. */
class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (let each = this.#steps.pop(); each; each = this.#steps.pop()) await each().catch(report);
  }
}

/** Resolves with the exit code when somebody wants this to end: Ctrl-C, a parent that is gone, or a part that crashed. */
class Ending {
  readonly reached: Promise<number>;
  #resolve: (code: number) => void = () => {};
  #stopping = false;
  #wanted = false;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#resolve = (code) => {
        this.#wanted = true;
        resolve(code);
      };
    });
    // Ctrl-C may arrive more than once: from the terminal, and forwarded by npm.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#resolve(0));
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) this.#resolve(0);
    }, 1_000).unref();
  }

  /** Somebody wants it: what fails from now on fails because of that. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** A step on the way to standing, which is not taken any more once somebody wants the end. */
  step<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#wanted) throw new Error('it is to end');
    return step(what, work);
  }

  /** A part that ends before it was told to takes everything with it. */
  watch(what: string, ended: Promise<number>, log?: () => Promise<string>): void {
    void ended.then(async (code) => {
      if (this.#stopping) return undefined;
      process.stderr.write(`\n${what} has ended unexpectedly (exit code ${code}).\n${(await log?.()) ?? ''}\n`);
      return this.#resolve(1);
    });
  }

  stopping(): void {
    this.#stopping = true;
  }
}

interface Standing {
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly accounts: readonly Person[];
  readonly gate: Gate;
  readonly issuer: string;
  /** The rows as they are, to compare with what the gate let out. */
  readonly truth: (sql: string) => Promise<Record<string, unknown>[]>;
}

async function stand(wanted: Options, undo: Undo, ending: Ending): Promise<Standing> {
  const httpPort = await choosePort('--http-port', wanted.httpPort, 7070);
  const postgresPort = await choosePort('--postgres-port', wanted.postgresPort, 7432);
  const directory = createDemoDirectory();
  undo.add(() => rm(directory, { recursive: true, force: true }));

  const server = await ending.step('Starting PostgreSQL', () => startPostgres());
  undo.add(() => server.stop());
  ending.watch('PostgreSQL', server.ended);

  const password = randomBytes(18).toString('base64url');
  await ending.step(`Writing ${wanted.patients} synthetic patients`, async () => {
    await server.createDatabase(database);
    const client = new Client({ connectionString: server.url(server.superuser, server.superuserPassword, database) });
    await client.connect();
    try {
      await seedPatients(client, wanted.patients);
      // Owns nothing, is nobody: the gate refuses to mask behind a login that could go around it.
      await client.query(`CREATE ROLE gate LOGIN PASSWORD '${password}'`);
      await client.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gate');
    } finally {
      await client.end();
    }
  });

  const accounts = people();
  const client = {
    id: 'chartgate-gate',
    secret: randomBytes(18).toString('base64url'),
    redirectUri: `http://127.0.0.1:${httpPort}/signin/callback/hospital`,
  };
  const provider = await startProvider(await freePort(), accounts, client);
  undo.add(() => provider.stop());

  const gate = await ending.step('Starting the gate', () =>
    startGate({
      directory,
      httpPort,
      postgresPort,
      issuer: provider.issuer,
      client,
      upstream: { port: server.port, database },
      password,
    }),
  );
  undo.add(() => gate.stop());
  ending.watch('The gate', gate.ended, gate.log);

  writeDemoFile(directory, {
    pid: process.pid,
    issuer: provider.issuer,
    config: gate.config,
    passwords: Object.fromEntries(accounts.map((each) => [each.id, each.password])),
  });
  return {
    httpPort,
    postgresPort,
    accounts,
    gate,
    issuer: provider.issuer,
    truth: (sql) => server.query(database, sql),
  };
}

function introduce(standing: Standing): void {
  const token = (who: string): string => `$(node bin/preflight.mjs demo/token.ts ${who})`;
  say(`
Chartgate stands. Nothing here is real but the parts.

  MCP         http://127.0.0.1:${standing.httpPort}/mcp/ehr-tools     bearer: ${token('ana')}
  PostgreSQL  PGPASSWORD=${token('ana')} psql "host=127.0.0.1 port=${standing.postgresPort} user=ana dbname=${database}"
  Approvals   CHARTGATE_TOKEN=${token('pia')} bin/chartgate approvals ls -c ${standing.gate.config}
  Sessions    CHARTGATE_TOKEN=${token('augusto')} bin/chartgate sessions ls -c ${standing.gate.config}
  The log     bin/chartgate audit verify ${standing.gate.state}
  Browser     http://127.0.0.1:${standing.httpPort}/approvals     (and /break-glass): sign in by name and password

  People (name, password, what they do):`);
  for (const each of standing.accounts) say(`    ${each.id.padEnd(8)} ${each.password.padEnd(26)} ${each.role}`);
}

async function run(wanted: Options): Promise<number> {
  const undo = new Undo();
  const ending = new Ending();
  try {
    const started = stand(wanted, undo, ending);
    const standing = await Promise.race([started, ending.reached]);
    if (typeof standing === 'number') {
      // Wanted to end while it was still starting: let the step in hand finish, so that it can be undone.
      process.stderr.write('Stopping, once this step is over …\n');
      await started.catch(() => {});
      return standing;
    }
    introduce(standing);
    if (wanted.tour) {
      const code = await Promise.race([tour(standing, ending).then((shown) => (shown ? 0 : 1)), ending.reached]);
      if (wanted.exit) return code;
    }
    if (!ending.wanted) say('\nRunning until Ctrl-C.');
    return await ending.reached;
  } finally {
    ending.stopping();
    hush();
    process.stderr.write('Stopping …\n');
    await undo.run();
  }
}

function report(error: unknown): void {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
}

try {
  const wanted = options();
  if (wanted) process.exitCode = await run(wanted);
  else say(usage);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
