// The client's side of a PostgreSQL session after sign-in: every frontend message is understood, decided and recorded
// before it is forwarded. What is refused never reaches the upstream; the upstream is made to fail in its place, so that
// its transaction ends as the client believes.
// Longer than 400 lines: one method a message, and all of them share the one state of the session.

import type { Decision } from '../core/decision.ts';
import { type ErrorCode, errors } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import type { Clock } from '../ports/clock.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { ByteStream, UpstreamConnection } from '../ports/postgres-upstream.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { unread } from '../sql/analyze.ts';
import type { Catalog } from '../sql/catalog.ts';
import {
  encodeErrorResponse,
  encodeNoticeResponse,
  errorFields,
  type NoticeFields,
} from '../wire/postgres/error-fields.ts';
import {
  type BindMessage,
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  type ParseMessage,
  type Target,
} from '../wire/postgres/extended.ts';
import { Frame, FrameReader, type FrameVisitor } from '../wire/postgres/frame.ts';
import { backendSession, frontendSession } from '../wire/postgres/messages.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { decodeQuery, encodeQuery, encodeTerminate } from '../wire/postgres/query.ts';
import type { Admission, AuditedSession, Intent } from './enforce.ts';
import { Forwards } from './forwards.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { commonOf, intentOf, patientsAsked } from './postgres-intent.ts';
import { asDeclared, meaningOf, Names, type Resolved, resolveNames, unnamed } from './postgres-names.ts';
import { parametersOf } from './postgres-parameters.ts';
import { PostgresReplies } from './postgres-replies.ts';
import { Standing } from './postgres-standing.ts';
import { Cursor, Output, Portal, Prepared } from './postgres-statements.ts';
import { type Analysed, foreignName, type PostgresTarget } from './postgres-target.ts';

export interface PostgresSessionDeps {
  readonly clock: Clock;
  readonly client: ByteStream;
  readonly upstream: UpstreamConnection;
  readonly target: PostgresTarget;
  readonly audited: AuditedSession;
  readonly applicationName: string;
  readonly viewOf: (decision: Decision) => MaskView;
  /** A rule in force speaks of `sql.estimated_rows`. */
  readonly needsRowEstimate: () => boolean;
  /** The tool call that is running for the MCP session this credential belongs to. */
  readonly parent: () => { readonly session: string; readonly request?: string } | undefined;
  /** A broken assertion, for the operator; the session is closed. */
  readonly onBug: (error: unknown) => void;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** The upstream has no portal and no statement of this name: executing it is how a transaction is made to fail. */
const refusedPortal = 'chartgate: refused';
const copyData = 0x64;
const dataRow = 0x44;
const cancelEveryMs = 500;

/** What the gate makes of a text: `unread` says why it makes nothing of it. */
interface Read extends Analysed {
  readonly unread: Refusal | null;
  /** Where its names have been looked up already. */
  readonly resolved?: Resolved;
}

/** One message of the client's. */
interface Asked {
  readonly sql: string;
  readonly read: Read;
  readonly parameters: readonly Json[];
  /** The snapshot it was analysed with. */
  readonly catalog: Catalog;
}

/** What more has to be known of it before it is decided. */
interface Understood {
  readonly resolved: Resolved;
  readonly estimatedRows: number | null;
}

const readBefore = new WeakMap<Analysed, Read>();

/** The same object for the same analysis, so that what is looked up for it is found again. */
function readOf(analysed: Analysed): Read {
  let read = readBefore.get(analysed);
  if (!read) {
    read = { ...analysed, unread: null };
    readBefore.set(analysed, read);
  }
  return read;
}

/** Texts the gate cannot read, which the server may. */
const unreadable: ReadonlySet<ErrorCode> = new Set(['syntax', 'too_large', 'too_many']);
const unknownText: Refusal = { code: 'unknown_statement', text: errors.unknown_statement.text };
const nothingNamed: Resolved = { statements: [], cursors: [], texts: {}, uses: [] };

export class PostgresSession {
  readonly #deps: PostgresSessionDeps;
  readonly #replies: PostgresReplies;
  readonly #frames = new FrameReader(frontendSession);
  readonly #backendFrames = new FrameReader(backendSession);
  readonly #fromClient: Inbox;
  readonly #fromUpstream: Inbox;
  readonly #toClient: Outbox;
  readonly #toUpstream: Outbox;
  readonly #names = new Names((output, reason) => this.#replies.end(output, { status: 'ok', data: { reason } }));
  readonly #standing = new Standing();
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  #isClosed = false;
  /** The upstream has said something that ends the session. */
  #broken = false;
  /** Settles, never rejects, when what has gathered has left. */
  #releasing: Promise<void> | null = null;
  #onTaken: () => void = () => {};
  /** The client has said Terminate: what it asked for before that still runs, as it would without the gate. */
  #terminated = false;
  #upstreamGone = false;
  readonly #forwards = new Forwards();
  /** Counts the Syncs (and simple queries) seen: what was asked before one cannot fail together with what comes after. */
  #run = 0;
  /** A message was refused: the rest of its run is skipped, as the upstream would. */
  #skipping = false;
  #waiting = new AbortController();
  #holding = false;
  /** When the client last said something, ms since the epoch. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** Since when the client takes nothing of what is there for it, ms since the epoch; infinite = it does. */
  #stalledMs = Number.POSITIVE_INFINITY;
  /** CopyData of this chunk, recorded together before it is forwarded. */
  #copied: { output: Output; frames: Buffer[] } | null = null;
  #onReplies: () => void = () => {};
  #stopIdle: () => void = () => {};
  #stopAbsolute: () => void = () => {};
  /** A transaction is open in which the catalog was changed. */
  #changesCatalog = false;
  /** The last decision masked nothing. */
  #seesAll = false;

