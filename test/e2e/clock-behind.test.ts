// A gate that starts with a clock behind its own log.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyInState } from '../../src/adapters/key-file/kek.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { startClinic } from '../parts/clinic.ts';
import { openedLog } from '../parts/opened-log.ts';

void test('a clock that was set back is told at the start, and by verification', async (t) => {
  const clinic = await startClinic();
  t.after(() => clinic.stop());
  const before = await clinic.startGate();
  await before.stop();
  assert.doesNotMatch(before.output(), /behind the newest record/);

  const kek = keyInState(clinic.state);
  assert.ok(kek.ok && !kek.value.made);
  const ahead = { ...systemClock, now: () => Date.now() + 3_600_000 };
  const { log } = await openedLog(clinic.state, { kek: kek.value.key, clock: ahead });
  await log.append({ type: 'node.start', data: { replayed: 0, tornBytes: 0, closed: 0 } });
  await log.append({ type: 'node.stop' });
  await log.close();

  const gate = await clinic.startGate();
  assert.match(gate.output(), /"behindSeconds":3[56]\d\d\b.*the clock is behind the newest record of the log/);
  await gate.stop();
  const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.match(verified.stdout, /clock/);
});
