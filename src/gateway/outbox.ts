// Bytes to one side of a session, and the wait until that side has taken them. Whoever produces them waits, and while it
// waits its own inbox fills and stops reading: so a peer that does not read costs the gate no memory.

import type { ByteFlow } from '../ports/postgres-upstream.ts';

export class Outbox {
  readonly #flow: ByteFlow;
  #full = false;
  #waiting: (() => void)[] = [];

  constructor(flow: ByteFlow) {
    this.#flow = flow;
    flow.onDrain(() => this.release());
  }

  write(bytes: Uint8Array): void {
    if (!this.#flow.write(bytes)) this.#full = true;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    return this.#full ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** Nobody needs to wait any longer: there is room, or the session is over. */
  release(): void {
    this.#full = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}
