// Retention: payloads past their time are destroyed, their record stays; legal holds stop it.
// INVARIANT: what is destroyed is in the log first, by name, and no hold that is in force when a run begins is passed over: a hold
// is over when its release is on record, whatever has become of the store.

import { type Doomed, type Hold, RetentionLedger, type Shredding, shreddedIn } from '../audit/retention-ledger.ts';
import { tileWidth } from '../audit/tree.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import { jsonPayload } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { Turns } from '../core/turns.ts';
import type { Clock } from '../ports/clock.ts';
import type { HoldStore, LegalHold } from '../ports/holds.ts';
import type { Log, LogReader } from '../ports/log.ts';
import type { PayloadKeep } from '../ports/payload-keep.ts';
import type { Random } from '../ports/random.ts';
import type { SessionIndex } from '../ports/sessions.ts';
import { namedPatient, type PatientNaming } from './patient-names.ts';

export interface RetentionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'append' | 'checkpoint'>;
  readonly reader: LogReader;
  readonly keep: PayloadKeep;
  readonly holds: HoldStore;
  readonly retainMs: number;
  /** Who saw whom. */
  readonly index: Pick<SessionIndex, 'catchUp' | 'seenIn' | 'heldOnRecord'>;
  readonly patients: PatientNaming;
  /** A keyed digest, by which people tell holds of patients apart. */
  readonly patientDigest: (patient: string) => string;
}

export interface ShredReport {
  /** Older than this is past its time; RFC 3339, UTC. */
  readonly before: string;
  readonly sessions: readonly string[];
  /** Groups of up to 256 entries of which the payloads that belong to no session go. */
  readonly packs: number;
  /** Sessions past their time that a hold keeps, or that are not over. */
  readonly kept: number;
  readonly keys: number;
  /** The clock has leapt forward, and nothing was destroyed. */
  readonly leapt: boolean;
}

export interface RetentionDesk {
  /**
   * Destroys what is past its time; with `dryRun` it only says what that would be. One at a time. With `unattended` nothing goes
   * if the clock has leapt since the last round: it is wrong, or the gate was off for long, and a person has to say which.
   * Rejects with the system's error.
   */
  shred(options?: { readonly dryRun?: boolean; readonly unattended?: boolean }): Promise<ShredReport>;
  holds(): readonly LegalHold[];
  /** Kinds of identifiers by which the hold of a patient tells sessions apart now; none = it keeps every session. */
  kindsOf(hold: LegalHold): readonly string[];
  /**
   * `targets`: the id of one session or subject, or all identifiers of one patient, `mrn:4711` or `4711`.
   * Refused: reason_required, invalid_request.
   */
  hold(kind: LegalHold['kind'], targets: readonly string[], by: Subject, reason: string): Promise<Result<LegalHold>>;
  /** Refused: reason_required, not_found. */
  release(id: string, by: Subject, reason: string): Promise<Result<LegalHold>>;
}

/** An entry holds 64 KiB, and a name at most 80 characters. */
const namedPerRecordMax = 500;
const reasonLengthMax = 2_000;
/** Further than this from one round to the next, unless a person says so. */
const leapMsMax = 40 * 86_400_000;
const targetLengthMax = 200;
/** Of a hold that is in the log and not in the store: the words are in the record's payload. */
const lostReason = 'The store has lost this hold; the log has it, and it stands until it is released.';
const identifiersMax = 20;

export function createRetentionDesk(deps: RetentionDeps): RetentionDesk {
  return new Desk(deps);
}

class Desk implements RetentionDesk {
  readonly #deps: RetentionDeps;
  readonly #turns = new Turns();

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  shred({ dryRun = false, unattended = false }: Parameters<RetentionDesk['shred']>[0] = {}): Promise<ShredReport> {
    return this.#turns.take(() => this.#shred(dryRun, unattended));
  }

  holds(): readonly LegalHold[] {
    const { holds, index } = this.#deps;
    const kept = holds.list();
    const lost = index.heldOnRecord().filter(({ id }) => !kept.some((each) => each.id === id));
    return [...kept, ...lost.map((hold) => ({ ...hold, reason: lostReason }))];
  }

