// What reading other people's words costs: a reason, which goes into the log with the reading, encrypted.

import type { JsonObject } from '../core/json.ts';
import { jsonPayload, type Payload } from '../core/record.ts';
import type { Refusal } from '../core/result.ts';

const reasonLengthMax = 500;

/** Nothing is in it, which would read as if nothing had happened. */
export const emptyPeriod: Refusal = {
  code: 'invalid_request',
  text: 'The period ends before it begins.',
  next: 'Give the earlier time first.',
};

/** Null = it says nothing, or too much. */
export function usableReason(given: string | undefined): string | null {
  const reason = (given ?? '').trim();
  return reason === '' || reason.length > reasonLengthMax ? null : reason;
}

export function reasonPayload(said: JsonObject): Payload {
  return jsonPayload(JSON.stringify(said));
}
