// What the parser accepts, what it refuses, and where it says the trouble is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, problemsOf } from './parts.ts';

const designed = `
listen: { http: 127.0.0.1:7070, postgres: 127.0.0.1:7432 }
public_url: https://gate.hospital.example
tls: { cert: ./gate.crt, key: ./gate.key }
state: ./state                       # a directory
keys: { kek: \${file:./kek} }         # unquoted, in a flow mapping
identity:
  trust:
    - { issuer: https://ci.example, audience: chartgate, jwks: ./jwks.json, groups_claim: groups, kind: workload }
    - { issuer: https://idp.example, audience: chartgate, jwks: https://idp.example/jwks, kind: person }
  sessions: { idle: 15m, absolute: 8h }
connections:
  ehr:        { type: postgres, url: "postgres://gate@db:5432/ehr", password: \${env:EHR_PASSWORD}, tls: verify-full }
  ehr-tools:  { type: mcp, command: [npx, some-mcp-server], env: { DATABASE_URL: "\${dsn:ehr}" } }
  notes:      { type: mcp, url: https://notes.internal/mcp, credential: { type: bearer, token: \${file:./a,b} } }
  tools:      { type: mcp, url: http://10.0.0.9/mcp, credential: { type: header, name: X-Key, value: "Key \${env:K}" } }
classification:
  ehr: { posture: inline, pack: synthea, columns: { public.patients.ssn: ssn, public.notes.body: note } , unknown_text: mask }
masks: { ssn: last4, name: pseudonym, date: year, mrn: null, default: redact }
policy:
  groups: { privacy: [privacy-officers] }
  rules:
    - name: analysts-read-masked
      subjects: { groups: [analysts] }
      connections: [ehr, ehr-tools]
      when: sql.reads || mcp.tool.readonly          # CEL over facts
      allow: { rows: 10000, filter: [date] }
    - name: care-team-sees-names
      subjects: { groups: [care-team], ids: [carol] }
      connections: [ehr]
      when: sql.reads
      allow: { unmask: [name, mrn, date], filter: all }
    - name: unbounded-write
      connections: [ehr]
      when: sql.writes && !sql.bounded              # DELETE or UPDATE without WHERE, TRUNCATE, …
      hold: { reviewers: [privacy], quorum: 2, wait: 0s, expires: 1h, grants: once }
    - name: identifiers-in-a-question
      when: size(request.phi) > 0 && !("care-team" in subject.groups)
      hold: { reviewers: [privacy] }
    - name: weights-stay
      when: mcp.tool.name.startsWith("export_weights")
      deny: Model weights never leave this system.
    - { name: everything, subjects: { groups: [root] }, allow: true }
  tests:
    - name: analysts read
      facts: { subject: { groups: [analysts] }, connection: { name: ehr }, sql: { reads: true } }
      expect: { effect: allow, rule: analysts-read-masked, unmask: [] }
    - { name: others do not, facts: {}, expect: deny }
audit: { retain: 6y, readers: [privacy, auditors] }
`;

test('the designed surface parses, every default filled in', () => {
  const parsed = parse(designed);
  assert.ok(parsed.ok, JSON.stringify(!parsed.ok && parsed.error));
  const { config } = parsed.value;
  assert.deepEqual(config.listen, {
    http: { host: '127.0.0.1', port: 7070 },
    postgres: { host: '127.0.0.1', port: 7432 },
    origins: [],
  });
  assert.equal(config.keys.kek?.raw, '${file:./kek}');
  assert.deepEqual(config.connections['ehr'], {
    type: 'postgres',
    host: 'db',
    port: 5432,
    user: 'gate',
    database: 'ehr',
    password: { raw: '${env:EHR_PASSWORD}' },
    tls: 'verify-full',
    caFile: null,
    acceptPrivilegedLogin: false,
  });
  assert.deepEqual(config.connections['notes'], {
    type: 'mcp',
    transport: 'http',
    url: 'https://notes.internal/mcp',
    credential: { type: 'bearer', token: { raw: '${file:./a,b}' } },
    binary: 'withhold',
  });
  assert.deepEqual(config.masks, {
    byClass: { ssn: 'last4', name: 'pseudonym', date: 'year', mrn: 'null' },
    default: 'redact',
  });
  assert.deepEqual(config.identity.trust[1]?.jwks, { url: 'https://idp.example/jwks' });
  assert.deepEqual(config.audit, {
    retainMs: 6 * 366 * 86_400_000,
    signatures: ['ed25519'],
    archive: null,
    witnesses: [],
    quorum: 1,
    exports: [],
    readers: ['privacy-officers', 'auditors'],
  });
  assert.deepEqual(config.policy.rules[2]?.effect, {
    kind: 'hold',
    reviewers: ['privacy'],
    quorum: 2,
    waitMs: 0,
    expiresMs: 3_600_000,
    grants: 'once',
  });
  assert.deepEqual(config.policy.rules[3]?.effect, {
    kind: 'hold',
    reviewers: ['privacy'],
    quorum: 1,
    waitMs: 45_000,
    expiresMs: 1_800_000,
    grants: 'once',
  });
  assert.deepEqual(config.policy.rules[5]?.effect, { kind: 'allow', unmask: [], filter: [], rows: null });
});

