// Masked JSON that still follows its schema: generated schemas, and a validator that is not ours as the judge.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { fitToSchema } from '../../src/masking/schema-fit.ts';

const ajv = new AjvJsonSchemaValidator();

function isValid(schema: JsonObject, value: Json): boolean {
  return ajv.getValidator(schema)(value).valid;
}

/** A schema and two values that follow it. */
interface Sample {
  readonly schema: JsonObject;
  readonly values: readonly [Json, Json];
}

const pair = (value: fc.Arbitrary<Json>): fc.Arbitrary<readonly [Json, Json]> => fc.tuple(value, value);
const sampleOf = (schema: JsonObject, value: fc.Arbitrary<Json>): fc.Arbitrary<Sample> =>
  pair(value).map((values) => ({ schema, values }));
const numbered = (prefix: string): fc.Arbitrary<string> =>
  fc.integer({ min: 1_000_000, max: 9_999_999 }).map((n) => `${prefix}${n}`);

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  sampleOf({ type: 'string' }, numbered('free ')),
  fc.integer({ min: 8, max: 12 }).chain((maxLength) => sampleOf({ type: 'string', maxLength }, numbered('m'))),
  sampleOf({ type: 'string', minLength: 20 }, numbered('at least twenty characters ')),
  sampleOf({ type: 'string', pattern: '^[0-9]{3}-[0-9]{2}-[0-9]{4}$' }, fc.constant('219-09-9999')),
  sampleOf({ type: 'string', pattern: '^[A-Z]+$' }, fc.constantFrom('ZEBULON', 'OPHELIA')),
  sampleOf({ type: 'string', format: 'date' }, fc.constantFrom('1961-07-23', '1970-02-11')),
  sampleOf({ type: 'string', format: 'email' }, fc.constantFrom('zeb@ulon.example', 'o@phelia.example')),
  sampleOf({ type: 'string', format: 'uuid' }, fc.uuid()),
  sampleOf({ type: ['string', 'null'] }, numbered('maybe ')),
  sampleOf({ anyOf: [{ type: 'integer', minimum: 10 }, { type: 'null' }] }, fc.integer({ min: 10, max: 99 })),
  sampleOf({ const: 'patient' }, fc.constant('patient')),
  sampleOf({ type: 'integer', minimum: 18, maximum: 120 }, fc.integer({ min: 18, max: 120 })),
  sampleOf({ type: 'number', exclusiveMinimum: 0 }, fc.integer({ min: 1, max: 500 })),
  sampleOf({ type: 'boolean' }, fc.boolean()),
);

const sample: fc.Arbitrary<Sample> = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, arrayOf(tie('any')), objectOf(tie('any'))),
})).any;

function arrayOf(items: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return items.map(({ schema, values }) => ({
    schema: { type: 'array', items: schema, minItems: 1 },
    values: [[...values], [values[1]]],
  }));
}

function objectOf(members: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const member = fc.record({ name: fc.stringMatching(/^[a-f]{1,2}$/), of: members, required: fc.boolean() });
  return fc
    .tuple(fc.uniqueArray(member, { maxLength: 5, selector: ({ name }) => name }), fc.boolean())
    .map(([all, closed]) => {
      const valueAt = (index: 0 | 1): Json => Object.fromEntries(all.map(({ name, of }) => [name, of.values[index]]));
      return {
        schema: {
          type: 'object',
          properties: Object.fromEntries(all.map(({ name, of }) => [name, of.schema])),
          required: all.filter(({ required }) => required).map(({ name }) => name),
          ...(closed ? { additionalProperties: false } : {}),
        },
        values: [valueAt(0), valueAt(1)],
      };
    });
}

/** Masks as the engine does: texts become tokens or null, numbers null; `decisions` says which. */
function masker(decisions: readonly number[]): { mask: (value: Json) => Json; readonly hidden: string[] } {
  const hidden: string[] = [];
  let next = 0;
  const mask = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mask(member)]));
    }
    const decision = decisions[next++ % decisions.length] ?? 0;
    if (decision === 0 || (typeof value !== 'string' && typeof value !== 'number')) return value;
    if (typeof value === 'number') return null;
    hidden.push(value);
    return decision === 1 ? '[NAME]' : null;
  };
  return { mask, hidden };
}

test('whatever is masked, what comes out follows the schema and brings nothing back', () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const masks = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 20 });
  let changed = 0;
  fc.assert(
    fc.property(sample, masks, ({ schema, values: [was] }, decisions) => {
      assert.ok(isValid(schema, was), 'the sample itself');
      const { mask, hidden } = masker(decisions);
      const fitted = fitToSchema(schema, was, mask(was));
      assert.ok(fitted, `${JSON.stringify(schema)} can be followed`);
      assert.ok(isValid(schema, fitted.value), JSON.stringify({ schema, was, fitted }));
      if (fitted.places.length > 0) changed++;
      const text = JSON.stringify(fitted.value);
      // `decisions` may hide a text in one place and show it in another.
      if (!decisions.includes(0)) {
        for (const each of hidden) if (each !== 'patient') assert.ok(!text.includes(each), `${each} came back`);
      }
      if (!decisions.some((each) => each > 0)) assert.deepEqual(fitted, { value: was, places: [] });
    }),
    { seed, numRuns: 1_500 },
  );
  assert.ok(changed > 100, `the property looked at ${changed} values that did not fit`);
});

