// A replacement of the node's key-encryption key that is under way: what it needs to be finished after a crash, at any point,
// with the new key alone. INVARIANT: while the plan is there no gate opens this state.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import { kekId } from './kek.ts';
import { openUnder, sealUnder } from './sealed-text.ts';
import { eraseFile, readText, replaceFile } from './state-file.ts';

export interface ReplacementPlan {
  /** Ids of the KEKs. */
  readonly from: string;
  readonly to: string;
  readonly newPseudonyms: boolean;
  /** Wrapped by the new key, by name of the file below `keys/`. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** The old key, as long as it is needed: sealed under the new one. */
  readonly old: string;
}

interface PlanText {
  readonly v: 1;
  readonly from: string;
  readonly to: string;
  readonly newPseudonyms: boolean;
  readonly old: string;
  readonly keys: Readonly<Record<string, string>>;
}

const planFile = 'kek.replacing';
const purpose = 'key replacement';

/** Refused where a replacement was cut off: state_locked. A plan that was being erased is carried out. */
export function refuseUnfinished(directory: string): Result<void> {
  if (!existsSync(join(directory, planFile))) {
    eraseFile(directory, planFile);
    return ok(undefined);
  }
  return refuse('state_locked', `A replacement of the key-encryption key of ${directory} was cut off.`, {
    next: 'Finish it: chartgate audit rewrap --replace.',
  });
}

/** Undefined when none is under way. Refused: state_unwritable. */
export function readPlan(directory: string): Result<ReplacementPlan | undefined> {
  const text = readText(directory, planFile);
  if (!text.ok || text.value === undefined) return text.ok ? ok(undefined) : text;
  try {
    const { keys, ...plan }: PlanText = JSON.parse(text.value);
    const wrapped = Object.entries(keys).map(([name, key]) => [name, Buffer.from(key, 'base64')] as const);
    return ok({ ...plan, keys: new Map(wrapped) });
  } catch {
    return refuse('state_unwritable', `${join(directory, planFile)} cannot be read.`);
  }
}

/** From here on the replacement can only be finished. Refused: state_unwritable. */
export function decide(
  directory: string,
  { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array },
  { keys, newPseudonyms }: Pick<ReplacementPlan, 'keys' | 'newPseudonyms'>,
): Result<ReplacementPlan> {
  const old = sealUnder(to, purpose, Buffer.from(from).toString('base64'));
  const plan = { from: kekId(from), to: kekId(to), newPseudonyms, old };
  const wrapped = Object.fromEntries([...keys].map(([name, key]) => [name, Buffer.from(key).toString('base64')]));
  const text: PlanText = { v: 1, ...plan, keys: wrapped };
  const written = replaceFile(directory, planFile, `${JSON.stringify(text)}\n`);
  return written.ok ? ok({ ...plan, keys }) : written;
}

/** Undefined when `to` is not the key it was planned for. */
export function oldKey({ old }: ReplacementPlan, to: Uint8Array): Uint8Array | undefined {
  const text = openUnder(to, purpose, old);
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** The plan is carried out. */
export function forgetPlan(directory: string): void {
  eraseFile(directory, planFile);
}
