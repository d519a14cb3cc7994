// Recorded conversations of psql, pgbench and node-postgres through both decoders, at every split point and mutated.
// `npm run fuzz` goes on where this ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeStartupPacket } from '../../src/wire/postgres/startup.ts';
import { afterStartup, decodeAll, fuzzLong, fuzzOnce, transcripts, undecoded } from '../fuzz/codecs.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

test('every message of the table is decoded here', () => {
  assert.deepEqual(undecoded(), []);
});

for (const { name, client, server } of transcripts) {
  const streams = [
    ['client', afterStartup(client)],
    ['server', server],
  ] as const;

  test(`${name}: what is decoded and encoded is what came, byte by byte`, () => {
    for (const [side, stream] of streams) {
      let seen = 0;
      decodeAll(side, [stream], (frame, encoded) => {
        assert.deepEqual(encoded, frame.whole);
        seen += frame.whole.length;
      });
      assert.ok(seen > 100);
      assert.equal(seen, stream.length, `${side}: nothing is left over`);
    }
  });

  test(`${name}: the same wherever the stream is split`, () => {
    for (const [side, stream] of streams) {
      const whole: Buffer[] = [];
      decodeAll(side, [stream], (frame) => whole.push(frame.whole));
      const short = stream.subarray(0, 1_500);
      for (let cut = 1; cut < short.length; cut++) {
        let at = 0;
        decodeAll(side, [short.subarray(0, cut), short.subarray(cut)], (frame) => {
          assert.ok(whole[at++]?.equals(frame.whole), `${side} split at ${cut}`);
        });
        assert.ok(at > 0);
      }
      let at = 0;
      const bytes = Array.from(stream, (byte) => Buffer.of(byte));
      decodeAll(side, bytes, (frame) => assert.ok(whole[at++]?.equals(frame.whole)));
      assert.equal(at, whole.length);
    }
  });

  test(`${name}: the startup packet, wherever it is cut`, () => {
    const size = client.length - afterStartup(client).length;
    for (let cut = 0; cut < size; cut++) assert.equal(takeStartupPacket(client.subarray(0, cut)), undefined);
    assert.equal(takeStartupPacket(client)?.packet.kind, 'startup');
  });
}

test(`mutated conversations are understood or refused (FUZZ_SEED=${seed})`, () => {
  const outcomes = { understood: 0, refused: 0 };
  for (let run = 0; run < 4_000; run++) outcomes[fuzzOnce(seed + run)]++;
  assert.ok(outcomes.refused > 400 && outcomes.understood > 40, JSON.stringify(outcomes));
});

test(`mutated rows that are longer than a limit are understood or refused (FUZZ_SEED=${seed})`, () => {
  const outcomes = { understood: 0, refused: 0 };
  for (let run = 0; run < 4_000; run++) outcomes[fuzzLong(seed + run)]++;
  assert.ok(outcomes.refused > 400 && outcomes.understood > 40, JSON.stringify(outcomes));
});
