// The upstream's side of a PostgreSQL session: every backend message is matched with what was asked, masked, and given to what
// gathers for the client. It never gives anything out itself; a message nobody asked for ends the session.

import { limits } from '../core/limits.ts';
import type { Refusal } from '../core/result.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { pinnedForAll } from '../sql/settings.ts';
import { AbridgedMessage, type Abridgement } from '../wire/postgres/abridgement.ts';
import {
  decodeNoticeFields,
  encodeErrorResponse,
  encodeNoticeResponse,
  type NoticeFields,
} from '../wire/postgres/error-fields.ts';
import { decodeParameterDescription } from '../wire/postgres/extended.ts';
import type { Frame } from '../wire/postgres/frame.ts';
import { NoticeAbridgement } from '../wire/postgres/notice-abridgement.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { decodeCommandComplete, encodeCommandComplete, isCommandTag } from '../wire/postgres/query.ts';
import { isAbridgeable, RowAbridgement } from '../wire/postgres/row-abridgement.ts';
import { decodeRowDescription } from '../wire/postgres/rows.ts';
import { decodeParameterStatus, decodeReadyForQuery } from '../wire/postgres/status.ts';
import { mayShow, withheld } from './postgres-errors.ts';
import { type Expectation, outputOf } from './postgres-expectation.ts';
import type { Output } from './postgres-output.ts';
import { pins } from './postgres-pins.ts';
import type { Portal } from './postgres-portal.ts';
import type { ReplyChunks } from './postgres-reply-chunks.ts';
import { CopyReplies } from './postgres-reply-copy.ts';
import { ReplyPlans, type ReplyPlansDeps } from './postgres-reply-plans.ts';
import { Prepared } from './postgres-statements.ts';

export interface RepliesDeps extends ReplyPlansDeps {
  readonly chunks: ReplyChunks;
  /** Ends the session, and tells the client why. */
  readonly close: (refusal: Refusal) => void;
  /** A statement that changes the catalog has completed. */
  readonly catalogChanged: () => void;
  /** ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  readonly ready: (status: 'I' | 'T' | 'E') => void;
  readonly failed: (expectation: Expectation) => void;
  /** The session's past hides nothing from its subject: the server's own words may be told. */
  readonly frank: () => boolean;
  /** Pins that are not for everybody no longer hold: nothing is masked in this session any more. */
  readonly loose: () => boolean;
  /** No setting can hold what a masked statement has read. */
  readonly settingsKnown: () => boolean;
  /** The server would not even parse it: resolves when that is on record. */
  readonly unparsed: (prepared: Prepared, sqlstate: string) => Promise<void>;
}

export class PostgresReplies {
  readonly #deps: RepliesDeps;
  readonly #chunks: ReplyChunks;
  readonly #plans: ReplyPlans;
  readonly #queue: Expectation[] = [];
  /** What the server says on its own account is filed under what was asked last. */
  #last: Output | null = null;
  /** An error has been answered in the extended protocol: everything up to Sync is skipped upstream. */
  #skipping = false;
  readonly copy: CopyReplies;
  /** The server has said why it ends the session. */
  ended = false;

