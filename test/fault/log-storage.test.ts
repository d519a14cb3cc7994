// Every storage call of a scripted run fails, is cut short or is the last; then the log is opened again, verified whole,
// and held against what had been acknowledged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, MemoryDisk } from '../audit/log-storage.ts';
import { check, open } from './log-on-memory.ts';

/** Returns what was acknowledged: seq → request. Stops at the first failure. */
async function run(disk: MemoryDisk): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>();
  try {
    const { log } = await open(disk);
    let failures = 0;
    log.onFailure(() => failures++);
    const put = async (request: string, words = 0) => {
      const payload = { media: 'application/json', bytes: Buffer.from(request.repeat(words)) } as const;
      const { seq } = await log.append(
        { type: 'request', session: 's_1', request },
        words > 0 ? payload : undefined,
        request.endsWith('7'),
      );
      acknowledged.set(seq, request);
    };
    try {
      await log.append({ type: 'session.start', session: 's_1' });
      await Promise.all([put('r_a', 3), put('r_b'), put('r_c', 400)]);
      await log.checkpoint();
      await Promise.all(Array.from({ length: 260 }, (_, i) => put(`r_${i}`, i % 50 === 0 ? 9 : 0)));
      await put('r_last', 2);
      await log.checkpoint();
      await log.append({ type: 'request.end', session: 's_1', request: 'r_a', data: { status: 'ok' } });
      await put('r_after', 1);
    } catch {
      assert.equal(log.open, false, 'a failed log is closed');
      assert.equal(failures, 1, 'the doors are told once');
      await assert.rejects(log.append({ type: 'heartbeat' }), { name: 'LogUnavailable' });
    }
    await log.close().catch(() => {});
  } catch {
    // It failed while opening: nothing was acknowledged.
  }
  return acknowledged;
}

/** Mulberry32: the seed is in the message of whatever fails. */
function chances(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) & 1) === 1;
  };
}

const whole = new MemoryDisk();
await run(whole);
/** FAULT_SEED: another draw of what a power loss leaves. */
const draw = Number(process.env['FAULT_SEED'] ?? 0);

for (const kind of ['EIO', 'ENOSPC', 'kill'] satisfies Fault[]) {
  void test(`${kind} at each storage call loses nothing that was acknowledged`, async () => {
    for (let call = 1; call <= whole.calls; call++) {
      // A full disk is unlike a broken one only where it cuts a write short.
      if (kind === 'ENOSPC' && !whole.trace[call - 1]?.startsWith('write')) continue;
      const disk = new MemoryDisk().failAt(call, kind);
      const acknowledged = await run(disk);
      const what = `${kind} at call ${call} (${disk.trace[call - 1]})`;
      if (kind !== 'EIO') await check(disk.reborn('kept'), acknowledged, what);
      if (kind === 'EIO') await check(disk.reborn('lost'), acknowledged, `${what}, then power loss`);
      if (kind === 'kill')
        await check(
          disk.reborn('lost', chances(call + 7_919 * draw)),
          acknowledged,
          `${what}, power loss, FAULT_SEED=${draw}`,
        );
    }
  });
}

void test('zeros that a power loss left behind the last payload are written over, not counted in', async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  const payload = { media: 'application/json', bytes: Buffer.from('{}') } as const;
  await log.append({ type: 'heartbeat' }, payload);
  await log.checkpoint();
  await log.append({ type: 'heartbeat' }, payload);
  const reborn = disk.reborn('kept');
  const pack = await reborn.open('payloads/000.pack');
  await pack.write([new Uint8Array(40)], (await reborn.sizeOf('payloads/000.pack')) ?? 0);
  await check(reborn, new Map(), 'zeros behind the last payload');
});
