// `chartgate witness`: cosigns checkpoints of logs that somebody else keeps (https://c2sp.org/tlog-witness), so that they cannot
// be rolled back or shown differently to different people without that showing. It needs a directory and nothing of a gate.

import { createPrivateKey, createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { resolve } from 'node:path';
import { diskStorage } from '../adapters/log-files/disk.ts';
import { DurableFiles } from '../adapters/log-files/durable-files.ts';
import { lockState } from '../adapters/state-lock/lock.ts';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../audit/checkpoint-text.ts';
import {
  formatVkey,
  isKeyName,
  type NoteAlgorithm,
  type NoteKey,
  type NoteSigner,
  noteKey,
  signatureLine,
} from '../audit/note.ts';
import { decodeAddCheckpoint, type Judgement, judge } from '../audit/witness.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { Turns } from '../core/turns.ts';
import type { Storage } from '../ports/storage.ts';
import { complain, type Io, print } from './io.ts';
import { readKeys } from './log-place.ts';

/** A checkpoint with 64 post-quantum signatures and its proof is smaller. */
const bodyBytesMax = 512 * 1024;

export interface WitnessOptions {
  readonly state: string;
  /** Its name, which it keeps: a URL without a scheme. Wanted the first time only. */
  readonly name?: string;
  readonly listen: string;
  /** vkeys, or files with one, of the logs it cosigns. */
  readonly log: readonly string[];
  /** Sign with ML-DSA-44 in place of Ed25519; settled the first time. */
  readonly postQuantum?: boolean;
}

/** Runs until it is told to stop. */
export async function witness(io: Io, options: WitnessOptions): Promise<number> {
  const opened = await openWitness(resolve(io.cwd, options.state), options);
  if (!opened.ok) return complain(io, opened.error);
  const { server, key } = opened.value;
  const [host, port] = splitAddress(options.listen);
  const listening = await new Promise<boolean>((settle) => {
    server.once('error', () => settle(false)).listen(Number(port), host, () => settle(true));
  });
  if (!listening) {
    await opened.value.close();
    return complain(io, { code: 'port_unavailable', text: `${options.listen} cannot be listened on.` });
  }
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  print(io, `chartgate witness: HTTP on ${host}:${bound}, ${options.log.length} logs`);
  print(io, `key ${formatVkey(key)}`);
  await new Promise<void>((stop) => {
    for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, () => stop());
  });
  await opened.value.close();
  return 0;
}

function splitAddress(address: string): readonly [string, string] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, Math.max(0, at)).replaceAll(/^\[|\]$/g, ''), address.slice(at + 1)];
}

export interface OpenedWitness {
  readonly server: Server;
  readonly key: NoteKey;
  close(): Promise<void>;
}

/** Refused: usage, state_locked, state_unwritable, log_corrupt. The server does not listen yet. */
export async function openWitness(
  directory: string,
  options: Pick<WitnessOptions, 'name' | 'log' | 'postQuantum'>,
): Promise<Result<OpenedWitness>> {
  const logs = await readKeys(options.log);
  if (!logs.ok) return refuse('usage', logs.error);
  const lock = lockState(directory);
  if (!lock.ok) return lock;
  const storage = diskStorage(directory);
  const files = new DurableFiles(storage);
  const signer = await openSigner(storage, files, options);
  if (!signer.ok) {
    lock.value.release();
    return signer;
  }
  const desk = new WitnessDesk(storage, files, signer.value, logs.value);
  const server = createServer((request, response) => {
    void answer(desk, request).then(({ status, text, type }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    });
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    lock.value.release();
  };
  return ok({ server, key: signer.value.key, close });
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

const plain = 'text/plain; charset=utf-8';

async function answer(desk: WitnessDesk, request: IncomingMessage): Promise<HttpAnswer> {
  if (request.url !== '/add-checkpoint') return { status: 404, text: 'there is only /add-checkpoint\n', type: plain };
  if (request.method !== 'POST') return { status: 405, text: 'it is posted\n', type: plain };
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bodyBytesMax) return { status: 413, text: 'the request is too long\n', type: plain };
    }
    return await desk.addCheckpoint(Buffer.concat(chunks).toString());
  } catch {
    // INVARIANT: what could not be stored is not cosigned.
    return { status: 500, text: 'the checkpoint could not be stored\n', type: plain };
  }
}

