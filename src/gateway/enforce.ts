// The one place where a request becomes a decision, a record and a release; every door goes through it.
// INVARIANT: intent before effect, record before release. Nothing leaves that `Admission.record` has not confirmed.

import type { Decision } from '../core/decision.ts';
import type { Facts, Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { Payload } from '../core/record.ts';
import type { Refusal, Result } from '../core/result.ts';

/** Who came in, by which door, to which connection. Opened by `openSession`; every request belongs to one. */
export interface AuditedSession {
  readonly id: string;
  readonly subject: Subject;
  readonly connection: string;
  /**
   * Decides, records the intent, and waits in place while a human decides (`onHold` is called once, before the wait).
   * Resolves with an admission, or with the refusal that the caller is to be told (already recorded).
   * With `overlap` (reads only) it does not wait for the intent to be durable: `record` will.
   * @throws LogUnavailable
   */
  submit(intent: Intent): Promise<Result<Admission>>;
  /** Records that something was refused before it could be decided (malformed, unknown, unsound). */
  refused(refusal: Refusal, content: JsonObject): Promise<void>;
  /** Ends the session in the log. Requests still open end as `outcome_unknown`. */
  end(reason: string): Promise<void>;
}

export interface Intent {
  readonly facts: Facts;
  /** Facts of the further statements of the same message: each is decided, the worst decision holds for all. */
  readonly also?: readonly Facts[];
  /** The exact act, as a reviewer reads it and as the digest binds it. Goes to the log encrypted. */
  readonly content: JsonObject;
  /** Counts and names for the entry itself; nothing from a request's values. */
  readonly data?: JsonObject;
  readonly overlap?: boolean;
  /** The request of another session that caused this one (a tool call causes SQL). */
  readonly parent?: { readonly session: string; readonly request?: string };
  /** Ends the wait: the caller hung up or canceled. A held act then never runs. */
  readonly signal: AbortSignal;
  readonly onHold?: (hold: {
    readonly approval: string;
    readonly link: string;
    readonly waitMs: number;
    readonly rule: string;
  }) => void;
  /** Housekeeping (BEGIN, initialize): recorded, let through without a rule. Names the reason, e.g. `builtin:transaction`. */
  readonly builtin?: string;
  /** What the door itself found wrong once it knows the obligations (e.g. a filter that is not granted): refuses if it returns one. */
  readonly check?: (decision: Decision) => Refusal | null;
}

export interface Admission {
  /** Identifier of this request in the log. */
  readonly request: string;
  readonly decision: Decision;
  /** Resolves when this chunk (and with it the intent) is durable: only then may it leave. @throws LogUnavailable */
  record(chunk: Payload, data?: JsonObject): Promise<void>;
  /** Ends the request: `status` is `ok`, `error`, `canceled`, `limited` (rows cut off) or `held` (it never ran). Not awaited for release. */
  end(status: 'ok' | 'error' | 'canceled' | 'limited' | 'held', data?: JsonObject): Promise<void>;
}
