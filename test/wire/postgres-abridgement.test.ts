// Messages that are longer than their limit are cut down to what is shown of them, wherever they are split, and are masked as the
// whole of them would be; what they are cut down to is bounded, and a refusal says nothing of what was left out.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import type { CopyFormat } from '../../src/core/copy-format.ts';
import type { StandIn } from '../../src/core/stand-in.ts';
import { AbridgedMessage, type Abridgement } from '../../src/wire/postgres/abridgement.ts';
import { encodeCopyData } from '../../src/wire/postgres/copy.ts';
import { CopyRows } from '../../src/wire/postgres/copy-rows.ts';
import { type RowPlan, rewriteDataRow, type ValueRewriter } from '../../src/wire/postgres/data-row.ts';
import { decodeNoticeFields, encodeErrorResponse } from '../../src/wire/postgres/error-fields.ts';
import { FrameReader } from '../../src/wire/postgres/frame.ts';
import { NoticeAbridgement } from '../../src/wire/postgres/notice-abridgement.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { RowAbridgement } from '../../src/wire/postgres/row-abridgement.ts';
import { encodeDataRow } from '../../src/wire/postgres/rows.ts';

const bytesMax = 1_000;

/** Keeps the first byte; a value that begins with `!` cannot be cut down. */
class FirstByte implements StandIn {
  #kept = Buffer.alloc(0);

  push(piece: Uint8Array): void {
    if (this.#kept.length === 0) this.#kept = Buffer.from(piece.subarray(0, 1));
  }

  end(): Uint8Array | null {
    return this.#kept.toString() === '!' ? null : this.#kept;
  }
}

/** What is shown does not depend on more than the stand-in has. */
const masked: ValueRewriter = Object.assign(
  (value: Uint8Array | null) => value && Buffer.from(`<${Buffer.from(value.subarray(0, 1)).toString('latin1')}>`),
  { standIn: () => new FirstByte() },
);
const whole: ValueRewriter = (value) => value && Buffer.from(`(${Buffer.from(value).toString('latin1')})`);
const columns = [masked, whole, null];

function inPieces(message: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (message.length + 1)).toSorted((a, b) => a - b), message.length];
  return at.slice(1).map((end, index) => Buffer.from(message.subarray(at[index], end)));
}

function cutDown(abridgement: Abridgement, body: Buffer, cuts: readonly number[] = []): Buffer {
  for (const piece of inPieces(body, cuts)) {
    abridgement.push(piece);
    piece.fill(0xee);
  }
  const message = abridgement.end();
  assert.equal(message.readUInt32BE(1), message.length - 1);
  return message;
}

const everyByte = (body: Buffer): number[] => Array.from(body.keys());
const cutsInto = fc.array(fc.nat(), { maxLength: 8 });
const character = fc.constantFrom('a', '\t', '\n', '\\', '"', ',', 'N', 'n', '.', 'é');

