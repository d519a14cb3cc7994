// What a person may do, by the rules that speak of them: for every connection, without a request. It decides nothing.

import { concerns, glassFor } from '../core/decide.ts';
import type { CompiledRule, Obligations, Policy } from '../core/decision.ts';
import type { Party } from '../core/facts.ts';
import type { ClassSet } from '../core/phi.ts';
import type { PolicyConfig } from '../core/policy-text.ts';
import { lookupWords } from './lookup-words.ts';

export interface Entitlement {
  readonly connection: string;
  readonly rules: readonly {
    readonly rule: string;
    readonly effect: CompiledRule['effect']['kind'];
    /** As written; null = always. */
    readonly when: string | null;
    /** What it grants, or who decides. */
    readonly text: string;
  }[];
  /** What break-glass would add; null = they may not. */
  readonly breakGlass: string | null;
}

/** @param policy what `config` compiles to */
export function entitlementsOf(
  config: PolicyConfig,
  policy: Policy,
  subject: Party,
  connections: readonly string[],
): readonly Entitlement[] {
  const said = new Map(config.rules.map((each) => [each.name, each]));
  return connections.map((connection) => {
    const rules = policy.rules
      .filter((rule) => concerns(rule, subject, connection))
      .map(({ name, effect }) => {
        const { when = null, risk = [] } = said.get(name) ?? {};
        const conditions = [...(risk.length > 0 ? [`risk: ${risk.join(', ')}`] : []), ...(when === null ? [] : [when])];
        return { rule: name, effect: effect.kind, when: conditions.join(' and ') || null, text: textOf(effect) };
      });
    const glass = glassFor(policy, subject, connection);
    const minutes = glass ? Math.floor(glass.maxMs / 60_000) : 0;
    const breakGlass = glass && `for up to ${minutes} minutes: ${grantText(glass.obligations)}`;
    return { connection, rules, breakGlass };
  });
}

export function renderEntitlements(who: string, entitlements: readonly Entitlement[]): readonly string[] {
  return entitlements.flatMap(({ connection, rules, breakGlass }) => {
    const isOpen = rules.some(({ effect }) => effect === 'allow' || effect === 'hold') || breakGlass !== null;
    if (!isOpen) return [`${connection}: closed to ${who}`];
    const width = Math.max(5, ...rules.map(({ effect }) => effect.length));
    const lines = rules.map(
      ({ rule, effect, when, text }) =>
        `  ${effect.padEnd(width)}  ${rule}: ${text.replace(/\.$/, '')}${when === null ? '' : `; when ${when}`}`,
    );
    return [`${connection}:`, ...lines, ...(breakGlass === null ? [] : [`  break-glass ${breakGlass}`])];
  });
}

function textOf(effect: Policy['rules'][number]['effect']): string {
  switch (effect.kind) {
    case 'allow':
      return grantText(effect.obligations);
    case 'hold':
      return `${effect.terms.quorum} of ${effect.terms.reviewers.join(', ')} must approve`;
    case 'deny':
      return effect.text;
    case 'step_up':
      return `asks for a sign-in that meets ${effect.scope}`;
  }
}

function grantText({ unmask, filter, lookup, rowsMax }: Obligations): string {
  const rows = rowsMax === null ? 'any number of rows' : `up to ${rowsMax} rows`;
  const looksUp = lookup ? `; looks up by ${lookupWords(lookup)}` : '';
  return `sees ${wordsOf(unmask) || 'everything masked'}; filters by ${wordsOf(filter) || 'nothing protected'}${looksUp}; ${rows}`;
}

function wordsOf(set: ClassSet): string {
  return set === 'all' ? 'all classes' : set.join(', ');
}
