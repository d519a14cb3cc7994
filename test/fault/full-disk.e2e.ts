// A real gate whose state lies on a small file system of its own (tmpfs) that somebody else fills: people are told why they get
// nothing, whoever has broken the glass gets it, and when there is room again everything goes on. Then the log is verified.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DatabaseError } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const mebibyte = 2 ** 20;

/** False where this user may not mount. */
function mountAt(place: string, mebibytes: number): boolean {
  mkdirSync(place, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'none', place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Somebody else's file takes all but so many bytes. */
async function leave(clinic: Clinic, bytes: number): Promise<void> {
  const stranger = join(clinic.state, 'stranger');
  await rm(stranger, { force: true });
  const { bavail, bsize } = await statfs(clinic.state);
  const taken = bavail * bsize - bytes;
  if (taken > 0) await writeFile(stranger, new Uint8Array(taken)).catch(() => {});
}

void test('a full disk: refused by name, but for a broken glass, until there is room', async (t) => {
  const clinic = await startClinic();
  let mounted = false;
  t.after(async () => {
    await clinic.stop().catch(() => {});
    if (mounted) execFileSync('umount', [clinic.state]);
    await rm(clinic.directory, { recursive: true, force: true });
  });
  mounted = mountAt(clinic.state, 240);
  if (!mounted) return t.skip('may not mount a tmpfs here: run it as root');
  await clinic.writeConfig((text) =>
    text.replace(
      /^policy:$/m,
      'policy:\n  break_glass:\n    subjects: { groups: [care-team] }\n    max: 1h\n    reviewers: [privacy-officers]',
    ),
  );
  const gate = await clinic.startGate();
  const scarce = async () => (await clinic.get('/metrics', 'dora')).text.includes('\nchartgate_log_scarce 1\n');
  const read = async (person: string) => {
    const client = await clinic.connect(person);
    try {
      return (await client.query('SELECT city FROM patients ORDER BY id')).rows.length;
    } finally {
      await client.end();
    }
  };
  const refusalOf = (person: string): Promise<DatabaseError> =>
    read(person).then(
      () => assert.fail('it was let through'),
      (error: DatabaseError) => error,
    );
  assert.equal(await read('ana'), 2);

  await leave(clinic, 40 * mebibyte);
  await eventually(scarce, 'the gate notices');
  await assert.rejects(read('ana'), { code: '53100', message: /nearly full/ });
  const opened = await clinic.chartgate(
    ['break-glass', 'ehr', '--reason', 'ward 3', '--for', '30m', '-c', clinic.config],
    'cora',
  );
  assert.equal(opened.code, 0, opened.stderr);
  assert.equal(await read('cora'), 2, 'whoever has broken the glass');
  await assert.rejects(read('ana'), { code: '53100' });

  await leave(clinic, 0);
  for (let i = 0; i < 50; i++) assert.equal(await read('cora'), 2, 'from the reserve');
  // There is no room for the record of a refusal either: the session ends, and its client is told why all the same.
  await eventually(async () => (await refusalOf('ana')).code === '53100', 'the last of the room is kept');
  for (const person of ['ana', 'ana', 'nobody']) assert.match((await refusalOf(person)).message, /nearly full/);
  const { status, text } = await clinic.get('/api/v1/whoami', 'zed');
  assert.equal(status, 200, text);
  assert.equal((await clinic.get('/readyz')).status, 200);
  assert.equal(await read('cora'), 2, 'and whoever has broken the glass goes on');

  await leave(clinic, 240 * mebibyte);
  await eventually(async () => !(await scarce()), 'there is room again');
  assert.equal(await read('ana'), 2);
  assert.match(gate.output(), /nearly full/);
  assert.match(gate.output(), /has room again/);
  assert.equal(await gate.stop(), 0);
  const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
  assert.equal(verified.code, 0, verified.stdout);
});
