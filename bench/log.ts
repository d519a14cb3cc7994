// Durable log records a second at 64 writers, as a ratio to a bare group-commit journal on the same disk: same bytes for a
// record, same write and sync for a group, but no encoding, encryption, digest or tree. Rounds alternate between the two;
// the log's rounds include moving everything into the tree and signing. BENCH_DIR, BENCH_SECONDS (of a round), BENCH_ROUNDS.

import { type FileHandle, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../src/adapters/log-files/open-log.ts';
import { systemClock } from '../src/adapters/system/clock.ts';
import { systemRandom } from '../src/adapters/system/random.ts';
import { scanJournal } from '../src/audit/journal-frame.ts';
import type { Log } from '../src/ports/log.ts';

const writers = 64;
const seconds = Number(process.env['BENCH_SECONDS'] ?? 2);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
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
  readonly records: number;
}

/** What `append` confirms to 64 writers, each waiting for its own. */
async function measure(work: Work): Promise<Figures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  let records = 0;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (; performance.now() < end; records++) await work.append(writer);
    }),
  );
  await work.settle();
  const { user, system } = process.cpuUsage(cpu);
  return { rate: (1000 * records) / (performance.now() - start), cpu: (user + system) / records, records };
}

function bareJournal(file: FileHandle, recordBytes: number): Work {
  const record = Buffer.alloc(recordBytes, 'x');
  let queue: (() => void)[] = [];
  let flushing: Promise<void> | undefined;
  const flush = async () => {
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      await file.write(Buffer.concat(group.map(() => record)));
      await file.datasync();
      for (const done of group) done();
      await new Promise(setImmediate);
    }
    flushing = undefined;
  };
  return {
    append: () =>
      new Promise<void>((resolve) => {
        queue.push(resolve);
        flushing ??= flush();
      }),
    settle: async () => flushing,
  };
}

function auditLog(log: Log): Work {
  return {
    append: (writer) =>
      log.append({ type: 'request', session: `s_${writer}`, request: 'r_1', connection: 'ehr' }, payload),
    settle: () => log.checkpoint(),
  };
}

/** Length of a frame of the journal: of a second one for the same session, as the first introduces its key. */
async function recordBytesOf(log: Work, journal: string): Promise<number> {
  for (let i = 0; i < 2; i++) await log.append(0);
  const files = (await readdir(journal)).map(async (file) => ({ file, bytes: await readFile(join(journal, file)) }));
  return scanJournal(await Promise.all(files), 0).frames.at(-1)?.bytes ?? 0;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const directory = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'chartgate-bench-'));
const file = await open(join(directory, 'bare'), 'w');
try {
  const opened = await openLog({
    directory: join(directory, 'state'),
    kek: new Uint8Array(32),
    originHost: 'bench',
    clock: systemClock,
    random: systemRandom,
  });
  if (!opened.ok) throw new Error(opened.error.text);
  const { log } = opened.value;
  const logged = auditLog(log);
  const recordBytes = await recordBytesOf(logged, join(directory, 'state', 'journal'));
  const bare = bareJournal(file, recordBytes);
  const ratios: number[] = [];
  let size = 2;
  for (let round = 0; round < rounds; round++) {
    const [baseline, ours] = [await measure(bare), await measure(logged)];
    await file.truncate(0);
    size += ours.records;
    ratios.push(ours.rate / baseline.rate);
    console.log(
      `bare journal ${baseline.rate.toFixed(0)} records/s (${baseline.cpu.toFixed(1)} µs CPU each), ` +
        `log ${ours.rate.toFixed(0)} (${ours.cpu.toFixed(1)} µs), ${size} entries: ${(100 * (ratios.at(-1) ?? 0)).toFixed(0)} %`,
    );
  }
  await log.close();
  console.log(
    `log append, ${writers} writers, ${recordBytes} bytes a record: ${(100 * median(ratios)).toFixed(0)} % of a bare journal (median; reach: 50 %)`,
  );
} finally {
  await file.close();
  await rm(directory, { recursive: true });
}
