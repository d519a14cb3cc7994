// Values that structure has shown to be somebody's: they are masked wherever they recur in the same payload, as a whole, for
// names and addresses word by word, for numbers however they are grouped. Linear in the text: one lookup a word.

import type { PhiClass } from '../core/phi.ts';
import { labelledValues } from './labelled-lines.ts';
import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import type { Span } from './mask.ts';
import { notNames } from './names.ts';
import { normalise } from './normalise.ts';
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

/** More than any payload that is held as a whole can show. */
const valuesMax = 100_000;
/** Texts whose labels are remembered. */
const labelledMax = 64;
const wordsMax = 12;
const wordPattern = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}])*/gu;
/** What may stand between the groups of a number, and how many groups there are at most. */
const grouping = /^(?:[-. /()]{1,3}|)$/;
const groupsMax = 6;
const groupedMin = 7;

interface Known {
  /** All words of the value, plain. */
  readonly words: readonly string[];
  readonly cls: PhiClass;
  /** It is an English word too, so it is somebody's only where it begins with a capital. */
  readonly isCommon: boolean;
}

export class KnownValues {
  /** By their first word, or their first two where they have more: many people share a first name. */
  readonly #values = new Map<string, Known[]>();
  readonly #all = new Set<string>();
  /** Letters and digits without what groups them. */
  readonly #grouped = new Map<string, PhiClass>();
  readonly #initials = new Set<string>();
  readonly #terms = new Set<string>();
  readonly #labelled = new Map<string, readonly Span[]>();
  #count = 0;

  /** Words the payload shows to be of its terminology, plain. */
  get terms(): ReadonlySet<string> {
    return this.#terms;
  }

  add(value: string, cls: PhiClass): void {
    if (value.length > 200 || isMaskToken(value)) return;
    if (cls === 'date') return this.#day(value);
    if (!followed.has(cls)) return;
    const written = value.match(wordPattern) ?? [];
    const words = written.map(plain);
    if (words.length > wordsMax) return;
    const whole = words.join('');
    if (/\d/.test(whole) && whole.length >= groupedMin && cls !== 'address') this.#group(whole, cls);
    if (words.length > 1 && whole.length >= 6) this.#remember({ words, cls, isCommon: false });
    if (words.length === 1 || cls === 'name') written.forEach((word, at) => this.#single(word, words[at] ?? '', cls));
  }

  /** What lines of "label: value" say of their values, which are known from here on. A text is read for that, and later searched. */
  addLabelled(text: string): readonly Span[] {
    const known = this.#labelled.get(text);
    if (known) return known;
    const spans = labelledValues(text);
    for (const { start, end, type } of spans) this.add(text.slice(start, end), type);
    if (this.#labelled.size >= labelledMax) this.#labelled.clear();
    this.#labelled.set(text, spans);
    return spans;
  }

  addTerm(text: string): void {
    for (const word of text.match(wordPattern) ?? []) this.#terms.add(word.toLowerCase());
  }

  /** Whole words only; spans may overlap. */
  find(text: string): readonly Span[] {
    if (this.#count === 0) return [];
    // oxlint-disable-next-line no-control-regex -- beyond ASCII
    if (/^[\u0000-\u007f]*$/.test(text)) return this.#findIn(text);
    const normal = normalise(text);
    const hidden = this.#findIn(normal.text).map(({ start, end, type }) => ({
      start: normal.toStart(start),
      end: normal.toEnd(end),
      type,
    }));
    return [...this.#findIn(text), ...hidden];
  }

  #findIn(text: string): readonly Span[] {
    const found: Span[] = [];
    const words: readonly Word[] = Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => ({
      start: index,
      end: index + word.length,
      word,
      plain: plain(word),
    }));
    words.forEach((word, at) => {
      const pair = this.#values.get(`${word.plain} ${words[at + 1]?.plain ?? ''}`) ?? [];
      for (const known of [...(this.#values.get(word.plain) ?? []), ...pair]) {
        const last = words[at + known.words.length - 1];
        if (!last || (known.isCommon && !/^\p{Lu}/u.test(word.word))) continue;
        if (!known.words.every((each, further) => words[at + further]?.plain === each)) continue;
        found.push({ start: this.#initialBefore(known, words[at - 1], word, text), end: last.end, type: known.cls });
      }
      if (this.#grouped.size > 0) this.#findGrouped(text, words, at, found);
    });
    return found;
  }

  /** "Z. Quillbottom", where a given name begins so. */
  #initialBefore(known: Known, previous: Word | undefined, word: Word, text: string): number {
    if (known.cls !== 'name' || previous?.plain.length !== 1 || !this.#initials.has(previous.plain)) return word.start;
    return /^\.? $/.test(text.slice(previous.end, word.start)) ? previous.start : word.start;
  }

  #findGrouped(text: string, words: readonly Word[], from: number, found: Span[]): void {
    const first = words[from];
    if (!first) return;
    let whole = '';
    for (let at = from; at < from + groupsMax; at++) {
      const word = words[at];
      if (!word || (at > from && !grouping.test(text.slice(words[at - 1]?.end, word.start)))) return;
      whole += word.plain;
      const cls = this.#grouped.get(whole);
      if (cls !== undefined) found.push({ start: first.start, end: word.end, type: cls });
    }
  }

  #single(written: string, word: string, cls: PhiClass): void {
    if (cls === 'name') this.#initials.add(word.charAt(0));
    const isNumber = /^\d+$/.test(word);
    if (word.length < (isNumber ? 5 : 3)) return;
    const isWord = cls !== 'name' && !/\d/.test(word);
    if (isWord || isClinical(word)) return;
    const isCommon = notNames.has(word) || englishWords.has(word, 0, word.length);
    if (isCommon && !/^\p{Lu}/u.test(written)) return;
    this.#remember({ words: [word], cls, isCommon });
  }

  /** A day to the day, as digits alone in any order. */
  #day(value: string): void {
    const [, year, month, day] = /^\s*(\d{4})-?(\d\d)-?(\d\d)/.exec(value) ?? [];
    if (year === undefined || month === undefined || day === undefined) return;
    for (const whole of [year + month + day, month + day + year, day + month + year]) this.#group(whole, 'date');
  }

  #group(whole: string, cls: PhiClass): void {
    if (this.#count >= valuesMax || this.#grouped.has(whole)) return;
    this.#count++;
    this.#grouped.set(whole, cls);
  }

  #remember(known: Known): void {
    const whole = `${known.words.join(' ')}${known.isCommon ? '!' : ''}`;
    if (this.#count >= valuesMax || this.#all.has(whole)) return;
    this.#count++;
    this.#all.add(whole);
    const key = known.words.slice(0, 2).join(' ');
    const same = this.#values.get(key);
    if (same) same.push(known);
    else this.#values.set(key, [known]);
  }
}

interface Word {
  readonly start: number;
  readonly end: number;
  readonly word: string;
  readonly plain: string;
}

/** In lower case and without accents. */
function plain(word: string): string {
  const lower = word.toLowerCase();
  // oxlint-disable-next-line no-control-regex -- beyond ASCII
  return /^[\u0000-\u007f]*$/.test(lower) ? lower : lower.normalize('NFD').replace(/\p{M}/gu, '');
}
