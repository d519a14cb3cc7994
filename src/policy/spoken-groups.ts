// Facts name groups of the identity provider. An alias among them makes nobody a member of what it stands for, and a test that
// expects a deny passes for that alone.

import type { PolicyConfig } from '../core/policy-text.ts';
import type { GroupAliases } from './groups.ts';

export interface TestWarning {
  readonly test: string;
  readonly text: string;
}

/** What is odd about groups that somebody states as facts; one line for each. */
export function aliasesAmong(groups: readonly string[], aliases: GroupAliases): string[] {
  return groups.flatMap((group) => {
    const meant = Object.hasOwn(aliases, group) ? (aliases[group] ?? []) : [group];
    if (meant.includes(group)) return [];
    const instead = meant.length === 0 ? 'it stands for none' : `state ${meant.join(' or ')}`;
    return [`takes ${group} for a group of your identity provider, and it is an alias: ${instead}`];
  });
}

/** Of the policy's own tests. */
export function lintTests({ tests, groups }: Pick<PolicyConfig, 'tests' | 'groups'>): readonly TestWarning[] {
  return tests.flatMap(({ name, facts }) =>
    aliasesAmong(groupsIn(facts), groups).map((text) => ({ test: name, text })),
  );
}

function groupsIn({ subject }: Readonly<Record<string, unknown>>): string[] {
  const groups: unknown = subject instanceof Object && 'groups' in subject ? subject.groups : [];
  return Array.isArray(groups) ? groups.filter((each) => typeof each === 'string') : [];
}
