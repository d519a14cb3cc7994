// What looks for words asks first which letters of a text meet: it must never be told that a word is not there which is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detect } from '../../src/masking/detect.ts';
import { letterPairs, lookedFor } from '../../src/masking/detectors/letter-pairs.ts';

test('a word that stands anywhere in a text, in any case, is looked for', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 2, maxLength: 9 });
  const around = fc.string({ unit: 'binary', minLength: 30, maxLength: 90 });
  fc.assert(
    fc.property(letters, around, around, fc.boolean(), (word, before, behind, isUpper) => {
      const text = `${before}${isUpper ? word.toUpperCase() : word}${behind}`;
      assert.ok(lookedFor(`zzqzz ${word}`)(letterPairs(text)));
    }),
    { seed: 16 },
  );
});

test('a word whose letters never meet is not, but in a short or a long text', () => {
  const may = lookedFor('fax ext');
  const note = 'The nurse on the ward said that she slept well and took her tablets at eight.';
  assert.ok(!may(letterPairs(note)));
  assert.ok(may(letterPairs(`${note} She was given an extra one.`)));
  assert.ok(may(letterPairs('a b')));
  assert.ok(may(letterPairs('a b '.repeat(1000))));
});

/** Each is found by a pattern that is only asked where its words may be. */
const examples: readonly (readonly [type: string, text: string])[] = [
  ['date', 'admitted 02JAN1990'],
  ['date', 'since MAY-7-2021'],
  ['date', 'in Autumn 2019'],
  ['date', 'the spring of 2021'],
  ['date', 'seen three days ago'],
  ['date', 'called yesterday'],
  ['date', 'seen last night'],
  ['date', 'fell two weeks prior'],
  ['date', 'transferred a week earlier'],
  ['date', 'scheduled tomorrow morning'],
  ['date', 'on 12 feb'],
  ['address', 'ZIP: 02139'],
  ['address', 'postal code SW1A 1AA'],
  ['account', 'CARD ending in 4242'],
  ['phone', 'at EXT. 4471'],
  ['fax', 'FAX 617-555-0143'],
  ['phone', 'Pager 88-2210'],
  ['phone', 'his beeper is 882210'],
  ['ssn', 'Xxx-xx-6789'],
  ['vehicle', 'Tag no. KJH 4821'],
  ['vehicle', 'plates KJH 4821'],
  ['phone', 'call five five five eight six seven five three oh nine'],
];

/** Long enough for its letters to be looked at. */
const rest =
  '; the cook will be told which soup goes well with noodles, which goes with none, and who should pick it up.';

for (const [type, text] of examples)
  test(`${text}: ${type}`, () => {
    const found = detect(`${text}${rest}`);
    assert.ok(
      found.some((span) => span.type === type),
      JSON.stringify(found),
    );
  });

test('days in other scripts are found', () => {
  for (const text of ['родился 14 февраля 1990', '14 Φεβρουαρίου 1990', '1938年4月17日', '1938년 4월 17일'])
    assert.deepEqual(
      detect(text).map(({ type }) => type),
      ['date'],
      text,
    );
});
