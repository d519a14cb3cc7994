// kill -9 of a writer at random moments: what it said was acknowledged is there, and the log verifies.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';

void test('ten rounds of kill -9 lose nothing that was acknowledged', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-kill-'));
  const acknowledged = new Map<number, string>();
  let seed = 1121;
  try {
    for (let round = 0; round < 10; round++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const said = await writeUntilKilled(directory, 30 + (seed % 400));
      for (const [, seq, request] of said.matchAll(/^(\d+) (\S+)$/gm)) acknowledged.set(Number(seq), request ?? '');
    }
    assert.ok(acknowledged.size > 100, 'the writers wrote');
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
  } finally {
    await rm(directory, { recursive: true });
  }
});

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
