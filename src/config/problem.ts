// What is wrong with a configuration, told so that it can be found and corrected: file, line, path, found, expected.
// It must never carry the value of a secret.

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

/** The known word closest to `word`, if it is close enough to be a slip of the hand. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const reach = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const each of known) {
    const distance = editDistance(word.toLowerCase(), each.toLowerCase());
    if (distance <= reach && (!best || distance < best.distance)) best = { word: each, distance };
  }
  return best?.word;
}

export function oneOf(known: readonly string[], word?: string): string {
  const near = word === undefined ? undefined : nearest(word, known);
  const list = known.length === 0 ? 'nothing' : known.length === 1 ? `${known[0]}` : `one of ${known.join(', ')}`;
  return near === undefined ? list : `${list}; did you mean ${near}?`;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment). A very long word is simply far. */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return a.length;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const distance = Math.min(
        replaced,
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      );
      rows[i]?.push(distance);
    }
  }
  return at(a.length, b.length);
}
