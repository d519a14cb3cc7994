// What retention has still to see to: whose payloads are past their time, which of them a legal hold keeps, what is being
// destroyed. It is read off the log in order and kept between runs, so that no run reads the log from its beginning.

import { isHousekeeping } from '../core/decision.ts';
import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import { packIndex } from './payload-pack.ts';

/** Why payloads are kept beyond their time. */
export type Hold =
  /** `target`: a session's id, or a subject's. */
  | { readonly kind: 'session' | 'subject'; readonly target: string }
  | {
      readonly kind: 'patient';
      /** Of the identifiers the patient is held by; none = they may be in any session. */
      readonly kinds: readonly string[];
      /** What the index says of a session. */
      readonly seenIn: (session: string) => PatientsSeenIn;
    };

/** Records in which patients stand in the answer, names in all records, and whether the held patient's is one of them. */
export interface PatientsSeenIn {
  readonly records: number;
  readonly names: number;
  readonly any: boolean;
}

/** Sessions, and packs of which the payloads that belong to no session go. */
export interface Shredding {
  readonly sessions: readonly string[];
  readonly packs: readonly number[];
}

/** A pack with payloads that are to be taken out of it; `general`: those that belong to no session. */
export interface Doomed {
  readonly pack: number;
  /** The record that says so: what came after it is not meant. */
  readonly below: number;
  readonly sessions: readonly string[];
  readonly general: boolean;
}

export interface Underway extends Shredding {
  /** Names of the files of the wrapped keys. */
  readonly keys: readonly string[];
  /** Its record is this entry or a later one. */
  readonly from: number;
}

/** Whom a session saw, as far as its entries tell: an index that says less has not read all of it. */
interface Sight {
  /** Kinds of identifiers its connection told patients apart by. */
  readonly kinds: readonly string[];
  records: number;
  names: number;
  /** Requests that have not said yet whom they are about. */
  readonly open: string[];
}

interface KnownSession {
  /** Null when the log, as far as it was read, does not say whose it was. */
  readonly subject: string | null;
  /** The session that caused this one: a tool's answer holds what its SQL read. */
  readonly parent: string | null;
  open: boolean;
  readonly packs: number[];
  /** Null = it may have seen any patient. */
  sight: Sight | null;
}

export class RetentionLedger {
  /** The first entry that has not been seen. */
  next = 0;
  /** What was past its time at the last round: everything before this. RFC 3339, UTC; null where there was no round. */
  before: string | null = null;
  /** On its way into the log, or recorded and not destroyed yet. */
  underway: Underway | null = null;
  readonly #sessions = new Map<string, KnownSession>();
  /** Packs with payloads of no session. */
  readonly #general = new Set<number>();
  #doomed: Doomed[] = [];

