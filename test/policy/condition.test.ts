// CEL as the gate speaks it: the gaps that matter, and that an unknown fact is never false.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Facts } from '../../src/core/facts.ts';
import { compileCondition } from '../../src/policy/condition.ts';
import { factsWith } from './parts.ts';

const facts = factsWith({
  now: Date.UTC(2026, 0, 5, 13),
  subject: { id: 'ana', groups: ['analysts', 'care'] },
  connection: { name: 'ehr' },
  request: { phi: ['ssn'] },
  sql: {
    command: 'SELECT',
    reads: true,
    writes: null,
    relations: ['public.patients'],
    columns: null,
    params: ['a', null],
  },
  mcp: { tool: { name: 'export_all' }, arguments: { limit: 10, deep: { list: [1, 'two'] }, none: null, text: 'aaaa' } },
});

function ask(when: string, of: Facts = facts): unknown {
  const compiled = compileCondition(when);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  const outcome = compiled.value(of, { team: ['care'] });
  return outcome.kind === 'value' ? outcome.value : (outcome.unknownFact ?? outcome.text);
}

const outcomes: readonly [when: string, outcome: boolean | string][] = [
  ['sql.reads', true],
  ['!sql.reads', false],
  ['"ssn" in request.phi && size(request.phi) == 1', true],
  ['size(request.phi) > 0 && !("care-team" in subject.groups)', true],
  ['"team" in subject.groups && "care" in subject.groups', true],
  ['mcp.tool.name.startsWith("export_")', true],
  ['sql.relations.exists(r, r.startsWith("public."))', true],
  ['sql.relations.all(r, r == "public.patients")', true],
  ['subject.agent == ""', true],
  ['size(subject.actors) == 0 && size(subject.scopes) == 0', true],
  // how somebody proved themselves is not known where nobody has said
  ['subject.acr == "phr"', 'subject.acr'],
  ['"mfa" in subject.amr', 'subject.amr'],
  ['now - subject.auth_time < duration("15m")', 'subject.auth_time'],
  ['has(subject.auth_time) && now - subject.auth_time < duration("15m")', false],
  ['now < timestamp("2026-01-06T00:00:00Z") && now.getHours() == 13', true],
  // dynamic values: numbers of JSON compare with ints, members are reached, null is a value
  ['mcp.arguments.limit > 5', true],
  ['mcp.arguments.limit == 10', true],
  ['mcp.arguments.deep.list[1] == "two"', true],
  ['mcp.arguments["limit"] <= 10', true],
  ['mcp.arguments.none == null', true],
  ['sql.params[1] == null', true],
  ['has(mcp.arguments.limit) && !has(mcp.arguments.other)', true],
  ['has(mcp.arguments.constructor)', false],
  ['mcp.arguments.limit > 5 ? sql.reads : sql.writes', true],
  // an unknown fact is an error that names it, unless the other side decides alone (CEL, logical operators)
  ['sql.writes', 'sql.writes'],
  ['!sql.writes', 'sql.writes'],
  ['sql.writes == false', 'sql.writes'],
  ['sql.writes && sql.reads', 'sql.writes'],
  ['sql.writes || false', 'sql.writes'],
  ['sql.writes || sql.reads', true],
  ['sql.reads || sql.writes', true],
  ['sql.writes && !sql.reads', false],
  ['!sql.reads && sql.writes', false],
  ['sql.writes ? true : true', 'sql.writes'],
  ['size(sql.columns) == 0', 'sql.columns'],
  ['"a" in sql.columns', 'sql.columns'],
  ['sql.columns.exists(c, c == "a")', 'sql.columns'],
  ['has(sql.writes)', false],
  ['has(sql.writes) && sql.writes', false],
  ['mcp.arguments.other == 1', 'mcp.arguments.other'],
  ['mcp.arguments.deep.other == 1', 'mcp.arguments.deep.other'],
  ['sql.params[7] == "a"', 'could not be evaluated (index_out_of_bounds)'],
  [
    '1 / size(sql.relations[0].split("p")) == 0 && 1 / (size(request.phi) - 1) == 1',
    'could not be evaluated (division_by_zero)',
  ],
  ['mcp.arguments.text > 5', 'could not be evaluated (no_such_overload)'],
];

for (const [when, outcome] of outcomes) {
  test(when, () => assert.equal(ask(when), outcome));
}

test('arguments that are not known yet are an unknown fact', () => {
  const listing = factsWith({ mcp: { arguments: null } });
  assert.equal(ask('mcp.arguments.limit > 1', listing), 'mcp.arguments');
  assert.equal(ask('has(mcp.arguments) && mcp.arguments.limit > 1', listing), false);
});

