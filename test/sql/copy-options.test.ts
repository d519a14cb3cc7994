// Which options of COPY … TO STDOUT say how a row is written, and which say that nobody can tell.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { CopyFormat } from '../../src/core/copy-format.ts';
import { copyFormatOf } from '../../src/sql/copy-options.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';

before(loadParser);

function formatOf(options: string): CopyFormat | null {
  const parsed = parseStatements(`COPY t TO STDOUT ${options}`);
  assert.ok(parsed.ok, options);
  const [statement] = parsed.value;
  const node = statement?.node;
  assert.ok(node && 'CopyStmt' in node, options);
  return copyFormatOf(node.CopyStmt.options ?? []);
}

const text: CopyFormat = { kind: 'text', delimiter: '\t', nullText: '\\N', header: false };
const csv: CopyFormat = { kind: 'csv', delimiter: ',', nullText: '', header: false, quote: '"', escape: '"' };

test('what is understood says how a row is written', () => {
  const understood: readonly [string, CopyFormat][] = [
    ['', text],
    ['(FORMAT text)', text],
    ['(FORMAT "TEXT")', text],
    ["(DELIMITER '|')", { ...text, delimiter: '|' }],
    ["(NULL '')", { ...text, nullText: '' }],
    ["(NULL '\\N')", text],
    ['(FORMAT binary)', { kind: 'binary' }],
    ['BINARY', { kind: 'binary' }],
    ['(FORMAT csv)', csv],
    ["(FORMAT csv, NULL 'none', DELIMITER ';')", { ...csv, nullText: 'none', delimiter: ';' }],
    ["(FORMAT csv, QUOTE '''')", { ...csv, quote: "'", escape: "'" }],
    ["(FORMAT csv, QUOTE '''', ESCAPE '!')", { ...csv, quote: "'", escape: '!' }],
    ['(FORMAT csv, FORCE_QUOTE *)', csv],
    ['(FORMAT csv, FORCE_QUOTE (a, b))', csv],
    ...['utf8', 'UTF-8', 'UTF8'].map((name): [string, CopyFormat] => [`(ENCODING '${name}')`, text]),
    ...['', 'true', 'on', '1', 'TRUE'].map((on): [string, CopyFormat] => [`(HEADER ${on})`, { ...text, header: true }]),
    ...['false', 'off', '0'].map((off): [string, CopyFormat] => [`(HEADER ${off})`, text]),
    ['(FORMAT csv, HEADER)', { ...csv, header: true }],
    ['CSV HEADER', { ...csv, header: true }],
    ["CSV QUOTE '!' FORCE QUOTE *", { ...csv, quote: '!', escape: '!' }],
  ];
  for (const [options, format] of understood) assert.deepEqual(formatOf(options), format, options);
});

test('what is not leaves nothing that could be masked', () => {
  for (const options of [
    '(FORMAT "json")',
    '(FORMAT parquet)',
    '(FORMAT 1.5)',
    '(HEADER match)',
    '(HEADER 2)',
    "(ENCODING 'latin1')",
    "(ENCODING 'UTF88')",
    '(FREEZE)',
    '(FORCE_NULL (a))',
    '(ON_ERROR ignore)',
    '(FORMAT csv, FORMAT csv)',
    "(DELIMITER '|', DELIMITER ';')",
    "(NULL 'e')",
    "(FORMAT text, NULL '\\n')",
    '(DELIMITER 1.5)',
    '(NULL (a, b))',
  ])
    assert.equal(formatOf(options), null, options);
});
