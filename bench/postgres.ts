// The PostgreSQL door against what else could stand there: nothing, PgBouncer, HAProxy and a bare Node pipe, in one run.
// `pgbench -S` in each protocol at 1, 8 and 64 clients, and 1 M rows × 10 columns with 0, 2 and 10 of them masked; identity,
// policy, masking and the durable log are on. Rounds go through all peers in turn, so that noise shows.
// `--quick` (prepared and simple, 8 clients, one round), BENCH_SECONDS (of a round), BENCH_ROUNDS, BENCH_ONLY (short or rows).

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClinic } from '../test/parts/clinic.ts';
import { type Peer, startProxies } from './postgres/peers.ts';
import { protocols, runBulk, runShort, type ShortFigures } from './postgres/work.ts';

const quick = process.argv.includes('--quick');
const seconds = Number(process.env['BENCH_SECONDS'] ?? (quick ? 2 : 3));
const rounds = Number(process.env['BENCH_ROUNDS'] ?? (quick ? 1 : 3));
const only = process.env['BENCH_ONLY'];
const rows = quick ? 200_000 : 1_000_000;
const accounts = 100_000;

const wide = `id, n % 97 AS a, n * 7 AS b, n::numeric / 8 AS c, n::float8 / 3 AS d, n % 2 = 0 AS e, date '1990-01-01' + n % 9000 AS f,
  timestamptz '2020-01-01' + n * interval '1 s' AS g, lpad((n % 1000000000)::text, 9, '1') AS h, 'Main Street ' || n % 300 AS i`;

const classified = [
  'public.wards.label: clear',
  ...'abcdefg'.split('').map((column) => `public.wide2.${column}: clear`),
  'public.wide2.id: clear',
  'public.wide2.h: ssn',
  'public.wide2.i: address',
  ...['id', ...'abcdefghi'].map((column) => `public.wide10.${column}: other_id`),
].join('\n      ');

const clinic = await startClinic();
const directory = await mkdtemp(join(tmpdir(), 'chartgate-bench-'));
const upstream = { port: clinic.postgres.port, user: 'gate', password: 'upstream-secret', database: 'ehr' };
try {
  await clinic.postgres.query('ehr', setup());
  await clinic.writeConfig((config) => config.replace('public.wards.label: clear', classified));
  const gate = await clinic.startGate();
  const proxies = await startProxies(directory, upstream);
  const through = (name: string, person: string): Peer => ({
    name,
    port: clinic.postgresPort,
    pid: gate.pid,
    login: async () => ({ user: person, password: await clinic.token(person) }),
  });
  const direct: Peer = {
    name: 'direct',
    port: upstream.port,
    pid: null,
    login: () => Promise.resolve(upstream),
  };
  const masked = through('gate, masked', 'cora');
  const unmasked = through('gate, unmasked', 'dora');
  try {
    if (only !== 'rows') await shortWork([direct, ...proxies.peers, masked, unmasked]);
    if (only !== 'short') await bulkWork([direct, ...proxies.peers], masked, unmasked);
  } finally {
    proxies.stop();
  }
} finally {
  await clinic.stop();
  await rm(directory, { recursive: true });
}

function setup(): string {
  return `CREATE TABLE pgbench_accounts AS SELECT n AS aid, 1 AS bid, 0 AS abalance, repeat(' ', 84)::char(84) AS filler FROM generate_series(1, ${accounts}) n;
ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
CREATE TABLE wide2 AS SELECT ${wide} FROM (SELECT n AS id, n FROM generate_series(1, ${rows}) n) s;
CREATE TABLE wide10 AS TABLE wide2;
GRANT SELECT ON pgbench_accounts, wide2, wide10 TO gate;
ANALYZE;`;
}

async function shortWork(peers: readonly Peer[]): Promise<void> {
  const script = join(directory, 'select-only.sql');
  await writeFile(
    script,
    `\\set aid random(1, ${accounts})\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n`,
  );
  // What was just started is slow for a reason of its own.
  for (const peer of peers) await runShort(peer, { protocol: 'simple', clients: 8, seconds: 3, script, directory });
  for (const protocol of quick ? (['simple', 'prepared'] as const) : protocols) {
    for (const clients of quick ? [8] : [1, 8, 64]) {
      const figures = new Map<Peer, ShortFigures[]>(peers.map((peer) => [peer, []]));
      for (let round = 0; round < rounds; round++)
        for (const peer of peers)
          figures.get(peer)?.push(await runShort(peer, { protocol, clients, seconds, script, directory }));
      const [pgBouncer] = peers.filter(({ name }) => name.startsWith('PgBouncer')).map((each) => figures.get(each));
      console.log(`\npgbench -S, ${protocol}, ${clients} clients (median of ${rounds})`);
      for (const [{ name }, all] of figures) {
        const of = (member: keyof ShortFigures): number => median(all.map((each) => each[member]));
        const against = (member: keyof ShortFigures): string =>
          pgBouncer ? ` (${(of(member) / median(pgBouncer.map((each) => each[member]))).toFixed(2)}×)` : '';
        const cpu = name === 'direct' ? '' : `${of('cpuUs').toFixed(1)} µs CPU${against('cpuUs')}`;
        console.log(
          `${name.padEnd(20)} ${of('tps').toFixed(0).padStart(6)} tps${against('tps')}  p50 ${of('p50Ms').toFixed(2)} ms  p99 ${of('p99Ms').toFixed(2)} ms  ${cpu}`,
        );
      }
    }
  }
}

async function bulkWork(peers: readonly Peer[], masked: Peer, unmasked: Peer): Promise<void> {
  const works = [
    ...peers.map((peer) => ({ peer, name: peer.name, table: 'wide2' })),
    { peer: unmasked, name: 'gate, 0 masked', table: 'wide2' },
    { peer: masked, name: 'gate, 2 masked', table: 'wide2' },
    { peer: masked, name: 'gate, 10 masked', table: 'wide10' },
  ];
  const figures = works.map((work) => ({ ...work, rates: [] as number[], cpus: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const each of figures) {
      const { rowsPerSecond, cpuUs } = await runBulk(each.peer, `SELECT * FROM ${each.table}`, rows);
      each.rates.push(rowsPerSecond);
      each.cpus.push(cpuUs);
    }
  const pipe = figures.find(({ name }) => name === 'bare Node pipe');
  const floor = median(pipe?.rates ?? []);
  console.log(`\n${rows} rows × 10 columns (median of ${rounds}), against the bare pipe`);
  for (const { name, rates, cpus } of figures) {
    const rate = median(rates);
    console.log(
      `${name.padEnd(20)} ${rate.toFixed(0).padStart(8)} rows/s (${((100 * rate) / floor).toFixed(0)} %)  ${median(cpus).toFixed(0)} µs CPU a thousand rows`,
    );
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