describe('a DataRow', () => {
  const row = (plan: RowPlan, most = bytesMax): RowAbridgement =>
    new RowAbridgement(new AbridgedMessage('D', most), plan);
  const cell = fc.record({ value: fc.option(fc.uint8Array({ maxLength: 12 })), masker: fc.constantFrom(...columns) });

  it('is masked as the whole of it, wherever it was split', () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 6 }), cutsInto, (cells, cuts) => {
        const plan = cells.map(({ masker }) => masker);
        const body = encodeDataRow(cells.map(({ value }) => value && Uint8Array.from(value, (byte) => byte & 0x7f)));
        fc.pre(!cells.some(({ value, masker }) => masker === masked && (value?.[0] ?? 0) % 128 === 0x21));
        const expected = rewriteDataRow(body.subarray(5), plan);
        for (const each of [cuts, everyByte(body.subarray(5))]) {
          // What is as long as it may be could be cut down as well.
          const message = cutDown(row(plan, body.length), body.subarray(5), each);
          assert.deepEqual(rewriteDataRow(message.subarray(5), plan), expected);
        }
      }),
    );
  });

  it('of hostile lengths is refused', () => {
    const body = Buffer.from(encodeDataRow([Buffer.from('a'), null]).subarray(5));
    const refusals = [
      [[null], body],
      [[masked, masked, masked], body],
      [[masked, masked], Buffer.concat([body, Buffer.of(0)])],
      [[masked, masked], body.subarray(0, -1)],
      [[masked, masked], body.subarray(0, 7)],
      [[masked, masked], Buffer.alloc(0)],
    ] as const;
    for (const [plan, given] of refusals) {
      for (const cuts of [[], everyByte(given)])
        assert.throws(() => cutDown(row(plan), given, cuts), { code: 'malformed' });
    }
    for (const length of [-2, -2_147_483_648, 0x7fffffff]) {
      body.writeInt32BE(length, 2);
      assert.throws(() => cutDown(row([masked, masked]), body), { code: 'malformed' });
    }
  });

  it('is refused where more is shown than may be, with the same words whatever is not', () => {
    const texts = [10, 100_000].map((hidden) => {
      const body = encodeDataRow([Buffer.alloc(hidden, 'x'), Buffer.alloc(bytesMax, 'y')]).subarray(5);
      try {
        cutDown(row([masked, null]), body);
        return assert.fail('it was not refused');
      } catch (error) {
        return String(error);
      }
    });
    assert.deepEqual(
      new Set(texts),
      new Set(['ProtocolError: A message of type "D" has more than 1000 bytes besides what is masked.']),
    );
    const tooMuch = encodeDataRow([Buffer.from('! cannot be cut down')]).subarray(5);
    assert.throws(() => cutDown(row([masked]), tooMuch), { code: 'too_large' });
  });

  it('is refused at the length of a value, before that has come', () => {
    const abridgement = row([null]);
    assert.throws(() => abridgement.push(Buffer.of(0, 1, 0x3f, 0xff, 0xff, 0xff)), { code: 'too_large' });
  });

  it('may be as long as the limit', () => {
    const long = encodeDataRow([Buffer.alloc(bytesMax - 11 - 5, 'y'), Buffer.from('xx')]).subarray(5);
    assert.equal(cutDown(row([null, masked]), long).length, bytesMax);
    const longer = encodeDataRow([Buffer.alloc(bytesMax - 11 - 4, 'y'), Buffer.from('xx')]).subarray(5);
    assert.throws(() => cutDown(row([null, masked]), longer), { code: 'too_large' });
  });
});

