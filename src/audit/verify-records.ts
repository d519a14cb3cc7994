// Whether the records make sense as a story: times, references, keys, and what was destroyed on purpose.

import { keepNewest } from '../core/newest.ts';
import { type Entry, type RecordType, recordTypes } from '../core/record.ts';
import { assert } from '../core/result.ts';
import type { BundleReading } from './bundle-reading.ts';
import { KeyChain } from './log-keys.ts';
import type { NoteKey } from './note.ts';
import { packIndex } from './payload-pack.ts';
import { shreddedIn } from './retention-ledger.ts';
import { noSession } from './session-key.ts';
import { tilePath } from './tile.ts';
import { tileWidth } from './tree.ts';
import type { BadPlace } from './verify-sources.ts';

/** Requests that ended may still be referred to for a while, and approvals that were given; this many are remembered. */
const rememberedMax = 65_536;

/** A payload's place: whose it is, and the entry that committed to it. */
export interface PayloadPlace {
  readonly seq: number;
  readonly session: string;
}

export class RecordSense {
  /** The keys the entries lead to, from the log's first on. */
  readonly keys: KeyChain;
  /** Milliseconds since 1970. */
  #firstTime: number | null = null;
  #lastTime: number | null = null;
  readonly clockSetBack: number[] = [];
  /** What was destroyed on purpose, and which entry says so: a session, or a pack's payloads that belong to none. */
  readonly #shredded = new Map<string | number, number>();
  readonly #types = new Float64Array(recordTypes.length);
  /** Requests that have begun, and where. */
  readonly #open = new Map<string, number>();
  readonly #ended = new Set<string>();
  readonly #approvals = new ApprovalSense();
  /** The bundle that is looked at, and how many entries it has. */
  #index = 0;
  #width = 0;
  #bad: BadPlace | undefined;

  constructor(firstKey: NoteKey) {
    this.keys = new KeyChain(firstKey);
  }

  /** Bundles come in order. */
  see({ first, types, times, names, requests, telling }: BundleReading): void {
    [this.#index, this.#width] = [Math.floor(first / tileWidth), types.length];
    for (let i = 0; i < types.length; i++) {
      const place = types[i] ?? -1;
      const type = recordTypes[place];
      const time = times[i];
      assert(type && time !== undefined, 'a reading knows its types and times');
      const seq = first + i;
      this.#types[place] = (this.#types[place] ?? 0) + 1;
      this.#firstTime ??= time;
      // A restart is where a corrected clock may show; anywhere else the writer never lets time go back.
      if (this.#lastTime !== null && time < this.#lastTime) {
        if (type === 'node.start') this.clockSetBack.push(seq);
        else this.#object(seq, 'its time is before that of the entry before it');
      }
      this.#lastTime = time;
      const request = names[(requests[i] ?? 0) - 1];
      if (request !== undefined) this.#follow(seq, type, request);
      if (type === 'node.start') this.#expectNoneOpen(seq);
    }
    for (const entry of telling) {
      const wrong =
        entry.type === 'key.rotated'
          ? this.keys.see(entry)
          : entry.type === 'key.added'
            ? this.keys.seeAdded(entry)
            : this.#approvals.see(entry);
      if (wrong !== undefined) this.#object(entry.seq, wrong);
      if (entry.type === 'retention.shredded')
        for (const each of shreddedIn(entry)) this.#shredded.set(each, entry.seq);
    }
  }

  /** Whether the log says that this payload is gone. It can say so only of what was there before. */
  isShredded({ seq, session }: PayloadPlace): boolean {
    return (this.#shredded.get(session === noSession ? packIndex(seq) : session) ?? -1) > seq;
  }

  bad(): BadPlace | undefined {
    return this.#bad;
  }

  /** How many there are of each type, by name. */
  types(): Record<string, number> {
    const counted = recordTypes.map((type, place): [string, number] => [type, this.#types[place] ?? 0]);
    return Object.fromEntries(counted.filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Of the first and the last entry; null where there is none. */
  times(): { readonly first: string | null; readonly last: string | null } {
    const [first, last] = [this.#firstTime, this.#lastTime].map((ms) =>
      ms !== null ? new Date(ms).toISOString() : null,
    );
    return { first: first ?? null, last: last ?? null };
  }

  /** What a crash leaves without an outcome is closed before anything else is written. */
  #expectNoneOpen(start: number): void {
    for (const [, seq] of this.#open)
      this.#object(
        seq,
        `this request has no end, and the start at entry ${start} did not say that its outcome is unknown`,
      );
    this.#open.clear();
  }

  #follow(seq: number, type: RecordType, request: string): void {
    if (type === 'request') this.#open.set(request, seq);
    if (type !== 'response' && type !== 'request.end' && type !== 'outcome_unknown') return;
    if (!this.#open.has(request) && !this.#ended.has(request))
      this.#object(seq, `this ${type} refers to a request that was never recorded`);
    if (type === 'response') return;
    this.#open.delete(request);
    this.#ended.add(request);
    keepNewest(this.#ended, rememberedMax);
  }

  #object(seq: number, what: string): void {
    const index = Math.floor(seq / tileWidth);
    const width = index === this.#index ? this.#width : tileWidth;
    const file = tilePath({ level: 'entries', index, width });
    if (!this.#bad || seq < (this.#bad.entry ?? 0)) this.#bad = { file, entry: seq, what };
  }
}

/** An approval has to be given before it is used; and it is used once, unless it is a grant for a time. */
class ApprovalSense {
  readonly #given = new Map<string, { readonly grant: boolean; used: number | null }>();

  /** What is wrong with an entry. */
  see({ seq, type, approval = '', data = {} }: Entry): string | undefined {
    if (type === 'approval.decided' && data['status'] === 'approved' && !this.#given.has(approval)) {
      this.#given.set(approval, { grant: data['until'] !== undefined, used: null });
      keepNewest(this.#given, rememberedMax);
    }
    if (type !== 'approval.used') return undefined;
    const given = this.#given.get(approval);
    if (!given) return this.#given.size < rememberedMax ? 'it uses an approval that nobody gave' : undefined;
    if (given.used !== null && !given.grant) return `its approval was used before, at entry ${given.used}`;
    given.used = seq;
    return undefined;
  }
}
