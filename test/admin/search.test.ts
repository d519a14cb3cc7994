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

test('quotes, backslashes and lines are looked for as they were said', async () => {
  const sql = `SELECT 'it''s "100%"' AS "a\\b"\nFROM wards -- ünïcödé 🦊`;
  const bytes = Buffer.from(JSON.stringify({ content: { sql }, result: { text: JSON.stringify([{ first: 'Ann' }]) } }));
  await gate.log.append({ type: 'session.start', session: 's_odd', data: { door: 'postgres' } });
  const request = { type: 'request', session: 's_odd', request: 'r_odd' } as const;
  await gate.log.append(request, { media: 'application/json', bytes });
  for (const text of [sql, `"100%"`, 'a\\b', '"\nFROM', 'ÜNÏCÖDÉ 🦊', '{"first":"Ann"}'])
    assert.deepEqual(
      (await search('augusto', text)).view.sessions.map(({ id }) => id),
      ['s_odd'],
      text,
    );
  assert.deepEqual((await search('augusto', '_00%')).view.sessions, [], 'no wildcards');
});

test('a page after nothing, and a period that ends before it begins, are mistakes and no empty list', async () => {
  const get = async (query: string): Promise<number> =>
    (await fetch(`${gate.url}/api/v1/sessions?${query}`, { headers: { authorization: 'Bearer augusto' } })).status;
  assert.equal(await get('before=s_odd'), 200);
  assert.equal(await get('before=s_nosuch'), 404);
  assert.equal(await get('since=2026-11-22T00:00:00Z&until=2026-11-21T00:00:00Z'), 400);
  const whoSaw = await fetch(`${gate.url}/api/v1/who-saw`, {
    method: 'POST',
    headers: { authorization: 'Bearer augusto', 'content-type': 'application/json' },
    body: JSON.stringify({
      patients: ['4711'],
      reason: 'x',
      since: '2026-11-22T00:00:00Z',
      until: '2026-11-21T00:00:00Z',
    }),
  });
  assert.equal(whoSaw.status, 400);
});

test('a kind without a number is nobody: no lookup says that nobody saw them, no hold leaves them out', async () => {
  const post = async (path: string, body: object): Promise<number> =>
    (
      await fetch(`${gate.url}/api/v1/${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer augusto', 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'x', ...body }),
      })
    ).status;
  for (const nobody of ['id:', 'mrn: ', ' '])
    assert.deepEqual(
      [
        await post('who-saw', { patients: ['4711', nobody] }),
        await post('retention/holds', { kind: 'patient', target: ['4711', nobody] }),
        await post('retention/holds', { kind: 'patient', target: nobody }),
      ],
      [400, 400, 400],
      nobody,
    );
  assert.notEqual(await post('who-saw', { patients: ['urn:oid:2.16.840.1'] }), 400);
  assert.equal(await post('retention/holds', { kind: 'session', target: 's_nobody' }), 404);
});

test('an export of a period has every record of it, also where the clock was set back in it', async () => {
  const hours = ['10', '11', '12', '13', '11', '12', '14'];
  const first = gate.log.size;
  for (const [at, hour] of hours.entries()) {
    await gate.log.append({ type: 'node.start', data: { at } });
    const entry = gate.log.stored.at(-1);
    assert.ok(entry);
    gate.log.stored[entry.seq] = { ...entry, time: `2031-01-01T${hour}:00:00.000Z` };
  }
  const exported = async (from: string, to: string): Promise<unknown[]> => {
    const response = await fetch(`${gate.url}/api/v1/export`, {
      method: 'POST',
      headers: { authorization: 'Bearer augusto', 'content-type': 'application/json' },
      body: JSON.stringify({ format: 'ndjson', from: `2031-01-01T${from}:00:00Z`, to: `2031-01-01T${to}:00:00Z` }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    const { events, next } = (await response.json()) as { events: { seq: number }[]; next: number | null };
    assert.equal(next, null);
    return events.map(({ seq }) => seq - first);
  };
  assert.deepEqual(await exported('11', '13'), [1, 2, 4, 5]);
  assert.deepEqual(await exported('13', '15'), [3, 6]);
  assert.deepEqual(await exported('10', '11'), [0]);
  assert.deepEqual(await exported('01', '02'), []);

  // A package of it is held against these by whoever sees no more of the log.
  const evidence = async (from: string, to: string): Promise<unknown> => {
    const response = await fetch(`${gate.url}/api/v1/log/evidence`, {
      method: 'POST',
      headers: { authorization: 'Bearer augusto', 'content-type': 'application/json' },
      body: JSON.stringify({ from: `2031-01-01T${from}:00:00Z`, to: `2031-01-01T${to}:00:00Z` }),
    });
    const { seq } = (await response.json()) as { seq: number };
    const { data } = gate.log.stored[seq] ?? {};
    return [data?.['first'], data?.['last']].map((each) => (typeof each === 'number' ? each - first : each));
  };
  assert.deepEqual(await evidence('11', '13'), [1, 5]);
  assert.deepEqual(await evidence('13', '15'), [3, 6]);
  assert.deepEqual(await evidence('01', '02'), [undefined, undefined]);
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