test('a preset of masks, and what is named beside it', () => {
  const parsed = parse(`${head}${ehr}masks: { preset: safe-harbor, date: null, name: drop }`);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value.config.masks, {
    byClass: { date: 'null', name: 'drop', address: 'zip3', age: 'age90', note: 'redact' },
    default: 'redact',
  });
  const other = parse(`${head}${ehr}masks: { preset: pseudonymised, default: redact }`);
  assert.equal(other.ok && other.value.config.masks.default, 'redact');
});

test('a pack by the name people write, a test of the policy without one, a DSN for a remote MCP server', () => {
  const tools = '  tools: { type: mcp, url: https://mcp.internal/mcp, identity: "${dsn:ehr}" }\n';
  const tests = 'policy: { tests: [{ facts: {}, expect: deny }, { name: named, facts: {}, expect: deny }] }';
  const parsed = parse(`${head}${ehr}${tools}classification: { ehr: { pack: C-CDA } }\n${tests}`);
  assert.ok(parsed.ok, JSON.stringify(!parsed.ok && parsed.error));
  const { classification, policy, connections } = parsed.value.config;
  assert.equal(classification['ehr']?.pack, 'ccda');
  assert.deepEqual(
    policy.tests.map(({ name }) => name),
    ['test 1', 'named'],
  );
  const remote = connections['tools'];
  assert.ok(remote?.type === 'mcp' && remote.transport === 'http');
  assert.equal(remote.identity?.raw, '${dsn:ehr}');
});

test('the least there can be gets every default; JSON and anchors are YAML', () => {
  const parsed = parse('{"listen": {"http": "localhost:0"}, "connections": {}}');
  assert.ok(parsed.ok);
  assert.equal(parsed.value.config.publicUrl, 'http://localhost:0');
  assert.equal(parsed.value.config.identity.idleMs, 900_000);
  assert.equal(parsed.value.config.identity.absoluteMs, 28_800_000);
  assert.deepEqual(parsed.value.config.audit.readers, ['auditors']);
  assert.equal(parsed.value.config.state, '/etc/./state');
  const anchored = parse(`
listen: { http: "[::1]:7070" }
connections:
  a: &a { type: postgres, url: postgres://gate@127.0.0.1/ehr }
  b: { <<: *a, url: postgres://gate@db/other }
  c: *a
`);
  assert.ok(anchored.ok, JSON.stringify(!anchored.ok && anchored.error));
  const { a, b, c } = anchored.value.config.connections;
  assert.equal(a?.type === 'postgres' && a.tls, 'disable');
  assert.equal(b?.type === 'postgres' && b.tls, 'verify-full');
  assert.deepEqual(c, a);
  assert.equal(anchored.value.config.publicUrl, 'http://[::1]:7070');
});

test('the origins of web applications are those that browsers say', () => {
  const withOrigins = (...origins: readonly string[]): string =>
    `listen: { http: 127.0.0.1:7070, origins: ${JSON.stringify(origins)} }\nconnections: {}\n`;
  const written = ['https://app.example', 'http://localhost:6274', 'https://app.example:8443', 'http://[::1]:1'];
  const good = parse(withOrigins(...written));
  assert.deepEqual(good.ok && good.value.config.listen.origins, written, JSON.stringify(!good.ok && good.error));
  for (const wrong of [
    'http://app.example',
    'https://app.example/',
    'https://App.example',
    'https://app.example:443',
    'https://me@app.example',
    'https://app.example/mcp',
    'https://*.example',
    'app.example',
    'null',
    '*',
    '',
  ])
    assert.deepEqual(
      problemsOf(withOrigins(wrong)).map(({ path }) => path.slice(0, 14)),
      ['listen.origins'],
      wrong,
    );
});

