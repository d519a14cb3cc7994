// Writes src/masking/lexicon/english-words.ts from a list of English words, one a line (SCOWL's, as Debian's package
// wamerican has it). Run with `node docs/reference/generate-lexicon.ts /usr/share/dict/american-english`.

import { readFileSync, writeFileSync } from 'node:fs';
import { encodeWordFilter } from '../../src/masking/lexicon/word-filter.ts';

const [list] = process.argv.slice(2);
if (list === undefined) throw new Error('usage: node docs/reference/generate-lexicon.ts WORDLIST');
// Words in lower case only: what is always capitalised is a name of something.
const words = readFileSync(list, 'utf8')
  .split('\n')
  .filter((word) => /^[a-z]{2,}$/.test(word));
const text = encodeWordFilter(words);
writeFileSync(
  new URL('../../src/masking/lexicon/english-words.ts', import.meta.url),
  `// Generated from SCOWL's list of American English (docs/reference/generate-lexicon.ts), ${words.length} words without those that are
// always capitalised. SCOWL is copyright 2000-2018 by Kevin Atkinson; permission to use, copy, modify, distribute and sell it
// for any purpose is granted without fee, provided this notice appears in all copies. It comes without any warranty.

import { type WordFilter, wordFilter } from './word-filter.ts';

export const englishWords: WordFilter = wordFilter(
  '${text}',
);
`,
);
