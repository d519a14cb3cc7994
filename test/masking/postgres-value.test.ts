// Cells keep their type in both formats, or become NULL.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CellColumn, maskValue } from '../../src/masking/postgres-value.ts';
import { viewOf } from './view.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));

function masked(value: string, column: Omit<CellColumn, 'format'>, view: ReturnType<typeof viewOf>): string | null {
  return read(maskValue(bytes(value), { ...column, format: 0 }, view));
}

const redact = viewOf();
const year = viewOf({ default: 'year' });

describe('a PostgreSQL cell', () => {
  it('of text becomes its mask', () => {
    assert.equal(masked('Doe', { typeOid: 25, classification: 'name' }, redact), '[NAME]');
    assert.equal(masked('Doe', { typeOid: 1043, classification: 'unknown' }, redact), '[MASKED]');
    assert.equal(masked('Doe', { typeOid: 25, classification: 'derived' }, viewOf({}, ['name'])), '[MASKED]');
    assert.equal(masked('Doe', { typeOid: 25, classification: 'name' }, viewOf({}, ['name'])), 'Doe');
    assert.equal(masked('Doe', { typeOid: 25, classification: 'derived' }, viewOf({}, 'all')), 'Doe');
    assert.equal(masked('D', { typeOid: 18, classification: 'unknown' }, redact), null);
    assert.equal(masked('SSN 123-45-6789 ok', { typeOid: 25, classification: 'note' }, redact), 'SSN [SSN] ok');
    assert.equal(masked('SSN 123-45-6789', { typeOid: 25, classification: 'clear' }, redact), 'SSN 123-45-6789');
    assert.equal(
      masked('SSN 123-45-6789', { typeOid: 25, classification: 'clear', scanClear: true }, redact),
      'SSN [SSN]',
    );
  });

  it('of a date keeps its year in text and binary alike', () => {
    assert.equal(masked('1971-04-08', { typeOid: 1082, classification: 'date' }, year), '1971-01-01');
    assert.equal(
      masked('2024-02-03 10:11:12.5', { typeOid: 1114, classification: 'date' }, year),
      '2024-01-01 00:00:00',
    );
    assert.equal(
      masked('2024-02-03 10:11:12+00', { typeOid: 1184, classification: 'date' }, year),
      '2024-01-01 00:00:00+00',
    );
    assert.equal(masked('infinity', { typeOid: 1082, classification: 'date' }, year), null);
    assert.equal(masked('0044-03-15 BC', { typeOid: 1082, classification: 'date' }, year), null);
    assert.equal(masked('1971-04-08', { typeOid: 1082, classification: 'date' }, redact), null);

    const day = new DataView(new ArrayBuffer(4));
    day.setInt32(0, -10_495); // 1971-04-08
    const firstDay = maskValue(new Uint8Array(day.buffer), { typeOid: 1082, format: 1, classification: 'date' }, year);
    assert.equal(firstDay && new DataView(firstDay.buffer).getInt32(0), -10_592); // 1971-01-01

    const instant = new DataView(new ArrayBuffer(8));
    instant.setBigInt64(0, 760_270_272_000_000n); // 2024-02-03 10:11:12
    const first = maskValue(new Uint8Array(instant.buffer), { typeOid: 1184, format: 1, classification: 'date' }, year);
    assert.equal(first && new DataView(first.buffer).getBigInt64(0), 757_382_400_000_000n); // 2024-01-01
  });

  it('of a date in binary and in text is masked to the same day', () => {
    for (const view of [year, viewOf({ default: 'shift' })]) {
      fc.assert(
        fc.property(fc.integer({ min: -36_000, max: 36_000 }), (days) => {
          const iso = (value: number): string => new Date((value + 10_957) * 86_400_000).toISOString().slice(0, 10);
          const cell = new DataView(new ArrayBuffer(4));
          cell.setInt32(0, days);
          const binary = maskValue(
            new Uint8Array(cell.buffer),
            { typeOid: 1082, format: 1, classification: 'date' },
            view,
          );
          assert.ok(binary);
          assert.equal(
            iso(new DataView(binary.buffer).getInt32(0)),
            masked(iso(days), { typeOid: 1082, classification: 'date' }, view),
          );
        }),
        { numRuns: 200 },
      );
    }
  });

  it('of JSON stays JSON, the version byte of jsonb included', () => {
    const value = bytes('\u0001{"ssn":"123-45-6789","n":1}');
    assert.equal(
      read(maskValue(value, { typeOid: 3802, format: 1, classification: 'note' }, redact)),
      '\u0001{"ssn":"[SSN]","n":1}',
    );
    assert.equal(masked('{"a":"John Smith"}', { typeOid: 114, classification: 'note' }, redact), '{"a":"[NAME]"}');
    assert.equal(masked('{"a":1}', { typeOid: 114, classification: 'name' }, redact), '"[NAME]"');
    assert.equal(masked('{bad', { typeOid: 114, classification: 'note' }, redact), null);
  });

  it('of any other type becomes NULL; ages are capped', () => {
    for (const typeOid of [16, 20, 700, 1700, 2950, 869, 17, 1009, 999_999]) {
      assert.equal(masked('1', { typeOid, classification: 'other_id' }, redact), null);
      assert.equal(masked('1', { typeOid, classification: 'derived' }, redact), null);
    }
    const ages = viewOf({ default: 'age90' });
    assert.equal(masked('97', { typeOid: 23, classification: 'age' }, ages), '90');
    assert.equal(masked('42', { typeOid: 23, classification: 'age' }, ages), '42');
    assert.deepEqual(
      maskValue(new Uint8Array([0, 0, 0, 99]), { typeOid: 23, format: 1, classification: 'age' }, ages),
      new Uint8Array([0, 0, 0, 90]),
    );
  });

  it('never throws and never gives back protected bytes, whatever they are', () => {
    const column = fc.record({
      typeOid: fc.constantFrom(18, 19, 20, 21, 23, 25, 114, 1042, 1082, 1114, 1184, 3802, 2950),
      format: fc.constantFrom(0 as const, 1 as const),
      classification: fc.constantFrom(
        'name' as const,
        'date' as const,
        'note' as const,
        'unknown' as const,
        'derived' as const,
      ),
    });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 9, maxLength: 40 }), column, (value, cell) => {
        const result = maskValue(value, cell, year);
        if (cell.classification !== 'note') assert.notDeepEqual(result, value);
      }),
      { numRuns: 500 },
    );
    assert.equal(maskValue(null, { typeOid: 25, format: 0, classification: 'name' }, redact), null);
  });
});
