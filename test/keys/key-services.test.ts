// The node's key under a key service, and secrets from secret services, through the configuration as the gate loads it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { keyInState } from '../../src/adapters/key-file/kek.ts';
import { loadConfig } from '../../src/cli/load-config.ts';
import { rewrap } from '../../src/cli/rewrap.ts';
import { startKeyServices } from '../parts/key-services.ts';

const directory = await mkdtemp(join(tmpdir(), 'chartgate-keys-'));
const services = await startKeyServices({
  'secret/gate/db': 'from vault',
  'projects/p/secrets/db/versions/latest': 'from google',
  'prod/db': 'from amazon',
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf': '{"password":"by its number","port":5432}',
});
for (const [name, value] of Object.entries(services.env)) if (name.startsWith('AWS_')) process.env[name] = value;
after(async () => {
  await services.close();
  await rm(directory, { recursive: true, force: true });
});

const keys = {
  vault: 'vault://transit/chartgate',
  gcp: 'gcp-kms://projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k',
  aws: `aws-kms://eu-central-1/alias/chartgate?endpoint=${services.url}`,
};

async function config(name: string, more: string): Promise<string> {
  const file = join(directory, `${name}.yaml`);
  await writeFile(file, `listen: { http: 127.0.0.1:7070 }\nstate: ./${name}\nconnections: {}\n${more}\n`);
  return file;
}

async function keyOf(file: string, env: Readonly<Record<string, string>> = services.env): Promise<string> {
  const loaded = await loadConfig(file, env);
  if (!loaded.ok) return loaded.error.map(({ path, found, code }) => `${code} ${path}: ${found}`).join('\n');
  const { kek } = loaded.value.config.keys;
  assert.ok(kek);
  return loaded.value.secret(kek);
}

async function run(options: Parameters<typeof rewrap>[1]): Promise<{ code: number; err: string }> {
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough()];
  const err = text(stderr);
  const code = await rewrap({ env: services.env, cwd: directory, stdin: new PassThrough(), stdout, stderr }, options);
  stderr.end();
  return { code, err: await err };
}

for (const [name, url] of Object.entries(keys)) {
  void test(`${name}: the key is made once, kept wrapped, and the same at every start`, async () => {
    const file = await config(name, `keys: { kek: "${url}" }`);
    const first = await keyOf(file);
    assert.match(first, /^[0-9a-f]{64}$/);
    assert.equal(await keyOf(file), first);
    const kept = await readFile(join(directory, name, 'kek.wrapped'), 'utf8');
    assert.ok(!kept.includes(first) && !kept.includes(Buffer.from(first, 'hex').toString('base64')));
    assert.deepEqual(await readdir(join(directory, name)), ['kek.wrapped']);

    // A new version of the service's key: wrapped again by it, the key is the same.
    services.rotate();
    assert.equal((await run({ config: file })).code, 0);
    assert.notEqual(await readFile(join(directory, name, 'kek.wrapped'), 'utf8'), kept);
    assert.equal(await keyOf(file), first);

    services.fail(503);
    assert.match(await keyOf(file), /^secret_unresolved keys\.kek: no key: .*[^.]$/);
    services.fail(0);
    // Nothing that says who the gate is: refused, and the words of no key.
    if (name !== 'aws') assert.match(await keyOf(file, { GCE_METADATA_HOST: '127.0.0.1:1' }), /^secret_unresolved/);
    const wrapped = JSON.parse(kept);
    const other = Buffer.from(wrapped.wrapped, 'base64');
    other[other.length - 3] = (other[other.length - 3] ?? 0) ^ 1;
    await writeFile(
      join(directory, name, 'kek.wrapped'),
      JSON.stringify({ ...wrapped, wrapped: other.toString('base64') }),
    );
    assert.match(await keyOf(file), /^secret_unresolved keys\.kek/);
  });
}

