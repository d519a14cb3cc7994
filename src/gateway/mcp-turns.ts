// One request at a time, in the order they came, and the name of the one whose turn it is: what a server does while a
// request has its turn is that request's doing.

export class McpTurns {
  #last: Promise<void> = Promise.resolve();
  #holder: string | undefined;

  /** Whose turn it is. */
  get holder(): string | undefined {
    return this.#holder;
  }

  /** The turn goes on as that of this request, which continues what the holder began. */
  pass(request: string): void {
    this.#holder = request;
  }

  /** Resolves when it is this request's turn, with how to end it. */
  async take(request: string): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#holder = request;
    return () => {
      this.#holder = undefined;
      resolve();
    };
  }
}
