// Retention through the command line of a gate in front of a real PostgreSQL: hold, shred, replay, verify.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { shredView } from '../../src/admin/contract-retention.ts';
import { type WhoSawView, whoSawView } from '../../src/admin/contract-who-saw.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;

before(async () => {
  clinic = await startClinic();
  const keys = '{ public.patients.id: id, public.notes.patient: id }';
  await clinic.writeConfig((config) => {
    const told = config.replace('    posture: inline\n', `    posture: inline\n    patient: { columns: ${keys} }\n`);
    return `${told}\naudit: { retain: 1s }\n`;
  });
  await clinic.startGate();
});

after(() => clinic.stop());

async function json<T>(shape: z.ZodType<T>, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await clinic.chartgate([...args, '-c', clinic.config, '--json'], 'augusto');
  assert.equal(code, 0, stderr);
  return shape.parse(JSON.parse(stdout));
}

void test('what a person asked is shredded when its time is over, unless it is held', async () => {
  for (const person of ['cora', 'ana']) {
    const client = await clinic.connect(person);
    await client.query('SELECT id FROM patients');
    await client.end();
  }
  const add = ['audit', 'hold', 'add', '--subject', 'cora', '--reason', 'litigation 2026-114'];
  const hold = await json(z.object({ id: z.string() }), ...add);
  await sleep(1_500);
  const [planned, done] = [
    await json(shredView, 'audit', 'shred', '--dry-run'),
    await json(shredView, 'audit', 'shred'),
  ];
  assert.deepEqual([planned.sessions.length, done.sessions.length, done.kept], [1, 1, 1]);
  const [id = ''] = done.sessions;
  const replay = await clinic.replay(id);
  assert.equal(replay.session.subject.id, 'ana');
  assert.ok(replay.events.some((event) => event.withheld === 'shredded'));
  assert.ok(replay.events.some((event) => event.type === 'request'));

  await json(z.object({ id: z.string() }), 'audit', 'hold', 'release', hold.id, '--reason', 'case closed');
  const freed = await json(shredView, 'audit', 'shred');
  assert.ok(freed.sessions.length >= 1);
  const refused = await clinic.chartgate(['audit', 'shred', '-c', clinic.config], 'ana');
  assert.equal(refused.code, 77);
  const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /shredded/);
});

void test('the hold of a patient keeps who saw them and what cannot be told, and lets the rest go', async () => {
  const acts = [
    ['dora', 'SELECT id, first FROM patients WHERE id = 1'],
    ['dora', 'SELECT id, first FROM patients WHERE id = 2'],
    ['cora', 'SELECT id, label FROM wards'],
    ['cora', 'SELECT count(*) FROM patients'],
    ['cora', 'UPDATE patients SET first = first WHERE id = 2'],
  ] as const;
  for (const [person, sql] of acts) {
    const client = await clinic.connect(person);
    await client.query(sql).catch(() => {});
    await client.end();
  }
  const agent = await clinic.agent('ana');
  await agent.callTool({ name: 'query', arguments: { sql: 'SELECT id, ssn FROM patients WHERE id < 2' } });
  await agent.close();
  await sleep(1_500);
  const view = z.object({ id: z.string(), kinds: z.array(z.string()), target: z.string() });
  const add = ['audit', 'hold', 'add', '--patient', 'id:0001', '--reason', 'litigation 2026-114'];
  const hold = await json(view, ...add);
  assert.deepEqual(hold.kinds, ['id']);
  const due = await json(shredView, 'audit', 'shred', '--dry-run');
  const asked = [];
  for (const id of due.sessions) {
    const { events } = await clinic.replay(id);
    asked.push(...events.flatMap(({ type, data }) => (type === 'request' ? [relationsOf(data)] : [])));
  }
  assert.deepEqual(asked.filter((each) => each !== '').sort(), ['public.patients', 'public.wards']);
  assert.deepEqual([due.sessions.length, due.kept >= 5], [2, true]);

  const everybody = await json(view, ...add.with(4, '1'), '--json');
  assert.deepEqual(everybody.kinds, ['id'], 'there is one kind of number');
  const plain = await clinic.chartgate(
    ['audit', 'hold', 'add', '--patient', 'mrn:1', '--reason', 'x', '-c', clinic.config],
    'augusto',
  );
  assert.match(plain.stdout, /keeps every session/);
  assert.deepEqual((await json(shredView, 'audit', 'shred', '--dry-run')).sessions, []);
  const listed = await clinic.chartgate(['audit', 'hold', 'ls', '-c', clinic.config], 'augusto');
  assert.match(listed.stdout, /… \(id\)/);
  assert.match(listed.stdout, /… \(every session\)/);
  assert.doesNotMatch(listed.stdout, /id:0001|mrn:1/);
});

void test('how many answers about patients were shredded is said alike by who-saw and by a package', async () => {
  const ids = z.array(z.object({ id: z.string() }));
  for (const { id } of await json(ids, 'audit', 'hold', 'ls'))
    await clinic.chartgate(['audit', 'hold', 'release', id, '--reason', 'closed', '-c', clinic.config], 'augusto');
  const period = ['--from', '2020-01-01', '--to', '2090-01-01', '--reason', 'the patient asks'];
  const nowSeen = async (): Promise<WhoSawView> => json(whoSawView, 'who-saw', 'id:1', ...period);
  await eventually(async () => {
    await json(shredView, 'audit', 'shred');
    return (await nowSeen()).disclosures.length === 0;
  }, 'the newest answer is old enough');
  const saw = await nowSeen();
  assert.ok(saw.shredded >= 5, String(saw.shredded));
  const told = await clinic.chartgate(['who-saw', 'id:1', '--reason', 'x', '-c', clinic.config], 'augusto');
  assert.match(
    told.stderr,
    new RegExp(`^${saw.shredded} more answers .* that retention has shredded: about whom, nobody`, 'm'),
  );
  const folder = join(clinic.directory, 'package');
  const asked = ['evidence', ...period, '-o', folder, '--patient', 'id:1', '-c', clinic.config];
  const made = await clinic.chartgate(asked, 'augusto');
  assert.equal(made.code, 0, made.stderr);
  const { making } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  assert.deepEqual(making.patient, { entries: [], unnamed: saw.unnamed, shredded: saw.shredded });
});

function relationsOf(data: unknown): string {
  const said = z.object({ relations: z.array(z.string()).default([]) }).safeParse(data);
  return said.success ? said.data.relations.join() : '';
}
