// An evidence package of a real log: what it counts is what was written, it verifies with a key alone, and whatever is done to it is
// found and named, also by one who makes the manifest anew.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { controls } from '../../src/audit/evidence/controls.ts';
import { packageJson } from '../../src/audit/evidence/package.ts';
import { stretchRoot } from '../../src/audit/evidence/range.ts';
import { performAgain } from '../../src/audit/evidence/sample.ts';
import { formatVkey, noteKey, signatureLine } from '../../src/audit/note.ts';
import { inclusionProof, leafHash, listRoot } from '../../src/audit/tree.ts';
import { type EvidenceOptions, evidence } from '../../src/cli/evidence.ts';
import { verifyEvidence } from '../../src/cli/verify-evidence.ts';
import type { RecordInput } from '../../src/core/record.ts';
import { capturedIo } from './captured-io.ts';
import { openDatedLog } from './dated-log.ts';

const minute = 60_000;
const start = Date.UTC(2026, 9, 31, 21);
const subject = { id: 'ana', issuer: 'https://idp.test', kind: 'person' } as const;
const [from, to] = ['2026-11-01', '2026-11-02'];
let root = '';
let state = '';
let whole = '';
let vkey = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chartgate-evidence-'));
  [state, whole] = [join(root, 'state'), join(root, 'package')];
  vkey = await write(state);
  const made = capturedIo();
  assert.equal(await evidence(made, options(whole)), 0, made.text());
});

after(() => rm(root, { recursive: true, force: true }));

function options(output: string): EvidenceOptions {
  return { from, to, output, dir: state };
}

/** 3 h before the period, the day of it, 2 h after; one request with its answer each 6 minutes, and a change of keys before it. */
async function write(directory: string, secondSignature = false): Promise<string> {
  const dated = await openDatedLog(directory, start, secondSignature);
  const { log, rotation } = dated;
  const add = (record: RecordInput) => log.append(record);
  const born = log.vkey;
  for (let i = 0; i < (3 + 24 + 2) * 10; i++) {
    const [session, request] = [`s_${i % 7}`, `r_${i}`];
    const data = {
      effect: i % 10 === 0 ? 'deny' : 'allow',
      rule: 'analysts',
      policy: 'p1',
      unmask: [],
      code: 'denied',
    };
    await Promise.all([
      add({ type: 'request', session, request, subject, connection: 'ehr', data }),
      add({ type: 'request.end', session, request, data: { status: 'ok', rows: 3, masked: { name: 2 } } }),
    ]);
    if (i === 20) await rotation.rotate({ id: 'op', issuer: 'local', kind: 'person' }, 0);
    if (i === 100) await add({ type: 'approval.decided', approval: 'a_1', subject, data: { effect: 'approve' } });
    if (i === 101) await add({ type: 'node.stop' });
    dated.now += 6 * minute;
    if (i === 101) await add({ type: 'node.start', data: { replayed: 0 } });
  }
  await log.checkpoint();
  await log.close();
  return born;
}

async function verify(dir: string, key: string | null = vkey): Promise<{ exit: number; said: string }> {
  const io = capturedIo();
  const exit = await verifyEvidence(io, dir, key === null ? {} : { key: [key] });
  return { exit, said: io.text() };
}

async function filesOf(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((each) => relative(dir, join(each.parentPath, each.name)));
}

/** The manifest, made anew by the tamperer. */
async function reseal(dir: string): Promise<void> {
  const manifest: Record<string, { sha256: string; bytes: number }> = {};
  for (const path of (await filesOf(dir)).filter((each) => each !== 'manifest.json').sort()) {
    const bytes = await readFile(join(dir, path));
    manifest[path] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  }
  await writeFile(join(dir, 'manifest.json'), packageJson(manifest));
}