describe('a CopyData', () => {
  const text: CopyFormat = { kind: 'text', delimiter: '\t', nullText: '\\N', header: false };
  const csv: CopyFormat = { kind: 'csv', delimiter: ',', nullText: '', header: false, quote: '"', escape: '"' };
  const formats: readonly CopyFormat[] = [
    text,
    { ...text, delimiter: 'a', nullText: '' },
    { ...text, nullText: 'N' },
    csv,
    { ...csv, quote: "'", escape: '\\', delimiter: '.', nullText: 'N' },
    { kind: 'binary' },
  ];
  const field = fc.record({
    value: fc.option(fc.string({ unit: character, maxLength: 6 })),
    masker: fc.constantFrom(...columns),
    isQuoted: fc.boolean(),
  });

  it('is masked as the whole of it, wherever it was split', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...formats),
        fc.array(field, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        cutsInto,
        (format, fields, isFirst, cuts) => {
          const plan = [...fields.map(({ masker }) => masker), masked];
          const row = [...fields, { value: 'last', isQuoted: false }];
          const header = format.kind === 'binary' ? binaryHeader : Buffer.alloc(0);
          const body = Buffer.concat([...(isFirst ? [header] : []), written(row, format)]);
          const rowsOf = (): CopyRows => {
            const rows = new CopyRows(format, plan, () => true);
            if (!isFirst) rows.push(header);
            return rows;
          };
          const expected = rowsOf().push(body);
          assert.ok(expected.length > 0);
          for (const each of [cuts, everyByte(body)]) {
            const rows = rowsOf();
            // What is as long as it may be could be cut down as well.
            const message = cutDown(rows.abridgement(body.length + 5) ?? assert.fail(), body, each);
            assert.deepEqual(rows.push(message.subarray(5)).toString('latin1'), expected.toString('latin1'));
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is not NULL because the client lets what is left of it stand for that', () => {
    const format: CopyFormat = { ...text, nullText: '{' };
    const rows = new CopyRows(format, [masked], () => true);
    const message = cutDown(rows.abridgement(bytesMax) ?? assert.fail(), Buffer.from('{long}\n'));
    assert.deepEqual(rows.push(message.subarray(5)), encodeCopyData(Buffer.from('<{>\n')));
  });

  it('of other columns, of more rows or of none is refused', () => {
    for (const [format, given] of [
      [text, 'a\n'],
      [text, 'a\tb\tc\n'],
      [text, 'a\tb\nc\td\n'],
      [text, 'a\tb'],
      [text, 'a\tb\\\n'],
      [csv, 'a\n'],
      [csv, 'a,"b\n'],
      [csv, 'a,b\n\n'],
    ] as const) {
      const rows = new CopyRows(format, [masked, null], () => true);
      assert.throws(() => cutDown(rows.abridgement(bytesMax) ?? assert.fail(), Buffer.from(given)), {
        code: 'malformed',
      });
    }
    for (const given of [Buffer.alloc(40), Buffer.concat([binaryHeader, Buffer.of(0, 1, 0, 0)])]) {
      const rows = new CopyRows({ kind: 'binary' }, [masked], () => true);
      assert.throws(() => cutDown(rows.abridgement(bytesMax) ?? assert.fail(), given), { code: 'malformed' });
    }
  });

  it('is not cut down within a row, before the line of names, or where all is shown', () => {
    const within = new CopyRows(text, [masked], () => true);
    within.push(Buffer.from('the first part'));
    assert.equal(within.abridgement(bytesMax), null);
    assert.equal(new CopyRows({ ...text, header: true }, [masked], () => true).abridgement(bytesMax), null);
    assert.equal(new CopyRows(text, [whole, null], () => true).abridgement(bytesMax), null);
  });

  const binaryHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);

  /** As PostgreSQL writes a row. */
  function written(
    row: readonly { readonly value: string | null; readonly isQuoted: boolean }[],
    format: CopyFormat,
  ): Buffer {
    if (format.kind === 'binary')
      return encodeDataRow(row.map(({ value }) => (value === null ? null : Buffer.from(value)))).subarray(5);
    const fields = row.map(({ value, isQuoted }) => {
      if (value === null) return format.nullText;
      if (format.kind === 'text') return escaped(value, format.delimiter);
      const { quote, escape } = format;
      const needsQuotes =
        value === format.nullText || [quote, format.delimiter, '\n'].some((each) => value.includes(each));
      if (!isQuoted && !needsQuotes) return value;
      const inside = Array.from(value, (each) => (each === quote || each === escape ? escape + each : each));
      return `${quote}${inside.join('')}${quote}`;
    });
    return Buffer.from(`${fields.join(format.delimiter)}\n`);
  }

  function escaped(value: string, delimiter: string): string {
    return Array.from(value, (each) => {
      if (each === '\t') return '\\t';
      if (each === '\n') return '\\n';
      return each === '\\' || each === delimiter ? `\\${each}` : each;
    }).join('');
  }
});

describe('an ErrorResponse', () => {
  const fieldsOf = (long: number): Map<string, string> =>
    new Map([
      ['S', 'ERROR'],
      ['C', '22P02'],
      ['M', `${'x'.repeat(8_190)}é${'y'.repeat(long)}`],
      ['P', '7'],
    ]);

  it('keeps the beginning of every field, in whole characters, wherever it was split', () => {
    const body = encodeErrorResponse(fieldsOf(50_000)).subarray(5);
    for (const step of [1, 7, 8_190, 8_191, 8_192, 60_000]) {
      const abridgement = new NoticeAbridgement('E', 20_000);
      for (let at = 0; at < body.length; at += step) abridgement.push(body.subarray(at, at + step));
      const fields = decodeNoticeFields(abridgement.end().subarray(5));
      assert.deepEqual(fields, new Map(fieldsOf(0)).set('M', 'x'.repeat(8_190)), String(step));
    }
    const cutWithin = encodeErrorResponse(new Map([['M', `${'x'.repeat(8_191)}é`]])).subarray(5);
    const abridgement = new NoticeAbridgement('E', 20_000);
    abridgement.push(cutWithin);
    assert.deepEqual(decodeNoticeFields(abridgement.end().subarray(5)), new Map([['M', 'x'.repeat(8_191)]]));
  });

  it('that does not end, or goes on behind its end, is refused', () => {
    const body = encodeErrorResponse(fieldsOf(10)).subarray(5);
    for (const given of [body.subarray(0, -1), Buffer.concat([body, Buffer.of(0)]), body.subarray(0, 3)]) {
      const abridgement = new NoticeAbridgement('E', 20_000);
      assert.throws(
        () => {
          abridgement.push(given);
          abridgement.end();
        },
        { code: 'malformed' },
      );
    }
  });

  it('of many fields is not held either', () => {
    const abridgement = new NoticeAbridgement('N', bytesMax);
    const field = Buffer.from(`M${'x'.repeat(100)}\0`);
    assert.throws(
      () => {
        for (let count = 0; count < 100; count++) abridgement.push(field);
      },
      { code: 'too_large' },
    );
  });
});

