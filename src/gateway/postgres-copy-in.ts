// The rows a client sends for COPY FROM STDIN: whose they are, and their record.
// INVARIANT: intent before effect holds for the rows of a COPY too: those of a chunk are recorded before they are forwarded.

import type { Frame } from '../wire/postgres/frame.ts';
import type { Output } from './postgres-output.ts';
import type { Pipeline } from './postgres-pipeline.ts';
import type { PostgresReplies } from './postgres-replies.ts';

const copyData = 0x64;

export class CopyIn {
  readonly #replies: PostgresReplies;
  readonly #pipeline: Pipeline;
  /** CopyData of this chunk, recorded together. */
  #gathered: { readonly output: Output; readonly frames: Buffer[] } | null = null;
  #onReplies: () => void = () => {};
  #isClosed = false;

  constructor(replies: PostgresReplies, pipeline: Pipeline) {
    this.#replies = replies;
    this.#pipeline = pipeline;
  }

  /** There are rows that have to be recorded before anything more is forwarded. */
  get gathered(): boolean {
    return this.#gathered !== null;
  }

  /** CopyData, CopyDone or CopyFail. */
  async take(frame: Frame): Promise<void> {
    const output = await this.#turn();
    // Outside COPY these are leftovers of one that failed; the server ignores them and so does the gate.
    if (!output) return;
    if (frame.type === copyData) {
      this.#gathered ??= { output, frames: [] };
      this.#gathered.frames.push(frame.whole);
    } else this.#replies.copy.receiving = null;
    this.#pipeline.add(frame, null);
  }

  /** @throws LogUnavailable */
  async record(): Promise<void> {
    const gathered = this.#gathered;
    if (!gathered) return;
    this.#gathered = null;
    const bytes = Buffer.concat(gathered.frames);
    await gathered.output.admission.record({ media: 'application/x-postgres-backend', bytes }, { copy: 'in' });
  }

  /** The upstream has answered something. */
  answered(): void {
    this.#onReplies();
  }

  /** The session is over. */
  close(): void {
    this.#isClosed = true;
    this.#onReplies();
  }

  /** Clients may send rows before the server has asked for them: whose they are is known once it does, or has answered all. */
  async #turn(): Promise<Output | null> {
    if (!this.#replies.copy.receiving && !this.#replies.idle) this.#pipeline.flush();
    while (!this.#replies.copy.receiving && !this.#replies.idle && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#onReplies = resolve;
      });
    }
    return this.#replies.copy.receiving;
  }
}
