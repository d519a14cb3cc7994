// Who acts for whom: `act` and `may_act` of any shape.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../src/core/limits.ts';
import { actorsOf, mayAct } from '../../src/identity/delegation.ts';

type Act = { readonly sub: string; readonly act?: Act };

const chainOf = (actors: readonly string[]): Act | undefined =>
  actors.reduceRight<Act | undefined>((act, sub) => ({ sub, ...(act ? { act } : {}) }), undefined);

test('a chain of actors is read whole, or not at all', () => {
  const names = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: limits.actorsMax + 3 });
  fc.assert(
    fc.property(names, (actors) => {
      const read = actorsOf(chainOf(actors));
      assert.deepEqual(read, actors.length <= limits.actorsMax ? actors : undefined);
    }),
  );
});

test('what is no chain of actors is none, and never an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (act) => {
      const read = actorsOf(act);
      assert.ok(read === undefined || read.every((each) => each !== ''));
      if (typeof act !== 'object' || act === null || Array.isArray(act)) assert.equal(read, undefined);
    }),
  );
  assert.deepEqual(actorsOf(undefined), []);
  assert.equal(actorsOf({ sub: 'a', act: null }), undefined);
  assert.equal(actorsOf({ sub: 'a', act: { sub: '' } }), undefined);
});

test('may_act lets the one it names, of the issuer it names, and nobody else', () => {
  const actor = { issuer: 'https://a.example', id: 'planner' };
  assert.ok(mayAct({}, actor));
  assert.ok(mayAct({ may_act: { sub: 'planner' } }, actor));
  assert.ok(mayAct({ may_act: { sub: 'planner', iss: 'https://a.example' } }, actor));
  for (const may_act of [
    {},
    { sub: 'else' },
    { sub: 'planner', iss: 'https://b.example' },
    { sub: ['planner'] },
    [],
    null,
    'planner',
    true,
  ])
    assert.ok(!mayAct({ may_act }, actor), JSON.stringify(may_act));
});
