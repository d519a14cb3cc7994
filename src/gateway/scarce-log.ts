// What a session answers while the log has little room: said to the caller and recorded, where the log would otherwise refuse the
// intent itself and the session be closed.

import { errors } from '../core/errors.ts';
import type { Refusal } from '../core/result.ts';
import type { Log } from '../ports/log.ts';

/** Null where there is room, or the glass is broken. */
export function lackOfRoom(log: Pick<Log, 'scarce'>, emergency: string | undefined): Refusal | null {
  const { text, next } = errors.disk_full;
  return log.scarce && emergency === undefined ? { code: 'disk_full', text, next, rule: 'builtin:disk' } : null;
}
