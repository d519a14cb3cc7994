// The answers of a session on their way out: what has gathered is recorded, and only then sent; the record that ends an answer is made
// with the last of it. INVARIANT: bytes reach the client only through `flush`, after the log has confirmed them.

import { limits } from '../core/limits.ts';
import type { Refusal } from '../core/result.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { RowPlan } from '../wire/postgres/data-row.ts';
import { Frame } from '../wire/postgres/frame.ts';
import { encodeRowDescription } from '../wire/postgres/rows.ts';
import { Gathered, type Stretch } from './postgres-gathered.ts';
import type { Output, OutputEnd } from './postgres-output.ts';

export interface ReplyChunksDeps {
  /** Writes whole messages to the client. */
  readonly send: (bytes: Buffer) => void;
  /** Whether a snapshot of the catalog still holds, asked now. */
  readonly confirms: (catalog: Catalog) => Promise<boolean>;
  /** Ends the session, and tells the client why. */
  readonly close: (refusal: Refusal) => void;
}

export class ReplyChunks {
  readonly #deps: ReplyChunksDeps;
  readonly #gathered = new Gathered();
  /** Answers that are whole: they are recorded as ended with, or behind, what has gathered of them. */
  #ending = new Map<Output, OutputEnd>();
  /** Records made elsewhere that have to be durable before the next release. */
  #recording: Promise<unknown>[] = [];

  constructor(deps: ReplyChunksDeps) {
    this.#deps = deps;
  }

  /** There is something to flush. */
  get gathered(): boolean {
    return this.#gathered.bytes > 0;
  }

  /** True when a chunk is full and should be flushed before more is taken in. */
  get full(): boolean {
    return this.#gathered.bytes >= limits.responseChunkBytesMax;
  }

  /** A message as it came, or one of the gate's own; null = part of no answer. */
  add(message: Frame | Buffer, output: Output | null): void {
    if (message instanceof Frame) this.#gathered.addSlice(message.buffer, message.start, message.end, output);
    else this.#gathered.add(message, output);
  }

  /** The DataRow at [start, end) of `buffer`; null = as it is. @throws ProtocolError, adding nothing */
  addRow(buffer: Buffer, start: number, end: number, plan: RowPlan | null, output: Output): void {
    if (plan) this.#gathered.addRow(buffer, start, end, plan, output);
    else this.#gathered.addSlice(buffer, start, end, output);
  }

  /**
   * No more of this answer will come. INVARIANT: the record that says so is the last of it: it is made with what has gathered
   * of the answer, or behind that. The first word counts.
   */
  end(output: Output, end: OutputEnd): void {
    if (!output.ended && !this.#ending.has(output)) this.#ending.set(output, end);
  }

  /** Nothing leaves from now on before this record is durable. */
  behind(recording: Promise<unknown>): void {
    this.#recording.push(recording);
  }

  /**
   * Records what has gathered, waits until that is durable, then sends it. What is taken in meanwhile gathers for the next
   * time. Never twice at once. @throws LogUnavailable
   */
  async flush(): Promise<void> {
    const { bytes, stretches } = this.#gathered.take();
    if (stretches.length === 0) return;
    const recorded = this.#recording;
    this.#recording = [];
    const ending = this.#ending;
    this.#ending = new Map();
    for (const { output } of stretches) if (output?.unconfirmed && !(await this.#confirmed(output))) return;
    const outcomes = outcomesOf(stretches, ending);
    for (const [at, { output, start, end }] of stretches.entries()) {
      if (!output) continue;
      const seen = output.takeSeen();
      if (seen) recorded.push(output.admission.disclose(seen, output.counts));
      recorded.push(output.record(withDescription(output, bytes.subarray(start, end)), outcomes[at] ?? null));
    }
    for (const [output, end] of ending) output.end(end);
    await (recorded.length === 1 ? recorded[0] : Promise.all(recorded));
    this.#deps.send(bytes);
  }

  /** Nothing more is given out: what is whole but was given to nobody ends with the session. */
  abandon(): void {
    for (const [output, end] of this.#ending) if (end.status === 'canceled') output.end(end);
  }

  /**
   * What the columns are called by position was read before the statement ran. As it holds a lock on them since, the
   * catalog as it is now says whether that was still so.
   */
  async #confirmed(output: Output): Promise<boolean> {
    output.unconfirmed = false;
    if (await this.#deps.confirms(output.catalog)) return true;
    this.#deps.close({
      code: 'not_provable',
      text: 'The tables have changed while the statement ran: run it again.',
    });
    return false;
  }
}

/** What each stretch is the last of; it is taken out of `ending`. */
function outcomesOf(stretches: readonly Stretch[], ending: Map<Output, OutputEnd>): (OutputEnd | undefined)[] {
  const outcomes: (OutputEnd | undefined)[] = [];
  for (let at = stretches.length - 1; at >= 0 && ending.size > 0; at--) {
    const output = stretches[at]?.output;
    outcomes[at] = output ? ending.get(output) : undefined;
    if (output) ending.delete(output);
  }
  return outcomes;
}

const descriptions = new WeakMap<object, Buffer>();

/** The record of rows is readable by itself: it starts with what describes them, spelled once for columns that come again. */
function withDescription(output: Output, bytes: Buffer): Buffer {
  const { fields } = output;
  if (output.described || !fields) return bytes;
  output.described = true;
  const description = descriptions.get(fields) ?? encodeRowDescription(fields);
  descriptions.set(fields, description);
  return Buffer.concat([description, bytes]);
}
