// Which classes a subject may come to see on a connection, whatever the request: the upper bound that decides in whose
// name the gate signs in to a database that masks by itself. What a statement is granted may be less, never more.

import { concerns, glassFor } from '../core/decide.ts';
import type { Policy } from '../core/decision.ts';
import type { Party } from '../core/facts.ts';
import { type ClassSet, phiClasses, unionOf } from '../core/phi.ts';
import { ok, type Result, refuse } from '../core/result.ts';

/** More sets than that are a policy nobody can review in a database. */
export const unmaskSetsMax = 32;

/** What all allow rules that concern this subject add up to, and the break-glass that is open; in the order of `phiClasses`. */
export function unmaskSetOf(policy: Policy, subject: Party, connection: string, emergency = false): ClassSet {
  const glass = emergency ? glassFor(policy, subject, connection) : null;
  return policy.rules
    .filter((rule) => concerns(rule, subject, connection))
    .map(({ effect }) => (effect.kind === 'allow' ? effect.obligations.unmask : []))
    .reduce(joined, glass?.obligations.unmask ?? []);
}

/** Every set a subject can have: nothing, and all unions of what the rules of this connection grant. */
export function unmaskSets(policy: Policy, connection: string): Result<readonly ClassSet[]> {
  const sets = new Map<string, ClassSet>([['', []]]);
  const { breakGlass: glass } = policy;
  const grants = [
    ...policy.rules.flatMap(({ connections, effect }) =>
      effect.kind === 'allow' ? [{ connections, unmask: effect.obligations.unmask }] : [],
    ),
    ...(glass ? [{ connections: glass.connections, unmask: glass.obligations.unmask }] : []),
  ];
  for (const { connections, unmask } of grants) {
    if (connections && !connections.includes(connection)) continue;
    for (const set of sets.values()) {
      const union = joined(set, unmask);
      sets.set(keyOf(union), union);
      if (sets.size > unmaskSetsMax)
        return refuse(
          'config_invalid',
          `The rules of connection ${connection} add up to more than ${unmaskSetsMax} different sets of classes to see.`,
          { next: 'Let rules that add up grant the same classes.' },
        );
    }
  }
  return ok([...sets.values()]);
}

function joined(a: ClassSet, b: ClassSet): ClassSet {
  const union = unionOf(a, b);
  return union === 'all' ? union : phiClasses.filter((cls) => union.includes(cls));
}

function keyOf(set: ClassSet): string {
  return set === 'all' ? '*' : set.join(' ');
}
