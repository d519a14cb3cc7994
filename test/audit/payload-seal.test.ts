// Payloads at rest, held against RFC 2104, RFC 5869 and NIST SP 800-38A as node:crypto has them: someone who has the format's page and
// the key has to be able to read them.

import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { PayloadFiles } from '../../src/adapters/log-files/payload-files.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { openPayload, PayloadSealer } from '../../src/audit/payload-seal.ts';
import { PreparedHmac } from '../../src/audit/prepared-hmac.ts';
import { sessionKey, unwrapKey, wrapKey } from '../../src/audit/session-key.ts';
import { MemoryDisk } from './log-storage.ts';

const raw = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const lengths = [0, 1, 15, 16, 17, 31, 63, 64, 65, 400, 5_000, 65_511, 65_512, 65_513, 65_528, 65_529, 200_000];

test('a prepared digest is that of HMAC, whatever the length', () => {
  for (const keyBytes of [0, 1, 32, 64]) {
    const key = randomBytes(keyBytes);
    const prepared = new PreparedHmac(key);
    for (const length of lengths) {
      const [head, body] = [randomBytes(8), randomBytes(length)];
      const expected = createHmac('sha256', key).update(head).update(body).digest('hex');
      assert.equal(Buffer.from(prepared.of(head, body), 'latin1').toString('hex'), expected, `${keyBytes}, ${length}`);
    }
  }
});

/** As docs/reference/log-format.md has it, and with nothing of ours. */
function readByThePage(session: string, seq: number, blob: Buffer): Buffer {
  const keys = Buffer.from(hkdfSync('sha256', raw, '', `chartgate payload\n${session}`, 64));
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  const tag = createHmac('sha256', keys.subarray(32)).update(number).update(blob.subarray(0, -16)).digest();
  assert.deepEqual(tag.subarray(0, 16), blob.subarray(-16));
  const position = Number(blob.readBigUInt64BE(8));
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(Math.floor(position / 16)), 8);
  const stream = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), counter);
  return Buffer.concat([stream.update(Buffer.alloc(position % 16)), stream.update(blob.subarray(16, -16))]).subarray(
    position % 16,
  );
}

test('the payloads of a session are one stream, and each opens by itself', () => {
  const key = sessionKey('s_1', raw);
  const sealer = new PayloadSealer(key);
  const texts = lengths.map((length) => randomBytes(length));
  let position = 0;
  const blobs = texts.map((text, seq) => {
    const blob = Buffer.from(sealer.seal(seq, text));
    assert.equal(blob.subarray(0, 8).toString('hex'), key.id);
    assert.equal(Number(blob.readBigUInt64BE(8)), position, 'no byte of the stream serves twice');
    position += text.length;
    return blob;
  });
  for (const [seq, blob] of [...blobs.entries()].toReversed()) {
    assert.deepEqual(Buffer.from(openPayload(key, seq, blob) ?? 'none'), texts[seq]);
    assert.deepEqual(readByThePage('s_1', seq, blob), texts[seq]);
  }
});

test('the stream goes on beyond four gigabytes', () => {
  const key = sessionKey('s_1', raw);
  const keys = Buffer.from(hkdfSync('sha256', raw, '', 'chartgate payload\ns_1', 64));
  const head = Buffer.alloc(16);
  head.set(key.idBytes);
  head.writeBigUInt64BE(2n ** 40n + 5n, 8);
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(2n ** 36n, 8);
  const stream = createCipheriv('aes-256-ctr', keys.subarray(0, 32), counter);
  stream.update(Buffer.alloc(5));
  const sealed = Buffer.concat([head, stream.update('the patient is well')]);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(2n ** 33n + 7n);
  const tag = createHmac('sha256', keys.subarray(32)).update(number).update(sealed).digest().subarray(0, 16);
  const plain = openPayload(key, 2 ** 33 + 7, Buffer.concat([sealed, tag]));
  assert.equal(Buffer.from(plain ?? 'none').toString(), 'the patient is well');
});

test('whatever is altered does not open', () => {
  const key = sessionKey('s_1', raw);
  const sealer = new PayloadSealer(key);
  sealer.seal(0, randomBytes(37));
  const blob = Buffer.from(sealer.seal(1, Buffer.from('the patient is well')));
  assert.ok(openPayload(key, 1, blob));
  assert.equal(openPayload(key, 2, blob), undefined, 'another entry');
  assert.equal(openPayload(sessionKey('s_2', raw), 1, blob), undefined, 'another session with the same bits');
  assert.equal(openPayload(sessionKey('s_1', randomBytes(32)), 1, blob), undefined, 'another key');
  for (let length = 0; length < blob.length; length++)
    assert.equal(openPayload(key, 1, blob.subarray(0, length)), undefined, `cut to ${length}`);
  for (let bit = 0; bit < 8 * blob.length; bit++) {
    const altered = Buffer.from(blob);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(openPayload(key, 1, altered), undefined, `bit ${bit}`);
  }
});

test('what was sealed each on its own, before there was a stream, opens as it did', () => {
  const kek = createSecretKey(randomBytes(32));
  const key = sessionKey('s_1', raw, 'single');
  assert.equal(key.id, '253d72462dff0449');
  const unwrapped = unwrapKey(kek, 's_1', key.id, wrapKey(kek, key, randomBytes(12)));
  assert.equal(unwrapped?.form, 'single');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', raw, nonce).setAAD(Buffer.from('s_1\n41'));
  const sealed = [cipher.update('the patient is well'), cipher.final(), cipher.getAuthTag()];
  const blob = Buffer.concat([key.idBytes, nonce, ...sealed]);
  assert.equal(Buffer.from(openPayload(unwrapped, 41, blob) ?? 'none').toString(), 'the patient is well');
  assert.equal(openPayload(unwrapped, 42, blob), undefined);
});

test('a key is known by its name for what it is', () => {
  const kek = createSecretKey(randomBytes(32));
  const key = sessionKey('s_1', raw);
  const wrapped = wrapKey(kek, key, randomBytes(12));
  assert.equal(unwrapKey(kek, 's_1', key.id, wrapped)?.form, 'stream');
  assert.equal(unwrapKey(kek, 's_1', sessionKey('s_1', randomBytes(32)).id, wrapped), undefined);
  assert.equal(unwrapKey(kek, 's_2', key.id, wrapped), undefined);
});

test('after a payload that could not be sealed the session goes on with another key', () => {
  const payloads = new PayloadFiles(new MemoryDisk(), randomBytes(32), systemRandom);
  const first = payloads.seal('s_1', 0, Buffer.from('one'));
  assert.ok(first.wrappedKey.length > 0);
  assert.equal(payloads.seal('s_1', 1, Buffer.from('two')).wrappedKey.length, 0);
  assert.throws(() => payloads.seal('s_1', 2, { length: 3 } as unknown as Uint8Array), TypeError);
  const next = payloads.seal('s_1', 2, Buffer.from('three'));
  assert.ok(next.wrappedKey.length > 0);
  assert.notDeepEqual(next.blob.subarray(0, 8), first.blob.subarray(0, 8));
});
