// One plain form of a text, and the way back from it: what hides an identifier from a pattern does not hide it here.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detect } from '../../src/masking/detect.ts';
import { normalise } from '../../src/masking/normalise.ts';

const plain: readonly (readonly [string, string])[] = [
  ['SSN 1 2 3 - 4 5 - 6 7 8 9.', 'SSN 123-45-6789.'],
  ['ssn 1.2.3.4.5.6.7.8.9', 'ssn 123456789'],
  ['1-2-3-4-5-6-7-8-9', '123456789'],
  ['call 6 1 7 . 5 5 5 . 0 1 4 2', 'call 617.555.0142'],
  ['4 1 1 1  1 1 1 1  1 1 1 1  1 1 1 1', '4111 1111 1111 1111'],
  ['ＳＳＮ １２３', 'SSN 123'],
  ['𝟏𝟐𝟑-𝟜𝟝-𝟼𝟽𝟾𝟿', '123-45-6789'],
  ['٠١٢٣ ۴۵ ६७', '0123 45 67'],
  ['12\u00ad3\u200b-\u206045\u{E0020}-6789', '123-45-6789'],
  ['Jose\u0301', 'Jose'],
];

/** What is no number that somebody spelled out stays as it is. */
const untouched = [
  'version 1.2.3.4',
  'scores 4 5 3 6',

  '10 20 30 40 50 60 70',
  '2.16.840.1.113883',
];

describe('normalise', () => {
  it('writes every form of a letter or digit in its plain one', () => {
    for (const [text, expected] of plain) {
      assert.equal(normalise(text).text, expected, text);
    }
    for (const text of untouched) assert.equal(normalise(text).text, text);
  });

  it('lets a hidden identifier be found whole', () => {
    for (const marked of [
      'member SSN «1 2 3 - 4 5 - 6 7 8 9» is',
      'SSN: «1.2.3.4.5.6.7.8.9» here',
      'card «4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1» ok',
      'phone «6 1 7 - 5 5 5 - 0 1 4 2» ok',
      'born on «1 2 / 0 3 / 1 9 7 1» there',
      'SSN «١٢٣-٤٥-٦٧٨٩» ok',
      'é SSN «1 2 3 - 4 5 - 6 7 \u200b8 9»!',
    ]) {
      const text = marked.replace(/[«»]/g, '');
      const [start, end] = [marked.indexOf('«'), marked.indexOf('»') - 1];
      assert.ok(
        detect(text).some((span) => span.start === start && span.end === end),
        `${marked} → ${JSON.stringify(detect(text))}`,
      );
    }
  });

  it('maps every offset back to the unit it came from, in order', () => {
    const pieces = fc.constantFrom(
      '1 ',
      '2',
      ' - ',
      '.',
      '3 4 5 6 7 8 9',
      ' ',
      'a',
      'é',
      '\u200b',
      '𝟏',
      '٣',
      'e\u0301',
      '[SSN]',
      '\u{1F600}',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 }),
        (parts) => {
          const text = parts.join('');
          const normal = normalise(text);
          let last = 0;
          for (let at = 0; at < normal.text.length; at++) {
            const [start, end] = [normal.toStart(at), normal.toEnd(at + 1)];
            assert.ok(start >= last && end > start && end <= text.length, `${JSON.stringify(text)} at ${at}`);
            const unit = normal.text.charAt(at);
            if (/[0-9]/.test(unit)) assert.match(text.slice(start, end).normalize('NFKC'), /\p{Nd}|[^\x20-\x7e]/u);
            if (/[a-z]/.test(unit) && text.charAt(start) < '\x80') assert.equal(text.charAt(start), unit);
            last = start;
          }
          assert.equal(normal.toStart(normal.text.length), text.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