class WitnessDesk {
  readonly #storage: Storage;
  readonly #files: DurableFiles;
  readonly #signer: NoteSigner;
  readonly #logs: readonly NoteKey[];
  /** One after another: what was read as the latest is still that when it is replaced. */
  readonly #turns = new Turns();

  constructor(storage: Storage, files: DurableFiles, signer: NoteSigner, logs: readonly NoteKey[]) {
    this.#storage = storage;
    this.#files = files;
    this.#signer = signer;
    this.#logs = logs;
  }

  addCheckpoint(body: string): Promise<HttpAnswer> {
    return this.#turns.take(() => this.#add(body));
  }

  async #add(body: string): Promise<HttpAnswer> {
    const request = decodeAddCheckpoint(body);
    if (!request.ok) return { status: 400, text: `${request.error}\n`, type: plain };
    const latest = new Map<string, Checkpoint>();
    for (const { name } of this.#logs) {
      const kept = await this.#latest(name);
      if (kept) latest.set(name, kept);
    }
    const judged: Judgement = judge(request.value, this.#logs, (origin) => latest.get(origin));
    if (judged.status === 409) return { status: 409, text: `${judged.size}\n`, type: 'text/x.tlog.size' };
    if (judged.status !== 200) return { status: judged.status, text: `${judged.why}\n`, type: plain };
    // An empty tree leaves nothing to remember: the next request is again from 0.
    if (judged.checkpoint.size > 0) {
      const path = fileOf(judged.checkpoint.origin);
      await this.#files.replace(path, Buffer.from(formatCheckpoint(judged.checkpoint)), { temporary: 'log.next' });
    }
    const seconds = Math.floor(Date.now() / 1000);
    return { status: 200, text: signatureLine(judged.text, this.#signer, seconds), type: plain };
  }

  /** @throws what is wrong with the file: a witness that has forgotten must not start over. */
  async #latest(origin: string): Promise<Checkpoint | undefined> {
    const bytes = await this.#storage.read(fileOf(origin));
    if (!bytes) return undefined;
    const kept = parseCheckpoint(Buffer.from(bytes).toString());
    if (!kept.ok || kept.value.origin !== origin) throw new Error('the state is damaged');
    return kept.value;
  }
}

/** Origins are other people's words, so their digests name the files. */
function fileOf(origin: string): string {
  return `logs/${hash('sha256', origin)}`;
}

async function openSigner(
  storage: Storage,
  files: DurableFiles,
  options: Pick<WitnessOptions, 'name' | 'postQuantum'>,
): Promise<Result<NoteSigner>> {
  const pem = await storage.read('witness.key');
  const kept = await storage.read('witness.name');
  const name = kept ? Buffer.from(kept).toString().trimEnd() : options.name;
  if (name === undefined || !isKeyName(name))
    return refuse('usage', 'A witness needs a name: a URL without a scheme, such as witness.example/w1.');
  if (options.name !== undefined && options.name !== name)
    return refuse('usage', `This witness has a name already: ${name}.`);
  const type = options.postQuantum ? 'ml-dsa-44' : 'ed25519';
  try {
    const privateKey = pem ? createPrivateKey(Buffer.from(pem)) : newKey(type);
    const algorithm: NoteAlgorithm = privateKey.asymmetricKeyType === 'ml-dsa-44' ? 'subtree/v1' : 'cosignature/v1';
    if (!pem) {
      const text = privateKey.export({ type: 'pkcs8', format: 'pem' });
      await files.replace('witness.name', Buffer.from(`${name}\n`), { temporary: 'witness.name.next' });
      await files.replace('witness.key', Buffer.from(text), { temporary: 'witness.key.next', secret: true });
    }
    return ok({ key: noteKey(name, createPublicKey(privateKey), algorithm), privateKey });
  } catch {
    return refuse('state_unwritable', 'The key of the witness cannot be read or written.');
  }
}

function newKey(type: 'ml-dsa-44' | 'ed25519') {
  return type === 'ed25519' ? generateKeyPairSync('ed25519').privateKey : generateKeyPairSync('ml-dsa-44').privateKey;
}