  kindsOf({ patient }: LegalHold): readonly string[] {
    return patient ? namedPatient(this.#deps.patients, patient).kinds : [];
  }

  async hold(
    kind: LegalHold['kind'],
    targets: readonly string[],
    by: Subject,
    reason: string,
  ): Promise<Result<LegalHold>> {
    const { clock, random, log, holds, patientDigest } = this.#deps;
    if (!isReason(reason)) return refuse('reason_required', 'A hold needs a reason, which is recorded.');
    const given = targets.map((each) => each.trim());
    const [first] = given;
    if (first === undefined || given.some((each) => each === '' || each.length > targetLengthMax))
      return refuse('invalid_request', 'A hold needs to say of what.');
    if (given.length > (kind === 'patient' ? identifiersMax : 1))
      return refuse('invalid_request', 'A hold is of one session, one subject or one patient.');
    const target = kind === 'patient' ? patientDigest(given.join('\n')) : first;
    const sinceMs = clock.now();
    const patient = kind === 'patient' ? { patient: given } : {};
    const hold = { id: random.id('h'), kind, target, ...patient, by: nameOf(by), reason, sinceMs };
    // In force before it is on record: what a crash leaves then is a hold too many.
    holds.save(hold);
    const kinds = kind === 'patient' ? { kinds: [...this.kindsOf(hold)] } : {};
    const data = { hold: hold.id, kind, target, ...kinds };
    await log.append({ type: 'retention.held', subject: nameOf(by), data }, jsonPayload(JSON.stringify({ reason })));
    return ok(hold);
  }

  async release(id: string, by: Subject, reason: string): Promise<Result<LegalHold>> {
    const { log, reader, index, holds } = this.#deps;
    if (!isReason(reason)) return refuse('reason_required', 'Releasing a hold needs a reason, which is recorded.');
    const found = this.holds().find((each) => each.id === id);
    if (!found) return refuse('not_found', 'There is no such hold.', { next: 'List them: chartgate audit hold ls.' });
    const data = { hold: id, kind: found.kind, target: found.target };
    await log.append(
      { type: 'retention.released', subject: nameOf(by), data },
      jsonPayload(JSON.stringify({ reason })),
    );
    holds.remove(id);
    await index.catchUp(reader);
    return ok(found);
  }

  async #shred(dryRun: boolean, unattended: boolean): Promise<ShredReport> {
    const { clock, log, reader, index, keep, retainMs } = this.#deps;
    const before = new Date(clock.now() - retainMs).toISOString();
    const ledger = RetentionLedger.decode((await keep.readLedger()) ?? '') ?? new RetentionLedger();
    let keys = dryRun ? 0 : await this.#resume(ledger);
    // INVARIANT: a wrong clock destroys nothing by itself.
    if (unattended && ledger.before !== null && Date.parse(before) - Date.parse(ledger.before) > leapMsMax)
      return { before, sessions: [], packs: 0, kept: 0, keys, leapt: true };
    await this.#read(ledger, before);
    // What is asked of the index is answered from all of the log.
    await index.catchUp(reader);
    const { sessions, packs } = ledger.due(this.#inForce());
    // Keys that are on their way to disk are on disk.
    if (!dryRun && sessions.length + packs.length > 0) await log.checkpoint();
    const kept = ledger.sessions.size - sessions.length;
    if (!dryRun) {
      ledger.before = before;
      for (const part of partsOf({ sessions, packs })) keys += await this.#destroy(ledger, part, before);
      for (const each of ledger.doomed) await this.#clean(ledger, each);
      await keep.saveLedger(ledger.encode());
    }
    return { before, sessions, packs: packs.length, kept, keys, leapt: false };
  }

  #inForce(): Hold[] {
    const { index, patients } = this.#deps;
    return this.holds().map(({ kind, target, patient }) => {
      if (kind !== 'patient') return { kind, target };
      const { names, kinds } = namedPatient(patients, patient ?? []);
      return { kind, kinds, seenIn: (session) => index.seenIn(session, names) };
    });
  }

  async #read(ledger: RetentionLedger, before: string): Promise<void> {
    const { reader } = this.#deps;
    for await (const entry of reader.entries(ledger.next, reader.size)) {
      if (entry.time >= before) return;
      ledger.see(entry);
    }
  }

  /** What a crash left between the record and the end of the destruction is ended; what was never recorded is due again. */
  async #resume(ledger: RetentionLedger): Promise<number> {
    const { reader, keep } = this.#deps;
    const { underway } = ledger;
    if (!underway) return 0;
    const [first] = [...underway.sessions, ...underway.packs];
    let record: number | undefined;
    for await (const entry of reader.entries(underway.from, reader.size)) {
      if (entry.type === 'retention.shredded' && first !== undefined && shreddedIn(entry).includes(first))
        record = entry.seq;
    }
    ledger.underway = null;
    if (record === undefined) return 0;
    await keep.destroyKeys(underway.keys);
    ledger.destroyed(underway, record);
    return underway.keys.length;
  }

  async #destroy(ledger: RetentionLedger, part: Shredding, before: string): Promise<number> {
    const { log, reader, keep } = this.#deps;
    const keys = await keep.keysOf(part);
    ledger.underway = { ...part, keys, from: reader.size };
    await keep.saveLedger(ledger.encode());
    keep.endSegment();
    const data = { before, count: part.sessions.length, sessions: part.sessions, packs: part.packs };
    const { seq } = await log.append({ type: 'retention.shredded', data });
    // With this the record is signed, and the journal's segments that held the keys when they were new are gone.
    await log.checkpoint();
    await keep.destroyKeys(keys);
    ledger.destroyed(part, seq);
    await keep.saveLedger(ledger.encode());
    return keys.length;
  }

  async #clean(ledger: RetentionLedger, each: Doomed): Promise<void> {
    const { reader, keep } = this.#deps;
    const { pack, below, sessions, general } = each;
    const doomed = new Set(sessions);
    const seqs = new Set<number>();
    const end = Math.min((pack + 1) * tileWidth, below);
    for await (const { seq, session, payload } of reader.entries(pack * tileWidth, end)) {
      if (payload && (session === undefined ? general : doomed.has(session))) seqs.add(seq);
    }
    if (await keep.dropPayloads(pack, seqs)) ledger.cleaned(each);
  }
}

function* partsOf({ sessions, packs }: Shredding): Generator<Shredding> {
  for (let at = 0; at < Math.max(sessions.length, packs.length); at += namedPerRecordMax) {
    const end = at + namedPerRecordMax;
    yield { sessions: sessions.slice(at, end), packs: packs.slice(at, end) };
  }
}

function isReason(reason: string): boolean {
  return reason.trim() !== '' && reason.length <= reasonLengthMax;
}
