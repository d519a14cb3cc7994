// What of a caller's words counts as PHI does not depend on what was asked before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectClasses } from '../../src/gateway/detected-classes.ts';
import type { Find } from '../../src/masking/detectors/detector.ts';

const badges: Find = (text, emit) => {
  if (text.startsWith('badge')) emit(0, text.length, 'other_id');
};

test('a name is judged by the detectors that are configured now, however often it came before', () => {
  const [before, after]: Find[][] = [[], [badges]];
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(detectClasses('badge_holder', before ?? []), []);
    assert.deepEqual(detectClasses('badge_holder', after ?? []), ['other_id']);
    assert.deepEqual(detectClasses('chart', after ?? []), []);
  }
});

test('so is everything else, and more names than are remembered', () => {
  const own = [badges];
  for (let name = 0; name < 2500; name++) detectClasses(`field${name}x`, own);
  assert.deepEqual(detectClasses('badge_holder', own), ['other_id']);
  assert.deepEqual(detectClasses('SSN 219-09-9999', own), ['ssn']);
  assert.deepEqual(detectClasses('SSN 219-09-9999', own), ['ssn']);
});
