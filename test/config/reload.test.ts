// A configuration read again while the gate runs: what is in force at once, what waits for a restart and stays as it was,
// and that both are told by their place in the file.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/cli/load-config.ts';
import { reload } from '../../src/config/reload.ts';
import type { LoadedConfig } from '../../src/config/resolve.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-reload-'));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'gate.yaml');
for (const each of ['gate.crt', 'other.crt', 'gate.key']) writeFileSync(join(directory, each), '', { mode: 0o600 });

const text = `listen: { http: 127.0.0.1:0 }
connections:
  ehr: { type: postgres, url: postgres://g@db/ehr, password: "\${env:EHR}" }
classification:
  ehr: { columns: { public.p.ssn: ssn } }
masks: { default: redact }
policy:
  rules:
    - { name: reads, subjects: { groups: [analysts] }, when: sql.reads, allow: { rows: 10 } }
    - { name: pays, when: 'sql.command == "\${env:EHR}"', deny: No. }
audit: { retain: 6y }
`;

async function load(change: (text: string) => string = (same) => same, password = 'one'): Promise<LoadedConfig> {
  writeFileSync(file, change(text));
  const loaded = await loadConfig(file, { EHR: password });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
}

const differences: readonly [
  what: string,
  change: (text: string) => string,
  changed: readonly string[],
  restart: readonly string[],
][] = [
  ['nothing', (same) => `# a comment\n${same}`, [], []],
  ['a rule', (t) => t.replace('rows: 10', 'rows: 9'), ['policy.rules.reads.allow.rows'], []],
  [
    'a rule more',
    (t) => t.replace('  rules:\n', '  rules:\n    - { name: new, deny: No. }\n'),
    ['policy.rules.new'],
    [],
  ],
  ['a mask', (t) => t.replace('masks: { ', 'masks: { ssn: last4, '), ['masks.ssn'], []],
  ['a class', (t) => t.replace('ssn: ssn', 'ssn: mrn'), ['classification.ehr.columns.public.p.ssn'], []],
  [
    'a section',
    (t) => `${t}detectors: { rules: [{ name: n, pattern: "A[0-9]{4}", class: mrn }] }\n`,
    ['detectors.rules'],
    [],
  ],
  ['readers', (t) => t.replace('audit: { ', 'audit: { readers: [auditors], '), ['audit.readers'], []],
  ['TLS', (t) => `${t}tls: { cert: ./gate.crt, key: ./gate.key }\n`, [], ['tls.cert', 'tls.key']],
  ['an address', (t) => t.replace('0.1:0', '0.1:9'), [], ['listen.http']],
  [
    'a connection',
    (t) => t.replace('classification:', '  lab: { type: mcp, command: [x] }\nclassification:'),
    [],
    ['connections.lab'],
  ],
  [
    'the posture',
    (t) => t.replace('ehr: { columns', 'ehr: { posture: enforced, columns'),
    [],
    ['classification.ehr.posture'],
  ],
  [
    'both',
    (t) => t.replace('rows: 10', 'rows: 9').replace('6y', '7y'),
    ['policy.rules.reads.allow.rows'],
    ['audit.retain'],
  ],
];

for (const [what, change, changed, restart] of differences) {
  test(`${what}: told by its place, in force or not`, async () => {
    const started = await load();
    const next = await load(change);
    const told = reload(started, started, next);
    assert.deepEqual([told.changed, told.restart], [changed, restart]);
    const { connections, listen, classification } = told.config;
    assert.deepEqual([connections, listen], [started.config.connections, started.config.listen]);
    assert.equal(classification['ehr']?.posture, 'inline');
    assert.equal(told.config.policy, next.config.policy);
  });
}

test('another file of the certificate is in force at once', async () => {
  const started = await load((t) => `${t}tls: { cert: ./gate.crt, key: ./gate.key }\n`);
  const next = await load((t) => `${t}tls: { cert: ./other.crt, key: ./gate.key }\n`);
  const told = reload(started, started, next);
  assert.deepEqual([told.changed, told.restart], [['tls.cert'], []]);
  assert.equal(told.config.tls, next.config.tls);
  const without = reload(started, started, await load());
  assert.deepEqual([without.changed, without.restart], [[], ['tls.cert', 'tls.key']]);
  assert.equal(without.config.tls, started.config.tls);
});

test('a secret that changed waits for a restart, and is told without its value', async () => {
  const started = await load();
  const told = reload(started, started, await load(undefined, 'two'));
  assert.deepEqual([told.changed, told.restart], [[], ['connections.ehr.password']]);
});

test('what waits is told until the restart, what is in force once', async () => {
  const started = await load();
  const second = await load((t) => t.replace('rows: 10', 'rows: 9').replace('6y', '7y'));
  const told = reload(started, second, second);
  assert.deepEqual([told.changed, told.restart], [[], ['audit.retain']]);
});
