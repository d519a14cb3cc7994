// Retention: payloads past their time are destroyed, their record stays; legal holds stop it.
// INVARIANT: what is destroyed is in the log first, by name, and no hold that is in force when a run begins is passed over.

import { type Doomed, RetentionLedger, type Shredding, shreddedIn } from '../audit/retention-ledger.ts';
import { tileWidth } from '../audit/tree.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import type { Payload } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HoldStore, LegalHold } from '../ports/holds.ts';
import type { Log, LogReader } from '../ports/log.ts';
import type { PayloadKeep } from '../ports/payload-keep.ts';
import type { Random } from '../ports/random.ts';

export interface RetentionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'append' | 'checkpoint'>;
  readonly reader: LogReader;
  readonly keep: PayloadKeep;
  readonly holds: HoldStore;
  readonly retainMs: number;
  /** A keyed name, by which a patient is held without being named. */
  readonly patientName: (patient: string) => string;
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
}

export interface RetentionDesk {
  /** Destroys what is past its time; with `dryRun` it only says what that would be. One at a time. Rejects with the system's error. */
  shred(options?: { readonly dryRun?: boolean }): Promise<ShredReport>;
  holds(): readonly LegalHold[];
  /** `target`: a session's or subject's id, or a patient's number. Refused: reason_required, invalid_request. */
  hold(kind: LegalHold['kind'], target: string, by: Subject, reason: string): Promise<Result<LegalHold>>;
  /** Refused: reason_required, not_found. */
  release(id: string, by: Subject, reason: string): Promise<Result<LegalHold>>;
}

/** An entry holds 64 KiB, and a name at most 80 characters. */
const namedPerRecordMax = 500;
const reasonLengthMax = 2_000;
const utf8 = new TextEncoder();

export function createRetentionDesk(deps: RetentionDeps): RetentionDesk {
  return new Desk(deps);
}

class Desk implements RetentionDesk {
  readonly #deps: RetentionDeps;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  shred({ dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<ShredReport> {
    const run = this.#last.then(() => this.#shred(dryRun));
    this.#last = run.catch(() => {});
    return run;
  }

  holds(): readonly LegalHold[] {
    return this.#deps.holds.list();
  }

  async hold(kind: LegalHold['kind'], target: string, by: Subject, reason: string): Promise<Result<LegalHold>> {
    const { clock, random, log, holds, patientName } = this.#deps;
    if (!isReason(reason)) return refuse('reason_required', 'A hold needs a reason, which is recorded.');
    if (target.trim() === '' || target.length > 200) return refuse('invalid_request', 'A hold needs to say of what.');
    const named = kind === 'patient' ? patientName(target.trim()) : target.trim();
    const sinceMs = clock.now();
    const hold = { id: random.id('h'), kind, target: named, by: nameOf(by), reason, sinceMs };
    // In force before it is on record: what a crash leaves then is a hold too many.
    holds.save(hold);
    const data = { hold: hold.id, kind, target: named };
    await log.append({ type: 'retention.held', subject: nameOf(by), data }, payloadOf({ reason }));
    return ok(hold);
  }

  async release(id: string, by: Subject, reason: string): Promise<Result<LegalHold>> {
    const { log, holds } = this.#deps;
    if (!isReason(reason)) return refuse('reason_required', 'Releasing a hold needs a reason, which is recorded.');
    const found = holds.list().find((each) => each.id === id);
    if (!found) return refuse('not_found', 'There is no such hold.', { next: 'List them: chartgate audit hold ls.' });
    const data = { hold: id, kind: found.kind, target: found.target };
    await log.append({ type: 'retention.released', subject: nameOf(by), data }, payloadOf({ reason }));
    holds.remove(id);
    return ok(found);
  }

  async #shred(dryRun: boolean): Promise<ShredReport> {
    const { clock, log, keep, holds, retainMs } = this.#deps;
    const before = new Date(clock.now() - retainMs).toISOString();
    const ledger = RetentionLedger.decode((await keep.readLedger()) ?? '') ?? new RetentionLedger();
    let keys = dryRun ? 0 : await this.#resume(ledger);
    await this.#read(ledger, before);
    const { sessions, packs } = ledger.due(holds.list());
    // Keys that are on their way to disk are on disk.
    if (!dryRun && sessions.length + packs.length > 0) await log.checkpoint();
    const kept = ledger.sessions.size - sessions.length;
    if (!dryRun) {
      for (const part of partsOf({ sessions, packs })) keys += await this.#destroy(ledger, part, before);
      for (const each of ledger.doomed) await this.#clean(ledger, each);
      await keep.saveLedger(ledger.encode());
    }
    return { before, sessions, packs: packs.length, kept, keys };
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

function payloadOf(value: { readonly reason: string }): Payload {
  return { media: 'application/json', bytes: utf8.encode(JSON.stringify(value)) };
}
