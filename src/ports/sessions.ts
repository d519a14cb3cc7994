// The index of sessions: what the log says, arranged for looking things up. Derived, never a source: it can be deleted
// at any time and is rebuilt from the log.

import type { JsonObject } from '../core/json.ts';
import type { RecordInput } from '../core/record.ts';
import type { RecordedHold } from './holds.ts';
import type { LogReader } from './log.ts';

export interface SessionSummary {
  readonly id: string;
  readonly subject: NonNullable<RecordInput['subject']>;
  readonly connection: string;
  readonly door: string;
  readonly client: string;
  /** Where it came from, as the door saw it: an IP address. Empty where there was no network. */
  readonly address: string;
  /** The session and request that caused this one (a tool call causes SQL). */
  readonly parent: { readonly session: string; readonly request: string | null } | null;
  /** RFC 3339, UTC. `ended` is null while the session is open. */
  readonly started: string;
  readonly ended: string | null;
  /** Requests by what the policy said, and those the gate never learned the end of. */
  readonly allowed: number;
  readonly held: number;
  readonly denied: number;
  readonly unknown: number;
}

export interface SessionFilter {
  readonly subject?: { readonly id: string; readonly issuer?: string };
  readonly connection?: string;
  readonly door?: string;
  /** Only sessions with at least one request that was decided so. */
  readonly decision?: 'allow' | 'hold' | 'deny';
  /** Started at or after / before; RFC 3339, UTC, as the log writes it. */
  readonly since?: string;
  readonly until?: string;
  /** Only sessions of a subject that was in this group when it began. */
  readonly group?: string;
  /** Only sessions with at least one request that was about it. */
  readonly tool?: string;
  /** `schema.table`, or a table's name in any schema. */
  readonly table?: string;
  readonly rule?: string;
  /** Only sessions in which this PHI class was read, asked with or masked. */
  readonly phi?: string;
  /** Only sessions older than this one: the last of a page gives the next page. */
  readonly before?: string;
  readonly limit: number;
}

export interface SessionIndex {
  /** Applies what the log has gained since the last time. Calls are queued; each sees every entry confirmed before it. */
  catchUp(reader: LogReader): Promise<void>;
  /** Newest first. */
  list(filter: SessionFilter): readonly SessionSummary[];
  get(id: string): SessionSummary | undefined;
  /** Sessions this one caused, oldest first. */
  childrenOf(id: string): readonly SessionSummary[];
  /** Entries before which the clock was set back, ascending: between two of them, times do not decrease. */
  setBacks(): readonly number[];
  /** Sequence numbers of the entries of one session, ascending. */
  entriesOf(id: string): readonly number[];
  /** What has left about the patients of these keyed names, and not been shredded. Newest first. */
  disclosuresOf(names: readonly string[], filter: DisclosureFilter): readonly Disclosure[];
  /** What the index could read of whom one session saw, and whether any of these keyed names is among them. */
  seenIn(session: string, names: readonly string[]): SeenInSession;
  /** Answers in that time that were about patients and did not say which. */
  unnamedDisclosures(filter: Pick<DisclosureFilter, 'since' | 'until'>): number;
  /** Answers in that time that were about patients, of sessions that have been shredded since: about whom, nobody can tell. */
  shreddedDisclosures(filter: Pick<DisclosureFilter, 'since' | 'until'>): number;
  /** Legal holds that are on record, and whose release is not: what the store has to know too. */
  heldOnRecord(): readonly RecordedHold[];
  /** Forgets everything and reads the log again. Queued like `catchUp`; whoever asks meanwhile waits for it. */
  rebuild(reader: LogReader): Promise<Rebuilt>;
}

export interface SeenInSession {
  /** Records of answers in which patients stand; those that only the question named are not counted. */
  readonly records: number;
  /** Names in all of its records, one for each record that has it. */
  readonly names: number;
  readonly any: boolean;
}

/** One answer that concerned a patient. */
export interface Disclosure {
  /** Sequence number of its record, whose payload holds the purpose that was stated. */
  readonly seq: number;
  readonly time: string;
  readonly session: SessionSummary;
  readonly request: string;
  /** `row`: the patient stands in the answer; `asked`: the question named them, and there was an answer. */
  readonly by: 'row' | 'asked';
  /** The record's data: what was read (`command`, `relations`, `tool`), `phi`, `unmask`, `masked`, `rule`. */
  readonly data: JsonObject;
  readonly purpose: boolean;
}

export interface DisclosureFilter {
  readonly since?: string;
  readonly until?: string;
  /** Older than this record. */
  readonly before?: number;
  readonly limit: number;
}

/** `same`: what was read anew says what the index said before, byte for byte. */
export interface Rebuilt {
  readonly entries: number;
  readonly sessions: number;
  readonly same: boolean;
}
