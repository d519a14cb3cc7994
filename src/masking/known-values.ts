// Values that structure has shown to be somebody's: they are masked wherever they recur in the same payload, as a whole and,
// for names and addresses, word by word. Linear in the text: one lookup a word.

import type { PhiClass } from '../core/phi.ts';
import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import type { Span } from './mask.ts';
import { notNames } from './names.ts';
import { isMaskToken } from './operators.ts';

const followed: ReadonlySet<PhiClass> = new Set([
  'name',
  'address',
  'phone',
  'fax',
  'email',
  'ssn',
  'mrn',
  'health_plan',
  'account',
  'license',
  'vehicle',
  'device',
  'other_id',
]);

const valuesMax = 5_000;
const wordsMax = 12;
const wordPattern = /[\p{L}\p{N}]+/gu;

interface Known {
  /** All words of the value, in lower case. */
  readonly words: readonly string[];
  readonly cls: PhiClass;
  /** It is an English word too, so only as it was written it is a name. */
  readonly exact: string | null;
}

export class KnownValues {
  /** By their first word. */
  readonly #values = new Map<string, Known[]>();
  #count = 0;

  add(value: string, cls: PhiClass): void {
    if (!followed.has(cls) || value.length > 200 || isMaskToken(value)) return;
    const written = value.match(wordPattern) ?? [];
    const words = written.map((word) => word.toLowerCase());
    if (words.length > wordsMax) return;
    const letters = words.join('').length;
    if (words.length > 1 && letters >= 6) this.#remember({ words, cls, exact: null });
    if (words.length === 1 || cls === 'name') written.forEach((word) => this.#single(word, cls));
  }

  /** Whole words only; spans may overlap. */
  find(text: string): readonly Span[] {
    if (this.#count === 0) return [];
    const found: Span[] = [];
    const words = Array.from(text.matchAll(wordPattern), (match) => ({ start: match.index, word: match[0] }));
    words.forEach(({ start, word }, at) => {
      for (const known of this.#values.get(word.toLowerCase()) ?? []) {
        const last = words[at + known.words.length - 1];
        if (!last || (known.exact !== null && known.exact !== word)) continue;
        if (known.words.every((each, further) => words[at + further]?.word.toLowerCase() === each)) {
          found.push({ start, end: last.start + last.word.length, type: known.cls });
        }
      }
    });
    return found;
  }

  #single(word: string, cls: PhiClass): void {
    const lower = word.toLowerCase();
    const isNumber = /^\d+$/.test(word);
    if (word.length < (isNumber ? 5 : 3)) return;
    const isWord = cls !== 'name' && !/\d/.test(word);
    if (isWord || isClinical(lower)) return;
    const isCommon = notNames.has(lower) || englishWords.has(lower, 0, lower.length);
    if (isCommon && !/^\p{Lu}/u.test(word)) return;
    this.#remember({ words: [lower], cls, exact: isCommon ? word : null });
  }

  #remember(known: Known): void {
    if (this.#count >= valuesMax) return;
    const [first = ''] = known.words;
    const same = this.#values.get(first) ?? [];
    if (same.some((each) => each.words.join(' ') === known.words.join(' ') && each.exact === known.exact)) return;
    this.#count++;
    this.#values.set(first, [...same, known]);
  }
}
