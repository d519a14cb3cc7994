// The legal hold of a patient keeps what touched that patient and what nobody can tell about, and lets the rest go.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { type OwnedSessionIndex, openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import { RetentionLedger } from '../../src/audit/retention-ledger.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type PatientNaming, patientNamer } from '../../src/gateway/patient-names.ts';
import { MemoryDisk } from './log-storage.ts';
import { augusto, Holds, later, type Node, open, said, start } from './retained-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-patient-holds-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const [key, former] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

function naming(kinds: readonly string[]): PatientNaming {
  const namers = [key, former].map(patientNamer);
  return { kinds: () => kinds, namesOf: (kind, value) => namers.map((name) => name(kind, value)) };
}

type Seen = readonly [kind: string, value: string, by?: 'row' | 'asked', under?: Uint8Array];

/** One session with one request, and what it disclosed; null = nothing was noted. */
interface Told {
  readonly kinds?: readonly string[];
  readonly data?: JsonObject;
  readonly seen: readonly Seen[] | null;
  readonly unnamed?: boolean;
  readonly parent?: string;
  readonly reload?: boolean;
  readonly status?: string;
}

const asked = { effect: 'allow', rule: 'reads', command: 'SELECT', phi: ['name'] };

async function tell({ log }: Node, id: string, told: Told): Promise<void> {
  const { kinds, data = asked, seen, unnamed, parent, reload, status = 'ok' } = told;
  const about = { session: id, request: `r_${id}` };
  await log.append({
    type: 'session.start',
    session: id,
    subject: { id: 'ana', issuer: 'x', kind: 'person' },
    ...(parent === undefined ? {} : { parent: { session: parent } }),
    data: { door: 'postgres', ...(kinds ? { patients: [...kinds] } : {}) },
  });
  if (reload) await log.append({ type: 'config.changed' });
  const begun = {
    type: 'request',
    session: id,
    request: 'r_0',
    data: { effect: 'allow', rule: 'builtin:transaction' },
  } as const;
  await log.append(begun, said('BEGIN'));
  await log.append({ ...begun, type: 'request.end', data: { status: 'ok' } });
  await log.append({ type: 'request', ...about, data }, said('question'));
  if (seen) {
    const names = seen.map(([kind, value, by = 'row', under = key]) => [patientNamer(under)(kind, value), by]);
    const count = { patients: names.length, ...(unnamed ? { unnamed } : {}) };
    const bytes = Buffer.from(JSON.stringify({ names }));
    await log.append({ type: 'disclosure', ...about, data: count }, { media: 'application/json', bytes });
  }
  await log.append({ type: 'request.end', ...about, data: { status } });
  await log.append({ type: 'session.end', session: id });
}

const id = ['id'];
const sessions: Readonly<Record<string, Told>> = {
  s_seven: { kinds: id, seen: [['id', '7']] },
  s_seven_by_question: { kinds: id, seen: [['id', '0007', 'asked']] },
  s_seven_under_the_old_key: { kinds: id, seen: [['id', '7', 'row', former]] },
  s_eight: { kinds: id, seen: [['id', '8']] },
  s_eight_twice: {
    kinds: id,
    seen: [
      ['id', '8'],
      ['id', '9', 'asked'],
    ],
  },
  s_eight_by_question_only: { kinds: id, seen: [['id', '8', 'asked']] },
  s_unnamed: { kinds: id, seen: [['id', '8']], unnamed: true },
  s_nobody: { kinds: id, seen: [], unnamed: true },
  s_no_word: { kinds: id, seen: null },
  s_denied: { kinds: id, seen: null, data: { ...asked, effect: 'deny' }, status: 'refused' },
  s_wards: { kinds: id, seen: null, data: { ...asked, phi: [], patients: 0 } },
  s_wards_and_a_number: { kinds: id, seen: null, data: { ...asked, phi: ['mrn'], patients: 0 } },
  s_prepared: {
    kinds: id,
    seen: null,
    data: { effect: 'allow', rule: 'builtin:transaction', command: 'BEGIN; PREPARE' },
  },
  s_before_keys: { seen: [['id', '8']] },
  s_reload: { kinds: id, seen: [['id', '8']], reload: true },
  s_more_kinds: { kinds: ['id', 'mrn'], seen: [['id', '8']] },
  s_tool: { kinds: id, seen: [['id', '8']] },
  s_tool_sql: { kinds: id, seen: [['id', '7']], parent: 's_tool' },
  s_other_tool: { kinds: id, seen: [['id', '8']] },
  s_other_sql: { kinds: id, seen: [['id', '9']], parent: 's_other_tool' },
};
const clearOfSeven = ['s_eight', 's_eight_twice', 's_other_sql', 's_other_tool', 's_wards'];

