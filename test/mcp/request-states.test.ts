// What a client keeps for the gate opens for the subject, connection and act it was sealed for, in time, and once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Bond, RequestStates } from '../../src/gateway/mcp-request-state.ts';

const key = Buffer.alloc(32, 7);
const bond: Bond = { identity: 'ana', connection: 'notes', act: { tool: 'confirm', arguments: { a: 1 } } };
const content: JsonObject = { names: ['input-1'], state: 'of the server' };
const goodForMs = 600_000;

let now = 0;
const clock = { now: () => now, after: () => () => {} };

function opened(): RequestStates {
  now = 1_000;
  return new RequestStates(key, clock, systemRandom);
}

function codeOf(states: RequestStates, of: Bond, token: unknown): string {
  const found = states.open(of, token as string);
  assert.ok(!found.ok);
  return found.error.code;
}

test('what was sealed comes back as it was, once', () => {
  const states = opened();
  const { token, id } = states.seal(bond, content);
  const other = states.seal(bond, content);
  assert.notEqual(other.id, id);
  assert.deepEqual(states.open(bond, token), { ok: true, value: { id, content } });
  assert.equal(codeOf(states, bond, token), 'invalid_params');
  assert.ok(
    states.open({ ...bond, act: { arguments: { a: 1 }, tool: 'confirm' } }, other.token).ok,
    'whatever the order',
  );
});

test('it is for one subject and one connection, and stays good for them when others try', () => {
  const states = opened();
  const { token } = states.seal(bond, content);
  for (const other of [
    { ...bond, identity: 'bob' },
    { ...bond, connection: 'ehr' },
  ])
    assert.equal(codeOf(states, other, token), 'invalid_params');
  assert.ok(states.open(bond, token).ok);
});

test('with another act it is spent', () => {
  const states = opened();
  const { token } = states.seal(bond, content);
  assert.equal(codeOf(states, { ...bond, act: { tool: 'confirm', arguments: { a: 2 } } }, token), 'invalid_params');
  assert.equal(codeOf(states, bond, token), 'invalid_params');
});

test('it ends, to the millisecond, and the memory of it after that', () => {
  const states = opened();
  const { token } = states.seal(bond, content);
  now += goodForMs;
  assert.equal(codeOf(states, bond, token), 'invalid_params');
  now -= 1;
  assert.ok(states.open(bond, token).ok);
});

test('nothing else opens: another key, a changed, shortened or lengthened token, or none', () => {
  const states = opened();
  const { token } = states.seal(bond, content);
  const sealed = Buffer.from(token, 'base64url');
  const flipped = (at: number): string => {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    return changed.toString('base64url');
  };
  const elsewhere = new RequestStates(Buffer.alloc(32, 8), clock, systemRandom).seal(bond, content).token;
  const cut = (end: number): string => sealed.subarray(0, end).toString('base64url');
  const bad = [
    elsewhere,
    flipped(0),
    flipped(20),
    flipped(sealed.length - 1),
    cut(0),
    cut(12),
    cut(27),
    cut(28),
    cut(-1),
  ];
  for (const each of [...bad, `${token}AAAA`, '', undefined, null, 7, [token]])
    assert.equal(codeOf(states, bond, each), 'invalid_params', String(each));
  assert.ok(new RequestStates(key, clock, systemRandom).open(bond, token).ok, 'the key survives a restart');
});
