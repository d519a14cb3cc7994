// chartgate audit rewrap: the node's key-encryption key under the newest version of the key service's key, or for the first time
// under a key service; the key itself stays. With --replace it is another key, and everything it opened is put under the new one.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lookupsOf, placeOf } from '../adapters/config-file/files.ts';
import { keyFromText, keyInState } from '../adapters/key-file/kek.ts';
import { nodeKeys } from '../adapters/key-file/node-keys.ts';
import { keepUnder, keyUnder } from '../adapters/key-file/wrapped-key.ts';
import { isKeyServiceUrl, keyServiceAt } from '../adapters/key-service/service.ts';
import type { LoadedConfig } from '../config/resolve.ts';
import { partsOf } from '../config/secret-text.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { complain, type Io, print, printJson } from './io.ts';
import { replaceKey, serviceTarget, stateTarget, type Target, textTarget } from './key-replacement.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export interface RewrapOptions {
  readonly config: string;
  /** What the key is now: a key service, `${file:…}`, `${env:…}`, or `state` for the file the gate made itself. */
  readonly from?: string;
  /** A new key in its place. */
  readonly replace?: boolean;
  /** With `replace`: pseudonyms and date shifts change too. */
  readonly newPseudonyms?: boolean;
  readonly json?: boolean;
}

export async function rewrap(io: Io, options: RewrapOptions): Promise<number> {
  const file = resolve(io.cwd, options.config);
  const loaded = await loadConfig(file, io.env, { keys: false });
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  if (options.replace) return replace(io, file, loaded.value, options);
  if (options.newPseudonyms)
    return complain(io, { code: 'usage', text: 'New pseudonyms come with a new key: add --replace.' });
  const { keys, state } = loaded.value.config;
  const url = keys.kek?.raw ?? '';
  if (!isKeyServiceUrl(url))
    return complain(io, {
      code: 'usage',
      text: 'keys.kek is not in a key service, so there is nothing to wrap it again with.',
      next: 'To put another key in its place, add --replace, and say with --from what the key was.',
    });
  const service = await keyServiceAt(url, io.env);
  if (!service.ok) return complain(io, service.error);
  const key =
    options.from === undefined ? await keyUnder(service.value, state) : await keyFrom(options.from, state, file, io);
  if (!key.ok) return complain(io, key.error);
  const known = nodeKeys(state, key.value);
  if (!known.ok) return complain(io, known.error);
  const kept = await keepUnder(service.value, key.value, state);
  if (!kept.ok) return complain(io, kept.error);
  if (options.json) printJson(io, { ok: true, service: service.value.name });
  else print(io, `The key is wrapped by ${service.value.name} as it is now. Remove other copies of it.`);
  return 0;
}

async function replace(io: Io, file: string, loaded: LoadedConfig, options: RewrapOptions): Promise<number> {
  const { config } = loaded;
  const target = await targetOf(loaded, io);
  if (!target.ok) return complain(io, target.error);
  const replaced = await replaceKey({
    directory: config.state,
    originHost: new URL(config.publicUrl).host,
    target: target.value,
    from: () => presentKey(file, loaded, options.from, io),
    newPseudonyms: options.newPseudonyms ?? false,
    tell: (text) => io.stderr.write(`${text}\n`),
  });
  if (!replaced.ok) return complain(io, replaced.error);
  const { keys, damaged, finished, to } = replaced.value;
  if (options.json) {
    printJson(io, { ok: true, ...replaced.value });
    return 0;
  }
  const done = finished === 'now' ? '' : ' The replacement that had been cut off is finished.';
  print(io, `${keys} session keys are wrapped by the new key (id ${to}), kept by ${target.value.name}.${done}`);
  if (damaged.length > 0) print(io, `Damaged before, and left as they are: ${damaged.join(', ')}`);
  print(io, 'Destroy the old key and every copy of it, and take a new backup of the state directory.');
  if (Object.values(config.classification).some(({ posture }) => posture === 'enforced'))
    print(io, 'The passwords of the masked roles have changed with it: run chartgate harden <connection> --apply.');
  return 0;
}

async function targetOf({ config, secret }: LoadedConfig, io: Io): Promise<Result<Target>> {
  const { keys, state } = config;
  if (!keys.kek) return ok(stateTarget(state));
  if (!isKeyServiceUrl(keys.kek.raw)) return ok(textTarget(secret(keys.kek)));
  const service = await keyServiceAt(keys.kek.raw, io.env);
  return service.ok ? ok(serviceTarget(service.value, state)) : service;
}

/** Without `--from` it is where keys.kek says, as far as the gate keeps it itself. */
async function presentKey(
  file: string,
  { config }: LoadedConfig,
  from: string | undefined,
  io: Io,
): Promise<Result<Uint8Array>> {
  const { keys, state } = config;
  if (from !== undefined) return keyFrom(from, state, file, io);
  if (!keys.kek) return keyFrom('state', state, file, io);
  if (isKeyServiceUrl(keys.kek.raw)) return keyFrom(keys.kek.raw, state, file, io);
  return refuse('usage', 'keys.kek names the new key: say what the key is now.', {
    next: "Add --from '${file:path}', '${env:NAME}', state, or a key service.",
  });
}

async function keyFrom(from: string, state: string, file: string, io: Io): Promise<Result<Uint8Array>> {
  if (from === 'state') {
    if (!existsSync(join(state, 'kek'))) return refuse('usage', `There is no key in ${state}.`);
    const kept = keyInState(state);
    return kept.ok ? ok(kept.value.key) : kept;
  }
  if (isKeyServiceUrl(from)) {
    const service = await keyServiceAt(from, io.env);
    return service.ok ? keyUnder(service.value, state) : service;
  }
  const place = placeOf(file);
  const [part, ...more] = partsOf({ raw: from });
  if (part?.kind !== 'reference' || more.length > 0)
    return refuse('usage', 'The key to start from is named as state, ${file:path}, ${env:NAME} or a key service.');
  const { secretFile, variable, resolvePath } = lookupsOf(place, io.env);
  const text = part.scheme === 'file' ? secretFile(resolvePath(part.name)) : ok(variable(part.name) ?? '');
  return text.ok ? keyFromText(text.value) : refuse('secret_unresolved', `The key to start from is ${text.error}.`);
}
