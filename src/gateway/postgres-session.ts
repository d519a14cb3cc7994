// A PostgreSQL session after sign-in: its two streams, and how it ends. The client's messages go to `PostgresRequests`, the
// upstream's answers through `Release`; what they share is put together here. INVARIANT: the connection to the upstream is
// this session's alone, and ends with it.

import type { Decision } from '../core/decision.ts';
import { type ErrorCode, errors } from '../core/errors.ts';
import type { Refusal } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { ByteStream, UpstreamConnection } from '../ports/postgres-upstream.ts';
import { encodeErrorResponse, errorFields } from '../wire/postgres/error-fields.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { encodeTerminate } from '../wire/postgres/query.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { CopyIn } from './postgres-copy-in.ts';
import { Names } from './postgres-names.ts';
import { Pipeline } from './postgres-pipeline.ts';
import { Reading } from './postgres-reading.ts';
import { Release } from './postgres-release.ts';
import { PostgresReplies } from './postgres-replies.ts';
import { ReplyChunks } from './postgres-reply-chunks.ts';
import { PostgresRequests } from './postgres-requests.ts';
import { Standing } from './postgres-standing.ts';
import { Submission, type SubmissionDeps } from './postgres-submission.ts';

export interface PostgresSessionDeps extends SubmissionDeps {
  readonly client: ByteStream;
  readonly upstream: UpstreamConnection;
  readonly viewOf: (decision: Decision) => MaskView;
  /** A broken assertion, for the operator; the session is closed. */
  readonly onBug: (error: unknown) => void;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

const cancelEveryMs = 500;

export class PostgresSession {
  readonly #deps: PostgresSessionDeps;
  readonly #fromClient: Inbox;
  readonly #fromUpstream: Inbox;
  readonly #toClient: Outbox;
  readonly #toUpstream: Outbox;
  readonly #chunks: ReplyChunks;
  readonly #names = new Names((output, reason) => this.#chunks.end(output, { status: 'ok', data: { reason } }));
  readonly #standing = new Standing();
  readonly #replies: PostgresReplies;
  readonly #pipeline: Pipeline;
  readonly #submission: Submission;
  readonly #copyIn: CopyIn;
  readonly #requests: PostgresRequests;
  readonly #release: Release;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  #isClosed = false;
  #upstreamGone = false;
  /** When the client last said something, ms since the epoch. */
  #heardMs = Number.NEGATIVE_INFINITY;
  #stopIdle: () => void = () => {};
  #stopAbsolute: () => void = () => {};
  /** A transaction is open in which the catalog was changed. */
  #changesCatalog = false;