  constructor(deps: RepliesDeps) {
    this.#deps = deps;
    this.#chunks = deps.chunks;
    this.#plans = new ReplyPlans(deps);
    this.copy = new CopyReplies(this.#plans);
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** A statement has been asked for whose answer has not ended. */
  get running(): boolean {
    return this.#queue.some(({ kind }) => kind === 'query' || kind === 'execute');
  }

  expect(expectation: Expectation): void {
    if (this.#skipping && expectation.kind !== 'sync') return this.#drop(expectation);
    // What comes behind the Sync is answered again, whether or not the Sync has been.
    this.#skipping = false;
    this.#queue.push(expectation);
  }

  /** The client has gone or the session is closing: what is still open will not be answered. */
  abandon(reason: string): void {
    for (const expectation of this.#queue.splice(0)) this.#drop(expectation, reason);
    this.#chunks.abandon();
  }

  /** Takes one whole backend message. @throws ProtocolError where it answers nothing */
  take(frame: Frame): void {
    switch (String.fromCharCode(frame.type)) {
      case 'D':
        return this.row(frame.buffer, frame.start, frame.end);
      case 'C':
        return this.#commandComplete(frame);
      case 'I':
        return this.#completed(frame, frame);
      case 'Z':
        return this.#readyForQuery(frame);
      case 'T':
      case 'n':
        return this.#described(frame);
      case 't':
        return this.#parameterDescription(frame);
      case '1':
      case '2':
      case '3':
        return this.#acknowledged(frame);
      case 's':
        return this.#suspended(frame);
      case 'E':
        return this.#error(frame);
      case 'N':
        return this.#notice(frame);
      case 'S':
        return this.#parameterStatus(frame);
      case 'A':
        // NotificationResponse: LISTEN needs a subject who sees everything, and nothing is masked after it.
        if (this.#deps.loose()) this.#give(frame, this.#last);
        return undefined;
      case 'G':
      case 'H':
      case 'd':
      case 'c':
        return this.#copied(frame);
      default:
        return unexpected(frame.type);
    }
  }

  /** The DataRow at [start, end) of `buffer`. @throws ProtocolError where it answers nothing */
  row(buffer: Buffer, start: number, end: number): void {
    const head = this.#queue[0];
    const output = this.#output();
    if (!head || !output) return unexpected(letter('D'));
    if (head.kind === 'execute') output.plan ??= this.#plans.ofPortal(head.portal);
    const { plan } = output;
    if (!plan) return unexpected(letter('D'));
    if (!output.countRow()) return;
    this.#last = output;
    this.#chunks.addRow(buffer, start, end, plan.untouched ? null : plan.maskers, output);
  }

  /**
   * A message of this type is longer than any may be: how it is cut down to what is shown of it, before it is taken; null = all of it
   * is shown. @throws ProtocolError where it answers nothing
   */
  abridge(type: number): Abridgement | null {
    const bytesMax = limits.backendMessageBytesMax;
    switch (String.fromCharCode(type)) {
      case 'D': {
        const head = this.#queue[0];
        const output = this.#output() ?? unexpected(type);
        if (head?.kind === 'execute') output.plan ??= this.#plans.ofPortal(head.portal);
        const { maskers } = output.plan ?? unexpected(type);
        return isAbridgeable(maskers) ? new RowAbridgement(new AbridgedMessage('D', bytesMax), maskers) : null;
      }
      case 'd':
        return this.copy.abridge(bytesMax);
      case 'E':
      case 'N':
        return this.#tellsAll() ? null : new NoticeAbridgement(type === letter('E') ? 'E' : 'N', bytesMax);
      default:
        return null;
    }
  }

  /** Whatever the server says now may be told. */
  #tellsAll(): boolean {
    const head = this.#queue[0];
    const asked = head ? outputOf(head) : null;
    return asked ? asked.frank : this.#deps.frank() && this.#last?.frank !== false;
  }

  /** Whose rows may come now. */
  #output(): Output | null {
    const head = this.#queue[0];
    return head && head.kind !== 'bind' ? outputOf(head) : null;
  }

  /** RowDescription or NoData. */
  #described(frame: Frame): void {
    const head = this.#queue[0];
    const isRows = frame.type === letter('T');
    if (head?.kind === 'query' && isRows) {
      const { output } = head;
      if (!output.analysis) return unexpected(frame.type);
      output.plan = this.#plans.ofColumns(decodeRowDescription(frame.body), output.analysis, output);
      output.described = true;
      return this.#give(frame, output);
    }
    if (head?.kind !== 'describe') return unexpected(frame.type);
    this.#queue.shift();
    if (!head.hidden) return this.#give(frame, null);
    if (head.of && isRows) head.of.fields = decodeRowDescription(frame.body);
  }

  #parameterDescription(frame: Frame): void {
    const head = this.#queue[0];
    if (head?.kind !== 'describe') return unexpected(frame.type);
    if (!head.hidden) return this.#give(frame, null);
    if (head.of instanceof Prepared) head.of.parameterTypes = decodeParameterDescription(frame.body);
  }

  /** ParseComplete, BindComplete or CloseComplete. */
  #acknowledged(frame: Frame): void {
    const head = this.#queue[0];
    if (!head || frame.type !== acknowledgments[head.kind]) return unexpected(frame.type);
    this.#queue.shift();
    if (head.kind === 'parse') head.prepared.settle('ready');
    if (head.kind === 'bind') {
      head.portal.settle('ready');
      this.#endFormer(head.portal);
    }
    if (head.kind === 'close' && head.portal)
      this.#chunks.end(head.portal.output, { status: 'ok', data: { reason: 'closed' } });
    // From Bind on the portal holds its locks, whoever fetches from it: that is when the tables have to be as they were.
    const confirmed = head.kind === 'bind' && head.portal.output.analysis?.wholeRows === true;
    this.#give(frame, confirmed ? head.portal.output : null);
  }

