// What somebody else has named in a text, as one more detector for it: each value is found wherever it stands as a word, or
// words, of its own. Never looks for a part of a word.

import type { PhiClass } from '../core/phi.ts';
import type { Find } from './detectors/detector.ts';
import { normalise } from './normalise.ts';
import { isMaskToken } from './operators.ts';

export interface Named {
  readonly value: string;
  readonly type: PhiClass;
}

const word = /[\p{L}\p{N}]+/gu;
const wordAtEnd = /^[\p{L}\p{N}]/u;

/** Null where there is nothing to look for. One lookup a word; detectors see normalised text, so the values are, too. */
export function findNamed(named: readonly Named[]): Find | null {
  const byFirstWord = new Map<string, Map<string, PhiClass>>();
  for (const { value, type } of named) {
    const core = normalise(value).text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    const [first] = core.match(word) ?? [];
    if (first === undefined || core.length < 2 || isMaskToken(value)) continue;
    const same = byFirstWord.get(first) ?? new Map<string, PhiClass>();
    byFirstWord.set(first, same.set(core, type));
  }
  if (byFirstWord.size === 0) return null;
  return (text, emit) => {
    for (const { 0: first, index } of text.matchAll(word)) {
      for (const [core, type] of byFirstWord.get(first) ?? []) {
        const end = index + core.length;
        if (text.startsWith(core, index) && !wordAtEnd.test(text.slice(end, end + 2))) emit(index, end, type);
      }
    }
  };
}
