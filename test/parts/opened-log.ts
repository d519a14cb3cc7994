// The log of a node for tests, opened as the gate opens it: on disk, or on storage of a test's own.

import { type LogOptions, type OpenedLog, openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Storage } from '../../src/ports/storage.ts';

/** `place`: the state directory, or what stands for the disk. @throws what it was refused for */
export async function openedLog(place: string | Storage, more: Partial<LogOptions> = {}): Promise<OpenedLog> {
  const opened = await openLog({
    directory: '',
    ...(typeof place === 'string' ? { directory: place } : { storage: place }),
    kek: new Uint8Array(32),
    originHost: 'gate.test',
    clock: systemClock,
    random: systemRandom,
    ...more,
  });
  if (!opened.ok) throw new Error(opened.error.text);
  return opened.value;
}
