// The memory of what is spent has an end. A token cannot be spent without being made, which takes seconds for so many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { type Bond, RequestStates } from '../../src/gateway/mcp-request-state.ts';

const bond: Bond = { identity: 'ana', connection: 'notes', act: { tool: 'confirm' } };
const goodForMs = 600_000;
const spentMax = 100_000;

test('when it is full nothing opens until some of it has expired', () => {
  let now = 1_000;
  const states = new RequestStates(Buffer.alloc(32, 7), { now: () => now, after: () => () => {} }, systemRandom);
  const come = (): string => {
    const opened = states.open(bond, states.seal(bond, {}).token);
    return opened.ok ? 'opened' : opened.error.code;
  };
  for (let spent = 0; spent < spentMax; spent++) {
    if (spent === 1) now += 1;
    assert.equal(come(), 'opened');
  }
  assert.equal(come(), 'too_many');
  now += goodForMs - 1;
  assert.equal(come(), 'opened', 'the first of them has expired');
  assert.equal(come(), 'too_many', 'and only that one');
  now += 1;
  assert.equal(come(), 'opened');
});
