// Settings by what they can do: which are pinned for whoever sees everything too, which any value will do for, and which can hold
// nothing that somebody has put there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFixedSetting, isServerSetting, pinnedForAll, settingAllowed, settingFree } from '../../src/sql/settings.ts';

const deciding = ['search_path', 'datestyle', 'role', 'session_authorization', 'row_security', 'client_min_messages'];

test('what decides how a text is read is pinned for everybody, in whatever spelling', () => {
  for (const name of ['client_encoding', 'CLIENT_ENCODING', 'standard_conforming_strings'])
    assert.ok(pinnedForAll(name));
  for (const name of [...deciding, 'work_mem']) assert.ok(!pinnedForAll(name), name);
});

test('a value nobody knows yet will do only where any value does', () => {
  for (const name of ['work_mem', 'JIT', 'application_name', 'timezone', 'statement_timeout'])
    assert.deepEqual([settingFree(name), settingAllowed(name, 'anything')], [true, true], name);
  for (const name of [...deciding, 'client_encoding', 'standard_conforming_strings', 'xmloption', 'app.patient', '']) {
    assert.equal(settingFree(name), false, name);
    assert.equal(settingAllowed(name, 'anything'), false, name);
  }
  for (const name of ['role', 'session_authorization', 'search_path'])
    assert.equal(settingAllowed(name, null), true, `${name}, back to what it was`);
  for (const name of ['session_replication_role', 'default_text_search_config', 'app.patient'])
    assert.equal(settingAllowed(name, null), false, name);
});

test('what a client, a view or a trigger may have written is not fixed', () => {
  for (const name of ['server_version', 'SERVER_ENCODING', 'is_superuser', 'transaction_isolation'])
    assert.ok(isFixedSetting(name), name);
  for (const name of [
    'application_name',
    'search_path',
    'role',
    'session_authorization',
    'app.patient',
    'timezone',
    '',
  ])
    assert.ok(!isFixedSetting(name), name);
  assert.deepEqual(['work_mem', 'app.patient'].map(isServerSetting), [true, false]);
});
