// Rows inside CopyData: what PostgreSQL writes is taken apart at any split point, and put together so that it means the same.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CopyFormat } from '../../src/core/copy-format.ts';
import { CopyRows } from '../../src/wire/postgres/copy-rows.ts';
import type { RowPlan } from '../../src/wire/postgres/data-row.ts';
import { FrameReader } from '../../src/wire/postgres/frame.ts';

const text: CopyFormat = { kind: 'text', delimiter: '\t', nullText: '\\N', header: false };
const csv: CopyFormat = { kind: 'csv', delimiter: ',', nullText: '', header: false, quote: '"', escape: '"' };
const binary: CopyFormat = { kind: 'binary' };

/** The bodies of the CopyData messages that come out when the bytes come in by these pieces. */
function through(format: CopyFormat, plan: RowPlan, pieces: readonly Buffer[], admit = (): boolean => true): string[] {
  const rows = new CopyRows(format, plan, admit);
  const out = Buffer.concat(pieces.map((each) => rows.push(each)));
  rows.end();
  const reader = new FrameReader({ limit: () => 1 << 20 });
  reader.push(out);
  const bodies: string[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) bodies.push(frame.body.toString('latin1'));
  return bodies;
}

const seen =
  (into: (string | null)[]) =>
  (value: Uint8Array | null): Uint8Array | null => {
    into.push(value && Buffer.from(value).toString());
    return value;
  };
const masked = (): Uint8Array => Buffer.from('a\t"b",\\');

describe('text', () => {
  it('reads escapes and NULL, and writes them', () => {
    const values: (string | null)[] = [];
    const input = Buffer.from('a\\tb\\\\n\t\\N\\\n\n\\N\tx\n'.replace('\\N\\\n\n', '\\N\n'));
    assert.deepEqual(through(text, [seen(values), null], [input]), ['a\\tb\\\\n\t\\N\n', '\\N\tx\n']);
    assert.deepEqual(values, ['a\tb\\n', null]);
    assert.deepEqual(through(text, [masked, null], [Buffer.from('s\tt\n')]), ['a\\t"b",\\\\\tt\n']);
  });

  it('refuses a row of another width, and one that is not whole', () => {
    assert.throws(() => through(text, [null], [Buffer.from('a\tb\n')]));
    assert.throws(() => through(text, [null], [Buffer.from('a')]));
  });

  it('leaves a header alone and rows out', () => {
    let rows = 0;
    const input = Buffer.from('ssn\n1\n2\n3\n');
    assert.deepEqual(
      through({ ...text, header: true }, [null], [input], () => rows++ < 1),
      ['ssn\n', '1\n'],
    );
  });
});

describe('csv', () => {
  it('reads quotes, newlines within them, and NULL', () => {
    const values: (string | null)[] = [];
    const input = Buffer.from('"a""b\nc,",\n"",x\n');
    assert.deepEqual(through(csv, [seen(values), seen(values)], [input]), ['"a""b\nc,",\n', '"","x"\n']);
    assert.deepEqual(values, ['a"b\nc,', null, '', 'x']);
    assert.deepEqual(through(csv, [masked, () => null], [Buffer.from('s,t\n')]), ['"a\t""b"",\\",\n']);
  });

  it('knows an escape that is not the quote', () => {
    const values: (string | null)[] = [];
    const format: CopyFormat = { ...csv, quote: "'", escape: '\\', delimiter: '|' };
    through(format, [seen(values), null], [Buffer.from("'a\\'b\\\\|'|c\n")]);
    assert.deepEqual(values, ["a'b\\|"]);
  });

  it('tells neither whether a value was its own mask nor how it was quoted', () => {
    const year = (): Uint8Array => Buffer.from('1980-01-01');
    const input = Buffer.from('1980-01-01,x\n1980-03-04,x\n"1980-01-01",x\n');
    assert.deepEqual(new Set(through(csv, [year, null], [input])), new Set(['"1980-01-01",x\n']));
  });
});

it('what comes out reads as what went in, wherever it was split', () => {
  const value = fc.option(fc.string({ unit: fc.constantFrom('a', '\t', '\n', '\\', '"', ',', 'N', '.', 'é') }));
  const table = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(table, fc.constantFrom(text, csv, binary), fc.infiniteStream(fc.nat(5)), (rows, format, cuts) => {
      const plain = written(rows, format);
      const pieces: Buffer[] = [];
      for (let at = 0; at < plain.length; ) {
        const next = at + 1 + (cuts.next().value ?? 0);
        pieces.push(plain.subarray(at, next));
        at = next;
      }
      const values: (string | null)[] = [];
      const out = through(format, [seen(values), seen(values)], pieces);
      assert.deepEqual(values, rows.flat());
      assert.equal(out.join(''), plain.toString('latin1'));
    }),
    { numRuns: 500 },
  );
});

/** As PostgreSQL would write them. */
function written(rows: readonly (readonly (string | null)[])[], format: CopyFormat): Buffer {
  if (format.kind === 'binary') {
    const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
    const tuples = rows.map((row) => Buffer.concat([Buffer.of(0, row.length), ...row.map(sized)]));
    return Buffer.concat([header, ...tuples, Buffer.of(0xff, 0xff)]);
  }
  const one = (value: string | null): string => {
    if (value === null) return format.nullText;
    if (format.kind === 'csv') return `"${value.replaceAll('"', '""')}"`;
    return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
  };
  return Buffer.from(rows.map((row) => `${row.map(one).join(format.delimiter)}\n`).join(''));
}

function sized(value: string | null): Buffer {
  const bytes = Buffer.from(value ?? '');
  const length = Buffer.alloc(4);
  length.writeInt32BE(value === null ? -1 : bytes.length);
  return Buffer.concat([length, bytes]);
}