void test('it counts what was written, and its numbers come to the size of the tree', async () => {
  const report = JSON.parse(await readFile(join(whole, 'report.json'), 'utf8'));
  const { scope, tallies } = report;
  assert.equal(tallies.types.request, 240);
  assert.equal(tallies.effects.deny, 24);
  assert.deepEqual(tallies.identities['ana (https://idp.test)'], {
    allow: 216,
    deny: 24,
    'listed acts': 1,
    'masked values': 480,
    requests: 240,
    rows: 720,
  });
  assert.equal(scope.before + scope.records + scope.after, scope.size);
  assert.equal(scope.records, 2 * 240 + 3);
  assert.equal(tallies.gaps.length, 1);
  assert.equal(tallies.gaps[0].how, 'stopped');
  assert.equal(tallies.sample.length, 25);
  assert.equal(tallies.lists.approvals.length, 1);
  const page = await readFile(join(whole, 'index.html'), 'utf8');
  assert.match(page, /evidence, not certification/);
  assert.doesNotMatch(page, /<script|src=|href="[^#]/);
  assert.equal((await readFile(join(whole, 'report.pdf'))).subarray(0, 5).toString(), '%PDF-');
  const proofs = (await filesOf(join(whole, 'proofs'))).length;
  assert.ok(proofs >= 25 + 5 && proofs <= 25 + 6, `${proofs} proofs: sample, ends, neighbours, approval, rotation`);
});

void test('it verifies with the first key of the log alone, and also at its own word, which it says', async () => {
  const known = await verify(whole);
  assert.equal(known.exit, 0, known.said);
  assert.match(known.said, /records {3}483, each proven/);
  assert.doesNotMatch(known.said, /own word/);
  assert.match((await verify(whole, null)).said, /own word/);
});

/** From elsewhere, with nothing of anybody's to find. */
async function byItself(dir: string, ...args: string[]): Promise<{ exit: number; said: string }> {
  return new Promise((settle) => {
    execFile(process.execPath, [join(dir, 'verifier'), ...args], { cwd: '/', env: {} }, (error, said, complained) =>
      settle({ exit: error ? Number(error.code) : 0, said: said + complained }),
    );
  });
}

void test('the verifier in the package verifies it, with Node alone', async (t) => {
  const dir = join(root, 'by-itself');
  await cp(whole, dir, { recursive: true });
  const held = await byItself(dir, '--key', vkey, '--sample');
  assert.equal(held.exit, 0, held.said);
  const theirs = await verify(dir);
  const lines = (said: string) =>
    said.split('\n').filter((line) => /^ {2}\w+ {2}/.test(line) && !line.includes('numbers'));
  assert.deepEqual(lines(held.said).slice(0, lines(theirs.said).length), lines(theirs.said));
  assert.match(held.said, /not compared: report\.pdf, .*\n.*not compared: verifier\//);
  assert.match(held.said, /Sample of 25 requests/);
  assert.equal((await byItself(dir, root)).exit, 65, 'that is no package');
  assert.equal((await byItself(dir, join(root, 'nowhere'))).exit, 66);
  assert.equal((await byItself(dir, '--keys')).exit, 64);
  assert.deepEqual(await byItself(dir, '--help'), { exit: 0, said: (await byItself(dir, '-h')).said });
  assert.match((await byItself(dir, '--help')).said, /^node verifier \[directory\] \[--key vkey\]/);
  await edit(join(dir, 'records.ndjson'), (text) => text.replace('"rows":3', '"rows":4'));
  await reseal(dir);
  const found = await byItself(dir, '--key', vkey);
  assert.equal(found.exit, 65);
  assert.match(found.said, /does NOT hold: .*records\.ndjson/);
  const older = spawnSync(process.execPath, ['--no-experimental-strip-types', join(dir, 'verifier')], {
    encoding: 'utf8',
  });
  assert.equal(older.status, 69);
  assert.match(older.stderr, /^The verifier needs Node 22\.18 or later, .*; this is v\d.*\n$/);
  t.diagnostic(`${(await filesOf(join(whole, 'verifier'))).length} files`);
});

void test('two packages of one log draw the same sample, and another seed draws another', async () => {
  const sampleOf = async (name: string, seed?: string) => {
    const dir = join(root, name);
    const io = capturedIo();
    assert.equal(await evidence(io, { ...options(dir), ...(seed === undefined ? {} : { seed }) }), 0, io.text());
    const { tallies } = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'));
    return tallies.sample.map(({ seq }: { seq: number }) => seq);
  };
  const [again, other] = [await sampleOf('again'), await sampleOf('other', '7')];
  const { tallies } = JSON.parse(await readFile(join(whole, 'report.json'), 'utf8'));
  assert.deepEqual(
    again,
    tallies.sample.map(({ seq }: { seq: number }) => seq),
  );
  assert.notDeepEqual(again, other);
});

void test('the word of a witness comes along where it covers the period, and is asked for by its key', async () => {
  const cosignedState = join(root, 'cosigned');
  await cp(state, cosignedState, { recursive: true });
  const note = await readFile(join(state, 'log/checkpoint'), 'utf8');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = noteKey('witness.test/w1', publicKey, 'cosignature/v1');
  const body = note.slice(0, note.indexOf('\n\n') + 1);
  await writeFile(
    join(cosignedState, 'log/checkpoint.cosigned'),
    note + signatureLine(body, { key, privateKey }, 1_800_000_000),
  );
  const dir = join(root, 'witnessed');
  const made = capturedIo();
  assert.equal(await evidence(made, { ...options(dir), dir: cosignedState }), 0, made.text());
  const io = capturedIo();
  assert.equal(await verifyEvidence(io, dir, { key: [vkey], witness: [formatVkey(key)] }), 0, io.text());
  assert.match(io.text(), /witness {3}witness\.test\/w1 cosigned it at 2027-01-15T08:00:00Z/);
  const stranger = noteKey('witness.test/w2', generateKeyPairSync('ed25519').publicKey, 'cosignature/v1');
  const unmet = capturedIo();
  assert.equal(await verifyEvidence(unmet, dir, { witness: [formatVkey(stranger)] }), 65);
  assert.match(unmet.text(), /checkpoint: it is cosigned by 0 of the witnesses asked for, and 1 are wanted/);
});

void test('an empty period verifies too, and nothing is written over', async () => {
  const dir = join(root, 'empty');
  const io = capturedIo();
  assert.equal(await evidence(io, { ...options(dir), from: '2026-12-01', to: '2026-12-02' }), 0, io.text());
  assert.equal((await verify(dir)).exit, 0);
  assert.equal(await evidence(capturedIo(), options(dir)), 64);
});

interface Tamper {
  readonly what: string;
  /** What the verifier has to say. */
  readonly found: RegExp;
  readonly unsealed?: boolean;
  readonly key?: string;
  /** @param dir of a copy of the package */
  readonly change: (dir: string) => Promise<void>;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const old = await readFile(file, 'utf8');
  const text = change(old);
  assert.notEqual(text, old, 'the tampering changes something');
  await writeFile(file, text);
}

const lines = (change: (lines: string[]) => string[]) => (dir: string) =>
  edit(join(dir, 'records.ndjson'), (text) => `${change(text.trimEnd().split('\n')).join('\n')}\n`);
const other = formatVkey(noteKey('gate.test/chartgate/other', generateKeyPairSync('ed25519').publicKey));

async function anyProof(dir: string, within: boolean): Promise<string> {
  const { scope, tallies } = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'));
  return join(dir, 'proofs', `${within ? tallies.sample[3].seq : scope.before - 1}.tlog-proof`);
}

const tampers: readonly Tamper[] = [
  {
    what: 'a number, by another release',
    found:
      /report\.json: .* is not what the records come to, as chartgate \d[^;]* says it; it was made by chartgate 0\.0\.1, which can tell/,
    change: (dir) =>
      edit(join(dir, 'report.json'), (text) =>
        text.replace('"deny": 24', '"deny": 23').replace(/"by": "chartgate [^"]*"/, '"by": "chartgate 0.0.1"'),
      ),
  },
  {
    what: 'a byte of a record, the manifest left',
    found: /records\.ndjson: it is not the file that the manifest names/,
    unsealed: true,
    change: (dir) => edit(join(dir, 'records.ndjson'), (text) => text.replace('"rows":3', '"rows":4')),
  },
  {
    what: 'a byte of a record, or of all: the root',
    found: /records\.ndjson.*(do not make the root|is not the entry that)/,
    change: lines(([first = '', second = '', ...rest]) => [first, second.replace('"rows":3', '"rows":4'), ...rest]),
  },
  {
    what: 'a record in the middle is dropped',
    found: /records\.ndjson, entry \d+: the record in its place is number \d+/,
    change: lines((all) => all.toSpliced(300, 1)),
  },
  {
    what: 'two records are swapped',
    found: /records\.ndjson, entry \d+: the record in its place/,
    change: lines((all) => all.with(300, all[301] ?? '').with(301, all[300] ?? '')),
  },
  {
    what: 'the last record is dropped',
    // Which of the two, the draw decides: whether the record before it has a proof.
    found: /proofs\/\d+\.tlog-proof, entry \d+: it is missing|entry \d+: this record of the period is left out/,
    change: lines((all) => all.slice(0, -1)),
  },
  {
    what: 'the period is said to begin later, and its first record to be before it',
    found: /proofs\/\d+\.tlog-proof, entry \d+: it is missing|entry \d+: this record of the period is left out/,
    async change(dir) {
      await lines((all) => all.slice(1))(dir);
      await edit(join(dir, 'report.json'), (text) =>
        text.replace(/"before": (\d+)/, (_, count) => `"before": ${Number(count) + 1}`),
      );
    },
  },
  {
    what: 'a longer period is claimed than there are records of',
    found: /records\.ndjson, entry \d+: this record of the period is left out/,
    change: (dir) => edit(join(dir, 'report.json'), (text) => text.replace('"to": "2026-11-02', '"to": "2026-11-03')),
  },
  {
    what: 'a count of the report',
    found: /report\.json: tallies\.effects\.deny is not what the records come to/,
    change: (dir) => edit(join(dir, 'report.json'), (text) => text.replace('"deny": 24', '"deny": 23')),
  },
  {
    what: 'a sentence of the page',
    found: /index\.html: it does not show what report\.json says/,
    change: (dir) => edit(join(dir, 'index.html'), (text) => text.replace('not certification', 'and certification')),
  },
  {
    what: 'a proof of another checkpoint',
    found: /tlog-proof, entry \d+: it is under another checkpoint/,
    change: async (dir) => edit(await anyProof(dir, true), (text) => text.replace(/\n\ngate\.test/, '\n\ngate.text')),
  },
  {
    what: 'the entry a proof holds',
    found: /tlog-proof, entry \d+: the entry it holds is not the one in the log/,
    change: async (dir) =>
      edit(await anyProof(dir, false), (text) =>
        text.replace(/^extra (.*)$/m, (_, base64) => {
          const entry = Buffer.from(base64, 'base64').toString().replace('"ok"', '"no"');
          return `extra ${Buffer.from(entry).toString('base64')}`;
        }),
      ),
  },
  {
    what: 'a proof is taken out',
    found: /tlog-proof, entry \d+: it is missing/,
    change: async (dir) => rm(await anyProof(dir, true)),
  },
  {
    what: 'the size in the checkpoint',
    found: /^The package does NOT hold: checkpoint: /m,
    change: (dir) =>
      edit(join(dir, 'checkpoint'), (text) => text.replace(/^(\d+)$/m, (size) => String(Number(size) + 1))),
  },
  {
    what: 'the first key of the log',
    found: /keys\/log\.vkey: the key that was given is none of its keys/,
    change: (dir) => edit(join(dir, 'keys/log.vkey'), (text) => text.slice(text.indexOf('\n') + 1)),
  },
  {
    what: 'nothing, but the key is that of another log',
    found: /keys\/log\.vkey: the key that was given is none of its keys/,
    key: other,
    change: () => Promise.resolve(),
  },
  {
    what: 'a policy that nobody had',
    found: /policies\/abc\.json: it is not the policy of the digest/,
    change: (dir) => cp(join(dir, 'checkpoint'), join(dir, 'policies/abc.json')),
  },
  {
    what: 'a member of the report twice, the false one first',
    found: /report\.json: it is not written as such a report is/,
    change: (dir) => edit(join(dir, 'report.json'), (text) => text.replace('"deny": 24', '"deny": 2, "deny": 24')),
  },
  {
    what: 'a member of the manifest twice, the false one first',
    found: /manifest\.json: it is not written as a manifest is/,
    unsealed: true,
    change: (dir) => edit(join(dir, 'manifest.json'), (text) => text.replace('{', '{ "checkpoint": {},')),
  },
  {
    what: 'more is said of a file than its digest',
    found: /checkpoint: it is not the file that the manifest names/,
    unsealed: true,
    change: (dir) =>
      edit(join(dir, 'manifest.json'), (text) => text.replace('"sha256"', '"approved": true,\n  "sha256"')),
  },
  {
    what: 'upper-case hex in the manifest',
    found: /: it is not the file that the manifest names/,
    unsealed: true,
    change: (dir) =>
      edit(join(dir, 'manifest.json'), (text) =>
        text.replace(/"sha256": "(.*)"/, (_, digest: string) => `"sha256": "${digest.toUpperCase()}"`),
      ),
  },
  {
    what: 'another print',
    found: /report\.pdf: it does not show what report\.json says/,
    change: (dir) => edit(join(dir, 'report.pdf'), (text) => text.replace('/F1 9 Tf', '/F2 9 Tf')),
  },
  {
    what: 'no print',
    found: /report\.pdf: it does not show what report\.json says/,
    change: (dir) => rm(join(dir, 'report.pdf')),
  },
  {
    what: 'another verifier',
    found: /verifier\/src\/audit\/evidence\/verify\.ts: it is not as in the verifier of chartgate/,
    change: (dir) =>
      edit(join(dir, 'verifier/src/audit/evidence/verify.ts'), (text) =>
        text.replace('if (stray) return fail(stray);', ''),
      ),
  },
  {
    what: 'a part of the verifier is missing',
    found: /verifier\/src\/cli\/io\.ts: it is not as in the verifier of chartgate/,
    change: (dir) => rm(join(dir, 'verifier/src/cli/io.ts')),
  },
  {
    what: 'the verifier has more',
    found: /verifier\/src\/more\.ts: it is not as in the verifier of chartgate/,
    change: (dir) => writeFile(join(dir, 'verifier/src/more.ts'), ''),
  },
  {
    what: 'a record of the export that is none',
    found: /report\.json, entry \d+: this entry is no record of such an export/,
    async change(dir) {
      const { tallies } = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'));
      const [{ seq }] = tallies.sample;
      await edit(join(dir, 'report.json'), (text) => text.replace('"recorded": null', `"recorded": ${seq}`));
    },
  },
  {
    what: 'a record of the export that nothing proves',
    found: /proofs\/0\.tlog-proof, entry 0: it is missing/,
    change: (dir) => edit(join(dir, 'report.json'), (text) => text.replace('"recorded": null', '"recorded": 0')),
  },
  {
    what: 'the last line of the records does not end',
    found: /records\.ndjson: its last line does not end/,
    change: (dir) => edit(join(dir, 'records.ndjson'), (text) => text.trimEnd()),
  },
  {
    what: 'a link to the records in their place',
    found: /records\.ndjson: it is a link/,
    unsealed: true,
    async change(dir) {
      await rename(join(dir, 'records.ndjson'), `${dir}.records`);
      await symlink(`${dir}.records`, join(dir, 'records.ndjson'));
    },
  },
  {
    what: 'a blank line among the records',
    found: /records\.ndjson, entry \d+: /,
    change: lines((all) => all.toSpliced(300, 0, '')),
  },
  {
    what: 'line ends of another system',
    found: /records\.ndjson, entry \d+: /,
    change: lines((all) => all.map((line) => `${line}\r`)),
  },
  {
    what: 'a proof in the name of another entry',
    found: /proofs\/0*1\.tlog-proof, entry \d+: it is the proof of another entry/,
    change: async (dir) => cp(await anyProof(dir, true), join(dir, 'proofs/1.tlog-proof')),
  },
  {
    what: 'a second name of the log in its keys',
    found: /keys\/log\.vkey: /,
    change: (dir) => edit(join(dir, 'keys/log.vkey'), (text) => `${text}${other}\n`),
  },
  {
    what: 'a directory where a file was',
    found: /policies\/aa\.json|policies/,
    unsealed: true,
    async change(dir) {
      await cp(join(dir, 'checkpoint'), join(dir, 'policies/aa.json/checkpoint'));
    },
  },
  {
    what: 'a file more',
    found: /more\.txt: it is in the directory, and not in the manifest/,
    unsealed: true,
    change: (dir) => writeFile(join(dir, 'more.txt'), 'more'),
  },
];

for (const { what, found, unsealed, key, change } of tampers)
  void test(`tampered with: ${what}`, async () => {
    const dir = await mkdtemp(join(root, 'tampered-'));
    await cp(whole, dir, { recursive: true });
    await change(dir);
    if (!unsealed) await reseal(dir);
    const { exit, said } = await verify(dir, key ?? vkey);
    assert.notEqual(exit, 0);
    assert.match(said, found);
  });

/** Another note in place of the checkpoint, in every proof too. */
async function underNote(dir: string, change: (note: string) => string): Promise<void> {
  const note = await readFile(join(dir, 'checkpoint'), 'utf8');
  await edit(join(dir, 'checkpoint'), change);
  for (const name of await readdir(join(dir, 'proofs')))
    await edit(join(dir, 'proofs', name), (text) => text.replace(note, () => change(note)));
}

void test('a second signature is checked where there is one, and whoever leaves it out is found', async () => {
  const [twice, made] = [join(root, 'twice'), join(root, 'package-twice')];
  const first = await write(twice, true);
  const io = capturedIo();
  assert.equal(await evidence(io, { ...options(made), dir: twice }), 0, io.text());
  const both = await verify(made, first);
  assert.equal(both.exit, 0, both.said);
  assert.match(both.said, /signed {4}Ed25519 and ML-DSA-44, both checked/);
  assert.match((await verify(whole)).said, /signed {4}Ed25519, checked\n/);
  const json = capturedIo();
  assert.equal(await verifyEvidence(json, made, { key: [first], json: true }), 0);
  const { secondVkey, unchecked } = JSON.parse(json.text());
  assert.deepEqual([typeof secondVkey, unchecked], ['string', 0]);

  const copy = async (): Promise<string> => {
    const dir = await mkdtemp(join(root, 'twice-'));
    await cp(made, dir, { recursive: true });
    return dir;
  };
  const judged = async (dir: string, ...keys: string[]): Promise<string> => {
    await reseal(dir);
    const out = capturedIo();
    await verifyEvidence(out, dir, { key: keys });
    return out.text();
  };
  // The lines of a note: text, nothing, Ed25519, ML-DSA-44 (which is by far the longest).
  const second = (note: string): string => note.split('\n').find((line) => line.length > 2_000) ?? '';
  const dropAdded = async (dir: string): Promise<void> => {
    let dropped = 0;
    for (const name of await readdir(join(dir, 'proofs'))) {
      const file = join(dir, 'proofs', name);
      const [, extra = ''] = /^extra (.*)$/m.exec(await readFile(file, 'utf8')) ?? [];
      if (!Buffer.from(extra, 'base64').includes('key.added')) continue;
      dropped++;
      await rm(file);
    }
    assert.equal(dropped, 2, 'the key from the start, and the one of the rotation');
  };
  const without = await copy();
  await underNote(without, (note) => note.replace(`${second(note)}\n`, ''));
  assert.match(await judged(without, first), /checkpoint: the ML-DSA-44 signature, which it has to have, is missing/);
  const false2 = await copy();
  await underNote(false2, (note) => {
    const line = second(note);
    const at = line.length - 40;
    return note.replace(line, `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`);
  });
  assert.match(await judged(false2, first), /checkpoint: the ML-DSA-44 signature, which it has to have, is missing/);

  // Without the proof of the key nobody here can know; it says so, and who knows the key finds it.
  const unproven = await copy();
  await dropAdded(unproven);
  assert.match(await judged(unproven, first), /Ed25519, checked; 1 more in its name not, for want of the key/);
  assert.match(await judged(unproven, first, secondVkey), /Ed25519 and ML-DSA-44, both checked/);
  await dropAdded(without);
  assert.match(await judged(without, first), /report\.json: scope\.signatures is not what/);
  assert.match(
    await judged(without, first, secondVkey),
    /checkpoint: the ML-DSA-44 signature.*is missing or not valid/,
  );
  assert.match(await judged(await copy(), first, secondVkey), /both checked/);
});

void test('every stretch of every tree of up to 12 leaves makes its root, and no other leaf does', async () => {
  for (let size = 1; size <= 12; size++) {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from([i])));
    const subtree = async (height: number, index: number) =>
      listRoot(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height));
    for (let first = 0; first < size; first++)
      for (let last = first; last < size; last++) {
        const ends = await Promise.all(
          [first, last].map(async (index) => ({ index, hashes: await inclusionProof(index, size, subtree) })),
        );
        const [head, tail] = ends;
        assert.ok(head && tail);
        const stretch = leaves.slice(first, last + 1);
        assert.deepEqual(stretchRoot(stretch, head, tail, size), listRoot(leaves));
        const wrong = stretch.with(Math.floor(stretch.length / 2), leafHash(Buffer.from('other')));
        assert.notDeepEqual(stretchRoot(wrong, head, tail, size), listRoot(leaves));
      }
  }
});

