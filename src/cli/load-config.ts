// chartgate.yaml on disk → a configuration that can be put to work, or everything that is wrong with it.

import { lookupsOf, placeOf, readConfigFile } from '../adapters/config-file/files.ts';
import { keyUnder } from '../adapters/key-file/wrapped-key.ts';
import { isKeyServiceUrl, keyServiceAt, readSecret } from '../adapters/key-service/service.ts';
import { type ParsedConfig, parseConfig } from '../config/parse.ts';
import { type ConfigProblem, renderProblem } from '../config/problem.ts';
import { type LoadedConfig, type Lookups, resolveConfig, serviceSecrets } from '../config/resolve.ts';
import type { Place } from '../config/scalars.ts';
import { errors } from '../core/errors.ts';
import { fail, ok, type Refusal, type Result } from '../core/result.ts';
import { checkPattern } from '../masking/own-detectors.ts';
import { packNames } from '../masking/packs/pack.ts';
import { compileCondition } from '../policy/condition.ts';
import { type Io, plain } from './io.ts';

/** What the file says by itself: no secret is looked up. `file` is absolute or relative to the process. */
export function parsedConfig(file: string): Result<ParsedConfig, readonly ConfigProblem[]> {
  const place = placeOf(file);
  const text = readConfigFile(place.file);
  if (!text.ok) {
    return fail([
      {
        code: 'config_invalid',
        file: place.file,
        line: 1,
        column: 1,
        path: '',
        found: text.error,
        expected: 'a configuration; chartgate init writes one',
      },
    ]);
  }
  return parsedText(text.value, place);
}

/** The text of a file at `place`, which need not be there. */
export function parsedText(text: string, place: Place): Result<ParsedConfig, readonly ConfigProblem[]> {
  return parseConfig(text, place, { packs: packNames, checkCondition: compileCondition, checkPattern });
}

/** `file` is absolute or relative to the process; every reference is resolved against `env` and the disk, now. */
export async function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  { keys = true }: { readonly keys?: boolean } = {},
): Promise<Result<LoadedConfig, readonly ConfigProblem[]>> {
  const parsed = parsedConfig(file);
  if (!parsed.ok) return parsed;
  const secrets = new Map<string, Result<string, string>>();
  for (const { scheme, name } of serviceSecrets(parsed.value.raw)) {
    const found = await readSecret(scheme, name, env);
    secrets.set(`${scheme}:${name}`, found.ok ? found : fail(`none: ${said(found.error)}`));
  }
  const serviceSecret: Lookups['serviceSecret'] = (scheme, name) =>
    secrets.get(`${scheme}:${name}`) ?? fail('no answer of it');
  const loaded = resolveConfig(parsed.value, { ...lookupsOf(placeOf(file), env), serviceSecret });
  return loaded.ok && keys ? withKey(loaded.value, parsed.value, env) : loaded;
}

function said({ text, next = '' }: Refusal): string {
  return [text, next]
    .map(unended)
    .filter((each) => each !== '')
    .join(': ');
}

/** For the middle of a sentence. */
function unended(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** Where the key-encryption key is under a key service, the secret is the key itself, unwrapped. */
async function withKey(
  loaded: LoadedConfig,
  { problem }: ParsedConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<LoadedConfig, readonly ConfigProblem[]>> {
  const { kek } = loaded.config.keys;
  if (!kek || !isKeyServiceUrl(kek.raw)) return ok(loaded);
  const service = await keyServiceAt(kek.raw, env);
  const key = service.ok ? await keyUnder(service.value, loaded.config.state) : service;
  if (!key.ok) {
    const { text, next = 'a key service that answers' } = key.error;
    return fail([
      problem({
        path: ['keys', 'kek'],
        found: `no key: ${unended(text)}`,
        expected: unended(next),
        code: 'secret_unresolved',
      }),
    ]);
  }
  const hex = Buffer.from(key.value).toString('hex');
  return ok({ ...loaded, secret: (secret, dsn) => (secret === kek ? hex : loaded.secret(secret, dsn)) });
}

/** One problem a line on stderr. Returns the exit code. */
export function complainOfConfig(io: Io, problems: readonly ConfigProblem[]): number {
  for (const problem of problems) io.stderr.write(`${plain(renderProblem(problem))}\n`);
  const code = problems.every((each) => each.code === 'secret_unresolved') ? 'secret_unresolved' : 'config_invalid';
  io.stderr.write(`chartgate: ${errors[code].text} ${errors[code].next}\n`);
  return errors[code].exit;
}
