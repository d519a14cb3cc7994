// A session that has been allowed a statement before is not slower to be told no: whatever is remembered, each decision and
// each record is what deciding anew would give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import type { Facts } from '../../src/core/facts.ts';
import type { PhiClass } from '../../src/core/phi.ts';
import { detect } from '../../src/masking/detect.ts';
import { MemoryLog, subject } from '../admin/gate-fixture.ts';
import { sessionUnder } from '../gateway/session-under.ts';
import { allows, denies, factsWith, policyOf } from './parts.ts';

test('a policy that may read the moment is asked each time', () => {
  const conditions: readonly [string | null, boolean][] = [
    [null, true],
    ['sql.reads && "public.patients" in sql.relations', true],
    ['size(request.phi) > 0 || client.name == "psql"', true],
    ['now < timestamp("2030-01-01T00:00:00Z")', false],
    ['size(sql.params) > 0', false],
    ['sql . params[0] == "1"', false],
    ['sql.estimated_rows > 5', false],
    ['sql["par" + "ams"] == []', false],
    ['has(sql.params) && sql.reads', false],
  ];
  for (const [when, repeatable] of conditions) {
    const compiled = (() => {
      try {
        return policyOf([allows('rule', when)]);
      } catch {
        return null;
      }
    })();
    // What the compiler does not take cannot be read by a policy either.
    if (compiled) assert.equal(compiled.repeatable, repeatable, String(when));
  }
  assert.equal(policyOf([allows('bulk', null, { risk: ['bulk-export'] })]).repeatable, false);
});

const base = factsWith({ subject: { id: 'ana', groups: ['analysts'] }, connection: { name: 'ehr' } });
const statements: readonly Facts['sql'][] = [
  { ...base.sql, command: 'SELECT', reads: true, relations: ['public.wards'] },
  { ...base.sql, command: 'SELECT', reads: true, relations: ['public.notes'] },
];
const policies: readonly Policy[] = [
  policyOf([allows('read', 'sql.reads', { effect: { kind: 'allow', unmask: [], filter: ['date'], rows: 9 } })]),
  policyOf([allows('read', 'sql.reads'), denies('no-notes', '"public.notes" in sql.relations')]),
  policyOf([allows('read', 'sql.reads'), denies('no-ssn', '"ssn" in request.phi')]),
  policyOf([allows('read', 'sql.reads'), denies('no-seven', 'sql.params.exists(each, each == "7")')]),
  policyOf([allows('read', 'sql.reads', { subjects: { ids: [], groups: ['analysts'] } })]),
];

test('what is decided and recorded is what deciding anew would give', async () => {
  const step = fc.record({
    statement: fc.nat(statements.length - 1),
    policy: fc.nat(policies.length - 1),
    param: fc.constantFrom('1', '7', 'é"\\'),
    phi: fc.constantFrom<readonly PhiClass[]>([], ['ssn'], ['date', 'ssn']),
    now: fc.nat(1_000),
    groups: fc.constantFrom(['analysts'], ['analysts', 'night-shift'], ['interns']),
    scopes: fc.constantFrom<readonly string[]>([], ['strong']),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const log = new MemoryLog();
      let policy = policies[0] ?? assert.fail();
      const session = await sessionUnder(() => policy, log, { connection: 'ehr', door: 'postgres' });
      for (const each of steps) {
        policy = policies[each.policy] ?? assert.fail();
        const same = statements[each.statement] ?? assert.fail();
        session.provenAnew(subject('ana', each.groups));
        const facts: Facts = {
          ...base,
          now: each.now,
          subject: { ...base.subject, groups: each.groups, scopes: each.scopes },
          request: { door: 'postgres', phi: each.phi },
          sql: { ...same, params: [each.param], estimated_rows: null },
        };
        const content = { sql: 'SELECT $1', params: [each.param] };
        const { signal } = new AbortController();
        const outcome = await session.submit({ facts, content, data: { command: same.command }, same, signal });
        const expected = decide(facts, policy);
        assert.equal(outcome.ok, expected.effect === 'allow');
        if (outcome.ok) assert.deepEqual(outcome.value.decision, expected);
        const entry = log.stored.findLast(({ type }) => type === 'request') ?? assert.fail();
        const payload = await log.payload(entry);
        const recorded = JSON.parse(Buffer.from(payload?.bytes ?? []).toString());
        assert.deepEqual(recorded, JSON.parse(JSON.stringify({ content, facts: [facts], decision: expected })));
        assert.deepEqual(entry.data?.['phi'], [...each.phi].sort());
        assert.equal(entry.data?.['policy'], policy.digest);
      }
    }),
    { numRuns: 150 },
  );
});

test('a short number by itself is nothing a detector finds', () => {
  for (let n = 0; n < 20_000; n++) {
    const text = String(n < 10_000 ? n : (n * 7919) % 1_000_000);
    for (const each of [text, `-${text}`, text.padStart(6, '0')]) assert.deepEqual(detect(each), [], each);
  }
});
