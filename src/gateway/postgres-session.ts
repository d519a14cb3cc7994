// The client's side of a PostgreSQL session after sign-in: every frontend message is understood, decided and recorded
// before it is forwarded. What is refused never reaches the upstream; the upstream is made to fail in its place, so that
// its transaction ends as the client believes.
// Longer than 400 lines: one method a message, and all of them share the one state of the session.

import type { Decision } from '../core/decision.ts';
import { type ErrorCode, errors } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, type Refusal, type Result } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import type { Clock } from '../ports/clock.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { ByteStream, UpstreamConnection } from '../ports/postgres-upstream.ts';
import {
  encodeErrorResponse,
  encodeNoticeResponse,
  errorFields,
  type NoticeFields,
} from '../wire/postgres/error-fields.ts';
import {
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
} from '../wire/postgres/extended.ts';
import { type Frame, FrameReader } from '../wire/postgres/frame.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { decodeQuery, encodeQuery, encodeTerminate } from '../wire/postgres/query.ts';
import type { Admission, AuditedSession } from './enforce.ts';
import { Inbox } from './inbox.ts';
import { intentOf, parametersOf } from './postgres-intent.ts';
import { PostgresReplies } from './postgres-replies.ts';
import { Names, Output, Portal, Prepared } from './postgres-statements.ts';
import type { Analysed, PostgresTarget } from './postgres-target.ts';

export interface PostgresSessionDeps {
  readonly clock: Clock;
  readonly client: ByteStream;
  readonly upstream: UpstreamConnection;
  readonly target: PostgresTarget;
  readonly audited: AuditedSession;
  readonly applicationName: string;
  readonly viewOf: (decision: Decision) => MaskView;
  /** The tool call that is running for the MCP session this credential belongs to. */
  readonly parent: () => { readonly session: string; readonly request?: string } | undefined;
  /** A broken assertion, for the operator; the session is closed. */
  readonly onBug: (error: unknown) => void;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** The upstream has no portal and no statement of this name: executing it is how a transaction is made to fail. */
const refusedPortal = 'chartgate: refused';

export class PostgresSession {
  readonly #deps: PostgresSessionDeps;
  readonly #replies: PostgresReplies;
  readonly #frames = new FrameReader({ limit: frontendLimit });
  readonly #backendFrames = new FrameReader({ limit: () => limits.backendMessageBytesMax });
  readonly #fromClient: Inbox;
  readonly #fromUpstream: Inbox;
  readonly #names = new Names();
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  #isClosed = false;
  #forwards: Buffer[] = [];
  /** Counts the Syncs (and simple queries) seen: what was asked before one cannot fail together with what comes after. */
  #run = 0;
  /** A message was refused: the rest of its run is skipped, as the upstream would. */
  #skipping = false;
  #waiting = new AbortController();
  #holding = false;
  /** CopyData of this chunk, recorded together before it is forwarded. */
  #copied: { output: Output; frames: Buffer[] } | null = null;
  #stopIdle: () => void = () => {};
  #stopAbsolute: () => void = () => {};

