// Attempts at what was not somebody's to decide: on record before they are told that it was not.

import type { ErrorCode } from '../core/errors.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import type { RecordInput } from '../core/record.ts';
import type { Result } from '../core/result.ts';
import type { Log } from '../ports/log.ts';

/** Refusals that say nothing about who tried. */
const mistakes: ReadonlySet<ErrorCode> = new Set(['reason_required', 'approval_not_found', 'invalid_request']);

/** The outcome, once it is recorded if it was refused. @throws LogUnavailable */
export async function recorded<T>(
  log: Pick<Log, 'append'>,
  by: Subject,
  attempt: Pick<RecordInput, 'type' | 'approval' | 'connection' | 'data'>,
  outcome: Result<T>,
): Promise<Result<T>> {
  if (!outcome.ok && !mistakes.has(outcome.error.code))
    await log.append({ ...attempt, subject: nameOf(by), data: { ...attempt.data, code: outcome.error.code } });
  return outcome;
}
