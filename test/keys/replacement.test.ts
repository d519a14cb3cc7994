// A key-encryption key that has become known, replaced: through the command, over a real state directory, for every place a key can
// be kept in. What is refused leaves every byte where it was.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { kekId, keyFromText } from '../../src/adapters/key-file/kek.ts';
import { nodeKeys } from '../../src/adapters/key-file/node-keys.ts';
import { loadConfig } from '../../src/cli/load-config.ts';
import { rewrap } from '../../src/cli/rewrap.ts';
import { patientNamer } from '../../src/gateway/patient-names.ts';
import { startKeyServices } from '../parts/key-services.ts';
import { everything, makeState, readState } from './kept-state.ts';

const directory = await mkdtemp(join(tmpdir(), 'chartgate-replacement-'));
const services = await startKeyServices();
for (const [name, value] of Object.entries(services.env)) if (name.startsWith('AWS_')) process.env[name] = value;
after(async () => {
  await services.close();
  await rm(directory, { recursive: true, force: true });
});

async function config(name: string, kek: string): Promise<string> {
  const file = join(directory, `${name}.yaml`);
  await writeFile(file, `listen: { http: 127.0.0.1:7070 }\nstate: ./${name}\nconnections: {}\n${kek}\n`);
  return file;
}

async function run(options: Parameters<typeof rewrap>[1]): Promise<{ code: number; out: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const out = Promise.all([text(stdout), text(stderr)]);
  const code = await rewrap({ env: services.env, cwd: directory, stdin: new PassThrough(), stdout, stderr }, options);
  stdout.end();
  stderr.end();
  return { code, out: (await out).join('') };
}

/** Every file and its content but the lock's. */
async function digestOf(state: string): Promise<string> {
  const digest = createHash('sha256');
  for (const name of (await readdir(state, { recursive: true })).sort()) {
    if (/^(?:lock|store\.db-)/.test(name)) continue;
    const bytes = await readFile(join(state, name)).catch(() => null);
    if (bytes) digest.update(name).update(bytes);
  }
  return digest.digest('hex');
}

async function keyNow(file: string): Promise<Uint8Array> {
  const loaded = await loadConfig(file, services.env);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { config, secret } = loaded.value;
  const key = keyFromText(
    config.keys.kek ? secret(config.keys.kek) : await readFile(join(config.state, 'kek'), 'utf8'),
  );
  assert.ok(key.ok);
  return key.value;
}

const one = '11'.repeat(32);
const two = '22'.repeat(32);
await writeFile(join(directory, 'one'), `${one}\n`, { mode: 0o600 });
await writeFile(join(directory, 'two'), `${two}\n`, { mode: 0o600 });

const places: Readonly<Record<string, { readonly before: string; readonly after: string; readonly from?: string }>> = {
  file: { before: 'keys: { kek: "${file:./one}" }', after: 'keys: { kek: "${file:./two}" }', from: '${file:./one}' },
  'state to file': { before: '', after: 'keys: { kek: "${file:./two}" }', from: 'state' },
  Vault: { before: 'keys: { kek: "vault://transit/chartgate" }', after: 'keys: { kek: "vault://transit/chartgate" }' },
  AWS: {
    before: `keys: { kek: "aws-kms://eu-central-1/alias/chartgate?endpoint=${services.url}" }`,
    after: `keys: { kek: "aws-kms://eu-central-1/alias/chartgate?endpoint=${services.url}" }`,
  },
  GCP: {
    before: 'keys: { kek: "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k" }',
    after: 'keys: { kek: "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k" }',
  },
  'Vault to file': {
    before: 'keys: { kek: "vault://transit/chartgate" }',
    after: 'keys: { kek: "${file:./two}" }',
    from: 'vault://transit/chartgate',
  },
};

for (const [name, { before, after: next, from }] of Object.entries(places)) {
  void test(`${name}: everything opens with the new key, nothing with the old one, and the old one is needed no more`, async () => {
    const folder = name.replaceAll(' ', '-');
    const state = join(directory, folder);
    const file = await config(folder, before);
    await mkdir(state);
    if (before === '') await writeFile(join(state, 'kek'), `${one}\n`);
    const old = await keyNow(file);
    await makeState(state, old);
    assert.deepEqual(await readState(state, old), everything);

    await config(folder, next);
    const done = await run({ config: file, replace: true, ...(from === undefined ? {} : { from }) });
    assert.equal(done.code, 0, done.out);
    assert.match(done.out, /4 session keys are wrapped by the new key/);

    const key = await keyNow(file);
    assert.notDeepEqual(Buffer.from(key), Buffer.from(old));
    assert.deepEqual(await readState(state, key), ['key.replaced', ...everything]);
    const withOld = await readState(state, old);
    assert.match(withOld.at(-1) ?? '', /^stopped: the payload of entry 1 cannot be decrypted/);
    const left = (await readdir(state)).filter((each) => each.startsWith('kek')).sort();
    const kept = next.includes('://') ? ['kek.wrapped'] : next === '' ? ['kek'] : [];
    assert.deepEqual(left, [...kept, 'kek.carried', 'kek.id'].sort());
  });
}

