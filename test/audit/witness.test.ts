// Witnesses: a gate's log and a `chartgate witness`, over HTTP. What they cosign is verified; a rollback and a fork are not cosigned.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { readOnlyFiles } from '../../src/adapters/log-files/read-only-files.ts';
import { Cosigning, type Round } from '../../src/adapters/witness-client/cosigning.ts';
import { parseLogKeys } from '../../src/audit/log-keys.ts';
import { formatVkey } from '../../src/audit/note.ts';
import { decodeProof, encodeProof, verifyProof } from '../../src/audit/tlog-proof.ts';
import { cosignedFile } from '../../src/audit/verify.ts';
import { encodeAddCheckpoint } from '../../src/audit/witness.ts';
import { prove, verifyProofFile } from '../../src/cli/audit-prove.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { type OpenedWitness, openWitness } from '../../src/cli/witness.ts';
import { openedLog } from '../parts/opened-log.ts';
import { capturedIo } from './captured-io.ts';

const root = await mkdtemp(join(tmpdir(), 'chartgate-witness-'));
const state = join(root, 'state');
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
after(() => rm(root, { recursive: true }));

async function write(directory: string, from: number, to: number): Promise<void> {
  const { log } = await openedLog(directory);
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  await Promise.all(numbers.map((n) => log.append({ type: 'heartbeat', data: { n } })));
  await log.close();
}

async function start(name: string, options: { postQuantum?: boolean; log?: string } = {}) {
  const { log = join(state, 'log/log.vkey'), ...rest } = options;
  const opened = await openWitness(join(root, name), { name: `${name}.test`, log: [log], ...rest });
  assert.ok(opened.ok, JSON.stringify(opened));
  const witness: OpenedWitness = opened.value;
  await new Promise<void>((done) => witness.server.listen(0, '127.0.0.1', done));
  let open = true;
  const close = async () => {
    if (open) await witness.close();
    open = false;
  };
  closers.push(close);
  const url = `http://127.0.0.1:${(witness.server.address() as AddressInfo).port}/`;
  return { url, key: witness.key, close };
}

async function ask(directory: string, witnesses: { url: string; key: OpenedWitness['key'] }[], quorum: number) {
  const log = join(directory, 'log');
  const keys = parseLogKeys(await readFile(join(log, 'log.vkey'), 'utf8'));
  assert.ok(keys.ok);
  const cosigning = new Cosigning(readOnlyFiles(log), witnesses, quorum);
  return async (): Promise<Round> => {
    const round = await cosigning.round(keys.value);
    assert.ok(round);
    if (round.cosigned !== null) await writeFile(join(log, cosignedFile), round.cosigned);
    return round;
  };
}

async function verify(dir: string, witnesses: string[], quorum?: number) {
  const lines: string[] = [];
  const options = { checkpoints: witnesses, json: true, home: null, ...(quorum === undefined ? {} : { quorum }) };
  const exit = await auditVerify({ dir, ...options }, (line) => lines.push(line));
  return { exit, ...JSON.parse(lines.join('')) };
}

void test('two witnesses, of either algorithm, cosign a log as it grows; verification holds it to them', async () => {
  await write(state, 0, 300);
  const one = await start('one');
  const two = await start('two', { postQuantum: true });
  const round = await ask(state, [one, two], 2);
  const first = await round();
  assert.deepEqual([...first.outcomes.values()], ['cosigned', 'cosigned']);
  assert.equal(first.size, 300);
  await cp(state, join(root, 'older'), { recursive: true });
  let before = 300;
  for (const size of [301, 700, 1005]) {
    await write(state, before, size);
    before = size;
    assert.deepEqual([...(await round()).outcomes.values()], ['cosigned', 'cosigned'], `at ${size}`);
  }
  const vkeys = [one, two].map(({ key }) => formatVkey(key));
  const verdict = await verify(state, vkeys);
  assert.equal(verdict.exit, 0, JSON.stringify(verdict));
  assert.deepEqual(
    verdict.cosigned.by.map(({ name }: { name: string }) => name),
    ['one.test', 'two.test'],
  );
  const stranger = await start('stranger');
  const lacking = await verify(state, [...vkeys, formatVkey(stranger.key)]);
  assert.equal(lacking.exit, 65);
  assert.equal(lacking.bad.file, cosignedFile);
  assert.equal((await verify(state, [...vkeys, formatVkey(stranger.key)], 2)).exit, 0);
  const [only = ''] = vkeys;
  assert.equal(
    (await verify(state, [only, only], 2)).exit,
    65,
    'one witness is not two, however often its key is given',
  );
  // A restarted witness has forgotten nothing, and needs no name again.
  await one.close();
  const again = await openWitness(join(root, 'one'), { log: [join(state, 'log/log.vkey')] });
  assert.ok(again.ok);
  assert.equal(formatVkey(again.value.key), vkeys[0]);
  await again.value.close();
});