  /** The portal whose name this one has taken: where the server has not let it have that, it has ended the transaction of both. */
  #endFormer({ former }: Portal): void {
    if (former) this.#chunks.end(former.output, { status: 'ok', data: { reason: 'replaced' } });
  }

  #commandComplete(frame: Frame): void {
    const output = this.#output();
    if (!output || !isCommandTag(frame.body)) return unexpected(frame.type);
    if (output.analysis?.invalidatesCatalog) this.#deps.catalogChanged();
    if (output.statementCut === 0) return this.#completed(frame, frame);
    const tag = decodeCommandComplete(frame.body).replace(/\d+$/, String(output.statementRows));
    const { rowsMax } = output.admission.decision.obligations;
    this.#give(encodeNoticeResponse(rowLimitNotice(rowsMax ?? output.rows)), output);
    this.#completed(frame, encodeCommandComplete(tag));
  }

  /** CommandComplete or EmptyQueryResponse, which the client gets as `said`. */
  #completed(frame: Frame, said: Frame | Buffer): void {
    const head = this.#queue[0];
    const output = this.#output();
    if (!head || !output) return unexpected(frame.type);
    this.copy.end();
    this.#give(said, output);
    output.nextStatement();
    if (head.kind !== 'execute') return;
    this.#queue.shift();
    output.onAnswered();
    this.#chunks.end(output, { status: 'ok', data: {} });
  }

  #suspended(frame: Frame): void {
    const head = this.#queue[0];
    if (head?.kind !== 'execute') return unexpected(frame.type);
    this.#queue.shift();
    const { output } = head.portal;
    output.statementRows = 0;
    output.onAnswered();
    this.#give(frame, output);
  }

  #readyForQuery(frame: Frame): void {
    const head = this.#queue[0];
    const status = decodeReadyForQuery(frame.body);
    if (head?.kind === 'query') {
      // An error in it has had the last word already.
      this.#chunks.end(head.output, { status: 'ok', data: {} });
      head.output.onAnswered();
    } else if (head?.kind !== 'sync' && !(head?.kind === 'refusal' && head.simple)) return unexpected(frame.type);
    this.#queue.shift();
    this.#skipping = false;
    this.copy.end();
    this.#give(frame, null);
    this.#deps.ready(status);
  }

  #error(frame: Frame): void {
    const fields = decodeNoticeFields(frame.body);
    const head = this.#queue[0];
    this.ended = lastWords.has(fields.get('V') ?? '');
    this.copy.end();
    if (head?.kind === 'refusal') {
      this.#give(head.answer, null);
      if (!head.simple) this.#skipToSync();
      return;
    }
    const sqlstate = fields.get('C') ?? '';
    const output = head ? outputOf(head) : null;
    if (head?.kind === 'parse') this.#chunks.behind(this.#deps.unparsed(head.prepared, sqlstate));
    const plain = output
      ? mayShow(fields, output)
      : head?.kind === 'parse' || head?.kind === 'describe' || this.#deps.frank();
    this.#give(plain ? frame : encodeErrorResponse(withheld(fields)), output);
    if (output) this.#chunks.end(output, { status: 'error', data: { sqlstate } });
    // An error at commit answers Sync itself: ReadyForQuery follows.
    if (head && head.kind !== 'query' && head.kind !== 'sync') this.#skipToSync();
  }

  #skipToSync(): void {
    const sync = this.#queue.findIndex((each) => each.kind === 'sync');
    this.#skipping = sync === -1;
    for (const each of this.#queue.splice(0, sync === -1 ? this.#queue.length : sync)) this.#drop(each);
  }

  /** It was forwarded but never ran, or nobody will hear its answer. */
  #drop(expectation: Expectation, reason = 'skipped after an error'): void {
    const output = outputOf(expectation);
    if (output) this.#chunks.end(output, { status: 'canceled', data: { reason } });
    if (expectation.kind === 'parse') expectation.prepared.settle('failed');
    else if (expectation.kind === 'bind') {
      expectation.portal.settle('failed');
      this.#endFormer(expectation.portal);
    } else output?.onAnswered();
    this.#deps.failed(expectation);
  }

  #notice(frame: Frame): void {
    const asked = this.#output();
    // Before its answer begins, planning speaks of a statement that may hide more than the one before it.
    const frank = asked ? asked.frank : this.#deps.frank() && this.#last?.frank !== false;
    const told = frank ? frame : encodeNoticeResponse(withheld(decodeNoticeFields(frame.body)));
    this.#give(told, asked ?? this.#last);
  }

  #parameterStatus(frame: Frame): void {
    const { name, value } = decodeParameterStatus(frame.body);
    const pinned = pins[name];
    if (pinned && !pinned.test(value) && !(this.#deps.loose() && !pinnedForAll(name))) {
      const text = `The server reports another ${name} than the gate has pinned.`;
      return this.#deps.close({ code: 'unsafe_setting', text });
    }
    // A view or trigger can put a value into a setting: only what the client itself has set, or the rollback of it, is told.
    // The server tells of all that has changed before ReadyForQuery, whichever statement changed it.
    if (!this.#deps.settingsKnown()) return;
    const output = this.#output() ?? this.#last;
    if (!output || output.unmasked || output.analyses.every(mayBeTold)) this.#give(frame, null);
  }

  #copied(frame: Frame): void {
    const output = this.#output();
    const said = this.copy.take(frame, output);
    if (said === false) return unexpected(frame.type);
    if (said) this.#give(said, output);
  }

  /** The message as it came, or another in its place. */
  #give(message: Frame | Buffer, output: Output | null): void {
    if (output) this.#last = output;
    output?.begin();
    this.#chunks.add(message, output);
  }
}

/** @throws ProtocolError always */
function unexpected(type: number): never {
  const name = String.fromCharCode(type);
  throw new ProtocolError('malformed', `The server sent a message of type ${name} that answers nothing.`);
}

/** What a client changes settings by, and what changes none. */
const setters: ReadonlySet<string> = new Set(['setting', 'show', 'transaction', 'utility']);

function mayBeTold({ kind, facts }: StatementAnalysis): boolean {
  return setters.has(kind) && facts.command !== 'EXPLAIN';
}

function rowLimitNotice(rows: number): NoticeFields {
  return new Map([
    ['S', 'WARNING'],
    ['V', 'WARNING'],
    ['C', '01000'],
    ['M', `The policy's row limit of ${rows} was reached; further rows were withheld.`],
    ['H', 'Narrow the question, or ask for a rule with a higher limit.'],
  ]);
}

const acknowledgments: Partial<Record<Expectation['kind'], number>> = {
  parse: letter('1'),
  bind: letter('2'),
  close: letter('3'),
};

/** Severities after which the server closes the connection (PostgreSQL manual, "Error and Notice Message Fields"). */
const lastWords: ReadonlySet<string> = new Set(['FATAL', 'PANIC']);

function letter(type: string): number {
  return type.charCodeAt(0);
}
