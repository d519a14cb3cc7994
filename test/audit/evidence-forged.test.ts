// Evidence packages by a forger who has the public part of the log and this very program, but no key: report, page, print and manifest
// fit each other, and what they say is still not so.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { printReport } from '../../src/adapters/evidence-pdf/print.ts';
import { readOnlyFiles } from '../../src/adapters/log-files/read-only-files.ts';
import { openCheckpointOf } from '../../src/audit/checkpoint.ts';
import { decodeEntry } from '../../src/audit/entry.ts';
import { collect } from '../../src/audit/evidence/collect.ts';
import { packageJson } from '../../src/audit/evidence/package.ts';
import { type EvidenceReport, type Making, reportOf, type Scope } from '../../src/audit/evidence/report.ts';
import { Tally } from '../../src/audit/evidence/tally.ts';
import { parseLogKeys } from '../../src/audit/log-keys.ts';
import { prove } from '../../src/cli/audit-prove.ts';
import { evidence } from '../../src/cli/evidence.ts';
import { evidencePage } from '../../src/cli/evidence-page.ts';
import { verifyEvidence } from '../../src/cli/verify-evidence.ts';
import type { RecordInput } from '../../src/core/record.ts';
import { capturedIo } from './captured-io.ts';
import { openDatedLog } from './dated-log.ts';

const hour = 3_600_000;
const [from, to] = ['2026-11-01', '2026-11-02'];
const period = { from: `${from}T00:00:00.000Z`, to: `${to}T00:00:00.000Z` };
const midnight = Date.parse(from);
let root = '';
let state = '';
let whole = '';
let vkey = '';
/** The entry that says of an export of the period, with a seed; the first after it. */
let exported = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chartgate-forged-'));
  [state, whole] = [join(root, 'state'), join(root, 'package')];
  const hours = [-2, -1, 1, 2, 3, 4, 25];
  exported = hours.length;
  const records = hours.map((at): [number, RecordInput] => [at, request(at)]);
  const data = { ...period, seed: 'chosen' };
  vkey = await write(state, [...records, [26, { type: 'evidence.exported', data }], [27, request(27)]]);
  await make(whole, state);
});

after(() => rm(root, { recursive: true, force: true }));

const request = (n: number): RecordInput => ({
  type: 'auth.accepted',
  session: `s_${n}`,
  subject: { id: `who${n}`, issuer: 'https://idp.test', kind: 'person' },
});

/** Records, each so many hours after the period begins. Returns the log's key. */
async function write(directory: string, records: readonly (readonly [number, RecordInput])[]): Promise<string> {
  const dated = await openDatedLog(directory, 0);
  const { log } = dated;
  for (const [at, record] of records) {
    dated.now = midnight + at * hour;
    await log.append(record);
  }
  await log.checkpoint();
  await log.close();
  return log.vkey;
}

async function make(
  output: string,
  dir: string,
  more: { from?: string; to?: string; seed?: string } = {},
): Promise<void> {
  const io = capturedIo();
  assert.equal(await evidence(io, { from, to, output, dir, ...more }), 0, io.text());
}

async function verify(dir: string, key = vkey): Promise<{ exit: number; said: string }> {
  const io = capturedIo();
  return { exit: await verifyEvidence(io, dir, { key: [key] }), said: io.text() };
}

async function copy(dir: string): Promise<string> {
  const forged = await mkdtemp(join(root, 'forged-'));
  await cp(dir, forged, { recursive: true });
  return forged;
}

async function reportIn(dir: string): Promise<EvidenceReport> {
  return JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'));
}

/** All that is made of the records, made again, to say what the forger wants; and the manifest of it. */
async function retell(dir: string, scope: Partial<Scope>, making: Partial<Making> = {}): Promise<void> {
  const old = await reportIn(dir);
  const said = { ...old.scope, ...scope };
  const told = { ...old.making, ...making };
  const tally = new Tally(said.seed, told.patient?.entries);
  const lines = (await readFile(join(dir, 'records.ndjson'), 'utf8')).split('\n').filter((line) => line !== '');
  const times: string[] = [];
  for (const line of lines) {
    const entry = decodeEntry(Buffer.from(line));
    assert.ok(entry.ok);
    tally.see(entry.value);
    times.push(entry.value.time);
  }
  const [records, firstTime, lastTime] = [lines.length, times[0] ?? null, times.at(-1) ?? null];
  const counted = { ...said, records, after: said.size - said.before - records, firstTime, lastTime };
  const report = reportOf(counted, tally.tallies(), told);
  await writeFile(join(dir, 'report.json'), packageJson(report));
  await writeFile(join(dir, 'index.html'), evidencePage(report));
  await writeFile(join(dir, 'report.pdf'), await printReport(report));
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => relative(dir, join(each.parentPath, each.name)));
  const manifest: Record<string, { sha256: string; bytes: number }> = {};
  for (const path of files.filter((each) => each !== 'manifest.json').sort()) {
    const bytes = await readFile(join(dir, path));
    manifest[path] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  }
  await writeFile(join(dir, 'manifest.json'), packageJson(manifest));
}

