// What must hold for any text: total, ordered, idempotent, linear.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/core/json.ts';
import { detect } from '../../src/masking/detect.ts';
import { maskJson } from '../../src/masking/json.ts';
import { scanText } from '../../src/masking/text.ts';
import { viewOf } from './view.ts';

const pieces = fc.constantFrom(
  'Dr. Okafor',
  'SSN 123-45-6789',
  'MRN: 4471902',
  'John Smith',
  'Smith, John',
  'on 03/14/2024',
  'April 12, 2023',
  '617-555-0142',
  'fax',
  'a@b.example',
  'aged 92',
  'Boston, MA 02139',
  '12 Elm Street',
  'https://x.example/y',
  '203.0.113.42',
  '[NAME]',
  'patient',
  '#AB-987654',
  ' ',
  ', ',
  '\n',
  '. ',
  'with',
  'diabetes',
  '*',
  '-',
  '[',
  ']',
  'é',
  '\u200b',
  '4111 1111 1111 1111',
  'Mary',
  'seen at',
  'Hospital',
  'St.',
);
const prose = fc
  .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 14 })
  .map((parts) => parts.join(' '));

describe('masking text', () => {
  it('never throws and gives sorted spans that do not overlap, for any string', () => {
    fc.assert(
      fc.property(fc.oneof(prose, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        let from = 0;
        for (const span of detect(text)) {
          assert.ok(span.start >= from && span.end > span.start && span.end <= text.length);
          from = span.end;
        }
      }),
      { numRuns: 600 },
    );
  });

  for (const operator of ['redact', 'last4', 'pseudonym'] as const) {
    it(`is idempotent with ${operator}`, () => {
      const view = viewOf({ default: operator });
      fc.assert(
        fc.property(prose, (text) => {
          const once = scanText(text, view);
          assert.equal(scanText(once, view), once);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('keeps the shape of any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const masked = maskJson(value as Json, viewOf());
        assert.deepEqual(shape(JSON.parse(JSON.stringify(masked)) as Json), shape(value as Json));
      }),
      { numRuns: 300 },
    );
  });

  it('grows no worse than linearly on hostile input', () => {
    for (const unit of [
      '1',
      'a@',
      '1-',
      'Aa ',
      'St. Aa ',
      '(1) ',
      ':',
      '\'"',
      '[',
      '* ',
      'mrn 1234 ',
      '12 Aa ',
      'www.',
    ]) {
      const time = (length: number): number => {
        const text = unit.repeat(length / unit.length);
        const from = performance.now();
        detect(text);
        return performance.now() - from;
      };
      time(5000);
      const [small, large] = [Math.min(time(20_000), time(20_000)), Math.min(time(160_000), time(160_000))];
      // Eight times the text: quadratic work would take 64 times as long.
      assert.ok(
        large < 30 * small + 60,
        `${JSON.stringify(unit)}: ${small.toFixed(1)} ms, then ${large.toFixed(1)} ms`,
      );
    }
  });
});

/** Containers and their sizes; a number may have become null. */
function shape(value: Json): unknown {
  if (Array.isArray(value)) return value.map((each: Json) => shape(each));
  if (typeof value === 'object' && value !== null)
    return Object.values(value as object).map((each) => shape(each as Json));
  return 0;
}
