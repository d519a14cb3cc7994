// A new policy tried on what a session has really recorded: the answer counts each request once, and says which it cannot read.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { simulationView } from '../../src/admin/contract-simulate.ts';
import { sessionUnder } from '../gateway/session-under.ts';
import { allows, factsWith, policyOf } from '../policy/parts.ts';
import { type GateFixture, startGate } from './gate-fixture.ts';

let gate: GateFixture;

before(async () => {
  gate = await startGate();
});
after(() => gate.close());

test('recorded requests are decided again under the new policy', async () => {
  const policy = policyOf([allows('reads', 'sql.reads')]);
  const session = await sessionUnder(() => policy, gate.log, { connection: 'ehr', door: 'postgres' });
  for (const command of ['SELECT', 'SELECT', 'DELETE']) {
    const reads = command === 'SELECT';
    const facts = factsWith({ connection: { name: 'ehr' }, sql: { command, reads, writes: !reads } });
    const { signal } = new AbortController();
    await session.submit({ facts, content: { sql: command }, data: { command }, signal });
  }
  await gate.log.append({ type: 'request', data: { command: 'SELECT', rule: 'reads' } });

  const rules = [{ name: 'no-reads', when: 'sql.reads', deny: 'Not today.' }];
  const response = await fetch(`${gate.url}/api/v1/policy/simulate`, {
    method: 'POST',
    headers: { authorization: 'Bearer augusto', 'content-type': 'application/json' },
    body: JSON.stringify({ policy: { rules }, since: '2020-01-01T00:00:00Z', reason: 'a try' }),
  });
  const told = simulationView.parse(await response.json());
  assert.deepEqual([told.requests, told.unchanged, told.unreadable], [3, 1, 1]);
  const [change] = told.changes;
  assert.deepEqual([told.changes.length, change?.direction, change?.count], [1, 'stricter', 2]);
  assert.deepEqual([change?.was.rule, change?.is.rule], ['reads', 'no-reads']);
});
