// The upstream's side of a PostgreSQL session: every backend message is matched with what was asked, masked, recorded,
// and only then released. A message nobody asked for ends the session.
// INVARIANT: bytes reach the client only through `flush`, after the log has confirmed them.

import type { ErrorCode } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { MaskView } from '../masking/mask.ts';
import type { Catalog } from '../sql/catalog.ts';
import { rewriteDataRow } from '../wire/postgres/data-row.ts';
import {
  decodeNoticeFields,
  encodeErrorResponse,
  encodeNoticeResponse,
  type NoticeFields,
} from '../wire/postgres/error-fields.ts';
import type { Frame } from '../wire/postgres/frame.ts';
import { decodeCommandComplete, encodeCommandComplete } from '../wire/postgres/query.ts';
import { decodeRowDescription, encodeRowDescription } from '../wire/postgres/rows.ts';
import { decodeParameterStatus, decodeReadyForQuery } from '../wire/postgres/status.ts';
import { formatAt, planColumns } from './postgres-columns.ts';
import { mayShow, withheld } from './postgres-errors.ts';
import type { Expectation, Output, Portal, Prepared } from './postgres-statements.ts';

export interface RepliesDeps {
  readonly catalog: () => Catalog;
  readonly viewOf: (output: Output) => MaskView;
  /** Writes whole messages to the client. */
  readonly send: (bytes: Buffer) => void;
  /** The session cannot go on. */
  readonly fatal: (code: ErrorCode, text: string) => void;
  /** A statement that changes the catalog has completed. */
  readonly catalogChanged: () => void;
  /** ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  readonly ready: (status: 'I' | 'T' | 'E') => void;
  readonly failed: (expectation: Expectation) => void;
  /** The server would not even parse it: resolves when that is on record. */
  readonly unparsed: (prepared: Prepared, sqlstate: string) => Promise<void>;
}

interface Piece {
  readonly bytes: Buffer;
  /** Null: not part of any answer (ParseComplete, ReadyForQuery, …). */
  readonly output: Output | null;
}

export class PostgresReplies {
  readonly #deps: RepliesDeps;
  readonly #queue: Expectation[] = [];
  #pieces: Piece[] = [];
  #pieceBytes = 0;
  /** What is to be recorded as ended, once the chunk before it has been handed to the log. */
  #afterRecord: (() => void)[] = [];
  /** Records made elsewhere that have to be durable before the next release. */
  #recording: Promise<void>[] = [];
  /** What the server says on its own account is filed under what was asked last. */
  #last: Output | null = null;
  /** An error has been answered in the extended protocol: everything up to Sync is skipped upstream. */
  #skipping = false;
  /** The answer that takes CopyData from the client. */
  copyingIn: Output | null = null;

