// What a caller is told who is not let through: which rule, why, and what to do. It never says a value of the request.

import type { Decision } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import type { Refusal } from '../core/result.ts';
import type { ClaimOutcome } from './approval-desk.ts';

/** Of a decision to deny. `unknown`: why facts a rule depends on are not known, as a sentence. */
export function refusalOf(
  { reasons: [reason] }: Decision,
  { door, connection }: { readonly door: Facts['request']['door']; readonly connection: string },
  unknown?: string,
): Refusal {
  const { rule, code, text: said, scope } = reason;
  const text = code === 'policy_error' && unknown !== undefined ? `${said} ${unknown}` : said;
  const refusal: Refusal = {
    code: code === 'allowed' ? 'internal' : code,
    // What a rule says of itself stays as it was written.
    text:
      code === 'denied'
        ? `${text.replace(/(?<![.!?])$/, '.')} Rule: ${rule}.`
        : `${text.replace(/\.$/, '')} (rule ${rule}).`,
    rule,
  };
  // What the rule could not see is in the request, and the rule need not be wrong.
  if (code === 'policy_error' && unknown !== undefined)
    return {
      ...refusal,
      next: 'Ask without that; a function can be declared safe under classification.<connection>.functions.',
    };
  if (scope === undefined) return refusal;
  if (door !== 'postgres') return { ...refusal, scope };
  const next = `Prove who you are once more: chartgate login --scope ${scope}. Then connect anew: chartgate connect ${connection}.`;
  return { ...refusal, scope, next };
}

/** Of a hold; null once it is granted. `link` is its page. */
export function refusalOfHold({ kind, approval }: ClaimOutcome, rule: string, link: string): Refusal | null {
  switch (kind) {
    case 'granted':
      return null;
    case 'denied':
      return {
        code: 'approval_denied',
        text: `A reviewer refused this (approval ${approval}).`,
        next: `Look at ${link}.`,
        rule,
        approval,
      };
    case 'pending':
      return {
        code: 'approval_required',
        // The text alone has to do: not every driver passes on a hint.
        text: `Rule "${rule}" holds this for approval ${approval}: run it again once approved, exactly as it is.`,
        next: `A reviewer decides at ${link} or with: chartgate approvals approve ${approval} --reason "…".`,
        rule,
        approval,
      };
  }
}