async function foundIn(dir: string, found: RegExp, key?: string): Promise<void> {
  const { exit, said } = await verify(dir, key);
  assert.equal(exit, 65, said);
  assert.match(said, found);
}

void test('told again as it is, the package holds', async () => {
  const dir = await copy(whole);
  await retell(dir, {});
  const { exit, said } = await verify(dir);
  assert.equal(exit, 0, said);
  assert.match(said, /sample {4}0 requests, drawn by the root of the tree/);
});

void test('a file that people may take for a part of it is none', async () => {
  for (const name of ['attestation.pdf', 'index.htm', 'keys/other.vkey', 'Manifest.json']) {
    const dir = await copy(whole);
    await writeFile(join(dir, name), 'This hospital complies.');
    await retell(dir, {});
    await foundIn(dir, new RegExp(`NOT hold: ${name}: nothing of that name belongs to a package`));
  }
});

void test('the maker cannot put sentences into the report', async () => {
  const sentence = 'Certified to comply with HIPAA';
  const notOne = /report\.json: it is not the report of such a package/;
  for (const making of [
    { made: `2 Nov 2026 (${sentence})` },
    { made: to },
    { by: sentence },
    { by: `chartgate 1.0.0 ${sentence}` },
  ]) {
    const dir = await copy(whole);
    await retell(dir, {}, making);
    await foundIn(dir, notOne);
  }
  const dir = await copy(whole);
  await retell(dir, { seed: sentence });
  await foundIn(dir, notOne);
});

void test('a period with records is not told as an empty one', async () => {
  for (const elsewhere of [
    { from: '2026-12-01', to: '2026-12-02' },
    { from: '2026-09-01', to: '2026-09-02' },
  ]) {
    const dir = join(root, `empty-${elsewhere.from}`);
    await make(dir, state, elsewhere);
    assert.equal((await reportIn(dir)).scope.records, 0);
    assert.equal((await verify(dir)).exit, 0);
    await retell(dir, period);
    await foundIn(dir, /records\.ndjson, entry \d+: this record of the period is left out/);
  }
});

void test('a period is not over where the clock was set back', async () => {
  const set = join(root, 'set-back');
  const start = [-3, { type: 'node.start', data: { replayed: 0 } }] as const;
  const at = (hours: number) => [hours, request(hours)] as const;
  const key = await write(set, [at(-2), at(1), at(2), at(3), start, at(-2), at(4), at(5), at(30), at(31)]);
  const dir = join(root, 'set-back-package');
  await make(dir, set);
  assert.equal((await verify(dir, key)).exit, 0);
  assert.equal((await reportIn(dir)).scope.records, 7);
  // Cut off before the start: the records that came after it are of the period, and their neighbour is not.
  const lines = (await readFile(join(dir, 'records.ndjson'), 'utf8')).split('\n');
  await writeFile(join(dir, 'records.ndjson'), `${lines.slice(0, 3).join('\n')}\n`);
  for (const seq of ['3', '4'])
    assert.equal(await prove(capturedIo(), set, seq, { output: join(dir, `proofs/${seq}.tlog-proof`) }), 0);
  await retell(dir, {});
  await foundIn(dir, /entry 4: this record of the period is left out/, key);
});

