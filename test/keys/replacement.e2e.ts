// chartgate audit rewrap --replace, killed (kill -9, by strace) at the system calls that change the state directory, then
// run again: everything opens with the new key, whatever was cut off, and with the plan on disk no gate opens the state.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { refuseUnfinished } from '../../src/adapters/key-file/replacement.ts';
import { everything, makeState, readState } from './kept-state.ts';

const directory = await mkdtemp(join(tmpdir(), 'chartgate-replacement-e2e-'));
after(() => rm(directory, { recursive: true, force: true }));

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const changing = ['fsync', 'fdatasync', 'rename', 'unlink', 'unlinkat', 'ftruncate', 'pwrite64', 'pwritev', 'pwritev2'];
const keyText = (digit: string): string => digit.repeat(64);
const file = join(directory, 'gate.yaml');
await writeFile(
  file,
  'listen: { http: 127.0.0.1:7070 }\nstate: ./state\nconnections: {}\nkeys: { kek: "${file:./new}" }\n',
);
await writeFile(join(directory, 'old'), keyText('1'), { mode: 0o600 });
await writeFile(join(directory, 'new'), keyText('2'), { mode: 0o600 });
const state = join(directory, 'state');
const command = ['src/main.ts', 'audit', 'rewrap', '--replace', '--from', '${file:./old}', '-c', file];

function replace(kill?: { readonly call: string; readonly at: number }): {
  signal: boolean;
  status: number | null;
  out: string;
} {
  const trace = kill
    ? [
        'strace',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        `trace=${kill.call}`,
        '-e',
        `inject=${kill.call}:signal=KILL:when=${kill.at}`,
      ]
    : [];
  const [program = '', ...words] = [...trace, process.execPath, ...command];
  const done = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000 });
  return {
    signal: done.signal === 'SIGKILL' || done.status === 137,
    status: done.status,
    out: done.stdout + done.stderr,
  };
}

/** How many times each call is made in a run that nothing troubles. */
async function countCalls(): Promise<Map<string, number>> {
  const trace = join(directory, 'trace');
  const done = spawnSync('strace', [
    '-f',
    '-qq',
    '-o',
    trace,
    '-e',
    `trace=${changing.join(',')}`,
    process.execPath,
    ...command,
  ]);
  assert.equal(done.status, 0, done.stderr.toString());
  const counts = new Map<string, number>();
  for (const [, call = ''] of (await readFile(trace, 'utf8')).matchAll(/^\d+ +(\w+)\(/gm))
    counts.set(call, (counts.get(call) ?? 0) + 1);
  return counts;
}

/** All of them, or eight that are spread evenly. */
function pointsOf(count: number): number[] {
  const points = Math.min(count, 8);
  return Array.from({ length: points }, (_, index) => 1 + Math.floor((index * count) / points));
}

void test('killed at any point, a replacement is finished by the same command', {
  skip: hasStrace ? false : 'apt-get install strace',
}, async () => {
  const made = join(directory, 'made');
  await makeState(made, Buffer.from(keyText('1'), 'hex'));
  const fresh = async (): Promise<void> => {
    await rm(state, { recursive: true, force: true });
    await cp(made, state, { recursive: true });
  };
  await fresh();
  const counts = await countCalls();
  let killed = 0;
  let planned = 0;
  for (const [call, count] of counts)
    for (const at of pointsOf(count)) {
      await fresh();
      if (!replace({ call, at }).signal) continue;
      killed++;
      const begun = existsSync(join(state, 'kek.replacing'));
      if (begun) planned++;
      assert.equal(refuseUnfinished(state).ok, !begun);
      // Before the plan is on disk the old key is still the key.
      if (!begun && !existsSync(join(state, 'kek.carried')))
        assert.deepEqual(await readState(state, Buffer.from(keyText('1'), 'hex')), everything);
      const again = replace();
      const finishedBefore = again.status !== 0 && !begun && existsSync(join(state, 'kek.carried'));
      if (!finishedBefore) assert.equal(again.status, 0, `${call} ${at}: ${again.out}`);
      const read = await readState(state, Buffer.from(keyText('2'), 'hex'));
      assert.deepEqual(
        read.filter((each) => each !== 'key.replaced'),
        everything,
        `${call} ${at}`,
      );
      assert.ok(read.includes('key.replaced'));
    }
  assert.ok(killed > 16 && planned > 8, `killed ${killed}, with the plan on disk ${planned}`);
  process.stderr.write(`killed at ${killed} points, ${planned} of them with the plan on disk\n`);
});
