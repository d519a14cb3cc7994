// The log of a process that is there to be made fail: opened where its first argument says, or the process ends.

import { type OpenedLog, openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Payload } from '../../src/core/record.ts';

export const payload: Payload = { media: 'application/json', bytes: Buffer.alloc(300, 'x') };

export async function openOwnLog(): Promise<OpenedLog['log']> {
  const opened = await openLog({
    directory: process.argv[2] ?? '',
    kek: new Uint8Array(32),
    originHost: 'gate.test',
    clock: systemClock,
    random: systemRandom,
  });
  if (!opened.ok) throw new Error(opened.error.text);
  return opened.value.log;
}
