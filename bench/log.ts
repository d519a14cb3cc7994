// Durable log records a second at 1, 16 and 64 writers, as ratios to a bare group-commit journal on the same disk: same bytes for a
// record, same write and sync for a group, but no encoding, encryption, digest or tree. Rounds alternate between the two;
// the log's rounds include moving everything into the tree and signing. Then what a record costs as the log grows, how fast it is
// verified, and how long a proof is. BENCH_DIR, BENCH_SECONDS (of a round), BENCH_ROUNDS, BENCH_ENTRIES (how far it grows; 100,000).

import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBundleThreads } from '../src/adapters/bundle-threads/reader.ts';
import { openLog } from '../src/adapters/log-files/open-log.ts';
import { readOnlyFiles } from '../src/adapters/log-files/read-only-files.ts';
import { countBuffersWithHeap } from '../src/adapters/system/buffer-accounting.ts';
import { systemClock } from '../src/adapters/system/clock.ts';
import { systemRandom } from '../src/adapters/system/random.ts';
import { scanJournal } from '../src/audit/journal-frame.ts';
import { verifyLog } from '../src/audit/verify.ts';
import { prove } from '../src/cli/audit-prove.ts';
import type { Log } from '../src/ports/log.ts';
import { bareJournal } from './bare-journal.ts';

const crowds = [1, 16, 64];
const seconds = Number(process.env['BENCH_SECONDS'] ?? 2);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const entriesMax = Number(process.env['BENCH_ENTRIES'] ?? 100_000);
const payload = { media: 'application/json', bytes: Buffer.alloc(400, 'x') } as const;

interface Work {
  append(writer: number): Promise<unknown>;
  settle(): Promise<unknown>;
}

interface Figures {
  /** Records a second. */
  readonly rate: number;
  /** Milliseconds of this process's CPU time for a thousand records. */
  readonly cpu: number;
  /** Milliseconds until one of a hundred was confirmed. */
  readonly p99: number;
}

/** What `append` confirms to so many writers, each waiting for its own. */
async function measure(work: Work, writers: number): Promise<Figures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  const waits: number[] = [];
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let before = performance.now(); before < end; ) {
        await work.append(writer);
        const now = performance.now();
        waits.push(now - before);
        before = now;
      }
    }),
  );
  await work.settle();
  const { user, system } = process.cpuUsage(cpu);
  const records = waits.length;
  const p99 = waits.sort((a, b) => a - b)[Math.floor(0.99 * records)] ?? 0;
  return { rate: (1000 * records) / (performance.now() - start), cpu: (user + system) / records, p99 };
}

function appendTo(log: Log, writer: number, bytes: Uint8Array = payload.bytes): Promise<unknown> {
  const record = { type: 'request', session: `s_${writer}`, request: 'r_1', connection: 'ehr' } as const;
  return log.append(record, { ...payload, bytes });
}

function auditLog(log: Log): Work {
  return {
    append: (writer) => appendTo(log, writer),
    settle: () => log.checkpoint(),
  };
}

/** Length of a frame of the journal: of a second one for the same session, as the first introduces its key. */
async function recordBytesOf(log: Work, journal: string): Promise<number> {
  for (let i = 0; i < 2; i++) await log.append(0);
  const files = (await readdir(journal)).map(async (file) => ({ file, bytes: await readFile(join(journal, file)) }));
  return scanJournal(await Promise.all(files), 0).frames.at(-1)?.bytes ?? 0;
}

async function compare(bare: Work, logged: Work, writers: number, recordBytes: number): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [baseline, ours] = [await measure(bare, writers), await measure(logged, writers)];
    await file.truncate(0);
    ratios.push(ours.rate / baseline.rate);
    console.log(
      `bare journal ${baseline.rate.toFixed(0)} records/s (${baseline.cpu.toFixed(1)} µs CPU each, p99 ${baseline.p99.toFixed(1)} ms), ` +
        `log ${ours.rate.toFixed(0)} (${ours.cpu.toFixed(1)} µs, p99 ${ours.p99.toFixed(1)} ms): ${(100 * (ratios.at(-1) ?? 0)).toFixed(0)} %`,
    );
  }
  const share = (100 * median(ratios)).toFixed(0);
  const reach = writers === 64 ? '; reach: 50 %' : '';
  console.log(
    `log append, ${writers} writers, ${recordBytes} bytes a record: ${share} % of a bare journal (median${reach})`,
  );
}

