// A small clinic in a real PostgreSQL, and a gate in front of it: what the end-to-end tests of both doors stand on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client } from 'pg';
import { freePort } from '../../demo/ports.ts';
import type { SessionView, TimelineView } from '../../src/admin/contract.ts';
import { createAuthority } from './certificate.ts';
import { clinicConfiguration } from './clinic-configuration.ts';
import { eventually } from './eventually.ts';
import { type Gate, type GateOptions, launchGate } from './gate-process.ts';
import { createIssuer, type Issuer } from './issuer.ts';
import { type PostgresServer, type PostgresVersion, startPostgres } from './postgres.ts';

export type { Gate };

/** Values that must never reach a masked subject. */
export const canaries = [
  '123-45-6789',
  '987-65-4320',
  'Zebulon',
  'Quartermain',
  'Ophelia',
  'Vandersloot',
  '555-867-5309',
  '1961-07-23',
] as const;

const schema = `
CREATE TABLE patients (id int PRIMARY KEY, first text, last text, ssn text, birthdate date, city text, visits int, tags text[], extra jsonb);
INSERT INTO patients VALUES
  (1, 'Zebulon', 'Quartermain', '123-45-6789', '1961-07-23', 'Springfield', 3, '{vip,123-45-6789}', '{"ssn":"123-45-6789"}'),
  (2, 'Ophelia', 'Vandersloot', '987-65-4320', '1970-02-11', 'Shelbyville', 7, '{}', '{}');
CREATE TABLE notes (id int PRIMARY KEY, patient int REFERENCES patients, body text);
INSERT INTO notes VALUES (1, 1, 'Patient Zebulon Quartermain called from 555-867-5309 about the results.');
CREATE TABLE wards (id int PRIMARY KEY, label text, beds int);
INSERT INTO wards SELECT n, 'ward ' || n, n * 2 FROM generate_series(1, 500) n;
CREATE ROLE gate LOGIN PASSWORD 'upstream-secret';
GRANT USAGE ON SCHEMA public TO gate;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO gate;
`;

