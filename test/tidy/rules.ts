// The rules of the house, over sources already read. Each gives what breaks it as `path:line: what`; no rule reads a file.

import type { Import, Source, Token } from './source.ts';
import {
  bannedGlobals,
  bannedNames,
  bannedSuffix,
  cryptoNames,
  fileLinesMax,
  functionLinesMax,
  headerLinesMax,
  pure,
  root,
  scriptsMax,
  type Wall,
  walls,
} from './walls.ts';

export type Rule = (sources: readonly Source[]) => string[];

/** `src/adapters/x/y.ts` → `adapters/x`; `src/core/z.ts` → `core`; `src/main.ts` → `main`. Undefined outside src. */
function roomOf(path: string): string | undefined {
  const [top, folder, second, ...rest] = path.split('/');
  if (top !== 'src' || folder === undefined) return undefined;
  if (second === undefined) return folder.replace(/\.ts$/, '');
  return folder === 'adapters' && rest.length > 0 ? `adapters/${second}` : folder;
}

function folderOf(room: string): string {
  return room.split('/')[0] ?? room;
}

function isPure(source: Source): boolean {
  return pure.includes(folderOf(roomOf(source.path) ?? ''));
}

/** A relative import as a path from the root. */
export function resolveImport(path: string, from: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of from.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function each(sources: readonly Source[], check: (source: Source) => (readonly [number, string])[]): string[] {
  return sources.flatMap((source) => check(source).map(([line, what]) => `${source.path}:${line}: ${what}`));
}

export const edges: Rule = (sources) =>
  each(sources, (source) => {
    const room = roomOf(source.path);
    return source.imports.flatMap((found) => {
      const what = source.path.startsWith('console/')
        ? consoleEdge(source.path, found)
        : room && edge(source.path, room, found);
      return what ? [[found.line, what] as const] : [];
    });
  });

function edge(path: string, room: string, found: Import): string | undefined {
  if (found.from === undefined) return 'imports a name that is computed';
  if (root.includes(room)) return undefined;
  const wall = walls[folderOf(room)];
  if (!wall) return `src/${folderOf(room)} is no folder of the house`;
  if (!found.from.startsWith('.')) return packageEdge(room, wall, found.from);
  if (!found.from.endsWith('.ts') && !found.from.endsWith('.json'))
    return `imports ${found.from}, which does not end in .ts`;
  const target = roomOf(resolveImport(path, found.from));
  if (target === undefined) return `imports ${found.from}, outside src`;
  if (target === room || wall.folders.includes(folderOf(target))) return undefined;
  if (found.typeOnly && wall.types?.includes(folderOf(target))) return undefined;
  return `${room} may not import ${target}`;
}

function packageEdge(room: string, wall: Wall, from: string): string | undefined {
  if (from.startsWith('node:')) {
    if (wall.packages === 'any' || (room === 'admin' && from !== 'node:fs')) return undefined;
    return from === 'node:crypto' ? undefined : `${room} may not import ${from}`;
  }
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  return wall.packages === 'any' || wall.packages.includes(name)
    ? undefined
    : `${room} may not import the package ${name}`;
}

function consoleEdge(path: string, found: Import): string | undefined {
  if (!found.from?.startsWith('.')) return undefined;
  const target = resolveImport(path, found.from);
  if (target.startsWith('console/')) return undefined;
  return found.typeOnly && target.startsWith('src/admin/')
    ? undefined
    : `console takes only types, from src/admin; not ${target}`;
}

export const purity: Rule = (sources) =>
  each(sources.filter(isPure), ({ tokens, imports }) => [
    ...tokens.flatMap((token, at) => {
      const what = impurity(tokens, at);
      return what ? [[token.line, `${what} in a pure folder`] as const] : [];
    }),
    ...imports.flatMap((found) => {
      if (found.from !== 'node:crypto' || found.typeOnly) return [];
      const names = found.names.filter(
        (name, at) => /^\w+$/.test(name) && name !== 'type' && name !== 'as' && found.names[at - 1] !== 'as',
      );
      const banned = names.filter((name) => !cryptoNames.includes(name));
      return banned.map((name) => [found.line, `node:crypto ${name} in a pure folder`] as const);
    }),
  ]);

function impurity(tokens: readonly Token[], at: number): string | undefined {
  const [before, token, next, after] = [tokens[at - 1]?.text, tokens[at], tokens[at + 1]?.text, tokens[at + 2]?.text];
  if (token?.kind !== 'word' || before === '.' || before === '?.') return undefined;
  if (token.text === 'Date' && next === '.' && after === 'now') return 'Date.now';
  if (token.text === 'Date' && before === 'new' && (next !== '(' || after === ')')) return 'new Date()';
  if (token.text === 'Date' && before !== 'new' && next === '(') return 'Date()';
  if (token.text === 'Math' && next === '.' && after === 'random') return 'Math.random';
  const used =
    next === '.' || next === '(' || next === '?.' || next === '[' || next === ')' || next === ',' || next === ';';
  const declared = before === 'function' || before === 'const' || before === 'readonly';
  if (!used || declared) return undefined;
  return bannedGlobals.includes(token.text) ? token.text : undefined;
}

export const cycles: Rule = (sources) => {
  const graph = new Map(sources.map((source) => [source.path, targetsOf(source)]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`${path}:1: import cycle ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
};

function targetsOf(source: Source): string[] {
  return source.imports.flatMap(({ from }) => (from?.startsWith('.') ? [resolveImport(source.path, from)] : []));
}

export const barrels: Rule = (sources) =>
  each(
    sources.filter((source) => source.path.startsWith('src/') && source.onlyReExports),
    () => [[1, 'a file that only re-exports']],
  );

export const names: Rule = (sources) =>
  each(sources, (source) => {
    const parts = source.path.split('/');
    const file = parts.at(-1) ?? '';
    const found: [number, string][] = [];
    if (
      !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|fuzz|e2e))?\.(?:ts|mjs)$/.test(file) &&
      !source.path.startsWith('console/')
    ) {
      found.push([1, 'the file name is not kebab-case']);
    }
    for (const part of parts) {
      const name = part.replace(/\..*$/, '');
      if (bannedNames.includes(name)) found.push([1, `"${name}" says nothing about what is inside`]);
    }
    source.tokens.forEach((token, at) => {
      const declares = /^(?:class|interface|type|function)$/.test(source.tokens[at - 1]?.text ?? '');
      if (declares && bannedSuffix.test(token.text)) found.push([token.line, `the name ${token.text}`]);
    });
    return found;
  });

function headerOf(text: string): string {
  const start = text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1) : text;
  return /^(?:\/\/[^\n]*\n)+|^\/\*[^]*?\*\//.exec(start)?.[0].trimEnd() ?? '';
}

export const headers: Rule = (sources) =>
  each(sources, ({ text }) => {
    const lines = headerOf(text).split('\n');
    if (lines[0] === '') return [[1, 'no header comment']];
    return lines.length > headerLinesMax ? [[1, `a header of ${lines.length} lines`]] : [];
  });

export const lengths: Rule = (sources) =>
  each(
    sources.filter(({ path, text }) => !path.startsWith('test/') && !/Longer than .+:/.test(headerOf(text))),
    (source) => {
      const found: [number, string][] = [];
      if (source.lines > fileLinesMax) found.push([1, `${source.lines} lines, and no "Longer than …:" in its header`]);
      for (const { line, lines } of source.functions) {
        if (lines > functionLinesMax)
          found.push([line, `a function of ${lines} lines, and no "Longer than …:" in its header`]);
      }
      return found;
    },
  );

export const unfinished: Rule = (sources) =>
  each(sources, ({ text }) =>
    text.split('\n').flatMap((line, at) => {
      const word = /\b(?:TO\x44O|FIX\x4dE|X{3}|HA\x43K)\b/.exec(line)?.[0];
      return word ? [[at + 1, word] as const] : [];
    }),
  );

/** A test may be skipped on a condition (`skip: reason`), never for good. */
export const wholeTests: Rule = (sources) =>
  each(
    sources.filter(({ path }) => path.startsWith('test/')),
    ({ tokens }) =>
      tokens.flatMap((token, at): (readonly [number, string])[] => {
        const [dot, method] = [tokens[at + 1]?.text, tokens[at + 2]?.text];
        if (
          /^(?:test|it|describe|suite)$/.test(token.text) &&
          dot === '.' &&
          /^(?:only|skip|todo)$/.test(method ?? '')
        ) {
          return [[token.line, `${token.text}.${method}`]];
        }
        const flag = /^(?:only|skip|todo)$/.test(token.text) && dot === ':' && method === 'true';
        return flag ? [[token.line, `${token.text}: true`]] : [];
      }),
  );

export interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** @param documented the text of docs/reference/dependencies.md */
export function manifestRules(manifest: Manifest, documented: string): string[] {
  const scripts = Object.keys(manifest.scripts ?? {}).length;
  const packages = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return [
    ...(scripts > scriptsMax ? [`package.json: ${scripts} scripts; ${scriptsMax} at most`] : []),
    ...Object.entries(packages).flatMap(([name, version]) => [
      ...(documented.includes(`\`${name}\``) ? [] : [`package.json: ${name} is not in docs/reference/dependencies.md`]),
      ...(/^(?:npm:[\w@/.-]+@)?\d/.test(version) ? [] : [`package.json: ${name} is not pinned to a version`]),
    ]),
  ];
}

export const rules: Readonly<Record<string, Rule>> = {
  edges,
  purity,
  cycles,
  barrels,
  names,
  headers,
  lengths,
  unfinished,
  wholeTests,
};
