// A gate whose key was replaced while it stood still: it opens with the new key only, replays what was said before, finds patients
// under the names of both keys, and masks with the pseudonyms it had.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startClinic } from '../parts/clinic.ts';

void test('before and after a replacement it is one gate', { timeout: 200_000 }, async (t) => {
  const clinic = await startClinic();
  t.after(() => clinic.stop());
  await clinic.writeConfig((text) =>
    text.replace(
      '    posture: inline\n',
      '    posture: inline\n    patient: { columns: { public.patients.id: id } }\n',
    ),
  );
  const gate = await clinic.startGate();
  const ask = async (): Promise<unknown> => {
    const client = await clinic.connect('ana');
    try {
      const { rows } = await client.query('SELECT id, first, last FROM patients WHERE id = 1');
      return rows;
    } finally {
      await client.end();
    }
  };
  const whoSaw = async (): Promise<number> => {
    const args = ['who-saw', 'id:1', '--reason', 'test', '--json', '-c', clinic.config];
    const { code, stdout, stderr } = await clinic.chartgate(args, 'augusto');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).disclosures.length;
  };
  const before = await ask();
  assert.equal(await whoSaw(), 1);
  const rewrap = ['audit', 'rewrap', '--replace', '-c', clinic.config];
  const env = { EHR_PASSWORD: 'upstream-secret' };
  const running = await clinic.chartgate(rewrap, null, env);
  assert.equal(running.code, 75, 'not while the gate runs');

  await gate.stop();
  const old = await readFile(join(clinic.state, 'kek'), 'utf8');
  const replaced = await clinic.chartgate(rewrap, null, env);
  assert.equal(replaced.code, 0, replaced.stderr);
  assert.notEqual(await readFile(join(clinic.state, 'kek'), 'utf8'), old);

  const fresh = await readFile(join(clinic.state, 'kek'), 'utf8');
  await writeFile(join(clinic.state, 'kek'), old);
  await assert.rejects(clinic.startGate(), /not the key that this state directory was written with/);
  await writeFile(join(clinic.state, 'kek'), fresh);
  await clinic.startGate();
  assert.equal(await whoSaw(), 1, 'what was seen before is found');
  assert.deepEqual(await ask(), before, 'masked as before');
  assert.equal(await whoSaw(), 2);
  const [session] = await clinic.sessions({ subject: 'ana' });
  const replay = await clinic.chartgate(
    ['sessions', 'replay', session?.id ?? '', '--reason', 'test', '-c', clinic.config],
    'augusto',
  );
  assert.match(replay.stdout, /SELECT id, first, last/);
});
