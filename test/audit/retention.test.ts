// Retention on a disk in memory: what goes and what stays, holds, and a crash at every storage call of a shredding.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetentionLedger } from '../../src/audit/retention-ledger.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import type { Entry } from '../../src/core/record.ts';
import { MemoryDisk } from './log-storage.ts';
import { augusto, Holds, later, type Moment, type Node, open, said, start } from './retained-log.ts';

async function session({ log }: Node, id: string, subject: string, requests = 1): Promise<void> {
  const who = { id: subject, issuer: 'x', kind: 'person' } as const;
  await log.append({ type: 'session.start', session: id, subject: who });
  for (let i = 0; i < requests; i++) {
    await log.append({ type: 'request', session: id, request: `${id}_${i}` }, said(`${id} question`));
    await log.append({ type: 'request.end', session: id, request: `${id}_${i}` });
  }
  await log.append({ type: 'session.end', session: id });
}

async function verify(disk: MemoryDisk): Promise<{ sound: number; shredded: number }> {
  const sources = {
    log: disk.files('log'),
    payloads: disk.files('payloads'),
    keys: disk.files('keys'),
    journal: disk.files('journal'),
  };
  const result = await verifyLog(sources);
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.error));
  assert.ok(result.value.payloads);
  return result.value.payloads;
}

async function readable({ log }: Node): Promise<string[]> {
  const found = [];
  for await (const entry of log.reader.entries(0)) {
    const payload = await log.reader.payload(entry);
    if (payload) found.push(entry.session ?? '-');
  }
  return [...new Set(found)].sort();
}

async function recordsOf({ log }: Node, type: Entry['type']): Promise<Entry[]> {
  const found = [];
  for await (const entry of log.reader.entries(0)) if (entry.type === type) found.push(entry);
  return found;
}

/** Two old sessions of ana and one of ben, old general payloads, and a young session of ana. */
async function populate(node: Node, moment: Moment): Promise<void> {
  moment.now = start;
  await node.log.append({ type: 'node.start' });
  await session(node, 's_ana1', 'ana');
  await node.log.append({ type: 'tool.pinned', connection: 'ehr' }, said('general'));
  await session(node, 's_ben1', 'ben', 2);
  for (let i = 0; i < 256; i++) await node.log.append({ type: 'heartbeat' });
  await session(node, 's_ana2', 'ana');
  moment.now = later;
  await session(node, 's_new', 'ana');
}

void test('what is past its time goes, ciphertext and key, and the proof stays', async () => {
  const [disk, moment] = [new MemoryDisk(), { now: start }];
  const node = await open(disk, moment);
  await populate(node, moment);
  const planned = await node.desk.shred({ dryRun: true });
  assert.deepEqual(planned.sessions, ['s_ana1', 's_ben1', 's_ana2']);
  assert.deepEqual(await recordsOf(node, 'retention.shredded'), []);
  assert.deepEqual(await readable(node), ['-', 's_ana1', 's_ana2', 's_ben1', 's_new']);

  const keysBefore = await Promise.all((await disk.list('keys')).map((name) => disk.read(`keys/${name}`)));
  const done = await node.desk.shred();
  assert.deepEqual([done.sessions, done.packs, done.keys], [planned.sessions, 1, 4]);
  assert.deepEqual(await readable(node), ['s_new']);
  const [record] = await recordsOf(node, 'retention.shredded');
  assert.deepEqual(record?.data?.['sessions'], planned.sessions);
  // The pack of the old sessions is gone; the one that is still written to keeps its ciphertext, without a key.
  const { shredded, sound } = await verify(disk);
  assert.deepEqual([shredded, sound], [4, 2]);
  // No file anywhere holds a wrapped key that was destroyed: not the journal either.
  await node.log.checkpoint();
  const left = (await disk.list('keys')).length;
  assert.equal(left, 1);
  const kept = new Set((await disk.list('keys')).map((name) => name.split('.')[0]));
  assert.deepEqual([...kept], ['s_new']);
  for (const file of await disk.files('').list()) {
    const bytes = Buffer.from((await disk.read(file)) ?? []);
    const found = keysBefore.filter((key) => key && bytes.includes(Buffer.from(key)));
    assert.ok(found.length === 0 || file.startsWith('keys/s_new'), `${file} holds a destroyed key`);
  }
  // Again: nothing more to do, no second record. And a payload that only somebody says was shredded is still missed.
  assert.deepEqual((await node.desk.shred()).sessions, []);
  assert.equal((await recordsOf(node, 'retention.shredded')).length, 1);
  await node.log.close();
  assert.deepEqual(await readable(await open(disk.reborn('kept'), moment)), ['s_new']);
});

void test('a payload that is gone and not shredded on record is missing, also of a session that was shredded before', async () => {
  const [disk, moment] = [new MemoryDisk(), { now: start }];
  const node = await open(disk, moment);
  await populate(node, moment);
  await node.desk.shred();
  const read = await node.log.append({ type: 'audit.read', session: 's_ana1' }, said('why'));
  await node.log.checkpoint();
  await verify(disk);
  const key = (await disk.list('keys')).find((name) => name.startsWith('s_ana1.'));
  await disk.remove(`keys/${key}`);
  const sources = { log: disk.files('log'), payloads: disk.files('payloads'), keys: disk.files('keys') };
  const result = await verifyLog(sources);
  assert.ok(!result.ok);
  assert.equal(result.error.entry, read.seq);
  assert.match(result.error.what, /wrapped key is missing/);
});

