// The upstream's side of a PostgreSQL session: every backend message is matched with what was asked, masked, recorded,
// and only then released. A message nobody asked for ends the session.
// INVARIANT: bytes reach the client only through `flush`, after the log has confirmed them.
// Longer than 400 lines: one method a message, and all of them share the one queue of what was asked.

import type { ErrorCode } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { MaskView } from '../masking/mask.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { KeyColumns } from '../sql/key-lookups.ts';
import { pinnedForAll } from '../sql/settings.ts';
import { decodeCopyResponse } from '../wire/postgres/copy.ts';
import { CopyRows } from '../wire/postgres/copy-rows.ts';
import {
  decodeNoticeFields,
  encodeErrorResponse,
  encodeNoticeResponse,
  type NoticeFields,
} from '../wire/postgres/error-fields.ts';
import { decodeParameterDescription } from '../wire/postgres/extended.ts';
import { Frame } from '../wire/postgres/frame.ts';
import { decodeCommandComplete, encodeCommandComplete, isCommandTag } from '../wire/postgres/query.ts';
import { decodeRowDescription, encodeRowDescription } from '../wire/postgres/rows.ts';
import { decodeParameterStatus, decodeReadyForQuery } from '../wire/postgres/status.ts';
import { mayConcernPatients, watchedPlan } from './patients-seen.ts';
import { type ColumnPlan, type OutputField, planColumns } from './postgres-columns.ts';
import { planCopy } from './postgres-copy.ts';
import { mayShow, withheld } from './postgres-errors.ts';
import { Gathered, type Stretch } from './postgres-gathered.ts';
import { pins } from './postgres-pins.ts';
import { inFormats, preparedPlan } from './postgres-prepared-plan.ts';
import { type Expectation, type Output, type OutputEnd, type Portal, Prepared } from './postgres-statements.ts';

export interface RepliesDeps {
  readonly catalog: () => Catalog;
  readonly viewOf: (output: Output) => MaskView;
  /** Columns that tell which patient a row is about; null = nobody has named any. */
  readonly patientKeys: () => KeyColumns | null;
  /** Writes whole messages to the client. */
  readonly send: (bytes: Buffer) => void;
  /** The session cannot go on. */
  readonly fatal: (code: ErrorCode, text: string) => void;
  /** A statement that changes the catalog has completed. */
  readonly catalogChanged: () => void;
  /** ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  readonly ready: (status: 'I' | 'T' | 'E') => void;
  readonly failed: (expectation: Expectation) => void;
  /** The session's past hides nothing from its subject: the server's own words may be told. */
  readonly frank: () => boolean;
  /** Pins that are not for everybody no longer hold: nothing is masked in this session any more. */
  readonly loose: () => boolean;
  /** Whether a snapshot of the catalog still holds, asked now. */
  readonly confirms: (catalog: Catalog) => Promise<boolean>;
  /** The server would not even parse it: resolves when that is on record. */
  readonly unparsed: (prepared: Prepared, sqlstate: string) => Promise<void>;
}

export class PostgresReplies {
  readonly #deps: RepliesDeps;
  readonly #queue: Expectation[] = [];
  readonly #gathered = new Gathered();
  /** Answers that are whole: they are recorded as ended with, or behind, what has gathered of them. */
  #ending = new Map<Output, OutputEnd>();
  /** Records made elsewhere that have to be durable before the next release. */
  #recording: Promise<unknown>[] = [];
  /** What the server says on its own account is filed under what was asked last. */
  #last: Output | null = null;
  /** An error has been answered in the extended protocol: everything up to Sync is skipped upstream. */
  #skipping = false;
  /** Takes the rows of a COPY TO apart that are masked or counted. */
  #copyRows: CopyRows | null = null;
  /** A COPY TO has begun: only now do rows of one mean anything. */
  #copyingOut = false;
  /** The answer that takes CopyData from the client. */
  copyingIn: Output | null = null;
  /** The server has said why it ends the session. */
  ended = false;

