// Long statements in a thread of their own: what they parse to, and that the thread may die of one and the next is parsed.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { systemClock as clock } from '../../src/adapters/system/clock.ts';
import { threadParser } from '../../src/adapters/work-thread/statement-parser.ts';
import { loadParser, parseStatements, StatementCache } from '../../src/sql/parse.ts';

const thread = new URL('../../src/parse-thread.ts', import.meta.url);

function insert(rows: number): string {
  return `INSERT INTO t (a, b) VALUES ${Array.from({ length: rows }, (_, n) => `(${n}, 'text ${n}')`).join(', ')}`;
}

before(loadParser);

test('what is long is parsed elsewhere and comes back condensed; what is not is parsed here', async () => {
  const parser = threadParser(clock, thread);
  const asked: number[] = [];
  const statements = new StatementCache(10, (text) => {
    asked.push(text.length);
    return parser.parse(text);
  });
  const [short, long] = [insert(100), insert(2_000)];
  assert.deepEqual(await statements.parseAny(short), parseStatements(short));
  assert.deepEqual(asked, []);

  const [first, second] = await Promise.all([statements.parseAny(long), statements.parseAny(`${long} SELECT`)]);
  assert.deepEqual(asked, [long.length, long.length + 7]);
  assert.ok(first.ok && first.value[0]);
  assert.equal(first.value[0].end, long.length);
  assert.ok(JSON.stringify(first.value).length < 2_000, 'one row of its kind is kept');
  assert.ok(!second.ok && second.error.code === 'syntax', 'whoever waits behind it has an answer of its own');
  assert.equal(statements.parse(long), first, 'and is remembered');
});

test('a statement that the thread does not survive is refused, and the next one is parsed', async () => {
  const parser = threadParser(clock, thread, 16);
  const refused = await parser.parse(insert(30_000));
  assert.ok(!refused.ok && refused.error.code === 'too_large');
  const next = await parser.parse('SELECT 1');
  assert.ok(next.ok && next.value.length === 1);
});
