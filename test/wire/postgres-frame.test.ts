// Framing at every split point, hostile lengths, and the rewriting of rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeText } from '../../src/wire/postgres/body.ts';
import { type RowPlan, RowWriter, rewriteDataRow } from '../../src/wire/postgres/data-row.ts';
import { type FrameLimits, FrameReader, scan } from '../../src/wire/postgres/frame.ts';
import { backendSession, backendSignIn, frontendSession, frontendSignIn } from '../../src/wire/postgres/messages.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { decodeDataRow, decodeTextRow, encodeDataRow } from '../../src/wire/postgres/rows.ts';

const limits = { limit: () => 10_000 };
const messages = ['', 'SELECT 1', 'x'.repeat(300), ''].map(encodeQuery);
const stream = Buffer.concat(messages);

function framesOf(chunks: readonly Buffer[]): Buffer[] {
  const reader = new FrameReader(limits);
  const whole: Buffer[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) whole.push(frame.whole);
  }
  assert.equal(reader.buffered, 0);
  return whole;
}

test('the same messages come out wherever the stream is split', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    assert.deepEqual(framesOf([stream.subarray(0, cut), stream.subarray(cut)]), messages, `split at ${cut}`);
  }
  assert.deepEqual(framesOf([...stream].map((byte) => Buffer.of(byte))), messages);
});

test('frames stay as they were while more is pushed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const chunks = at.slice(1).map((end, index) => Buffer.from(stream.subarray(at[index], end)));
      assert.deepEqual(framesOf(chunks), messages);
    }),
  );
});

test('pushing more before the first message is taken loses nothing', () => {
  const reader = new FrameReader(limits);
  for (const byte of stream) reader.push(Buffer.of(byte));
  const seen: Buffer[] = [];
  reader.each((buffer, _type, start, end) => {
    seen.push(Buffer.from(buffer.subarray(start, end)));
    return true;
  });
  assert.deepEqual(seen, messages);
});

test('a whole message is a slice of its chunk', () => {
  const chunk = Buffer.concat(messages);
  const reader = new FrameReader(limits);
  reader.push(chunk);
  assert.equal(reader.next()?.whole.buffer, chunk.buffer);
});

test('a chunk that is used up is not kept', () => {
  for (const taken of [(reader: FrameReader) => reader.next(), (reader: FrameReader) => reader.each(() => true)]) {
    const reader = new FrameReader(limits);
    const chunk = encodeQuery('SELECT 1');
    reader.push(chunk);
    taken(reader);
    taken(reader);
    assert.notEqual(reader.takeRest().buffer, chunk.buffer);
  }
});

test('hostile lengths are refused as soon as the header is there', () => {
  for (const [length, code] of [
    [0, 'malformed'],
    [3, 'malformed'],
    [0x7fffffff, 'too_large'],
    [0xffffffff, 'too_large'],
    [10_000, 'too_large'],
  ] as const) {
    const header = Buffer.alloc(5, 'Q');
    header.writeUInt32BE(length, 1);
    const reader = new FrameReader(limits);
    reader.push(header);
    assert.throws(() => reader.next(), { name: 'ProtocolError', code }, String(length));
    assert.throws(() => scan(header, 0, limits, () => true), { code }, String(length));
  }
});

test('what has no place in this phase of the connection is refused at its header, whatever its size', () => {
  const refused = (limitsOfPhase: FrameLimits, letter: string, length: number): unknown => {
    const header = Buffer.from(`${letter}\0\0\0\0`);
    header.writeUInt32BE(length, 1);
    const reader = new FrameReader(limitsOfPhase);
    reader.push(header);
    try {
      reader.next();
      return null;
    } catch (error) {
      return (error as ProtocolError).code;
    }
  };
  assert.equal(refused(frontendSignIn, 'p', 65_000), null);
  assert.equal(refused(frontendSignIn, 'p', 66_000), 'too_large');
  assert.equal(refused(frontendSignIn, 'Q', 4), 'malformed');
  assert.equal(refused(frontendSession, 'p', 4), 'malformed');
  assert.equal(refused(frontendSession, 'Q', 16_000_000), null);
  assert.equal(refused(frontendSession, 'S', 4), null);
  assert.equal(refused(frontendSession, 'S', 5), 'too_large');
  assert.equal(refused(backendSignIn, 'D', 4), 'malformed');
  assert.equal(refused(backendSession, 'R', 8), 'malformed');
  assert.equal(refused(backendSession, 'D', 33_000_000), null);
  assert.equal(refused(backendSession, 'T', 2_000_000), 'too_large');
});

test('a message in many pieces costs time and memory by its size, not by its square', () => {
  const message = encodeQuery('x'.repeat(4_000_000));
  const reader = new FrameReader(frontendSession);
  const began = process.memoryUsage().arrayBuffers;
  const start = process.hrtime.bigint();
  let most = 0;
  for (let at = 0; at < message.length; at += 40) {
    assert.equal(reader.next(), undefined);
    reader.push(message.subarray(at, at + 40));
    if (at % 400_000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - began);
  }
  assert.ok(reader.next()?.whole.equals(message));
  assert.ok(Number(process.hrtime.bigint() - start) < 5e9, '100,000 pieces');
  assert.ok(most < 40e6, `${most} bytes at most`);
});

test('a visitor can stop, and the next visit goes on after the message it stopped at', () => {
  const reader = new FrameReader(limits);
  reader.push(Buffer.concat(messages));
  const starts: number[] = [];
  const one = (_buffer: Buffer, _type: number, start: number): boolean => {
    starts.push(start);
    return false;
  };
  reader.each(one);
  reader.each(one);
  assert.deepEqual(starts, [0, messages[0]?.length]);
});

