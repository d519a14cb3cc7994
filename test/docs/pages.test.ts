// The pages written by hand name what the code has: every fact with its type, every record type and member of an entry,
// every command; and no link leads nowhere.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noMcp, noSql } from '../../src/core/facts.ts';
import { type Entry, recordTypes } from '../../src/core/record.ts';
import { compileCondition } from '../../src/policy/condition.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function page(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A condition that compiles only where the fact has that type. */
const proofs: Readonly<Record<string, (fact: string) => string>> = {
  timestamp: (fact) => `${fact} > timestamp("2026-01-01T00:00:00Z")`,
  string: (fact) => `${fact} == ""`,
  int: (fact) => `${fact} > 10`,
  bool: (fact) => `${fact} && true`,
  'list of string': (fact) => `${fact}.exists(each, each.startsWith("x"))`,
  'list of dyn': (fact) => `${fact}.exists(each, each == 1 || each == "x")`,
  'map of string to dyn': (fact) => `has(${fact}.anything)`,
};

const rows: readonly (readonly [fact: string, type: string])[] = [
  ...page('docs/reference/facts.md').matchAll(/^\| `([\w.]+)` \| ([^|]+) \|/gm),
].map(([, fact = '', type = '']) => [fact, type]);

test('every row of facts.md names a fact of that type', () => {
  for (const [fact, type] of rows) {
    const condition = proofs[type]?.(fact);
    assert.ok(condition !== undefined, `${fact} has a type this test knows`);
    const compiled = compileCondition(condition);
    assert.ok(compiled.ok, `${fact} is a ${type}`);
  }
});

test('every fact of a door is in facts.md', () => {
  const named = new Set(rows.map(([fact]) => fact));
  const walk = (path: string, value: unknown): void => {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isGroup || path === 'mcp.arguments') return assert.ok(named.has(path), `${path} is named`);
    for (const [key, member] of Object.entries(value)) walk(`${path}.${key}`, member);
  };
  walk('sql', noSql);
  walk('mcp', noMcp);
});

/** Written out so that a new member of an entry does not compile without its line here. */
const members: Readonly<Record<keyof Entry, true>> = {
  v: true,
  seq: true,
  time: true,
  type: true,
  session: true,
  request: true,
  approval: true,
  parent: true,
  subject: true,
  connection: true,
  data: true,
  payload: true,
};

test('every record type, and every member of an entry, is in log-format.md', () => {
  const text = page('docs/reference/log-format.md');
  for (const type of recordTypes) assert.ok(text.includes(`\`${type}\``), `${type} is named`);
  const [, table = ''] = /## Entry\n([\s\S]*?)\n## /.exec(text) ?? [];
  for (const name of Object.keys(members)) assert.ok(table.includes(`\`${name}\``), `${name} is named`);
});

const pages: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

test('no link of a page leads nowhere', () => {
  const broken = pages.flatMap((path) =>
    [...page(path).matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path} → ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every ADR and every guide is on the page that lists them', () => {
  for (const [folder, index] of [
    ['docs/adr', 'docs/adr/README.md'],
    ['docs/guide', 'docs/README.md'],
    ['docs/reference', 'docs/README.md'],
  ] as const) {
    const text = page(index);
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');
    for (const name of names) assert.ok(text.includes(`${name})`), `${index} lists ${folder}/${name}`);
  }
});

test('a command that a page shows is a command there is', () => {
  const commands = new Set(
    [...page('docs/reference/cli.md').matchAll(/^## chartgate (.+)$/gm)].map(([, name]) => name),
  );
  const unknown = pages.flatMap((path) =>
    [
      ...page(path).matchAll(
        /^(?:\$ )?(?:\w+=\S+ )*(?:bin\/)?chartgate ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?: ([a-z][a-z-]*))?/gm,
      ),
    ]
      .filter(([, ...words]) => !words.some((_, last) => commands.has(words.slice(0, last + 1).join(' '))))
      .map(([line]) => `${path}: ${line}`),
  );
  assert.deepEqual(unknown, []);
});
