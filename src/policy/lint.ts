// What is odd about a policy, without a single request: rules that can never decide, rules that add nothing, names that look
// mistyped. Of rules it only says what is certain; what merely never happened is for a simulation to tell.

import { opens } from '../core/decide.ts';
import type { CompiledRule, Obligations, Policy } from '../core/decision.ts';
import { nearest } from '../core/near-word.ts';
import { type ClassSet, covers, phiClasses, unionOf } from '../core/phi.ts';
import type { PolicyConfig, RuleConfig } from '../core/policy-text.ts';

export interface PolicyWarning {
  readonly rule: string;
  readonly text: string;
}

interface Rule {
  readonly said: RuleConfig;
  readonly rule: CompiledRule;
}

/** @param policy what `config` compiles to */
export function lintPolicy(config: PolicyConfig, policy: Policy): readonly PolicyWarning[] {
  const rules = config.rules.flatMap((said, index): Rule[] => {
    const rule = policy.rules[index];
    return rule ? [{ said, rule }] : [];
  });
  return rules.flatMap((each, index) => {
    const text = reachesNobody(each) ?? shadow(each, rules) ?? redundancy(each, index, rules);
    return [...(text === null ? [] : [text]), ...nearAliases(each.said, config.groups)].map((one) => ({
      rule: each.said.name,
      text: one,
    }));
  });
}

function reachesNobody({ said, rule }: Rule): string | null {
  if (rule.subjects && rule.subjects.groups.length + rule.subjects.ids.length === 0)
    return 'concerns nobody: its groups are aliases that stand for no group';
  if (said.when?.trim() === 'false') return 'never applies: its condition is false';
  if (rule.effect.kind === 'hold' && rule.effect.terms.reviewers.length === 0)
    return 'can never be approved: its reviewers are aliases that stand for no group';
  return null;
}

/** Groups that are no alias and nearly one: taken for groups of the identity provider, of which nobody may be a member. */
function nearAliases({ subjects, effect }: RuleConfig, groups: PolicyConfig['groups']): string[] {
  const aliases = Object.keys(groups);
  const known = new Set([...aliases, ...Object.values(groups).flat()]);
  const reviewers = effect.kind === 'hold' ? [...effect.reviewers, ...(effect.escalate?.reviewers ?? [])] : [];
  const spoken = new Set([...(subjects?.groups ?? []), ...reviewers]);
  return [...spoken].flatMap((group) => {
    const near = known.has(group) ? undefined : nearest(group, aliases);
    return near === undefined
      ? []
      : [`takes ${group} for a group of your identity provider; did you mean the alias ${near}?`];
  });
}

/** A deny that applies whenever this rule does, and more: deny beats everything, whatever the order. */
function shadow(each: Rule, rules: readonly Rule[]): string | null {
  if (!opens(each.rule)) return null;
  const over = rules.find((other) => other.rule.effect.kind === 'deny' && appliesWhenever(each, other));
  return over ? `is shadowed: whenever it applies, ${over.said.name} denies` : null;
}

/** An allow that another one contains. Of two that say the same the later one is named. */
function redundancy(each: Rule, index: number, rules: readonly Rule[]): string | null {
  const { effect } = each.rule;
  if (effect.kind !== 'allow') return null;
  const over = rules.find((other, at) => {
    if (other === each || other.rule.effect.kind !== 'allow' || !appliesWhenever(each, other)) return false;
    if (!grantsAsMuch(other.rule.effect.obligations, effect.obligations)) return false;
    const same = appliesWhenever(other, each) && grantsAsMuch(effect.obligations, other.rule.effect.obligations);
    return !same || at < index;
  });
  return over ? `adds nothing: whenever it applies, ${over.said.name} grants as much` : null;
}

/** Certainly: `other` has no condition, or the very same one, and concerns all that `each` does. */
function appliesWhenever(each: Rule, other: Rule): boolean {
  const unconditional = other.said.when === null && other.said.risk.length === 0;
  const alike =
    other.said.when === each.said.when && JSON.stringify(other.said.risk) === JSON.stringify(each.said.risk);
  return (
    other !== each &&
    (unconditional || other.said.when?.trim() === 'true' || alike) &&
    coversSubjects(other.rule.subjects, each.rule.subjects) &&
    coversAll(other.rule.connections, each.rule.connections)
  );
}

function coversSubjects(wide: CompiledRule['subjects'], narrow: CompiledRule['subjects']): boolean {
  if (!wide) return true;
  return narrow !== null && coversAll(wide.groups, narrow.groups) && coversAll(wide.ids, narrow.ids);
}

function coversAll(wide: readonly string[] | null, narrow: readonly string[] | null): boolean {
  return !wide || (narrow?.every((each) => wide.includes(each)) ?? false);
}

function grantsAsMuch(wide: Obligations, narrow: Obligations): boolean {
  const contains = (a: ClassSet, b: ClassSet): boolean =>
    a === 'all' || (b !== 'all' && unionOf(a, b).length === new Set(a).size);
  const rows = wide.rowsMax === null || (narrow.rowsMax !== null && narrow.rowsMax <= wide.rowsMax);
  const lookups = phiClasses.every((cls) => {
    const [more, less] = [wide.lookup?.[cls], narrow.lookup?.[cls]];
    return (
      !less || covers(wide.filter, cls) || (more !== undefined && more.perMs <= less.perMs && more.times >= less.times)
    );
  });
  return rows && lookups && contains(wide.unmask, narrow.unmask) && contains(wide.filter, narrow.filter);
}