interface Ward {
  readonly disk: MemoryDisk;
  readonly node: Node;
  readonly holds: Holds;
  readonly index: OwnedSessionIndex;
  readonly file: string;
  readonly due: () => Promise<string[]>;
}

async function ward(name: string, kinds: readonly string[] = ['id', 'mrn']): Promise<Ward> {
  const [disk, moment, holds, file] = [new MemoryDisk(), { now: start }, new Holds(), join(directory, `${name}.db`)];
  const opened = openSessionIndex(file);
  assert.ok(opened.ok);
  const index = opened.value;
  const node = await open(disk, moment, holds, { index, patients: naming(kinds) });
  for (const [session, told] of Object.entries(sessions)) await tell(node, session, told);
  moment.now = later;
  await node.log.append({ type: 'heartbeat' });
  const due = async (): Promise<string[]> => [...(await node.desk.shred({ dryRun: true })).sessions].sort();
  return { disk, node, holds, index, file, due };
}

const everything = Object.keys(sessions).sort();

test('it keeps the sessions that touched the patient, and those of which nobody can tell', async () => {
  const { node, due, index, disk } = await ward('exact');
  assert.deepEqual(await due(), everything);
  const held = await node.desk.hold('patient', ['id:7'], augusto, 'litigation');
  assert.ok(held.ok);
  assert.deepEqual(node.desk.kindsOf(held.value), ['id']);
  assert.deepEqual(await due(), clearOfSeven);

  // All identifiers of the patient: what tells them apart by both is known too. Written another way, it is the same.
  const both = await node.desk.hold('patient', [' id:0007 ', 'mrn:4711'], augusto, 'litigation');
  assert.ok(both.ok && (await node.desk.release(held.value.id, augusto, 'named better')).ok);
  assert.deepEqual(await due(), [...clearOfSeven, 's_more_kinds'].sort());

  const done = await node.desk.shred();
  assert.deepEqual([...done.sessions].sort(), [...clearOfSeven, 's_more_kinds'].sort());
  assert.deepEqual(await due(), []);
  assert.ok((await node.desk.release(both.value.id, augusto, 'over')).ok);
  assert.equal((await due()).length, everything.length - done.sessions.length);
  await node.log.checkpoint();
  for (const name of await disk.files('').list())
    assert.ok(!Buffer.from((await disk.read(name)) ?? []).includes('mrn:4711'), `${name} holds the number`);
  index.close();
});

test('of whom it is not said by which kind, and by an older hold, every session is kept', async () => {
  const { node, due, holds, index } = await ward('every');
  const held = await node.desk.hold('patient', ['7'], augusto, 'litigation');
  assert.ok(held.ok);
  assert.deepEqual([node.desk.kindsOf(held.value), await due()], [[], []]);
  assert.ok((await node.desk.release(held.value.id, augusto, 'over')).ok);
  // A kind that no connection knows any more.
  const unknown = await node.desk.hold('patient', ['insurance:7'], augusto, 'litigation');
  assert.ok(unknown.ok);
  assert.deepEqual(await due(), []);
  assert.ok((await node.desk.release(unknown.value.id, augusto, 'over')).ok);
  holds.save({ id: 'h_old', kind: 'patient', target: 'digest', by: augusto, reason: 'r', sinceMs: 0 });
  assert.deepEqual(await due(), []);
  index.close();
  const single = await ward('single', ['id']);
  const plain = await single.node.desk.hold('patient', ['7'], augusto, 'one kind is no doubt');
  assert.ok(plain.ok);
  assert.deepEqual(await single.due(), clearOfSeven);
  assert.ok((await single.node.desk.hold('patient', ['mrn:7'], augusto, 'and this is not it')).ok);
  assert.deepEqual(await single.due(), []);
  single.index.close();
});