  constructor(deps: PostgresSessionDeps) {
    this.#deps = deps;
    const { client, upstream, target, viewOf } = deps;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#replies = new PostgresReplies({
      catalog: () => target.catalog,
      viewOf: (output) => viewOf(output.admission.decision),
      send: (bytes) => this.#send(bytes),
      fatal: (code, text) => void this.close({ code, text }),
      catalogChanged: () => target.invalidate(),
      ready: (status) => this.#names.ready(status),
      failed: (expectation) => this.#names.forget(expectation),
      unparsed: ({ text }, sqlstate) =>
        deps.audited.refused(
          { code: 'upstream_error', text: `The server did not parse it (SQLSTATE ${sqlstate}).` },
          { sql: text },
        ),
    });
    this.#fromClient = new Inbox(
      client,
      (chunk) => this.#frontend(chunk),
      (error) => this.#failed(error, null),
    );
    this.#fromUpstream = new Inbox(
      upstream,
      (chunk) => this.#backend(chunk),
      (error) => this.#failed(error, 'upstream_protocol'),
    );
  }

  /** Runs until either side ends. `early`: bytes the client sent before the session stood. */
  run(early: Buffer): Promise<void> {
    const { client, upstream, clock, absoluteMs } = this.#deps;
    client.onData((chunk) => this.#fromClient.push(chunk));
    client.onEnd(() => void this.close(null));
    client.onClose(() => void this.close(null));
    client.onDrain(() => upstream.resume());
    upstream.onData((chunk) => this.#fromUpstream.push(chunk));
    upstream.onClose(() => void this.#upstreamClosed());
    upstream.onDrain(() => client.resume());
    this.#stopAbsolute = clock.after(
      absoluteMs,
      () => void this.close({ code: 'session_expired', text: 'The session has reached its absolute time limit.' }),
    );
    this.#restartIdle();
    this.#fromClient.push(early);
    return this.#closed;
  }

  /** CancelRequest: ends a wait for people. False when there was none, so that the upstream is to be asked. */
  cancelHold(): boolean {
    if (!this.#holding) return false;
    this.#waiting.abort();
    return true;
  }

  /** With a refusal the client is told why; without, it has already gone. */
  async close(refusal: Refusal | null): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { client, upstream, audited } = this.#deps;
    this.#stopIdle();
    this.#stopAbsolute();
    this.#fromClient.close();
    this.#fromUpstream.close();
    this.#waiting.abort();
    this.#replies.abandon(refusal ? refusal.code : 'client gone');
    upstream.end(encodeTerminate());
    if (refusal) client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
    else client.destroy();
    // The log may be what failed: then there is nothing to write to, and the session is closed all the same.
    await audited.end(refusal ? refusal.code : 'closed').catch(() => {});
    this.#resolveClosed();
  }

  /** Why it closed may be the last thing it said. */
  async #upstreamClosed(): Promise<void> {
    await this.#fromUpstream.drained();
    await this.close({ code: 'upstream_closed', text: errors.upstream_closed.text });
  }

  async #frontend(chunk: Buffer): Promise<void> {
    this.#restartIdle();
    this.#frames.push(chunk);
    for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
      await this.#frontendMessage(frame);
      if (this.#isClosed) return;
    }
    await this.#recordCopied();
    this.#forward();
  }

  async #backend(chunk: Buffer): Promise<void> {
    this.#backendFrames.push(chunk);
    for (let frame = this.#backendFrames.next(); frame; frame = this.#backendFrames.next()) {
      if (!this.#replies.take(frame)) return;
      if (this.#replies.full) await this.#replies.flush();
    }
    await this.#replies.flush();
  }

  async #frontendMessage(frame: Frame): Promise<void> {
    const type = String.fromCharCode(frame.type);
    if (this.#skipping && type !== 'S' && type !== 'X') return;
    if (type !== 'd') await this.#recordCopied();
    switch (type) {
      case 'Q':
        return this.#query(decodeQuery(frame.body));
      case 'P':
        return this.#parse(frame);
      case 'B':
        return this.#bind(frame);
      case 'D':
        return this.#describe(frame);
      case 'E':
        return this.#execute(frame);
      case 'C':
        return this.#closeNamed(frame);
      case 'S':
        this.#skipping = false;
        this.#run++;
        this.#replies.expect({ kind: 'sync' });
        this.#forwards.push(frame.whole);
        return;
      case 'H':
        this.#forwards.push(frame.whole);
        return;
      case 'd':
      case 'c':
      case 'f':
        return this.#copyData(frame);
      case 'X':
        return this.close(null);
      case 'F':
        return this.#refuseSimple(
          { code: 'unsupported', text: 'Function calls by message are not carried; use SELECT.' },
          {},
        );
      default:
        return this.close({ code: 'malformed', text: `A message of type ${JSON.stringify(type)} has no place here.` });
    }
  }

  async #query(text: string): Promise<void> {
    this.#run++;
    const analysed = await this.#deps.target.analyse(text);
    if (!analysed.ok) return this.#refuseSimple(analysed.error, { sql: text });
    const admitted = await this.#submit(text, analysed.value, []);
    if (!admitted.ok) return this.#answerSimple(admitted.error);
    const { analyses } = analysed.value;
    this.#names.deallocated(analyses);
    this.#replies.expect({ kind: 'query', output: new Output(admitted.value, analyses) });
    this.#forwards.push(encodeQuery(text));
  }

  async #parse(frame: Frame): Promise<void> {
    const { name, text } = decodeParse(frame.body);
    const analysed = await this.#deps.target.analyse(text);
    if (!analysed.ok) return this.#refuseUnread(analysed.error, text);
    if (analysed.value.analyses.length > 1) {
      return this.#refuseExtended({ code: 'syntax', text: 'A prepared statement holds one statement.' });
    }
    if (this.#names.prepared.size >= limits.preparedPerSessionMax)
      return this.#refuseExtended({ code: 'too_many', text: 'This session holds too many prepared statements.' });
    const known = name === '' ? undefined : this.#names.prepared.get(name);
    if (known) {
      if (await this.#settled(known))
        return this.#refuseExtended({ code: 'duplicate_name', text: errors.duplicate_name.text });
    }
    const prepared = new Prepared(name, this.#run, text);
    this.#names.prepared.set(name, prepared);
    this.#replies.expect({ kind: 'parse', prepared });
    this.#forwards.push(frame.whole);
    // The columns must be known before the first row, whether or not the client asks for them.
    this.#replies.expect({ kind: 'describe', hidden: true, prepared });
    this.#forwards.push(encodeDescribe({ kind: 'statement', name }));
  }

  async #bind(frame: Frame): Promise<void> {
    const message = decodeBind(frame.body);
    const prepared = this.#names.prepared.get(message.statement);
    if (!prepared || !(await this.#usable(prepared)))
      return this.#refuseExtended({ code: 'unknown_statement', text: errors.unknown_statement.text });
    // The catalog may have changed since Parse: what holds is what the statement means now.
    const analysed = await this.#deps.target.analyse(prepared.text);
    if (!analysed.ok) return this.#refuseUnread(analysed.error, prepared.text);
    const admitted = await this.#submit(prepared.text, analysed.value, parametersOf(message));
    if (!admitted.ok) return this.#refuseExtended(admitted.error);
    this.#names.deallocated(analysed.value.analyses);
    const output = new Output(admitted.value, analysed.value.analyses);
    const portal = new Portal(
      message.portal,
      this.#run,
      prepared,
      message.resultFormats,
      output,
      this.#names.portals.get(message.portal) ?? null,
    );
    this.#names.portals.set(message.portal, portal);
    this.#replies.expect({ kind: 'bind', portal });
    this.#forwards.push(frame.whole);
  }

  async #describe(frame: Frame): Promise<void> {
    const { kind, name } = decodeDescribe(frame.body);
    const target = kind === 'statement' ? this.#names.prepared.get(name) : this.#names.portals.get(name);
    if (!target || !(await this.#usable(target)))
      return this.#refuseExtended({
        code: kind === 'statement' ? 'unknown_statement' : 'unknown_portal',
        text: errors[kind === 'statement' ? 'unknown_statement' : 'unknown_portal'].text,
      });
    this.#replies.expect({ kind: 'describe', hidden: false, prepared: null });
    this.#forwards.push(frame.whole);
  }

  async #execute(frame: Frame): Promise<void> {
    const portal = this.#names.portals.get(decodeExecute(frame.body).portal);
    if (!portal || !(await this.#usable(portal)))
      return this.#refuseExtended({ code: 'unknown_portal', text: errors.unknown_portal.text });
    // INVARIANT: an approval is for one run, so a portal that has run to its end is not run again.
    if (portal.output.ended)
      return this.#refuseExtended({ code: 'invalid_request', text: 'This portal has already run.' });
    this.#replies.expect({ kind: 'execute', portal });
    this.#forwards.push(frame.whole);
  }

  #closeNamed(frame: Frame): void {
    const { kind, name } = decodeClose(frame.body);
    const portal = kind === 'portal' ? (this.#names.portals.get(name) ?? null) : null;
    (kind === 'statement' ? this.#names.prepared : this.#names.portals).delete(name);
    this.#replies.expect({ kind: 'close', portal });
    this.#forwards.push(frame.whole);
  }

  #copyData(frame: Frame): void {
    const output = this.#replies.copyingIn;
    // Outside COPY these are leftovers of one that failed; the server ignores them and so does the gate.
    if (!output) return;
    if (frame.type === letters.CopyData) {
      this.#copied ??= { output, frames: [] };
      this.#copied.frames.push(frame.whole);
    }
    this.#forwards.push(frame.whole);
  }

  /** INVARIANT: intent before effect holds for the rows of a COPY too. */
  async #recordCopied(): Promise<void> {
    const copied = this.#copied;
    if (!copied) return;
    this.#copied = null;
    await copied.output.admission.record(
      { media: 'application/x-postgres-backend', bytes: Buffer.concat(copied.frames) },
      { copy: 'in' },
    );
  }

  /** Decides and records one message; waits for people if it is held. */
  async #submit(sql: string, analysed: Analysed, parameters: readonly Json[]): Promise<Result<Admission>> {
    const { audited, parent } = this.#deps;
    // What was understood before must not wait behind a person.
    this.#forward();
    this.#waiting = new AbortController();
    const cause = parent();
    const outcome = await audited.submit({
      ...intentOf({ ...this.#deps, sql, analysed, parameters }),
      ...(cause ? { parent: cause } : {}),
      signal: this.#waiting.signal,
      onHold: (hold) => this.#announceHold(hold),
    });
    this.#holding = false;
    if (!this.#isClosed || !outcome.ok) return outcome;
    await outcome.value.end('canceled', { reason: 'client gone' });
    return fail({ code: 'canceled', text: errors.canceled.text });
  }

  #announceHold(hold: {
    readonly approval: string;
    readonly link: string;
    readonly waitMs: number;
    readonly rule: string;
  }): void {
    this.#holding = true;
    const fields: NoticeFields = new Map([
      ['S', 'NOTICE'],
      ['V', 'NOTICE'],
      ['C', '00000'],
      [
        'M',
        `Rule "${hold.rule}" holds this for approval ${hold.approval}; waiting ${Math.ceil(hold.waitMs / 1000)} s for a reviewer.`,
      ],
      ['H', hold.link],
    ]);
    this.#send(encodeNoticeResponse(fields));
  }

  async #refuseSimple(refusal: Refusal, content: JsonObject): Promise<void> {
    await this.#deps.audited.refused(refusal, content);
    this.#answerSimple(refusal);
  }

  /** The text is no statement, so the upstream fails exactly as far as the client is told. */
  #answerSimple(refusal: Refusal): void {
    this.#replies.expect({ kind: 'refusal', simple: true, answer: encodeErrorResponse(errorFields(refusal, 'ERROR')) });
    this.#forwards.push(encodeQuery(refusedPortal));
  }

  async #refuseUnread(refusal: Refusal, sql: string): Promise<void> {
    await this.#deps.audited.refused(refusal, { sql });
    this.#refuseExtended(refusal);
  }

  #refuseExtended(refusal: Refusal): void {
    this.#skipping = true;
    this.#replies.expect({
      kind: 'refusal',
      simple: false,
      answer: encodeErrorResponse(errorFields(refusal, 'ERROR')),
    });
    this.#forwards.push(encodeExecute({ portal: refusedPortal, rowsMax: 0 }));
  }

  /** Something asked for in an earlier run may have failed there: then its name means nothing now. */
  async #usable(named: Prepared | Portal): Promise<boolean> {
    if (named.status === 'pending' && named.run < this.#run) await this.#settled(named);
    return named.status !== 'failed';
  }

  async #settled(named: Prepared | Portal): Promise<boolean> {
    if (named.status === 'pending') {
      this.#forwards.push(encodeFlush());
      this.#forward();
      await named.settled();
    }
    return named.status === 'ready';
  }

  #forward(): void {
    const messages = this.#forwards;
    if (messages.length === 0) return;
    this.#forwards = [];
    const wrote = this.#deps.upstream.write(
      messages.length === 1 && messages[0] ? messages[0] : Buffer.concat(messages),
    );
    if (!wrote) this.#deps.client.pause();
  }

  #failed(error: unknown, instead: ErrorCode | null): void {
    if (error instanceof ProtocolError) return void this.close({ code: instead ?? error.code, text: error.message });
    if (error instanceof LogUnavailable)
      return void this.close({ code: 'log_unavailable', text: errors.log_unavailable.text });
    this.#deps.onBug(error);
    void this.close({ code: 'internal', text: errors.internal.text });
  }

  #send(bytes: Buffer): void {
    if (this.#isClosed) return;
    if (!this.#deps.client.write(bytes)) this.#deps.upstream.pause();
  }

  #restartIdle(): void {
    this.#stopIdle();
    this.#stopIdle = this.#deps.clock.after(this.#deps.idleMs, () => {
      if (this.#replies.idle && !this.#holding)
        void this.close({ code: 'session_expired', text: 'The session was idle for too long.' });
      else this.#restartIdle();
    });
  }
}

const letters = { Query: 0x51, Parse: 0x50, Bind: 0x42, CopyData: 0x64 } as const;

/** These carry data; all others carry a name or nothing. */
const large: ReadonlySet<number> = new Set(Object.values(letters));

function frontendLimit(type: number): number {
  return large.has(type) ? limits.statementBytesMax : limits.startupBytesMax;
}