  constructor(deps: RepliesDeps) {
    this.#deps = deps;
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

  /** True when a chunk is full and should be flushed before more is taken in. */
  get full(): boolean {
    return this.#gathered.bytes >= limits.responseChunkBytesMax;
  }

  /** There is something to flush. */
  get gathered(): boolean {
    return this.#gathered.bytes > 0;
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

  /**
   * What the columns are called by position was read before the statement ran. As it holds a lock on them since, the
   * catalog as it is now says whether that was still so.
   */
  async #confirmed(output: Output): Promise<boolean> {
    output.unconfirmed = false;
    if (await this.#deps.confirms(output.catalog)) return true;
    this.#deps.fatal('not_provable', 'The tables have changed while the statement ran: run it again.');
    return false;
  }

  /** Takes one whole backend message. Returns false when the session cannot go on. */
  take(frame: Frame): boolean {
    switch (String.fromCharCode(frame.type)) {
      case 'D':
        return this.row(frame.buffer, frame.start, frame.end);
      case 'C':
        return this.#commandComplete(frame);
      case 'I':
        return this.#completed(frame);
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
        return this.#deps.loose() ? this.#emit(frame, this.#last) : true;
      case 'G':
      case 'H':
      case 'd':
      case 'c':
        return this.#copy(frame);
      default:
        return this.#unexpected(String.fromCharCode(frame.type));
    }
  }

  /** The client has gone or the session is closing: what is still open will not be answered, and nothing more is given out. */
  abandon(reason: string): void {
    for (const expectation of this.#queue.splice(0)) this.#drop(expectation, reason);
    // What is whole but was given to nobody ends with the session.
    for (const [output, end] of this.#ending) if (end.status === 'canceled') output.end(end);
  }

  /**
   * No more of this answer will come. INVARIANT: the record that says so is the last of it: it is made with what has gathered
   * of the answer, or behind that. The first word counts.
   */
  end(output: Output, end: OutputEnd): void {
    if (!output.ended && !this.#ending.has(output)) this.#ending.set(output, end);
  }

  #output(): Output | null {
    const head = this.#queue[0];
    if (head?.kind === 'query') return head.output;
    return head?.kind === 'execute' ? head.portal.output : null;
  }

  /** The DataRow at [start, end) of `buffer`. Returns false when the session cannot go on. */
  row(buffer: Buffer, start: number, end: number): boolean {
    const head = this.#queue[0];
    const output = this.#output();
    const plan = output?.plan ?? (head?.kind === 'execute' ? this.#planPortal(head.portal) : null);
    if (!head || !output || !plan) return this.#unexpected('D');
    if (!output.countRow()) return true;
    this.#last = output;
    if (plan.untouched) this.#gathered.addSlice(buffer, start, end, output);
    else this.#gathered.addRow(buffer, start, end, plan.maskers, output);
    return true;
  }

  #planPortal(portal: Portal): Output['plan'] {
    const { prepared, output, formats } = portal;
    const known = portal.fields ? null : (prepared?.fields ?? null);
    const { analysis } = output;
    if (prepared && known && analysis && !this.#deps.patientKeys()) {
      const basis = { fields: known, formats, analysis, output, catalog: this.#deps.catalog() };
      output.borrow(prepared, preparedPlan(prepared, basis, this.#deps.viewOf(output)));
      return output.plan;
    }
    output.fields = portal.fields ?? (known && inFormats(known, formats));
    if (!output.fields || !analysis) {
      if (output.unmasked) output.plan = this.#watched(untouched, [], output);
      return output.plan;
    }
    output.plan = this.#planOf(output.fields, analysis, output);
    return output.plan;
  }

  #planOf(fields: readonly OutputField[], analysis: StatementAnalysis, output: Output): ColumnPlan {
    const plan = planColumns(fields, analysis, this.#deps.catalog(), this.#deps.viewOf(output), output.counts);
    return this.#watched(plan, fields, output);
  }

  /** The plan, with an eye on whom the rows are about. */
  #watched(plan: ColumnPlan, fields: readonly OutputField[], output: Output): ColumnPlan {
    const keys = this.#deps.patientKeys();
    if (!keys) return plan;
    const watched = watchedPlan(plan, fields, this.#deps.catalog(), keys, output.patients);
    output.unnamed = watched === plan && output.asked.length === 0 && mayConcernPatients(output.analysis?.facts, keys);
    return watched;
  }

  #described(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind === 'query' && frame.type === letter('T')) {
      const { output } = head;
      if (!output.analysis) return this.#unexpected(String.fromCharCode(frame.type));
      const fields = decodeRowDescription(frame.body);
      output.plan = this.#planOf(fields, output.analysis, output);
      output.described = true;
      return this.#emit(frame, output);
    }
    if (head?.kind !== 'describe') return this.#unexpected(String.fromCharCode(frame.type));
    this.#queue.shift();
    if (head.hidden && head.of && frame.type === letter('T')) head.of.fields = decodeRowDescription(frame.body);
    return head.hidden ? true : this.#emit(frame, null);
  }

  #parameterDescription(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind !== 'describe') return this.#unexpected(String.fromCharCode(frame.type));
    if (!head.hidden) return this.#emit(frame, null);
    if (head.of instanceof Prepared) head.of.parameterTypes = decodeParameterDescription(frame.body);
    return true;
  }

  #acknowledged(frame: Frame): boolean {
    const head = this.#queue[0];
    if (!head || frame.type !== acknowledgments[head.kind]) return this.#unexpected(String.fromCharCode(frame.type));
    this.#queue.shift();
    if (head.kind === 'parse') head.prepared.settle('ready');
    if (head.kind === 'bind') {
      head.portal.settle('ready');
      this.#endFormer(head.portal);
    }
    if (head.kind === 'close' && head.portal)
      this.end(head.portal.output, { status: 'ok', data: { reason: 'closed' } });
    // From Bind on the portal holds its locks, whoever fetches from it: that is when the tables have to be as they were.
    const confirmed = head.kind === 'bind' && head.portal.output.analysis?.wholeRows === true;
    return this.#emit(frame, confirmed ? head.portal.output : null);
  }

  /** The portal whose name this one has taken: where the server has not let it have that, it has ended the transaction of both. */
  #endFormer({ former }: Portal): void {
    if (former) this.end(former.output, { status: 'ok', data: { reason: 'replaced' } });
  }

  #commandComplete(frame: Frame): boolean {
    const output = this.#output();
    if (!output || !isCommandTag(frame.body)) return this.#unexpected(String.fromCharCode(frame.type));
    if (output.analysis?.invalidatesCatalog) this.#deps.catalogChanged();
    if (output.statementCut === 0) return this.#completed(frame);
    const tag = decodeCommandComplete(frame.body).replace(/\d+$/, String(output.statementRows));
    this.#emit(
      encodeNoticeResponse(rowLimitNotice(output.admission.decision.obligations.rowsMax ?? output.rows)),
      output,
    );
    return this.#completed(encodeCommandComplete(tag));
  }

