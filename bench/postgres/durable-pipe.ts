// A bare TCP pipe that puts a record on disk before it lets an answer of the server pass, and does nothing else: below this nothing that
// records what it releases can get. Arguments: the port to listen on, the port to go to, a file of as many bytes as it will use.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { bareJournal } from '../bare-journal.ts';

const [from, to] = process.argv.slice(2, 4).map(Number);
const file = await open(process.argv[4] ?? '', constants.O_RDWR | constants.O_DSYNC);
/** What the gate writes to its journal for a short answer. */
const recordBytes = 600;
const journal = bareJournal(file, { recordBytes, within: (await file.stat()).size });

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
