// What retention has still to see to: whose payloads are past their time, which of them a legal hold keeps, what is being
// destroyed. It is read off the log in order and kept between runs, so that no run reads the log from its beginning.

import { canonicalJson, type JsonObject } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import { packIndex } from './payload-pack.ts';

/** Why payloads are kept beyond their time. */
export interface Hold {
  readonly kind: 'session' | 'subject' | 'patient';
  /** A session's id, a subject's id, or the keyed name of a patient. */
  readonly target: string;
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

interface KnownSession {
  /** Null when the log, as far as it was read, does not say whose it was. */
  readonly subject: string | null;
  /** The session that caused this one: a tool's answer holds what its SQL read. */
  readonly parent: string | null;
  open: boolean;
  readonly packs: number[];
}

export class RetentionLedger {
  /** The first entry that has not been seen. */
  next = 0;
  /** On its way into the log, or recorded and not destroyed yet. */
  underway: Underway | null = null;
  readonly #sessions = new Map<string, KnownSession>();
  /** Packs with payloads of no session. */
  readonly #general = new Set<number>();
  #doomed: Doomed[] = [];

  /** Entries past their time, in order. */
  see({ seq, type, session, subject, parent, payload }: Entry): void {
    if (seq < this.next) return;
    this.next = seq + 1;
    const pack = packIndex(seq);
    if (session === undefined) {
      if (payload) this.#general.add(pack);
      return;
    }
    if (type === 'session.start') {
      const cause = parent?.session ?? null;
      this.#sessions.set(session, { subject: subject?.id ?? null, parent: cause, open: true, packs: [] });
    }
    const known = this.#sessions.get(session) ?? { subject: null, parent: null, open: false, packs: [] };
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
   * INVARIANT: what may fall under a hold, for all that is known, falls under it. A patient may be in any session: the index of
   * patients begins where it was configured, and knows no patient of an answer that names none.
   */
  due(holds: readonly Hold[]): Shredding {
    const isHeld = (id: string, { subject, parent }: KnownSession): boolean =>
      holds.some(({ kind, target }) => {
        if (kind === 'session') return target === id || target === parent || this.#sessions.get(target)?.parent === id;
        return kind === 'patient' || subject === null || subject === target;
      });
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
      [...this.#sessions].map(([id, { subject, parent, open, packs }]) => [id, { subject, parent, open, packs }]),
    );
    const { underway } = this;
    return canonicalJson({
      v: 1,
      next: this.next,
      sessions,
      general: [...this.#general],
      doomed: this.#doomed.map((each) => ({ ...each })),
      underway: underway && { ...underway },
    });
  }

  /** Undefined unless `text` came from {@link encode}. */
  static decode(text: string): RetentionLedger | undefined {
    try {
      const { v, next, sessions, general, doomed, underway } = JSON.parse(text);
      if (v !== 1) return undefined;
      const ledger = new RetentionLedger();
      ledger.next = next;
      ledger.underway = underway;
      for (const [id, known] of Object.entries<KnownSession>(sessions)) ledger.#sessions.set(id, known);
      for (const pack of general) ledger.#general.add(pack);
      ledger.#doomed = doomed;
      return ledger.encode() === text ? ledger : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What a `retention.shredded` record names: ids of sessions, and numbers of packs whose general payloads went. */
export function shreddedIn({ session, data }: Pick<Entry, 'session' | 'data'>): (string | number)[] {
  const listed = [data?.['sessions'], data?.['packs']].flatMap((each) => (Array.isArray(each) ? each : []));
  const named = listed.filter((each) => typeof each === 'string' || typeof each === 'number');
  return session === undefined ? named : [session, ...named];
}
