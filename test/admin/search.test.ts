// Text is found in what was asked and shown, by whoever may read it and says why; the words looked for are in no entry.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SearchView } from '../../src/admin/session-search.ts';
import { type GateFixture, recordSessions, startGate } from './gate-fixture.ts';

let gate: GateFixture;

before(async () => {
  gate = await startGate();
  await recordSessions(gate.log);
});
after(() => gate.close());

async function search(who: string, text: string, more: object = {}): Promise<{ status: number; view: SearchView }> {
  const response = await fetch(`${gate.url}/api/v1/sessions/search`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text, reason: 'incident 31', ...more }),
  });
  return { status: response.status, view: (await response.json()) as SearchView };
}

test('a word of a question, and one of a masked answer, lead to their session', async () => {
  const asked = await search('augusto', 'select NAME from');
  assert.deepEqual(
    asked.view.sessions.map(({ id }) => id),
    ['s_child'],
  );
  assert.deepEqual([asked.view.searched, asked.view.before], [3, null]);
  assert.deepEqual(
    (await search('augusto', '[name]')).view.sessions.map(({ id }) => id),
    ['s_child'],
  );
  assert.deepEqual((await search('augusto', 'nothing of the kind')).view.sessions, []);
  assert.deepEqual((await search('augusto', 'patients', { filter: { connection: 'ehr-tools' } })).view.sessions, []);
});

test('a limit stops it, and says where to go on', async () => {
  await gate.log.append({ type: 'session.start', session: 's_old', data: { door: 'mcp' } });
  const first = await search('augusto', 'query', { filter: { limit: 1 } });
  assert.deepEqual(
    first.view.sessions.map(({ id }) => id),
    ['s_tool'],
  );
  assert.equal(first.view.before, null, 'it was the oldest');
});

test('it needs a reason, finds only what one may read, and is on record without the words', async () => {
  assert.equal((await search('augusto', 'patients', { reason: ' ' })).status, 400);
  assert.equal((await search('augusto', 'ab')).status, 400);
  assert.deepEqual((await search('bob', 'patients')).view.sessions, [], "ana's session is not bob's");
  const reads = gate.log.stored.filter(({ type, data }) => type === 'audit.read' && data?.['what'] === 'search');
  assert.ok(reads.length >= 3 && reads.every(({ payload }) => payload));
  assert.doesNotMatch(JSON.stringify(gate.log.stored), /incident 31|nothing of the kind/);
});
