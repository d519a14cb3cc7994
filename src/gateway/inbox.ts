// Chunks of one stream, handled strictly one after the other by a handler that may have to wait, with back-pressure on the source.
// As long as it has not, a chunk is handled where it comes in, without a promise.

const queuedBytesMax = 1_048_576;
const joinedBytesMax = 65_536;
const nothing = Buffer.alloc(0);

export class Inbox {
  readonly #source: { pause(): void; resume(): void };
  readonly #handle: (chunk: Buffer) => Promise<void> | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #running = false;
  #paused = false;
  #closed = false;
  readonly #waiting: (() => void)[] = [];

  constructor(
    source: { pause(): void; resume(): void },
    handle: (chunk: Buffer) => Promise<void> | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#handle = handle;
    this.#failed = failed;
  }

  push(chunk: Buffer): void {
    if (this.#closed || chunk.length === 0) return;
    if (!this.#running) return this.#begin(chunk);
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > queuedBytesMax && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** Something is being handled. */
  get busy(): boolean {
    return this.#running;
  }

  /** Resolves when everything that has come so far was handled. */
  drained(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#chunks.length = 0;
  }

  /** The next chunk, with those behind it while they are small: what drips in is handled together, what pours in is not moved. */
  #take(): Buffer {
    let count = 0;
    let bytes = 0;
    for (const { length } of this.#chunks) {
      if (count > 0 && bytes + length > joinedBytesMax) break;
      bytes += length;
      count++;
    }
    const [first, ...others] = this.#chunks.splice(0, count);
    this.#bytes -= bytes;
    return others.length > 0 ? Buffer.concat([first ?? nothing, ...others], bytes) : (first ?? nothing);
  }

  #begin(chunk: Buffer): void {
    this.#running = true;
    try {
      const waiting = this.#handle(chunk);
      if (waiting || this.#chunks.length > 0) void this.#run(waiting);
      else this.#rest();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #run(first: Promise<void> | undefined): Promise<void> {
    try {
      await first;
      while (this.#chunks.length > 0 && !this.#closed) {
        await this.#handle(this.#take());
        if (this.#paused && this.#bytes <= queuedBytesMax) {
          this.#paused = false;
          this.#source.resume();
        }
      }
      this.#rest();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#closed = true;
    this.#failed(error);
    this.#rest();
  }

  #rest(): void {
    this.#running = false;
    if (this.#waiting.length > 0) for (const each of this.#waiting.splice(0)) each();
  }
}
