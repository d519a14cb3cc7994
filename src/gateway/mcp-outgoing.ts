// What is on its way out over one stream: messages that wait for the log, or for the client to read. INVARIANT: each is sent
// once it is on record and all before it have been sent; what is not on record is never sent.

/** So much of one stream waits at most, but for the last of it: then whoever has more waits. */
const messagesMax = 64;
const bytesMax = 1_048_576;

export class McpOutgoing {
  #last: Promise<void> = Promise.resolve();
  #messages = 0;
  #bytes = 0;
  #waiting: (() => void)[] = [];

  /** What `send` tells, once `recorded` has resolved; rejects as that does. */
  put(recorded: Promise<unknown>, bytes: number, send: () => Promise<boolean>): Promise<boolean> {
    this.#messages++;
    this.#bytes += bytes;
    const before = this.#last;
    const sent = Promise.all([recorded, before]).then(send);
    const over = (): void => {
      this.#messages--;
      this.#bytes -= bytes;
      if (this.#hasRoom) for (const wake of this.#waiting.splice(0)) wake();
    };
    // One that fails does so at once, and must not have the next one overtake those before it.
    sent.catch(() => {});
    this.#last = before.then(() => sent).then(over, over);
    return sent;
  }

  /** Resolves when there is room for more. Never rejects. */
  async room(): Promise<void> {
    while (!this.#hasRoom) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  /** Resolves when what has been put is sent, or has failed. Never rejects. */
  get over(): Promise<void> {
    return this.#last;
  }

  get #hasRoom(): boolean {
    return this.#messages < messagesMax && this.#bytes < bytesMax;
  }
}
