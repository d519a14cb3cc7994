// Reads one thing at a time from a stream while a client signs in, and hands what came early to whoever comes next.

import type { ByteStream } from '../ports/postgres-upstream.ts';

/** A client that sends more than this before it is let in is not listened to until it is. */
const heldBytesMax = 1_048_576;

export class StreamReader {
  readonly #stream: ByteStream;
  #held: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.onData((chunk) => {
      if (this.#held.length + chunk.length > heldBytesMax) stream.pause();
      this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
      this.#wake?.();
    });
    stream.onEnd(end);
    stream.onClose(end);
  }

  /** What `decode` finds at the beginning, once it is whole; null when the stream ends before. `decode` bounds its size. */
  async take<T extends { readonly rest: Buffer }>(decode: (bytes: Buffer) => T | undefined): Promise<T | null> {
    for (;;) {
      const taken = decode(this.#held);
      if (taken) {
        this.#held = taken.rest;
        return taken;
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  /** Everything that has come and was not taken. */
  rest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    this.#stream.resume();
    return rest;
  }
}
