// What must hold for any text: total, ordered, idempotent, linear.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/core/json.ts';
import { hasPackedRun } from '../../src/masking/containers/encoded.ts';
import { detect } from '../../src/masking/detect.ts';
import { maskDocument, mayBeDocument } from '../../src/masking/document.ts';
import { maskJson } from '../../src/masking/json.ts';
import { replaceOf, scanText } from '../../src/masking/text.ts';
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

describe('a run of base64', () => {
  it('is seen wherever it lies, and nowhere else', () => {
    const signs = fc.stringMatching(/^[A-Za-z0-9+/]{0,90}$/);
    fc.assert(
      fc.property(fc.array(fc.oneof(signs, fc.string({ maxLength: 5 })), { maxLength: 6 }), (parts) => {
        const text = parts.join('');
        assert.equal(hasPackedRun(text), /[A-Za-z0-9+/]{40}/.test(text));
      }),
      { numRuns: 2000 },
    );
    for (let unit = 0; unit < 0x300; unit++) {
      const text = String.fromCharCode(unit).repeat(40);
      assert.equal(hasPackedRun(text), /^[A-Za-z0-9+/]/.test(text));
    }
  });
});

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

  it('replaces what it found and nothing beside it, and grows by no more than its tokens', () => {
    fc.assert(
      fc.property(prose, (text) => {
        if (mayBeDocument(text)) return;
        for (const operator of ['redact', 'pseudonym'] as const) {
          const view = viewOf({ default: operator });
          const { text: masked, found } = maskDocument(text, replaceOf(view));
          let [from, rest] = [0, masked];
          for (const { start, end } of found) {
            assert.ok(start >= from && end > start, JSON.stringify(text));
            // What lies between two places stays; what stands for a place is a token.
            const kept = text.slice(from, start);
            assert.ok(rest.startsWith(kept), `${JSON.stringify(text)} → ${JSON.stringify(masked)}`);
            const token = leadingToken(rest.slice(kept.length));
            assert.ok(token > 0 && token <= tokenMax, `${JSON.stringify(text)} → ${JSON.stringify(masked)}`);
            rest = rest.slice(kept.length + token);
            from = end;
          }
          assert.equal(rest, text.slice(from));
          assert.ok(masked.length <= text.length + tokenMax * found.length);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('maps back to exactly the units an identifier was written in, however it was hidden', () => {
    const hidden = fc
      .tuple(
        fc.constantFrom('123-45-6789', 'a.b@clinic.example', '203.0.113.42'),
        fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }),
      )
      .map(([plain, ways]) => Array.from(plain, (char, at) => disguises[ways[at] ?? 0]?.(char, at) ?? char).join(''));
    const around = fc.array(fc.constantFrom('é', '\u{1F600}', 'no edema ', '\u200b', 'ﬁ', '½'), { maxLength: 6 });
    fc.assert(
      fc.property(around, hidden, around, (before, identifier, behind) => {
        const head = `${before.join('')} SSN `;
        const text = `${head}${identifier}, ${behind.join('')}`;
        const spans = detect(text);
        assert.ok(
          spans.some((span) => span.start === head.length && span.end === head.length + identifier.length),
          `${JSON.stringify(text)} → ${JSON.stringify(spans)}`,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('gives valid JSON of the same shape for JSON with identifiers at any depth, also within strings', () => {
    const leaves = fc.oneof(pieces, fc.integer(), fc.boolean(), fc.constant(null), prose);
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaves,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('name', 'note', 'phone', 'ward', 'given "x"'), tie('tree'), { maxKeys: 3 }),
        tie('tree').map((value) => JSON.stringify(value)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = JSON.stringify([value]);
        const masked = scanText(text, viewOf());
        assert.deepEqual(shape(JSON.parse(masked) as Json), shape(JSON.parse(text) as Json), text);
      }),
      { numRuns: 300 },
    );
  });

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
        const from = process.cpuUsage();
        detect(text);
        const { user, system } = process.cpuUsage(from);
        return (user + system) / 1000;
      };
      time(5000);
      const [small, large] = [Math.min(time(10_000), time(10_000)), Math.min(time(80_000), time(80_000))];
      // Eight times the text: quadratic work would take 64 times as long.
      assert.ok(
        large < 30 * small + 60,
        `${JSON.stringify(unit)}: ${small.toFixed(1)} ms, then ${large.toFixed(1)} ms`,
      );
    }
  });
});

/** "[HEALTH_PLAN]", "Health_plan-0123abcd" */
const tokenMax = 20;

/** Length of the token that stands there; 0 = none. */
function leadingToken(text: string): number {
  return /^(?:\[[A-Z_]+\]|[A-Z][a-z_]+-[0-9a-f]{8})/.exec(text)?.[0].length ?? 0;
}

/** Ways to write one character so that it still reads the same: as it is, with something invisible behind it, full-width. */
const disguises: readonly ((char: string, at: number) => string)[] = [
  (char) => char,
  (char, at) => (at === 0 ? char : `\u200b${char}`),
  (char) => (/[!-~]/.test(char) ? String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0) : char),
];

/** Containers and their sizes; a number may have become null. */
function shape(value: Json): unknown {
  if (Array.isArray(value)) return value.map((each: Json) => shape(each));
  if (typeof value === 'object' && value !== null)
    return Object.values(value as object).map((each) => shape(each as Json));
  return 0;
}