void test('names stay: patients are found under the old name and the new, pseudonyms change only when asked to', async () => {
  const state = join(directory, 'names');
  const file = await config('names', '');
  await mkdir(state);
  await writeFile(join(state, 'kek'), `${one}\n`);
  const first = await keyNow(file);
  await makeState(state, first);
  const names = async (): Promise<{ pseudonym: string; now: string; before: string[] }> => {
    const keys = nodeKeys(state, await keyNow(file));
    assert.ok(keys.ok);
    const { derive, former } = keys.value;
    return {
      pseudonym: Buffer.from(derive('mask key')).toString('hex'),
      now: patientNamer(derive('patient names'))('mrn', '4711'),
      before: former('patient names').map((key) => patientNamer(key)('mrn', '4711')),
    };
  };
  const start = await names();
  assert.equal((await run({ config: file, replace: true })).code, 0);
  const second = await names();
  assert.equal(second.pseudonym, start.pseudonym);
  assert.notEqual(second.now, start.now);
  assert.deepEqual(second.before, [start.now]);
  assert.equal((await run({ config: file, replace: true, newPseudonyms: true })).code, 0);
  const third = await names();
  assert.notEqual(third.pseudonym, start.pseudonym);
  assert.deepEqual(third.before, [second.now, start.now]);
  assert.deepEqual(await readState(state, await keyNow(file)), ['key.replaced', 'key.replaced', ...everything]);
});

void test('refused before a byte is touched: a wrong old key, a new key that is none, a service that says no', async () => {
  const state = join(directory, 'refused');
  const key = Buffer.from(one, 'hex');
  await makeState(state, key);
  const unchanged = await digestOf(state);
  const three = join(directory, 'three');
  await writeFile(three, `${'33'.repeat(32)}\n`);
  await writeFile(join(directory, 'short'), 'short\n');
  const attempts: readonly [kek: string, from: string | undefined, said: RegExp][] = [
    ['${file:./two}', '${file:./three}', /not the key of this state directory/],
    ['${file:./two}', '${file:./short}', /too short/],
    ['${file:./short}', '${file:./one}', /too short/],
    ['${file:./one}', '${file:./one}', /the key that is in use/],
    ['${file:./two}', undefined, /say what the key is now/],
    ['${file:./two}', 'a password in the clear', /is named as state/],
    ['${file:./two}', 'state', /no key in/],
    ['vault://transit/other key', '${file:./one}', /keys\.kek|no key that a key service could have/],
  ];
  for (const [kek, from, said] of attempts) {
    const file = await config('refused', `keys: { kek: "${kek}" }`);
    const done = await run({ config: file, replace: true, ...(from === undefined ? {} : { from }) });
    assert.notEqual(done.code, 0, kek);
    assert.match(done.out, said);
    assert.ok(!done.out.includes(one) && !done.out.includes('in the clear'));
    assert.equal(await digestOf(state), unchanged, `${kek} from ${from}`);
  }
  const file = await config('refused', 'keys: { kek: "vault://transit/chartgate" }');
  services.fail(403);
  const denied = await run({ config: file, replace: true, from: '${file:./one}' });
  services.fail(0);
  assert.match(denied.out, /HTTP status 403/);
  assert.equal(await digestOf(state), unchanged);
  assert.ok(!existsSync(join(state, 'kek.replacing')));
});

void test('a state written under one key is not opened under another', async () => {
  const state = join(directory, 'other');
  await makeState(state, Buffer.from(one, 'hex'));
  await writeFile(join(state, 'kek.id'), `${kekId(Buffer.from(one, 'hex'))}\n`);
  const keys = nodeKeys(state, Buffer.from(two, 'hex'));
  assert.ok(!keys.ok);
  assert.match(keys.error.text, /not the key that this state directory was written with/);
  // What the last key left is asked for, where it has left something.
  const file = await config('other', 'keys: { kek: "${file:./two}" }');
  assert.equal((await run({ config: file, replace: true, from: '${file:./one}' })).code, 0);
  assert.ok(nodeKeys(state, Buffer.from(two, 'hex')).ok);
  await rm(join(state, 'kek.carried'));
  const lost = nodeKeys(state, Buffer.from(two, 'hex'));
  assert.ok(!lost.ok && /kek\.carried is missing/.test(lost.error.text));
});
