// chartgate audit rewrap: the node's key-encryption key under the newest version of the key service's key, or for the first time
// under a key service. The key itself stays: nothing that was encrypted has to be written again.

import { resolve } from 'node:path';
import { lookupsOf, placeOf } from '../adapters/config-file/files.ts';
import { keyFromText, keyInState } from '../adapters/key-file/kek.ts';
import { isKeyServiceUrl, keepUnder, keyServiceAt, keyUnder } from '../adapters/key-service/service.ts';
import { partsOf } from '../config/secret-text.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { complain, type Io, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export interface RewrapOptions {
  readonly config: string;
  /** What the key is now: a key service, `${file:…}`, `${env:…}`, or `state` for the file the gate made itself. */
  readonly from?: string;
  readonly json?: boolean;
}

export async function rewrap(io: Io, options: RewrapOptions): Promise<number> {
  const file = resolve(io.cwd, options.config);
  const loaded = await loadConfig(file, io.env, { keys: false });
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const { keys, state } = loaded.value.config;
  const url = keys.kek?.raw ?? '';
  if (!isKeyServiceUrl(url))
    return complain(io, {
      code: 'usage',
      text: 'keys.kek is not in a key service, so there is nothing to wrap it again with.',
    });
  const service = await keyServiceAt(url, io.env);
  if (!service.ok) return complain(io, service.error);
  const key =
    options.from === undefined ? await keyUnder(service.value, state) : await keyFrom(options.from, state, file, io);
  if (!key.ok) return complain(io, key.error);
  const kept = await keepUnder(service.value, key.value, state);
  if (!kept.ok) return complain(io, kept.error);
  if (options.json) printJson(io, { ok: true, service: service.value.name });
  else print(io, `The key is wrapped by ${service.value.name} as it is now. Remove other copies of it.`);
  return 0;
}

async function keyFrom(from: string, state: string, file: string, io: Io): Promise<Result<Uint8Array>> {
  if (from === 'state') {
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
