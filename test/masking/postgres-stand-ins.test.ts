// What a mask makes of the stand-in of a value it makes of the value, and where anything computed may stand, how much is kept of it
// does not depend on that.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../src/core/limits.ts';
import type { JsonPathClass, JsonPaths } from '../../src/core/phi.ts';
import type { PostgresType } from '../../src/core/postgres-type.ts';
import type { MaskRules } from '../../src/masking/mask.ts';
import { JsonStandIn } from '../../src/masking/postgres/json-stand-in.ts';
import { type CellColumn, type CellMasker, columnMasker } from '../../src/masking/postgres-value.ts';
import { viewOf } from './view.ts';

const base = (name: string): PostgresType => ({ kind: 'base', name });

function masker(column: Partial<CellColumn>, rules: Partial<MaskRules> = {}, counts: Record<string, number> = {}) {
  const given = { type: base('text'), typmod: -1, format: 0, classification: 'derived', ...column } as const;
  return columnMasker(given, viewOf(rules), counts) ?? assert.fail();
}

/** In pieces that are not to be kept. */
function standInOf(mask: CellMasker, value: Uint8Array, pieceBytes = 3): Uint8Array | null {
  const standIn = mask.standIn?.() ?? assert.fail('it has none');
  for (let at = 0; at < value.length; at += pieceBytes) {
    const piece = Uint8Array.from(value.subarray(at, at + pieceBytes));
    standIn.push(piece);
    piece.fill(0xee);
  }
  return standIn.end();
}

const shown = (value: Uint8Array | null): string | null => value && Buffer.from(value).toString('latin1');

function isMaskedAlike(mask: CellMasker, value: Uint8Array, pieceBytes?: number): void {
  const standIn = standInOf(mask, value, pieceBytes);
  assert.ok(standIn && standIn.length <= value.length);
  assert.equal(shown(mask(standIn)), shown(mask(value)), shown(standIn) ?? '');
}

describe('a cell', () => {
  const values = [
    '',
    '7',
    '97',
    '1961-07-23',
    'Zebulon',
    '123-45-6789',
    '{a,b}',
    '(a,b)',
    '[1,2)',
    '{"a":"b"}',
    'é\\"',
  ];
  const types: readonly PostgresType[] = [
    ...'text varchar bpchar name citext json jsonb date timestamp timestamptz int2 int4 int8 numeric float8 uuid bytea'
      .split(' ')
      .map(base),
    { kind: 'array', element: base('text'), delimiter: ',' },
    { kind: 'composite', fields: [{ name: 'f', type: base('text'), typmod: -1, classification: 'unknown' }] },
    { kind: 'domain', base: base('text'), typmod: -1 },
    { kind: 'domain', base: base('jsonb'), typmod: -1 },
    { kind: 'range', subtype: base('date') },
    { kind: 'enum' },
    { kind: 'unknown' },
  ];

  it('of any type and mask is masked as its stand-in is', () => {
    const rules = ['redact', 'null', 'drop', 'last4', 'year', 'age90', 'zip3', 'zip', 'pseudonym', 'shift'] as const;
    for (const type of types) {
      for (const format of [0, 1] as const) {
        for (const value of values.map((each) => Buffer.from(each))) {
          for (const classification of ['derived', 'unknown'] as const) {
            isMaskedAlike(masker({ type, format, classification }), value);
            if (type.kind !== 'base')
              isMaskedAlike(masker({ type, format, classification, jsonPaths: { '/a': 'clear' } }), value);
          }
          for (const operator of rules)
            isMaskedAlike(masker({ type, format, classification: 'name' }, { byClass: { name: operator } }), value);
        }
      }
    }
  });

  it('is counted as masked once, whole or not', () => {
    const counts = {};
    const mask = masker({}, {}, counts);
    mask(standInOf(mask, Buffer.from('Zebulon')));
    assert.deepEqual(counts, { derived: 1 });
  });

  it('whose mask looks at nothing keeps nothing; one that is longer than a row may be shows nothing', () => {
    const long = Buffer.alloc(limits.backendMessageBytesMax + 1, '1');
    for (const column of [
      {},
      { classification: 'unknown' },
      { type: base('bytea') },
      { classification: 'ssn' },
    ] as const)
      assert.equal(standInOf(masker(column), long, 1 << 20)?.length, 0);
    const partial = masker({ classification: 'ssn' }, { byClass: { ssn: 'last4' } });
    assert.equal(standInOf(partial, long, 1 << 20)?.length, 0);
    assert.equal(standInOf(partial, long.subarray(1), 1 << 20)?.length, limits.backendMessageBytesMax);
    assert.equal(shown(partial(standInOf(partial, long, 1 << 20))), '[SSN]');
  });

  it('of which much is shown has no stand-in: all of it counts', () => {
    for (const column of [
      { classification: 'note' },
      { classification: 'clear', scanClear: true },
      { classification: 'definition' },
      { classification: 'word' },
      { classification: 'source' },
      { classification: 'year' },
      { type: base('json'), classification: 'note' },
      { classification: 'unknown', jsonPaths: { '*': 'clear' } },
    ] as const)
      assert.equal(masker(column).standIn, undefined, JSON.stringify(column));
  });
});

