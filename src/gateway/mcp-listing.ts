// A list that is masked item by item: a rule with a condition may unmask one tool or resource and not the next. INVARIANT: what
// stands beside the items is masked as the list itself.

import type { Decision } from '../core/decision.ts';
import { type Json, type JsonObject, listOf } from '../core/json.ts';
import { type ClassSet, unionOf } from '../core/phi.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { type Binary, type MaskJson, maskMembers, maskOutcome } from './mcp-masking.ts';

export interface ListedItems {
  /** Where the result has its items. */
  readonly member: string;
  /** What may be seen of each, in order; of what follows nothing more than of the list. */
  readonly unmask: readonly ClassSet[];
}

interface Masking {
  readonly mask: MaskJson;
  readonly counts: Record<string, number>;
  readonly binary: Binary;
}

/** `listed`: of a list; null for any other answer. */
export function maskAnswer(
  outcome: JsonRpcOutcome,
  listed: ListedItems | null,
  decision: Decision,
  { mask, counts, binary }: Masking,
): JsonRpcOutcome {
  if (!listed || !('result' in outcome)) return maskOutcome(outcome, decision, mask, counts, binary);
  const under: MaskUnder = (members, each) => maskMembers(members, each, mask, counts, binary);
  return { result: maskListed(outcome.result, listed, decision, under) };
}

type MaskUnder = (members: JsonObject, decision: Decision) => JsonObject;

/** `mask` counts: each item goes through it once. */
function maskListed(
  result: JsonObject,
  { member, unmask }: ListedItems,
  decision: Decision,
  mask: MaskUnder,
): JsonObject {
  const { obligations } = decision;
  const items = listOf(result[member] ?? null);
  const sets = items.map((_item, at) => unionOf(obligations.unmask, unmask[at] ?? []));
  const own = keyOf(obligations.unmask);
  if (sets.every((set) => keyOf(set) === own)) return mask(result, decision);
  const masked = new Map<number, Json>();
  for (const [key, set] of new Map(sets.map((each) => [keyOf(each), each]))) {
    const places = sets.flatMap((each, at) => (keyOf(each) === key ? [at] : []));
    const under = { ...decision, obligations: { ...obligations, unmask: set } };
    const some = mask({ [member]: places.map((at) => items[at] ?? null) }, under);
    for (const [at, item] of listOf(some[member] ?? null).entries()) masked.set(places[at] ?? -1, item);
  }
  const whole = mask({ ...result, [member]: [] }, decision);
  return { ...whole, [member]: items.map((_item, at) => masked.get(at) ?? null) };
}

function keyOf(set: ClassSet): string {
  return set === 'all' ? set : [...new Set(set)].toSorted().join(' ');
}