const head = 'listen: { http: 127.0.0.1:7070, postgres: 127.0.0.1:7432 }\nconnections:\n';
const ehr = '  ehr: { type: postgres, url: postgres://gate@db/ehr }\n';

/** Text after `head`, then `line path: words of the problem`. Lines count from the top: `head` has two. */
const refused: readonly [text: string, ...problems: (readonly [where: string, says: RegExp])[]][] = [
  ['  ehr: { type: postgres }', ['3 connections.ehr.url', /found nothing, expected text/]],
  ['  ehr: { type: postgers }', ['3 connections.ehr.type', /"postgers".*postgres, mcp or http/]],
  ['  ehr: { typ: postgres }', ['3 connections.ehr.type', /type postgres, mcp or http/]],
  ['  EHR: { type: postgres, url: postgres://g@h/d }', ['3 connections.EHR', /lower case/]],
  [
    '  ehr:\n    type: postgres\n    url: postgres://g@h/d\n    tsl: require',
    ['6 connections.ehr.tsl', /did you mean tls/],
  ],
  [
    '  ehr: { type: postgres, url: postgres://g@h/d, tls: yes }',
    ['3 connections.ehr.tls', /disable, require, verify-full/],
  ],
  ['  ehr: { type: postgres, url: mysql://g@h/d }', ['3 connections.ehr.url', /postgres:\/\/user@host/]],
  [
    '  ehr: { type: postgres, url: "postgres://g@h/d?sslmode=disable" }',
    ['3 connections.ehr.url', /without parameters/],
  ],
  ['  a: { type: mcp }', ['3 connections.a', /exactly one of command and url/]],
  ['  a: { type: mcp, command: [x], url: https://x }', ['3 connections.a', /exactly one of command and url/]],
  ['  a: { type: mcp, url: https://x, env: { A: b } }', ['3 connections.a.env', /no env beside url/]],
  ['  a: { type: mcp, url: https://x, identity: "${env:A}" }', ['3 connections.a.identity', /a reference \$\{dsn:/]],
  [
    '  a: { type: mcp, command: [x], identity: "${dsn:b}" }',
    ['3 connections.a.identity', /no identity beside command/],
  ],
  ['  a: { type: mcp, url: ftp://x }', ['3 connections.a.url', /http or https/]],
  [
    `${ehr}  a: { type: mcp, command: [x], env: { D: "\${dsn:her}" } }`,
    ['4 connections.a.env.D', /"her".*did you mean ehr/],
  ],
  [
    `${ehr}  a: { type: mcp, command: [x], env: { D: "\${dsn:a}" } }`,
    ['4 connections.a.env.D', /a postgres connection: ehr/],
  ],
  [`${ehr}state: "\${dsn:ehr}"`, ['4 state', /only in command, env or identity/]],
  [`${ehr}classification: { her: {} }`, ['4 classification.her', /did you mean ehr/]],
  [`${ehr}classification: { ehr: { pack: sinthea } }`, ['4 classification.ehr.pack', /did you mean synthea/]],
  [
    `${ehr}classification: { ehr: { columns: { a.b.c: snn } } }`,
    ['4 classification.ehr.columns.a.b.c', /did you mean ssn/],
  ],
  [
    `${ehr}classification: { ehr: { columns: { a.b.c: { /x: nmae } } } }`,
    ['4 classification.ehr.columns.a.b.c./x', /did you mean name/],
  ],
  [
    `${ehr}classification: { ehr: { columns: { a.b.c: { x/y: name } } } }`,
    ['4 classification.ehr.columns.a.b.c.x/y', /json\/pointer/],
  ],
  [
    `${ehr}classification: { ehr: { columns: { a.b.c: {} } } }`,
    ['4 classification.ehr.columns.a.b.c', /one path at least/],
  ],
  [
    `${ehr}classification: { ehr: { columns: { b.c: ssn } } }`,
    ['4 classification.ehr.columns.b.c', /schema.table.column/],
  ],
  [`${ehr}masks: { snn: last4 }`, ['4 masks.snn', /did you mean ssn/]],
  [`${ehr}masks: { ssn: last5 }`, ['4 masks.ssn', /did you mean last4/]],
  [`${ehr}masks: { preset: safe-harbour }`, ['4 masks.preset', /did you mean safe-harbor/]],
  [
    `${ehr}masks: { preset: safe-harbor, mrn: pseudonym }`,
    ['4 masks.mrn', /redact, null, drop: .*164\.514\(b\)\(2\)\(i\)/],
  ],
  [`${ehr}masks: { preset: safe-harbor, date: shift }`, ['4 masks.date', /redact, null, drop, year: safe-harbor/]],
  [`${ehr}masks: { preset: safe-harbor, ssn: last4 }`, ['4 masks.ssn', /safe-harbor/]],
  [`${ehr}masks: { preset: safe-harbor, name: keep }`, ['4 masks.name', /safe-harbor/]],
  [`${ehr}masks: { preset: safe-harbor, default: pseudonym }`, ['4 masks.default', /safe-harbor/]],
  [`${ehr}masks: { preset: limited-data-set, name: pseudonym }`, ['4 masks.name', /164\.514\(e\)\(2\)/]],
  [`${ehr}masks: { preset: limited-data-set, address: keep }`, ['4 masks.address', /redact, null, drop, zip, zip3/]],
  [`${ehr}statte: x`, ['4 statte', /did you mean state/]],
  [`${ehr}identity: { sessions: { idle: 15 minutes } }`, ['4 identity.sessions.idle', /a duration such as/]],
  [
    `${ehr}identity:\n  trust:\n    - { issuer: a, audience: b, jwks: http://idp.example/k }`,
    ['6 identity.trust[0].jwks', /https URL/],
  ],
  [`${ehr}public_url: http://gate.example`, ['4 public_url', /https URL/]],
  [
    `${ehr}policy:\n  rules:\n    - name: a\n      connections: [her]\n      allow: {}`,
    ['7 policy.rules[0].connections[0]', /did you mean ehr/],
  ],
  [
    `${ehr}policy:\n  rules:\n    - name: a\n      when: sql.raeds\n      allow: {}`,
    ['7 policy.rules[0].when', /No such key: raeds/],
  ],
  [
    `${ehr}policy:\n  rules:\n    - name: a\n      when: sql.command\n      allow: {}`,
    ['7 policy.rules[0].when', /type string/],
  ],
  [
    `${ehr}policy:\n  rules:\n    - name: a\n      when: subject.id.matches("(")\n      allow: {}`,
    ['7 policy.rules[0].when', /RE2/],
  ],
  [`${ehr}policy:\n  rules:\n    - { name: a, allow: {}, deny: no }`, ['6 policy.rules[0]', /exactly one of allow/]],
  [`${ehr}policy:\n  rules:\n    - { name: a }`, ['6 policy.rules[0]', /exactly one of allow/]],
  [
    `${ehr}policy:\n  rules:\n    - { name: a, subjects: {}, allow: {} }`,
    ['6 policy.rules[0].subjects', /at least one/],
  ],
  [
    `${ehr}policy:\n  rules:\n    - { name: a, allow: {} }\n    - { name: a, allow: {} }`,
    ['7 policy.rules[1].name', /a name of its own/],
  ],
  [
    `${ehr}policy:\n  rules:\n    - { name: a, hold: { reviewers: [], quorum: 0, grants: always } }`,
    ['6 policy.rules[0].hold.reviewers', /at least one/],
    ['6 policy.rules[0].hold.quorum', /from 1/],
    ['6 policy.rules[0].hold.grants', /expected once/],
  ],
  [
    `${ehr}policy:\n  tests:\n    - { name: t, facts: { sql: { raeds: true }, connection: { name: her } }, expect: allwo }`,
    ['6 policy.tests[0].facts.sql.raeds', /did you mean reads/],
    ['6 policy.tests[0].facts.connection.name', /did you mean ehr/],
    ['6 policy.tests[0].expect', /did you mean allow/],
  ],
  [`${ehr}state: a\nstate: b`, ['5 ', /unique/]],
  [`${ehr}policy: [`, ['4 ', /YAML/]],
  // literal secrets
  [
    '  ehr: { type: postgres, url: postgres://g@h/d, password: hunter2 }',
    ['3 connections.ehr.password', /a secret written out/],
  ],
  [
    '  ehr: { type: postgres, url: postgres://g@h/d, password: "x${env:A}" }',
    ['3 connections.ehr.password', /reference/],
  ],
  ['  ehr: { type: postgres, url: "postgres://g:hunter2@h/d" }', ['3 connections.ehr.url', /a URL with a password/]],
  ['  a: { type: mcp, command: [x, --api-token=hunter2] }', ['3 connections.a.command[1]', /a secret written out/]],
  [
    '  a: { type: mcp, command: [x], env: { API_KEY: hunter2 } }',
    ['3 connections.a.env.API_KEY', /a secret written out/],
  ],
  [
    '  a: { type: mcp, command: [x], env: { A: "postgres://u:hunter2@h" } }',
    ['3 connections.a.env.A', /URL with a password/],
  ],
  [
    '  a: { type: mcp, url: https://x, credential: { type: bearer, token: hunter2 } }',
    ['3 connections.a.credential.token', /a secret written out/],
  ],
  [
    '  a: { type: mcp, url: https://x, credential: { type: header, name: K, value: hunter2 } }',
    ['3 connections.a.credential.value', /a secret written out/],
  ],
  [`${ehr}keys: { kek: hunter2 }`, ['4 keys.kek', /a secret written out/]],
  [
    `${ehr}audit: { export: [{ type: webhook, url: "https://x.example", secret: ["\${env:A}", hunter2] }] }`,
    ['4 audit.export[0].secret[1]', /a secret written out/],
  ],
  [`${ehr}state: eyJhbGciOiJub25lIn0.eyJzdWIiOiJodW50ZXIyIn0.`, ['4 state', /a token written out/]],
  [`${ehr}state: "-----BEGIN PRIVATE KEY----- hunter2"`, ['4 state', /a PEM block/]],
  [
    `${ehr}approvals: { notify: [{ type: slack, bot: xoxb-1, channel: C }] }`,
    ['4 approvals.notify[0].bot', /a secret written out/],
  ],
  [`${ehr}identity: { providers: { a: { type: ldap } } }`, ['4 identity.providers.a.type', /oidc or saml/]],
  [
    `${ehr}identity: { providers: { a: { type: oidc, issuer: http://idp.example, client_id: x } } }`,
    ['4 identity.providers.a.issuer', /https URL/],
  ],
  [
    `${ehr}identity: { providers: { a: { type: oidc, issuer: https://i.example, client_id: x, client_secret: hunter2 } } }`,
    ['4 identity.providers.a.client_secret', /a secret written out/],
  ],
  [
    `${ehr}identity: { providers: { a: { type: saml, metadata: m, key: hunter2 } } }`,
    ['4 identity.providers.a.key', /a secret written out/],
  ],
  ...(
    [
      ['{ workload: {} }', '4 identity.clients.known.a.jwks', /jwks or secret/],
      ['{ jwks: ./k, secret: "${env:S}", workload: {} }', '4 identity.clients.known.a.jwks', /jwks or secret/],
      ['{ secret: hunter2, workload: {} }', '4 identity.clients.known.a.secret', /a secret written out/],
      ['{ jwks: ./k }', '4 identity.clients.known.a', /workload, exchange or assertions/],
      ['{ jwks: http://i.example/k, workload: {} }', '4 identity.clients.known.a.jwks', /https URL/],
      ['{ jwks: ./k, workload: {}, doors: [mcp] }', '4 identity.clients.known.a.doors[0]', /mcp\/<connection>/],
      ['{ jwks: ./k, workload: {}, doors: [postgres/her] }', '4 identity.clients.known.a.doors[0]', /postgres\/ehr/],
      ['{ jwks: ./k, exchange: { subjects: [] } }', '4 identity.clients.known.a.exchange.subjects', /at least one/],
      [
        '{ jwks: ./k, exchange: { subjects: [https://ci.exampel] } }',
        '4 identity.clients.known.a.exchange.subjects[0]',
        /unknown name|https:/,
      ],
      ['{ jwks: ./k, assertions: [https://i] }', '4 identity.clients.known.a.assertions[0]', /./],
      [
        '{ jwks: ./k, exchange: { subjects: [https://i], actors: [{ issuer: https://i, subjects: [] }] } }',
        '4 identity.clients.known.a.exchange.actors[0].subjects',
        /at least one/,
      ],
    ] as const
  ).map(([client, path, says]): (typeof refused)[number] => [
    `${ehr}identity: { clients: { known: { a: ${client} } } }`,
    [path, says],
  ]),
  [`${ehr}identity: { step_up: { gate: { acr: [x] } } }`, ['4 identity.step_up.gate', /no scope already/]],
  [`${ehr}identity: { step_up: { strong: { acr: [] } } }`, ['4 identity.step_up.strong.acr', /at least one/]],
  [
    '  a: { type: mcp, url: https://x, step_up: { scope: strong } }',
    ['3 connections.a.step_up.scope', /unknown|strong/],
  ],
  [
    `${ehr}identity: { clients: { known: { chartgate-cli: { jwks: ./k, workload: {} } } } }`,
    ['4 identity.clients.known.chartgate-cli', /the gate's own/],
  ],
  // what this version cannot do yet
  [`${ehr}audit: { archive: s3://b }`, ['4 audit.archive', /the name of a bucket/]],
  [`${ehr}audit: { archive: "s3://bucket?lock=maybe" }`, ['4 audit.archive', /compliance, governance, none/]],
  [`${ehr}state: postgres://db/state`, ['4 state', /not supported/]],
  ['  a: { type: http, url: https://x }', ['3 connections.a.type', /not supported/]],
  ['  a: { type: mcp, command: [x], env: { A: "${evn:b}" } }', ['3 connections.a.env.A', /unknown kind/]],
];

for (const [text, ...expected] of refused) {
  test(`refused: ${text.split('\n').at(-1)?.trim()}`, () => {
    const problems = problemsOf(head + text);
    for (const [where, says] of expected) {
      const problem = problems.find((each) => `${each.line} ${each.path}` === where);
      assert.ok(problem, `${where} is not among ${JSON.stringify(problems, null, 1)}`);
      assert.match(`found ${problem.found}, expected ${problem.expected}`, says);
    }
    assert.doesNotMatch(JSON.stringify(problems), /hunter2/, 'a problem must not repeat a secret');
  });
}

test('what has to last is not nothing: no payload kept, no session open, no approval usable', () => {
  const nothing = `
identity: { sessions: { idle: 0s, absolute: 0h }, step_up: { strong: { acr: [phr], within: 0m } } }
policy: { rules: [{ name: asks, hold: { reviewers: [privacy], wait: 0s, expires: 0ms } }] }
audit: { retain: 0y }
`;
  assert.deepEqual(
    problemsOf(head + ehr + nothing).map(({ path, expected }) => `${path}: ${expected}`),
    [
      'identity.sessions.idle',
      'identity.sessions.absolute',
      'identity.step_up.strong.within',
      'policy.rules[0].hold.expires',
      'audit.retain',
    ].map((path) => `${path}: a duration that is not 0`),
  );
});

test('two doors are not at one address, but where any port will do', () => {
  const told = (http: string, postgres: string): readonly string[] =>
    problemsOf(`listen: { http: "${http}", postgres: "${postgres}" }\nconnections: {}`).map(
      ({ path, found }) => `${path}: ${found}`,
    );
  assert.deepEqual(told('127.0.0.1:7070', '127.0.0.1:7070'), ['listen.postgres: "127.0.0.1:7070" again']);
  assert.deepEqual(told('127.0.0.1:0', '127.0.0.1:0'), []);
});

test('a door off loopback needs tls', () => {
  const [problem] = problemsOf('listen:\n  http: 127.0.0.1:1\n  postgres: 0.0.0.0:2\nconnections: {}');
  assert.equal(problem?.path, 'listen.postgres');
  assert.equal(problem.line, 3);
});

test('all problems are told at once, top to bottom', () => {
  const problems = problemsOf(
    `${head}  a: { type: postgres }\n  b: { type: mcp }\nx: 1\npolicy: { rules: [{ name: 1 }] }`,
  );
  assert.deepEqual(
    problems.map((each) => `${each.line} ${each.path}`),
    ['3 connections.a.url', '4 connections.b', '5 x', '6 policy.rules[0].name'],
  );
});

test('columns point into the line, into the condition too', () => {
  const [problem] = problemsOf(
    `${head}${ehr}policy:\n  rules:\n    - name: a\n      when: sql.reads && sql.wrotes\n      allow: {}`,
  );
  assert.equal(problem?.line, 7);
  assert.equal(problem.column, '      when: sql.reads && sql.'.length + 1);
});

test('an empty file, a bare word and aliases that multiply are refused', () => {
  assert.match(problemsOf('')[0]?.expected ?? '', /a mapping/);
  assert.match(problemsOf('gate')[0]?.expected ?? '', /a mapping/);
  const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [of, name] of ['a b', 'b c', 'c d', 'd e', 'e f', 'f g'].map((each) => each.split(' '))) {
    laughs.push(`${name}: &${name} [*${of}, *${of}, *${of}, *${of}, *${of}, *${of}, *${of}, *${of}, *${of}]`);
  }
  assert.match(problemsOf(laughs.join('\n'))[0]?.found ?? '', /aliases/);
});
