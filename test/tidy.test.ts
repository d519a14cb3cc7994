// Keeps the walls of the house, and proves that it does: every rule is shown a violation and has to see it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { manifestRules, rules } from './tidy/rules.ts';
import { readSource, type Source } from './tidy/source.ts';
import { root as compositionRoot } from './tidy/walls.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function sourcesOf(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) => {
    let entries: string[] = [];
    try {
      entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    } catch {
      // console/ need not exist.
    }
    return entries
      .map((each) => `${folder}/${each.split(sep).join('/')}`)
      .filter((path) => /\.(?:ts|tsx|mjs)$/.test(path) && !/\/(?:node_modules|dist)\//.test(path))
      .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));
  });
}

const house = sourcesOf('src', 'demo', 'bench', 'bin', 'test', 'console');

for (const [name, rule] of Object.entries(rules)) {
  test(`the house keeps: ${name}`, () => {
    assert.deepEqual(rule(house), []);
  });
}

test('the house keeps: few scripts, pinned and explained dependencies', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual(manifestRules(manifest, readFileSync(join(root, 'docs/reference/dependencies.md'), 'utf8')), []);
});

test('the composition root is what is there, and its decision names each file', () => {
  const files = readdirSync(join(root, 'src')).filter((each) => each.endsWith('.ts'));
  const decision = readFileSync(join(root, 'docs/adr/0011-composition-root.md'), 'utf8');
  assert.deepEqual(
    compositionRoot.map((each) => `${each}.ts`).toSorted(),
    files.filter((each) => decision.includes(`\`${each}\``)).toSorted(),
  );
  assert.equal(files.length, compositionRoot.length);
});

test('every source that Git would keep is looked at', () => {
  assert.ok(house.filter((each) => each.path.startsWith('src/')).length > 30);
  assert.ok(house.some((each) => each.path === 'test/tidy.test.ts'));
});

const header = '// What this is.\n\n';

/** Files that break a rule, and a word of what it has to say; each is otherwise tidy. */
const planted: readonly [rule: string, says: string, files: Readonly<Record<string, string>>][] = [
  ['edges', 'core may not import sql', { 'src/core/a.ts': "import { b } from '../sql/b.ts';" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "import type { B } from '../sql/b.ts';" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "export { b } from '../sql/b.ts';" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "export * from '../sql/b.ts';" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "const b = await import('../sql/b.ts');" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "type B = import('../sql/b.ts').B;" }],
  ['edges', 'core may not import sql', { 'src/core/a.ts': "import '../sql/b.ts';" }],
  ['edges', 'computed', { 'src/core/a.ts': 'const b = await import(name);' }],
  ['edges', 'computed', { 'src/core/a.ts': 'const b = await import(`../${name}.ts`);' }],
  ['edges', 'wire may not import policy', { 'src/wire/postgres/a.ts': "import { b } from '../../policy/b.ts';" }],
  ['edges', 'may not import adapters/b', { 'src/adapters/a/a.ts': "import { b } from '../b/b.ts';" }],
  ['edges', 'may not import masking', { 'src/ports/a.ts': "import { mask } from '../masking/mask.ts';" }],
  ['edges', 'may not import adapters/b', { 'src/gateway/a.ts': "import { b } from '../adapters/b/b.ts';" }],
  ['edges', 'cli may not import main', { 'src/cli/a.ts': "import { b } from '../main.ts';" }],
  ['edges', 'cli may not import serve', { 'src/cli/a.ts': "import { b } from '../serve.ts';" }],
  ['edges', 'src/stray is no folder', { 'src/stray.ts': "import { b } from './core/b.ts';" }],
  ['edges', 'may not import node:fs', { 'src/sql/a.ts': "import { readFileSync } from 'node:fs';" }],
  ['edges', 'may not import the package zod', { 'src/sql/a.ts': "import { z } from 'zod/v4';" }],
  ['edges', 'no folder of the house', { 'src/attic/a.ts': "import { z } from './b.ts';" }],
  ['edges', 'outside src', { 'src/sql/a.ts': "import { z } from '../../demo/b.ts';" }],
  ['edges', 'only types', { 'console/src/a.ts': "import { z } from '../../src/admin/contract.ts';" }],
  ['purity', 'Date.now', { 'src/core/a.ts': 'export const a = Date.now();' }],
  ['purity', 'new Date()', { 'src/core/a.ts': 'export const a = new Date();' }],
  ['purity', 'new Date()', { 'src/core/a.ts': 'export const a = `${new Date()}`;' }],
  ['purity', 'Math.random', { 'src/policy/a.ts': 'export const a = Math.random();' }],
  ['purity', 'process', { 'src/gateway/a.ts': "export const a = process.env['A'];" }],
  ['purity', 'console', { 'src/wire/mcp/a.ts': "console.log('a');" }],
  ['purity', 'setTimeout', { 'src/gateway/a.ts': 'setTimeout(() => {}, 1);' }],
  ['purity', 'fetch', { 'src/identity/a.ts': "await fetch('https://a.example');" }],
  ['purity', 'randomBytes', { 'src/audit/a.ts': "import { randomBytes } from 'node:crypto';" }],
  [
    'cycles',
    'a.ts → src/sql/b.ts → src/sql/a.ts',
    { 'src/sql/a.ts': "import './b.ts';", 'src/sql/b.ts': "import './a.ts';" },
  ],
  ['cycles', 'import cycle', { 'src/sql/a.ts': "import type { A } from './a.ts';" }],
  ['barrels', 'only re-exports', { 'src/sql/a.ts': "export { b } from './b.ts';\nexport * from './c.ts';" }],
  ['names', '"utils"', { 'src/sql/utils.ts': '' }],
  ['names', '"helpers"', { 'src/helpers/a.ts': '' }],
  ['names', '"index"', { 'src/sql/index.ts': '' }],
  ['names', 'kebab-case', { 'src/sql/myFile.ts': '' }],
  ['names', 'SessionManager', { 'src/sql/a.ts': 'export class SessionManager {}' }],
  ['headers', 'no header', { 'src/sql/a.ts': 'export const a = 1;' }],
  ['headers', 'a header of 9 lines', { 'src/sql/a.ts': '// a\n'.repeat(9) }],
  ['lengths', '402 lines', { 'src/sql/a.ts': '\n'.repeat(400) }],
  [
    'lengths',
    'a function of 82 lines',
    { 'src/sql/a.ts': `function a(b: { c: 1 }): Promise<void> {${'\n'.repeat(81)}}` },
  ],
  ['lengths', 'a function of 82 lines', { 'src/sql/a.ts': `class A {\n  get b() {${'\n'.repeat(81)}}\n}` }],
  ['lengths', 'a function of 82 lines', { 'src/sql/a.ts': `const a = (): void => {${'\n'.repeat(81)}};` }],
  ['unfinished', 'TO\x44O', { 'src/sql/a.ts': '// TO\x44O later' }],
  ['wholeTests', 'test.only', { 'test/a.test.ts': "test.only('a', () => {});" }],
  ['wholeTests', 'skip: true', { 'test/a.test.ts': "test('a', { skip: true }, () => {});" }],
];

