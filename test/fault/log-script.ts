// A process that writes a short log, says what was acknowledged, and ends: what strace makes fail, call by call.

import { writeSync } from 'node:fs';
import { openOwnLog, payload } from './log-of-process.ts';

const log = await openOwnLog();
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
