// What the client says: every message is understood, decided and recorded before it is forwarded, strictly in order.

import type { JsonObject } from '../core/json.ts';
import type { Refusal, Result } from '../core/result.ts';
import { type Frame, FrameReader } from '../wire/postgres/frame.ts';
import { frontendSession } from '../wire/postgres/messages.ts';
import { decodeQuery, encodeQuery } from '../wire/postgres/query.ts';
import type { Outbox } from './outbox.ts';
import type { CopyIn } from './postgres-copy-in.ts';
import { ExtendedQuery, type ExtendedQueryDeps } from './postgres-extended-query.ts';
import type { Output } from './postgres-output.ts';

export interface RequestsDeps extends ExtendedQueryDeps {
  readonly copyIn: CopyIn;
  readonly upstream: Outbox;
  /** Ends the session; with a refusal the client is told why. */
  readonly close: (refusal: Refusal | null) => Promise<void>;
}

export class PostgresRequests {
  readonly #deps: RequestsDeps;
  readonly #frames = new FrameReader(frontendSession);
  readonly #extended: ExtendedQuery;
  #isClosed = false;
  #terminated = false;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
    this.#extended = new ExtendedQuery(deps);
  }

  /** The client has said Terminate: what it asked for before that still runs, as it would without the gate. */
  get terminated(): boolean {
    return this.#terminated;
  }

  /** The session is over. */
  close(): void {
    this.#isClosed = true;
  }

  /** Returns what has to be waited for before more is taken. @throws ProtocolError, LogUnavailable */
  take(chunk: Buffer): Promise<void> | undefined {
    this.#frames.push(chunk);
    const waiting = this.#understand();
    return waiting && this.#understandAfter(waiting);
  }

  /** As far as nothing has to be waited for. Returns what has to be before it goes on. */
  #understand(): Promise<void> | undefined {
    for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
      const waiting = this.#message(frame);
      if (waiting) return waiting;
      if (this.#isClosed) return undefined;
    }
    const { copyIn, pipeline, upstream } = this.#deps;
    if (copyIn.gathered) return copyIn.record();
    pipeline.forward();
    return upstream.full ? upstream.room() : undefined;
  }

  async #understandAfter(first: Promise<void>): Promise<void> {
    await first;
    while (!this.#isClosed) {
      const waiting = this.#understand();
      if (!waiting) return;
      await waiting;
    }
  }

  #message(frame: Frame): Promise<void> | undefined {
    const { pipeline, copyIn } = this.#deps;
    const type = String.fromCharCode(frame.type);
    if (pipeline.skipping && type !== 'S' && type !== 'X') return undefined;
    if (copyIn.gathered && type !== 'd') return this.#afterRows(frame);
    switch (type) {
      case 'Q':
        return this.#query(decodeQuery(frame.body));
      case 'P':
        return this.#extended.parse(frame);
      case 'B':
        return this.#extended.bind(frame);
      case 'D':
        return this.#extended.describe(frame);
      case 'E':
        return this.#extended.execute(frame);
      case 'C':
        return this.#extended.close(frame);
      case 'S':
        pipeline.sync(frame);
        return undefined;
      case 'H':
        pipeline.add(frame, null);
        return undefined;
      case 'd':
      case 'c':
      case 'f':
        return copyIn.take(frame);
      case 'X':
        this.#terminated = true;
        pipeline.forward();
        return this.#deps.close(null);
      case 'F':
        return this.#refuseQuery(
          { code: 'unsupported', text: 'Function calls by message are not carried; use SELECT.' },
          {},
        );
      default:
        return this.#deps.close({
          code: 'malformed',
          text: `A message of type ${JSON.stringify(type)} has no place here.`,
        });
    }
  }

  /** The message that comes behind rows of a COPY. */
  async #afterRows(frame: Frame): Promise<void> {
    await this.#deps.copyIn.record();
    await this.#message(frame);
  }

  #query(text: string): Promise<void> | undefined {
    const { pipeline, reading, submission } = this.#deps;
    pipeline.nextRun();
    const read = reading.textNow(text);
    if (!read) return this.#queryLater(text);
    const submitted = submission.submit(text, read, []);
    if (submitted instanceof Promise) return submitted.then((output) => this.#submittedQuery(text, output));
    this.#submittedQuery(text, submitted);
    return undefined;
  }

  async #queryLater(text: string): Promise<void> {
    const { reading, submission } = this.#deps;
    const read = await reading.text(text);
    if (!read.ok) return this.#refuseQuery(read.error, { sql: text });
    this.#submittedQuery(text, await submission.submit(text, read.value, []));
  }

  #submittedQuery(text: string, output: Result<Output>): void {
    const { names, pipeline, target } = this.#deps;
    if (!output.ok) return pipeline.refuseQuery(output.error);
    names.forwarded(output.value);
    pipeline.push(encodeQuery(target.outgoing(text)), { kind: 'query', output: output.value });
    // What comes behind it cannot fail together with it.
    pipeline.nextRun();
  }

  async #refuseQuery(refusal: Refusal, content: JsonObject): Promise<void> {
    await this.#deps.audited.refused(refusal, content);
    this.#deps.pipeline.refuseQuery(refusal);
  }
}
