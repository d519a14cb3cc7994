// What is proven of an entry on its bytes is what parsing it says: for entries of every shape, for such as were changed since,
// and for whole bundles of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBundle } from '../../src/audit/bundle-reading.ts';
import { decodeEntry, encodeEntry, judgeEntry } from '../../src/audit/entry.ts';
import { EntryScan } from '../../src/audit/entry-scan.ts';
import { encodeBundle, encodeHashes } from '../../src/audit/tile.ts';
import { leafHash, listRoot } from '../../src/audit/tree.ts';
import { canonicalJson, type Json } from '../../src/core/json.ts';
import { type Entry, recordTypes } from '../../src/core/record.ts';

const scan = new EntryScan();

/** Whether it was taken; if so, parsing has to say the same. What stands around it must not matter. */
function isTaken(bytes: Uint8Array, before: Uint8Array = new Uint8Array(3), after: Uint8Array = bytes): boolean {
  const all = Buffer.concat([before, bytes, after]);
  const taken = scan.read(all, before.length, before.length + bytes.length);
  const judged = judgeEntry(bytes);
  assert.deepEqual(decodeEntry(bytes), judged);
  if (!taken) return false;
  assert.ok(judged.ok, `${Buffer.from(bytes).toString('latin1')} was taken`);
  const { seq, time, type, session, request, payload } = judged.value;
  const name = (from: number, to: number) => (from > 0 ? all.toString('utf8', from, to) : undefined);
  assert.deepEqual(
    [scan.seq, scan.time, recordTypes[scan.type], scan.payloadBytes],
    [seq, Date.parse(time), type, payload?.bytes ?? -1],
  );
  assert.equal(name(scan.sessionAt, scan.sessionEnd), session);
  assert.equal(name(scan.requestAt, scan.requestEnd), request);
  if (payload) assert.equal(all.toString('latin1', scan.digestAt, scan.digestAt + 64), payload.sha256);
  return true;
}

const plainText = fc.string({ unit: fc.constantFrom(...'abcXYZ019 _-.:/!~') });
/** Any that has a canonical form. */
const anyText = fc.oneof(
  plainText,
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'é€😀"\\\n\t\u0001\u007f\u2028a') }),
);
const times = fc.oneof(
  fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }).map((ms) => new Date(ms).toISOString()),
  fc.constantFrom('2024-02-29T23:59:59.999Z', '2000-12-31T00:00:00.000Z', '0000-02-29T00:00:00.000Z'),
);

function entries(text: fc.Arbitrary<string>, data: fc.Arbitrary<Json>): fc.Arbitrary<Entry> {
  return fc.record(
    {
      v: fc.constant(1 as const),
      seq: fc.oneof(fc.nat(), fc.nat(300), fc.integer({ min: 0, max: 999_999_999_999_999 })),
      time: times,
      type: fc.constantFrom(...recordTypes),
      session: text,
      request: text,
      approval: text,
      connection: text,
      parent: fc.record({ session: text, request: text }, { requiredKeys: ['session'] }),
      subject: fc.record(
        {
          id: text,
          issuer: text,
          kind: fc.constantFrom('person' as const, 'workload' as const),
          agent: text,
          actors: fc.array(text, { maxLength: 3 }),
        },
        { requiredKeys: ['id', 'issuer', 'kind'] },
      ),
      data: fc.dictionary(text, data, { maxKeys: 4 }),
      payload: fc.record({
        sha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
        bytes: fc.nat(),
        media: fc.constantFrom('application/json' as const, 'application/x-postgres-backend' as const),
      }),
    },
    { requiredKeys: ['v', 'seq', 'time', 'type'], noNullPrototype: true },
  );
}

const plainJson = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(null, true, false, {}, []),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    plainText,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(plainText, tie('json'), { maxKeys: 4 }),
  ),
})).json;
const anyJson = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }) as fc.Arbitrary<Json>;

/** Undefined for what has no canonical form: a lone surrogate. */
function encoded(entry: Entry): Uint8Array | undefined {
  try {
    return encodeEntry(entry);
  } catch (error) {
    assert.ok(error instanceof TypeError);
    return undefined;
  }
}

void test('an entry as the gate writes them is taken, with any member and any day', () => {
  fc.assert(
    fc.property(entries(plainText, plainJson), (entry) => {
      assert.ok(isTaken(encodeEntry(entry)), canonicalJson({ ...entry }));
    }),
    { numRuns: 1_000 },
  );
});

