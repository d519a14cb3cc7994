// One at a time, in the order they were asked for. What fails keeps nobody else from their turn.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does, which begins when all that was asked for before has settled. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves when all that has been asked for has settled. */
  async over(): Promise<void> {
    await this.#last;
  }
}