void test('a rolled back log and a forked one are not cosigned, and are told apart', async () => {
  const one = await start('one');
  const older = await (await ask(join(root, 'older'), [one], 1))();
  assert.deepEqual([...older.outcomes.values()], ['rolled_back']);
  assert.equal(older.cosigned, null);
  // With the key of the log somebody writes another history, longer than the one that was cosigned.
  const forked = join(root, 'older');
  await write(forked, 5000, 6000);
  assert.deepEqual([...(await (await ask(forked, [one], 1))()).outcomes.values()], ['forked']);
  // Offline, the cosigned checkpoint alone shows it.
  await cp(join(state, 'log', cosignedFile), join(forked, 'log', cosignedFile));
  const verdict = await verify(forked, []);
  assert.equal(verdict.exit, 65);
  assert.match(verdict.bad.what, /forked or rewritten/);
});

void test('answers of a witness by the letter: 400, 403, 404, 405, 409 with the size, 422', async () => {
  const one = await start('one');
  const post = async (body: string): Promise<readonly [number, string, string | null]> => {
    const response = await fetch(`${one.url}add-checkpoint`, { method: 'POST', body });
    return [response.status, await response.text(), response.headers.get('content-type')];
  };
  const checkpoint = await readFile(join(state, 'log/checkpoint'), 'utf8');
  const hash = Buffer.alloc(32).fill(7);
  assert.equal((await fetch(`${one.url}add-checkpoint`)).status, 405);
  assert.equal((await post('nonsense'))[0], 400);
  assert.equal((await post(`old 01\n\n${checkpoint}`))[0], 400);
  assert.equal((await post(`old 1006\n\n${checkpoint}`))[0], 400);
  assert.equal((await post(`old 0\n${`${hash.toString('base64')}\n`.repeat(64)}\n${checkpoint}`))[0], 400);
  assert.equal(
    (await post(encodeAddCheckpoint({ old: 0, proof: [], checkpoint: checkpoint.replace('gate', 'gaze') })))[0],
    404,
  );
  assert.equal(
    (await post(encodeAddCheckpoint({ old: 0, proof: [], checkpoint: checkpoint.replace('\n1005\n', '\n1006\n') })))[0],
    403,
  );
  const conflict = await post(encodeAddCheckpoint({ old: 0, proof: [], checkpoint }));
  assert.deepEqual(conflict, [409, '1005\n', 'text/x.tlog.size']);
  await write(state, 0, 1);
  const next = await readFile(join(state, 'log/checkpoint'), 'utf8');
  assert.equal((await post(encodeAddCheckpoint({ old: 1005, proof: [hash], checkpoint: next })))[0], 422);
});

void test('a witness that does not answer, or lies, counts for nothing and keeps no quorum', async () => {
  const [one, two] = [await start('one'), await start('two')];
  const down = { url: 'http://127.0.0.1:1', key: two.key };
  const posing = { url: one.url, key: two.key };
  const round = await (await ask(state, [one, down], 2))();
  assert.deepEqual(Object.fromEntries(round.outcomes), { 'one.test': 'cosigned', 'two.test': 'unreachable' });
  assert.equal(round.cosigned, null);
  assert.deepEqual([...(await (await ask(state, [posing], 1))()).outcomes.values()], ['unusable']);
});

void test('a proof of one entry is verified with nothing but the file and keys', async () => {
  const [one, two] = [await start('one'), await start('two')];
  await (await ask(state, [one, two], 2))();
  const file = join(root, 'entry.tlog-proof');
  const io = capturedIo();
  for (const seq of [0, 255, 256, 777, 1005]) {
    assert.equal(await prove(io, state, String(seq), { output: file }), 0, io.text());
    const key = [join(state, 'log/log.vkey')];
    const witness = [one, two].map((each) => formatVkey(each.key));
    assert.equal(await verifyProofFile(io, file, { key, witness }), 0, io.text());
    const proof = decodeProof(await readFile(file, 'utf8'));
    assert.ok(proof.ok);
    assert.equal(encodeProof(proof.value), await readFile(file, 'utf8'));
    const keys = parseLogKeys(await readFile(key[0] ?? '', 'utf8'));
    assert.ok(keys.ok);
    for (const wrong of [
      { ...proof.value, index: seq + 1 },
      { ...proof.value, hashes: proof.value.hashes.slice(1) },
      { ...proof.value, extra: Buffer.from('{}') },
      { ...proof.value, extra: null },
      { ...proof.value, checkpoint: proof.value.checkpoint.replace('\n1006\n', '\n1007\n') },
    ])
      assert.equal(verifyProof(wrong, keys.value).ok, false, `entry ${seq}`);
    assert.equal(await verifyProofFile(io, file, { key: witness }), 65);
  }
  assert.equal(await prove(io, state, '100000', {}), 66);
  for (const text of [
    '',
    'c2sp.org/tlog-proof@v1\n\n',
    'c2sp.org/tlog-proof@v1\nindex 01\n\n',
    'c2sp.org/tlog-proof@v2\nindex 1\n\nx',
  ])
    assert.equal(decodeProof(text).ok, false);
});
