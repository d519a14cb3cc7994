// What is wrong with a configuration, told so that it can be found and corrected: file, line, path, found, expected.
// It must never carry the value of a secret.

import { nearest } from '../core/near-word.ts';

/** One thing that is wrong. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly code: 'config_invalid' | 'secret_unresolved';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Keys joined by dots, list positions in brackets: `policy.rules[2].when`. Empty for the file as a whole. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export type Path = readonly (string | number)[];

/** A problem before it has a place in the file. `key` points at the last key of the path, not at its value. */
export interface Finding {
  readonly path: Path;
  readonly found: string;
  readonly expected: string;
  readonly key?: boolean;
  readonly code?: ConfigProblem['code'];
  /** Characters into the text of the value, where the trouble starts. */
  readonly offset?: number;
}

export function renderPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

export function renderProblem(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const what = `found ${problem.found}, expected ${problem.expected}`;
  return problem.path === '' ? `${where}: ${what}` : `${where}: ${problem.path}: ${what}`;
}

export function oneOf(known: readonly string[], word?: string): string {
  const near = word === undefined ? undefined : nearest(word, known);
  const list = known.length === 0 ? 'nothing' : known.length === 1 ? `${known[0]}` : `one of ${known.join(', ')}`;
  return near === undefined ? list : `${list}; did you mean ${near}?`;
}