void test('a period is not over where the clock had run ahead, as the record of the export says', async () => {
  const ahead = join(root, 'ahead');
  const start = [3, { type: 'node.start', data: { replayed: 0 } }] as const;
  const at = (hours: number) => [hours, request(hours)] as const;
  const record = [29, { type: 'evidence.exported', data: { ...period, first: 1, last: 5 } }] as const;
  // Ahead by days, and set back: what comes then is of the period too.
  const key = await write(ahead, [at(-1), at(1), at(2), at(90), start, at(4), at(28), record]);
  const dir = join(root, 'ahead-package');
  await make(dir, ahead);
  assert.equal((await reportIn(dir)).scope.records, 5);
  for (const seq of ['2', '3', '7'])
    assert.equal(await prove(capturedIo(), ahead, seq, { output: join(dir, `proofs/${seq}.tlog-proof`) }), 0);
  await retell(dir, {}, { recorded: 7 });
  const all = await verify(dir, key);
  assert.equal(all.exit, 0, all.said);
  assert.match(all.said, /whole .*by entry 7, the gate's record of this export/);
  const lines = (await readFile(join(dir, 'records.ndjson'), 'utf8')).split('\n');
  await writeFile(join(dir, 'records.ndjson'), `${lines.slice(0, 2).join('\n')}\n`);
  await retell(dir, {});
  await foundIn(
    dir,
    /records\.ndjson, entry 5: entry 7 says that this record is of the period, and it is left out/,
    key,
  );
  // Whoever leaves the record out as well is not told to have made it whole.
  await rm(join(dir, 'proofs/7.tlog-proof'));
  await retell(dir, {}, { recorded: null });
  assert.match(
    (await verify(dir, key)).said,
    /whole .*only its record of the export tells, and none is under this checkpoint/,
  );
});

void test('what a witness has cosigned does not leave out what came later by a clock that was set back', async () => {
  const late = join(root, 'late');
  const start = [3, { type: 'node.start', data: { replayed: 0 } }] as const;
  const at = (hours: number) => [hours, request(hours)] as const;
  await write(late, [at(-1), at(1), at(90)]);
  const cosigned = await readFile(join(late, 'log/checkpoint'), 'utf8');
  await write(late, [start, at(4)]);
  await writeFile(join(late, 'log/checkpoint.cosigned'), cosigned);
  const dir = join(root, 'late-package');
  await make(dir, late);
  const { records, size } = (await reportIn(dir)).scope;
  assert.deepEqual([records, size], [4, 5]);
});

void test('what stands before and behind a period where the clock was wrong is in it, and no more', async () => {
  const set = join(root, 'wrong');
  const start = (hours: number) => [hours, { type: 'node.start', data: { replayed: 0 } }] as const;
  const at = (hours: number) => [hours, request(hours)] as const;
  // Ahead by days, set back, in the period, and set back again until the log ends.
  const key = await write(set, [at(-2), at(90), start(1), at(2), start(-5), at(-4)]);
  const dir = join(root, 'wrong-package');
  await make(dir, set);
  const { exit, said } = await verify(dir, key);
  assert.equal(exit, 0, said);
  const { before: ahead, records, after: behind } = (await reportIn(dir)).scope;
  assert.deepEqual([ahead, records, behind], [1, 5, 0]);
});

void test('what is said to be about a patient is an answer of the period, as it stands in the log', async () => {
  const seen = join(root, 'seen');
  const { subject } = request(0);
  const data = {
    relations: ['public.patients'],
    phi: ['name', 'ssn'],
    unmask: ['name'],
    masked: { ssn: 1, phone: 2 },
    patients: 1,
  };
  const disclosure = { type: 'disclosure', session: 's_1', request: 'r_1', connection: 'ehr', data } as const;
  const answer: RecordInput = { ...disclosure, ...(subject ? { subject } : {}) };
  const key = await write(seen, [
    [1, request(1)],
    [2, answer],
    [3, answer],
    [25, answer],
  ]);
  const dir = join(root, 'seen-package');
  await make(dir, seen);
  await retell(dir, {}, { patient: { entries: [1, 2], unnamed: 4, shredded: 0 } });
  const { exit, said } = await verify(dir, key);
  assert.equal(exit, 0, said);
  const { sections } = await reportIn(dir);
  const [table] = sections.find(({ title }) => title === 'Access by patient')?.tables ?? [];
  assert.deepEqual(table?.rows[0]?.slice(2), [
    'who0 (https://idp.test)',
    'ehr',
    'public.patients',
    'name',
    'ssn phone',
  ]);
  const stranger = (seq: number) =>
    new RegExp(`report\\.json, entry ${seq}: this entry, which is said to be about the patient, is no answer`);
  for (const entries of [[0], [1, 3], [1, 70]]) {
    await retell(dir, {}, { patient: { entries, unnamed: 0, shredded: 0 } });
    await foundIn(dir, stranger(entries.at(-1) ?? 0), key);
  }
  for (const entries of [
    [2, 1],
    [1, 1],
  ]) {
    await retell(dir, {}, { patient: { entries, unnamed: 0, shredded: 0 } });
    await foundIn(dir, /report\.json: it is not the report of such a package/, key);
  }
});

void test('answers whose session was shredded are not passed over in silence', async () => {
  const shredded = join(root, 'shredded');
  const [of] = ['s_1', 's_2'].map((session): RecordInput => ({ type: 'disclosure', session, data: { patients: 1 } }));
  assert.ok(of);
  const gone: RecordInput = { type: 'retention.shredded', data: { sessions: ['s_1', 's_3'], packs: [] } };
  const key = await write(shredded, [
    [1, request(1)],
    [2, of],
    [3, of],
    [4, { ...of, session: 's_2' }],
    [5, gone],
    [25, request(25)],
  ]);
  const dir = join(root, 'shredded-package');
  await make(dir, shredded);
  assert.equal((await reportIn(dir)).tallies.disclosures.shredded, 2);
  await retell(dir, {}, { patient: { entries: [3], unnamed: 0, shredded: 2 } });
  const { exit, said } = await verify(dir, key);
  assert.equal(exit, 0, said);
  const text = (await reportIn(dir)).sections.flatMap((each) => each.text).join('\n');
  assert.match(text, /2 more answers of the period .* sessions that have been shredded since/);
  await retell(dir, {}, { patient: { entries: [3], unnamed: 0, shredded: 1 } });
  await foundIn(dir, /report\.json: of the answers about patients 2 are shredded by its records, and it says 1/, key);
});

void test('answers are shredded also where the record of that is of after the period', async () => {
  const later = join(root, 'shredded-later');
  const of = (session: string): RecordInput => ({ type: 'disclosure', session, data: { patients: 1 } });
  await write(later, [
    [1, of('s_1')],
    [2, of('s_1')],
    [3, of('s_2')],
    [30, of('s_1')],
    [31, { type: 'retention.shredded', data: { sessions: ['s_1'], packs: [] } }],
    [32, of('s_2')],
  ]);
  const log = readOnlyFiles(join(later, 'log'));
  const [keys, note] = [
    await readFile(join(later, 'log/log.vkey'), 'utf8'),
    await readFile(join(later, 'log/checkpoint'), 'utf8'),
  ];
  const parsed = parseLogKeys(keys);
  const checkpoint = parsed.ok ? openCheckpointOf(note, parsed.value) : parsed;
  assert.ok(checkpoint.ok);
  const making = { made: period.to, by: 'chartgate 0.0.0', recorded: null };
  const about = { entries: [2], unnamed: 0 };
  const found = await collect(
    {
      log,
      keys,
      note,
      checkpoint: checkpoint.value,
      sizeNow: checkpoint.value.size,
      period: { from: midnight, to: Date.parse(to) },
      seed: null,
      making,
      patient: about,
      policies: new Map(),
      earlier: new Map(),
    },
    () => Promise.resolve(),
  );
  assert.ok(found.ok);
  assert.deepEqual(found.value.making.patient, { ...about, shredded: 2 });
  assert.equal(found.value.tallies.disclosures.shredded, 0, 'no record of the period says so');
});

void test('a sample by another seed than the log says the export had', async () => {
  const dir = join(root, 'seeded');
  await make(dir, state, { seed: 'chosen' });
  assert.equal(
    await prove(capturedIo(), state, String(exported), { output: join(dir, `proofs/${exported}.tlog-proof`) }),
    0,
  );
  await retell(dir, {}, { recorded: exported });
  const { exit, said } = await verify(dir);
  assert.equal(exit, 0, said);
  assert.match(said, /drawn by the seed chosen, which somebody chose/);
  const { root: top } = (await reportIn(dir)).scope;
  for (const seed of ['another', top]) {
    await retell(dir, { seed });
    await foundIn(dir, new RegExp(`report\\.json, entry ${exported}: this entry is no record of such an export`));
  }
});

void test('a signature that anybody added is not said to be one', async () => {
  const dir = await copy(whole);
  const note = await readFile(join(dir, 'checkpoint'), 'utf8');
  const signed = `${note}— witness.example ${Buffer.alloc(76, 7).toString('base64')}\n`;
  await writeFile(join(dir, 'checkpoint'), signed);
  for (const name of await readdir(join(dir, 'proofs'))) {
    const proof = await readFile(join(dir, 'proofs', name), 'utf8');
    await writeFile(
      join(dir, 'proofs', name),
      proof.replace(note, () => signed),
    );
  }
  const { origin } = (await reportIn(dir)).scope;
  await retell(dir, { signatures: [origin, 'witness.example'] });
  const { exit, said } = await verify(dir);
  assert.equal(exit, 0, said);
  assert.doesNotMatch(said, /witness\.example/);
  const rows = (await reportIn(dir)).sections.flatMap(({ tables }) => tables.flatMap((each) => each.rows));
  assert.deepEqual(
    rows.filter(([name]) => name === 'signed by'),
    [['signed by', origin]],
  );
  assert.deepEqual(
    rows.filter((row) => row.includes('witness.example')),
    [['besides, in the name of', 'witness.example']],
  );
});