test('every condition the guide shows is one', () => {
  const guide = readFileSync(new URL('../../docs/guide/write-policy.md', import.meta.url), 'utf8');
  const shown = [...guide.matchAll(/`when: ([^`]+)`|^ +when: (.+)$/gm)].map(([, inline, line]) =>
    (inline ?? line ?? '').replaceAll('\\|', '|').replace(/^'(.*)'$/, '$1'),
  );
  assert.ok(shown.length > 10, shown.join('\n'));
  for (const when of shown) {
    const compiled = compileCondition(when);
    assert.ok(compiled.ok, `${when}: ${JSON.stringify(compiled)}`);
  }
});

const refused: readonly [when: string, says: RegExp, offset: number][] = [
  ['sql.raeds', /No such key: raeds; did you mean reads\?/, 4],
  ['sql.reads && sql.wrote', /No such key: wrote\)/, 17],
  ['slq.reads', /Unknown variable: slq; did you mean sql\?/, 0],
  ['sql.command == SELECT', /SELECT; facts begin with now, subject, .*; text stands in quotes/, 15],
  ['sql.reads and sql.bounded', /; and is &&, or is \|\|, not is !\)$/, 10],
  ['not sql.reads', /; and is &&/, 4],
  ['sql.command = "and"', /; equal is ==\)$/, 12],
  ['sql.command == "a and b" &&', /Unexpected token: EOF\)$/, 27],
  ['subject.id', /type string/, 0],
  ['mcp.arguments.flag', /type dyn/, 0],
  ['subject.id == 5', /overload/, 0],
  ['sql.writes == null', /overload/, 0],
  ['1 +', /Unexpected/, 0],
  ['somebody.id == "a"', /somebody/, 0],
  ['subject.id.matches("(a")', /RE2/, 19],
  ['matches(subject.id, "a(?=b)")', /RE2/, 20],
  ['subject.id.matches("(a)\\\\1")', /RE2/, 19],
  [`${'!'.repeat(600)}sql.reads`, /error in the condition/, 0],
  [`subject.id == "${'a'.repeat(5_000)}"`, /more than 4096/, 0],
];

for (const [when, says, offset] of refused) {
  test(`refused: ${when.slice(0, 40)}`, () => {
    const compiled = compileCondition(when);
    assert.ok(!compiled.ok);
    assert.match(compiled.error.text, says);
    if (offset > 0) assert.equal(compiled.error.offset, offset);
  });
}

test('patterns are linear in their input, however they are called', () => {
  const hostile = factsWith({ client: { name: 'a'.repeat(50_000) }, sql: { relations: ['a'.repeat(50_000)] } });
  for (const when of [
    'client.name.matches("^(a+)+$") && !client.name.matches("^(a+)+b$")',
    '!matches(client.name, "^(a|a)*b$")',
    '!sql.relations.exists(r, r.matches("^(a*)*b$"))',
    '!(client.name + "c").matches("^(a+)+" + "b$")',
  ]) {
    const started = process.hrtime.bigint();
    assert.equal(ask(when, hostile), true, when);
    assert.ok(process.hrtime.bigint() - started < 5_000_000_000n, `${when} is slow`);
  }
});

test('a pattern from a request that RE2 does not accept is an error', () => {
  const hostile = factsWith({ client: { name: '(' } });
  assert.match(String(ask('"a".matches(client.name)', hostile)), /invalid_regular_expression/);
});

test('no outcome repeats a value', () => {
  const secret = factsWith({ client: { name: 'Jane Doe' }, mcp: { arguments: { 'Jane Doe': 1, name: 'Jane Doe' } } });
  for (const when of [
    'mcp.arguments.name > 5',
    'mcp.arguments[client.name + "x"] == 1',
    'int(client.name) == 5',
    '"a".matches(client.name + "(")',
    'timestamp(client.name) > now',
  ]) {
    assert.doesNotMatch(String(ask(when, secret)), /Jane/, when);
  }
});

test('who acts, how somebody proved themselves and when are facts', () => {
  const proven = factsWith({
    now: Date.UTC(2026, 0, 5, 13),
    subject: {
      agent: 'planner',
      actors: ['planner', 'desk'],
      acr: 'phr',
      amr: ['pwd', 'mfa'],
      auth_time: Date.UTC(2026, 0, 5, 12, 50),
      scopes: ['strong'],
    },
  });
  for (const when of [
    'subject.actors == ["planner", "desk"] && subject.agent == "planner"',
    'subject.acr == "phr" && "mfa" in subject.amr && "strong" in subject.scopes',
    'now - subject.auth_time < duration("15m") && now - subject.auth_time >= duration("10m")',
  ])
    assert.equal(ask(when, proven), true, when);
  assert.equal(ask('subject.actors == ["planner"]', factsWith({ subject: { agent: 'planner' } })), true);
});
