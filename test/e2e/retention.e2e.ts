// Retention through the command line of a gate in front of a real PostgreSQL: hold, shred, replay, verify.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { shredView } from '../../src/admin/contract-retention.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';

let clinic: Clinic;

before(async () => {
  clinic = await startClinic();
  await clinic.writeConfig((config) => `${config}\naudit: { retain: 1s }\n`);
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
