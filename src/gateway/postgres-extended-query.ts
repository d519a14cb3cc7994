// The extended query protocol (PostgreSQL 54.2.3), one method a message: Parse, Bind, Describe, Execute, Close. What can be
// answered at once is, without a promise; each has a second method for what has to be waited for.

import { errors } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { ok, type Refusal, type Result } from '../core/result.ts';
import { unread } from '../sql/analyze.ts';
import {
  type BindMessage,
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  encodeDescribe,
  encodeParse,
  type ParseMessage,
  type Target,
} from '../wire/postgres/extended.ts';
import type { Frame } from '../wire/postgres/frame.ts';
import type { AuditedSession } from './enforce.ts';
import type { Names } from './postgres-names.ts';
import type { Output } from './postgres-output.ts';
import { parametersOf } from './postgres-parameters.ts';
import type { Pipeline } from './postgres-pipeline.ts';
import { Portal } from './postgres-portal.ts';
import { type Read, type Reading, unknownName } from './postgres-reading.ts';
import type { Resolved } from './postgres-resolution.ts';
import { Cursor, Prepared } from './postgres-statements.ts';
import type { Submission } from './postgres-submission.ts';
import { foreignName, type PostgresTarget } from './postgres-target.ts';

const unknownText: Refusal = { code: 'unknown_statement', text: errors.unknown_statement.text };
const nothingNamed: Resolved = { statements: [], cursors: [], texts: {}, uses: [] };

export interface ExtendedQueryDeps {
  readonly target: PostgresTarget;
  readonly audited: AuditedSession;
  readonly names: Names;
  readonly reading: Reading;
  readonly submission: Submission;
  readonly pipeline: Pipeline;
}

export class ExtendedQuery {
  readonly #target: PostgresTarget;
  readonly #audited: AuditedSession;
  readonly #names: Names;
  readonly #reading: Reading;
  readonly #submission: Submission;
  readonly #pipeline: Pipeline;

  constructor({ target, audited, names, reading, submission, pipeline }: ExtendedQueryDeps) {
    this.#target = target;
    this.#audited = audited;
    this.#names = names;
    this.#reading = reading;
    this.#submission = submission;
    this.#pipeline = pipeline;
  }

