// Cells keep their type in both formats, or become NULL.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PostgresType } from '../../src/core/postgres-type.ts';
import { civilFromDays, daysFromCivil } from '../../src/masking/civil-date.ts';
import { keyedDigest } from '../../src/masking/keyed-digest.ts';
import { maskIdentifier } from '../../src/masking/operators.ts';
import { type CellColumn, maskValue } from '../../src/masking/postgres-value.ts';
import { viewOf } from './view.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const base = (name: string): PostgresType => ({ kind: 'base', name });
const read = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));

function masked(value: string, column: Omit<CellColumn, 'format'>, view: ReturnType<typeof viewOf>): string | null {
  return read(maskValue(bytes(value), { ...column, format: 0 }, view));
}

const redact = viewOf();
const year = viewOf({ default: 'year' });

describe('a PostgreSQL cell', () => {
  it('of text becomes its mask', () => {
    assert.equal(masked('Doe', { type: base('text'), typmod: -1, classification: 'name' }, redact), '[NAME]');
    assert.equal(masked('Doe', { type: base('varchar'), typmod: -1, classification: 'unknown' }, redact), '[MASKED]');
    assert.equal(
      masked('Doe', { type: base('text'), typmod: -1, classification: 'derived' }, viewOf({}, ['name'])),
      '[MASKED]',
    );
    assert.equal(
      masked('Doe', { type: base('text'), typmod: -1, classification: 'name' }, viewOf({}, ['name'])),
      'Doe',
    );
    assert.equal(
      masked('Doe', { type: base('text'), typmod: -1, classification: 'derived' }, viewOf({}, 'all')),
      'Doe',
    );
    assert.equal(masked('D', { type: base('char'), typmod: -1, classification: 'unknown' }, redact), null);
    assert.equal(
      masked('SSN 123-45-6789 ok', { type: base('text'), typmod: -1, classification: 'note' }, redact),
      'SSN [SSN] ok',
    );
    assert.equal(
      masked('SSN 123-45-6789', { type: base('text'), typmod: -1, classification: 'clear' }, redact),
      'SSN 123-45-6789',
    );
    assert.equal(
      masked('SSN 123-45-6789', { type: base('text'), typmod: -1, classification: 'clear', scanClear: true }, redact),
      'SSN [SSN]',
    );
  });

  it('of a date keeps its year in text and binary alike', () => {
    assert.equal(masked('1971-04-08', { type: base('date'), typmod: -1, classification: 'date' }, year), '1971-01-01');
    assert.equal(
      masked('2024-02-03 10:11:12.5', { type: base('timestamp'), typmod: -1, classification: 'date' }, year),
      '2024-01-01 00:00:00',
    );
    assert.equal(
      masked('2024-02-03 10:11:12+00', { type: base('timestamptz'), typmod: -1, classification: 'date' }, year),
      '2024-01-01 00:00:00+00',
    );
    // The zone, which a client sets, tells nothing: not by its offset, and not by the day that a time lies in there.
    for (const said of ['2024-07-23 00:00:00+01', '2024-07-22 19:00:00-04', '2024-07-23 04:45:00+05:45'])
      assert.equal(
        masked(said, { type: base('timestamptz'), typmod: -1, classification: 'date' }, year),
        '2024-01-01 00:00:00+00',
        said,
      );
    assert.equal(
      masked('2025-01-01 00:30:00+01', { type: base('timestamptz'), typmod: -1, classification: 'date' }, year),
      '2024-01-01 00:00:00+00',
    );
    assert.equal(masked('infinity', { type: base('date'), typmod: -1, classification: 'date' }, year), null);
    assert.equal(masked('0044-03-15 BC', { type: base('date'), typmod: -1, classification: 'date' }, year), null);
    assert.equal(masked('1971-04-08', { type: base('date'), typmod: -1, classification: 'date' }, redact), null);

    const day = new DataView(new ArrayBuffer(4));
    day.setInt32(0, -10_495); // 1971-04-08
    const firstDay = maskValue(
      new Uint8Array(day.buffer),
      { type: base('date'), typmod: -1, format: 1, classification: 'date' },
      year,
    );
    assert.equal(firstDay && new DataView(firstDay.buffer).getInt32(0), -10_592); // 1971-01-01

    const instant = new DataView(new ArrayBuffer(8));
    instant.setBigInt64(0, 760_270_272_000_000n); // 2024-02-03 10:11:12
    const first = maskValue(
      new Uint8Array(instant.buffer),
      { type: base('timestamptz'), typmod: -1, format: 1, classification: 'date' },
      year,
    );
    assert.equal(first && new DataView(first.buffer).getBigInt64(0), 757_382_400_000_000n); // 2024-01-01
  });

  it('of a date in binary and in text is masked to the same day', () => {
    for (const view of [year, viewOf({ default: 'shift' })]) {
      fc.assert(
        fc.property(fc.integer({ min: -22_000, max: 36_000 }), (days) => {
          const iso = (value: number): string => new Date((value + 10_957) * 86_400_000).toISOString().slice(0, 10);
          const cell = new DataView(new ArrayBuffer(4));
          cell.setInt32(0, days);
          const binary = maskValue(
            new Uint8Array(cell.buffer),
            { type: base('date'), typmod: -1, format: 1, classification: 'date' },
            view,
          );
          assert.ok(binary);
          assert.equal(
            iso(new DataView(binary.buffer).getInt32(0)),
            masked(iso(days), { type: base('date'), typmod: -1, classification: 'date' }, view),
          );
        }),
        { numRuns: 200 },
      );
    }
  });

  it('of JSON stays JSON, the version byte of jsonb included', () => {
    const value = bytes('\u0001{"ssn":"123-45-6789","n":1}');
    assert.equal(
      read(maskValue(value, { type: base('jsonb'), typmod: -1, format: 1, classification: 'note' }, redact)),
      '\u0001{"ssn":"[SSN]","n":1}',
    );
    assert.equal(
      masked('{"a":"John Smith"}', { type: base('json'), typmod: -1, classification: 'note' }, redact),
      '{"a":"[NAME]"}',
    );
    assert.equal(masked('{"a":1}', { type: base('json'), typmod: -1, classification: 'name' }, redact), '"[NAME]"');
    assert.equal(masked('{bad', { type: base('json'), typmod: -1, classification: 'note' }, redact), null);
  });

  it('of any other type becomes NULL; ages are capped', () => {
    for (const name of ['bool', 'int8', 'float4', 'numeric', 'uuid', 'inet', 'bytea', 'box', 'nobody knows']) {
      const type = base(name);
      assert.equal(masked('1', { type, typmod: -1, classification: 'other_id' }, redact), null);
      assert.equal(masked('1', { type, typmod: -1, classification: 'derived' }, redact), null);
    }
    const ages = viewOf({ default: 'age90' });
    assert.equal(masked('97', { type: base('int4'), typmod: -1, classification: 'age' }, ages), '90');
    assert.equal(masked('42', { type: base('int4'), typmod: -1, classification: 'age' }, ages), '42');
    assert.deepEqual(
      maskValue(
        new Uint8Array([0, 0, 0, 99]),
        { type: base('int4'), typmod: -1, format: 1, classification: 'age' },
        ages,
      ),
      new Uint8Array([0, 0, 0, 90]),
    );
  });

  it('that may be no more than a year is one where dates are years, all of it where they are shown, else nothing', () => {
    const columns = [
      ['date', '1961-07-23', '1961-01-01'],
      ['numeric', '1961', '1961'],
      ['text', '1961', '1961'],
    ] as const;
    for (const [type, value, shown] of columns) {
      const column = { type: base(type), typmod: -1, classification: 'year' } as const;
      assert.equal(masked(value, column, viewOf({ default: 'year' })), shown, type);
      assert.equal(masked(value, column, viewOf({ default: 'year' }, ['date'])), value, type);
      assert.equal(masked(value, column, viewOf({}, ['name'])), type === 'text' ? '[MASKED]' : null, type);
    }
    const years = {
      type: { kind: 'array', element: base('int4'), delimiter: ',' },
      typmod: -1,
      classification: 'year',
    } as const;
    assert.equal(masked('{1961}', years, viewOf({ default: 'year' })), null);
  });

  it('never throws and never gives back protected bytes, whatever they are', () => {
    const column = fc.record({
      type: fc
        .constantFrom(
          ...'char name int8 int2 int4 text json bpchar date timestamp timestamptz jsonb uuid bytea numeric'.split(' '),
        )
        .map(base),
      typmod: fc.constant(-1),
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
    assert.equal(maskValue(null, { type: base('text'), typmod: -1, format: 0, classification: 'name' }, redact), null);
  });
});

describe('limits of a type and of the law', () => {
  const cell =
    (value: string, type: PostgresType, classification: CellColumn['classification'], typmod = -1) =>
    (view: ReturnType<typeof viewOf>): string | null =>
      masked(value, { type, typmod, classification }, view);

  it('a token is cut to fit', () => {
    assert.equal(cell('Doe', base('varchar'), 'name', 9)(redact), '[NAME');
    assert.equal(cell('Doe  ', base('bpchar'), 'name', 14)(redact), '[NAME]    ');
    assert.equal(cell('123-45-6789    ', base('bpchar'), 'ssn', 19)(viewOf({ default: 'last4' })), '***-**-6789    ');
    assert.equal(cell('123456789', base('int4'), 'ssn')(viewOf({ default: 'last4' })), '6789');
    assert.equal(cell('1234', base('int4'), 'ssn')(viewOf({ default: 'last4' })), null);
  });

  it('a year that tells an age over 89 is not shown, whatever holds it', () => {
    for (const [value, type] of [
      ['1936-12-31', 'date'],
      ['1936-12-31 00:00:00', 'timestamp'],
    ] as const) {
      assert.equal(cell(value, base(type), 'date')(year), null);
    }
    assert.equal(cell('1936-12-31', base('text'), 'date')(year), '[DATE]');
    assert.equal(cell('born 1936', base('text'), 'date')(year), '[DATE]');
    assert.equal(cell('1937-12-31', base('text'), 'date')(year), '1937');
    assert.equal(cell('1937-12-31', base('date'), 'date')(year), '1937-01-01');
  });

  it('a range of dates shows the years it lies in, and does not turn empty', () => {
    const range: PostgresType = { kind: 'range', subtype: base('date') };
    const ranges: PostgresType = { kind: 'multirange', subtype: base('date') };
    assert.equal(cell('[2020-03-01,2020-03-04)', range, 'date')(year), '[2020-01-01,2021-01-01)');
    assert.equal(cell('[2020-01-01,2021-01-01)', range, 'date')(year), '[2020-01-01,2021-01-01)');
    assert.equal(cell('[1930-03-01,)', range, 'date')(year), null);
    assert.equal(cell('(,)', range, 'date')(year), '(,)');
    assert.equal(cell('empty', range, 'date')(year), 'empty');
    assert.equal(
      cell('{[2020-03-01,2020-03-04),[2022-02-02,)}', ranges, 'date')(year),
      '{[2020-01-01,2021-01-01),[2022-01-01,)}',
    );
    assert.equal(cell('[2020-03-01,2020-03-04)', range, 'date')(redact), null);
    assert.equal(cell('[1,7)', { kind: 'range', subtype: base('int4') }, 'date')(year), null);
    assert.equal(cell('[2020-03-01,2020-03-04', range, 'date')(year), null);
  });

  it('what is done on bytes is what is done on text', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789aZ-. ()/*é'), maxLength: 20 });
    const dates = fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
    for (const operator of ['last4', 'year'] as const) {
      const view = viewOf({ default: operator });
      fc.assert(
        fc.property(fc.oneof(digits, dates), (value) => {
          assert.equal(cell(value, base('text'), 'date')(view), maskIdentifier(value, 'date', operator, view));
        }),
        { numRuns: 3_000, seed: 20_261_121 },
      );
    }
  });
});

describe('what the masks are computed with', () => {
  it('days and dates are those of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        const date = civilFromDays(days);
        const iso = new Date(days * 86_400_000);
        assert.deepEqual(date, { year: iso.getUTCFullYear(), month: iso.getUTCMonth() + 1, day: iso.getUTCDate() });
        assert.equal(daysFromCivil(date), days);
      }),
      { numRuns: 5_000, seed: 20_261_121 },
    );
  });

  it('the keyed digest is HMAC-SHA-256', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: 'grapheme' }), (key, text) => {
        assert.deepEqual(keyedDigest(key, text), createHmac('sha256', key).update(text).digest());
      }),
      { seed: 20_261_121 },
    );
  });
});