const fit = (schema: JsonObject, was: Json, now: Json) => fitToSchema(schema, was, now);
const object = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
});

test('what is optional goes, what may be null is null, what must stay is neutral', () => {
  const email: JsonObject = { type: 'string', format: 'email' };
  const [was, now] = [{ mail: 'john@smith.example' }, { mail: '[EMAIL]' }];
  assert.deepEqual(fit(object({ mail: email }), was, now), { value: {}, places: ['/mail'] });
  assert.deepEqual(fit(object({ mail: { anyOf: [email, { type: 'null' }] } }), was, now)?.value, { mail: null });
  assert.deepEqual(fit(object({ mail: email }, ['mail']), was, now)?.value, { mail: 'masked@masked.invalid' });
  assert.deepEqual(fit(object({ mail: { type: 'string' } }), was, now), { value: now, places: [] });
});

test('a value of an enum is never made up', () => {
  const sex: JsonObject = { enum: ['female', 'male'] };
  assert.equal(fit(object({ sex }, ['sex']), { sex: 'male' }, { sex: '[ID]' }), null);
  assert.deepEqual(fit(object({ sex }), { sex: 'male' }, { sex: '[ID]' })?.value, {});
});

test('what cannot be told is refused when something was masked, and let through when nothing was', () => {
  const backtracking = object({ id: { type: 'string', pattern: '^(?=a)a1$' } }, ['id']);
  const conditional: JsonObject = { ...object({ id: { type: 'string' } }), if: true };
  for (const schema of [backtracking, conditional]) {
    assert.equal(fit(schema, { id: 'a1' }, { id: '[ID]' }), null);
    assert.deepEqual(fit(schema, { id: 'a1' }, { id: 'a1' })?.places, []);
  }
  const beside = object({ id: { type: 'string', pattern: '^(?=a)a1$' }, name: { type: 'string' } }, ['id', 'name']);
  const masked = { id: 'a1', name: '[NAME]' };
  assert.deepEqual(fit(beside, { id: 'a1', name: 'Zeb' }, masked)?.value, masked, 'texts that were not masked stand');
});

test('references, combinations, sets and names', () => {
  const person: JsonObject = object({ born: { type: 'string', format: 'date' }, next: { $ref: '#/$defs/person' } }, [
    'born',
  ]);
  const schema: JsonObject = { $defs: { person }, allOf: [{ $ref: '#/$defs/person' }], type: 'object' };
  const was = { born: '1961-07-23', next: { born: '1970-02-11' } };
  const now = { born: '1961', next: { born: '1970' } };
  assert.deepEqual(fit(schema, was, now)?.value, { born: '0001-01-01', next: { born: '0001-01-01' } });
  assert.deepEqual(fit(schema, was, now)?.places, ['/born', '/next/born']);

  const names: JsonObject = { type: 'array', items: { type: 'string' }, uniqueItems: true };
  assert.deepEqual(fit(names, ['Zeb', 'Ophelia'], ['[NAME]', '[NAME]'])?.value, ['[NAME]']);

  const declared = { ...object({ Austin: { type: 'integer' } }, ['Austin']), additionalProperties: false };
  assert.deepEqual(fit(declared, { Austin: 3 }, { '[NAME]': 3 })?.value, { Austin: 3 });
  const closed = { ...object({}), additionalProperties: false };
  assert.equal(fit(object({ x: { not: {} } }, ['x']), { x: 'Zeb' }, { x: '[NAME]' }), null);
  assert.deepEqual(fit(closed, { Zeb: 3 }, { '[NAME]': 3 })?.value, {});
});

test('a schema that costs too much or never ends is refused, in time', () => {
  const endless: JsonObject = { $ref: '#', anyOf: [{ $ref: '#' }, { $ref: '#' }] };
  const branch: JsonObject = {
    anyOf: [{ $ref: '#/$defs/b' }, { $ref: '#/$defs/b' }],
    oneOf: [{ $ref: '#/$defs/b' }, {}],
  };
  const wide: JsonObject = { $defs: { b: branch }, ...branch };
  const started = process.cpuUsage();
  for (const schema of [endless, wide]) assert.equal(fit(schema, { a: 'Zeb' }, { a: '[NAME]' }), null);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 5_000_000, `${user + system} µs`);
});