  parse(frame: Frame): Promise<void> | undefined {
    const message = decodeParse(frame.body);
    const { name, text, parameterTypes } = message;
    const read = this.#isForeign(name) ? null : this.#reading.textNow(text);
    const isTaken = name !== '' && this.#names.prepared.has(name);
    const isPlain = read && read.analyses.length <= 1 && !isTaken && !this.#names.uncertain;
    if (!isPlain || this.#names.prepared.size >= limits.preparedPerSessionMax) return this.#parseLater(frame, message);
    const prepared = new Prepared(name, this.#pipeline.run, text, 'protocol', parameterTypes);
    this.#names.prepared.set(name, prepared);
    this.#forwardParse(frame, message, prepared);
    return undefined;
  }

  async #parseLater(frame: Frame, message: ParseMessage): Promise<void> {
    const { name, text, parameterTypes } = message;
    if (this.#isForeign(name)) return this.#refuse(foreignName, text);
    const read = await this.#reading.text(text);
    if (!read.ok) return this.#refuse(read.error, text);
    const { analyses } = read.value;
    if (read.value.unread || analyses.length > 1) {
      const unread = read.value.unread ?? { code: 'syntax', text: 'A prepared statement holds one statement.' };
      const output = await this.#submission.submit(text, { ...read.value, unread }, []);
      if (!output.ok) return this.#pipeline.refuse(output.error);
      output.value.end({ status: 'ok', data: { reason: 'only to be parsed' } });
    }
    if (this.#names.prepared.size >= limits.preparedPerSessionMax)
      return this.#pipeline.refuse({ code: 'too_many', text: 'This session holds too many prepared statements.' });
    if (this.#names.uncertain) await this.#pipeline.certain();
    const known = name === '' ? undefined : this.#names.prepared.get(name);
    const prepared = new Prepared(name, this.#pipeline.run, text, 'protocol', parameterTypes);
    const taken = known && (await this.#pipeline.settled(known));
    if (!taken) this.#names.prepared.set(name, prepared);
    this.#forwardParse(frame, message, prepared);
    // The upstream says that the name is taken, in its own words; it alone knows if it is not.
    if (taken && (await this.#pipeline.settled(prepared))) this.#names.prepared.set(name, prepared);
  }

  #forwardParse(frame: Frame, { name, text, parameterTypes }: ParseMessage, prepared: Prepared): void {
    const sent = this.#target.outgoing(text);
    if (sent === text) this.#pipeline.add(frame, { kind: 'parse', prepared });
    else this.#pipeline.push(encodeParse({ name, text: sent, parameterTypes }), { kind: 'parse', prepared });
    // The columns must be known before the first row, whether or not the client asks for them.
    const described = encodeDescribe({ kind: 'statement', name });
    this.#pipeline.push(described, { kind: 'describe', hidden: true, of: prepared });
  }

  bind(frame: Frame): Promise<void> | undefined {
    const message = decodeBind(frame.body);
    const prepared = this.#isForeign(message.portal) ? undefined : this.#names.prepared.get(message.statement);
    const read = prepared && this.#pipeline.usableNow(prepared) ? this.#reading.preparedNow(prepared) : null;
    if (!prepared || !read) return this.#bindLater(frame, message);
    const submitted = this.#submission.submit(prepared.text, read, parametersOf(message, prepared.parameterTypes));
    if (submitted instanceof Promise) return submitted.then((output) => this.#bound(frame, message, prepared, output));
    this.#bound(frame, message, prepared, submitted);
    return undefined;
  }

  async #bindLater(frame: Frame, message: BindMessage): Promise<void> {
    if (this.#isForeign(message.portal)) return this.#refuse(foreignName, '');
    if (this.#names.uncertain) await this.#pipeline.certain();
    const found = this.#names.prepared.get(message.statement);
    const prepared = found && (await this.#pipeline.usable(found)) ? found : null;
    const read = await (prepared ? this.#reading.prepared(prepared) : ok(unknownName('unknown_statement')));
    const text = prepared?.text ?? '';
    if (!read.ok) return this.#refuse(read.error, text);
    const parameters = parametersOf(message, prepared?.parameterTypes ?? []);
    this.#bound(frame, message, prepared, await this.#submission.submit(text, read.value, parameters));
  }

  #bound(frame: Frame, message: BindMessage, prepared: Prepared | null, submitted: Result<Output>): void {
    if (!submitted.ok) return this.#pipeline.refuse(submitted.error);
    const { portal: name, resultFormats } = message;
    const portal = this.#portal(name, prepared, prepared?.text ?? '', resultFormats, submitted.value);
    this.#names.portals.set(name, portal);
    this.#pipeline.add(frame, { kind: 'bind', portal });
    // What gives out the rows of something else has its columns only now.
    if (prepared?.level === 'sql' || submitted.value.uses.length > 0) this.#describePortal(portal);
  }

  #portal(name: string, prepared: Prepared | null, text: string, formats: readonly (0 | 1)[], output: Output): Portal {
    const [statement] = output.statements;
    const cursor = statement?.cursor ?? new Cursor(name, text, statement?.analysis ?? unread(unknownText), false);
    cursor.decision ??= output.admission.decision;
    output.countWith(cursor);
    const former = this.#names.portals.get(name) ?? null;
    return new Portal({ name, run: this.#pipeline.run, prepared, cursor, formats, output, former });
  }

  #describePortal(portal: Portal): void {
    const described = encodeDescribe({ kind: 'portal', name: portal.name });
    this.#pipeline.push(described, { kind: 'describe', hidden: true, of: portal });
  }

  /** A name nobody knows here is one the upstream does not know either, and it says so. */
  describe(frame: Frame): Promise<void> | undefined {
    const described = decodeDescribe(frame.body);
    const named = this.#named(described);
    if (this.#names.uncertain || (named && !this.#pipeline.isSettled(named)))
      return this.#describeLater(frame, described);
    this.#forwardDescribe(frame);
    return undefined;
  }

  async #describeLater(frame: Frame, described: Target): Promise<void> {
    if (this.#names.uncertain) await this.#pipeline.certain();
    const named = this.#named(described);
    if (named) await this.#pipeline.usable(named);
    this.#forwardDescribe(frame);
  }

  #named({ kind, name }: Target): Prepared | Portal | undefined {
    return kind === 'statement' ? this.#names.prepared.get(name) : this.#names.portals.get(name);
  }

  #forwardDescribe(frame: Frame): void {
    this.#pipeline.add(frame, { kind: 'describe', hidden: false, of: null });
  }

  execute(frame: Frame): Promise<void> | undefined {
    const { portal: name } = decodeExecute(frame.body);
    const portal = this.#names.portals.get(name);
    if (!portal || portal.output.ended || !this.#pipeline.usableNow(portal)) return this.#executeLater(frame, name);
    this.#forwardExecute(frame, portal);
    return undefined;
  }

  async #executeLater(frame: Frame, name: string): Promise<void> {
    if (this.#names.uncertain) await this.#pipeline.certain();
    const known = this.#names.portals.get(name);
    const usable = known && (await this.#pipeline.usable(known)) ? known : null;
    // One that has run to its end gives no more rows, as the server says; that question has a record of its own.
    const portal = usable && !usable.output.ended ? usable : await this.#executeCursor(name, usable?.cursor);
    if (portal) this.#forwardExecute(frame, portal);
  }

  #forwardExecute(frame: Frame, portal: Portal): void {
    if (!portal.output.uses.every((each) => this.#names.holds(each)))
      return this.#pipeline.refuse({ code: 'invalid_request', text: 'What this portal was bound to is gone.' });
    this.#names.forwarded(portal.output);
    this.#pipeline.add(frame, { kind: 'execute', portal });
  }

  /** Execute of what SQL has declared or what has run before, which is a FETCH; or of what nobody knows here. */
  async #executeCursor(name: string, cursor = this.#names.cursors.get(name)): Promise<Portal | null> {
    const text = cursor?.text ?? '';
    const statement = cursor && { analysis: cursor.analysis, cursor, effect: null };
    const read: Read = statement
      ? { analyses: [cursor.analysis], phi: [], unread: null, resolved: { ...nothingNamed, statements: [statement] } }
      : unknownName('unknown_portal');
    const submitted = await this.#submission.submit(text, read, []);
    if (!submitted.ok) {
      this.#pipeline.refuse(submitted.error);
      return null;
    }
    const portal = this.#portal(name, null, text, [], submitted.value);
    portal.settle('ready');
    if (cursor) this.#describePortal(portal);
    return portal;
  }

  async close(frame: Frame): Promise<void> {
    const { kind, name } = decodeClose(frame.body);
    if (this.#names.uncertain) await this.#pipeline.certain();
    const portal = kind === 'portal' ? (this.#names.portals.get(name) ?? null) : null;
    if (kind === 'statement') this.#names.deallocate(name);
    else {
      this.#names.portals.delete(name);
      this.#names.cursors.delete(name);
    }
    this.#pipeline.add(frame, { kind: 'close', portal });
  }

  /** What was never decided is recorded all the same. */
  async #refuse(refusal: Refusal, sql: string): Promise<void> {
    await this.#audited.refused(refusal, { sql });
    this.#pipeline.refuse(refusal);
  }

  /** A name of the protocol that the server may take for another. */
  #isForeign(name: string): boolean {
    return !this.#target.catalog.utf8 && /[^\0-\x7f]/.test(name);
  }
}