describe('a stream with such messages in it', () => {
  const limits = { limit: (type: number) => (type === 'X'.charCodeAt(0) ? 0 : 20) };
  const messages = [
    encodeQuery('short'),
    encodeDataRow([Buffer.from('first, and long')]),
    encodeDataRow([Buffer.from('second, and as long')]),
    encodeDataRow([Buffer.from('!')]),
    encodeQuery(''),
    encodeDataRow([Buffer.from('third, and the last one')]),
  ];
  const stream = Buffer.concat(messages);
  const seenOf = ['short', 'f', 's', '!', '', 't'];

  function reader(): FrameReader {
    return new FrameReader(limits, (type) =>
      type === 'D'.charCodeAt(0) ? new RowAbridgement(new AbridgedMessage('D', 20), [masked]) : null,
    );
  }

  function take(from: FrameReader, seen: string[], goesOn: () => boolean = () => true): void {
    from.each((buffer, type, start, end) => {
      const shown = type === 'D'.charCodeAt(0) ? buffer.subarray(start + 11, end) : buffer.subarray(start + 5, end - 1);
      seen.push(shown.toString());
      return goesOn();
    });
  }

  it('is the same wherever it is split', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const [from, seen] = [reader(), [] as string[]];
      for (const piece of [stream.subarray(0, cut), stream.subarray(cut)]) {
        from.push(piece);
        take(from, seen);
      }
      assert.deepEqual(seen, seenOf, `split at ${cut}`);
      assert.equal(from.buffered, 0);
    }
  });

  it('is the same where the visitor stops, and where more is pushed before it is visited', () => {
    fc.assert(
      fc.property(cutsInto, fc.array(fc.boolean()), fc.infiniteStream(fc.boolean()), (cuts, stops, visits) => {
        const [from, seen] = [reader(), [] as string[]];
        const visit = (): void => take(from, seen, () => stops[seen.length] !== true);
        for (const piece of inPieces(stream, cuts)) {
          from.push(piece);
          if (visits.next().value) visit();
        }
        for (let more = 0; more <= messages.length; more++) visit();
        assert.deepEqual(seen, seenOf);
        assert.equal(from.buffered, 0);
      }),
    );
  });

  it('holds nothing of what is not shown', () => {
    const from = reader();
    const header = Buffer.from(encodeDataRow([Buffer.alloc(1)]).subarray(0, 11));
    header.writeUInt32BE(6 + 4 + 200_000_000, 1);
    header.writeInt32BE(200_000_000, 7);
    from.push(header);
    const seen: string[] = [];
    take(from, seen);
    const piece = Buffer.alloc(1_000_000, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 200; count++) {
      from.push(piece);
      take(from, seen);
    }
    assert.deepEqual(seen, ['x']);
    assert.ok(process.memoryUsage().arrayBuffers - before < 5e6);
  });

  it('is refused at its header where nothing is left out, or no server makes so long a one', () => {
    for (const [header, code] of [
      ['Q\0\0\x10\0', 'too_large'],
      ['X\0\0\x10\0', 'malformed'],
      ['D\x40\0\0\x10', 'too_large'],
    ] as const) {
      const from = reader();
      from.push(Buffer.from(header, 'latin1'));
      assert.throws(() => take(from, []), { code });
    }
  });
});

test('without a way to cut down, the limit is the limit', () => {
  const from = new FrameReader({ limit: () => 20 });
  from.push(encodeDataRow([Buffer.alloc(20)]));
  assert.throws(() => from.each(() => true), { code: 'too_large', message: /has 31 bytes; the limit is 20/ });
});
