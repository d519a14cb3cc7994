// What an answer has become when it may leave: masked, and fitted to what its tool promised. What it is masked by is plain data, so that
// it is the same wherever that is done: here, or, where it takes long, where nobody else waits for it.

import type { Decision } from '../core/decision.ts';
import { isJsonArray, type Json, type JsonObject } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { type ListedItems, maskAnswer } from './mcp-listing.ts';
import { type Binary, dataOf, type MaskFor, type MaskJson, maskMembers } from './mcp-masking.ts';
import { fitStructured } from './mcp-structured.ts';
import type { Seen } from './patients-seen.ts';

export interface AnswerTerms {
  readonly decision: Decision;
  readonly binary: Binary;
  /** Of a list; null for any other answer. */
  readonly listed: ListedItems | null;
  /** What the structuredContent has to follow. */
  readonly outputSchema: JsonObject | null;
}

export interface MaskedAnswer {
  readonly outcome: JsonRpcOutcome;
  /** What was masked, by class. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Who waits for an answer. */
export interface Awaiting {
  /** Aborted when the call must not go on. */
  readonly signal: AbortSignal;
  readonly reply: {
    /** Aborted when the caller hung up. */
    readonly signal: AbortSignal;
    /** And will not come again. */
    readonly lost: boolean;
  };
}

/** Refused: too_large, canceled. */
export type MaskAside = (
  outcome: JsonRpcOutcome,
  terms: AnswerTerms,
  awaiting: Awaiting | null,
) => Promise<Result<MaskedAnswer>>;

/** What the answer to one call is masked by, beside its decision. */
export interface AnswerParts extends Partial<Pick<AnswerTerms, 'listed' | 'outputSchema'>> {
  readonly seen?: Seen | null;
  readonly dressed?: (masked: JsonRpcOutcome) => JsonRpcOutcome;
  readonly awaiting?: Awaiting | null;
}

/** The masking of messages; of long answers as a whole, too, where nobody else waits for it. */
export interface AnswerMasking extends MaskFor {
  /** Absent where there is no such place. */
  readonly aside?: MaskAside;
}

/** As weightOf has it: some hundredths of a second. */
const long = 65_536;

/** Here, or where it is long and there is somewhere else, there. Refused: too_large, canceled. */
export function maskWherever(
  outcome: JsonRpcOutcome,
  terms: AnswerTerms,
  maskFor: AnswerMasking,
  awaiting: Awaiting | null,
): Result<MaskedAnswer> | Promise<Result<MaskedAnswer>> {
  const { aside } = maskFor;
  const data = dataOf(outcome);
  const isWork = terms.outputSchema !== null || terms.decision.obligations.unmask !== 'all';
  if (aside && isWork && weightOf(data, long) >= long) return aside(outcome, terms, awaiting);
  const masked = (mask: MaskJson): Result<MaskedAnswer> => ok(maskedAnswer(outcome, terms, mask));
  const mask = maskFor(data);
  return mask instanceof Promise ? mask.then(masked) : masked(mask);
}

export function maskedAnswer(
  outcome: JsonRpcOutcome,
  { decision, binary, listed, outputSchema }: AnswerTerms,
  mask: MaskJson,
): MaskedAnswer {
  const counts: Record<string, number> = {};
  const masked = maskAnswer(outcome, listed, decision, { mask, counts, binary });
  const shown = (members: JsonObject): JsonObject => maskMembers(members, decision, mask, {});
  return { outcome: fitStructured(outcome, masked, outputSchema, shown), counts };
}

/** About how long its JSON is, in UTF-16 code units; no more of it is looked at than is needed to know that it is `enough`. */
export function weightOf(value: Json, enough: number): number {
  if (typeof value === 'string') return value.length + 8;
  if (typeof value !== 'object' || value === null) return 8;
  let weight = 8;
  if (isJsonArray(value)) {
    for (const each of value) {
      if (weight >= enough) break;
      weight += weightOf(each, enough - weight);
    }
    return weight;
  }
  for (const name in value) {
    if (weight >= enough) break;
    weight += name.length + weightOf(value[name] ?? null, enough - weight);
  }
  return weight;
}
