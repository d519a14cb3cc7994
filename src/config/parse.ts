// Text → Config, or everything that is wrong with it. Pure: files and variables it refers to are looked at elsewhere.
// INVARIANT: no problem repeats the value of a secret.

import type { z } from 'zod';
import { fail, ok, type Result } from '../core/result.ts';
import type { Config } from './config.ts';
import { readDocument, type SourceDocument } from './document.ts';
import { policy } from './policy-schema.ts';
import { type ConfigProblem, type Finding, oneOf, type Path, renderPath } from './problem.ts';
import { findBrokenReferences, findBrokenRules, type Known } from './references.ts';
import type { Place } from './scalars.ts';
import { surface } from './schema.ts';
import { findLiteralSecrets, isSecretPath, looksSecret } from './secret-text.ts';
import { dig, member, members } from './tree.ts';
import { findUnsupported } from './unsupported.ts';

/** A configuration and its source, for problems that are only found when files and variables are looked at. */
export interface ParsedConfig {
  readonly config: Config;
  readonly raw: unknown;
  readonly problem: (finding: Finding) => ConfigProblem;
}

export function parseConfig(text: string, place: Place, known: Known): Result<ParsedConfig, readonly ConfigProblem[]> {
  const document = sourceOf(text, place.file);
  if (!document.ok) return document;
  const source = document.value;
  const problem = (finding: Finding): ConfigProblem => locate(source, place.file, finding);
  const shaped = surface(place).safeParse(source.raw, { reportInput: false });
  const findings = [
    ...(shaped.error?.issues ?? []).flatMap((issue) => findingsOf(issue, source.raw)),
    ...findLiteralSecrets(source.raw),
    ...findBrokenReferences(source.raw, known),
    ...findUnsupported(source.raw),
  ];
  if (!shaped.success || findings.length > 0) return fail(inOrder(findings.map(problem)));
  return ok({ config: shaped.data, raw: source.raw, problem });
}

/** What a file says of policy: a configuration's `policy`, or the policy alone. Its secrets are looked at by nobody. */
export function readPolicyFile(
  text: string,
  file: string,
  known: Pick<Known, 'checkCondition'>,
): Result<unknown, readonly ConfigProblem[]> {
  const document = sourceOf(text, file);
  if (!document.ok) return document;
  const { raw } = document.value;
  const inside = member(raw, 'policy');
  const said = inside ?? raw;
  const declared = member(raw, 'connections');
  const connections = declared === undefined ? null : members(declared).map(([name]) => String(name));
  const shaped = policy.safeParse(said ?? {}, { reportInput: false });
  const findings = [
    ...(shaped.error?.issues ?? [])
      .flatMap((issue) => findingsOf(issue, said))
      .map((finding) => ({ ...finding, path: ['policy', ...finding.path] })),
    ...findBrokenRules(said, connections, known),
  ];
  const outer = (path: Path): Path => (inside === undefined ? path.slice(1) : path);
  const problems = findings.map((each) => locate(document.value, file, { ...each, path: outer(each.path) }));
  return problems.length > 0 ? fail(inOrder(problems)) : ok(said);
}

function sourceOf(text: string, file: string): Result<SourceDocument, readonly ConfigProblem[]> {
  const document = readDocument(text);
  if (document.ok) return document;
  const expected = 'YAML 1.2 (or JSON)';
  return fail(
    document.error.map(({ line, column, text: found }) => ({
      code: 'config_invalid' as const,
      file,
      line,
      column,
      path: '',
      found: `text that is none (${found})`,
      expected,
    })),
  );
}

function locate(source: SourceDocument, file: string, finding: Finding): ConfigProblem {
  return {
    code: finding.code ?? 'config_invalid',
    file,
    ...source.locate(finding.path, finding.key, finding.offset),
    path: renderPath(finding.path),
    found: finding.found,
    expected: finding.expected,
  };
}

/** Top to bottom, and each thing once: a secret written out in a field of the wrong shape is told once. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .filter((each) => {
      const key = JSON.stringify(each);
      return !seen.has(key) && seen.add(key);
    });
}

type Issue = z.core.$ZodIssue;

function findingsOf(issue: Issue, raw: unknown): Finding[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ').filter(Boolean);
    return issue.keys.map((key) => {
      return { path: [...path, key], found: `the unknown key "${key}"`, expected: oneOf(known, key), key: true };
    });
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        path,
        found: `the key "${String(path.at(-1))}"`,
        expected: issue.issues.map((each) => expectedOf(each, path.at(-1))).join('; '),
        key: true,
      },
    ];
  }
  if (issue.code === 'invalid_union') return union(issue, path, raw);
  const value = dig(raw, path);
  return [{ path, found: describe(value, path), expected: expectedOf(issue, value) }];
}

/** The branch that came furthest speaks for the union: what is wrong inside a mapping says more than "no mapping". */
function union(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, raw: unknown): Finding[] {
  const value = dig(raw, path);
  const nested = issue.errors.find((branch) => branch.length > 0 && branch.every((each) => reachesInto(each)));
  if (nested) {
    return nested.flatMap((each) => findingsOf({ ...each, path: [...issue.path, ...each.path] }, raw));
  }
  const plain = issue.errors.flatMap((branch) => branch.map((each) => expectedOf(each, value)));
  const expected = issue.message === 'Invalid input' ? [...new Set(plain)].join(', or ') : issue.message;
  return [{ path, found: describe(value, path), expected }];
}

function reachesInto(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function expectedOf(issue: Issue, value?: unknown): string {
  if (issue.code === 'invalid_type')
    return issue.message.startsWith('Invalid input') ? (kinds[issue.expected] ?? issue.expected) : issue.message;
  if (issue.code === 'invalid_value')
    return oneOf(issue.values.map(String), typeof value === 'string' ? value : undefined);
  return issue.message;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text (in quotes, if it looks like something else)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function describe(value: unknown, path: Path): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return isSecretPath(path) ? hidden : JSON.stringify(value);
  if (isSecretPath(path) || looksSecret(value)) return hidden;
  return value.length > 80 ? `"${value.slice(0, 80)}…"` : `"${value}"`;
}

const hidden = 'a value that is not shown';
