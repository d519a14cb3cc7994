// A process that writes to a log as fast as it can until it is killed, and says what was acknowledged.

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
if (!opened.ok) throw new Error(opened.error.text);
const { log } = opened.value;
const payload = { media: 'application/json', bytes: Buffer.alloc(300, 'x') } as const;
writeSync(1, 'ready\n');
await Promise.all(
  Array.from({ length: 16 }, async () => {
    const session = systemRandom.id('s');
    await log.append({ type: 'session.start', session });
    for (;;) {
      const request = systemRandom.id('r');
      const { seq } = await log.append({ type: 'request', session, request }, payload);
      writeSync(1, `${seq} ${request}\n`);
    }
  }),
);
