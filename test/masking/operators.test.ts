// Operators, JSON, packs and classification by example.

import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { detect } from '../../src/cli/detect.ts';
import { type MaskPresetName, maskPresetNames, maskPresets, operatorsWithin } from '../../src/core/mask-presets.ts';
import { type ClassSet, type PhiClass, phiClasses } from '../../src/core/phi.ts';
import { classify } from '../../src/masking/classification.ts';
import { maskJson } from '../../src/masking/json.ts';
import { maskIdentifier, operatorFor, shownBy } from '../../src/masking/operators.ts';
import { packClass, packNames } from '../../src/masking/packs/pack.ts';
import { maskValue } from '../../src/masking/postgres-value.ts';
import { scanText } from '../../src/masking/text.ts';
import { viewOf } from './view.ts';

const view = viewOf();

describe('operators', () => {
  it('replace a value, or fall back to its token', () => {
    const table: readonly (readonly [
      string,
      Parameters<typeof maskIdentifier>[1],
      Parameters<typeof maskIdentifier>[2],
      string | null,
    ])[] = [
      ['123-45-6789', 'ssn', 'redact', '[SSN]'],
      ['123-45-6789', 'ssn', 'last4', '***-**-6789'],
      ['12345', 'ssn', 'last4', '[SSN]'],
      ['x'.repeat(20), 'account', 'last4', '[ACCOUNT]'],
      ['1971-04-08', 'date', 'year', '1971'],
      ['04/08/1971', 'date', 'year', '1971'],
      ['April 8', 'date', 'year', '[DATE]'],
      ['97', 'age', 'age90', '90+'],
      ['42', 'age', 'age90', '42'],
      ['02139', 'address', 'zip3', '021'],
      ['03601', 'address', 'zip3', '000'],
      ['12 Elm Street', 'address', 'zip3', '[ADDRESS]'],
      ['02139-4307', 'address', 'zip', '02139-4307'],
      ['021', 'address', 'zip', '[ADDRESS]'],
      ['Boston 02139', 'address', 'zip', '[ADDRESS]'],
      ['x', 'name', 'null', null],
      ['x', 'name', 'drop', null],
    ];
    for (const [value, cls, operator, expected] of table) {
      assert.equal(maskIdentifier(value, cls, operator, view), expected, `${cls} ${operator}`);
    }
  });

  it('pseudonyms are stable, keyed and visible as such', () => {
    const once = maskIdentifier('Jane Doe', 'name', 'pseudonym', view);
    assert.match(once ?? '', /^Person-[0-9a-f]{8}$/);
    assert.equal(maskIdentifier(' jane doe', 'name', 'pseudonym', view), once);
    assert.notEqual(maskIdentifier('Jane Doe', 'name', 'pseudonym', { ...view, key: new Uint8Array(32) }), once);
  });

  it('shift keeps the interval between two dates', () => {
    const days = (a: string | null): number => Date.parse(a ?? '') / 86_400_000;
    const moved = ['2024-02-28', '2024-03-01'].map((date) => days(maskIdentifier(date, 'date', 'shift', view)));
    assert.equal((moved[1] ?? 0) - (moved[0] ?? 0), 2);
    assert.notEqual(moved[0], days('2024-02-28'));
  });

  it('a note is scanned unless the rules name it', () => {
    assert.equal(operatorFor('note', view.rules), 'scan');
    assert.equal(operatorFor('note', { byClass: { note: 'redact' }, default: 'null' }), 'redact');
    assert.equal(operatorFor('ssn', { byClass: {}, default: 'null' }), 'null');
  });

  it('what rules keep is seen by everybody, one class or more', () => {
    const rules = (byClass: Partial<Record<PhiClass, 'keep'>>) => ({ byClass, default: 'redact' as const });
    assert.deepEqual(shownBy(rules({}), ['name']), ['name']);
    assert.deepEqual(shownBy(rules({ age: 'keep' }), ['name']), ['name', 'age']);
    assert.deepEqual(shownBy(rules({ age: 'keep', date: 'keep' }), []), ['date', 'age']);
    assert.equal(shownBy(rules({ age: 'keep' }), 'all'), 'all');
  });

  it('text keeps what the view unmasks, and counts the rest', () => {
    const counts: Record<string, number> = {};
    const text = 'MRN 4471902, call 617-555-0142.';
    assert.equal(scanText(text, viewOf({}, ['mrn']), counts), 'MRN 4471902, call [PHONE].');
    assert.deepEqual(counts, { phone: 1 });
    assert.equal(scanText(text, viewOf({}, 'all')), text);
  });
});

