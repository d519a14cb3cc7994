// The keys that are derived from the node's key-encryption key, and what is left of the ones before it: when a KEK is replaced,
// names that are already in the log and the store must stay the names they are. INVARIANT: a KEK that did not write this state
// is noticed before anything is written under it.

import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import { derivedKey, kekId } from './kek.ts';
import { openUnder, sealUnder } from './sealed-text.ts';
import { readText, replaceFile } from './state-file.ts';

export interface NodeKeys {
  /** 32 bytes; `purpose` separates the keys. */
  readonly derive: (purpose: string) => Uint8Array;
  /** What it was under the KEKs before, newest first, for a purpose whose key changes with the KEK. */
  readonly former: (purpose: string) => readonly Uint8Array[];
}

/** What a KEK leaves to the next one, by purpose; base64 of 32 bytes. */
export interface Carried {
  /** Stays as it is. */
  readonly current: Readonly<Record<string, string>>;
  /** Newest first. */
  readonly former: Readonly<Record<string, readonly string[]>>;
}

/** Names in the store and of held patients are looked up by what they were made with, and the store cannot make them again. */
const keptPurposes = ['store name v1', 'held patients'];
/** What masked data are joined by. */
const pseudonyms = 'mask key';
/** New ones are made with the new key; the old ones are still looked up. */
const renewedPurposes = ['patient names'];

const carriedFile = 'kek.carried';
/** A line with the id of the KEK, and one more where there has to be something carried. */
const idFile = 'kek.id';
const carriedLine = 'carried';

/** Of the state in `directory`. Refused: secret_unresolved where another KEK wrote it. */
export function nodeKeys(directory: string, kek: Uint8Array): Result<NodeKeys> {
  const id = readText(directory, idFile);
  if (!id.ok) return id;
  const [known, mark] = (id.value ?? '').split('\n');
  const kept = readText(directory, carriedFile);
  if (kept.ok && kept.value === undefined && mark === carriedLine)
    return refuse(
      'state_unwritable',
      `${join(directory, carriedFile)} is missing: without it names in the store are lost.`,
      {
        next: 'Put it back from the backup of the state directory.',
      },
    );
  const carried = readCarried(directory, kek);
  if (!carried || (known !== '' && known !== kekId(kek)))
    return refuse('secret_unresolved', 'keys.kek is not the key that this state directory was written with.', {
      next: 'Name the key it was, or change it for this one: chartgate audit rewrap --replace --from <the old key>.',
    });
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
  return ok({
    derive: (purpose) => {
      const kept = carried.current[purpose];
      return kept === undefined ? derivedKey(kek, purpose) : bytes(kept);
    },
    former: (purpose) => (carried.former[purpose] ?? []).map(bytes),
  });
}

/** From here on another KEK is refused here, and so is a state that has lost what was carried. Refused: state_unwritable. */
export function keepKekId(directory: string, kek: Uint8Array): Result<void> {
  const id = readText(directory, idFile);
  const carried = readText(directory, carriedFile);
  const text = [kekId(kek), ...(carried.ok && carried.value === undefined ? [] : [carriedLine]), ''].join('\n');
  return id.ok && id.value !== text ? replaceFile(directory, idFile, text) : ok(undefined);
}

/** Undefined when it does not open under this key: another one has sealed it. */
export function readCarried(directory: string, kek: Uint8Array): Carried | undefined {
  const text = readText(directory, carriedFile);
  if (text.ok && text.value === undefined) return { current: {}, former: {} };
  const plain = text.ok && openUnder(kek, 'carried keys', text.value ?? '');
  if (!plain) return undefined;
  const carried: Carried = JSON.parse(plain);
  return carried;
}

/** What the KEK leaves to the one after it. */
export function carriedOn(kek: Uint8Array, before: Carried, { newPseudonyms }: { newPseudonyms: boolean }): Carried {
  const keyOf = (purpose: string): string =>
    before.current[purpose] ?? Buffer.from(derivedKey(kek, purpose)).toString('base64');
  const kept = newPseudonyms ? keptPurposes : [...keptPurposes, pseudonyms];
  return {
    current: Object.fromEntries(kept.map((purpose) => [purpose, keyOf(purpose)])),
    former: Object.fromEntries(
      renewedPurposes.map((purpose) => [purpose, [keyOf(purpose), ...(before.former[purpose] ?? [])]]),
    ),
  };
}

/** Durable when it returns. Refused: state_unwritable. */
export function writeCarried(directory: string, kek: Uint8Array, carried: Carried): Result<void> {
  return replaceFile(directory, carriedFile, `${sealUnder(kek, 'carried keys', JSON.stringify(carried))}\n`);
}
