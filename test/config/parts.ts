// A configuration in memory, for tests of the parser: no disk, no variables.

import { type ParsedConfig, parseConfig } from '../../src/config/parse.ts';
import type { ConfigProblem } from '../../src/config/problem.ts';
import type { Result } from '../../src/core/result.ts';
import { checkPattern } from '../../src/masking/own-detectors.ts';
import { packNames } from '../../src/masking/packs/pack.ts';
import { compileCondition } from '../../src/policy/condition.ts';

export function parse(text: string): Result<ParsedConfig, readonly ConfigProblem[]> {
  const place = { file: '/etc/gate.yaml', directory: '/etc', resolvePath: (path: string) => `/etc/${path}` };
  return parseConfig(text, place, { packs: packNames, checkCondition: compileCondition, checkPattern });
}

/** The problems as `line path`, to be compared with what a table says. */
export function problemsOf(text: string): readonly ConfigProblem[] {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.error;
}
