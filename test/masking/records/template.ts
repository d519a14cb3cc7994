// Documents of real systems as templates: ‹kind#n|form› is a value of somebody's, made from a seed, and the same wherever it has the
// same number; «…» must survive; ⟨encoding:…⟩ is written in that encoding. An even seed names people as others are named, and as
// things are (`Rose Young`); an odd one gives them names of no list.

import type { Planted } from './canaries.ts';

const syllables = 'zor vex qui bru tal mor fen gal wix dra lum pog sket yav nuk hol jep rad'.split(' ');
const givens =
  'Jennifer Rose Hunter May Grace Mark Will Joy Faith Dawn Christian Summer Angel Frank Art Bill José Siobhán Xiomara Jean-Pierre Destiny Ann Kim Ivy Pat Drew'.split(
    ' ',
  );
const families =
  "Martinez Young White Brown Long Fields Park Price Rivers O'Connor Smith-Jones Müller Black Baker Bishop King Cook Stone Wood Waters Day Head Hand Green Gray Cross Small Strong Moody Boyle Wells Foley".split(
    ' ',
  );
const cities = 'Springfield Worcester Reading Hope Paradise Orange Cambridge Mobile Buffalo Normal Union Salem'.split(
  ' ',
);
const streets = 'Maple Church Park Hill Spring Lake Center Elm Washington River Mill Vine'.split(' ');

const encodings: Readonly<Record<string, (text: string) => string>> = {
  b64: (text) => Buffer.from(text).toString('base64'),
  b64url: (text) => Buffer.from(text).toString('base64url'),
  wrap: (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n'),
  pct: (text) => encodeURIComponent(text),
  json: (text) => JSON.stringify(text).slice(1, -1),
  xml: (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
  dec: (text) => Array.from(text, (char) => `&#${char.codePointAt(0)};`).join(''),
  hl7: (text) => text.replaceAll('&', '\\T\\').replaceAll('^', '\\S\\'),
};

const forms: Readonly<Record<string, (value: string) => string>> = {
  upper: (value) => value.toUpperCase(),
  lower: (value) => value.toLowerCase(),
  digits: (value) => value.replace(/\D/g, ''),
  us: (value) => value.replace(/^(\d+)-(\d+)-(\d+)$/, '$2/$3/$1'),
  eu: (value) => value.replace(/^(\d+)-(\d+)-(\d+)$/, '$3.$2.$1'),
  paren: (value) => value.replace(/^(\d+)-(\d+)-(\d+)$/, '($1) $2-$3'),
  dots: (value) => value.replaceAll('-', '.'),
};

class Values {
  readonly gone: string[] = [];
  readonly #known = new Map<string, string>();
  readonly #isCommon: boolean;
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
    this.#isCommon = seed % 2 === 0;
  }

  plant(kind: string, number: string | undefined, shapes: readonly string[]): string {
    const key = `${kind}#${number}`;
    const made = (number === undefined ? undefined : this.#known.get(key)) ?? this.#make(kind);
    this.#known.set(key, made);
    const value = shapes.reduce((each, shape) => forms[shape]?.(each) ?? each, made);
    this.gone.push(value);
    return value;
  }

  /** 0 … below − 1 (mulberry32). */
  #below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  #of(list: readonly string[]): string {
    return list[this.#below(list.length)] ?? '';
  }

  #digits(count: number): string {
    return String(1 + this.#below(8)) + Array.from({ length: count - 1 }, () => this.#below(10)).join('');
  }

  #word(common: readonly string[]): string {
    if (this.#isCommon && common.length > 0) return this.#of(common);
    const word = this.#of(syllables) + this.#of(syllables) + this.#of(syllables);
    return word.charAt(0).toUpperCase() + word.slice(1);
  }

  #make(kind: string): string {
    const two = (number: number): string => String(number).padStart(2, '0');
    switch (kind) {
      case 'g':
        return this.#word(givens);
      case 'f':
        return this.#word(families);
      case 'c':
        return this.#word(cities);
      case 'a':
        return `${this.#digits(3)} ${this.#word(streets)} ${this.#of(['St', 'Avenue', 'Rd', 'Lane', 'Blvd'])}`;
      case 'd':
        return `${1930 + this.#below(94)}-${two(1 + this.#below(12))}-${two(10 + this.#below(18))}`;
      case 'p':
        return `${2 + this.#below(7)}${this.#digits(2)}-555-${this.#digits(4)}`;
      case 's':
        return `${this.#digits(3)}-${this.#digits(2)}-${this.#digits(4)}`;
      case 'm':
        return this.#digits(8);
      case 'n':
        return this.#digits(10);
      case 'i':
        return `${this.#word([]).slice(0, 3).toUpperCase()}${this.#digits(7)}`;
      case 'z':
        return this.#digits(5);
      case 'e':
        return `${this.#word([]).toLowerCase()}.${this.#word([]).toLowerCase()}@corp.invalid`;
      default:
        return [8, 4, 4, 4, 12].map((length) => this.#digits(length)).join('-');
    }
  }
}

export function expand(template: string, seed: number): Planted {
  const values = new Values(seed);
  let text = template.replace(/‹([a-zA-Z])(?:#(\w+))?((?:\|\w+)*)›/g, (_all, kind: string, number, shapes: string) =>
    values.plant(kind, number, shapes.split('|').filter(Boolean)),
  );
  // The innermost first: one is written in another.
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/⟨(\w+):([^⟨⟩]*)⟩/g, (_all, name: string, inner: string) =>
      (encodings[name] ?? String)(inner.replace(/[«»]/g, '')),
    );
  }
  const kept = Array.from(text.matchAll(/«([^»]*)»/g), ([, value = '']) => value);
  return { text: text.replace(/[«»]/g, ''), gone: values.gone, kept };
}

/** What is left of a person as a whole word or number, in any case and in any encoding `readings` knows. */
export function leftWhole(searched: string, gone: readonly string[]): readonly string[] {
  return [...new Set(gone)].filter((value) => {
    const pattern = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`, 'iu').test(searched);
  });
}
