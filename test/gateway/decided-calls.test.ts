// A call of a tool that a session has been allowed before: whatever is remembered of it, each decision and each record is what
// deciding anew would give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import type { Facts } from '../../src/core/facts.ts';
import type { PhiClass } from '../../src/core/phi.ts';
import type { AuditedSession, Intent } from '../../src/gateway/enforce.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';
import { allows, denies, factsWith, holds, policyOf } from '../policy/parts.ts';
import { sessionUnder } from './session-under.ts';

test('a policy that may read the arguments is asked each time', () => {
  const conditions: readonly [string | null, boolean][] = [
    [null, true],
    ['mcp.tool.readonly && mcp . tool.name == "query"', true],
    ['size(request.phi) > 0', true],
    ['mcp.arguments.chart == "bed 12"', false],
    ['mcp . arguments.size() > 1', false],
    ['has(mcp.arguments.chart)', false],
    ['[mcp].exists(each, each.tool.readonly)', false],
    ['now < timestamp("2030-01-01T00:00:00Z")', false],
    ['size(sql.params) > 0', false],
  ];
  for (const [when, repeatable] of conditions)
    assert.equal(policyOf([allows('rule', when)]).repeatableCalls, repeatable, String(when));
});

const base = factsWith({ subject: { id: 'ana', groups: ['analysts'] }, connection: { name: 'tools' } });
const tools: readonly Facts['mcp']['tool'][] = [
  { ...base.mcp.tool, name: 'read_chart', readonly: true },
  { ...base.mcp.tool, name: 'read_note', readonly: true },
];
const policies: readonly Policy[] = [
  policyOf([allows('read', 'mcp.tool.readonly')]),
  policyOf([allows('read', 'mcp.tool.readonly'), denies('no-notes', 'mcp.tool.name == "read_note"')]),
  policyOf([allows('read', 'mcp.tool.readonly'), denies('no-ssn', '"ssn" in request.phi')]),
  policyOf([allows('read', 'mcp.tool.readonly'), denies('no-seven', 'mcp.arguments.bed == "7"')]),
];

const opened = (policy: () => Policy, log: MemoryLog): Promise<AuditedSession> =>
  sessionUnder(policy, log, { connection: 'tools', door: 'mcp' });

function callOf(same: Facts['mcp']['tool'], now: number, phi: readonly PhiClass[], bed: string): Intent {
  const facts: Facts = {
    ...base,
    now,
    request: { door: 'mcp', phi },
    mcp: { ...base.mcp, method: 'tools/call', tool: same, arguments: { bed } },
  };
  const content = { tool: same.name, arguments: { bed }, definition: 'd' };
  return { facts, content, data: { tool: same.name }, same, signal: new AbortController().signal };
}

test('what is decided of a call and recorded is what deciding anew would give', async () => {
  const step = fc.record({
    tool: fc.nat(tools.length - 1),
    policy: fc.nat(policies.length - 1),
    bed: fc.constantFrom('1', '7', 'é"\\'),
    phi: fc.constantFrom<readonly PhiClass[]>([], ['ssn'], ['date', 'ssn']),
    now: fc.nat(1_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const log = new MemoryLog();
      let policy = policies[0] ?? assert.fail();
      const session = await opened(() => policy, log);
      for (const { tool, policy: which, bed, phi, now } of steps) {
        policy = policies[which] ?? assert.fail();
        const intent = callOf(tools[tool] ?? assert.fail(), now, phi, bed);
        const { content, facts } = intent;
        const outcome = await session.submit(intent);
        const expected = decide(facts, policy);
        assert.equal(outcome.ok, expected.effect === 'allow');
        if (outcome.ok) assert.deepEqual(outcome.value.decision, expected);
        const entry = log.stored.findLast(({ type }) => type === 'request') ?? assert.fail();
        const payload = await log.payload(entry);
        const recorded = JSON.parse(Buffer.from(payload?.bytes ?? []).toString());
        assert.deepEqual(recorded, JSON.parse(JSON.stringify({ content, facts: [facts], decision: expected })));
        assert.deepEqual(entry.data?.['phi'], [...phi].sort());
        assert.equal(entry.data?.['tool'], facts.mcp.tool.name);
      }
    }),
    { numRuns: 150 },
  );
});

test('what went on under an approval lets no other call through', async () => {
  const policy = policyOf([holds('ask', 'mcp.tool.readonly')]);
  const session = await opened(() => policy, new MemoryLog());
  const intent = callOf(tools[0] ?? assert.fail(), 0, [], '1');
  const continued = decide(intent.facts, policy);
  assert.equal(continued.effect, 'hold');
  const wentOn = await session.submit({ ...intent, continued });
  assert.equal(wentOn.ok, true);
  await assert.rejects(async () => session.submit(intent), /people are asked/);
});
