// What gathers for the client is every message, once, in order, filed under the answer it belongs to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Gathered } from '../../src/gateway/postgres-gathered.ts';
import type { Output } from '../../src/gateway/postgres-output.ts';

const outputs = [{ at: 0 }, { at: 1 }] as unknown as readonly Output[];

/** A DataRow of one column. */
function row(value: string): Buffer {
  const message = Buffer.alloc(11 + value.length, 'D');
  message.writeUInt32BE(message.length - 1, 1);
  message.writeUInt16BE(1, 5);
  message.writeUInt32BE(value.length, 7);
  message.write(value, 11);
  return message;
}

test('slices, rewritten rows and other messages, in any order', () => {
  const step = fc.record({
    kind: fc.constantFrom('other', 'slice', 'row', 'take', 'malformed'),
    output: fc.nat(1),
    text: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }),
  });
  const masked = (value: Uint8Array | null): Buffer => Buffer.from(`<${Buffer.from(value ?? []).toString()}>`);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const chunk = Buffer.concat(steps.map(({ text }) => row(text)));
      const gathered = new Gathered();
      let expected: [string, Output | null][] = [];
      let at = 0;
      for (const { kind, output, text } of steps) {
        const [start, end] = [at, at + row(text).length];
        at = end;
        const of = outputs[output] ?? assert.fail();
        if (kind === 'other') {
          gathered.add(Buffer.from(text), null);
          expected.push([text, null]);
        } else if (kind === 'slice') {
          const owner = text === '' ? null : of;
          gathered.addSlice(chunk, start, end, owner);
          expected.push([row(text).toString('latin1'), owner]);
        } else if (kind === 'row') {
          gathered.addRow(chunk, start, end, [masked], of);
          expected.push([row(`<${text}>`).toString('latin1'), of]);
        } else if (kind === 'malformed') {
          assert.throws(() => gathered.addRow(chunk, start, end, [null, null], of), { code: 'malformed' });
        } else {
          const { bytes } = gathered;
          const taken = gathered.take();
          assert.equal(bytes, taken.bytes.length);
          assert.equal(taken.bytes.toString('latin1'), expected.map(([each]) => each).join(''));
          const owners = (all: readonly (readonly [number, Output | null])[]): string =>
            all.flatMap(([length, owner]) => Array<number>(length).fill(owner ? outputs.indexOf(owner) : 9)).join('');
          assert.equal(
            owners(taken.stretches.map(({ start, end, output }) => [end - start, output])),
            owners(expected.map(([each, owner]) => [each.length, owner])),
          );
          assert.equal(gathered.bytes, 0);
          expected = [];
        }
      }
    }),
  );
});