/** What a record costs where the log has reached each power of ten. */
async function grow(log: Log): Promise<void> {
  const window = 2_000;
  let { size } = await log.checkpoint();
  for (let target = 1_000; target <= entriesMax; target *= 10) {
    for (; size < target; size += 500) await Promise.all(Array.from({ length: 500 }, (_, i) => appendTo(log, i % 64)));
    size = (await log.checkpoint()).size;
    const before = process.cpuUsage();
    for (let i = 0; i < window; i += 64)
      await Promise.all(Array.from({ length: 64 }, (_, writer) => appendTo(log, writer)));
    const reached = await log.checkpoint();
    const { user, system } = process.cpuUsage(before);
    const each = (user + system) / (reached.size - size);
    console.log(`a record at ${size} entries: ${each.toFixed(1)} µs CPU`);
    size = reached.size;
  }
}

interface Look {
  readonly size: number;
  readonly seconds: number;
  /** Microseconds an entry, of all threads. */
  readonly cpu: number;
}

async function verified(state: string, paid: boolean): Promise<Look> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const part = (name: string) => readOnlyFiles(join(state, name), { idle: true });
  const sources = { log: part('log'), ...(paid ? { payloads: part('payloads'), keys: part('keys') } : {}) };
  const report = await withBundleThreads((reader) => verifyLog(sources, { reader }));
  if (!report.ok) throw new Error(report.error.what);
  const { size } = report.value;
  const { user, system } = process.cpuUsage(cpu);
  return { size, seconds: (performance.now() - start) / 1000, cpu: (user + system) / size };
}

/** Of a log whose every entry has a payload of so many bytes. */
async function lookAtPayloads(state: string, bytes: number): Promise<void> {
  const [without, paid] = [await verified(state, false), await verified(state, true)];
  const perSecond = paid.size / paid.seconds;
  console.log(
    `payloads of ${bytes} bytes: ${((perSecond * bytes) / 1e6).toFixed(0)} MB/s, ${perSecond.toFixed(0)} entries/s, ` +
      `${(paid.cpu - without.cpu).toFixed(1)} µs CPU each besides their entries`,
  );
}

async function lookBack(state: string): Promise<void> {
  const { size, seconds, cpu } = await verified(state, false);
  console.log(
    `verification: ${(size / seconds).toFixed(0)} entries/s, ${cpu.toFixed(1)} µs CPU each (reach: 200000 entries/s)`,
  );
  await lookAtPayloads(state, payload.bytes.length);
  const proof = join(state, 'entry.tlog-proof');
  await prove(
    { env: {}, cwd: state, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
    state,
    '1',
    {
      output: proof,
    },
  );
  console.log(`a proof in ${size} entries: ${(await stat(proof)).size} bytes, with its entry`);
}

async function lookAtLarge(state: string): Promise<void> {
  const log = await openAt(state);
  const bytes = Buffer.alloc(100_000, 'x');
  for (let written = 0; written < 4_096; written += 16)
    await Promise.all(Array.from({ length: 16 }, (_, i) => appendTo(log, i, bytes)));
  await log.close();
  await lookAtPayloads(state, bytes.length);
}

async function openAt(directory: string): Promise<Log> {
  const kek = new Uint8Array(32);
  const opened = await openLog({ directory, kek, originHost: 'bench', clock: systemClock, random: systemRandom });
  if (!opened.ok) throw new Error(opened.error.text);
  return opened.value.log;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

// As the gate does.
countBuffersWithHeap();

const directory = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'chartgate-bench-'));
const file = await open(join(directory, 'bare'), 'w');
try {
  const log = await openAt(join(directory, 'state'));
  const logged = auditLog(log);
  const recordBytes = await recordBytesOf(logged, join(directory, 'state', 'journal'));
  const bare = bareJournal(file, { recordBytes });
  await grow(log);
  for (const writers of crowds) await compare(bare, logged, writers, recordBytes);
  await log.close();
  await lookBack(join(directory, 'state'));
  await lookAtLarge(join(directory, 'large'));
} finally {
  await file.close();
  await rm(directory, { recursive: true });
}
