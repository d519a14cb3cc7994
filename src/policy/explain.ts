// Why a decision is what it is: every rule's part in it, as data and as text. It decides with the same decide().

import { concerns, decide } from '../core/decide.ts';
import type { CompiledRule, Decision, Policy } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import type { ClassSet } from '../core/phi.ts';
import { lookupWords } from './lookup-words.ts';

/** `other_subject`, `other_connection`: the rule does not speak of this request. `error`: it could not be evaluated. */
type RulePart = 'other_subject' | 'other_connection' | 'true' | 'false' | 'error';

interface RuleAccount {
  readonly rule: string;
  readonly effect: CompiledRule['effect']['kind'];
  readonly part: RulePart;
  /** Why it could not be evaluated. */
  readonly text?: string;
}

export interface Explanation {
  readonly decision: Decision;
  readonly rules: readonly RuleAccount[];
}

export function explain(facts: Facts, policy: Policy): Explanation {
  return { decision: decide(facts, policy), rules: policy.rules.map((rule) => accountOf(rule, facts)) };
}

function accountOf(rule: CompiledRule, facts: Facts): RuleAccount {
  const account = { rule: rule.name, effect: rule.effect.kind };
  if (rule.connections?.includes(facts.connection.name) === false) return { ...account, part: 'other_connection' };
  if (!concerns(rule, facts.subject, facts.connection.name)) return { ...account, part: 'other_subject' };
  const outcome = rule.when(facts);
  if (outcome.kind === 'error') return { ...account, part: 'error', text: outcome.text };
  return { ...account, part: outcome.value ? 'true' : 'false' };
}

const parts: Readonly<Record<RulePart, string>> = {
  other_subject: 'concerns other subjects',
  other_connection: 'concerns other connections',
  true: 'applies',
  false: 'does not apply: its condition is false',
  error: 'denies',
};

export function renderExplanation({ decision, rules }: Explanation): readonly string[] {
  const [reason] = decision.reasons;
  const { unmask, filter, lookup, rowsMax } = decision.obligations;
  const lines = [`${decision.effect} by ${reason.rule}: ${reason.text}`];
  if (decision.effect !== 'deny') {
    const looksUp = lookup ? `; look up by ${lookupWords(lookup)}` : '';
    lines.push(
      `  unmask ${wordsOf(unmask)}; filter by ${wordsOf(filter)}${looksUp}; rows ${rowsMax ?? 'without limit'}`,
    );
  }
  if (decision.hold && decision.effect === 'hold') {
    lines.push(`  ${decision.hold.quorum} of ${decision.hold.reviewers.join(', ')} may approve`);
  }
  const width = Math.max(0, ...rules.map((each) => each.rule.length));
  const effectWidth = Math.max(5, ...rules.map((each) => each.effect.length));
  for (const { rule, effect, part, text } of rules) {
    lines.push(
      `  ${rule.padEnd(width)}  ${effect.padEnd(effectWidth)}  ${parts[part]}${text === undefined ? '' : `: ${text}`}`,
    );
  }
  return [...lines, `policy ${decision.policy}`];
}

function wordsOf(set: ClassSet): string {
  return set === 'all' ? 'all' : set.length === 0 ? 'nothing' : set.join(', ');
}
