// The one place where a request becomes a decision, a record and a release; every door goes through it.
// INVARIANT: intent before effect, record before release. Nothing leaves that `Admission.record` has not confirmed.

import type { Decision } from '../core/decision.ts';
import type { Facts, Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { Payload } from '../core/record.ts';
import type { Refusal, Result } from '../core/result.ts';
import type { Seen } from './patients-seen.ts';

/** Who came in, by which door, to which connection. Opened by `openSession`; every request belongs to one. */
export interface AuditedSession {
  readonly id: string;
  /** As they proved themselves last. */
  readonly subject: Subject;
  readonly connection: string;
  /** The same subject came again: what is asked from now on is decided by how they proved themselves for that. */
  provenAnew(subject: Subject): void;
  /**
   * Decides, records the intent, and waits in place while a human decides (`onHold` is called once, before the wait).
   * Resolves with an admission, or with the refusal that the caller is to be told (already recorded).
   * With `overlap` (reads only) it does not wait for the intent to be durable: `record` will. Then, unless it is held or
   * refused, there is nothing to wait for, and no promise.
   * @throws LogUnavailable
   */
  submit(intent: Intent): Result<Admission> | Promise<Result<Admission>>;
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
  /** What else the act is, beyond its words, where it is held: what names mean at this moment. */
  readonly meaning?: () => JsonObject;
  /** What is known of the act besides: a reviewer sees it, but it is no part of what is approved. */
  readonly known?: JsonObject;
  /** What else a reviewer should see, found out only if the act is held (the planner's estimate). */
  readonly ifHeld?: () => Promise<JsonObject>;
  /** What acts of its kind have in common, without values; null where that cannot be said. A grant for some time is bound to it. */
  readonly shape?: () => JsonObject | null;
  /** Counts and names for the entry itself; nothing from a request's values. */
  readonly data?: JsonObject;
  readonly overlap?: boolean;
  /** The request of another session that caused this one (a tool call causes SQL). */
  readonly parent?: { readonly session: string; readonly request?: string };
  /** How long it waits for people, instead of the rule's `hold.wait`; ms. */
  readonly holdMs?: number;
  /** Ends the wait: the caller hung up or canceled. A held act then never runs. */
  readonly signal: AbortSignal;
  readonly onHold?: (hold: {
    readonly approval: string;
    readonly link: string;
    readonly waitMs: number;
    readonly rule: string;
  }) => void;
  /**
   * Stands for all that was said of this act but the time, the parameters or arguments, what was detected in them and the
   * planner's estimate: intents of one session with the same object differ in nothing else.
   */
  readonly same?: object;
  /** Housekeeping (BEGIN, initialize): recorded, let through without a rule. Names the reason, e.g. `builtin:transaction`. */
  readonly builtin?: string;
  /** The decision under which what this continues began (FETCH of a cursor): it holds as long as the policy is the same. */
  readonly continued?: Decision;
  /** What the door itself found wrong once it knows the obligations (e.g. a filter that is not granted): refuses if it returns one. */
  readonly check?: (decision: Decision) => Refusal | null;
  /** Why some of its facts are not known, as a sentence: told to who is refused because a rule depends on them. */
  readonly unknown?: string;
}

export interface Admission {
  /** Identifier of this request in the log. */
  readonly request: string;
  readonly decision: Decision;
  /**
   * Resolves when this chunk (and with it the intent) is durable: only then may it leave. With `ending` it is the last one
   * and its record ends the request. @throws LogUnavailable
   */
  record(chunk: Payload, data?: JsonObject, ending?: Ending): Promise<unknown>;
  /**
   * Records, under keyed names, whom what is about to leave is about; `masked` counts values by class. Resolves when that is
   * durable: the chunk may leave then. @throws LogUnavailable
   */
  disclose(seen: Seen, masked: Readonly<Record<string, number>>): Promise<unknown>;
  /** Ends the request. Not awaited for release. */
  end(status: Ending['status'], data?: JsonObject): Promise<void>;
}

/** How a request went: `limited` = rows were cut off, `held` = it never ran. */
export interface Ending {
  readonly status: 'ok' | 'error' | 'canceled' | 'limited' | 'held';
  readonly data?: JsonObject;
}