test('the control matrix has every standard and implementation specification of the four sections', () => {
  const count = (prefix: string): number => controls.filter(({ section }) => section.startsWith(prefix)).length;
  // 45 CFR 164, Subpart C: (a)(1)–(8) and (b) of .308; (a)–(d) of .310; (a)–(e) of .312; (a) and (b) of .316.
  const parts = {
    '308(a)(1)': 5,
    '308(a)(2)': 1,
    '308(a)(3)': 4,
    '308(a)(4)': 4,
    '308(a)(5)': 5,
    '308(a)(6)': 2,
    '308(a)(7)': 6,
  };
  const more = {
    '308(a)(8)': 1,
    '308(b)': 3,
    '310(a)': 5,
    '310(b)': 1,
    '310(c)': 1,
    '310(d)': 5,
    '312(a)': 5,
    '312(b)': 1,
  };
  const last = { '312(c)': 2, '312(d)': 1, '312(e)': 3, '316(a)': 1, '316(b)': 4 };
  for (const [part, wanted] of Object.entries({ ...parts, ...more, ...last }))
    assert.equal(count(`164.${part}`), wanted, part);
  assert.equal(controls.length, 60);
  assert.equal(new Set(controls.map(({ section }) => section)).size, 60);
  // Appendix A to the subpart: (R) and (A).
  assert.equal(controls.filter(({ kind }) => kind === 'addressable').length, 22);
  for (const { status, records, section } of controls) assert.ok(status !== 'duty' || records.length === 0, section);
});

