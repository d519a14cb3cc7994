// A process that writes a short log, says what was acknowledged, and ends: what strace makes fail, call by call.

import { writeSync } from 'node:fs';
import { openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';

const opened = await openLog({
  directory: process.argv[2] ?? '',
  kek: new Uint8Array(32),
  originHost: 'gate.test',
  clock: systemClock,
  random: systemRandom,
});
if (!opened.ok) process.exit(1);
const { log } = opened.value;
const payload = { media: 'application/json', bytes: Buffer.alloc(300, 'x') } as const;
try {
  for (const group of ['a', 'b', 'c']) {
    await Promise.all(
      Array.from({ length: 90 }, async (_, i) => {
        const request = `r_${group}${i}`;
        const { seq } = await log.append({ type: 'request', session: `s_${i % 5}`, request }, payload);
        writeSync(1, `${seq} ${request}\n`);
      }),
    );
    if (group !== 'a') await log.checkpoint();
  }
  await log.close();
} catch {
  process.exit(1);
}
