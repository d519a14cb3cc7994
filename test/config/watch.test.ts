// Files that are read again: whatever way they come by their new content it is told, once, and nothing else is.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchFiles } from '../../src/adapters/config-file/watch.ts';
import { eventually } from '../parts/eventually.ts';

interface Watched {
  readonly directory: string;
  readonly file: string;
  readonly write: (name: string, text: string) => string;
}

/** Each gives what changes the file. */
const ways: readonly [string, (at: Watched) => () => void][] = [
  [
    'written to',
    ({ file }) =>
      () =>
        writeFileSync(file, 'another'),
  ],
  [
    'replaced, as editors do',
    ({ file, write }) =>
      () =>
        renameSync(write('new', 'other'), file),
  ],
  [
    'removed and written',
    ({ file }) =>
      () => {
        rmSync(file);
        writeFileSync(file, 'other');
      },
  ],
  [
    'a link to another file, as certbot does',
    ({ directory, file, write }) => {
      mkdirSync(join(directory, 'archive'));
      write('archive/1.pem', 'one');
      write('archive/2.pem', 'two');
      rmSync(file);
      symlinkSync('archive/1.pem', file);
      return () => {
        symlinkSync('archive/2.pem', `${file}.new`);
        renameSync(`${file}.new`, file);
      };
    },
  ],
  [
    'by a directory that is a link, as Kubernetes does',
    ({ directory, file, write }) => {
      for (const each of ['..2026_01', '..2026_02']) {
        mkdirSync(join(directory, each));
        write(`${each}/tls.crt`, each);
      }
      symlinkSync('..2026_01', join(directory, '..data'));
      rmSync(file);
      symlinkSync('..data/tls.crt', file);
      return () => {
        symlinkSync('..2026_02', join(directory, '..data_tmp'));
        renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
        rmSync(join(directory, '..2026_01'), { recursive: true });
      };
    },
  ],
  [
    'written to where a link leads',
    ({ directory, file, write }) => {
      mkdirSync(join(directory, 'elsewhere'));
      const target = write('elsewhere/tls.crt', 'one');
      rmSync(file);
      symlinkSync(target, file);
      return () => writeFileSync(target, 'another');
    },
  ],
];

for (const [way, prepare] of ways) {
  test(`${way}: told once, and the next time again`, { skip: process.platform === 'win32' }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'chartgate-watch-'));
    const file = join(directory, 'tls.crt');
    const write = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    write('tls.crt', 'first');
    const change = prepare({ directory, file, write });
    let told = 0;
    const watch = watchFiles(() => told++);
    // Something else is written beside it all the time.
    const noise = setInterval(() => write('noise', String(told)), 20);
    t.after(() => {
      clearInterval(noise);
      watch.close();
      rmSync(directory, { recursive: true, force: true });
    });
    watch.follow([file, join(directory, 'missing')]);
    await sleep(500);
    assert.equal(told, 0);
    change();
    await eventually(() => told === 1, 'it is told');
    await sleep(500);
    assert.equal(told, 1);
    writeFileSync(file, 'and again');
    await eventually(() => told === 2, 'it is told again');
  });
}

test('a change in several steps is told once; what is followed no more is not told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chartgate-watch-'));
  const [one, two] = [join(directory, 'one'), join(directory, 'two')];
  let told = 0;
  const watch = watchFiles(() => told++);
  t.after(() => {
    watch.close();
    rmSync(directory, { recursive: true, force: true });
  });
  watch.follow([one]);
  for (let at = 0; at < 10; at++) writeFileSync(one, String(at).repeat(at));
  await eventually(() => told === 1, 'it is told');
  await sleep(500);
  assert.equal(told, 1);
  watch.follow([two]);
  writeFileSync(one, 'nobody looks');
  await sleep(500);
  assert.equal(told, 1);
  writeFileSync(two, 'somebody does');
  await eventually(() => told === 2, 'it is told');
});
