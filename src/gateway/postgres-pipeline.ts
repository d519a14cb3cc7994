// What leaves for the upstream, in order, each message with what is expected in answer; and the waits for an answer on which
// it depends whether a name may be used. What is refused never leaves: the upstream is made to fail in its place, so that
// its transaction ends as the client believes.

import type { Refusal } from '../core/result.ts';
import { encodeErrorResponse, errorFields } from '../wire/postgres/error-fields.ts';
import { encodeExecute, encodeFlush } from '../wire/postgres/extended.ts';
import type { Frame } from '../wire/postgres/frame.ts';
import { encodeQuery } from '../wire/postgres/query.ts';
import { Forwards } from './forwards.ts';
import type { Outbox } from './outbox.ts';
import type { Expectation } from './postgres-expectation.ts';
import type { Names } from './postgres-names.ts';
import type { Portal } from './postgres-portal.ts';
import type { PostgresReplies } from './postgres-replies.ts';
import type { Prepared } from './postgres-statements.ts';

/** The upstream has no portal and no statement of this name: executing it is how a transaction is made to fail. */
const refusedPortal = 'chartgate: refused';

export class Pipeline {
  readonly #upstream: Outbox;
  readonly #replies: PostgresReplies;
  readonly #names: Names;
  readonly #forwards = new Forwards();
  #run = 0;
  #skipping = false;
  #leaving: (() => void)[] = [];

  constructor(upstream: Outbox, replies: PostgresReplies, names: Names) {
    this.#upstream = upstream;
    this.#replies = replies;
    this.#names = names;
  }

  /** Counts the Syncs (and simple queries) seen: what was asked before one cannot fail together with what comes after. */
  get run(): number {
    return this.#run;
  }

  /** A message was refused: the rest of its run is skipped, as the upstream would. */
  get skipping(): boolean {
    return this.#skipping;
  }

  /** Nothing has gathered. */
  get isEmpty(): boolean {
    return this.#forwards.isEmpty;
  }

  nextRun(): void {
    this.#run++;
  }

  sync(frame: Frame): void {
    this.#skipping = false;
    this.#run++;
    this.#replies.expect({ kind: 'sync' });
    this.#forwards.add(frame);
  }

  /** A message as it came; null = it has no answer of its own. */
  add(frame: Frame, expected: Expectation | null): void {
    if (expected) this.#replies.expect(expected);
    this.#forwards.add(frame);
  }

  /** A message of the gate's own, or one it had to change. */
  push(message: Buffer, expected: Expectation): void {
    this.#replies.expect(expected);
    this.#forwards.push(message);
  }

  /** Refuses a message of the extended protocol. */
  refuse(refusal: Refusal): void {
    this.#skipping = true;
    this.push(encodeExecute({ portal: refusedPortal, rowsMax: 0 }), refused(refusal, false));
  }

  /** The text is no statement, so the upstream fails exactly as far as the client is told. */
  refuseQuery(refusal: Refusal): void {
    this.push(encodeQuery(refusedPortal), refused(refusal, true));
  }

  /** What has gathered leaves. */
  forward(): void {
    const bytes = this.#forwards.take();
    if (!bytes) return;
    this.#upstream.write(bytes);
    if (this.#leaving.length > 0) for (const each of this.#leaving.splice(0)) each();
  }

  /** Resolves when the next bytes have left. */
  left(): Promise<void> {
    return new Promise((resolve) => this.#leaving.push(resolve));
  }

  /** The same, and the upstream answers all of it without a Sync. */
  flush(): void {
    this.#forwards.push(encodeFlush());
    this.forward();
  }

  /** Waits until the upstream has answered what changes names. */
  async certain(): Promise<void> {
    this.flush();
    await this.#names.certain();
  }

  /** Whether this name can be used without waiting. */
  usableNow(named: Prepared | Portal): boolean {
    return named.status !== 'failed' && !this.#names.uncertain && this.isSettled(named);
  }

  /** Something asked for in an earlier run may have failed there: then its name means nothing now. */
  async usable(named: Prepared | Portal): Promise<boolean> {
    if (!this.isSettled(named)) await this.settled(named);
    return named.status !== 'failed';
  }

  /** Nothing asked for in an earlier run decides any more whether this exists. */
  isSettled({ status, run }: Prepared | Portal): boolean {
    return status !== 'pending' || run >= this.#run;
  }

  /** Waits until the upstream has said whether this exists, and returns that. */
  async settled(named: Prepared | Portal): Promise<boolean> {
    if (named.status === 'pending') {
      this.flush();
      await named.settled();
    }
    return named.status === 'ready';
  }
}

function refused(refusal: Refusal, simple: boolean): Expectation {
  return { kind: 'refusal', simple, answer: encodeErrorResponse(errorFields(refusal, 'ERROR')) };
}