  constructor(deps: RepliesDeps) {
    this.#deps = deps;
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  expect(expectation: Expectation): void {
    if (this.#skipping && expectation.kind !== 'sync') return this.#drop(expectation);
    // What comes behind the Sync is answered again, whether or not the Sync has been.
    this.#skipping = false;
    this.#queue.push(expectation);
  }

  /** True when a chunk is full and should be flushed before more is taken in. */
  get full(): boolean {
    return this.#pieceBytes >= limits.responseChunkBytesMax;
  }

  /** Records what has gathered, waits until that is durable, then sends it. @throws LogUnavailable */
  async flush(): Promise<void> {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#pieceBytes = 0;
    const recorded = this.#recording;
    this.#recording = [];
    for (let from = 0; from < pieces.length; ) {
      const output = pieces[from]?.output ?? null;
      let to = from;
      while (to < pieces.length && pieces[to]?.output === output) to++;
      if (output) {
        const bytes = Buffer.concat(pieces.slice(from, to).map((each) => each.bytes));
        recorded.push(
          output.admission.record({ media: 'application/x-postgres-backend', bytes: withDescription(output, bytes) }),
        );
      }
      from = to;
    }
    for (const each of this.#afterRecord.splice(0)) each();
    await Promise.all(recorded);
    this.#deps.send(
      pieces.length === 1 && pieces[0] ? pieces[0].bytes : Buffer.concat(pieces.map((each) => each.bytes)),
    );
  }

  /** Takes one whole backend message. Returns false when the session cannot go on. */
  take(frame: Frame): boolean {
    switch (String.fromCharCode(frame.type)) {
      case 'D':
        return this.#dataRow(frame);
      case 'C':
        return this.#commandComplete(frame);
      case 'I':
        return this.#completed(frame.whole);
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
        // NotificationResponse: LISTEN needs a subject who sees everything.
        return this.#emit(frame.whole, this.#last);
      case 'G':
      case 'H':
      case 'd':
      case 'c':
        return this.#copy(frame);
      default:
        return this.#unexpected(frame);
    }
  }

  /** The client has gone or the session is closing: what is still open will not be answered. */
  abandon(reason: string): void {
    for (const expectation of this.#queue.splice(0)) this.#drop(expectation, reason);
  }

  #output(): Output | null {
    const head = this.#queue[0];
    if (head?.kind === 'query') return head.output;
    return head?.kind === 'execute' ? head.portal.output : null;
  }

  #dataRow(frame: Frame): boolean {
    const head = this.#queue[0];
    const output = this.#output();
    if (!head || !output) return this.#unexpected(frame);
    const plan = output.plan ?? (head.kind === 'execute' ? this.#planPortal(head.portal) : null);
    if (!plan) return this.#unexpected(frame);
    if (!output.countRow()) return true;
    return this.#emit(plan.untouched ? frame.whole : rewriteDataRow(frame.body, plan.maskers), output);
  }

  #planPortal(portal: Portal): Output['plan'] {
    const { prepared, output } = portal;
    if (!prepared.fields || !output.analysis) return null;
    output.fields = prepared.fields.map((field, position) => ({
      ...field,
      format: formatAt(portal.formats, position),
    }));
    output.plan = planColumns(
      output.fields,
      output.analysis,
      this.#deps.catalog(),
      this.#deps.viewOf(output),
      output.counts,
    );
    return output.plan;
  }

  #described(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind === 'query' && frame.type === letter('T')) {
      const { output } = head;
      if (!output.analysis) return this.#unexpected(frame);
      const fields = decodeRowDescription(frame.body);
      output.plan = planColumns(
        fields,
        output.analysis,
        this.#deps.catalog(),
        this.#deps.viewOf(output),
        output.counts,
      );
      output.described = true;
      return this.#emit(frame.whole, output);
    }
    if (head?.kind !== 'describe') return this.#unexpected(frame);
    this.#queue.shift();
    if (head.hidden && head.prepared && frame.type === letter('T'))
      head.prepared.fields = decodeRowDescription(frame.body);
    return head.hidden ? true : this.#emit(frame.whole, null);
  }

  #parameterDescription(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind !== 'describe') return this.#unexpected(frame);
    return head.hidden ? true : this.#emit(frame.whole, null);
  }

  #acknowledged(frame: Frame): boolean {
    const head = this.#queue[0];
    const asked = { '1': 'parse', '2': 'bind', '3': 'close' }[String.fromCharCode(frame.type)];
    if (!head || head.kind !== asked) return this.#unexpected(frame);
    this.#queue.shift();
    if (head.kind === 'parse') head.prepared.settle('ready');
    if (head.kind === 'bind') {
      head.portal.settle('ready');
      head.portal.former?.output.end('ok', { reason: 'replaced' });
    }
    if (head.kind === 'close') head.portal?.output.end('ok', { reason: 'closed' });
    return this.#emit(frame.whole, null);
  }

  #commandComplete(frame: Frame): boolean {
    const output = this.#output();
    if (!output) return this.#unexpected(frame);
    if (output.analysis?.invalidatesCatalog) this.#deps.catalogChanged();
    if (output.cut === 0) return this.#completed(frame.whole);
    const tag = decodeCommandComplete(frame.body).replace(/\d+$/, String(output.statementRows));
    this.#emit(encodeNoticeResponse(rowLimitNotice(output.rows)), output);
    return this.#completed(encodeCommandComplete(tag));
  }

  /** CommandComplete or EmptyQueryResponse. */
  #completed(bytes: Buffer): boolean {
    const head = this.#queue[0];
    const output = this.#output();
    if (!head || !output) return false;
    this.copyingIn = null;
    this.#emit(bytes, output);
    output.nextStatement();
    if (head.kind === 'execute') {
      this.#queue.shift();
      this.#afterRecord.push(() => output.end('ok'));
    }
    return true;
  }

  #suspended(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind !== 'execute') return this.#unexpected(frame);
    this.#queue.shift();
    return this.#emit(frame.whole, head.portal.output);
  }

  #readyForQuery(frame: Frame): boolean {
    const head = this.#queue[0];
    const status = decodeReadyForQuery(frame.body);
    if (head?.kind === 'query') this.#afterRecord.push(() => head.output.end('ok'));
    else if (head?.kind !== 'sync' && !(head?.kind === 'refusal' && head.simple)) return this.#unexpected(frame);
    this.#queue.shift();
    this.#skipping = false;
    this.copyingIn = null;
    this.#emit(frame.whole, null);
    this.#deps.ready(status);
    return true;
  }

  #error(frame: Frame): boolean {
    const fields = decodeNoticeFields(frame.body);
    const head = this.#queue[0];
    this.copyingIn = null;
    if (head?.kind === 'refusal') {
      this.#emit(head.answer, null);
      if (!head.simple) this.#skipToSync();
      return true;
    }
    const output = this.#output() ?? (head?.kind === 'bind' ? head.portal.output : null);
    if (head?.kind === 'parse') this.#recording.push(this.#deps.unparsed(head.prepared, fields.get('C') ?? ''));
    const plain = output ? mayShow(fields, output) : head?.kind === 'parse' || head?.kind === 'describe';
    this.#emit(plain ? frame.whole : encodeErrorResponse(withheld(fields)), output);
    if (output) this.#afterRecord.push(() => output.end('error', { sqlstate: fields.get('C') ?? '' }));
    // An error at commit answers Sync itself: ReadyForQuery follows.
    if (head && head.kind !== 'query' && head.kind !== 'sync') this.#skipToSync();
    return true;
  }

  #skipToSync(): void {
    const sync = this.#queue.findIndex((each) => each.kind === 'sync');
    this.#skipping = sync === -1;
    for (const each of this.#queue.splice(0, sync === -1 ? this.#queue.length : sync)) this.#drop(each);
  }

  /** It was forwarded but never ran, or nobody will hear its answer. */
  #drop(expectation: Expectation, reason = 'skipped after an error'): void {
    if (expectation.kind === 'parse') expectation.prepared.settle('failed');
    if (expectation.kind === 'bind') expectation.portal.settle('failed');
    if (expectation.kind === 'query') expectation.output.end('canceled', { reason });
    if (expectation.kind === 'bind' || expectation.kind === 'execute')
      expectation.portal.output.end('canceled', { reason });
    this.#deps.failed(expectation);
  }

  #notice(frame: Frame): boolean {
    const output = this.#output() ?? this.#last;
    return this.#emit(
      output?.unmasked ? frame.whole : encodeNoticeResponse(withheld(decodeNoticeFields(frame.body))),
      output,
    );
  }

  #parameterStatus(frame: Frame): boolean {
    const { name, value } = decodeParameterStatus(frame.body);
    const pinned = pins[name];
    if (pinned && !pinned.test(value)) {
      this.#deps.fatal('unsafe_setting', `The server reports another ${name} than the gate has pinned.`);
      return false;
    }
    // A view or trigger can put a value into a setting: only what the client itself has set, or the rollback of it, is told.
    const output = this.#output();
    const asked = output?.unmasked === true || output?.analyses.every((each) => setters.has(each.kind)) === true;
    return asked || !output ? this.#emit(frame.whole, null) : true;
  }

  #copy(frame: Frame): boolean {
    const output = this.#output();
    const analysis = output?.analysis;
    // INVARIANT: rows of a COPY are not masked, so only what needs no mask may come this way.
    if (!output || analysis?.kind !== 'copy' || !(output.unmasked || analysis.refusals.length === 0))
      return this.#unexpected(frame);
    if (frame.type === letter('G')) this.copyingIn = output;
    return this.#emit(frame.whole, output);
  }

  #unexpected(frame: Frame): boolean {
    this.#deps.fatal(
      'upstream_protocol',
      `The server sent a message of type ${String.fromCharCode(frame.type)} that answers nothing.`,
    );
    return false;
  }

  #emit(bytes: Buffer, output: Output | null): true {
    if (output) this.#last = output;
    this.#pieces.push({ bytes, output });
    this.#pieceBytes += bytes.length;
    return true;
  }
}

/** What a client changes settings by. */
const setters: ReadonlySet<string> = new Set(['setting', 'transaction', 'utility']);

/** Results are read with these in mind; a server that reports another value is no longer understood. */
const pins: Readonly<Record<string, RegExp>> = {
  client_encoding: /^UTF8$/i,
  standard_conforming_strings: /^on$/,
  DateStyle: /^ISO\b/i,
};

/** The record of rows is readable by itself: it starts with what describes them. */
function withDescription(output: Output, bytes: Buffer): Buffer {
  if (output.described || !output.fields) return bytes;
  output.described = true;
  return Buffer.concat([encodeRowDescription(output.fields), bytes]);
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

function letter(type: string): number {
  return type.charCodeAt(0);
}
