// A bare TCP pipe that puts a record on disk before it lets an answer of the server pass, and does nothing else: what a gate that records
// what it releases takes at least. Arguments: the port to listen on, the port to go to, a file of as many bytes as it will use, and
// "waits" where the event loop itself waits for the disk, which is cheaper, and stands still with all it serves as long as the disk does.

import { constants, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { bareJournal } from '../bare-journal.ts';

const [from, to] = process.argv.slice(2, 4).map(Number);
const file = await open(process.argv[4] ?? '', constants.O_RDWR | constants.O_DSYNC);
const fileBytes = (await file.stat()).size;
/** What the gate writes to its journal for a short answer. */
const recordBytes = 600;
const journal =
  process.argv[5] === 'waits' ? waitingJournal(file) : bareJournal(file, { recordBytes, within: fileBytes });

createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: to ?? 0, noDelay: true });
  client.on('data', (chunk) => {
    if (!upstream.write(chunk)) client.pause();
  });
  upstream.on('drain', () => client.resume());
  upstream.on('data', (chunk) => {
    void journal.append().then(() => client.write(chunk));
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('close', () => other.destroy());
    one.on('error', () => other.destroy());
  }
}).listen(from, '127.0.0.1');

/** All who have come in one turn of the event loop share a write. */
function waitingJournal(handle: FileHandle): { append(): Promise<void> } {
  let group: PromiseWithResolvers<void> | null = null;
  let records = 0;
  let position = 0;
  const write = (): void => {
    const bytes = Buffer.alloc(records * recordBytes, 'x');
    if (position + bytes.length > fileBytes) position = 0;
    writeSync(handle.fd, bytes, 0, bytes.length, position);
    position += bytes.length;
    records = 0;
    group?.resolve();
    group = null;
  };
  return {
    append() {
      if (!group) {
        group = Promise.withResolvers();
        setImmediate(write);
      }
      records++;
      return group.promise;
    },
  };
}
