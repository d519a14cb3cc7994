// A PostgreSQL server and client that say exactly what a test tells them to, over real sockets. A conversation is a list
// of steps that reads like a transcript: `[say(encodeQuery('SELECT 1')), hear('T D+ C Z'), hangUp]`.

import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePasswordMessage } from '../../src/wire/postgres/authentication.ts';
import { decodeNoticeFields } from '../../src/wire/postgres/error-fields.ts';
import { type Frame, FrameReader } from '../../src/wire/postgres/frame.ts';
import { encodeStartupMessage, type StartupPacket, takeStartupPacket } from '../../src/wire/postgres/startup.ts';

/** A test that waits longer for a message waits for one that does not come. */
const silenceMs = 60_000;

const limits = { limit: () => 1 << 28 };

export type Step = (peer: Peer) => Promise<void>;

/** Sends the messages, in one piece or in pieces of so many bytes. */
export function say(messages: Uint8Array | readonly Uint8Array[], pieceBytes: number = Number.POSITIVE_INFINITY): Step {
  const bytes = messages instanceof Uint8Array ? messages : Buffer.concat(messages);
  return async (peer) => {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      peer.send(bytes.subarray(at, at + pieceBytes));
      if (pieceBytes < bytes.length) await sleep(1);
    }
  };
}

/**
 * Expects exactly these messages, by their letters: `T D+ C Z`. `D+` is one or more, `S*` any number, `E:42501` an
 * ErrorResponse with that SQLSTATE, `!` the end of the connection.
 */
export function hear(transcript: string): Step {
  return async (peer) => {
    for (const token of transcript.split(' ')) {
      if (token === '!') {
        const more = await peer.receive();
        assert.equal(more, null, `${transcript}: a message of type ${more && letterOf(more)} instead of the end`);
        continue;
      }
      const [letter = '', wanted] = [token[0], token.split(':')[1]];
      let count = 0;
      while (count === 0 || /[+*]$/.test(token)) {
        const next = await peer.peek();
        if (next === null || letterOf(next) !== letter) break;
        await peer.receive();
        count++;
        if (wanted !== undefined) assert.equal(decodeNoticeFields(next.body).get('C'), wanted);
      }
      if (count > 0 || token.endsWith('*')) continue;
      const next = await peer.peek();
      assert.fail(`${transcript}: ${token} was expected, and then came ${next === null ? 'the end' : shown(next)}`);
    }
  };
}

export function pause(ms: number): Step {
  return () => sleep(ms);
}

export const hangUp: Step = async (peer) => peer.close();

function letterOf(frame: Frame): string {
  return String.fromCharCode(frame.type);
}

function shown(frame: Frame): string {
  return letterOf(frame) === 'E' ? `E: ${[...decodeNoticeFields(frame.body).values()].join(' | ')}` : letterOf(frame);
}

/** One end of a connection: sends bytes as they are, receives message by message. */
export class Peer {
  readonly socket: Socket;
  readonly #reader = new FrameReader(limits);
  /** Everything that came, in order. */
  readonly heard: Buffer[] = [];
  #next: Frame | undefined;
  #ended = false;
  #silent = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.heard.push(Buffer.from(chunk));
      this.#reader.push(chunk);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** The next message, or null at the end of the connection. */
  async receive(): Promise<Frame | null> {
    const frame = await this.peek();
    this.#next = undefined;
    return frame;
  }

  /** The message that `receive` gives next. */
  peek(): Promise<Frame | null> {
    return this.#until(() => {
      this.#next ??= this.#reader.next();
      return this.#next;
    });
  }

  async converse(...steps: readonly Step[]): Promise<void> {
    for (const step of steps) await step(this);
  }

  /** Messages up to and including the first of type `last` (a letter). */
  async receiveUntil(last: string): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let frame = await this.receive(); frame; frame = await this.receive()) {
      frames.push(frame);
      if (frame.type === last.charCodeAt(0)) return frames;
    }
    throw new Error(`the connection ended before a message of type ${last}`);
  }

  /** The next startup packet; only before the first `receive`. */
  receiveStartup(): Promise<StartupPacket | null> {
    let held = Buffer.alloc(0);
    return this.#until(() => {
      held = Buffer.concat([held, this.#reader.takeRest()]);
      const taken = takeStartupPacket(held);
      if (taken) this.#reader.push(taken.rest);
      return taken?.packet;
    });
  }

  /** Whatever has come, at least one byte; null at the end. */
  receiveBytes(): Promise<Buffer | null> {
    return this.#until(() => (this.#reader.buffered > 0 ? this.#reader.takeRest() : undefined));
  }

  close(): void {
    this.socket.destroy();
  }

  async #until<T>(take: () => T | undefined): Promise<T | null> {
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (this.#ended) return null;
      const deadline = setTimeout(() => this.#giveUp(), silenceMs);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      clearTimeout(deadline);
      if (this.#silent) throw new Error('the peer has nothing to say');
    }
  }

  #giveUp(): void {
    this.#silent = true;
    this.#wake();
  }
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
}

/** Runs `script` for every connection; when it returns, the connection is closed. */
export async function scriptedServer(script: (peer: Peer) => Promise<void>): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    void script(new Peer(socket)).finally(() => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function scriptedClient(port: number, host = '127.0.0.1'): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(new Peer(socket)));
  });
}

interface Door {
  readonly postgresPort: number;
  token(person: string): Promise<string>;
}

/** A client of protocol 3.`minor` after its sign-in. */
export async function signedInAt(
  door: Door,
  person: string,
  { settings = [], minor = 0 }: { readonly settings?: readonly [string, string][]; readonly minor?: number } = {},
): Promise<Peer> {
  const peer = await scriptedClient(door.postgresPort);
  const startup = encodeStartupMessage([['user', person], ['database', 'ehr'], ...settings], minor);
  const password = encodePasswordMessage(await door.token(person));
  await peer.converse(say(startup), hear('R'), say(password), hear('R S+ K Z'));
  return peer;
}