const rowsAndPlans = fc.array(
  fc.record({
    value: fc.option(fc.uint8Array({ maxLength: 30 })),
    masked: fc.boolean(),
    into: fc.option(fc.uint8Array({ maxLength: 90 })),
  }),
  { maxLength: 8 },
);

test('masked columns are replaced and all others are as they were', () => {
  fc.assert(
    fc.property(fc.array(rowsAndPlans, { maxLength: 5 }), (many) => {
      const writer = new RowWriter(16);
      const expected: Buffer[] = [];
      for (const columns of many) {
        const given: (Uint8Array | null)[] = [];
        const plan: RowPlan = columns.map(({ masked, into }) =>
          masked
            ? (value) => {
                given.push(value && Uint8Array.from(value));
                return into;
              }
            : null,
        );
        const row = encodeDataRow(columns.map(({ value }) => value));
        const want = encodeDataRow(columns.map(({ value, masked, into }) => (masked ? into : value)));
        assert.deepEqual(rewriteDataRow(row.subarray(5), plan), want);
        assert.deepEqual(
          given,
          columns.filter(({ masked }) => masked).map(({ value }) => value),
        );
        writer.append(row, 5, row.length, plan);
        expected.push(want);
      }
      assert.equal(writer.length, Buffer.concat(expected).length);
      assert.deepEqual(writer.take(), Buffer.concat(expected));
      assert.equal(writer.take().length, 0);
    }),
  );
});

test('what was taken from a writer is not touched by the rows after it', () => {
  const writer = new RowWriter();
  const [a, b] = [encodeDataRow([Buffer.from('first')]), encodeDataRow([Buffer.from('other')])];
  writer.append(a, 5, a.length, [null]);
  const taken = writer.take();
  writer.append(b, 5, b.length, [null]);
  assert.deepEqual(taken, a);
  assert.deepEqual(writer.take(), b);
});

test('a row with other columns than planned, or lengths that lie, is refused and adds nothing', () => {
  const row = encodeDataRow([Buffer.from('a'), null]).subarray(5);
  assert.throws(() => rewriteDataRow(row, [null]), { code: 'malformed' });
  assert.throws(() => rewriteDataRow(row, [null, null, null]), { code: 'malformed' });
  assert.throws(() => rewriteDataRow(Buffer.concat([row, Buffer.of(0)]), [null, null]), { code: 'malformed' });
  for (const length of [-2, 0x7fffffff, 6]) {
    const lying = Buffer.from(row);
    lying.writeInt32BE(length, 2);
    const writer = new RowWriter();
    assert.throws(() => writer.append(lying, 0, lying.length, [() => null, null]), { code: 'malformed' });
    assert.equal(writer.length, 0);
  }
});

test('mutated rows decode the same way by both readers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.uint8Array({ maxLength: 9 })), { maxLength: 4 }),
      fc.nat(),
      fc.nat(255),
      (values, at, byte) => {
        const body = Buffer.from(encodeDataRow(values).subarray(5));
        body[at % body.length] = byte;
        let decoded: (Buffer | null)[] | null = null;
        try {
          decoded = decodeDataRow(body);
        } catch {}
        const plan = (decoded ?? values).map(() => (value: Uint8Array | null) => value);
        if (decoded) assert.deepEqual(rewriteDataRow(body, plan), encodeDataRow(decoded));
        else assert.throws(() => rewriteDataRow(body, plan), { name: 'ProtocolError' });
      },
    ),
  );
});

test('a row of text is what its values are one by one, also of bytes that are no text', () => {
  const texts = ['', 'plain', 'größer', '\ufefffirst', 'a\0b', '\u{1f9ea}'].map((each) => Buffer.from(each));
  const value = fc.option(fc.oneof(fc.constantFrom(...texts), fc.uint8Array({ maxLength: 4 })));
  const decoded = (decode: () => unknown): unknown => {
    try {
      return decode();
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      return error.code;
    }
  };
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), fc.nat(40), fc.boolean(), (values, length, cut) => {
      const whole = encodeDataRow(values).subarray(5);
      const body = cut ? whole.subarray(0, length) : whole;
      const oneByOne = () => decodeDataRow(body).map((each) => (each === null ? null : decodeText(each, 'DataRow')));
      assert.deepEqual(
        decoded(() => decodeTextRow(body)),
        decoded(oneByOne),
      );
    }),
  );
});

test('a message that crosses two chunks moves none of the messages behind it', () => {
  const [first, second] = [stream.subarray(0, 3), stream.subarray(3)];
  const reader = new FrameReader(limits);
  reader.push(first);
  assert.equal(reader.next(), undefined);
  reader.push(second);
  const taken = [reader.next(), reader.next()];
  assert.notEqual(taken[0]?.whole.buffer, stream.buffer);
  assert.equal(taken[1]?.whole.buffer, stream.buffer);
  assert.equal(reader.buffered, stream.length - (messages[0]?.length ?? 0) - (messages[1]?.length ?? 0));
  assert.deepEqual(reader.takeRest(), Buffer.concat(messages.slice(2)));
});

test('a visitor may stop at any message and go on later, wherever the stream is split', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 6 }), fc.array(fc.boolean()), (cuts, stops) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const reader = new FrameReader(limits);
      const seen: Buffer[] = [];
      const each = (): void =>
        reader.each((buffer, _type, start, end) => {
          seen.push(Buffer.from(buffer.subarray(start, end)));
          return stops[seen.length] !== true;
        });
      for (const [index, end] of at.slice(1).entries()) {
        reader.push(Buffer.from(stream.subarray(at[index], end)));
        each();
      }
      for (let more = 0; more < messages.length; more++) each();
      assert.deepEqual(seen, messages);
      assert.equal(reader.buffered, 0);
    }),
  );
});
