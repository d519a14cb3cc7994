// Writers that are killed again and again over one state directory; then nothing that was acknowledged is missing, and the whole
// log verifies.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';

/** Returns how many records were acknowledged. The seed decides when each round ends. */
export async function killRounds(rounds: number, seed: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-kill-'));
  const acknowledged = new Map<number, string>();
  let state = seed;
  try {
    for (let round = 0; round < rounds; round++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const heard = await writeUntilKilled(directory, 10 + (state % 400));
      for (const [, seq, request] of heard.matchAll(/^(\d+) (\S+)$/gm)) acknowledged.set(Number(seq), request ?? '');
    }
    const said = acknowledged.size;
    assert.ok(said > rounds, 'the writers wrote');
    const opened = await openLog({
      directory,
      kek: new Uint8Array(32),
      originHost: 'gate.test',
      clock: systemClock,
      random: systemRandom,
    });
    assert.ok(opened.ok);
    const { log } = opened.value;
    const open = new Set<string>();
    for await (const { seq, request, type } of log.reader.entries(0)) {
      const expected = acknowledged.get(seq);
      if (expected !== undefined) assert.equal(request, expected);
      acknowledged.delete(seq);
      if (type === 'request' && request) open.add(request);
      if (type === 'outcome_unknown' && request) assert.ok(open.delete(request), 'one outcome for each request');
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
    await rm(directory, { recursive: true });
  }
}

async function writeUntilKilled(directory: string, ms: number): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'log-writer.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child.stdout, 'data');
  await wait(ms);
  child.kill('SIGKILL');
  await once(child, 'close');
  return said;
}