void test('a key the gate made itself comes under a service, and a state with a log never gets a new one', async () => {
  const state = join(directory, 'moved');
  await mkdir(join(state, 'log'), { recursive: true });
  await writeFile(join(state, 'log', 'checkpoint'), 'there is a log');
  const made = keyInState(state);
  assert.ok(made.ok && made.value.made);
  const lost = join(directory, 'lost');
  await mkdir(lost);
  await writeFile(join(lost, 'kek.id'), '0123456789abcdef\n');
  const refused = keyInState(lost);
  assert.ok(!refused.ok && refused.error.code === 'secret_unresolved' && !existsSync(join(lost, 'kek')));
  const file = await config('moved', `keys: { kek: "${keys.vault}" }`);
  assert.match(await keyOf(file), /has a log, and no key/);
  assert.equal((await run({ config: file, from: 'state' })).code, 0);
  assert.equal(await keyOf(file), Buffer.from(made.value.key).toString('hex'));
  const plain = await config('plain', 'keys: { kek: "${env:KEK}" }');
  assert.notEqual((await run({ config: plain })).code, 0);
});

void test('secrets come from Vault, Google Cloud and AWS; one that does not is a problem with a place, and no value', async () => {
  const upstream = (password: string): string =>
    `{ type: postgres, url: "postgres://gate@db:5432/ehr", password: "${password}", tls: verify-full }`;
  const file = join(directory, 'secrets.yaml');
  const write = (password: string): Promise<void> =>
    writeFile(file, `listen: { http: 127.0.0.1:7070 }\nconnections:\n  ehr: ${upstream(password)}\n`);
  for (const [reference, value] of [
    ['${vault:secret/gate/db#password}', 'from vault'],
    ['${gcp:projects/p/secrets/db}', 'from google'],
    ['${aws:eu-central-1/prod/db}', 'from amazon'],
    ['${aws:arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf#password}', 'by its number'],
  ] as const) {
    await write(reference);
    const loaded = await loadConfig(file, services.env);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const { ehr } = loaded.value.config.connections;
    assert.ok(ehr?.type === 'postgres' && ehr.password);
    assert.equal(loaded.value.secret(ehr.password), value);
  }
  for (const [reference, found] of [
    ['${vault:secret/gate/none#password}', /HTTP status 404/],
    ['${vault:secret/gate/db#other}', /no text/],
    ['${vault:secret}', /mount\/path#field/],
    ['${gcp:db}', /projects/],
    ['${aws:db}', /region\/name/],
    ['${aws:eu-central-1/none}', /HTTP status 400/],
    ['${aws:eu-west-1/prod/db}', /HTTP status 403/],
    ['${aws:eu-central-1/prod/db#password}', /no text/],
    ['${aws:arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf#port}', /no text/],
  ] as const) {
    await write(reference);
    const loaded = await loadConfig(file, services.env);
    assert.ok(!loaded.ok);
    assert.match(loaded.error[0]?.found ?? '', found);
    assert.equal(loaded.error[0]?.path, 'connections.ehr.password');
  }
  await write('${vault:secret/gate/db#password}');
  const nowhere = await loadConfig(file, { ...services.env, VAULT_ADDR: '' });
  assert.ok(!nowhere.ok);
  assert.equal(
    nowhere.error[0]?.found,
    'none: Vault is named and there is no way to it: Set VAULT_ADDR and VAULT_TOKEN for the gate',
  );
});

void test('an answer without end is not read to its end', async () => {
  const file = join(directory, 'endless.yaml');
  services.fail(200);
  for (const reference of ['${vault:secret/gate/db#password}', '${gcp:projects/p/secrets/db}']) {
    const upstream = `{ type: postgres, url: "postgres://gate@db:5432/ehr", password: "${reference}", tls: verify-full }`;
    await writeFile(file, `listen: { http: 127.0.0.1:7070 }\nconnections:\n  ehr: ${upstream}\n`);
    const loaded = await loadConfig(file, services.env);
    assert.ok(!loaded.ok);
    assert.match(loaded.error[0]?.found ?? '', /sent more than the gate accepts/);
  }
  services.fail(0);
});
