// The PostgreSQL door against the database itself, in one run: short prepared queries of 8 clients, and one large result, with
// identity, policy, masking and log on; and what a gate costs before it does anything. `BENCH_QUERIES` a client (400).

import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { startClinic } from '../test/parts/clinic.ts';

const clients = 8;
const queries = Number(process.env['BENCH_QUERIES'] ?? 400);
const rows = 200_000;

const clinic = await startClinic();
try {
  const setup = `CREATE TABLE big AS SELECT n AS id, md5(n::text) AS ssn, n * 2 AS v FROM generate_series(1, ${rows}) n; GRANT SELECT ON big TO gate`;
  await clinic.postgres.query('ehr', setup);
  const started = performance.now();
  const gate = await clinic.startGate();
  const readyMs = performance.now() - started;
  const first = await clinic.connect('cora');
  await first.query('SELECT 1');
  console.log(
    `ready ${readyMs.toFixed(0)} ms after start, first answer ${(performance.now() - started).toFixed(0)} ms`,
  );
  console.log(`resident ${residentMb(gate.pid).toFixed(0)} MB with one session`);
  await first.end();

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

function residentMb(pid: number): number {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0) / 1024;
}
