// Identity values nobody has seen, made from a seed, and the search for what is left of them: plain, in any case, and in
// every encoding an output may carry them in.

import { isClinical } from '../../../src/masking/lexicon/clinical-words.ts';
import { englishWords } from '../../../src/masking/lexicon/english-words.ts';

/** A record with values that must go and others that must stay. */
export interface Planted {
  readonly text: string;
  readonly gone: readonly string[];
  readonly kept: readonly string[];
}

const syllables = 'zor vex qui bru tal mor fen gal wix dra lum pog sket yav nuk hol jep rad'.split(' ');

export class Canaries {
  readonly gone: string[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 … below − 1 (mulberry32). */
  #below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  #plant(value: string): string {
    this.gone.push(value);
    return value;
  }

  /** Never one the dictionary's filter takes for English, as it does with one word in four hundred. */
  #letters(): string {
    const word = Array.from({ length: 3 }, () => syllables[this.#below(syllables.length)] ?? '').join('');
    if (englishWords.has(word, 0, word.length) || isClinical(word)) return this.#letters();
    return word.charAt(0).toUpperCase() + word.slice(1);
  }

  #digits(count: number): string {
    return String(1 + this.#below(8)) + Array.from({ length: count - 1 }, () => this.#below(10)).join('');
  }

  /** One word that is in no list of names. */
  name(): string {
    return this.#plant(this.#letters());
  }

  /** Digits alone. */
  number(count = 8): string {
    return this.#plant(this.#digits(count));
  }

  /** Letters and digits. */
  id(): string {
    return this.#plant(`${this.#letters().slice(0, 3).toUpperCase()}${this.#digits(7)}`);
  }

  /** The separators of the parts differ from sender to sender; the digits are the canary. */
  phone(): string {
    return this.#plant(`${2 + this.#below(7)}${this.#digits(2)}-555-${this.#digits(4)}`);
  }

  email(): string {
    return `${this.name().toLowerCase()}@mail.example`;
  }

  street(): string {
    return `${this.#digits(3)} ${this.name()} Road`;
  }

  /** ISO 8601, in the first half of the twentieth century. */
  date(): string {
    return this.#plant(`19${30 + this.#below(60)}-0${1 + this.#below(9)}-1${this.#below(9)}`);
  }

  /** YYYYMMDD. */
  day(): string {
    return this.#plant(`19${30 + this.#below(60)}0${1 + this.#below(9)}1${this.#below(9)}`);
  }

  zip(): string {
    return this.#plant(this.#digits(5));
  }
}

const depthMax = 4;

/** The text, and whatever is encoded in it. */
export function readings(text: string, depth = 0): string {
  if (depth >= depthMax) return text;
  const inner: string[] = [];
  const add = (reading: string): void => {
    if (reading !== '' && reading !== text) inner.push(readings(reading, depth + 1));
  };
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g))
    if (!/^[A-Za-z]+$/.test(run) || run.length > 24) add(Buffer.from(run, 'base64').toString('latin1'));
  for (const [run] of text.matchAll(/(?:[0-9a-fA-F]{2}){8,}/g)) add(Buffer.from(run, 'hex').toString('latin1'));
  if (depth === 0) {
    add(text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
    add(text.replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code))));
    add(text.replace(/&#x([0-9a-f]+);/gi, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))));
    add(text.replace(/\\u([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  }
  return [text, ...inner].join('\n');
}

/** Which of the values, or of their words of five characters and more, are left. */
export function left(masked: string, gone: readonly string[]): readonly string[] {
  const searched = readings(masked).toLowerCase();
  return gone.filter((value) =>
    [value, ...value.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 4)].some((each) =>
      searched.includes(each.toLowerCase()),
    ),
  );
}
