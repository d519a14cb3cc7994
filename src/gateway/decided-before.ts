// What a session has been allowed before: the same statement by the same subject under a policy that reads nothing else is
// decided once, and what its records have in common is written out once.
// INVARIANT: only what was decided with equal facts is found; a policy that may read the moment is asked each time.

import type { Decision, Policy } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import { type JsonObject, spelledOnce } from '../core/json.ts';
import type { Intent } from './enforce.ts';

export interface DecidedBefore {
  readonly decision: Decision;
  /** Of the request's entry. */
  readonly data: JsonObject;
  /** The decision's whole input and output, as JSON. */
  readonly payload: (intent: Intent) => string;
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

/** Writes `{content, facts: [facts], decision}`. */
function payloadWriter({ now: _now, sql, ...others }: Facts, decision: Decision): (intent: Intent) => string {
  const { params: _params, estimated_rows: _rows, ...statement } = sql;
  const ofStatement = JSON.stringify(statement).slice(1);
  const rest = `${JSON.stringify(others).slice(1)}],"decision":${JSON.stringify(decision)}}`;
  return ({ content, facts }) =>
    `{"content":${JSON.stringify(content)},"facts":[{"now":${facts.now},"sql":{"params":${JSON.stringify(facts.sql.params)},` +
    `"estimated_rows":${facts.sql.estimated_rows},${ofStatement},${rest}`;
}
