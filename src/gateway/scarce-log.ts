// What is answered while the log has little room: said to the caller and recorded, where the log would otherwise refuse the
// intent itself and the session be closed; and said at least, where there is no room for that record either.

import { errors } from '../core/errors.ts';
import type { Refusal } from '../core/result.ts';
import { type Log, type LogReader, LogUnavailable, logWith } from '../ports/log.ts';

/** Null where there is room, or the glass is broken. */
export function lackOfRoom(log: Pick<Log, 'scarce'>, emergency: string | undefined): Refusal | null {
  return log.scarce && emergency === undefined ? { ...diskFull, rule: 'builtin:disk' } : null;
}

const { text, next } = errors.disk_full;
const diskFull = { code: 'disk_full', text, next } as const;

/** The same log, whose refusal of a record for want of room is not told as if it could not be written at all. */
export function tellingOfRoom<T extends Log & { readonly reader: LogReader }>(log: T): ReturnType<typeof logWith<T>> {
  const explain = (error: unknown): never => {
    if (!(error instanceof LogUnavailable) || !log.open) throw error;
    throw new LogUnavailable(error.message, { cause: error, told: diskFull });
  };
  const append: Log['append'] = (record, payload, patient) => {
    const appended = log.append(record, payload, patient);
    return log.scarce ? appended.catch(explain) : appended;
  };
  return logWith(log, { append });
}
