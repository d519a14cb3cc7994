// Whoever knows of a session that is somebody else's, or of another one of their own: its id, the ids of what runs in it, of its tasks,
// questions and events. Nothing of one session is reached from another.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../parts/eventually.ts';
import { at, openGate, people, type TestGate } from './gate.ts';
import { greet, heardOn, listen, messagesIn, post } from './raw-client.ts';

const capabilities = { elicitation: {}, sampling: {} };

describe('a session', () => {
  let gate: TestGate;
  let url: URL;
  let own: Record<string, string>;
  /** Another one of the same person. */
  let second: Record<string, string>;
  before(async () => {
    gate = await openGate({
      authenticate: (token) => {
        const [name = '', change] = token.split('+');
        const subject = people[name];
        assert.ok(subject);
        const changed = {
          group: { ...subject, groups: [...subject.groups, 'visitors'] },
          fewer: { ...subject, groups: [] },
          issuer: { ...subject, issuer: 'https://other.example' },
          kind: { ...subject, kind: 'workload' as const },
          agent: { ...subject, agent: 'agent-1' },
          'sign-in': { ...subject, signIn: 'another' },
        }[change ?? ''];
        return Promise.resolve({ ok: true as const, value: changed ?? subject });
      },
    });
    url = gate.url('tools');
    own = (await greet(url, '2025-11-25', { capabilities })).headers;
    second = (await greet(url, '2025-11-25', { capabilities })).headers;
  });
  after(() => gate.close());

  const call = (name: string, args: object, id: number | string = 1): object => ({
    id,
    method: 'tools/call',
    params: { name, arguments: args },
  });

  for (const person of ['bob', 'ana+group', 'ana+fewer', 'ana+issuer', 'ana+kind', 'ana+agent', 'ana+sign-in'])
    it(`is not there for ${person}`, async () => {
      const headers = own;
      const ping = { id: 1, method: 'ping' };
      for (const asked of [
        post(url, ping, { person, headers }),
        post(url, { id: 'gate-1', result: { action: 'accept' } }, { person, headers }),
        post(url, { method: 'notifications/cancelled', params: { requestId: 1 } }, { person, headers }),
        listen(url, { person, headers }),
        listen(url, { person, headers: { ...headers, 'last-event-id': 's1-1' } }),
        fetch(url, { method: 'DELETE', headers: { authorization: `Bearer ${person}`, ...headers } }),
      ]) {
        const answer = await asked;
        assert.equal(answer.status, 404);
        assert.equal(at(JSON.parse(await answer.text()), 'error', 'data', 'code'), 'not_found');
      }
      assert.equal((await post(url, ping, { headers })).status, 200, 'it goes on');
    });

  it('is not there on another connection', async () => {
    assert.equal((await post(gate.url('serial'), { id: 1, method: 'ping' }, { headers: own })).status, 404);
    assert.equal((await listen(gate.url('serial'), { headers: own })).status, 404);
  });

  it('has an id that the gate made, whatever the client wishes for', async () => {
    const wish = 'A'.repeat(43);
    const initialize = { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } };
    const wished = await post(url, initialize, { headers: { 'mcp-session-id': wish } });
    assert.equal(wished.status, 404);
    const again = await post(url, initialize, { headers: own });
    assert.equal(again.headers.get('mcp-session-id'), null);
    assert.equal(at(await again.json(), 'error', 'code'), -32600, 'nobody is put into one that is open');
    assert.notEqual(own['mcp-session-id'], second['mcp-session-id']);
  });

  it('keeps its calls: one of the same id is canceled, answered and taken for running nowhere else', async () => {
    const before = gate.ledger.calls('slow');
    const slow = post(url, call('slow', { ms: 1_000 }, 7), { headers: own });
    await eventually(() => gate.ledger.calls('slow') > before, 'the call');
    await post(url, { method: 'notifications/cancelled', params: { requestId: 7 } }, { headers: second });
    const [same] = messagesIn(await (await post(url, call('echo', { say: 'x' }, 7), { headers: second })).text());
    assert.match(JSON.stringify(same), /you said: x/);
    assert.match(await (await slow).text(), /slept/);
  });

  it('keeps its questions: an answer in another is none', async () => {
    const asking = await post(url, call('ask', {}), { headers: own });
    const heard = heardOn(asking);
    const question = (): unknown => heard.find((each) => at(each, 'method') === 'elicitation/create');
    await eventually(() => question() !== undefined, 'the question');
    const id = at(question(), 'id');
    const answer = (content: string): object => ({ id, result: { action: 'accept', content: { said: content } } });
    assert.equal((await post(url, answer('forged'), { headers: second })).status, 202);
    assert.equal((await post(url, answer('meant'), { headers: own })).status, 202);
    assert.equal((await post(url, answer('late'), { headers: own })).status, 202);
    await eventually(() => heard.some((each) => at(each, 'result') !== undefined), 'the answer');
    const said = JSON.stringify(heard.at(-1));
    assert.match(said, /meant/);
    assert.doesNotMatch(said, /forged|late/);
  });

  it('keeps its tasks', async () => {
    const begun = await post(
      url,
      { id: 1, method: 'tools/call', params: { name: 'echo', arguments: { say: 'mine' }, task: {} } },
      { headers: own },
    );
    const taskId = at(await begun.json(), 'result', 'task', 'taskId');
    assert.equal(typeof taskId, 'string');
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
      const answer = await post(url, { id: 2, method, params: { taskId } }, { headers: second });
      assert.equal(at(messagesIn(await answer.text()).at(-1), 'error', 'code'), -32602, method);
    }
    const listed = await post(url, { id: 3, method: 'tasks/list' }, { headers: second });
    assert.deepEqual(at(await listed.json(), 'result', 'tasks'), []);
    const result = await post(url, { id: 4, method: 'tasks/result', params: { taskId } }, { headers: own });
    assert.match(await result.text(), /you said: mine/);
  });

  it('keeps what it said: the events of one are had with the id of no other', async () => {
    const run = await post(
      url,
      { ...call('progress', {}), params: { name: 'progress', _meta: { progressToken: 1 } } },
      { headers: own },
    );
    const [, event = ''] = /^id: (\S+)$/m.exec(await run.text()) ?? [];
    assert.notEqual(event, '');
    const { headers: silent } = await greet(url, '2025-11-25');
    for (const lastId of [event, `${event}0`, '', '-1', 's1-', '9'.repeat(9_000), 's9007199254740993-1', '__proto__']) {
      const over = new AbortController();
      const heard = heardOn(
        await listen(url, { headers: { ...silent, 'last-event-id': lastId }, signal: over.signal }),
      );
      // It is the stream of a session that has said nothing yet.
      await post(url, call('echo', { say: 'x' }), { headers: silent });
      assert.deepEqual(heard, [], lastId);
      over.abort();
    }
    const missed = heardOn(await listen(url, { headers: { ...own, 'last-event-id': event } }));
    await eventually(() => missed.some((each) => at(each, 'result') !== undefined), 'what was missed');
  });
});