export interface ClinicOptions {
  /** The database (as `localhost`) and the gate (as 127.0.0.1 too) speak TLS, with certificates of one authority. */
  readonly tls?: boolean;
  /** Where the PostgreSQL door listens. Default loopback. */
  readonly postgresHost?: string;
  /** Default: the newest. */
  readonly postgresVersion?: PostgresVersion;
  /** Default inline. Enforced: `startGate` applies `chartgate harden` to what is in the database and configured by then. */
  readonly posture?: 'inline' | 'enforced';
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Clinic {
  readonly directory: string;
  readonly config: string;
  readonly state: string;
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly url: string;
  readonly postgres: PostgresServer;
  readonly issuer: Issuer;
  /** PEM of the authority, and its file; null without TLS. */
  readonly ca: { readonly cert: string; readonly file: string } | null;
  /** A good token of one of the people: ana (analysts), cora (care-team), dora (admins), pia and piet (privacy-officers), augusto (auditors), zed (nobody). */
  token(person: string): Promise<string>;
  startGate(options?: GateOptions): Promise<Gate>;
  /** `chartgate harden ehr …` as the superuser; `startGate` has applied it already in the enforced posture. */
  harden(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  writeConfig(change?: (config: string) => string): Promise<void>;
  /** Connects the `pg` driver through the gate with a JWT as the password. */
  connect(
    person: string,
    given?: {
      readonly password?: string;
      readonly database?: string;
      readonly user?: string;
      readonly options?: string;
    },
  ): Promise<Client>;
  /** Locks the table `wards`, so that a statement that reads it runs until the lock is released. */
  lockWards(): Promise<{
    /** Resolves when so many statements (1) wait for the lock: they run. */
    wanted(statements?: number): Promise<void>;
    release(): Promise<void>;
  }>;
  /** An agent of this person: the SDK's client, connected and initialized. */
  agent(person: string, connection?: string): Promise<McpClient>;
  /** Asks the HTTP door; `person` null = without a token. */
  get(path: string, person?: string | null): Promise<Answer>;
  /** Sessions by the admin API, newest first, as an auditor sees them. */
  sessions(query?: Readonly<Record<string, string>>): Promise<SessionView[]>;
  /** What `sessions replay <id> --json` prints, read from the same API. */
  replay(session: string): Promise<TimelineView>;
  /** Runs the command line; `person` null = without a token. One that does not end in 90 s is killed. */
  chartgate(
    args: readonly string[],
    person: string | null,
    env?: Readonly<Record<string, string>>,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  stop(): Promise<void>;
}

const groups: Readonly<Record<string, string[]>> = {
  ana: ['analysts'],
  cora: ['care-team'],
  dora: ['admins'],
  pia: ['privacy-officers'],
  piet: ['privacy-officers'],
  augusto: ['auditors'],
  zed: [],
};

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
/** What people run: the Node, the flags and the compiled code are those of `bin/chartgate`. */
export const main: string = join(root, 'bin', 'chartgate');

export async function startClinic(options: ClinicOptions = {}): Promise<Clinic> {
  const authority = options.tls ? createAuthority() : null;
  const databaseTls = authority?.issue(['localhost']);
  const gateTls = authority?.issue(['localhost', '127.0.0.1']);
  const postgres = await startPostgres({
    ...(databaseTls && { tls: databaseTls }),
    ...(options.postgresVersion && { version: options.postgresVersion }),
  });
  await postgres.createDatabase('ehr');
  await postgres.query('ehr', schema);
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-clinic-'));
  const issuer = await createIssuer({ issuer: 'https://ci.example', audience: 'chartgate' });
  await writeFile(join(directory, 'jwks.json'), issuer.jwks);
  const ca = authority && { cert: authority.cert, file: join(directory, 'ca.pem') };
  if (ca && gateTls) {
    await writeFile(ca.file, ca.cert);
    await writeFile(join(directory, 'gate.cert.pem'), gateTls.cert);
    await writeFile(join(directory, 'gate.key.pem'), gateTls.key, { mode: 0o600 });
  }
  const [httpPort, postgresPort] = [await freePort(), await freePort()];
  const config = join(directory, 'chartgate.yaml');
  const gates: Gate[] = [];
  const url = `${ca ? 'https' : 'http'}://127.0.0.1:${httpPort}`;
  const token = (person: string): Promise<string> => issuer.sign({ sub: person, groups: groups[person] ?? [] });

  const get = async (path: string, person: string | null = null): Promise<Answer> =>
    ask(new URL(path, url), ca?.cert, person === null ? {} : { authorization: `Bearer ${await token(person)}` });
  const read = async <T>(path: string): Promise<T> => {
    const { status, text } = await get(`/api/v1${path}`, 'augusto');
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  };

  const clinic: Clinic = {
    directory,
    config,
    state: join(directory, 'state'),
    httpPort,
    postgresPort,
    url,
    postgres,
    issuer,
    ca,
    token,
    async writeConfig(change = (same) => same) {
      const at = { httpPort, postgresPort, postgresHost: options.postgresHost ?? '127.0.0.1' };
      const text = clinicConfiguration(at, postgres.port, ca !== null);
      await writeFile(config, change(text.replace('posture: inline', `posture: ${options.posture ?? 'inline'}`)));
    },
    async harden(...args) {
      const admin = `postgres://${postgres.superuser}@${ca ? 'localhost' : '127.0.0.1'}:${postgres.port}/ehr`;
      const secrets = { CHARTGATE_ADMIN_PASSWORD: postgres.superuserPassword, EHR_PASSWORD: 'upstream-secret' };
      return clinic.chartgate(['harden', 'ehr', ...args, '--admin', admin, '-c', config], null, secrets);
    },
    async startGate(launching = {}) {
      const made = options.posture === 'enforced' ? await clinic.harden('--apply') : null;
      if (made && made.code !== 0) throw new Error(`chartgate harden ended with ${made.code}: ${made.stderr}`);
      const isReady = async (): Promise<boolean> => (await get('/readyz')).status === 200;
      const gate = await launchGate({ main, config, directory }, launching, isReady);
      gates.push(gate);
      return gate;
    },
    async lockWards() {
      const { superuser, superuserPassword } = postgres;
      const client = new Client({ connectionString: postgres.url(superuser, superuserPassword, 'ehr') });
      client.on('error', () => {});
      await client.connect();
      await client.query('BEGIN; LOCK TABLE wards');
      const waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'wards'::regclass";
      return {
        wanted: (statements = 1) =>
          eventually(
            async () => (await postgres.query('ehr', waits)).length >= statements,
            `${statements} statements wait for the wards`,
          ),
        release: () => client.end(),
      };
    },
    async agent(person, connection = 'ehr-tools') {
      const client = new McpClient({ name: 'test-agent', version: '1' });
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`/mcp/${connection}`, url), {
          requestInit: { headers: { authorization: `Bearer ${await token(person)}` } },
        }),
      );
      return client;
    },
    get,
    sessions: (query = {}) => read(`/sessions?${new URLSearchParams({ limit: '1000', ...query }).toString()}`),
    replay: (session) => read(`/sessions/${session}/replay?reason=test`),
    async connect(person, { user = person, password, database = 'ehr', options } = {}) {
      const client = new Client({
        host: '127.0.0.1',
        port: postgresPort,
        user,
        password: password ?? (await token(person)),
        database,
        ...(options === undefined ? {} : { options }),
        ...(ca ? { ssl: { ca: ca.cert } } : {}),
      });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    async chartgate(args, person, env = {}) {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: directory,
          ...(ca ? { NODE_EXTRA_CA_CERTS: ca.file } : {}),
          ...(person === null ? {} : { CHARTGATE_TOKEN: await token(person) }),
          ...env,
        },
      });
      const closed = once(child, 'close');
      const stuck = setTimeout(() => child.kill('SIGKILL'), 90_000);
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await closed;
      clearTimeout(stuck);
      return { code: Number(code), stdout, stderr };
    },
    async stop() {
      for (const gate of gates) await gate.kill();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await clinic.writeConfig();
  return clinic;
}

/** One request, over TLS where the address says so. */
function ask(url: URL, ca: string | undefined, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const receive = (incoming: IncomingMessage): void => {
      const { statusCode = 0, headers } = incoming;
      text(incoming).then((body) => resolve({ status: statusCode, headers, text: body }), reject);
    };
    const options = { headers, agent: false, timeout: 60_000 } as const;
    const outgoing =
      url.protocol === 'https:' ? requestHttps(url, { ...options, ca }, receive) : requestHttp(url, options, receive);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** The text of a file of the state directory, or of the directory above it. */
export function readIn(directory: string, name: string): Promise<string> {
  return readFile(join(directory, name), 'utf8');
}
