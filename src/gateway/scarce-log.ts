// What a session answers while the log has little room: said to the caller and recorded, where the log would otherwise refuse the
// intent itself and the session be closed.

import type { Refusal } from '../core/result.ts';
import { diskFull, type Log } from '../ports/log.ts';

/** Null where there is room, or the glass is broken. */
export function lackOfRoom(log: Pick<Log, 'scarce'>, emergency: string | undefined): Refusal | null {
  return log.scarce && emergency === undefined ? { ...diskFull, rule: 'builtin:disk' } : null;
}
