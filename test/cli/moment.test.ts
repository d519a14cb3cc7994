// Points in time on the command line: what they mean wherever the command runs, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment } from '../../src/cli/moment.ts';

const written: Readonly<Record<string, string | null>> = {
  '2026-03-01': '2026-03-01T00:00:00.000Z',
  '2028-02-29': '2028-02-29T00:00:00.000Z',
  '2026-03-01T12:00Z': '2026-03-01T12:00:00.000Z',
  '2026-03-01t12:00:00z': '2026-03-01T12:00:00.000Z',
  '2026-03-01T12:00:00.5-00:00': '2026-03-01T12:00:00.500Z',
  '2026-03-01T12:00:00+14:00': '2026-02-28T22:00:00.000Z',
  // The hour that is twice, and the one that is not, of New York: an offset says which.
  '2026-11-01T01:30:00-04:00': '2026-11-01T05:30:00.000Z',
  '2026-11-01T01:30:00-05:00': '2026-11-01T06:30:00.000Z',
  '2026-03-08T02:30:00-05:00': '2026-03-08T07:30:00.000Z',
  '2026-11-01T01:30:00': null,
  '2026-03-08T02:30': null,
  // A leap second is one of RFC 3339 at the end of a UTC day alone.
  '2016-12-31T23:59:60Z': '2017-01-01T00:00:00.000Z',
  '2016-12-31T23:59:60.25Z': '2017-01-01T00:00:00.250Z',
  '1990-12-31T15:59:60-08:00': '1991-01-01T00:00:00.000Z',
  '2016-12-31T22:59:60Z': null,
  '2016-12-31T23:59:60+01:00': null,
  '2016-12-31T23:59:61Z': null,
  '2016-12-31T23:58:60Z': null,
  '9999-12-31T23:59:59Z': '9999-12-31T23:59:59.000Z',
  '9999-12-31T23:59:59-01:00': null,
  '0000-01-01T00:00:00+01:00': null,
  '2026-02-29': null,
  '2026-02-30T00:00:00Z': null,
  '2026-13-01': null,
  '2026-3-1': null,
  '20260301': null,
  '2026-03-01 12:00:00Z': null,
  '2026-03-01T12:00:00+24:00': null,
  '2026-W10': null,
  '99999999y': null,
  '-1d': null,
  now: null,
  '': null,
};

for (const [given, meant] of Object.entries(written)) {
  test(`${JSON.stringify(given)}: ${meant ?? 'refused'}`, () => {
    if (meant === null) assert.throws(() => moment(given), { code: 'commander.invalidArgument' });
    else assert.equal(moment(given), meant);
  });
}

test('how long ago, up to now', () => {
  const before = Date.now();
  const at = Date.parse(moment('7d')) + 7 * 86_400_000;
  assert.ok(at >= before && at <= Date.now());
});
