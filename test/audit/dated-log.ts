// A log whose records are of the time that a test says.

import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { openedLog } from '../parts/opened-log.ts';

export interface DatedLog extends OpenedLog {
  /** Of the records to come, ms since the epoch. */
  now: number;
}

export async function openDatedLog(directory: string, now: number, secondSignature = false): Promise<DatedLog> {
  const time = { now };
  const clock = { now: () => time.now, after: () => () => {} };
  return Object.assign(time, await openedLog(directory, { clock, secondSignature }));
}
