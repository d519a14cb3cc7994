// Retry-After in every form RFC 9110 lets a receiver write, and in some it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../src/wire/http/retry-after.ts';

const now = Date.UTC(2026, 2, 29, 1, 0, 0);
const hour = 3_600_000;

const asked: readonly [value: string, date: string | null, ms: number | null][] = [
  ['0', null, 0],
  ['120', null, 120_000],
  [' 7 ', null, 7_000],
  ['007', null, 7_000],
  ['3600', null, hour],
  ['3601', null, hour],
  ['99999999999999999999999999', null, hour],
  ['Sun, 29 Mar 2026 01:00:30 GMT', null, 30_000],
  ['Sun, 29 Mar 2026 01:00:00 GMT', null, 0],
  ['Sun, 29 Mar 2026 00:59:59 GMT', null, 0],
  ['Mon, 29 Mar 2027 01:00:00 GMT', null, hour],
  // Their clock, not ours.
  ['Sun, 29 Mar 2026 01:00:30 GMT', 'Sun, 29 Mar 2026 01:00:10 GMT', 20_000],
  ['Tue, 01 Jan 2030 00:00:09 GMT', 'Tue, 01 Jan 2030 00:00:00 GMT', 9_000],
  ['Sun, 29 Mar 2026 01:00:30 GMT', 'some time', 30_000],
  // The obsolete forms.
  ['Sunday, 29-Mar-26 01:00:30 GMT', null, 30_000],
  ['Sun Mar 29 01:00:30 2026', null, 30_000],
  ['Sun Mar  1 01:00:30 2026', 'Sun Mar  1 01:00:00 2026', 30_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', null, 0],
  ['Wed, 31 Dec 2025 23:59:60 GMT', 'Wed, 31 Dec 2025 23:59:50 GMT', 9_000],
  ['', null, null],
  ['-5', null, null],
  ['1.5', null, null],
  ['0x10', null, null],
  ['1e3', null, null],
  ['5, 10', null, null],
  ['soon', null, null],
  ['2026-03-29T01:00:30Z', null, null],
  ['Sun, 29 Mar 2026 01:00:30 +0100', null, null],
  ['Sun, 29 Mar 2026 29:00:30 GMT', null, null],
  ['Sun, 29 Foo 2026 01:00:30 GMT', null, null],
];

for (const [value, date, ms] of asked) {
  test(`${JSON.stringify(value)} of an answer of ${date ?? 'no date'}: ${ms}`, () => {
    const headers = new Headers({ 'retry-after': value });
    if (date !== null) headers.set('date', date);
    assert.equal(retryAfterMs(headers, now), ms);
  });
}

test('nothing is asked for where there is no such header', () => {
  assert.equal(retryAfterMs(new Headers(), now), null);
});
