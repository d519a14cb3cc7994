// Signed notes and checkpoints, against a note that another implementation signed.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { openCheckpoint, signCheckpoint } from '../../src/audit/checkpoint.ts';
import { formatVkey, noteKey, openNote, parseVkey, signNote } from '../../src/audit/note.ts';
import { emptyRoot } from '../../src/audit/tree.ts';

// The example in the documentation of Go's golang.org/x/mod/sumdb/note.
const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const note = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

void test('a note signed by another implementation verifies, and altered ones do not', () => {
  const key = parseVkey(vkey);
  assert.ok(key.ok);
  assert.equal(formatVkey(key.value), vkey);
  assert.ok(openNote(note, key.value).ok);
  for (const wrong of [
    note.replace('you', 'we'),
    note.replace('JnAM', 'JnAN'),
    note.replace('Peter', 'Petra'),
    note.slice(0, -1),
    note.replace('\n\n', '\n'),
  ])
    assert.ok(!openNote(wrong, key.value).ok);
});

void test('several signatures: the one asked for counts, unknown ones are carried', () => {
  const signers = ['one.test', 'two.test'].map((name) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { privateKey, key: noteKey(name, publicKey) };
  });
  const [one, two] = signers;
  assert.ok(one && two);
  const checkpoint = { origin: 'one.test', size: 0, root: emptyRoot };
  const both = signCheckpoint(checkpoint, [one, two]);
  assert.deepEqual(openCheckpoint(both, one.key), { ok: true, value: { ...checkpoint, root: Buffer.from(emptyRoot) } });
  assert.equal(openCheckpoint(both, two.key).ok, false, 'the origin is the name of the key');
  assert.ok(openNote(both, two.key).ok);
  assert.equal(openNote(signNote('x\n', [two]), one.key).ok, false);
});
