// The session index: the same whether it followed the log entry by entry or was rebuilt from nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type OwnedSessionIndex, openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import { MemoryLog, recordSessions } from '../admin/gate-fixture.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chartgate-index-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(name: string): OwnedSessionIndex {
  const opened = openSessionIndex(join(directory, name));
  assert.ok(opened.ok);
  return opened.value;
}

function contentOf(index: OwnedSessionIndex): unknown {
  return index.list({ limit: 100 }).map((each) => ({
    ...each,
    entries: index.entriesOf(each.id),
    children: index.childrenOf(each.id).map((child) => child.id),
  }));
}

test('followed step by step over reopenings, or rebuilt at once: the same', async () => {
  const whole = new MemoryLog();
  await recordSessions(whole);
  const growing = new MemoryLog();
  for (const entry of whole.stored) {
    growing.stored.push(entry);
    const index = open('followed.db');
    await Promise.all([index.catchUp(growing), index.catchUp(growing)]);
    index.close();
  }
  const followed = open('followed.db');
  const rebuilt = open('rebuilt.db');
  await rebuilt.catchUp(whole);
  assert.deepEqual(contentOf(followed), contentOf(rebuilt));

  const bob = rebuilt.get('s_bob');
  assert.deepEqual([bob?.allowed, bob?.held, bob?.denied, bob?.unknown], [0, 0, 1, 1], 'housekeeping is no question');
  assert.equal(rebuilt.get('s_child')?.ended, whole.stored[6]?.time);
  assert.deepEqual(rebuilt.entriesOf('s_child'), [2, 3, 4, 5, 6]);
  assert.deepEqual(
    rebuilt.list({ subject: { id: 'ana', issuer: 'https://other' }, limit: 10 }),
    [],
    'the same id of another issuer is somebody else',
  );
  followed.close();
  rebuilt.close();
});

test('a log that fails midway leaves the cursor where it was', async () => {
  const log = new MemoryLog();
  await recordSessions(log);
  const index = open('index.db');
  const failing = {
    size: log.size,
    payload: () => Promise.resolve(null),
    // oxlint-disable-next-line require-yield -- it fails before it has anything to give
    async *entries() {
      throw new Error('unreadable');
    },
  };
  await assert.rejects(index.catchUp(failing));
  await index.catchUp(log);
  assert.equal(index.list({ limit: 10 }).length, 3);
  index.close();
});
