// A policy looked at as a whole: what it would change, what in it can never matter, and what a person may do under it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../src/core/decide.ts';
import type { PolicyConfig, RuleConfig } from '../../src/core/policy-text.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { entitlementsOf, renderEntitlements } from '../../src/policy/entitlements.ts';
import { lintPolicy } from '../../src/policy/lint.ts';
import { Simulation } from '../../src/policy/simulate.ts';
import { allows, denies, factsWith, holds, policyOf } from './parts.ts';

const reads = allows('reads', 'sql.reads');
const read = factsWith({ connection: { name: 'ehr' }, sql: { command: 'SELECT', reads: true } });
const write = factsWith({
  connection: { name: 'ehr' },
  sql: { command: 'DELETE', writes: true, params: ['123-45-6789'] },
});

function seen(name: string): RuleConfig {
  return allows(name, 'sql.reads', { effect: { kind: 'allow', unmask: ['name'], filter: [], rows: null } });
}

function simulated(was: readonly RuleConfig[], is: readonly RuleConfig[]): ReturnType<Simulation['report']> {
  const before = policyOf(was);
  const simulation = new Simulation(policyOf(is));
  for (const [index, facts] of [read, read, write].entries()) {
    const decision = decide(facts, before);
    simulation.add({ session: 's', request: `r${index}`, time: 't', facts: [facts], decision });
  }
  return simulation.report();
}

test('the same policy changes nothing; every change is counted once, with its direction', () => {
  const same = simulated([reads, holds('asks', 'sql.writes')], [reads, holds('asks', 'sql.writes')]);
  assert.deepEqual([same.requests, same.unchanged, same.changes, same.unused], [3, 3, [], []]);
  const looser = simulated([reads], [seen('reads')]);
  assert.deepEqual(
    looser.changes.map(({ direction, count }) => [direction, count]),
    [['looser', 2]],
  );
  const cases: readonly [RuleConfig[], RuleConfig[], string][] = [
    [[reads, holds('asks', 'sql.writes')], [reads, allows('writes', 'sql.writes')], 'looser'],
    [[reads, allows('writes', 'sql.writes')], [reads, holds('asks', 'sql.writes')], 'stricter'],
    [[reads, denies('no', 'sql.writes')], [reads, denies('never', 'sql.writes')], 'reason'],
  ];
  for (const [was, is, direction] of cases) {
    const { changes, unchanged } = simulated(was, is);
    assert.deepEqual([changes.map((each) => each.direction), unchanged], [[direction], 2], direction);
    assert.equal(changes[0]?.examples[0]?.what, 'DELETE');
    assert.ok(!JSON.stringify(changes).includes('123-45'));
  }
});

test('who may look something up, and who has to approve, are part of what a policy would change', () => {
  const looksUp = (times: number): RuleConfig =>
    allows('reads', 'sql.reads', {
      effect: { kind: 'allow', unmask: [], filter: [], lookup: { mrn: { times, perMs: 3_600_000 } }, rows: null },
    });
  const asks = (reviewers: readonly string[], quorum: number): RuleConfig => {
    const { effect, ...rule } = holds('asks', 'sql.writes', reviewers);
    assert.ok(effect.kind === 'hold');
    return { ...rule, effect: { ...effect, quorum } };
  };
  const cases: readonly [was: RuleConfig, is: RuleConfig, direction: string][] = [
    [reads, looksUp(60), 'looser'],
    [looksUp(60), looksUp(30), 'stricter'],
    [asks(['privacy'], 1), asks(['privacy'], 2), 'stricter'],
    [asks(['privacy'], 1), asks(['privacy', 'ward'], 1), 'looser'],
    [asks(['privacy'], 1), asks(['ward'], 1), 'mixed'],
  ];
  for (const [was, is, direction] of cases) {
    const { changes } = simulated([was], [is]);
    assert.deepEqual(
      changes.map((each) => each.direction),
      [direction],
    );
  }
  assert.deepEqual(simulated([looksUp(60), asks(['a', 'b'], 1)], [looksUp(60), asks(['b', 'a'], 1)]).changes, []);
});