describe('presets', () => {
  const shown = (preset: MaskPresetName, value: string, cls: PhiClass, unmask: ClassSet = []): string | null => {
    const of = viewOf(maskPresets[preset], shownBy(maskPresets[preset], unmask));
    const rule = { type: { kind: 'base', name: 'text' }, typmod: -1, format: 0, classification: cls } as const;
    const masked = maskValue(Buffer.from(value), rule, of);
    return masked && Buffer.from(masked).toString();
  };

  it('show of each class what their rule lets them, and nothing else', () => {
    const table: readonly (readonly [PhiClass, string, string, string, RegExp])[] = [
      ['name', 'Jane Doe', '[NAME]', '[NAME]', /^Person-[0-9a-f]{8}$/],
      ['ssn', '123-45-6789', '[SSN]', '[SSN]', /^Ssn-[0-9a-f]{8}$/],
      ['date', '1971-04-08', '1971', '1971-04-08', /^19(?:70|71)-\d\d-\d\d$/],
      ['date', '1931-04-08', '[DATE]', '1931-04-08', /^193[01]-\d\d-\d\d$/],
      ['age', '93', '90+', '93', /^90\+$/],
      ['address', '02139', '021', '02139', /^Address-/],
      ['address', '03601', '000', '03601', /^Address-/],
      ['address', '12 Elm Street', '[ADDRESS]', '[ADDRESS]', /^Address-/],
      ['photo', 'p.jpg', '[PHOTO]', '[PHOTO]', /^\[PHOTO\]$/],
      ['note', 'Born 1971-04-08.', '[NOTE]', 'Born 1971-04-08.', /^Born 19(?:70|71)-\d\d-\d\d\.$/],
      ['diagnosis', 'asthma', '[DIAGNOSIS]', '[DIAGNOSIS]', /^\[DIAGNOSIS\]$/],
    ];
    for (const [cls, value, safe, limited, pseudonymised] of table) {
      assert.equal(shown('safe-harbor', value, cls), safe, `safe-harbor ${cls}`);
      assert.equal(shown('limited-data-set', value, cls), limited, `limited-data-set ${cls}`);
      assert.match(shown('pseudonymised', value, cls) ?? '', pseudonymised, `pseudonymised ${cls}`);
    }
    assert.match(shown('limited-data-set', 'p-77', 'other_id') ?? '', /^Other_id-[0-9a-f]{8}$/);
    assert.equal(shown('safe-harbor', 'Jane Doe', 'name', ['name']), 'Jane Doe', 'a rule still unmasks');
  });

  it('keep to what they would refuse in a file', () => {
    for (const preset of maskPresetNames) {
      const { byClass, default: rest } = maskPresets[preset];
      for (const cls of phiClasses)
        assert.ok(operatorsWithin(preset, cls)?.includes(byClass[cls] ?? rest) ?? true, `${preset} ${cls}`);
    }
  });
});

