// The log of a process that is there to be made fail: opened where its first argument says, or the process ends.

import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import type { Payload } from '../../src/core/record.ts';
import { openedLog } from '../parts/opened-log.ts';

export const payload: Payload = { media: 'application/json', bytes: Buffer.alloc(300, 'x') };

export async function openOwnLog(): Promise<OpenedLog['log']> {
  return (await openedLog(process.argv[2] ?? '')).log;
}