for (const [rule, says, files] of planted) {
  test(`${rule} sees: ${says} (${Object.values(files)[0]?.slice(0, 60)})`, () => {
    const sources = Object.entries(files).map(([path, text]) =>
      readSource(path, rule === 'headers' ? text : header + text),
    );
    const found = rules[rule]?.(sources) ?? [];
    assert.ok(
      found.some((each) => each.includes(says)),
      `it said ${JSON.stringify(found)}`,
    );
  });
}

test('the manifest rules see: too many scripts, an unexplained and an unpinned dependency', () => {
  const scripts = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`s${at}`, 'true']));
  assert.deepEqual(manifestRules({ scripts, dependencies: { known: '^1.0.0', unknown: '1.0.0' } }, '`known`'), [
    'package.json: 11 scripts; 10 at most',
    'package.json: known is not pinned to a version',
    'package.json: unknown is not in docs/reference/dependencies.md',
  ]);
});

test('what only looks like a violation is none', () => {
  const text = `${header}// import { a } from '../sql/a.ts'; Date.now()
/* process.exit() */
export const a = "import '../sql/a.ts'; Date.now()";
export const b = \`console.log(\${'Date.now()'} fetch(x))\`;
export const c = /import '..\\/sql\\/a' process.x "/.test('x') ? 1 / 2 / 3 : new Date(0);
export const d = { process: 1, fetch: 2 }.process;
export const e = clock.fetch(d) / 2;
interface F { readonly console: string; process: number }
`;
  const source = readSource('src/core/a.ts', text);
  assert.deepEqual(source.imports, []);
  for (const [name, rule] of Object.entries(rules)) assert.deepEqual(rule([source]), [], name);
});

test('the reader keeps its place', () => {
  const text =
    "const a = `x${{ b: `y${1}` }.b}\nz`;\nimport { c,\n  type D } from './c.ts';\nimport type E from 'e';\nconst f = import.meta.url;\n";
  const { imports, lines } = readSource('src/core/a.ts', text);
  assert.deepEqual(
    imports.map(({ from, typeOnly, line }) => ({ from, typeOnly, line })),
    [
      { from: './c.ts', typeOnly: false, line: 3 },
      { from: 'e', typeOnly: true, line: 5 },
    ],
  );
  assert.equal(lines, 6);
});
