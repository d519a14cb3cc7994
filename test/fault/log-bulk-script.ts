// A process that has a thread write the files of its log, waits for a word once that has started, then writes bursts that the thread
// moves into the tree, and a few records more; it says what was acknowledged, and ends. What strace makes fail, call by call.

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openOwnLog, payload } from './log-of-process.ts';

/** From so many entries on a thread writes. */
const many = 2_048;
const log = await openOwnLog();
try {
  await burst('first', many);
  await log.checkpoint();
  writeSync(1, 'ready\n');
  await once(process.stdin, 'data');
  process.stdin.destroy();
  for (const name of ['a', 'b', 'c']) await burst(name, many);
  await log.checkpoint();
  await burst('d', 90);
  await burst('e', many + 90);
  await log.close();
} catch {
  process.exit(1);
}

async function burst(name: string, records: number): Promise<void> {
  const said = await Promise.all(
    Array.from({ length: records }, async (_, i) => {
      const request = `r_${name}${i}`;
      const { seq } = await log.append({ type: 'request', session: `s_${i % 5}`, request }, payload);
      return `${seq} ${request}\n`;
    }),
  );
  writeSync(1, said.join(''));
}
