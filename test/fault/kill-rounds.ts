// Writers that are killed again and again over one state directory; then nothing that was acknowledged is missing, and the whole
// log verifies.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { openedLog } from '../parts/opened-log.ts';

/** How many requests a writer has at once. */
const few = 16;
const many = 1_500;

/** Returns how many records were acknowledged. The seed decides when each round ends: one in five while the log is being opened. */
export async function killRounds(
  rounds: number,
  seed: number,
  onRound: (done: number, acknowledged: number) => void = () => {},
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-kill-'));
  const acknowledged = new Map<number, string>();
  let state = seed;
  // The next one loads its modules while this one writes.
  let next = new Writer(directory, few);
  try {
    for (let round = 0; round < rounds; round++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const writer = next;
      next = new Writer(directory, round % 2 === 0 ? many : few);
      const ms = 10 + ((state >>> 8) % 400);
      const heard = await (state % 5 === 0 ? writer.killedWhileOpening(ms) : writer.killedWhileWriting(ms));
      for (const [, seq, request] of heard.matchAll(/^(\d+) (\S+)\n/gm)) acknowledged.set(Number(seq), request ?? '');
      onRound(round + 1, acknowledged.size);
    }
    const said = acknowledged.size;
    assert.ok(said > rounds, 'the writers wrote');
    const { log } = await openedLog(directory);
    const open = new Set<string>();
    for await (const { seq, request, type } of log.reader.entries(0)) {
      const expected = acknowledged.get(seq);
      if (expected !== undefined) assert.equal(request, expected);
      acknowledged.delete(seq);
      if (type === 'request' && request) open.add(request);
      if ((type === 'request.end' || type === 'outcome_unknown') && request)
        assert.ok(open.delete(request), 'one outcome for each request');
    }
    assert.equal(acknowledged.size, 0, 'everything acknowledged is there');
    assert.equal(open.size, 0, 'every request has an outcome');
    await log.close();
    const lines: string[] = [];
    assert.equal(
      await auditVerify({ dir: directory, checkpoints: [], json: true, home: null }, (line) => lines.push(line)),
      0,
      lines.join(),
    );
    return said;
  } finally {
    await next.kill();
    await rm(directory, { recursive: true });
  }
}

class Writer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #closed: Promise<unknown>;
  #said = '';

  constructor(directory: string, atOnce: number) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'log-writer.ts'), directory, String(atOnce)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  async #until(word: RegExp): Promise<void> {
    while (!word.test(this.#said)) {
      assert.equal(this.#child.exitCode, null, 'the writer is alive');
      await Promise.race([once(this.#child.stdout, 'data'), this.#closed]);
    }
  }

  async killedWhileOpening(ms: number): Promise<string> {
    await this.#until(/^loaded$/m);
    this.#child.stdin.write('open');
    await wait(ms / 4);
    return this.kill();
  }

  async killedWhileWriting(ms: number): Promise<string> {
    await this.#until(/^loaded$/m);
    this.#child.stdin.write('open');
    await this.#until(/^ready$/m);
    await wait(ms);
    return this.kill();
  }

  /** All it said. */
  async kill(): Promise<string> {
    this.#child.kill('SIGKILL');
    await this.#closed;
    return this.#said;
  }
}
