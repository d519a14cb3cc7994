// Who counts as one and the same person. An account is not a person: the same subject at another issuer, the same e-mail
// address, or the same agent in between is no second pair of eyes.

import type { Party } from './approval.ts';

/** Every name a party is known by, spelled alike: its id, its aliases, and the agents it acts through. */
export function namesOf({ id, aliases = [], agent, actors = [] }: Party): readonly string[] {
  const names = [id, ...aliases, ...(agent === undefined ? [] : [agent]), ...actors];
  return [...new Set(names.map(spelledAlike).filter((name) => name !== ''))];
}

export function shareName(a: readonly string[], b: readonly string[]): boolean {
  return a.some((name) => b.includes(name));
}

/** Case, width and a `+tag` of an address do not make another person (RFC 5233 names the tag; most mail systems know it). */
function spelledAlike(name: string): string {
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/\+[^@]*@/, '@');
}
