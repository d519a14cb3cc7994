// A log whose records are of the time that a test says.

import assert from 'node:assert/strict';
import { type OpenedLog, openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';

export interface DatedLog extends OpenedLog {
  /** Of the records to come, ms since the epoch. */
  now: number;
}

export async function openDatedLog(directory: string, now: number, secondSignature = false): Promise<DatedLog> {
  const time = { now };
  const opened = await openLog({
    directory,
    kek: new Uint8Array(32),
    originHost: 'gate.test',
    clock: { now: () => time.now, after: () => () => {} },
    random: systemRandom,
    secondSignature,
  });
  assert.ok(opened.ok);
  return Object.assign(time, opened.value);
}
