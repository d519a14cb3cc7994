// CancelRequests of one session on their way to its upstream: each is a connection of its own there, so there is never more
// than one. It must never lose the last: what is asked while one is under way may mean the next statement.

export class CancelRequests {
  readonly #send: () => Promise<unknown>;
  #underWay: Promise<unknown> | null = null;
  #next: Promise<unknown> | null = null;

  constructor(send: () => Promise<unknown>) {
    this.#send = send;
  }

  /** Resolves when a request that was sent after this call has been dealt with. All that come meanwhile are one. */
  ask(): Promise<unknown> {
    if (this.#underWay) {
      this.#next ??= this.#underWay.then(() => {
        this.#next = null;
        return this.ask();
      });
      return this.#next;
    }
    this.#underWay = this.#send().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }
}
