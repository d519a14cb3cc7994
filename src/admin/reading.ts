// What reading other people's words costs: a reason, which goes into the log with the reading, encrypted.

import type { JsonObject } from '../core/json.ts';
import type { Payload } from '../core/record.ts';

const reasonLengthMax = 500;

/** Null = it says nothing, or too much. */
export function usableReason(given: string | undefined): string | null {
  const reason = (given ?? '').trim();
  return reason === '' || reason.length > reasonLengthMax ? null : reason;
}

export function reasonPayload(said: JsonObject): Payload {
  return { media: 'application/json', bytes: new TextEncoder().encode(JSON.stringify(said)) };
}
