// What a session has been allowed before: the same statement, or a call of the same tool, under a policy that reads nothing else is
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
    if (!isRepeatable(policy, intent) || !intent.same) return null;
    const known = this.#known.get(intent.same);
    return known?.decision.policy === policy.digest && known.phi === phiText(intent.facts) ? known : null;
  }

  keep(intent: Intent, policy: Policy, decision: Decision, data: JsonObject): void {
    if (!isRepeatable(policy, intent) || !intent.same || decision.effect !== 'allow') return;
    this.#known.set(intent.same, {
      decision,
      data: spelledOnce(data),
      payload: payloadWriter(intent.facts, decision),
      phi: phiText(intent.facts),
    });
  }
}

/** INVARIANT: what goes on under a decision of its own is no answer to anything else. */
function isRepeatable({ repeatable, repeatableCalls }: Policy, { continued, facts }: Intent): boolean {
  return continued === undefined && (isCall(facts) ? repeatableCalls : repeatable) === true;
}

function isCall({ request }: Facts): boolean {
  return request.door === 'mcp';
}

function phiText({ request, subject }: Facts): string {
  const { scopes = [] } = subject;
  return request.phi.length + scopes.length === 0 ? '' : `${request.phi.join()} ${scopes.join()}`;
}

/** Writes `{content, facts: [facts], decision}`. What is the same each time is spelled once, and is most of it. */
function payloadWriter(facts: Facts, decision: Decision): (intent: Intent) => Payload {
  const begin = isCall(facts) ? callSpeller : statementSpeller();
  // In memory of its own: a small Buffer keeps the pool it was cut from.
  const rest = utf8.encode(`${sameOf(facts)}],"decision":${JSON.stringify(decision)}}`);
  const write = (intent: Intent): Uint8Array => {
    const first = begin(intent);
    const bytes = Buffer.allocUnsafe(Buffer.byteLength(first) + rest.length);
    bytes.set(rest, bytes.write(first));
    return bytes;
  };
  return (intent) => new LatePayload(write, intent);
}

/** What is left of facts as JSON, after what differs of a statement or of a call: the rest of that, and all others. */
function sameOf(facts: Facts): string {
  const { now: _now, sql, mcp, ...others } = facts;
  const { params: _params, estimated_rows: _rows, ...statement } = sql;
  const { arguments: _arguments, ...call } = mcp;
  const [own, ofDoor] = isCall(facts) ? [call, { sql }] : [statement, { mcp }];
  return `${JSON.stringify(own).slice(1)},${JSON.stringify({ ...others, ...ofDoor }).slice(1)}`;
}

function statementSpeller(): (intent: Intent) => string {
  const spellContent = contentSpeller();
  return ({ content, facts }) => {
    const { params, estimated_rows: rows } = facts.sql;
    return `{"content":${spellContent(content)},"facts":[{"now":${facts.now},"sql":{"params":${JSON.stringify(params)},"estimated_rows":${rows},`;
  };
}

function callSpeller({ content, facts }: Intent): string {
  return `{"content":${JSON.stringify(content)},"facts":[{"now":${facts.now},"mcp":{"arguments":${JSON.stringify(facts.mcp.arguments)},`;
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