describe('JSON', () => {
  it('masks by key, by content, inside strings, and wherever a known value recurs', () => {
    const masked = maskJson(
      {
        first_name: 'Zorblatt',
        age: 95,
        ssn: 123456789,
        code: 'E11.9',
        count: 3,
        nested: [{ note: 'Zorblatt slept well. SSN 123-45-6789.' }],
        inner: '{"lastName":"Quux","ok":true}',
      },
      view,
    );
    assert.deepEqual(masked, {
      first_name: '[NAME]',
      age: 90,
      ssn: null,
      code: 'E11.9',
      count: 3,
      nested: [{ note: '[NAME] slept well. SSN [SSN].' }],
      inner: '{"lastName":"[NAME]","ok":true}',
    });
  });

  it('is null beyond its depth, and loses no member when two keys mask alike', () => {
    let deep: unknown = 'John Smith';
    for (let depth = 0; depth < 500; depth++) deep = [deep];
    assert.ok(!JSON.stringify(maskJson(deep as never, view)).includes('Smith'));
    assert.equal(Object.keys(maskJson({ 'a@b.example': 1, 'c@d.example': 2 }, view) as object).length, 2);
  });
});

describe('classification', () => {
  const text = { name: 'text', textual: true, temporal: false };
  const date = { name: 'date', textual: false, temporal: true };
  const number = { name: 'int4', textual: false, temporal: false };

  it('believes a person first, then the pack, then the type', () => {
    const of = classify({ pack: 'synthea', columns: { 'public.Patients.race': 'name' }, unknownText: 'mask' });
    assert.equal(of('public', 'patients', 'RACE', text), 'name');
    assert.equal(of('public', 'patients', 'ssn', text), 'ssn');
    assert.equal(of('public', 'conditions', 'description', text), 'clear');
    assert.equal(of('public', 'patients', 'never_heard_of', text), 'unknown');
    assert.equal(of('public', 'patients', 'when_was_it', date), 'date');
    assert.equal(of('public', 'patients', 'siblings', number), 'clear');
  });

  it('without any classification all text is unknown', () => {
    assert.equal(classify(undefined)('public', 't', 'c', text), 'unknown');
    assert.equal(classify({ pack: null, columns: {}, unknownText: 'scan' })('s', 't', 'c', text), 'note');
    assert.equal(classify({ pack: null, columns: {}, unknownText: 'clear' })('s', 't', 'c', date), 'clear');
  });

  it('packs know their columns and no others', () => {
    assert.deepEqual(packNames, ['synthea', 'omop', 'fhir', 'ccda', 'hl7v2', 'x12', 'generic']);
    assert.equal(packClass('synthea', 'any', 'Notes', 'Body'), 'note');
    assert.equal(packClass('synthea', 'any', 'patients', 'state'), 'clear');
    assert.equal(packClass('omop', 'cdm', 'person', 'gender_concept_id'), 'clear');
    assert.equal(packClass('generic', 'x', 'y', 'DateOfBirth'), 'date');
    assert.equal(packClass('constructor', 'x', 'y', 'ssn'), undefined);
    assert.equal(packClass('omop', 'x', 'y', 'constructor'), undefined);
  });
});

describe('chartgate detect', () => {
  it('masks line by line, and names a bad line without its content', async () => {
    const run = async (input: string): Promise<readonly [number, string, string]> => {
      const texts = ['', ''];
      const [out, err] = [0, 1].map(
        (at) =>
          new Writable({
            write(chunk: Buffer, _encoding, done) {
              texts[at] += chunk.toString();
              done();
            },
          }),
      );
      assert.ok(out && err);
      const io = { env: {}, cwd: '/', stdin: Readable.from([input]), stdout: out, stderr: err };
      return [await detect(io), texts[0] ?? '', texts[1] ?? ''];
    };
    const [exit, out] = await run('{"text":"SSN 123-45-6789"}\n');
    assert.deepEqual([exit, JSON.parse(out)], [0, { text: 'SSN [SSN]', spans: [{ start: 4, end: 15, type: 'ssn' }] }]);
    const [bad, , err] = await run('{"text":"ok"}\n{"secret":1}\n');
    assert.equal(bad, 65);
    assert.match(err, /line 2/);
    assert.ok(!err.includes('secret'));
  });
});
