// A PostgreSQL server and client that say exactly what a test tells them to, over real sockets.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Frame, FrameReader } from '../../src/wire/postgres/frame.ts';
import { type StartupPacket, takeStartupPacket } from '../../src/wire/postgres/startup.ts';

const limits = { limit: () => 1 << 28 };

/** One end of a connection: sends bytes as they are, receives message by message. */
export class Peer {
  readonly socket: Socket;
  readonly #reader = new FrameReader(limits);
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
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
  receive(): Promise<Frame | null> {
    return this.#until(() => this.#reader.next());
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
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
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
