// A process that opens a log when it is told to, writes as fast as it can until it is killed, and says what was acknowledged.
// Every other request is left without an end. With many at once, a thread writes the files of the tree.

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { openOwnLog, payload } from './log-of-process.ts';

say('loaded\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const log = await openOwnLog();
say('ready\n');
await Promise.all(
  Array.from({ length: Number(process.argv[3]) }, async () => {
    const session = systemRandom.id('s');
    await log.append({ type: 'session.start', session });
    for (let n = 0; ; n++) {
      const request = systemRandom.id('r');
      const { seq } = await log.append({ type: 'request', session, request }, payload);
      say(`${seq} ${request}\n`);
      if (n % 2 === 0) continue;
      const end = await log.append({ type: 'request.end', session, request });
      say(`${end.seq} ${request}\n`);
    }
  }),
);

/** Whoever listens may be slow, and is not to miss a word. */
function say(line: string): void {
  for (let rest = Buffer.from(line); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