  constructor(deps: PostgresSessionDeps) {
    this.#deps = deps;
    const { client, upstream, target, viewOf } = deps;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#toClient = new Outbox(client);
    this.#toUpstream = new Outbox(upstream);
    this.#replies = new PostgresReplies({
      catalog: () => target.catalog,
      viewOf: (output) => viewOf(output.admission.decision),
      patientKeys: () => target.patientKeys,
      send: (bytes) => this.#send(bytes),
      fatal: (code, text) => void this.close({ code, text }),
      catalogChanged: () => {
        this.#changesCatalog = true;
        target.catalogChanged();
      },
      ready: (status) => {
        // What a transaction changed is there for the gate to see once it has ended.
        if (status === 'I' && this.#changesCatalog) target.catalogChanged();
        this.#changesCatalog &&= status !== 'I';
        this.#names.ready(status);
        if (status === 'I' && this.#replies.idle && this.#forwards.isEmpty) this.#standing.idle();
      },
      frank: () => this.#standing.frank,
      loose: () => this.#standing.loose,
      confirms: (catalog) => target.confirms(catalog),
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
    upstream.onData((chunk) => this.#fromUpstream.push(chunk));
    upstream.onClose(() => void this.#upstreamClosed());
    this.#stopAbsolute = clock.after(
      absoluteMs,
      () => void this.close({ code: 'session_expired', text: 'The session has reached its absolute time limit.' }),
    );
    this.#watchIdle(this.#deps.idleMs);
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
    this.#toClient.release();
    this.#toUpstream.release();
    this.#fromClient.close();
    this.#fromUpstream.close();
    this.#waiting.abort();
    this.#onReplies();
    const running = !this.#replies.idle && !this.#terminated;
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
    await this.#releasing;
    await this.close({ code: 'upstream_closed', text: errors.upstream_closed.text });
  }

  #frontend(chunk: Buffer): Promise<void> | undefined {
    this.#heardMs = this.#deps.clock.now();
    this.#frames.push(chunk);
    const waiting = this.#understand();
    return waiting && this.#understandAfter(waiting);
  }

  /** As far as nothing has to be waited for. Returns what has to be before it goes on. */
  #understand(): Promise<void> | undefined {
    for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
      const waiting = this.#frontendMessage(frame);
      if (waiting) return waiting;
      if (this.#isClosed) return undefined;
    }
    if (this.#copied) return this.#recordCopied();
    this.#forward();
    return this.#toUpstream.full ? this.#toUpstream.room() : undefined;
  }

  async #understandAfter(first: Promise<void>): Promise<void> {
    await first;
    while (!this.#isClosed) {
      const waiting = this.#understand();
      if (!waiting) return;
      await waiting;
    }
  }

  #backend(chunk: Buffer): Promise<void> | undefined {
    this.#backendFrames.push(chunk);
    // One chunk is on its way to disk and the next one is full.
    if (this.#takeReplies()) return this.#takeRepliesLater();
    return this.#toClient.full && this.#releasing ? this.#releasing : undefined;
  }

  /** Returns true where there is no room for more. */
  #takeReplies(): boolean {
    for (let isStopped = true; isStopped; ) {
      this.#backendFrames.each(this.#reply);
      if (this.#broken || this.#isClosed) return false;
      isStopped = this.#replies.full;
      if (this.#replies.gathered) this.#releasing ??= this.#release();
      if (isStopped && this.#replies.full) return true;
    }
    this.#onReplies();
    return false;
  }

  async #takeRepliesLater(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve;
      });
    } while (!this.#isClosed && this.#takeReplies());
    // Rows that come while others are being recorded are masked meanwhile; whoever reads nothing gets no more.
    if (this.#toClient.full) await this.#releasing;
  }

  readonly #reply: FrameVisitor = (buffer, type, start, end) => {
    const understood =
      type === dataRow
        ? this.#replies.row(buffer, start, end)
        : this.#replies.take(new Frame(buffer, type, start, end));
    this.#broken ||= !understood;
    return understood && !this.#replies.full;
  };

