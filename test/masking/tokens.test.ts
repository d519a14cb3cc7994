// The scan of ASCII finds the tokens its pattern does, and a text ends where whoever asks has seen enough.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EachToken, eachMatch, eachToken } from '../../src/masking/detectors/tokens.ts';

function tokensBy(
  find: (text: string, each: EachToken) => void,
  text: string,
  count = Number.POSITIVE_INFINITY,
): string[] {
  const tokens: string[] = [];
  find(text, (start, end, kind) => tokens.push(`${start} ${kind} ${text.slice(start, end)}`) < count);
  return tokens;
}

test('the scan finds what the pattern does', () => {
  const char = fc.constantFrom(..."aBz019__''' .-é¤");
  fc.assert(
    fc.property(fc.string({ unit: char, maxLength: 24 }), fc.nat({ max: 6 }), (text, count) => {
      assert.deepEqual(tokensBy(eachToken, text, count + 1), tokensBy(eachMatch, text, count + 1));
    }),
    { numRuns: 20_000, seed: 7 },
  );
});

test('words, numbers and codes', () => {
  assert.deepEqual(tokensBy(eachToken, "It's the 23rd of 5000mgs, S23x1_b: o'neil's_5a5 __x1"), [
    "0 word It's",
    '5 word the',
    '9 number 23rd',
    '14 word of',
    '17 number 5000',
    '21 word mgs',
    '26 code S23x1_b',
    "35 word o'neil's",
    '44 number 5a',
    '46 number 5',
    '50 word x',
    '51 number 1',
  ]);
});
