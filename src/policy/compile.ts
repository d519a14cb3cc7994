// PolicyConfig → Policy: groups resolved, conditions compiled, and one digest over all that was said.

import { createHash } from 'node:crypto';
import type { BreakGlass, CompiledRule, ConditionOutcome, Policy } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { BreakGlassConfig, PolicyConfig, RuleConfig } from '../core/policy-text.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RiskPattern, riskPatterns } from '../core/risk-patterns.ts';
import { type Condition, compileCondition, type Evaluation } from './condition.ts';
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
    const when = rule.when === null ? ok(null) : compileCondition(rule.when);
    const conditions = [
      ...(rule.risk.length > 0 ? [riskOf(rule.risk)] : []),
      ...(when.ok && when.value ? [when.value] : []),
    ];
    if (when.ok) rules.push(compileRule(rule, conditions, config.groups));
    else problems.push({ rule: rule.name, ...when.error });
  }
  const texts = config.rules.flatMap((rule) => [rule.when ?? '', ...rule.risk.map((each) => riskPatterns[each].when)]);
  const needsRowEstimate = texts.some((text) => text.includes('estimated_rows'));
  const repeatable =
    !texts.some((text) => ofTheMoment.test(text)) && !config.rules.some(({ effect }) => effect.kind === 'step_up');
  const repeatableCalls = repeatable && !texts.some((text) => ofTheCall.test(text));
  if (problems.length > 0) return fail(problems);
  const glass = config.breakGlass && { breakGlass: breakGlassOf(config.breakGlass, config.groups) };
  return ok({ digest: digestOf(config), rules, needsRowEstimate, repeatable, repeatableCalls, ...glass });
}

/** Names a fact that may differ each time, or may reach one: the whole of `sql` or `subject`, or a computed member. */
const ofTheMoment = /\b(?:now|params|estimated_rows|acr|amr|auth_time|scopes)\b|\b(?:sql|subject)\b(?!\s*\.)/;

/** Names the arguments of a call, or may reach them: the whole of `mcp`, or a computed member. */
const ofTheCall = /\barguments\b|\bmcp\b(?!\s*\.)/;

/** Any of them is enough. */
function riskOf(patterns: readonly RiskPattern[]): Condition {
  const condition = compileCondition(patterns.map((each) => `(${riskPatterns[each].when})`).join(' || '));
  if (!condition.ok) throw new Error(`a ready-made condition does not compile: ${condition.error.text}`);
  return condition.value;
}

/** What is decided, in canonical JSON, whose SHA-256 is the digest: the tests of a policy are not part of it. */
export function policyText(config: PolicyConfig): string {
  const { groups, rules, breakGlass } = config;
  const said: Json = JSON.parse(JSON.stringify({ groups, rules, breakGlass }));
  return canonicalJson(said);
}

function digestOf(config: PolicyConfig): string {
  return createHash('sha256').update(policyText(config)).digest('hex');
}

function compileRule(rule: RuleConfig, conditions: readonly Condition[], aliases: GroupAliases): CompiledRule {
  return {
    name: rule.name,
    subjects: rule.subjects && {
      groups: resolveGroups(rule.subjects.groups, aliases),
      ids: rule.subjects.ids,
    },
    connections: rule.connections,
    when: (facts) => outcomeOf(every(conditions, facts, aliases), rule.name),
    ...(conditions.length === 0 ? { always: true } : {}),
    effect: effectOf(rule, aliases),
  };
}

/** As CEL's `&&`: one that is false settles it, whatever the others could not say. */
function every(conditions: readonly Condition[], facts: Facts, aliases: GroupAliases): Evaluation {
  let outcome: Evaluation = { kind: 'value', value: true };
  for (const condition of conditions) {
    const next = condition(facts, aliases);
    if (next.kind === 'value' && !next.value) return next;
    if (next.kind === 'error') outcome = next;
  }
  return outcome;
}

function outcomeOf(outcome: Evaluation, rule: string): ConditionOutcome {
  return outcome.kind === 'error' ? { ...outcome, text: `Rule "${rule}" ${outcome.text}.` } : outcome;
}

function breakGlassOf(config: BreakGlassConfig, aliases: GroupAliases): BreakGlass {
  const { subjects, unmask, filter, lookup, rows, reviewers, escalate, ...terms } = config;
  return {
    ...terms,
    subjects: { ids: subjects.ids, groups: resolveGroups(subjects.groups, aliases) },
    obligations: { unmask, filter, rowsMax: rows, ...(lookup && { lookup }) },
    reviewers: resolveGroups(reviewers, aliases),
    escalate: resolveGroups(escalate, aliases),
  };
}

function effectOf({ effect }: RuleConfig, aliases: GroupAliases): CompiledRule['effect'] {
  if (effect.kind === 'deny' || effect.kind === 'step_up') return effect;
  if (effect.kind === 'hold') {
    const { kind, reviewers, escalate, ...terms } = effect;
    const escalated = escalate && { escalate: { ...escalate, reviewers: resolveGroups(escalate.reviewers, aliases) } };
    return { kind, terms: { ...terms, reviewers: resolveGroups(reviewers, aliases), ...escalated } };
  }
  const { kind, unmask, filter, lookup, rows } = effect;
  return { kind, obligations: { unmask, filter, rowsMax: rows, ...(lookup && { lookup }) } };
}
