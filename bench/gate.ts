// The PostgreSQL door against the database itself, in one run: short prepared queries of 8 clients, and one large result, with
// identity, policy, masking and log on; and what a gate costs before it does anything: its start with nothing compiled yet and
// with what the start before has kept, and what a session that says nothing holds. `BENCH_QUERIES` a client (400).

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Gate, startClinic } from '../test/parts/clinic.ts';
import { cpuSeconds, residentMb, shareMb } from './process-cost.ts';

const clients = 8;
const queries = Number(process.env['BENCH_QUERIES'] ?? 400);
const rows = 200_000;
const idleSessions = 150;
/** The collector has done by then what it does of itself. */
const settleMs = 1_500;

const clinic = await startClinic();
const compiled = { NODE_COMPILE_CACHE: join(clinic.directory, 'compiled') };
try {
  const setup = `CREATE TABLE big AS SELECT n AS id, md5(n::text) AS ssn, n * 2 AS v FROM generate_series(1, ${rows}) n; GRANT SELECT ON big TO gate`;
  await clinic.postgres.query('ehr', setup);
  await (await start('nothing kept')).gate.stop();
  const { gate, first } = await start('compiled before');
  const before = residentMb(gate.pid);
  const idle: Client[] = [];
  while (idle.length < idleSessions) {
    const client = await clinic.connect('cora');
    await client.query('SELECT 1');
    idle.push(client);
  }
  await sleep(settleMs);
  const each = ((residentMb(gate.pid) - before) * 1024) / idleSessions;
  console.log(`each further idle session ${each.toFixed(0)} KB (${idleSessions} of them)`);
  await Promise.all([first, ...idle].map((client) => client.end()));

  const direct = async (): Promise<Client> => {
    const client = new Client({ connectionString: clinic.postgres.url('gate', 'upstream-secret', 'ehr') });
    await client.connect();
    return client;
  };
  const floor = await measure(direct);
  report('direct', floor, floor);
  report('gate, masked (cora)', await measure(() => clinic.connect('cora')), floor);
  report('gate, unmasked (dora)', await measure(() => clinic.connect('dora')), floor);
} finally {
  await clinic.stop();
}

interface Rates {
  readonly queries: number;
  readonly rows: number;
}

async function measure(connect: () => Promise<Client>): Promise<Rates> {
  const open = await Promise.all(Array.from({ length: clients }, connect));
  const question = { name: 'q', text: 'SELECT visits FROM patients WHERE id = $1', values: [1] };
  const begun = performance.now();
  await Promise.all(
    open.map(async (client) => {
      for (let each = 0; each < queries; each++) await client.query(question);
    }),
  );
  const queryMs = performance.now() - begun;
  const [one] = open;
  const bulkBegun = performance.now();
  await one?.query('SELECT id, ssn, v FROM big');
  const bulkMs = performance.now() - bulkBegun;
  await Promise.all(open.map((client) => client.end()));
  return { queries: (clients * queries * 1000) / queryMs, rows: (rows * 1000) / bulkMs };
}

function report(name: string, rates: Rates, floor: Rates): void {
  const percent = (value: number, of: number): string => `${((100 * value) / of).toFixed(0)} %`;
  console.log(
    `${name.padEnd(22)} ${rates.queries.toFixed(0).padStart(7)} queries/s (${percent(rates.queries, floor.queries)})  ${rates.rows.toFixed(0).padStart(8)} rows/s (${percent(rates.rows, floor.rows)})`,
  );
}

async function start(kept: string): Promise<{ gate: Gate; first: Client }> {
  const begun = performance.now();
  const gate = await clinic.startGate({ env: compiled });
  const readyMs = performance.now() - begun;
  const first = await clinic.connect('cora');
  await first.query('SELECT 1');
  const answeredMs = performance.now() - begun;
  const cpu = cpuSeconds(gate.pid);
  await sleep(settleMs);
  console.log(
    `${kept.padEnd(16)} ready ${readyMs.toFixed(0)} ms after start, first answer ${answeredMs.toFixed(0)} ms, ${cpu.toFixed(2)} s of processor; ` +
      `with one session resident ${residentMb(gate.pid).toFixed(0)} MB, its own share ${shareMb(gate.pid).toFixed(0)} MB`,
  );
  return { gate, first };
}
