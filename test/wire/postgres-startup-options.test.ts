// libpq's PGOPTIONS as the server would read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeStartupOptions } from '../../src/wire/postgres/startup-options.ts';

const read = (options: string): [string, string][] | null => {
  const settings = decodeStartupOptions(options);
  return settings && [...settings];
};

test('settings are read in every spelling the server knows', () => {
  assert.deepEqual(read('-c statement_timeout=5s'), [['statement_timeout', '5s']]);
  assert.deepEqual(read('  -cwork_mem=8MB\t--lock-timeout=1s\n'), [
    ['work_mem', '8MB'],
    ['lock_timeout', '1s'],
  ]);
  assert.deepEqual(read('-c application_name=a\\ b\\\\c -c a=b=c'), [
    ['application_name', 'a b\\c'],
    ['a', 'b=c'],
  ]);
  assert.deepEqual(read('-c geqo=off -c geqo=on'), [['geqo', 'on']]);
  assert.deepEqual(read(''), []);
});

test('whatever else an argument can be is not understood', () => {
  for (const options of [
    '-d 5',
    '-c',
    '-c name',
    '-c =1',
    '--',
    '--x',
    'x',
    '-e',
    '-S 10',
    '-cgeqo=on trailing',
    '-c\\ geqo=on -f s',
  ])
    assert.equal(read(options), null, options);
});