test('what the index does not have is kept; an index that cannot be read lets nothing go', async () => {
  const { node, due, index, file } = await ward('damaged');
  assert.ok((await node.desk.hold('patient', ['id:7'], augusto, 'litigation')).ok);
  assert.deepEqual(await due(), clearOfSeven);
  const database = new DatabaseSync(file);
  const seqOf = `SELECT seq FROM disclosures WHERE session = 's_eight'`;
  database.exec(`DELETE FROM disclosures WHERE seq IN (${seqOf})`);
  assert.deepEqual(
    await due(),
    clearOfSeven.filter((each) => each !== 's_eight'),
    'a record is gone',
  );
  const twice = `SELECT seq FROM disclosures WHERE session = 's_eight_twice'`;
  database.exec(`DELETE FROM disclosed WHERE asked = 1 AND seq IN (${twice})`);
  assert.deepEqual(await due(), ['s_other_sql', 's_other_tool', 's_wards'], 'a name is gone');
  await index.rebuild(node.log.reader);
  assert.deepEqual(await due(), clearOfSeven, 'read anew');
  database.exec('DROP TABLE disclosed');
  database.close();
  await assert.rejects(due());
  await assert.rejects(node.desk.shred());
  index.close();
});

test('a hold that the store has lost stands until its release is on record', async () => {
  const { node, due, holds, index } = await ward('lost');
  const patient = await node.desk.hold('patient', ['id:7'], augusto, 'litigation');
  assert.ok(patient.ok);
  assert.deepEqual(await due(), clearOfSeven);
  holds.remove(patient.value.id);
  assert.deepEqual(await due(), [], 'whom it is about is lost too: every session is kept');
  assert.deepEqual((await node.desk.shred()).sessions, []);
  const [found] = node.desk.holds();
  assert.deepEqual([found?.id, found?.kind], [patient.value.id, 'patient']);
  assert.match(found?.reason ?? '', /store has lost/);
  assert.ok((await node.desk.release(patient.value.id, augusto, 'over')).ok);
  assert.deepEqual([node.desk.holds(), await due()], [[], everything]);

  const session = await node.desk.hold('session', ['s_eight'], augusto, 'litigation');
  const subject = await node.desk.hold('subject', ['nobody'], augusto, 'litigation');
  assert.ok(session.ok && subject.ok);
  for (const each of node.desk.holds()) holds.remove(each.id);
  await index.rebuild(node.log.reader);
  assert.deepEqual(
    await due(),
    everything.filter((each) => each !== 's_eight'),
  );
  assert.ok((await node.desk.release(session.value.id, augusto, 'over')).ok);
  assert.equal((await node.desk.release(session.value.id, augusto, 'over')).ok, false);
  assert.deepEqual(await due(), everything);
  index.close();
});

test('a ledger of before this was noted keeps what it knows of, and the ledger says the same after a restart', async () => {
  const { node, due, disk, index } = await ward('ledger');
  assert.ok((await node.desk.hold('patient', ['id:7', 'mrn:4711'], augusto, 'litigation')).ok);
  const nothing = await node.desk.hold('subject', ['ana'], augusto, 'so that nothing goes yet');
  assert.ok(nothing.ok);
  assert.deepEqual((await node.desk.shred()).sessions, []);
  assert.ok((await node.desk.release(nothing.value.id, augusto, 'over')).ok);
  assert.deepEqual(await due(), [...clearOfSeven, 's_more_kinds'].sort());
  const ledgerFile = (await disk.files('').list()).find((name) => name.endsWith('retention.json')) ?? '';
  const text = Buffer.from((await disk.read(ledgerFile)) ?? []).toString();
  assert.equal(RetentionLedger.decode(text)?.encode(), text);
  const old = JSON.parse(text);
  const before = Object.entries<object>(old.sessions).map(([name, each]) => [name, { ...each, sight: undefined }]);
  const older = RetentionLedger.decode(JSON.stringify({ ...old, v: 1, sessions: Object.fromEntries(before) }));
  assert.ok(older);
  const known = {
    kind: 'patient',
    kinds: ['id', 'mrn'],
    seenIn: () => ({ records: 1, names: 1, any: false }),
  } as const;
  assert.deepEqual([older.due([known]).sessions, older.due([]).sessions.length], [[], everything.length]);
  assert.equal(RetentionLedger.decode('{"v":3}'), undefined);
  index.close();
});