void test('holds: of a session, a subject, a patient, each recorded, each until it is released', async () => {
  const moment = { now: start };
  const [disk, holds] = [new MemoryDisk(), new Holds()];
  const node = await open(disk, moment, holds);
  await populate(node, moment);
  const due = async () => (await node.desk.shred({ dryRun: true })).sessions;
  assert.equal((await node.desk.hold('session', ['s_ana2'], augusto, ' ')).ok, false);
  const cases = [
    ['session', 's_ana2', ['s_ana1', 's_ben1']],
    // They may be in any session.
    ['patient', 'p1', []],
    ['subject', 'ana', ['s_ben1']],
  ] as const;
  for (const [kind, target, left] of cases) {
    const held = await node.desk.hold(kind, [target], augusto, 'litigation');
    assert.ok(held.ok);
    assert.deepEqual(await due(), left, kind);
    if (kind === 'subject') {
      // While something is held, what belongs to no session stays too.
      const report = await node.desk.shred();
      assert.deepEqual([report.sessions, report.packs, report.kept], [['s_ben1'], 0, 2]);
      break;
    }
    assert.ok((await node.desk.release(held.value.id, augusto, 'over')).ok);
  }
  assert.deepEqual(await readable(node), ['-', 's_ana1', 's_ana2', 's_new']);
  const [hold] = holds.list();
  assert.ok((await node.desk.release(hold?.id ?? '', augusto, 'case closed')).ok);
  assert.equal((await node.desk.release(hold?.id ?? '', augusto, 'again')).ok, false);
  assert.deepEqual((await node.desk.shred()).sessions, ['s_ana1', 's_ana2']);
  const told = [...(await recordsOf(node, 'retention.held')), ...(await recordsOf(node, 'retention.released'))];
  assert.deepEqual(told.map(({ data }) => JSON.stringify(data?.['target']).slice(1, -1)).toSorted(), [
    'ana',
    'ana',
    'digest of 2',
    'digest of 2',
    's_ana2',
    's_ana2',
  ]);
  await verify(disk);
});

void test('a clock that leaps destroys nothing by itself; set back, it destroys nothing at all', async () => {
  const [disk, moment] = [new MemoryDisk(), { now: start }];
  const node = await open(disk, moment);
  await populate(node, moment);
  moment.now = start + 86_400_000;
  const day = { unattended: true } as const;
  assert.deepEqual((await node.desk.shred(day)).sessions, []);
  // Daily rounds, then the clock is ten years ahead.
  moment.now += 30 * 86_400_000;
  assert.equal((await node.desk.shred(day)).leapt, false);
  moment.now = later + 4 * 366 * 86_400_000;
  for (let i = 0; i < 2; i++) {
    const { leapt, sessions } = await node.desk.shred(day);
    assert.deepEqual([leapt, sessions], [true, []]);
  }
  assert.deepEqual(await recordsOf(node, 'retention.shredded'), []);
  moment.now = Date.parse('1970-01-02');
  assert.deepEqual((await node.desk.shred(day)).sessions, []);
  // It is right after all, and somebody says so. (A clock set back moved the mark: the leap is told again.)
  moment.now = later;
  assert.equal((await node.desk.shred(day)).leapt, true);
  assert.equal((await node.desk.shred({ dryRun: true })).sessions.length, 3);
  assert.equal((await node.desk.shred(day)).leapt, true, 'looking is not saying so');
  assert.equal((await node.desk.shred()).sessions.length, 3);
  moment.now += 86_400_000;
  assert.equal((await node.desk.shred(day)).leapt, false);
});

void test('killed at any storage call, a shredding is ended by the next round and told once', async () => {
  const moment = { now: start };
  const prepared = new MemoryDisk();
  const before = await open(prepared, moment);
  await populate(before, moment);
  await before.log.close();
  const trial = prepared.reborn('kept');
  const whole = await open(trial, moment);
  const opening = trial.calls;
  await whole.desk.shred();
  const calls = trial.calls;
  assert.ok(calls - opening > 40, `${calls - opening} calls`);
  for (let call = opening + 1; call <= calls; call++) {
    for (const power of [call % 2 === 0 ? 'kept' : 'lost'] as const) {
      const disk = prepared.reborn('kept').failAt(call, 'kill');
      const node = await open(disk, moment);
      await node.desk.shred().catch(() => {});
      const again = disk.reborn(power);
      const next = await open(again, moment);
      await next.desk.shred();
      await next.log.checkpoint();
      assert.deepEqual(await readable(next), ['s_new'], `call ${call} (${disk.trace.at(-1)}), power ${power}`);
      assert.equal((await recordsOf(next, 'retention.shredded')).length, 1, `call ${call}`);
      await verify(again);
    }
  }
});

test('a hold of a session keeps the tool call it answers and the statements it caused', () => {
  const ledger = new RetentionLedger();
  const payload = { sha256: '', bytes: 1, media: 'application/json' } as const;
  const sessions = [['s_tool'], ['s_sql', 's_tool'], ['s_other']] as const;
  let seq = 0;
  for (const [session, parent] of sessions) {
    const cause = parent === undefined ? {} : { parent: { session: parent } };
    for (const type of ['session.start', 'request', 'session.end'] as const) {
      const entry: Entry = { v: 1, seq: seq++, time: '', type, session, ...(type === 'session.start' ? cause : {}) };
      ledger.see(type === 'request' ? { ...entry, payload } : entry);
    }
  }
  const dueWith = (target: string): readonly string[] => ledger.due([{ kind: 'session', target }]).sessions;
  assert.deepEqual(ledger.due([]).sessions, ['s_tool', 's_sql', 's_other']);
  assert.deepEqual(dueWith('s_sql'), ['s_other']);
  assert.deepEqual(dueWith('s_tool'), ['s_other']);
  assert.deepEqual(dueWith('s_other'), ['s_tool', 's_sql']);
  assert.equal(RetentionLedger.decode(ledger.encode())?.encode(), ledger.encode());
});
