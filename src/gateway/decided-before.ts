// What a session has been allowed before: the same statement by the same subject under a policy that reads nothing else is
// decided once, and what its records have in common is written out once.
// INVARIANT: only what was decided with equal facts is found; a policy that may read the moment is asked each time.

import type { Decision, Policy } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import { type Json, type JsonObject, oneByteText, spelledOnce } from '../core/json.ts';
import type { Payload } from '../core/record.ts';
import type { Intent } from './enforce.ts';

const utf8 = new TextEncoder();

export interface DecidedBefore {
  readonly decision: Decision;
  /** Of the request's entry. */
  readonly data: JsonObject;
  /** The decision's whole input and output, as JSON. */
  readonly payload: (intent: Intent) => Payload;
}

export class DecidedRequests {
  readonly #known = new WeakMap<object, DecidedBefore & { readonly phi: string }>();

  find(intent: Intent, policy: Policy): DecidedBefore | null {
    if (!policy.repeatable || !intent.same) return null;
    const known = this.#known.get(intent.same);
    return known?.decision.policy === policy.digest && known.phi === phiText(intent.facts) ? known : null;
  }

  keep(intent: Intent, policy: Policy, decision: Decision, data: JsonObject): void {
    if (!policy.repeatable || !intent.same || decision.effect !== 'allow') return;
    this.#known.set(intent.same, {
      decision,
      data: spelledOnce(data),
      payload: payloadWriter(intent.facts, decision),
      phi: phiText(intent.facts),
    });
  }
}

function phiText({ request, subject }: Facts): string {
  const { scopes = [] } = subject;
  return request.phi.length + scopes.length === 0 ? '' : `${request.phi.join()} ${scopes.join()}`;
}

/** Writes `{content, facts: [facts], decision}`. What is the same each time is spelled once, and is most of it. */
function payloadWriter({ now: _now, sql, ...others }: Facts, decision: Decision): (intent: Intent) => Payload {
  const { params: _params, estimated_rows: _rows, ...statement } = sql;
  const ofStatement = JSON.stringify(statement).slice(1);
  // In memory of its own: a small Buffer keeps the pool it was cut from.
  const rest = utf8.encode(
    `${ofStatement},${JSON.stringify(others).slice(1)}],"decision":${JSON.stringify(decision)}}`,
  );
  const spellContent = contentSpeller();
  const write = ({ content, facts }: Intent): Uint8Array => {
    const { params, estimated_rows: rows } = facts.sql;
    const first = `{"content":${spellContent(content)},"facts":[{"now":${facts.now},"sql":{"params":${JSON.stringify(params)},"estimated_rows":${rows},`;
    const bytes = Buffer.allocUnsafe(Buffer.byteLength(first) + rest.length);
    bytes.set(rest, bytes.write(first));
    return bytes;
  };
  return (intent) => new LatePayload(write, intent);
}

/** Written out when the log comes to it, out of the way of the request. What it says can no longer change. */
class LatePayload implements Payload {
  readonly media = 'application/json';
  readonly #write: (intent: Intent) => Uint8Array;
  readonly #intent: Intent;
  #bytes: Uint8Array | null = null;

  constructor(write: (intent: Intent) => Uint8Array, intent: Intent) {
    this.#write = write;
    this.#intent = intent;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= this.#write(this.#intent);
    return this.#bytes;
  }
}

/** Of content that differs in its parameters alone, the others are spelled once. */
function contentSpeller(): (content: JsonObject) => string {
  let spelled: { readonly sql: Json; readonly text: string } | null = null;
  return (content) => {
    const { sql, params, ...others } = content;
    if (sql === undefined || params === undefined || Object.keys(others).length > 0) return JSON.stringify(content);
    if (spelled?.sql !== sql) spelled = { sql, text: oneByteText(`{"sql":${JSON.stringify(sql)},"params":`) };
    return `${spelled.text}${JSON.stringify(params)}}`;
  };
}