  constructor(deps: PostgresSessionDeps) {
    this.#deps = deps;
    const { client, upstream, target, audited, clock } = deps;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#toClient = new Outbox(client);
    this.#toUpstream = new Outbox(upstream);
    const names = this.#names;
    const reading = new Reading(target);
    const send = (bytes: Buffer): void => this.#send(bytes);
    this.#chunks = new ReplyChunks({
      send,
      confirms: (catalog) => target.confirms(catalog),
      close: (refusal) => void this.close(refusal),
    });
    this.#replies = this.#makeReplies();
    const pipeline = new Pipeline(this.#toUpstream, this.#replies, names);
    this.#pipeline = pipeline;
    this.#submission = new Submission(deps, { names, standing: this.#standing, pipeline, reading, send });
    this.#copyIn = new CopyIn(this.#replies, pipeline);
    this.#requests = new PostgresRequests({
      target,
      audited,
      names,
      reading,
      submission: this.#submission,
      pipeline,
      copyIn: this.#copyIn,
      upstream: this.#toUpstream,
      close: (refusal) => this.close(refusal),
    });
    this.#release = new Release({
      clock,
      replies: this.#replies,
      chunks: this.#chunks,
      client: this.#toClient,
      onTaken: () => this.#copyIn.answered(),
      failed: (error) => this.#failed(error, 'upstream_protocol'),
    });
    this.#fromClient = new Inbox(
      client,
      (chunk) => this.#heard(chunk),
      (error) => this.#failed(error, null),
    );
    this.#fromUpstream = new Inbox(
      upstream,
      (chunk) => this.#release.take(chunk),
      (error) => this.#failed(error, 'upstream_protocol'),
    );
  }

  #makeReplies(): PostgresReplies {
    const { target, viewOf, audited } = this.#deps;
    return new PostgresReplies({
      catalog: () => target.catalog,
      viewOf: (output) => viewOf(output.admission.decision),
      patientKeys: () => target.patientKeys,
      chunks: this.#chunks,
      close: (refusal) => void this.close(refusal),
      catalogChanged: () => {
        this.#changesCatalog = true;
        target.catalogChanged();
      },
      ready: (status) => this.#ready(status),
      frank: () => this.#standing.frank,
      loose: () => this.#standing.loose,
      settingsKnown: () => this.#standing.settingsKnown,
      failed: (expectation) => this.#names.forget(expectation),
      unparsed: ({ text }, sqlstate) =>
        audited.refused(
          { code: 'upstream_error', text: `The server did not parse it (SQLSTATE ${sqlstate}).` },
          { sql: text },
        ),
    });
  }

  /** Runs until either side ends. `early`: bytes the client sent before the session stood. */
  run(early: Buffer): Promise<void> {
    const { client, upstream, clock, idleMs, absoluteMs } = this.#deps;
    client.onData((chunk) => this.#fromClient.push(chunk));
    client.onEnd(() => void this.close(null));
    client.onClose(() => void this.close(null));
    upstream.onData((chunk) => this.#fromUpstream.push(chunk));
    upstream.onClose(() => void this.#upstreamClosed());
    this.#stopAbsolute = clock.after(
      absoluteMs,
      () => void this.close({ code: 'session_expired', text: 'The session has reached its absolute time limit.' }),
    );
    this.#watchIdle(idleMs);
    this.#fromClient.push(early);
    return this.#closed;
  }

  /** CancelRequest: ends a wait for people. False when there was none, so that the upstream is to be asked. */
  cancelHold(): boolean {
    if (!this.#submission.holding) return false;
    this.#submission.cancel();
    return true;
  }

  /**
   * CancelRequest for the upstream, which loses one that comes before its statement: so it is asked when what the client has
   * said so far is there, as far as it runs something. Where that turns out to be held, the wait for people ends instead.
   */
  async cancel(): Promise<void> {
    while (this.#fromClient.busy && !(this.#replies.running && this.#pipeline.isEmpty)) {
      if (this.cancelHold()) return;
      await Promise.race([this.#fromClient.drained(), this.#pipeline.left(), this.#submission.held()]);
    }
    await this.#deps.upstream.cancel();
  }

  /** With a refusal the client is told why; without, it has already gone. */
  async close(refusal: Refusal | null): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { client, upstream, audited } = this.#deps;
    this.#stopIdle();
    this.#stopAbsolute();
    this.#toClient.release();
    this.#toUpstream.release();
    this.#fromClient.close();
    this.#fromUpstream.close();
    for (const each of [this.#requests, this.#release, this.#submission, this.#copyIn]) each.close();
    const running = !this.#replies.idle && !this.#requests.terminated;
    this.#replies.abandon(refusal ? refusal.code : 'client gone');
    upstream.end(encodeTerminate());
    const canceled = running && this.#cancelRunning();
    // The server's own last word is the last.
    if (refusal && this.#replies.ended) client.end();
    else if (refusal) client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
    else client.destroy();
    // The log may be what failed: then there is nothing to write to, and the session is closed all the same.
    await audited.end(refusal ? refusal.code : 'closed').catch(() => {});
    await canceled;
    this.#resolveClosed();
  }

  /**
   * What runs for nobody would keep its locks to its end. A CancelRequest that comes before its statement or between two
   * is lost on the server, so it is sent until the server has closed the connection, or the gate has given it up.
   */
  async #cancelRunning(): Promise<void> {
    if (this.#upstreamGone) return;
    this.#deps.clock.after(cancelEveryMs, () => void this.#cancelRunning());
    await this.#deps.upstream.cancel();
  }

  /** Why it closed may be the last thing it said. */
  async #upstreamClosed(): Promise<void> {
    this.#upstreamGone = true;
    await this.#fromUpstream.drained();
    await this.#release.released();
    await this.close({ code: 'upstream_closed', text: errors.upstream_closed.text });
  }

  #heard(chunk: Buffer): Promise<void> | undefined {
    this.#heardMs = this.#deps.clock.now();
    return this.#requests.take(chunk);
  }

  #ready(status: 'I' | 'T' | 'E'): void {
    // What a transaction changed is there for the gate to see once it has ended.
    if (status === 'I' && this.#changesCatalog) this.#deps.target.catalogChanged();
    this.#changesCatalog &&= status !== 'I';
    this.#names.ready(status);
    if (status === 'I' && this.#replies.idle && this.#pipeline.isEmpty) this.#standing.idle();
  }

  #failed(error: unknown, instead: ErrorCode | null): void {
    if (error instanceof ProtocolError) return void this.close({ code: instead ?? error.code, text: error.message });
    if (error instanceof LogUnavailable) return void this.close(error.refusal);
    this.#deps.onBug(error);
    void this.close({ code: 'internal', text: errors.internal.text });
  }

  #send(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.#toClient.write(bytes);
  }

  /** Looks after `ms` whether the client has been heard since; a timer set anew for every message would cost more. */
  #watchIdle(ms: number): void {
    const { clock, idleMs } = this.#deps;
    this.#stopIdle = clock.after(ms, () => {
      const left = this.#heardMs + idleMs - clock.now();
      if (left > 0) this.#watchIdle(left);
      else if (clock.now() - this.#release.stalledMs >= idleMs)
        void this.close({ code: 'session_expired', text: 'The client has taken nothing of its answer for too long.' });
      else if (!this.#replies.idle || this.#submission.holding) this.#watchIdle(idleMs);
      else void this.close({ code: 'session_expired', text: 'The session was idle for too long.' });
    });
  }
}
