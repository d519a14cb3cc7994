// Four hundred ways to say who somebody is, written without a look at the detectors, and a hundred messages about nobody. Of the
// first 312 there leaked 25, of the next 105 five, and seven of the messages about nobody were touched. Here all of the ones are gone and
// all of the others there: by themselves, and from a real server through a real gate in every kind of message.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { further } from './blind/further.ts';
import { nobodys } from './blind/nobodys.ts';
import { describeThroughGate } from './blind/through-gate.ts';
import { wrapped } from './blind/wrapped.ts';
import { leftOf, type Shape, sc, written } from './blind/written.ts';
import { masked, text } from './masked.ts';

/** Written as known not to be found, and found since. */
const mended: readonly Shape[] = [
  ['a plate of Germany', text('Kennzeichen HH-AB 1234'), ['HH-AB 1234']],
  ['a plate that is called no more', sc({ vehicle: { plate: '7ABC123' } }), ['7ABC123']],
];
const shapes = [...written, ...wrapped, ...further, ...mended];

describe('who somebody is, in shapes nobody had in mind', () => {
  it('has something to be found in each', () => {
    for (const [name, message, gone] of shapes) assert.deepEqual(leftOf(JSON.stringify(message), gone), gone, name);
  });

  it('is gone from what leaves', () => {
    const left = shapes.flatMap(([name, message, gone]) => {
      const shown = leftOf(JSON.stringify(masked(message)), gone);
      return shown.length > 0 ? [[name, shown]] : [];
    });
    assert.deepEqual(left, []);
  });
});

describe('what is about nobody', () => {
  it('comes through as it is', () => {
    assert.deepEqual(nobodys.map(masked), nobodys);
  });
});

describeThroughGate(shapes, 8);
