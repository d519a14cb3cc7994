// chartgate.yaml on disk → a configuration that can be put to work, or everything that is wrong with it.

import { lookupsOf, placeOf, readConfigFile } from '../adapters/config-file/files.ts';
import { parseConfig } from '../config/parse.ts';
import { type ConfigProblem, renderProblem } from '../config/problem.ts';
import { type LoadedConfig, resolveConfig } from '../config/resolve.ts';
import { errors } from '../core/errors.ts';
import { fail, type Result } from '../core/result.ts';
import { checkPattern } from '../masking/own-detectors.ts';
import { packNames } from '../masking/packs/pack.ts';
import { compileCondition } from '../policy/condition.ts';
import { type Io, plain } from './io.ts';

/** `file` is absolute or relative to the process; every reference is resolved against `env` and the disk, now. */
export async function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<LoadedConfig, readonly ConfigProblem[]>> {
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
  const parsed = parseConfig(text.value, place, { packs: packNames, checkCondition: compileCondition, checkPattern });
  return parsed.ok ? resolveConfig(parsed.value, lookupsOf(place, env)) : parsed;
}

/** One problem a line on stderr. Returns the exit code. */
export function complainOfConfig(io: Io, problems: readonly ConfigProblem[]): number {
  for (const problem of problems) io.stderr.write(`${plain(renderProblem(problem))}\n`);
  const code = problems.every((each) => each.code === 'secret_unresolved') ? 'secret_unresolved' : 'config_invalid';
  io.stderr.write(`chartgate: ${errors[code].text} ${errors[code].next}\n`);
  return errors[code].exit;
}