  /** Until nothing is left to give. A failure closes the session. */
  async #release(): Promise<void> {
    try {
      while (this.#replies.gathered && !this.#isClosed) {
        const flushed = this.#replies.flush();
        this.#onTaken();
        await flushed;
        if (!this.#toClient.full) continue;
        this.#stalledMs = this.#deps.clock.now();
        await this.#toClient.room();
        this.#stalledMs = Number.POSITIVE_INFINITY;
      }
    } catch (error) {
      this.#failed(error, 'upstream_protocol');
    } finally {
      this.#releasing = null;
      this.#onTaken();
    }
  }

  #frontendMessage(frame: Frame): Promise<void> | undefined {
    const type = String.fromCharCode(frame.type);
    if (this.#skipping && type !== 'S' && type !== 'X') return undefined;
    if (type !== 'd' && this.#copied) return this.#recordCopied(frame);
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
        this.#forwards.add(frame);
        return undefined;
      case 'H':
        this.#forwards.add(frame);
        return undefined;
      case 'd':
      case 'c':
      case 'f':
        return this.#copyData(frame);
      case 'X':
        this.#terminated = true;
        this.#forward();
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

  #query(text: string): Promise<void> | undefined {
    this.#run++;
    const read = this.#readNow(text);
    if (!read) return this.#queryLater(text);
    const submitted = this.#submit(text, read, []);
    if (submitted instanceof Promise) return submitted.then((output) => this.#submittedSimple(text, output));
    this.#submittedSimple(text, submitted);
    return undefined;
  }

  async #queryLater(text: string): Promise<void> {
    const read = await this.#read(text);
    if (!read.ok) return this.#refuseSimple(read.error, { sql: text });
    this.#submittedSimple(text, await this.#submit(text, read.value, []));
  }

  #submittedSimple(text: string, output: Result<Output>): void {
    if (!output.ok) return this.#answerSimple(output.error);
    this.#names.forwarded(output.value);
    this.#replies.expect({ kind: 'query', output: output.value });
    this.#forwards.push(encodeQuery(this.#deps.target.outgoing(text)));
    // What comes behind it cannot fail together with it.
    this.#run++;
  }