test('rules that no request met are named, those that lost against a deny are not', () => {
  const { unused } = simulated([reads], [reads, denies('no', 'sql.reads'), denies('other', 'sql.command == "COPY"')]);
  assert.deepEqual(unused, ['other']);
});

function warnings(rules: readonly RuleConfig[], groups: PolicyConfig['groups'] = {}): string[] {
  const config: PolicyConfig = { groups, rules, tests: [] };
  const compiled = compilePolicy(config);
  assert.ok(compiled.ok);
  return lintPolicy(config, compiled.value).map(({ rule, text }) => `${rule} ${text}`);
}

test('lint says what is certain, and only that', () => {
  const ana = { groups: ['analysts'], ids: [] };
  const shadowed = /^a is shadowed: whenever it applies, d denies$/;
  const cases: readonly [RuleConfig[], RegExp | null][] = [
    [[allows('a', 'sql.reads', { subjects: ana }), denies('d', null, { subjects: ana })], shadowed],
    [[allows('a', 'sql.reads', { connections: ['ehr'] }), denies('d', 'sql.reads')], shadowed],
    [[allows('a', 'sql.reads'), denies('d', 'sql.writes')], null],
    [[allows('a', null), denies('d', null, { subjects: ana })], null],
    [[allows('a', null, { connections: null }), denies('d', null, { connections: ['ehr'] })], null],
    [[allows('a', 'sql.reads', { subjects: ana }), seen('b')], /^a adds nothing: .* b grants as much$/],
    [[reads, seen('b')], /^reads adds nothing/],
    [[seen('b'), allows('c', null)], null],
    [[allows('a', 'false')], /never applies/],
    [[allows('a', null), allows('b', null)], /^b adds nothing/],
  ];
  for (const [rules, expected] of cases) {
    const found = warnings(rules);
    if (expected) assert.match(found.join('\n'), expected);
    else assert.deepEqual(found, []);
  }
  const nobody = { subjects: { groups: ['ghosts'], ids: [] } };
  assert.match(warnings([allows('a', null, nobody)], { ghosts: [] }).join('\n'), /concerns nobody/);
  assert.match(warnings([holds('h', null, ['ghosts'])], { ghosts: [] }).join('\n'), /never be approved/);
  const groups = { privacy: ['privacy-office'] };
  assert.deepEqual(warnings([holds('h', null, ['privcy'])], groups), [
    'h takes privcy for a group of your identity provider; did you mean the alias privacy?',
  ]);
  assert.deepEqual(warnings([holds('h', null, ['privacy', 'privacy-office', 'nurses'])], groups), []);
});

test('what a person may do, by connection', () => {
  const config: PolicyConfig = {
    groups: {},
    tests: [],
    rules: [seen('care'), holds('asks', 'sql.writes'), denies('no-tools', null, { connections: ['tools'] })],
    breakGlass: {
      subjects: { groups: ['care'], ids: [] },
      connections: ['ehr'],
      agents: false,
      unmask: 'all',
      filter: [],
      rows: 5,
      maxMs: 3_600_000,
      reviewers: ['privacy'],
      reviewWithinMs: 1,
      escalate: [],
    },
  };
  const compiled = compilePolicy(config);
  assert.ok(compiled.ok);
  const who = { id: 'cora', issuer: 'i', kind: 'person', groups: ['care'] } as const;
  const lines = renderEntitlements('cora', entitlementsOf(config, compiled.value, who, ['ehr'])).join('\n');
  assert.match(lines, /allow {2}care: sees name; filters by nothing protected; any number of rows; when sql.reads/);
  assert.match(lines, /hold {3}asks: 1 of privacy must approve; when sql.writes/);
  assert.match(lines, /break-glass for up to 60 minutes: sees all classes/);
  const closed = compilePolicy({ groups: {}, tests: [], rules: [denies('no', null)] });
  assert.ok(closed.ok);
  assert.deepEqual(renderEntitlements('zed', entitlementsOf(config, closed.value, who, ['ehr'])), [
    'ehr: closed to zed',
  ]);
});
