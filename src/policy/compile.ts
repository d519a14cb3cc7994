// PolicyConfig → Policy: groups resolved, conditions compiled, and one digest over all that was said.

import { createHash } from 'node:crypto';
import type { CompiledRule, ConditionOutcome, Policy } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { PolicyConfig, RuleConfig } from '../core/policy-text.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Condition, compileCondition } from './condition.ts';
import { type GroupAliases, resolveGroups } from './groups.ts';

export interface PolicyProblem {
  readonly rule: string;
  readonly text: string;
  /** Characters into the rule's condition. */
  readonly offset: number;
}

export function compilePolicy(config: PolicyConfig): Result<Policy, readonly PolicyProblem[]> {
  const problems: PolicyProblem[] = [];
  const rules: CompiledRule[] = [];
  for (const rule of config.rules) {
    const condition = rule.when === null ? ok(null) : compileCondition(rule.when);
    if (condition.ok) rules.push(compileRule(rule, condition.value, config.groups));
    else problems.push({ rule: rule.name, ...condition.error });
  }
  return problems.length > 0 ? fail(problems) : ok({ digest: digestOf(config), rules });
}

/** What is decided: the tests of a policy are not part of it. */
function digestOf(config: PolicyConfig): string {
  const said: Json = JSON.parse(JSON.stringify({ groups: config.groups, rules: config.rules }));
  return createHash('sha256').update(canonicalJson(said)).digest('hex');
}

function compileRule(rule: RuleConfig, condition: Condition | null, aliases: GroupAliases): CompiledRule {
  return {
    name: rule.name,
    subjects: rule.subjects && {
      groups: resolveGroups(rule.subjects.groups, aliases),
      ids: rule.subjects.ids,
    },
    connections: rule.connections,
    when: condition === null ? always : (facts) => outcomeOf(condition, rule.name, facts, aliases),
    effect: effectOf(rule, aliases),
  };
}

const always = (): ConditionOutcome => ({ kind: 'value', value: true });

function outcomeOf(condition: Condition, rule: string, facts: Facts, aliases: GroupAliases): ConditionOutcome {
  const outcome = condition(facts, aliases);
  return outcome.kind === 'error' ? { ...outcome, text: `Rule "${rule}" ${outcome.text}.` } : outcome;
}

function effectOf({ effect }: RuleConfig, aliases: GroupAliases): CompiledRule['effect'] {
  if (effect.kind === 'deny') return effect;
  if (effect.kind === 'hold') {
    const { kind, reviewers, ...terms } = effect;
    return { kind, terms: { ...terms, reviewers: resolveGroups(reviewers, aliases) } };
  }
  const { kind, unmask, filter, rows } = effect;
  return { kind, obligations: { unmask, filter, rowsMax: rows } };
}