void test('whatever an entry says, a scan says the same of it or nothing', () => {
  let taken = 0;
  fc.assert(
    fc.property(entries(anyText, anyJson), (entry) => {
      const bytes = encoded(entry);
      if (bytes && isTaken(bytes)) taken++;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(taken > 10, `${taken} were taken`);
});

const numbers = '0 - -0 00 1.0 1e5 1e+21 0.1 9007199254740993';
const marks = String.raw`" \ \\ \u0041 \/ \n , : { } [ ] {} [] null true "" Z 29 30 31`;
const members =
  '"a":1, "__proto__":1, "data":{}, "v":1 "parent":{"session":""}, "subject":{"id":"","issuer":"","kind":"person"},';
const scraps = [
  ...`${numbers} ${marks} ${members}`.split(' '),
  ...' |\n|\u007f|\ufeff|é|😀'.split('|'),
  '['.repeat(40),
].map((text) => Buffer.from(text));
const damagedUtf8 = ['c0af', 'eda080', 'f4908080', 'e08080', 'ff', 'c3', 'f0808080', '80', 'e282', 'f09f98'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

/** A piece is taken out, or put in, or doubled, or stands elsewhere. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  taken: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(40)),
  put: fc.oneof(
    fc.constantFrom<Uint8Array | 'moved' | 'doubled'>(...scraps, ...damagedUtf8, 'moved', 'doubled'),
    fc.uint8Array({ maxLength: 2 }),
  ),
});

void test('an entry that was changed is taken only where it is an entry still, as what it is now', () => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(entries(plainText, plainJson), fc.array(change, { minLength: 1, maxLength: 2 }), (entry, changes) => {
      let bytes: Uint8Array = encodeEntry(entry);
      for (const { at, to, taken: length, put } of changes) {
        const start = Math.floor(at * bytes.length);
        const piece = bytes.subarray(start, start + length);
        const rest = Buffer.concat([
          bytes.subarray(0, start),
          put === 'doubled' ? piece : new Uint8Array(),
          bytes.subarray(start + (put === 'doubled' ? 0 : length)),
        ]);
        const place = put === 'moved' ? Math.floor(to * rest.length) : start;
        const more = put === 'moved' ? piece : put === 'doubled' ? new Uint8Array() : put;
        bytes = Buffer.concat([rest.subarray(0, place), more, rest.subarray(place)]);
      }
      if (isTaken(bytes)) taken++;
      else refused++;
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken > 50 && refused > 50, `${taken} were taken, ${refused} not`);
});

void test('forms that are nearly right', () => {
  const bytes = (members: string) =>
    Buffer.from(`{${members}"seq":1,"time":"2026-11-22T07:05:00.000Z","type":"request","v":1}`);
  assert.equal(isTaken(bytes('')), true);
  for (const members of [
    '"data":{"b":1,"a":1},',
    '"data":{"a":1,"a":1},',
    '"data":{"a":1,"a!":1,"a":1},',
    '"data":{"a":-0},',
    '"data":{"a":1.0},',
    '"data":{"a":01},',
    '"data":{"a":1E5},',
    '"data":{"a":NaN},',
    '"data":{"a":Infinity},',
    '"data":{"a":},',
    '"data":{"a":1,},',
    '"data":{"a":[1,]},',
    '"data":[],',
    '"data":{"a":"\\u0041"},',
    '"data":{"a":"\\/"},',
    '"connection":"ehr", ',
    '"parent":{},',
    '"parent":{"session":"s","x":1},',
    '"subject":{"id":"a","issuer":"b","kind":"robot"},',
    '"subject":{"actors":[1],"id":"a","issuer":"b","kind":"person"},',
    '"request":"a","request":"a",',
    `"payload":{"bytes":1,"media":"application/json","sha256":"${'A'.repeat(64)}"},`,
    `"payload":{"bytes":1,"media":"text/html","sha256":"${'a'.repeat(64)}"},`,
    `"payload":{"bytes":1,"media":"application/json","sha256":"${'a'.repeat(63)}"},`,
  ])
    assert.deepEqual([isTaken(bytes(members)), judgeEntry(bytes(members)).ok], [false, false], members);
  for (const members of [
    '"data":{"a":1,"a!":1},',
    '"data":{"":1,"10":1,"2":1,"__proto__":1},',
    '"data":{"a":1e+21,"b":0.1,"c":-5},',
  ])
    assert.equal(isTaken(bytes(members)), true, members);
  const long = Buffer.from(bytes(`"connection":"${'x'.repeat(65_535)}",`));
  assert.deepEqual([isTaken(long), judgeEntry(long).ok], [false, false], 'too long');
});

void test('characters, counts and times at their limits', () => {
  const entry = (connection: string | Uint8Array, seq: string, time: string) =>
    Buffer.concat([
      Buffer.from('{"connection":"'),
      Buffer.from(connection),
      Buffer.from(`","seq":${seq},"time":"${time}","type":"request","v":1}`),
    ]);
  const now = '2026-11-22T07:05:00.000Z';
  for (const hex of [
    'c280',
    'dfbf',
    'e0a080',
    'ed9fbf',
    'ee8080',
    'efbfbf',
    'efbbbf',
    'f0908080',
    'f48fbfbf',
    '7f',
    '20',
  ])
    assert.equal(isTaken(entry(Buffer.from(hex, 'hex'), '1', now)), true, hex);
  const damaged = [
    'c080',
    'c1bf',
    'c27f',
    'c2c0',
    'e09fbf',
    'eda080',
    'edbfbf',
    'e28228',
    'f08fbfbf',
    'f4908080',
    'f5808080',
  ];
  for (const hex of [...damaged, '80', 'bf', 'ff', 'c2', 'e282', 'f09f98', '00', '09', '0a', '1f', '5c', '22'])
    assert.equal(
      isTaken(entry(Buffer.from(hex, 'hex'), '1', now)),
      judgeEntry(entry(Buffer.from(hex, 'hex'), '1', now)).ok,
      hex,
    );
  for (const seq of ['0', '999999999999999']) assert.equal(isTaken(entry('ehr', seq, now)), true, seq);
  for (const seq of ['', '00', '01', '-1', '-0', '1.5', '1e3', '9007199254740993', '99999999999999999', '"1"', 'null'])
    assert.deepEqual([isTaken(entry('ehr', seq, now)), judgeEntry(entry('ehr', seq, now)).ok], [false, false], seq);
  assert.equal(judgeEntry(entry('ehr', '9007199254740991', now)).ok, true);
  for (const time of ['2024-02-29T00:00:00.000Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])
    assert.equal(isTaken(entry('ehr', '1', time)), true, time);
  for (const [from, to] of [
    ['-11-22', '-02-29'],
    ['-11-22', '-02-30'],
    ['-11-22', '-11-31'],
    ['-11-22', '-11-00'],
    ['-11-22', '-13-01'],
    ['-11-22', '-00-01'],
    ['2026-', '+026-'],
    ['2026-', '026- '],
    ['T07', 'T24'],
    ['T07', 'T7 '],
    ['T07', 't07'],
    [':05:', ':60:'],
    [':05:', '.05:'],
    [':00.', ':60.'],
    [':00.', '.00.'],
    ['.000', '.00:'],
    ['.000', ',000'],
    ['.000', '.0000'],
    ['000Z', '000z'],
    ['000Z', '00Z'],
  ] as const) {
    const bytes = entry('ehr', '1', now.replace(from, to));
    assert.deepEqual([isTaken(bytes), judgeEntry(bytes).ok], [false, false], to);
  }
});

void test('a bundle is read as its entries are parsed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(entries(plainText, plainJson), entries(anyText, anyJson)), { minLength: 3, maxLength: 12 }),
      (some) => {
        const kinds = some.filter((entry) => encoded(entry));
        fc.pre(kinds.length > 0);
        const whole = Array.from(
          { length: 256 },
          (_, i): Entry => ({ ...(kinds[i % kinds.length] ?? assert.fail()), seq: 512 + i }),
        );
        const bytes = whole.map(encodeEntry);
        const reading = readBundle(encodeBundle(bytes), 512, 256);
        assert.equal(reading.fault, null);
        assert.deepEqual(
          [...reading.types].map((place) => recordTypes[place]),
          whole.map(({ type }) => type),
        );
        assert.deepEqual(
          [...reading.times],
          whole.map(({ time }) => Date.parse(time)),
        );
        const named = (places: Uint16Array) => [...places].map((place) => reading.names[place - 1]);
        assert.deepEqual(
          named(reading.sessions),
          whole.map(({ session }) => session),
        );
        assert.deepEqual(
          named(reading.requests),
          whole.map(({ request }) => request),
        );
        assert.deepEqual(
          [...reading.payloadBytes],
          whole.map(({ payload }) => payload?.bytes ?? -1),
        );
        assert.equal(
          Buffer.from(reading.digests).toString(),
          whole.map(({ payload }) => payload?.sha256 ?? '').join(''),
        );
        const hashes = bytes.map(leafHash);
        assert.deepEqual(Buffer.from(reading.leaves), Buffer.from(encodeHashes(hashes)));
        assert.deepEqual(reading.root && Buffer.from(reading.root), listRoot(hashes));
      },
    ),
    { numRuns: 15 },
  );
});