describe('a document', () => {
  const classes: readonly JsonPathClass[] = ['unknown', 'clear', 'scan', 'name', 'ssn', 'age', 'note', 'date'];
  const key = fc.constantFrom('a', 'b', 'c/d', '~', '*', '', 'é', '__proto__', '\u2028"\\');
  const segment = fc.constantFrom('a', 'b', 'c~1d', '~0', '*', '0', '1', '');
  const pointer = fc.array(segment, { maxLength: 3 }).map((segments) => segments.map((each) => `/${each}`).join(''));
  const paths = fc
    .tuple(fc.dictionary(pointer, fc.constantFrom(...classes), { maxKeys: 5 }), fc.option(fc.constantFrom(...classes)))
    .map(([places, rest]): JsonPaths => (rest === null ? places : { ...places, '*': rest }));
  const leaf = fc.oneof(
    fc.constantFrom('', 'Zebulon', '123-45-6789', 'a "quoted" \\ one\n', '1961-07-23', '\ud83e\uddea', '[,{}]'),
    fc.constantFrom(0, -1.5e300, 97, 1e-7, true, false, null),
  );
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('document'), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(key, tie('document'), { maxKeys: 4 }),
  }));
  const rules: Partial<MaskRules> = { byClass: { ssn: 'last4', age: 'age90', date: 'year', name: 'redact' } };

  it('by any paths is masked as its stand-in is, wherever it was split', () => {
    fc.assert(
      fc.property(
        paths,
        document,
        fc.constantFrom(undefined, 1),
        fc.constantFrom('json', 'jsonb'),
        fc.constantFrom(0, 1),
        fc.integer({ min: 1, max: 9 }),
        (jsonPaths, value, indent, type, format, pieceBytes) => {
          const text = JSON.stringify(value, null, indent);
          const given = Buffer.from(type === 'jsonb' && format === 1 ? `\x01${text}` : text);
          const mask = masker({ type: base(type), format, classification: 'unknown', jsonPaths }, rules);
          isMaskedAlike(mask, given, pieceBytes);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('keeps as much of what is computed, whatever that is', () => {
    const jsonPaths: JsonPaths = { '/a': 'unknown', '/many/*': 'unknown', '/id': 'scan' };
    const mask = masker({ type: base('json'), classification: 'unknown', jsonPaths });
    const of = (text: string, number: number): Buffer =>
      Buffer.from(JSON.stringify({ id: 7, a: text, many: [text, number, true, { b: [text] }, null], other: [text] }));
    const kept = ['', 'x', 'true', 'false', '"\\'.repeat(999)].flatMap((text) =>
      [0, 1_000_000].map((number) => shown(standInOf(mask, of(text, number)))),
    );
    assert.deepEqual(new Set(kept), new Set(['{"id":7,"a":"","many":["",0,0,{"b":{}},null],"other":{}}']));
  });

  it('is masked alike where it is deeper than any is read', () => {
    for (const depth of [62, 63, 64, 65, 66, 70]) {
      const pointer = '/a'.repeat(depth);
      const nested = (value: string): Buffer => Buffer.from('{"a" : '.repeat(depth) + value + '}'.repeat(depth));
      const mask = masker({ type: base('json'), classification: 'unknown', jsonPaths: { [pointer]: 'unknown' } });
      for (const value of ['"Zebulon"', '1', '{"b":1}', '["x"]']) isMaskedAlike(mask, nested(value));
    }
  });

  it('of which more has to be kept than may be has no stand-in', () => {
    const standIn = (bytesMax: number): JsonStandIn =>
      new JsonStandIn({ '/a': 'unknown', '/b': 'clear' }, viewOf(), 0, bytesMax);
    const document = Buffer.from(JSON.stringify({ a: 'x'.repeat(10_000), b: 'y'.repeat(100) }));
    const [enough, short] = [standIn(200), standIn(100)];
    enough.push(document);
    short.push(document);
    assert.equal(enough.end()?.length, document.length - 10_000);
    assert.equal(short.end(), null);
  });

  it('that is none ends nothing', () => {
    const mask = masker({ type: base('json'), classification: 'unknown', jsonPaths: { '/a': 'clear' } });
    for (const text of [
      '',
      '}',
      ']]',
      '{"',
      '{"\\u12',
      '{"\\ud800":1,',
      ',',
      ':',
      '"',
      '\0',
      '{{{',
      'tru',
      '{a',
      '[,"',
    ])
      assert.doesNotMatch(shown(mask(standInOf(mask, Buffer.from(text)))) ?? '', /tru|ud800|u12/, text);
  });
});
