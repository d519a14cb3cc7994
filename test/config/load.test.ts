// A configuration on disk: variables, files and what is wrong with them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keyFromText } from '../../src/adapters/key-file/kek.ts';
import { loadConfig } from '../../src/cli/load-config.ts';
import { filesIn } from './files-in.ts';

const { directory, file } = filesIn('chartgate-config-');

const config = file(
  'gate.yaml',
  `listen: { http: 127.0.0.1:0, postgres: 127.0.0.1:0 }
keys: { kek: \${file:kek} }
identity:
  trust: [{ issuer: i, audience: a, jwks: jwks.json }]
connections:
  ehr: { type: postgres, url: postgres://g@db/ehr, password: \${env:EHR}, ca: ca.pem }
  tools: { type: mcp, command: [run, "\${dsn:ehr}"], env: { A: "x-\${env:EHR}-\${file:kek}" } }
`,
);

test('everything that is missing is told with its line', async () => {
  const loaded = await loadConfig(config, {});
  assert.ok(!loaded.ok);
  assert.deepEqual(
    loaded.error.map(({ line, path, code }) => [line, path, code]),
    [
      [2, 'keys.kek', 'secret_unresolved'],
      [6, 'connections.ehr.password', 'secret_unresolved'],
      [7, 'connections.tools.env.A', 'secret_unresolved'],
      [7, 'connections.tools.env.A', 'secret_unresolved'],
      [4, 'identity.trust[0].jwks', 'config_invalid'],
      [6, 'connections.ehr.ca', 'config_invalid'],
    ],
  );
});

test('references become their values; a DSN only when it is used', async () => {
  file('kek', 'key\n');
  file('jwks.json', '{"keys":[]}');
  file('ca.pem', '');
  const loaded = await loadConfig(config, { EHR: 'pass' });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { secret } = loaded.value;
  const { tools, ehr } = loaded.value.config.connections;
  assert.ok(tools?.type === 'mcp' && tools.transport === 'stdio' && ehr?.type === 'postgres');
  assert.equal(ehr.password && secret(ehr.password), 'pass');
  assert.deepEqual(
    Object.values(tools.env).map((each) => secret(each)),
    ['x-pass-key'],
  );
  const dsn = (connection: string): string => `postgres://cg_1@gate/${connection}`;
  assert.deepEqual(
    tools.command.map((each) => secret(each, dsn)),
    ['run', 'postgres://cg_1@gate/ehr'],
  );
  assert.throws(() => tools.command.map((each) => secret(each)), /reference to dsn/);
});

test('a file of raw bytes counts as their base64, whole', async () => {
  const key = Buffer.from([0xff, ...Array.from({ length: 30 }, (_, at) => at), 0x0a]);
  writeFileSync(file('kek', ''), key);
  const loaded = await loadConfig(config, { EHR: 'pass' });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { kek } = loaded.value.config.keys;
  assert.ok(kek);
  const resolved = keyFromText(loaded.value.secret(kek));
  assert.ok(resolved.ok);
  assert.deepEqual(Buffer.from(resolved.value), key);
});

test('a secret others can change is refused', { skip: process.platform === 'win32' }, async () => {
  file('kek', 'key\n', 0o666);
  const loaded = await loadConfig(config, { EHR: 'pass' });
  assert.ok(!loaded.ok);
  assert.match(loaded.error[0]?.found ?? '', /others than its owner can change/);
});

test('no file, a directory and text that is not UTF-8 are said to be so', async () => {
  const none = await loadConfig(join(directory, 'none.yaml'), {});
  assert.match((!none.ok && none.error[0]?.found) || '', /no file/);
  const folder = await loadConfig(directory, {});
  assert.ok(!folder.ok);
  writeFileSync(join(directory, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  const latin = await loadConfig(join(directory, 'latin.yaml'), {});
  assert.match((!latin.ok && latin.error[0]?.found) || '', /no UTF-8/);
});
