// The days dates move by: each from half a year back to half a year on, but none, and the same ones in every release.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patientShiftDays, tenantShiftDays } from '../../src/masking/operators.ts';

const key = new Uint8Array(32).fill(7);
const range = Array.from({ length: 365 }, (_, at) => at - 182).filter((days) => days !== 0);

test('patients move by every number of days there is, and by no other', () => {
  const moved = new Set(Array.from({ length: 20_000 }, (_, at) => patientShiftDays(key, String(at))));
  assert.deepEqual(
    [...moved].toSorted((a, b) => a - b),
    range,
  );
});

test('so do tenants', () => {
  const moved = new Set(
    Array.from({ length: 20_000 }, (_, at) => {
      const own = Buffer.alloc(32);
      own.writeUInt32BE(at);
      return tenantShiftDays(own);
    }),
  );
  assert.deepEqual(
    [...moved].toSorted((a, b) => a - b),
    range,
  );
});

test('who has been moved is moved alike ever after', () => {
  assert.deepEqual(
    ['4711', 'm-78', '', 'Ä'].map((patient) => patientShiftDays(key, patient)),
    [-24, 80, -96, 29],
  );
  assert.equal(tenantShiftDays(key), -9);
});