  #parse(frame: Frame): Promise<void> | undefined {
    const message = decodeParse(frame.body);
    const { name, text, parameterTypes } = message;
    const read = this.#isForeign(name) ? null : this.#readNow(text);
    const isTaken = name !== '' && this.#names.prepared.has(name);
    const isPlain = read && read.analyses.length <= 1 && !isTaken && !this.#names.uncertain;
    if (!isPlain || this.#names.prepared.size >= limits.preparedPerSessionMax) return this.#parseLater(frame, message);
    const prepared = new Prepared(name, this.#run, text, 'protocol', parameterTypes);
    this.#names.prepared.set(name, prepared);
    this.#forwardParse(frame, message, prepared);
    return undefined;
  }

  async #parseLater(frame: Frame, message: ParseMessage): Promise<void> {
    const { name, text, parameterTypes } = message;
    if (this.#isForeign(name)) return this.#refuseUnread(foreignName, text);
    const read = await this.#read(text);
    if (!read.ok) return this.#refuseUnread(read.error, text);
    const { analyses } = read.value;
    if (read.value.unread || analyses.length > 1) {
      const unread = read.value.unread ?? { code: 'syntax', text: 'A prepared statement holds one statement.' };
      const output = await this.#submit(text, { ...read.value, unread }, []);
      if (!output.ok) return this.#refuseExtended(output.error);
      output.value.end({ status: 'ok', data: { reason: 'only to be parsed' } });
    }
    if (this.#names.prepared.size >= limits.preparedPerSessionMax)
      return this.#refuseExtended({ code: 'too_many', text: 'This session holds too many prepared statements.' });
    if (this.#names.uncertain) await this.#certain();
    const known = name === '' ? undefined : this.#names.prepared.get(name);
    const prepared = new Prepared(name, this.#run, text, 'protocol', parameterTypes);
    const taken = known && (await this.#settled(known));
    if (!taken) this.#names.prepared.set(name, prepared);
    this.#forwardParse(frame, message, prepared);
    // The upstream says that the name is taken, in its own words; it alone knows if it is not.
    if (taken && (await this.#settled(prepared))) this.#names.prepared.set(name, prepared);
  }

  #forwardParse(frame: Frame, { name, text, parameterTypes }: ParseMessage, prepared: Prepared): void {
    this.#replies.expect({ kind: 'parse', prepared });
    const sent = this.#deps.target.outgoing(text);
    if (sent === text) this.#forwards.add(frame);
    else this.#forwards.push(encodeParse({ name, text: sent, parameterTypes }));
    // The columns must be known before the first row, whether or not the client asks for them.
    this.#replies.expect({ kind: 'describe', hidden: true, of: prepared });
    this.#forwards.push(encodeDescribe({ kind: 'statement', name }));
  }

  #bind(frame: Frame): Promise<void> | undefined {
    const message = decodeBind(frame.body);
    const prepared = this.#isForeign(message.portal) ? undefined : this.#names.prepared.get(message.statement);
    const read = prepared ? this.#meaningNow(prepared) : null;
    if (!prepared || !read) return this.#bindLater(frame, message);
    const submitted = this.#submit(prepared.text, read, parametersOf(message, prepared.parameterTypes));
    if (submitted instanceof Promise) return submitted.then((output) => this.#bound(frame, message, prepared, output));
    this.#bound(frame, message, prepared, submitted);
    return undefined;
  }

  async #bindLater(frame: Frame, message: BindMessage): Promise<void> {
    if (this.#isForeign(message.portal)) return this.#refuseUnread(foreignName, '');
    if (this.#names.uncertain) await this.#certain();
    const found = this.#names.prepared.get(message.statement);
    const prepared = found && (await this.#usable(found)) ? found : null;
    // The catalog may have changed since Parse: what holds is what the statement means now.
    const read = await (prepared ? this.#meaning(prepared) : ok(this.#unknown('unknown_statement')));
    const text = prepared?.text ?? '';
    if (!read.ok) return this.#refuseUnread(read.error, text);
    const parameters = parametersOf(message, prepared?.parameterTypes ?? []);
    this.#bound(frame, message, prepared, await this.#submit(text, read.value, parameters));
  }

  #bound(frame: Frame, message: BindMessage, prepared: Prepared | null, submitted: Result<Output>): void {
    if (!submitted.ok) return this.#refuseExtended(submitted.error);
    const { portal: name, resultFormats } = message;
    const portal = this.#portal(name, prepared, prepared?.text ?? '', resultFormats, submitted.value);
    this.#names.portals.set(name, portal);
    this.#replies.expect({ kind: 'bind', portal });
    this.#forwards.add(frame);
    // What gives out the rows of something else has its columns only now.
    if (prepared?.level === 'sql' || submitted.value.uses.length > 0) this.#describePortal(portal);
  }

  #portal(name: string, prepared: Prepared | null, text: string, formats: readonly (0 | 1)[], output: Output): Portal {
    const [statement] = output.statements;
    const cursor = statement?.cursor ?? new Cursor(name, text, statement?.analysis ?? unread(unknownText), false);
    cursor.decision ??= output.admission.decision;
    output.countWith(cursor);
    return new Portal(name, this.#run, prepared, cursor, formats, output, this.#names.portals.get(name) ?? null);
  }

  #describePortal(portal: Portal): void {
    this.#replies.expect({ kind: 'describe', hidden: true, of: portal });
    this.#forwards.push(encodeDescribe({ kind: 'portal', name: portal.name }));
  }

  /** A name nobody knows here is one the upstream does not know either, and it says so. */
  #describe(frame: Frame): Promise<void> | undefined {
    const { kind, name } = decodeDescribe(frame.body);
    const target = this.#named(kind, name);
    if (this.#names.uncertain || (target && !this.#isSettled(target))) return this.#describeLater(frame, kind, name);
    this.#forwardDescribe(frame);
    return undefined;
  }

  async #describeLater(frame: Frame, kind: Target['kind'], name: string): Promise<void> {
    if (this.#names.uncertain) await this.#certain();
    const target = this.#named(kind, name);
    if (target) await this.#usable(target);
    this.#forwardDescribe(frame);
  }

  #named(kind: Target['kind'], name: string): Prepared | Portal | undefined {
    return kind === 'statement' ? this.#names.prepared.get(name) : this.#names.portals.get(name);
  }

  #forwardDescribe(frame: Frame): void {
    this.#replies.expect({ kind: 'describe', hidden: false, of: null });
    this.#forwards.add(frame);
  }

  #execute(frame: Frame): Promise<void> | undefined {
    const { portal: name } = decodeExecute(frame.body);
    const portal = this.#names.portals.get(name);
    const isRunning = portal && portal.status !== 'failed' && this.#isSettled(portal) && !portal.output.ended;
    if (!isRunning || this.#names.uncertain) return this.#executeLater(frame, name);
    this.#forwardExecute(frame, portal);
    return undefined;
  }

  async #executeLater(frame: Frame, name: string): Promise<void> {
    if (this.#names.uncertain) await this.#certain();
    const known = this.#names.portals.get(name);
    const usable = known && (await this.#usable(known)) ? known : null;
    // One that has run to its end gives no more rows, as the server says; that question has a record of its own.
    const portal = usable && !usable.output.ended ? usable : await this.#executeCursor(name, usable?.cursor);
    if (portal) this.#forwardExecute(frame, portal);
  }

  #forwardExecute(frame: Frame, portal: Portal): void {
    if (!portal.output.uses.every((each) => this.#names.holds(each)))
      return this.#refuseExtended({ code: 'invalid_request', text: 'What this portal was bound to is gone.' });
    this.#names.forwarded(portal.output);
    this.#replies.expect({ kind: 'execute', portal });
    this.#forwards.add(frame);
  }

  /** Execute of what SQL has declared or what has run before, which is a FETCH; or of what nobody knows here. */
  async #executeCursor(name: string, cursor = this.#names.cursors.get(name)): Promise<Portal | null> {
    const text = cursor?.text ?? '';
    const statement = cursor && { analysis: cursor.analysis, cursor, effect: null };
    const read: Read = statement
      ? { analyses: [cursor.analysis], phi: [], unread: null, resolved: { ...nothingNamed, statements: [statement] } }
      : this.#unknown('unknown_portal');
    const submitted = await this.#submit(text, read, []);
    if (!submitted.ok) {
      this.#refuseExtended(submitted.error);
      return null;
    }
    const portal = this.#portal(name, null, text, [], submitted.value);
    portal.settle('ready');
    if (cursor) this.#describePortal(portal);
    return portal;
  }

  async #closeNamed(frame: Frame): Promise<void> {
    const { kind, name } = decodeClose(frame.body);
    if (this.#names.uncertain) await this.#certain();
    const portal = kind === 'portal' ? (this.#names.portals.get(name) ?? null) : null;
    if (kind === 'statement') this.#names.deallocate(name);
    else {
      this.#names.portals.delete(name);
      this.#names.cursors.delete(name);
    }
    this.#replies.expect({ kind: 'close', portal });
    this.#forwards.add(frame);
  }

  async #copyData(frame: Frame): Promise<void> {
    const output = await this.#copyTurn();
    // Outside COPY these are leftovers of one that failed; the server ignores them and so does the gate.
    if (!output) return;
    if (frame.type === copyData) {
      this.#copied ??= { output, frames: [] };
      this.#copied.frames.push(frame.whole);
    } else this.#replies.copyingIn = null;
    this.#forwards.add(frame);
  }

  /** Clients may send rows before the server has asked for them: whose they are is known once it does, or has answered all. */
  async #copyTurn(): Promise<Output | null> {
    if (!this.#replies.copyingIn && !this.#replies.idle) {
      this.#forwards.push(encodeFlush());
      this.#forward();
    }
    while (!this.#replies.copyingIn && !this.#replies.idle && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#onReplies = resolve;
      });
    }
    return this.#replies.copyingIn;
  }

  /** INVARIANT: intent before effect holds for the rows of a COPY too. `before` is the message that comes behind them. */
  async #recordCopied(before?: Frame): Promise<void> {
    const copied = this.#copied;
    if (!copied) return;
    this.#copied = null;
    await copied.output.admission.record(
      { media: 'application/x-postgres-backend', bytes: Buffer.concat(copied.frames) },
      { copy: 'in' },
    );
    if (before) await this.#frontendMessage(before);
  }

  /** What a text says, where that is known at once. */
  #readNow(text: string): Read | null {
    const known = this.#deps.target.known(text);
    return known?.analyses.every((each) => this.#mayBeOld(each)) === true ? readOf(known) : null;
  }

  /** What a text says. One that cannot be read here may still be the server's to read. */
  async #read(text: string): Promise<Result<Read>> {
    const now = this.#readNow(text);
    if (now) return ok(now);
    const { target } = this.#deps;
    let analysed = await target.analyse(text);
    // Its rows leave only if the tables are then as they are now, or its views may be others by now: so now has to be now.
    const isCertain = !analysed.ok || analysed.value.analyses.every((each) => this.#mayBeOld(each));
    if (!isCertain && !(await target.confirms(target.catalog))) analysed = await target.analyse(text);
    if (analysed.ok) return ok(readOf(analysed.value));
    const { error } = analysed;
    if (!unreadable.has(error.code)) return analysed;
    const phi = target.classesIn({ analyses: [], phi: [] }, [text]);
    return ok({ analyses: [unread(error)], phi, unread: error });
  }

  /** Whether a snapshot of the last second will do. Views are read as ever by who has been shown everything so far. */
  #mayBeOld({ wholeRows, readsViews, names }: StatementAnalysis): boolean {
    return !wholeRows && (this.#seesAll || !(readsViews || names?.kind === 'execute'));
  }

  /** What a prepared statement means, where that is known at once and it can be used as it is. */
  #meaningNow(prepared: Prepared): Read | null {
    if (prepared.level !== 'protocol' || prepared.status === 'failed') return null;
    if (this.#names.uncertain || !this.#isSettled(prepared)) return null;
    const read = this.#readNow(prepared.text);
    const meaning = read && meaningOf(prepared, read);
    return meaning && asDeclared(prepared, meaning, this.#deps.target.catalog) === meaning ? read : null;
  }

  async #meaning(prepared: Prepared): Promise<Result<Read>> {
    const read = await this.#read(prepared.text);
    if (!read.ok) return read;
    const found = meaningOf(prepared, read.value);
    const meaning = found && asDeclared(prepared, found, this.#deps.target.catalog);
    if (prepared.level === 'protocol' && meaning === found) return read;
    return meaning ? ok({ ...read.value, analyses: [meaning] }) : ok(this.#unknown('unknown_statement'));
  }

  /** A name the gate knows nothing of. */
  #unknown(code: 'unknown_statement' | 'unknown_portal'): Read {
    const refusal: Refusal = { code, text: errors[code].text };
    return { analyses: [unread(refusal)], phi: [], unread: refusal };
  }

  /** Decides and records one message; waits for people if it is held. What is allowed and changes nothing, at once. */
  #submit(sql: string, read: Read, parameters: readonly Json[]): Result<Output> | Promise<Result<Output>> {
    const { catalog } = this.#deps.target;
    const resolved = this.#deps.needsRowEstimate() ? null : (read.resolved ?? unnamed(read));
    return resolved
      ? this.#submitResolved({ sql, read, parameters, catalog, resolved, estimatedRows: null })
      : this.#submitLater({ sql, read, parameters, catalog });
  }

  async #submitLater(asked: Asked): Promise<Result<Output>> {
    const { sql, read, catalog } = asked;
    const { target } = this.#deps;
    if (this.#names.uncertain && read.analyses.some((each) => each.names !== null)) await this.#certain();
    // What was understood before must not wait behind what is asked now.
    this.#forward();
    const resolved =
      read.resolved ??
      (await resolveNames(read, sql, this.#names, {
        analyse: (text) => target.analyse(text),
        usable: (named) => this.#usable(named),
        onDiscard: this.#standing.discard(),
        catalog,
      }));
    const estimatedRows = this.#deps.needsRowEstimate() ? await this.#estimatedRows(sql, read, resolved) : null;
    return this.#submitResolved({ ...asked, resolved, estimatedRows });
  }

  #submitResolved(asked: Asked & Understood): Result<Output> | Promise<Result<Output>> {
    const { sql, read, parameters, resolved, estimatedRows } = asked;
    const { audited, parent } = this.#deps;
    // One serves until somebody hangs up.
    if (this.#waiting.signal.aborted) this.#waiting = new AbortController();
    const cause = parent();
    const { phi, unread } = read;
    const intent = intentOf(
      { session: this.#deps, sql, resolved, phi, parameters, standing: this.#standing, estimatedRows, unread },
      {
        ...(cause ? { parent: cause } : {}),
        signal: this.#waiting.signal,
        onHold: this.#onHold,
        ifHeld: async () => {
          const rows = estimatedRows ?? (await this.#estimatedRows(sql, read, resolved));
          return rows === null ? {} : { estimated_rows: rows };
        },
      },
    );
    const outcome = audited.submit(intent);
    if (!(outcome instanceof Promise)) return this.#submitted(asked, outcome);
    // What was understood before must not wait behind a person.
    this.#forward();
    return outcome.then((each) => this.#submitted(asked, each));
  }

  #submitted(asked: Asked & Understood, outcome: Result<Admission>): Result<Output> | Promise<Result<Output>> {
    const { sql, read, parameters, resolved, catalog } = asked;
    const { target } = this.#deps;
    this.#holding = false;
    // Whatever a policy says to what is not known: the caller is told what is wrong with it.
    if (!outcome.ok) return read.unread ? fail(read.unread) : outcome;
    const { decision } = outcome.value;
    const { analyses, acting } = commonOf(resolved, target);
    const standing = this.#standing;
    standing.admitted(decision, analyses, acting.length > 0);
    if (acting.length > 0) this.#seesAll = decision.obligations.unmask === 'all';
    for (const cursor of resolved.cursors) cursor.decision = decision;
    const frank = decision.obligations.unmask === 'all' || (acting.length === 0 && standing.frank);
    const output = new Output(outcome.value, resolved, analyses, frank, catalog);
    output.asked = patientsAsked(sql, parameters, analyses, target.patientKeys);
    return this.#isClosed ? this.#unwanted(outcome.value) : ok(output);
  }

  async #unwanted(admission: Admission): Promise<Result<never>> {
    await admission.end('canceled', { reason: 'client gone' });
    return fail({ code: 'canceled', text: errors.canceled.text });
  }

  /** Asked only where a rule speaks of it. */
  async #estimatedRows(sql: string, read: Read, resolved: Resolved): Promise<number | null> {
    const [only, ...others] = resolved.statements;
    if (read.unread || !only || others.length > 0) return null;
    const { analysis } = only;
    if (analysis.names || !(analysis.kind === 'query' || analysis.kind === 'dml')) return null;
    return this.#deps.target.estimatedRows(sql);
  }

  /** Waits until the upstream has answered what changes names. */
  async #certain(): Promise<void> {
    this.#forwards.push(encodeFlush());
    this.#forward();
    await this.#names.certain();
  }

