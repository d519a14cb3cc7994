// Result: an expected failure is a value with a code from the closed table, never a thrown exception.

import type { ErrorCode } from './errors.ts';

/** A refusal or failure that may be shown to the caller. `text` and `next` never contain PHI. */
export interface Refusal {
  readonly code: ErrorCode;
  /** What was refused and why, one sentence. */
  readonly text: string;
  /** What to do next: a link, a permission, a person. */
  readonly next?: string;
  /** The policy rule that decided, where one did. */
  readonly rule?: string;
  /** A page of the gate where the caller can do what is missing. */
  readonly page?: string;
  /** Of a stronger or newer sign-in (`identity.step_up`), which would let it pass. */
  readonly scope?: string;
  /** The approval that would let it pass, where one was requested. */
  readonly approval?: string;
}

export type Result<T, E = Refusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

export function refuse(
  code: ErrorCode,
  text: string,
  more: Omit<Refusal, 'code' | 'text'> = {},
): { readonly ok: false; readonly error: Refusal } {
  return { ok: false, error: { code, text, ...more } };
}

/** For bugs only: a broken assertion closes the session it happened in. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
