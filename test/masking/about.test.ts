// What the detectors say of themselves is so: every shape is found as its class, and every known miss is one.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectors } from '../../docs/reference/detectors.ts';
import { detect } from '../../src/masking/detect.ts';

/** The class of what is found over all of the marked place, if anything is. */
function classOf(example: string): string | undefined {
  const [start, end] = [example.indexOf('«'), example.indexOf('»') - 1];
  assert.ok(start >= 0 && end > start, example);
  return detect(example.replace(/[«»]/g, ''), true).find((span) => span.start <= start && span.end >= end)?.type;
}

describe('the reference of the detectors', () => {
  for (const [title, { shapes, misses }] of Object.entries(detectors)) {
    it(`is right about ${title}`, () => {
      for (const [cls, examples] of Object.entries(shapes)) {
        for (const example of examples) assert.equal(classOf(example), cls, example);
      }
      for (const miss of misses) assert.equal(classOf(miss), undefined, miss);
    });
  }
});