  readonly #onHold: NonNullable<Intent['onHold']> = (hold) => {
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
  };

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

  /** A name of the protocol that the server may take for another. */
  #isForeign(name: string): boolean {
    return !this.#deps.target.catalog.utf8 && /[^\0-\x7f]/.test(name);
  }

  /** Something asked for in an earlier run may have failed there: then its name means nothing now. */
  async #usable(named: Prepared | Portal): Promise<boolean> {
    if (!this.#isSettled(named)) await this.#settled(named);
    return named.status !== 'failed';
  }

  /** Nothing asked for in an earlier run decides any more whether this exists. */
  #isSettled({ status, run }: Prepared | Portal): boolean {
    return status !== 'pending' || run >= this.#run;
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
    const bytes = this.#forwards.take();
    if (bytes) this.#toUpstream.write(bytes);
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
    this.#toClient.write(bytes);
  }

  /** Looks after `ms` whether the client has been heard since; a timer set anew for every message would cost more. */
  #watchIdle(ms: number): void {
    const { clock, idleMs } = this.#deps;
    this.#stopIdle = clock.after(ms, () => {
      const left = this.#heardMs + idleMs - clock.now();
      if (left > 0) this.#watchIdle(left);
      else if (clock.now() - this.#stalledMs >= idleMs)
        void this.close({ code: 'session_expired', text: 'The client has taken nothing of its answer for too long.' });
      else if (!this.#replies.idle || this.#holding) this.#watchIdle(idleMs);
      else void this.close({ code: 'session_expired', text: 'The session was idle for too long.' });
    });
  }
}
