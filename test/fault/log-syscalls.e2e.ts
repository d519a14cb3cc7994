// The real file system calls of a log being written, as strace shows them: each fails with EIO, with ENOSPC, or is the last before
// SIGKILL; and files that may grow only so far, which is how a kernel cuts a write short. Then the log is opened again, verified whole, and held against what had been acknowledged.
// A second writer has enough at once for the thread that writes bundles, and is traced once that runs.
// FAULT_STRIDE: every so manieth call of a kind (5); 1 = all of them. Of the second writer, which has ten times as many, a tenth of that.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { openedLog } from '../parts/opened-log.ts';

const strace = '/usr/bin/strace';
const skip = existsSync(strace) ? false : 'needs strace: apt-get install strace';
const stride = Number(process.env['FAULT_STRIDE'] ?? 5);
const calls = ['pwritev', 'pwrite64', 'fdatasync', 'fsync', 'ftruncate', 'rename', 'mkdir', 'unlink', 'rmdir'];
const faults = ['error=EIO', 'error=ENOSPC', 'signal=KILL'];

/** Exit code, null when it was killed, and what was acknowledged. One thread does all the work with files, so that calls can be counted. */
function run(directory: string, options: readonly string[]): Promise<{ exit: number | null; said: string }> {
  const script = join(import.meta.dirname, 'log-script.ts');
  const args = ['-f', '-qq', '--seccomp-bpf', ...options, process.execPath, script, directory];
  return execute(strace, args);
}

function execute(program: string, args: readonly string[]): Promise<{ exit: number | null; said: string }> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  return new Promise((settle) => {
    execFile(program, args, { env }, (error, said) => {
      settle({ exit: error ? (typeof error.code === 'number' ? error.code : null) : 0, said });
    });
  });
}

async function expectWhole(directory: string, said: string, what: string): Promise<void> {
  const { log } = await openedLog(directory).catch((error: unknown) => assert.fail(`${what}: ${String(error)}`));
  const found = new Map<number, string | undefined>();
  for await (const { seq, request } of log.reader.entries(0)) found.set(seq, request);
  await log.close();
  for (const [, seq, request] of said.matchAll(/^(\d+) (\S+)$/gm))
    assert.equal(found.get(Number(seq)), request, `${what}: entry ${seq} was acknowledged`);
  const lines: string[] = [];
  const exit = await auditVerify({ dir: directory, checkpoints: [], json: true, home: null }, (line) =>
    lines.push(line),
  );
  assert.equal(exit, 0, `${what}: ${lines.join()}`);
}

/** Each fault at the first of so many calls of each kind, and at every `step`th after it. */
async function injectEach(
  t: TestContext,
  root: string,
  counts: readonly (readonly [string, number])[],
  step: number,
  write: typeof run,
): Promise<void> {
  let injected = 0;
  for (const [call, count] of counts) {
    for (let at = 1; at <= count; at += step) {
      for (const fault of faults) {
        const directory = join(root, `${call}-${at}-${fault}`);
        const inject = `inject=${call}:${fault}:when=${at}`;
        const { said } = await write(directory, ['-o', '/dev/null', '-e', `trace=${call}`, '-e', inject]);
        await expectWhole(directory, said, inject);
        await rm(directory, { recursive: true });
        injected++;
      }
    }
    t.diagnostic(`${call}: ${count} calls`);
  }
  t.diagnostic(`${injected} faults injected`);
  assert.ok(injected > 20);
}

void test('every file system call of the writer fails, or is the last', { skip }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'chartgate-syscalls-'));
  try {
    const trace = join(root, 'trace');
    const whole = await run(join(root, 'whole'), ['-o', trace, '-e', `trace=${calls.join()}`]);
    assert.equal(whole.exit, 0);
    const lines = await readFile(trace, 'utf8');
    const counts = calls.map((call) => [call, lines.match(new RegExp(`\\b${call}\\(`, 'g'))?.length ?? 0] as const);
    await injectEach(t, root, counts, stride, run);
  } finally {
    await rm(root, { recursive: true });
  }
});

const bulkCalls = [
  'openat',
  'close',
  'pwritev',
  'pwrite64',
  'fdatasync',
  'fsync',
  'ftruncate',
  'rename',
  'mkdir',
  'unlink',
];

/** As `run`, but of the second writer, and of what it does once its thread has started: each thread counts its own calls. */
async function runBulk(directory: string, options: readonly string[]): Promise<{ exit: number | null; said: string }> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const script = join(import.meta.dirname, 'log-bulk-script.ts');
  const writer = spawn(process.execPath, [script, directory], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(writer, 'close');
  const said = await heard(writer.stdout, /^ready$/m);
  const tracer = spawn(strace, ['-f', ...options, '-p', String(writer.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const traced = once(tracer, 'close');
  await heard(tracer.stderr, / attached/);
  writer.stdin.on('error', () => {});
  writer.stdin.write('go');
  const [[exit]] = await Promise.all([ended, traced]);
  return { exit: typeof exit === 'number' ? exit : null, said: said.join('') };
}

/** Once it has said this: all that it says, also later. */
function heard(stream: Readable, word: RegExp): Promise<string[]> {
  const chunks: string[] = [];
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk.toString());
      if (word.test(chunks.join(''))) resolve(chunks);
    });
    stream.on('end', () => reject(new Error(`it never said ${word}: ${chunks.join('')}`)));
  });
}

void test('every file system call of a writer that has a thread fails, or is the last', { skip }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'chartgate-syscalls-'));
  try {
    const trace = join(root, 'trace');
    const whole = await runBulk(join(root, 'whole'), ['-o', trace, '-e', `trace=${bulkCalls.join()}`]);
    assert.equal(whole.exit, 0);
    await expectWhole(join(root, 'whole'), whole.said, 'no fault');
    /** Of each thread its calls, in order. */
    const threads = new Map<string, string[]>();
    for (const [, thread = '', text = ''] of (await readFile(trace, 'utf8')).matchAll(/^(\d+) +(.*)$/gm))
      threads.set(thread, [...(threads.get(thread) ?? []), text]);
    const writers = [...threads.values()].filter((texts) => texts.some((text) => /^openat\(.*\/tile\//.test(text)));
    assert.ok(writers.length > 1, 'not only the one thread of the pool, but one that writes bundles');
    const ofThread = (texts: readonly string[], call: string) =>
      texts.filter((text) => text.startsWith(`${call}(`)).length;
    const counts = bulkCalls.map((call) => {
      return [call, Math.max(...[...threads.values()].map((texts) => ofThread(texts, call)))] as const;
    });
    await injectEach(t, root, counts, 10 * stride, runBulk);
  } finally {
    await rm(root, { recursive: true });
  }
});

void test('a write that is cut short loses nothing that was acknowledged', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'chartgate-short-'));
  try {
    let cut = 0;
    for (let kilobytes = 1; kilobytes <= 256; kilobytes += 3 * stride) {
      const directory = join(root, String(kilobytes));
      const script = join(import.meta.dirname, 'log-script.ts');
      const limited = ['-c', `ulimit -f ${kilobytes}; exec "$0" "$1" "$2"`, process.execPath, script, directory];
      const { exit, said } = await execute('/bin/bash', limited);
      if (exit !== 0) cut++;
      await expectWhole(directory, said, `files of ${kilobytes} KiB`);
    }
    t.diagnostic(`${cut} runs cut short`);
    assert.ok(cut > 1);
  } finally {
    await rm(root, { recursive: true });
  }
});
