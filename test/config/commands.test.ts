// check, policy test, policy explain and init, as a person meets them: text on the streams and an exit code.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, test } from 'node:test';
import { analyzeText } from '../../src/cli/analyze-text.ts';
import { check } from '../../src/cli/check.ts';
import { init } from '../../src/cli/init.ts';
import type { Io } from '../../src/cli/io.ts';
import { explainPolicy } from '../../src/cli/policy-explain.ts';
import { simulatePolicy } from '../../src/cli/policy-simulate.ts';
import { testPolicy } from '../../src/cli/policy-test.ts';
import { noSql } from '../../src/core/facts.ts';
import { ok } from '../../src/core/result.ts';
import { checkConnections } from '../../src/live-check.ts';

const cwd = mkdtempSync(join(tmpdir(), 'chartgate-check-'));
after(() => rmSync(cwd, { recursive: true }));

/** Runs a command; gives its exit code and what it wrote. */
async function run(
  command: (io: Io) => Promise<number>,
  env: Io['env'] = { EHR_PASSWORD: 'p' },
): Promise<{ readonly exit: number; readonly out: string; readonly err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exit = await command({ env, cwd, stdin, stdout, stderr });
  return { exit, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

test('what init writes, check accepts; init never overwrites', async () => {
  const config = 'chartgate.yaml';
  assert.equal((await run((io) => init(io, { config, yes: true }))).exit, 0);
  const written = readFileSync(join(cwd, config), 'utf8');
  assert.equal((await run((io) => init(io, { config, yes: true }))).exit, 64);
  assert.equal(readFileSync(join(cwd, config), 'utf8'), written);

  const missing = await run((io) => check(io, { config }), {});
  assert.equal(missing.exit, 1);
  assert.match(missing.err, /chartgate\.yaml:\d+:\d+: connections\.ehr\.password.*EHR_PASSWORD/);

  const bare = 'bare.yaml';
  assert.equal((await run((io) => init(io, { config: bare, yes: true }), {})).exit, 0);
  assert.equal((await run((io) => check(io, { config: bare }), {})).exit, 0, 'nothing but the file is needed');
  const sound = await run((io) => check(io, { config }));
  assert.equal(sound.exit, 0, sound.err);
  assert.match(sound.out, /postgres 127\.0\.0\.1:5432\/ehr as gate, tls disable, posture inline/);
  assert.match(sound.out, /tests: 2 of 2 passed/);

  const live = [{ connection: 'ehr', ok: false, text: 'the login is a superuser' }];
  const unsound = await run((io) => check(io, { config }, async () => live));
  assert.equal(unsound.exit, 1);
  assert.match(unsound.out, /FAILED {2}the login is a superuser/);
});

test('answers that make no configuration are not written, and a password among them to nowhere', async () => {
  const config = 'answered.yaml';
  const asked = await run((io) => {
    const stdin = Readable.from(['https://idp.test\n', 'postgres://gate:hunter2@db/ehr\n', 'analysts\n']);
    return init({ ...io, stdin }, { config });
  });
  assert.equal(asked.exit, 64);
  assert.match(asked.err, /a URL with a password written out.*\nNothing was written\./);
  assert.doesNotMatch(asked.err, /hunter2/);
  assert.equal(existsSync(join(cwd, config)), false);
});

test('what a start would stumble over, check says first: keys, certificates, secrets of webhooks', async () => {
  const config = 'start.yaml';
  const notify = '{ type: webhook, url: https://h.example/x, secret: ${env:HOOK} }';
  writeFileSync(join(cwd, 'no.pem'), 'no certificate');
  writeFileSync(
    join(cwd, config),
    `listen: { http: 127.0.0.1:0 }
tls: { cert: no.pem, key: no.pem }
keys: { kek: \${env:KEK} }
connections: {}
approvals: { notify: [${notify}] }
`,
  );
  const { exit, out } = await run((io) => check(io, { config }, checkConnections), { HOOK: 's3cret', KEK: 'short' });
  assert.equal(exit, 1);
  assert.match(out, /FAILED {2}The secret of a webhook is whsec_/);
  assert.match(out, /FAILED {2}keys\.kek is too short/);
  assert.match(out, /FAILED {2}tls\.cert: \S+no\.pem holds no X\.509 certificate in PEM/);
});

test('a database that does not answer is no fault of the file, and not called ok either', async () => {
  const config = 'away.yaml';
  writeFileSync(
    join(cwd, config),
    `listen: { http: 127.0.0.1:0 }
connections:
  inline: { type: postgres, url: postgres://g@127.0.0.1:1/ehr }
  enforced: { type: postgres, url: postgres://g@127.0.0.1:1/ehr }
classification: { enforced: { posture: enforced } }
`,
  );
  const { exit, out } = await run((io) => check(io, { config }, checkConnections));
  assert.equal(exit, 0);
  assert.equal(out.match(/not checked {2}The upstream cannot be reached/g)?.length, 2, out);
  assert.doesNotMatch(out, / ok /);
});

const gate = 'gate.yaml';
writeFileSync(
  join(cwd, gate),
  `listen: { http: 127.0.0.1:0 }
connections: { ehr: { type: postgres, url: postgres://g@127.0.0.1/ehr }, tools: { type: mcp, command: [x] } }
policy:
  rules:
    - { name: reads, subjects: { groups: [analysts] }, when: sql.reads || mcp.tool.readonly, allow: {} }
    - { name: named, when: 'mcp.tool.name == "drop"', deny: Not that one. }
  tests:
    - { name: right, facts: { subject: { groups: [analysts] }, sql: { reads: true } }, expect: allow }
    - { name: wrong, facts: {}, expect: allow }
`,
);

test('a failing policy test fails check and policy test', async () => {
  const checked = await run((io) => check(io, { config: gate, json: true }));
  assert.equal(checked.exit, 1);
  const { ok: sound, tests } = JSON.parse(checked.out);
  assert.equal(sound, false);
  assert.deepEqual(
    tests.map((each: { name: string; passed: boolean }) => [each.name, each.passed]),
    [
      ['right', true],
      ['wrong', false],
    ],
  );
  const tested = await run((io) => testPolicy(io, { config: gate }));
  assert.equal(tested.exit, 1);
  assert.match(tested.out, /ok {6}right\nFAILED {2}wrong \(.*gate\.yaml:9:7\)\n {8}expected allow/);
});

test('an alias among stated groups is nobody, and said so: a test that expects a deny would pass for that alone', async () => {
  const config = 'alias.yaml';
  writeFileSync(
    join(cwd, config),
    `listen: { http: 127.0.0.1:0 }
connections: { ehr: { type: postgres, url: postgres://g@127.0.0.1/ehr } }
policy:
  groups: { research: [analysts, scientists], nurses: [nurses, wards], ghosts: [] }
  rules: [{ name: reads, subjects: { groups: [research] }, when: sql.reads, allow: true }]
  tests:
    - { name: research reads nothing, facts: { subject: { groups: [research, nurses] }, connection: { name: ehr }, sql: { reads: true } }, expect: deny }
    - { name: of nobody, facts: { subject: { groups: [ghosts, others] } }, expect: deny }
    - { name: sound, facts: { subject: { groups: [analysts] }, connection: { name: ehr }, sql: { reads: true } }, expect: allow }
`,
  );
  const said = [
    /warning: test research reads nothing takes research for a group of your identity provider, and it is an alias: state analysts or scientists \(.*alias\.yaml:7:7\)/,
    /warning: test of nobody takes ghosts for .*: it stands for none \(.*:8:7\)/,
  ];
  for (const command of [(io: Io) => check(io, { config }), (io: Io) => testPolicy(io, { config })]) {
    const { exit, out } = await run(command);
    assert.equal(exit, 0);
    for (const each of said) assert.match(out, each);
    assert.equal(out.match(/warning/g)?.length, 2);
  }
  const json = await run((io) => check(io, { config, json: true }));
  assert.deepEqual(
    JSON.parse(json.out).warnings.map(({ test }: { test: string }) => test),
    ['research reads nothing', 'of nobody'],
  );
  const asked = await run((io) => explainPolicy(io, { config, groups: 'research,analysts', connection: 'ehr' }));
  assert.match(asked.err, /^warning: --groups takes research for .*: state analysts or scientists\n$/);
  assert.equal((await run((io) => explainPolicy(io, { config, groups: 'nurses', connection: 'ehr' }))).err, '');
});

test('explain takes facts from options, a file or an analysis', async () => {
  const analyze = async () => ok({ ...noSql, command: 'SELECT', reads: true });
  const options = { config: gate, groups: 'analysts,others', connection: 'ehr', sql: 'SELECT 1' };
  const explained = await run((io) => explainPolicy(io, options, analyze));
  assert.equal(explained.exit, 0, explained.err);
  assert.match(explained.out, /^allow by reads/);

  writeFileSync(join(cwd, 'facts.json'), JSON.stringify({ connection: { name: 'tools' } }));
  const denied = await run((io) => explainPolicy(io, { config: gate, facts: 'facts.json', tool: 'drop', json: true }));
  const { decision, rules } = JSON.parse(denied.out);
  assert.equal(decision.reasons[0].text, 'Not that one.');
  assert.deepEqual(
    rules.map((each: { part: string }) => each.part),
    ['other_subject', 'true'],
  );

  writeFileSync(join(cwd, 'wrong.json'), JSON.stringify({ sql: { raeds: true } }));
  const wrong = await run((io) => explainPolicy(io, { config: gate, facts: 'wrong.json' }));
  assert.equal(wrong.exit, 64);
  assert.match(wrong.err, /sql\.raeds/);
  const unknown = await run((io) => explainPolicy(io, { config: gate, connection: 'none' }));
  assert.deepEqual([unknown.exit, unknown.err.includes('--connection: ehr, tools.')], [68, true]);
});

test('a request without a connection is not explained as one that no rule allows', async () => {
  const analyze = async () => ok({ ...noSql, command: 'SELECT', reads: true });
  for (const asked of [{ sql: 'SELECT 1' }, { tool: 'drop' }]) {
    const { exit, out, err } = await run((io) =>
      explainPolicy(io, { config: gate, groups: 'analysts', ...asked }, analyze),
    );
    assert.deepEqual([exit, out], [64, '']);
    assert.match(err, /none is named\.\nName one of gate\.yaml with --connection: ehr, tools\./);
  }
});

test('what only a catalog knows is not known without one, and explain says how to state it', async () => {
  const config = 'catalog.yaml';
  writeFileSync(
    join(cwd, config),
    `listen: { http: 127.0.0.1:0 }
connections: { ehr: { type: postgres, url: postgres://g@127.0.0.1/ehr } }
policy: { rules: [{ name: no-notes, when: '"public.notes" in sql.relations', deny: No. }] }
`,
  );
  const analyze = async () => ok({ ...noSql, command: 'SELECT', reads: true, relations: null });
  const asked = await run((io) => explainPolicy(io, { config, connection: 'ehr', sql: 'SELECT 1' }, analyze));
  assert.match(asked.out, /^deny by no-notes: .*sql\.relations, which is not known/);
  assert.match(asked.err, /only its catalog knows .*--facts/);
  writeFileSync(join(cwd, 'facts.json'), '{ "sql": { "relations": ["public.patients"] } }');
  const stated = await run((io) => explainPolicy(io, { config, connection: 'ehr', facts: 'facts.json' }, analyze));
  assert.deepEqual([stated.err, stated.out.split(':')[0]], ['', 'deny by builtin']);
});

test('explain sees what the gate would: identifiers in the question, and the time', async () => {
  const config = 'phi.yaml';
  writeFileSync(
    join(cwd, config),
    `listen: { http: 127.0.0.1:0 }
connections: { ehr: { type: postgres, url: postgres://g@127.0.0.1/ehr }, tools: { type: mcp, command: [x] } }
policy:
  rules:
    - { name: no-names, when: 'request.phi.exists(class, class != "date")', deny: No. }
    - { name: since, when: 'now >= timestamp("2020-01-01T00:00:00Z")', allow: true }
`,
  );
  const decided = async (options: Partial<Parameters<typeof explainPolicy>[1]>) => {
    const { out, err } = await run((io) => explainPolicy(io, { config, ...options }, analyzeText));
    return `${out.split(':')[0]} ${/^request\.phi (.*)$/m.exec(out)?.[1] ?? ''}${err}`;
  };
  const ehr = { connection: 'ehr' };
  assert.equal(await decided({ ...ehr, sql: "SELECT 1 WHERE '1960-01-01' < now()" }), 'allow by since date');
  assert.equal(await decided({ ...ehr, sql: "SELECT 1 WHERE '123-45-6789' = x" }), 'deny by no-names ssn');
  const asked = { connection: 'tools', tool: 'find', arguments: '{"who": {"ssn": "123-45-6789"}}' };
  assert.equal(await decided(asked), 'deny by no-names ssn');
  writeFileSync(join(cwd, 'facts.json'), '{ "now": "2019-01-01T00:00:00Z", "request": { "phi": [] } }');
  assert.equal(await decided({ ...asked, facts: 'facts.json' }), 'deny by builtin ');
});

test('what is asked of the wrong door, or is no JSON or no policy, is told by its place', async () => {
  const door = await run((io) => explainPolicy(io, { config: gate, connection: 'ehr', tool: 'drop' }));
  assert.equal(door.exit, 68);
  assert.match(door.err, /ehr is a connection of type postgres: it takes --sql/);
  writeFileSync(join(cwd, 'text.json'), 'not json');
  const json = await run((io) => explainPolicy(io, { config: gate, facts: 'text.json' }));
  assert.match(json.err, /no valid JSON in .*text\.json/);

  const since = { config: gate, since: '1d', reason: 'a try' };
  writeFileSync(
    join(cwd, 'policy.yaml'),
    'rules:\n  - { name: a, when: sql.reeds, allow: true }\n  - { name: b, alow: 1 }\n',
  );
  const policy = await run((io) => simulatePolicy(io, 'policy.yaml', since));
  assert.equal(policy.exit, 78);
  assert.match(policy.err, /policy\.yaml:2:\d+: rules\[0\]\.when: .*reeds/);
  assert.match(policy.err, /policy\.yaml:3:\d+: rules\[1\]\.alow: .*did you mean allow/);
  writeFileSync(
    join(cwd, 'whole.yaml'),
    'connections: { ehr: {} }\npolicy: { rules: [{ name: a, connections: [erh], deny: No. }] }\n',
  );
  const whole = await run((io) => simulatePolicy(io, 'whole.yaml', since));
  assert.match(whole.err, /whole\.yaml:2:\d+: policy\.rules\[0\]\.connections\[0\]: .*did you mean ehr/);
});
