// JSON by path: what a pointer names has its class, what none names is masked; and what is left alone keeps its bytes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/core/json.ts';
import type { JsonPaths } from '../../src/core/phi.ts';
import { classify, spoken, spokenPaths } from '../../src/masking/classification.ts';
import type { MaskRules } from '../../src/masking/mask.ts';
import { maskValue } from '../../src/masking/postgres-value.ts';
import { viewOf } from './view.ts';

const document = {
  id: 7,
  patient: { name: { family: 'Quillfeather', given: ['Ophelia'] }, age: 97, city: 'Springfield' },
  identifier: [
    { value: 'MRN-000123', system: 'urn:x' },
    { value: 'MRN-000124', system: 'urn:y' },
  ],
  text: 'SSN 123-45-6789 on file',
  'b/c~d': 'Vandersloot',
  extra: { Zebulon: 'Quartermain', n: [1, true] },
};

function masked(paths: JsonPaths, view = viewOf(), value: Json = document, type = 'jsonb'): Json {
  const cell = maskValue(
    Buffer.from(JSON.stringify(value)),
    { type: { kind: 'base', name: type }, typmod: -1, format: 0, classification: 'unknown', jsonPaths: paths },
    view,
  );
  return cell && JSON.parse(Buffer.from(cell).toString());
}

