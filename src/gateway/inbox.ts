// Chunks of one stream, handled strictly one after the other by an asynchronous handler, with back-pressure on the source.

const queuedBytesMax = 1_048_576;

export class Inbox {
  readonly #source: { pause(): void; resume(): void };
  readonly #handle: (chunk: Buffer) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #running = false;
  #paused = false;
  #closed = false;
  readonly #waiting: (() => void)[] = [];

  constructor(
    source: { pause(): void; resume(): void },
    handle: (chunk: Buffer) => Promise<void>,
    failed: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#handle = handle;
    this.#failed = failed;
  }

  push(chunk: Buffer): void {
    if (this.#closed || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > queuedBytesMax && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    if (!this.#running) void this.#run();
  }

  /** Resolves when everything that has come so far was handled. */
  drained(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#chunks.length = 0;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#chunks.length > 0 && !this.#closed) {
        const chunk = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
        this.#chunks.length = 0;
        this.#bytes = 0;
        if (chunk) await this.#handle(chunk);
        if (this.#paused) {
          this.#paused = false;
          this.#source.resume();
        }
      }
    } catch (error) {
      this.#closed = true;
      this.#failed(error);
    } finally {
      this.#running = false;
      for (const each of this.#waiting.splice(0)) each();
    }
  }
}
