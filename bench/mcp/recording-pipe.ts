// An HTTP pipe that reads what it passes on as JSON and puts a record on disk before the question and before the answer goes on. It knows
// nobody, decides nothing and masks nothing: below this nothing that records what it releases can get. Arguments: the port to listen
// on, the port to go to.

import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareJournal } from '../bare-journal.ts';

const [from, to] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true });

const directory = await mkdtemp(join(tmpdir(), 'chartgate-bench-'));
const file = await open(join(directory, 'journal'), constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC);
// It needs no name.
await rm(directory, { recursive: true });
const within = 16 * 1024 * 1024;
await file.write(Buffer.alloc(within));
/** Of the gate's records of such a call, on the average. */
const recordBytes = 900;
const journal = bareJournal(file, { recordBytes, within });

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The same message, read and written. */
function rewritten(body: Buffer): Buffer {
  return body.length === 0 ? body : Buffer.from(JSON.stringify(JSON.parse(body.toString())));
}

function ask({ url, method, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': body.length };
    const options = { agent, host: '127.0.0.1', port: to, path: url, method, headers: { ...headers, ...length } };
    request(options, resolve).on('error', reject).end(body);
  });
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const question = rewritten(await bodyOf(incoming));
  await journal.append();
  const response = await ask(incoming, question);
  const answer = await bodyOf(response);
  await journal.append();
  const json = response.headers['content-type']?.startsWith('application/json') ?? false;
  const { 'content-length': _, 'transfer-encoding': __, ...headers } = response.headers;
  outgoing.writeHead(response.statusCode ?? 502, headers).end(json ? rewritten(answer) : answer);
}

createServer((incoming, outgoing) => {
  pass(incoming, outgoing).catch(() => outgoing.destroy());
}).listen(from, '127.0.0.1');