describe('a document masked by path', () => {
  const paths: JsonPaths = {
    '/id': 'clear',
    '/patient': 'name',
    '/patient/age': 'age',
    '/patient/city': 'clear',
    '/identifier/*/value': 'mrn',
    '/identifier/*/system': 'clear',
    '/text': 'scan',
    '/b~1c~0d': 'name',
  };

  it('shows what the pointers allow and nothing else', () => {
    for (const type of ['json', 'jsonb', 'text']) {
      assert.deepEqual(masked(paths, viewOf({ byClass: { age: 'age90', mrn: 'last4' } }), document, type), {
        id: 7,
        patient: { name: { family: '[NAME]', given: ['[NAME]'] }, age: 90, city: 'Springfield' },
        identifier: [
          { value: '***-**0123', system: 'urn:x' },
          { value: '***-**0124', system: 'urn:y' },
        ],
        text: 'SSN [SSN] on file',
        'b/c~d': '[NAME]',
        '[MASKED]': null,
      });
    }
  });

  it('masks notes and ages as the rules say, in a document as in a column', () => {
    const both: JsonPaths = { '/note': 'note', '/age': 'age' };
    const value = { note: { seen: 'walks well' }, age: 41 };
    const under = (byClass: Partial<MaskRules['byClass']>): Json => masked(both, viewOf({ byClass }), value);
    assert.deepEqual(under({ age: 'age90' }), value);
    assert.deepEqual(under({ note: 'redact', age: 'redact' }), { note: { seen: '[NOTE]' }, age: null });
  });

  it('keeps nothing of members whose name comes again', () => {
    const named: JsonPaths = { '/ssn': 'ssn', '/a': 'clear' };
    for (const type of ['json', 'jsonb', 'text']) {
      const cell = (text: string): string | undefined => {
        const known = { kind: 'base', name: type } as const;
        const column = { type: known, typmod: -1, format: 0, classification: 'unknown', jsonPaths: named } as const;
        const shown = maskValue(Buffer.from(text), column, viewOf());
        return shown === null ? undefined : Buffer.from(shown).toString();
      };
      if (type !== 'jsonb') assert.equal(cell('{"ssn":"123-45-6789", "ssn":null}'), '{"ssn":null}');
      if (type !== 'jsonb') assert.equal(cell('{"a":[{"b":"x:\\"y", "b":1}]}'), '{"a":[{"b":1}]}');
      assert.equal(cell('{"a":  {"b":"x: \\": y"} }'), '{"a":  {"b":"x: \\": y"} }', 'its bytes, where there is none');
    }
  });

  it('lets a person see the classes granted', () => {
    const seen = masked({ ...paths, '*': 'scan' }, viewOf({}, ['name']));
    assert.deepEqual(seen && Object(seen).patient.name, document.patient.name);
    assert.deepEqual(seen && Object(seen).identifier[0], { value: '[MRN]', system: 'urn:x' });
  });

  it('is the same in binary, and NULL for what is no document', () => {
    const column = {
      type: { kind: 'base', name: 'jsonb' },
      typmod: -1,
      format: 1,
      classification: 'unknown',
      jsonPaths: { '/a': 'ssn' },
    } as const;
    const binary = maskValue(Buffer.from('\u0001{"a":"123-45-6789"}'), column, viewOf());
    assert.equal(binary && Buffer.from(binary).toString(), '\u0001{"a":"[SSN]"}');
    assert.equal(maskValue(Buffer.from('\u0002{}'), column, viewOf()), null);
    assert.equal(maskValue(Buffer.from('\u0001{"a"'), column, viewOf()), null);
    // Elsewhere than in its own column nothing is known of the document.
    assert.equal(
      maskValue(Buffer.from('{"b":1}'), { ...column, format: 0, classification: 'derived' }, viewOf()),
      null,
    );
    assert.equal(
      maskValue(Buffer.from('7'), { ...column, type: { kind: 'base', name: 'int4' }, format: 0 }, viewOf()),
      null,
    );
  });

  it('keeps the bytes of a document nothing is masked in', () => {
    const text = Buffer.from('{ "a" : 12345678901234567890, "b":1.50 }');
    const column = { type: { kind: 'base', name: 'json' }, typmod: -1, format: 0 } as const;
    assert.equal(maskValue(text, { ...column, classification: 'clear', scanClear: true }, viewOf()), text);
    assert.equal(maskValue(text, { ...column, classification: 'unknown', jsonPaths: { '*': 'scan' } }, viewOf()), text);
  });

  it('writes a document anew where what is protected in it is its own mask', () => {
    const view = viewOf({ byClass: { age: 'age90', date: 'year', address: 'zip3' } });
    const jsonPaths: JsonPaths = { '/age': 'age', '/born': 'date', '/zip': 'address', '*': 'clear' };
    const column = { type: { kind: 'base', name: 'json' }, typmod: -1, format: 0, classification: 'unknown' } as const;
    const written = (text: string): string => {
      const counts: Record<string, number> = {};
      const cell = maskValue(Buffer.from(text), { ...column, jsonPaths }, view, counts);
      assert.equal(Object.keys(counts).length, 1);
      return Buffer.from(cell ?? []).toString();
    };
    assert.equal(written('{ "age" : 90 }'), written('{ "age" : 97 }'));
    assert.equal(written('{ "born" : "1980" }'), written('{ "born" : "1980-03-04" }'));
    assert.equal(written('{ "zip" : "902" }'), written('{ "zip" : "90210" }'));
  });

  it('shows no string, number or key of a place no pointer names', () => {
    const seed = 20_261_121;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const plain: Json = JSON.parse(JSON.stringify({ clear: 1, below: value }));
        const seen = JSON.stringify(masked({ '/clear': 'clear', '/below/deep/*/one': 'clear' }, viewOf(), plain));
        for (const word of JSON.stringify(value).match(/[\p{L}\p{N}]{6,}/gu) ?? []) {
          if (!'MASKED'.includes(word)) assert.ok(!seen.includes(word), `${word} in ${seen}`);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it('is one column to the analysis: unknown, or clear if all of it is', () => {
    const config = {
      pack: null,
      unknownText: 'mask' as const,
      columns: { 'public.docs.body': paths, 'public.docs.open': { '/a': 'clear', '*': 'clear' } as const },
    };
    const type = { name: 'jsonb', textual: true, temporal: false };
    assert.equal(spoken(config)('public', 'docs', 'Body'), 'unknown');
    assert.equal(classify(config)('public', 'docs', 'open', type), 'clear');
    assert.equal(spokenPaths(config)('public', 'docs', 'body'), paths);
    assert.equal(spokenPaths(config)('public', 'docs', 'open'), undefined);
    assert.equal(spokenPaths(config)('public', 'docs', 'other'), undefined);
  });
});

describe('numbers of a document in which something is masked', () => {
  const numbers = '"id":9007199254740993,"amount":1.10,"far":1e400,"zero":-0,"of":[1.0,{"n":12345678901234567890}]';
  const cell = (paths: JsonPaths): string => {
    const value = Buffer.from(`{${numbers},"ssn":"123-45-6789"}`);
    const column = {
      type: { kind: 'base', name: 'json' },
      typmod: -1,
      format: 0,
      classification: 'unknown',
      jsonPaths: paths,
    } as const;
    return Buffer.from(maskValue(value, column, viewOf()) ?? []).toString();
  };

  it('stay as they are written, where they are clear or only looked through', () => {
    assert.equal(cell({ '*': 'clear', '/ssn': 'ssn' }), `{${numbers},"ssn":"[SSN]"}`);
    assert.equal(cell({ '*': 'scan' }), `{${numbers},"ssn":"[SSN]"}`);
  });

  it('are masked like any others, where they are not', () => {
    assert.equal(
      cell({ '*': 'clear', '/id': 'mrn', '/of/*/n': 'age', '/ssn': 'ssn' }),
      `{${numbers.replace('9007199254740993', 'null').replace('12345678901234567890', 'null')},"ssn":"[SSN]"}`,
    );
    assert.doesNotMatch(cell({ '*': 'unknown' }), /:-?\d/);
  });
});