  /** Entries past their time, in order. */
  see(entry: Entry): void {
    const { seq, type, session, subject, parent, payload } = entry;
    if (seq < this.next) return;
    this.next = seq + 1;
    const pack = packIndex(seq);
    // What tells patients apart may be something else from here on.
    if (type === 'config.changed') for (const each of this.#sessions.values()) if (each.open) each.sight = null;
    if (session === undefined) {
      if (payload) this.#general.add(pack);
      return;
    }
    if (type === 'session.start') {
      const cause = parent?.session ?? null;
      const sight = sightFrom(entry);
      this.#sessions.set(session, { subject: subject?.id ?? null, parent: cause, open: true, packs: [], sight });
    }
    const known = this.#sessions.get(session) ?? { subject: null, parent: null, open: false, packs: [], sight: null };
    if (known.sight && !sees(known.sight, entry)) known.sight = null;
    if (payload) {
      this.#sessions.set(session, known);
      if (known.packs.at(-1) !== pack) known.packs.push(pack);
    }
    if (type !== 'session.end') return;
    known.open = false;
    if (known.packs.length === 0) this.#sessions.delete(session);
  }

  /** Who a session belonged to, of those that have payloads past their time. */
  get sessions(): ReadonlyMap<string, { readonly subject: string | null }> {
    return this.#sessions;
  }

  /**
   * What may be destroyed: sessions that are over, and general payloads of packs that are wholly past their time.
   * INVARIANT: what may fall under a hold, for all that is known, falls under it. A session is not a patient's only where every
   * answer of it says whom it is about, by the kinds of identifiers the patient is held by, and the index has read it all.
   */
  due(holds: readonly Hold[]): Shredding {
    const isOf = (hold: Hold, id: string, known: KnownSession): boolean => {
      if (hold.kind === 'patient') return mayHaveSeen(known.sight, hold, id);
      return hold.target === (hold.kind === 'session' ? id : (known.subject ?? hold.target));
    };
    const held = new Set(
      [...this.#sessions].filter(([id, each]) => holds.some((hold) => isOf(hold, id, each))).map(([id]) => id),
    );
    for (const hold of holds) if (hold.kind === 'session') held.add(hold.target);
    // With what caused it, and what it caused: a tool's answer holds what the SQL under it read.
    const causes = new Set([...this.#sessions].flatMap(([id, { parent }]) => (held.has(id) ? (parent ?? []) : [])));
    const isHeld = (id: string, { parent }: KnownSession): boolean =>
      held.has(id) || causes.has(id) || (parent !== null && held.has(parent));
    const sessions = [...this.#sessions].filter(([id, each]) => !each.open && !isHeld(id, each)).map(([id]) => id);
    const past = (pack: number): boolean => pack < packIndex(this.next);
    return { sessions, packs: holds.length > 0 ? [] : [...this.#general].filter(past) };
  }

  /** The payloads of these cannot be read any more; their bytes are still to be taken out of the packs. `below`: the record. */
  destroyed({ sessions, packs }: Shredding, below: number): void {
    const byPack = new Map<number, string[]>(packs.map((pack) => [pack, []]));
    for (const id of sessions) {
      for (const pack of this.#sessions.get(id)?.packs ?? []) byPack.set(pack, [...(byPack.get(pack) ?? []), id]);
      this.#sessions.delete(id);
    }
    for (const pack of packs) this.#general.delete(pack);
    const general = new Set(packs);
    for (const [pack, ids] of byPack) this.#doomed.push({ pack, below, sessions: ids, general: general.has(pack) });
    this.underway = null;
  }

  get doomed(): readonly Doomed[] {
    return this.#doomed;
  }

  cleaned(done: Doomed): void {
    this.#doomed = this.#doomed.filter((each) => each !== done);
  }

  encode(): string {
    const sessions: JsonObject = Object.fromEntries(
      [...this.#sessions].map(([id, { subject, parent, open, packs, sight }]) => [
        id,
        { subject, parent, open, packs, sight: sight && { ...sight } },
      ]),
    );
    const { underway } = this;
    return canonicalJson({
      v: 2,
      next: this.next,
      before: this.before,
      sessions,
      general: [...this.#general],
      doomed: this.#doomed.map((each) => ({ ...each })),
      underway: underway && { ...underway },
    });
  }

  /** Undefined unless `text` came from {@link encode}. */
  static decode(text: string): RetentionLedger | undefined {
    try {
      const { v, next, before = null, sessions, general, doomed, underway } = JSON.parse(text);
      if (v !== 1 && v !== 2) return undefined;
      const ledger = new RetentionLedger();
      ledger.next = next;
      ledger.before = before;
      ledger.underway = underway;
      // The first version did not note whom a session saw.
      for (const [id, known] of Object.entries<KnownSession>(sessions))
        ledger.#sessions.set(id, v === 1 ? { ...known, sight: null } : known);
      for (const pack of general) ledger.#general.add(pack);
      ledger.#doomed = doomed;
      return v === 1 || ledger.encode() === text ? ledger : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Null where the connection did not say what tells patients apart. */
function sightFrom({ data }: Entry): Sight | null {
  const kinds = data?.['patients'];
  const named = Array.isArray(kinds) ? kinds.filter((each: Json): each is string => typeof each === 'string') : [];
  return named.length > 0 ? { kinds: named, records: 0, names: 0, open: [] } : null;
}

/** False once something was asked or answered that does not say whom it is about. */
function sees(sight: Sight, { type, request = '', data = {} }: Entry): boolean {
  const at = sight.open.indexOf(request);
  if (type === 'request' && !isAboutNobody(data)) {
    sight.open.push(request);
  } else if (type === 'disclosure') {
    const { patients, unnamed } = data;
    if (typeof patients !== 'number' || patients === 0 || unnamed === true) return false;
    sight.records++;
    sight.names += patients;
    if (at >= 0) sight.open.splice(at, 1);
  } else if (type === 'request.end' || type === 'outcome_unknown') {
    return at < 0;
  }
  return type !== 'session.end' || sight.open.length === 0;
}

/** Housekeeping, and what was found to read nothing of patients and to hold nothing of theirs. */
function isAboutNobody({ effect, rule, command, patients, phi }: JsonObject): boolean {
  if (isHousekeeping(effect, rule)) return typeof command !== 'string' || !command.includes('PREPARE');
  return patients === 0 && Array.isArray(phi) && phi.length === 0;
}

function mayHaveSeen(sight: Sight | null, hold: Extract<Hold, { kind: 'patient' }>, id: string): boolean {
  if (sight === null || !sight.kinds.every((kind) => hold.kinds.includes(kind))) return true;
  const { records, names, any } = hold.seenIn(id);
  return any || records !== sight.records || names !== sight.names;
}

/** What a `retention.shredded` record names: ids of sessions, and numbers of packs whose general payloads went. */
export function shreddedIn({ session, data }: Pick<Entry, 'session' | 'data'>): (string | number)[] {
  const listed = [data?.['sessions'], data?.['packs']].flatMap((each) => (Array.isArray(each) ? each : []));
  const named = listed.filter((each) => typeof each === 'string' || typeof each === 'number');
  return session === undefined ? named : [session, ...named];
}