  /** CommandComplete or EmptyQueryResponse. */
  #completed(message: Frame | Buffer): boolean {
    const head = this.#queue[0];
    const output = this.#output();
    if (!head || !output) return false;
    this.copyingIn = null;
    this.#copyRows = null;
    this.#copyingOut = false;
    this.#emit(message, output);
    output.nextStatement();
    if (head.kind === 'execute') {
      this.#queue.shift();
      output.onAnswered();
      this.end(output, { status: 'ok', data: {} });
    }
    return true;
  }

  #suspended(frame: Frame): boolean {
    const head = this.#queue[0];
    if (head?.kind !== 'execute') return this.#unexpected(String.fromCharCode(frame.type));
    this.#queue.shift();
    const { output } = head.portal;
    output.statementRows = 0;
    output.onAnswered();
    return this.#emit(frame, output);
  }

  #readyForQuery(frame: Frame): boolean {
    const head = this.#queue[0];
    const status = decodeReadyForQuery(frame.body);
    if (head?.kind === 'query') {
      // An error in it has had the last word already.
      this.end(head.output, { status: 'ok', data: {} });
      head.output.onAnswered();
    } else if (head?.kind !== 'sync' && !(head?.kind === 'refusal' && head.simple))
      return this.#unexpected(String.fromCharCode(frame.type));
    this.#queue.shift();
    this.#skipping = false;
    this.copyingIn = null;
    this.#emit(frame, null);
    this.#deps.ready(status);
    return true;
  }

  #error(frame: Frame): boolean {
    const fields = decodeNoticeFields(frame.body);
    const head = this.#queue[0];
    this.ended = lastWords.has(fields.get('V') ?? '');
    this.copyingIn = null;
    this.#copyRows = null;
    this.#copyingOut = false;
    if (head?.kind === 'refusal') {
      this.#emit(head.answer, null);
      if (!head.simple) this.#skipToSync();
      return true;
    }
    const output = this.#output() ?? (head?.kind === 'bind' ? head.portal.output : null);
    if (head?.kind === 'parse') this.#recording.push(this.#deps.unparsed(head.prepared, fields.get('C') ?? ''));
    const plain = output
      ? mayShow(fields, output)
      : head?.kind === 'parse' || head?.kind === 'describe' || this.#deps.frank();
    this.#emit(plain ? frame : encodeErrorResponse(withheld(fields)), output);
    if (output) this.end(output, { status: 'error', data: { sqlstate: fields.get('C') ?? '' } });
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
    const canceled: OutputEnd = { status: 'canceled', data: { reason } };
    if (expectation.kind === 'query') this.end(expectation.output, canceled);
    if (expectation.kind === 'bind' || expectation.kind === 'execute') this.end(expectation.portal.output, canceled);
    if (expectation.kind === 'bind') this.#endFormer(expectation.portal);
    if (expectation.kind === 'query') expectation.output.onAnswered();
    if (expectation.kind === 'execute') expectation.portal.output.onAnswered();
    this.#deps.failed(expectation);
  }

  #notice(frame: Frame): boolean {
    const output = this.#output() ?? this.#last;
    return this.#emit(
      (output ? output.frank : this.#deps.frank())
        ? frame
        : encodeNoticeResponse(withheld(decodeNoticeFields(frame.body))),
      output,
    );
  }

  #parameterStatus(frame: Frame): boolean {
    const { name, value } = decodeParameterStatus(frame.body);
    const pinned = pins[name];
    if (pinned && !pinned.test(value) && !(this.#deps.loose() && !pinnedForAll(name))) {
      this.#deps.fatal('unsafe_setting', `The server reports another ${name} than the gate has pinned.`);
      return false;
    }
    // A view or trigger can put a value into a setting: only what the client itself has set, or the rollback of it, is told.
    const output = this.#output() ?? this.#last;
    const asked = output?.unmasked === true || output?.analyses.every(mayBeTold) === true;
    return asked || !output ? this.#emit(frame, null) : true;
  }

  #copy(frame: Frame): boolean {
    const output = this.#output();
    const analysis = output?.analysis;
    const opaque = output?.unmasked === true && analysis?.facts.opaque === true;
    if (!output || !analysis || !(analysis.kind === 'copy' || opaque))
      return this.#unexpected(String.fromCharCode(frame.type));
    if (!output.unmasked && analysis.refusals.length > 0) return this.#unexpected(String.fromCharCode(frame.type));
    if (frame.type === letter('G')) this.copyingIn = output;
    if (frame.type === letter('H')) this.#copyingOut = this.#beginCopy(frame, output, analysis);
    if (frame.type !== letter('G') && !this.#copyingOut) return this.#unexpected(String.fromCharCode(frame.type));
    if (frame.type === letter('c')) this.#copyingOut = false;
    const rows = this.#copyRows;
    if (!rows || frame.type === letter('H') || frame.type === letter('G')) return this.#emit(frame, output);
    if (frame.type === letter('d')) {
      const whole = rows.push(frame.body);
      return whole.length === 0 || this.#emit(whole, output);
    }
    rows.end();
    return this.#emit(frame, output);
  }

  #beginCopy(frame: Frame, output: Output, analysis: StatementAnalysis): boolean {
    const { rowsMax } = output.admission.decision.obligations;
    const passes = output.unmasked && rowsMax === null;
    if (passes && !this.#deps.patientKeys()) return true;
    const response = decodeCopyResponse(frame.body);
    const [catalog, view] = [this.#deps.catalog(), this.#deps.viewOf(output)];
    const watched = (each: ColumnPlan, fields: readonly OutputField[]) => this.#watched(each, fields, output);
    const plan = planCopy(response, analysis, catalog, view, output.counts, watched);
    if (!plan || !analysis.copy) {
      if (passes) output.patients.addUnnamed();
      return passes;
    }
    output.unconfirmed = analysis.copy.columns !== null && !output.unmasked;
    this.#copyRows = new CopyRows(analysis.copy.format, plan.maskers, () => output.countRow());
    return true;
  }

  #unexpected(letter: string): boolean {
    this.#deps.fatal('upstream_protocol', `The server sent a message of type ${letter} that answers nothing.`);
    return false;
  }

  /** The message as it came, or another in its place. */
  #emit(message: Frame | Buffer, output: Output | null): true {
    if (output) this.#last = output;
    output?.begin();
    if (message instanceof Frame) this.#gathered.addSlice(message.buffer, message.start, message.end, output);
    else this.#gathered.add(message, output);
    return true;
  }
}

/** Of a result nobody has described, for who sees everything. */
const untouched: ColumnPlan = { maskers: [], untouched: true, classes: [] };

/** What a client changes settings by. */
const setters: ReadonlySet<string> = new Set(['setting', 'transaction', 'utility']);

function mayBeTold({ kind, facts }: StatementAnalysis): boolean {
  return setters.has(kind) && facts.command !== 'EXPLAIN';
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

function rowLimitNotice(rows: number): NoticeFields {
  return new Map([
    ['S', 'WARNING'],
    ['V', 'WARNING'],
    ['C', '01000'],
    ['M', `The policy's row limit of ${rows} was reached; further rows were withheld.`],
    ['H', 'Narrow the question, or ask for a rule with a higher limit.'],
  ]);
}

/** ParseComplete, BindComplete, CloseComplete. */
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