test('a sampled decision is held against the rule it names', () => {
  const rules = [
    { name: 'reads', effect: { kind: 'allow' } },
    { name: 'never', effect: { kind: 'deny' } },
    { name: 'ask', effect: { kind: 'hold' } },
  ];
  const verdict = (rule: string, effect: string, approval?: string): string => {
    const entry = { v: 1, seq: 1, time: '', type: 'request', data: { rule, effect, policy: 'p' } } as const;
    const known = approval === undefined ? entry : { ...entry, approval };
    return performAgain(known, (digest) => (digest === 'p' ? JSON.stringify({ rules }) : undefined)).verdict;
  };
  assert.deepEqual(
    [
      verdict('reads', 'allow'),
      verdict('reads', 'deny'),
      verdict('never', 'deny'),
      verdict('ask', 'hold'),
      verdict('ask', 'allow', 'a_1'),
    ],
    ['agrees', 'agrees', 'agrees', 'agrees', 'agrees'],
  );
  assert.deepEqual(
    [verdict('never', 'allow'), verdict('ask', 'allow'), verdict('invented', 'allow')],
    ['wrong', 'wrong', 'wrong'],
  );
  assert.equal(verdict('builtin:list', 'allow'), 'built in');
  assert.equal(verdict('builtin:break-glass', 'allow'), 'wrong', 'this policy lets nobody');
  const broken = { rule: 'builtin:break-glass', effect: 'allow', policy: 'p' };
  const underGlass = { v: 1, seq: 1, time: '', type: 'request', data: broken } as const;
  assert.equal(performAgain(underGlass, () => JSON.stringify({ rules, breakGlass: {} })).verdict, 'agrees');
  const elsewhere = { v: 1, seq: 1, time: '', type: 'request', data: { rule: 'reads', policy: 'q' } } as const;
  assert.equal(performAgain(elsewhere, () => undefined).verdict, 'unknown');
});
