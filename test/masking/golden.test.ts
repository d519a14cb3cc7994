// Texts written to find what the detectors miss, and what they mask for nothing: how much of either there may be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detect } from '../../src/masking/detect.ts';
import { readMarked } from '../golden/marked-text.ts';

interface Share {
  readonly leaked: number;
  /** Of the characters that are nobody's. */
  readonly masked: number;
}

/** In percent of letters and digits. */
function shareOf(name: string): Share {
  let [identifying, leaked, plain, masked] = [0, 0, 0, 0];
  for (const { text, spans } of readMarked(new URL(`../golden/phi/${name}.txt`, import.meta.url))) {
    const points = Array.from(text);
    const units = points.map((_point, at) => points.slice(0, at).join('').length);
    const found = detect(text, true);
    for (const [at, point] of points.entries()) {
      if (!/[\p{L}\p{N}]/u.test(point)) continue;
      const unit = units[at] ?? 0;
      const isFound = found.some((each) => each.start <= unit && unit < each.end);
      const isLabelled = spans.some((each) => each.start <= at && at < each.end);
      identifying += Number(isLabelled);
      leaked += Number(isLabelled && !isFound);
      plain += Number(!isLabelled);
      masked += Number(!isLabelled && isFound);
    }
  }
  return { leaked: (100 * leaked) / Math.max(1, identifying), masked: (100 * masked) / plain };
}

test('clinical questions and notes: names, places and numbers unlike those the detectors were made with', () => {
  for (const name of ['clinical-queries', 'clinical-notes']) {
    const { leaked } = shareOf(name);
    assert.ok(leaked <= 3, `${name}: ${leaked.toFixed(2)} % leaked`);
  }
});

test('everyday texts', () => {
  const { leaked } = shareOf('general');
  assert.ok(leaked <= 3, `${leaked.toFixed(2)} % leaked`);
});

test('clinical texts about nobody, of thirty fields and full of eponyms', () => {
  const { masked } = shareOf('clean');
  assert.ok(masked <= 0.5, `${masked.toFixed(2)} % masked`);
});

// Three sets written without looking at the detectors, one after the other, each measured before anything was mended by it: of the
// letters and digits of the queries 24 %, 8 % and 3 % leaked at first sight, of the notes 25 % and 18 %. What may leak now only goes down.
test('texts written blind', () => {
  const { leaked } = shareOf('blind');
  assert.ok(leaked <= 4, `${leaked.toFixed(2)} % leaked`);
});

// Three more sets of questions, of which 16 %, 25 % and 3 % leaked at first sight: two of them are full of what is hardest, names that
// are words, nicknames, crossings, national numbers of other countries. The third was measured after the first two had been mended by.
test('questions written blind, of people and places of many countries', () => {
  const { leaked } = shareOf('blind-queries');
  assert.ok(leaked <= 5.5, `${leaked.toFixed(2)} % leaked`);
});

test('everyday texts written blind', () => {
  const { leaked } = shareOf('blind-general');
  assert.ok(leaked <= 2.5, `${leaked.toFixed(2)} % leaked`);
});

test('questions and notes about nobody, written blind: full of eponyms, brands and places that name a disease', () => {
  const { masked } = shareOf('blind-clean');
  assert.ok(masked <= 1, `${masked.toFixed(2)} % masked`);
});
