// A long message that has to be whole: gathered within what the door may hold, and told from what only looks like a message
// before all of it is there.

import { limits } from '../core/limits.ts';
import { fail, type Refusal, type Result, refuse } from '../core/result.ts';
import type { LongReply } from '../ports/mcp-upstream.ts';
import { LongMessageReader } from '../wire/mcp/long-message.ts';
import type { Holding } from './mcp-held-bytes.ts';

export const lessAtATime = { next: 'Ask for less at a time.' } as const;

/** What is said to a call whose answer waited in vain. */
export const tooMuchHeld: ReturnType<typeof refuse> = refuse(
  'too_many',
  'Too many long answers are under way at once, and this one cannot be released as it comes.',
  { next: 'Ask again in a moment, or for less at a time.' },
);

export class HeldReply implements LongReply {
  readonly begun = null;
  readonly #reader = new LongMessageReader({
    list: null,
    textMin: Number.POSITIVE_INFINITY,
    heldMax: 0,
    depthMax: limits.mcpDepthMax,
    valuesMax: limits.mcpValuesMax,
    fate: () => 'keep',
  });
  readonly #holding: Holding;
  readonly #isReleased: boolean;
  #fault: Refusal | null = null;

  /** `isReleased`: once it is complete, what it holds counts no more. */
  constructor(holding: Holding, isReleased: boolean) {
    this.#holding = holding;
    this.#isReleased = isReleased;
  }

  async push(bytes: Uint8Array): Promise<void> {
    if (this.#fault) return;
    const parts = this.#reader.push(bytes);
    if (!parts.ok) this.#fault = refuse('upstream_protocol', parts.error.text, lessAtATime).error;
    else if (!(await this.#holding.add(this.#reader.grown()))) this.#fault = tooMuchHeld.error;
    if (this.#fault) this.#holding.release();
  }

  end(): Result<Uint8Array> {
    if (this.#isReleased) this.#holding.release();
    if (this.#fault) return fail(this.#fault);
    const whole = this.#reader.end();
    return whole.ok ? whole : refuse('upstream_protocol', whole.error.text);
  }
}
