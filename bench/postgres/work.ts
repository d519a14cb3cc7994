// The two kinds of work: many short transactions by pgbench, and one large result that is read and thrown away.

import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { cpuSeconds } from '../process-cost.ts';
import type { Peer } from './peers.ts';

const execute = promisify(execFile);
const database = 'ehr';

export const protocols = ['simple', 'extended', 'prepared'] as const;

export interface ShortWork {
  readonly protocol: (typeof protocols)[number];
  readonly clients: number;
  readonly seconds: number;
  /** A pgbench script. */
  readonly script: string;
  /** For pgbench's own log. */
  readonly directory: string;
}

export interface ShortFigures {
  readonly tps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process in between, µs a transaction. */
  readonly cpuUs: number;
}

export async function runShort(peer: Peer, work: ShortWork): Promise<ShortFigures> {
  const { user, password } = await peer.login();
  const before = cpuSeconds(peer.pid);
  const flags = `-n -M ${work.protocol} -c ${work.clients} -j 1 -T ${work.seconds} -D scale=1 -l --sampling-rate=0.1`;
  const { stdout } = await execute(
    'pgbench',
    [...flags.split(' '), '-f', work.script, '-h', '127.0.0.1', '-p', String(peer.port), '-U', user, database],
    { cwd: work.directory, env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'disable' } },
  );
  const cpu = cpuSeconds(peer.pid) - before;
  const transactions = Number(/actually processed: (\d+)/.exec(stdout)?.[1] ?? 0);
  const latencies = await takeLatencies(work.directory);
  return {
    tps: Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? 0),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuUs: (cpu * 1e6) / transactions,
  };
}

/** From pgbench's log: the third field of a line is the transaction's time in µs. */
async function takeLatencies(directory: string): Promise<number[]> {
  const all: number[] = [];
  for (const name of await readdir(directory)) {
    if (!name.startsWith('pgbench_log.')) continue;
    const text = await readFile(join(directory, name), 'utf8');
    for (const line of text.split('\n')) if (line) all.push(Number(line.split(' ')[2]) / 1000);
    await rm(join(directory, name));
  }
  return all.sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

export interface BulkFigures {
  readonly rowsPerSecond: number;
  /** Of the process in between, µs a thousand rows. */
  readonly cpuUs: number;
}

/** Signs in with a driver, then talks over its socket directly: a driver would cost more than what is measured. */
export async function runBulk(peer: Peer, sql: string, rows: number): Promise<BulkFigures> {
  const { user, password } = await peer.login();
  const client = new Client({ host: '127.0.0.1', port: peer.port, database, user, password });
  client.on('error', () => {});
  await client.connect();
  const socket = socketOf(client);
  socket.removeAllListeners('data');
  const before = cpuSeconds(peer.pid);
  const started = performance.now();
  const tag = await new Promise<string>((resolve) => {
    let last: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      last = chunk.length >= 64 ? chunk.subarray(-64) : Buffer.concat([last, chunk]).subarray(-64);
      if (last.subarray(-6, -1).equals(readyForQuery)) resolve(last.toString('latin1'));
    });
    const text = Buffer.from(`${sql}\0`);
    const header = Buffer.alloc(5, 'Q');
    header.writeUInt32BE(text.length + 4, 1);
    socket.write(Buffer.concat([header, text]));
  });
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(peer.pid) - before;
  socket.destroy();
  if (!tag.includes(`SELECT ${rows}`)) throw new Error(`${peer.name} did not give ${rows} rows`);
  return { rowsPerSecond: rows / seconds, cpuUs: (cpu * 1e9) / rows };
}

const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5]);

/** The driver keeps it as an undeclared member. */
function socketOf(client: Client): Socket {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  return connection.stream;
}
