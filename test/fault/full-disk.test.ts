// A disk that others fill: first nothing but break-glass goes on, from the reserve if need be; when there is room again everything
// does. Nothing that was acknowledged is missing, whatever was refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import type { Room } from '../../src/audit/log-room.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { errors } from '../../src/core/errors.ts';
import type { RecordInput } from '../../src/core/record.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { MemoryDisk } from '../audit/log-storage.ts';
import { openedLog } from '../parts/opened-log.ts';

const mebibyte = 2 ** 20;
const payload = { media: 'application/json', bytes: Buffer.alloc(20_000, 'x') } as const;

/** Time passes when the test says so. */
class Hand implements Clock {
  #due: (() => void)[] = [];
  now(): number {
    return 1_795_000_000_000;
  }
  after(_ms: number, callback: () => void): () => void {
    this.#due.push(callback);
    return () => {
      this.#due = this.#due.filter((each) => each !== callback);
    };
  }
  async pass(): Promise<void> {
    for (const call of this.#due.splice(0)) call();
    for (let turn = 0; turn < 60; turn++) await new Promise(setImmediate);
  }
}

interface Scene extends OpenedLog {
  readonly disk: MemoryDisk;
  readonly clock: Hand;
  readonly rooms: Room[];
  /** Somebody else's file takes all but so many bytes. */
  readonly leave: (bytes: number) => Promise<void>;
}

async function open(disk: MemoryDisk, reserveBytes = mebibyte): Promise<Scene> {
  const clock = new Hand();
  const rooms: Room[] = [];
  const opened = await openedLog(disk, { clock, reserveBytes, onRoom: (room) => rooms.push(room) });
  await clock.pass();
  const leave = async (bytes: number) => {
    const file = await disk.open('stranger');
    await file.truncate(0);
    const taken = Math.max(0, (await disk.freeBytes()) - bytes);
    if (taken > 0) await file.write([new Uint8Array(taken)], 0);
  };
  return { ...opened, disk, clock, rooms, leave };
}

const request = (id: string, data: RecordInput['data'] = { effect: 'allow' }): RecordInput => ({
  type: 'request',
  session: 's_1',
  request: id,
  data,
});
const emergency = { effect: 'allow', break_glass: 'b_1' };
const { text, next } = errors.disk_full;
/** Whoever waits is told of the disk, and not that the gate is closed, which it is once the log has failed. */
const lacking = { name: 'LogUnavailable', message: /nearly full/, refusal: { code: 'disk_full', text, next } };
const closed = { name: 'LogUnavailable', refusal: { code: 'log_unavailable', text: errors.log_unavailable.text } };

async function verify(disk: MemoryDisk): Promise<number> {
  const files = (root: string) => disk.files(root);
  const parts = { log: files('log'), payloads: files('payloads'), keys: files('keys'), journal: files('journal') };
  const report = await verifyLog(parts);
  assert.ok(report.ok, JSON.stringify(report));
  return report.value.size;
}

function roomyDisk(capacity = 40 * mebibyte): MemoryDisk {
  const disk = new MemoryDisk();
  disk.capacity = capacity;
  return disk;
}

void test('a disk that fills: break-glass goes on from the reserve, and everything once there is room', async () => {
  const { log, disk, clock, rooms, leave } = await open(roomyDisk());
  assert.equal(await disk.sizeOf('reserve'), mebibyte);
  await log.append(request('r_1'), payload);

  await leave(3 * mebibyte);
  await clock.pass();
  assert.deepEqual([rooms.at(-1), log.scarce, log.open], ['low', true, true]);
  await assert.rejects(log.append(request('r_2'), payload), lacking);
  await assert.rejects(log.append({ type: 'response', session: 's_1', request: 'r_1' }, payload), lacking);
  await assert.rejects(log.append({ type: 'request.end', session: 's_1', request: 'r_1' }, payload), lacking);
  await log.append({ type: 'request.end', session: 's_1', request: 'r_1', data: { status: 'canceled' } });
  await log.append(request('r_3', { effect: 'deny', code: 'disk_full' }), payload);
  await log.append({ type: 'break_glass.opened', data: { break_glass: 'b_1' } }, payload);

  await leave(mebibyte / 2);
  await clock.pass();
  assert.deepEqual([rooms.at(-1), await disk.sizeOf('reserve')], ['last', undefined]);
  await assert.rejects(log.append(request('r_4', { effect: 'deny', code: 'disk_full' }), payload), lacking);
  const end = { type: 'request.end', session: 's_1', request: 'r_4', data: { status: 'refused' } } as const;
  await assert.rejects(log.append(end), lacking, 'of what has no beginning there is no end');
  for (let i = 0; i < 10; i++) {
    const id = `r_e${i}`;
    await log.append(request(id, emergency), payload);
    await log.append({ type: 'disclosure', session: 's_1', request: id }, payload);
    await log.append({ type: 'request.end', session: 's_1', request: id, data: { status: 'ok' } }, payload);
  }
  await assert.rejects(log.append({ type: 'response', session: 's_1', request: 'r_e1' }, payload), lacking);
  await log.checkpoint();

  await leave(5 * mebibyte);
  await clock.pass();
  assert.equal(log.scarce, true, 'not before the reserve fits again');
  await leave(12 * mebibyte);
  await clock.pass();
  assert.deepEqual([rooms.at(-1), log.scarce, await disk.sizeOf('reserve')], ['ample', false, mebibyte]);
  await log.append(request('r_5'), payload);
  await log.close();
  await assert.rejects(log.append({ type: 'auth.refused' }), closed);
  assert.equal(await verify(disk), 35);
});

void test('a disk that is full at once: the journal gets the reserve before a record is lost', async () => {
  const { log, disk, leave } = await open(roomyDisk());
  await log.append(request('r_0', emergency), payload);
  await leave(0);
  for (let i = 1; i < 20; i++) await log.append(request(`r_${i}`, emergency), payload);
  assert.deepEqual([log.open, log.scarce, await disk.sizeOf('reserve')], [true, true, undefined]);
  await log.close();
  assert.equal(await verify(disk), 20);
});

void test('a gate that starts on a full disk recovers from the reserve, and says what it does not do', async () => {
  const first = await open(roomyDisk());
  for (let i = 0; i < 20; i++) await first.log.append(request(`r_${i}`), payload);
  await first.leave(0);
  const disk = first.disk.reborn('kept');
  const { log, rooms } = await open(disk);
  assert.deepEqual([rooms, log.scarce], [['last'], true]);
  await assert.rejects(log.append(request('r_x')), lacking);
  await log.append({ type: 'break_glass.opened', data: { break_glass: 'b_1' } });
  await log.close();
  // Twenty requests without an end are closed at the start.
  assert.equal(await verify(disk), 41);
});

void test('at every storage call a full disk closes the gate at worst', async () => {
  const reserve = mebibyte / 16;
  const run = async (disk: MemoryDisk): Promise<Map<number, string>> => {
    const told = new Map<number, string>();
    try {
      const { log, clock, leave } = await open(disk, reserve);
      for (const [i, left] of [20, 3, 0.5, 0, 20].entries()) {
        await leave(left * reserve).catch(() => {});
        await clock.pass();
        const id = `r_${i}`;
        const written = await log.append(request(id, emergency), payload).catch(() => undefined);
        if (written) told.set(written.seq, id);
        await log.checkpoint().catch(() => {});
      }
      await log.close().catch(() => {});
    } catch {
      // It failed while opening.
    }
    return told;
  };
  const whole = roomyDisk(40 * reserve);
  await run(whole);
  for (let call = 1; call <= whole.calls; call += 9) {
    for (const kind of ['ENOSPC', 'kill'] as const) {
      const disk = roomyDisk(40 * reserve).failAt(call, kind);
      const told = await run(disk);
      const after = disk.reborn(kind === 'kill' ? 'lost' : 'kept');
      after.capacity = 160 * reserve;
      const { log } = await open(after, reserve);
      for await (const { seq, request: id } of log.reader.entries(0)) {
        const wanted = told.get(seq);
        if (wanted !== undefined) assert.equal(id, wanted, `${kind} at call ${call}`);
        told.delete(seq);
      }
      assert.equal(told.size, 0, `${kind} at call ${call} (${disk.trace[call - 1]})`);
      await log.close();
      await verify(after);
    }
  }
});
