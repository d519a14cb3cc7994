// A server that ends by itself soon after it was started, again and again, is given time before it is started anew: a
// broken server must not keep a machine busy with starting it. Counted for each caller of a connection apart, so that
// nobody shuts a server out for others.

import type { Subject } from '../../core/facts.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';

/** Ending later than this after its start is no failed start. */
const steadyMs = 10_000;
/** So many in a row are forgiven. */
const quickEndsMax = 3;
const delayMsMin = 1_000;
const delayMsMax = 60_000;

export class BackOff {
  readonly #clock: Pick<Clock, 'now'>;
  #quickEnds = 0;
  #untilMs = 0;
  #running = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Nothing runs, and nothing is held against the server. */
  get idle(): boolean {
    return this.#running === 0 && this.#quickEnds === 0;
  }

  /** With what to call when the server has ended, `byItself` or not. Refused: upstream_unavailable. */
  start(): Result<(byItself: boolean) => void> {
    const startedMs = this.#clock.now();
    const waitMs = this.#untilMs - startedMs;
    if (waitMs > 0) {
      const text = `The MCP server ended by itself ${this.#quickEnds} times in a row, soon after it was started.`;
      const next = `It is started again in ${Math.ceil(waitMs / 1000)} s; what it wrote on stderr is in the record of the session.`;
      return refuse('upstream_unavailable', text, { next });
    }
    this.#running++;
    return ok((byItself) => this.#ended(byItself, startedMs));
  }

  #ended(byItself: boolean, startedMs: number): void {
    this.#running--;
    const now = this.#clock.now();
    if (!byItself || now - startedMs >= steadyMs) {
      this.#quickEnds = 0;
      return;
    }
    this.#quickEnds++;
    if (this.#quickEnds < quickEndsMax) return;
    this.#untilMs = now + Math.min(delayMsMax, delayMsMin * 2 ** (this.#quickEnds - quickEndsMax));
  }
}

export class BackOffs {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #each = new Map<string, BackOff>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  of({
    connection,
    subject,
  }: {
    readonly connection: string;
    readonly subject: Pick<Subject, 'id' | 'issuer'>;
  }): BackOff {
    const key = JSON.stringify([connection, subject.issuer, subject.id]);
    const found = this.#each.get(key) ?? new BackOff(this.#clock);
    // One that is idle is as good as new.
    for (const [name, each] of this.#each) if (each.idle) this.#each.delete(name);
    this.#each.set(key, found);
    return found;
  }
}
