// A record that a log with little room does not take: whoever waits for it is told of the disk, and not that the gate is closed,
// which it is once the log has failed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from '../../src/core/errors.ts';
import { tellingOfRoom } from '../../src/gateway/scarce-log.ts';
import { LogUnavailable } from '../../src/ports/log.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';

class LogOnSmallDisk extends MemoryLog {
  scarce = false;

  override append(...given: Parameters<MemoryLog['append']>): ReturnType<MemoryLog['append']> {
    if (this.scarce && given[0].type === 'auth.refused') return Promise.reject(new LogUnavailable('nearly full'));
    return super.append(...given);
  }

  get reader(): MemoryLog {
    return this;
  }
}

const refused = { type: 'auth.refused' } as const;

async function toldBy(log: ReturnType<typeof tellingOfRoom>): Promise<unknown> {
  const error = await log.append(refused).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error === null || error instanceof LogUnavailable);
  return error?.refusal;
}

test('what it is for want of room, and what it is when the log cannot be written', async () => {
  const disk = new LogOnSmallDisk();
  const log = tellingOfRoom(disk);
  assert.equal(await toldBy(log), undefined);
  disk.scarce = true;
  const { text, next } = errors.disk_full;
  assert.deepEqual(await toldBy(log), { code: 'disk_full', text, next });
  assert.deepEqual(await log.append({ type: 'auth.accepted' }), { seq: 1 });
  assert.deepEqual([log.scarce, log.open, log.reader], [true, true, disk]);
  disk.open = false;
  assert.deepEqual(await toldBy(log), { code: 'log_unavailable', text: errors.log_unavailable.text });
});
