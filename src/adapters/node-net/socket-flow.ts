// A socket as a ByteFlow, plain or TLS, with the step from one to the other. Errors of a socket are its closing: what
// went wrong is for whoever opened it to say.

import type { OnReadOpts, Socket } from 'node:net';
import type { ByteFlow } from '../../ports/postgres-upstream.ts';

const nothing = (): void => {};
/** How long a peer may stay silent once we have said all and wait for its end. */
const lingerMs = 10_000;
/** Where all sockets of `connecting` read to, one at a time. */
const landing: Buffer = Buffer.allocUnsafeSlow(65_536);

export class SocketFlow implements ByteFlow {
  #socket: Socket;
  #closed = false;
  #data: ((chunk: Buffer) => void) | null = null;
  #drain: () => void = nothing;
  #end: () => void = nothing;
  #close: () => void = nothing;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#attach(socket);
  }

  /**
   * Of a socket made with these options: a read then costs no memory of its own and no pass through a stream.
   * INVARIANT: the listener gets a copy of what was read; where it was read to is the next socket's.
   */
  static connecting(connect: (options: { readonly onread: OnReadOpts }) => Socket): SocketFlow {
    const callback = (bytes: number): boolean => {
      flow.#data?.(Buffer.from(landing.subarray(0, bytes)));
      return true;
    };
    const flow = new SocketFlow(connect({ onread: { buffer: landing, callback } }));
    return flow;
  }

  get socket(): Socket {
    return this.#socket;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#data = listener;
    this.#socket.resume();
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  onEnd(listener: () => void): void {
    this.#end = listener;
  }

  onClose(listener: () => void): void {
    this.#close = listener;
    if (this.#closed) queueMicrotask(listener);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#data) this.#socket.resume();
  }

  end(bytes?: Uint8Array): void {
    if (bytes && this.#socket.writable) this.#socket.write(bytes);
    this.#socket.end();
    this.#socket.setTimeout(lingerMs, () => this.#socket.destroy());
    // Whoever still sends to us is not listened to; the socket closes once both sides have said so.
    this.#data = nothing;
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Puts back what came too early; the next `onData` listener meets it first. */
  unread(bytes: Buffer): void {
    this.#socket.pause();
    if (bytes.length > 0) this.#socket.unshift(bytes);
  }

  /** `secure` makes a TLS socket over this one, which nothing reads any more. */
  upgrade<T extends Socket>(secure: (plain: Socket) => T): T {
    const plain = this.#socket;
    for (const event of ['data', 'drain', 'end', 'close'] as const) plain.removeAllListeners(event);
    plain.pause();
    const socket = secure(plain);
    plain.once('close', () => socket.destroy());
    this.#socket = socket;
    this.#attach(socket);
    // Without this, what is decrypted before a listener is set would wait for an `onData` that has already happened.
    if (this.#data) socket.resume();
    return socket;
  }

  #attach(socket: Socket): void {
    socket.pause();
    socket.on('data', (chunk: Buffer) => this.#data?.(chunk));
    socket.on('drain', () => this.#drain());
    socket.on('end', () => this.#end());
    socket.on('error', nothing);
    socket.once('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#close();
    });
  }
}
