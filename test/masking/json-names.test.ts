// Names of JSON are read as they are written, whatever was read before: V8 takes one with escapes for another (13.6).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeEntry, judgeEntry } from '../../src/audit/entry.ts';
import { type Json, parseJson } from '../../src/core/json.ts';
import { maskJson } from '../../src/masking/json.ts';
import { jsonMask } from '../../src/masking/postgres/json.ts';
import { parseJsonText } from '../../src/wire/mcp/json-text.ts';
import { viewOf } from './view.ts';

/** Read once, and then a name that is written as the one read begins. */
const pairs: readonly (readonly [before: string, text: string, names: readonly string[]])[] = [
  ['{"a":1,"\\\\":2}', '{"a":1,"\\u0062":[null]}', ['a', 'b']],
  ['{"b":1,"\\\\":2}', '{"b":1,"\\u0062":1,"\\\\":2}', ['b', '\\']],
  ['{"c":1,"pr\\\\u00":2}', '{"c":1,"pr\\u00e9nom":2}', ['c', 'prénom']],
  ['{"d":1,"\\\\b":2}', '{"d":1,"\\ba"\n :2}', ['d', '\ba']],
];

describe('names of JSON', () => {
  it('are those that are written', () => {
    for (const [before, text, names] of pairs) {
      JSON.parse(before);
      assert.deepEqual(Object.keys(parseJson(text) ?? {}), names, text);
    }
  });

  it('stand for the same values as ever', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const written = text.replace(/(?<=[{,])"(\w*)":/g, (_all, name: string) => `"${escaped(name)}" :`);
        assert.equal(JSON.stringify(parseJson(written)), text);
      }),
      { seed: 7, numRuns: 500 },
    );
    const odd = '{"__pr\\u006fto__":{"x":-0},"\\u0061":1e3,"a":[true,false,null,"\\\\\\"}"],"\\\\":{},"":[[]]}';
    assert.deepEqual(Object.entries(parseJson(odd) ?? {}), Object.entries(JSON.parse(odd)));
    assert.throws(() => parseJson('{"\\u0061":}'), SyntaxError);
  });

  it('take no time to read but their own, however long the text and however deep', () => {
    const long = `{"\\u0061":"${'\\\\x'.repeat(1_000_000)}"}`;
    assert.equal(JSON.stringify(parseJson(long)), JSON.stringify(JSON.parse(long)));
    const deep = `${'{"\\n":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    let depth = 0;
    for (let at: Json | undefined = parseJson(deep); typeof at === 'object' && at !== null; depth++)
      at = Object.values(at)[0];
    assert.equal(depth, 100_000);
  });

  it('are kept where something is masked', () => {
    JSON.parse('{"ssn":1,"\\\\":2}');
    // Of no shape that V8 could know the names by.
    const value: Record<string, Json> = Object.create(null);
    value['ssn'] = '219-09-9999';
    value['\n'] = 1;
    assert.deepEqual(Object.entries(maskJson(value, viewOf()) ?? {}), [
      ['ssn', '[SSN]'],
      ['\n', 1],
    ]);
  });

  it('are read so in a message, a cell and an entry of the log', () => {
    const forgets = () => JSON.parse('{"c":1,"pr\\\\u00":2}');
    const written = '{"c":1,"pr\\u00e9nom":"x"}';
    const bounds = { bytesMax: 1000, depthMax: 5, exactIntegers: true };
    const seen: Json[] = [];
    forgets();
    assert.deepEqual(parseJsonText(Buffer.from(written), bounds), { ok: true, value: { c: 1, prénom: 'x' } });
    forgets();
    jsonMask('json', 0, (json) => {
      seen.push(json);
      return json;
    })(Buffer.from(written));
    assert.deepEqual(seen, [{ c: 1, prénom: 'x' }]);
    const entry = encodeEntry({
      v: 1,
      seq: 1,
      time: '2026-11-30T03:30:00.000Z',
      type: 'request',
      data: { '\t': 1, '\n"': 2 },
    });
    JSON.parse('{"\\t":1,"\\\\n":2}');
    assert.ok(judgeEntry(entry).ok);
  });

  it('stay apart where a part of them is masked, so that no member is lost', () => {
    const masked = maskJson({ 'note for Maria Gonzalez': 1, 'note for John Smith': 2 }, viewOf());
    assert.deepEqual(masked, { 'note for [NAME]': 1, 'note for [NAME] 1': 2 });
  });
});

function escaped(name: string): string {
  const units = Array.from({ length: name.length }, (_each, at) => name.charCodeAt(at).toString(16).padStart(4, '0'));
  return units.map((unit) => `\\u${unit}`).join('');
}
