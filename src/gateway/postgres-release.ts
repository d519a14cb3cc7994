// What the upstream says, on its way to the client: taken in while there is room, given on once it is recorded. Rows that come
// while others are being recorded are masked meanwhile; whoever reads nothing gets no more.

import type { Clock } from '../ports/clock.ts';
import { Frame, FrameReader, type FrameVisitor } from '../wire/postgres/frame.ts';
import { backendSession } from '../wire/postgres/messages.ts';
import type { Outbox } from './outbox.ts';
import type { PostgresReplies } from './postgres-replies.ts';
import type { ReplyChunks } from './postgres-reply-chunks.ts';

const dataRow = 0x44;

export interface ReleaseDeps {
  readonly clock: Clock;
  readonly replies: PostgresReplies;
  readonly chunks: ReplyChunks;
  readonly client: Outbox;
  /** All that has come so far is taken in. */
  readonly onTaken: () => void;
  /** What has gathered cannot be given on. */
  readonly failed: (error: unknown) => void;
}

export class Release {
  readonly #deps: ReleaseDeps;
  readonly #frames = new FrameReader(backendSession, (type) => this.#deps.replies.abridge(type));
  #isClosed = false;
  /** Settles, never rejects, when what has gathered has left. */
  #releasing: Promise<void> | null = null;
  #onRoom: () => void = () => {};
  #stalledMs = Number.POSITIVE_INFINITY;

  constructor(deps: ReleaseDeps) {
    this.#deps = deps;
  }

  /** Since when the client takes nothing of what is there for it, ms since the epoch; infinite = it does. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  /** The session is over. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when what has gathered has left. */
  async released(): Promise<void> {
    await this.#releasing;
  }

  /** Returns what has to be waited for before more is taken. @throws ProtocolError */
  take(chunk: Buffer): Promise<void> | undefined {
    this.#frames.push(chunk);
    // One chunk is on its way to disk and the next one is full.
    if (this.#isFull()) return this.#takeLater();
    return this.#deps.client.full && this.#releasing ? this.#releasing : undefined;
  }

  /** Takes in what there is. Returns true where there is no room for more. */
  #isFull(): boolean {
    const { chunks } = this.#deps;
    for (let isStopped = true; isStopped; ) {
      this.#frames.each(this.#reply);
      if (this.#isClosed) return false;
      isStopped = chunks.full;
      if (chunks.gathered) this.#releasing ??= this.#release();
      if (isStopped && chunks.full) return true;
    }
    this.#deps.onTaken();
    return false;
  }

  async #takeLater(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    } while (!this.#isClosed && this.#isFull());
    if (this.#deps.client.full) await this.#releasing;
  }

  readonly #reply: FrameVisitor = (buffer, type, start, end) => {
    const { replies, chunks } = this.#deps;
    if (type === dataRow) replies.row(buffer, start, end);
    else replies.take(new Frame(buffer, type, start, end));
    return !this.#isClosed && !chunks.full;
  };

  /** Until nothing is left to give. A failure closes the session. */
  async #release(): Promise<void> {
    const { clock, chunks, client } = this.#deps;
    try {
      while (chunks.gathered && !this.#isClosed) {
        const flushed = chunks.flush();
        this.#onRoom();
        await flushed;
        if (!client.full) continue;
        this.#stalledMs = clock.now();
        await client.room();
        this.#stalledMs = Number.POSITIVE_INFINITY;
      }
    } catch (error) {
      this.#deps.failed(error);
    } finally {
      this.#releasing = null;
      this.#onRoom();
    }
  }
}
