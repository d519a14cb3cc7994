// One PostgreSQL and two ways to it for a suite: straight, and through a gate whose policy shows its only person
// everything. Both ways have the same user name, database and upstream login, so that any difference is the gate's.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import type { PostgresVersion } from '../../parts/postgres.ts';

/** How a client comes in. */
export interface Way {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface Stand {
  readonly direct: Way;
  readonly gate: Way;
  /** Runs SQL as the superuser, straight. */
  readonly query: (sql: string) => Promise<Record<string, unknown>[]>;
  /** What the gate wrote to its console: bugs stand there. */
  readonly gateOutput: () => string;
  readonly stop: () => Promise<void>;
}

/** Also the names of the connections: clients say one for both. */
const database = 'regression';

/** Longer than any suite runs. */
const tokenSeconds = 7200;

export interface StandOptions {
  readonly version?: PostgresVersion;
  /** Further databases a suite goes to, by the same ways; `postgres` is there already. */
  readonly databases?: readonly string[];
}

export async function startStand({ version, databases = [] }: StandOptions = {}): Promise<Stand> {
  const clinic = await startClinic(version ? { postgresVersion: version } : {});
  try {
    return await standAt(clinic, [database, ...databases]);
  } catch (error) {
    await clinic.stop();
    throw error;
  }
}

async function standAt(clinic: Clinic, databases: readonly string[]): Promise<Stand> {
  const { postgres, issuer } = clinic;
  const { superuser, superuserPassword } = postgres;
  // template0: nothing but PostgreSQL's own, as pg_regress makes it.
  for (const each of databases.filter((name) => name !== 'postgres'))
    await postgres.query('postgres', `CREATE DATABASE ${each} TEMPLATE template0`);
  await writeFile(join(clinic.directory, 'upstream-password'), superuserPassword, { mode: 0o600 });
  await clinic.writeConfig(() => configuration(clinic, databases));
  const gate = await clinic.startGate();
  return {
    direct: { host: postgres.host, port: postgres.port, user: superuser, password: superuserPassword, database },
    gate: {
      host: '127.0.0.1',
      port: clinic.postgresPort,
      user: superuser,
      password: await issuer.sign({ sub: superuser, groups: ['admins'] }, { expiresIn: tokenSeconds }),
      database,
    },
    query: (sql) => postgres.query(database, sql),
    gateOutput: () => gate.output(),
    stop: () => clinic.stop(),
  };
}

function configuration({ httpPort, postgresPort, postgres }: Clinic, databases: readonly string[]): string {
  const connections = databases.map(
    (each) => `  ${each}:
    type: postgres
    url: "postgres://${postgres.superuser}@127.0.0.1:${postgres.port}/${each}"
    password: "\${file:./upstream-password}"
    tls: disable
    accept_privileged_login: true
`,
  );
  return `listen: { http: "127.0.0.1:${httpPort}", postgres: "127.0.0.1:${postgresPort}" }
public_url: http://127.0.0.1:${httpPort}
state: ./state
identity:
  trust:
    - { issuer: https://ci.example, audience: chartgate, jwks: ./jwks.json, groups_claim: groups, kind: workload }
  sessions: { idle: 2h, absolute: 2h }
connections:
${connections.join('')}policy:
  rules:
    - name: sees-all
      subjects: { groups: [admins] }
      connections: [${databases.join(', ')}]
      allow: { unmask: all, filter: all }
`;
}

/** The variables libpq reads (PostgreSQL manual, "Environment Variables"), and pgx and lib/pq after it. */
export function libpqEnvironment(way: Way): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/',
    LC_ALL: 'C',
    PGHOST: way.host,
    PGPORT: String(way.port),
    PGUSER: way.user,
    PGPASSWORD: way.password,
    PGDATABASE: way.database,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
  };
}

/** For tools that take a URI. */
export function uriOf(way: Way, scheme = 'postgres'): string {
  return `${scheme}://${way.user}:${encodeURIComponent(way.password)}@${way.host}:${way.port}/${way.database}`;
}
