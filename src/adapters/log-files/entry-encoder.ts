// Records become entries: numbered, dated, their payloads sealed, in the order of the calls. It writes nothing.
// INVARIANT: a record that cannot be said takes no number, and leaves no key behind.

import { hash } from 'node:crypto';
import { encodeRecord } from '../../audit/entry.ts';
import { limits } from '../../core/limits.ts';
import type { Payload, RecordInput } from '../../core/record.ts';
import { assert } from '../../core/result.ts';
import type { PayloadFiles, SealedPayload } from './payload-files.ts';

/** An entry that is in the journal, or on its way there, and not in the tree yet. */
export interface Pending {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly sealed: SealedPayload | undefined;
}

export class EntryEncoder {
  readonly #payloads: PayloadFiles;
  #next: number;
  #lastMs: number;
  #time = { ms: Number.NaN, text: '' };

  /** `next`: the number of the next entry; `lastMs`: the time of the one before it. */
  constructor(payloads: PayloadFiles, next: number, lastMs: number) {
    this.#payloads = payloads;
    this.#next = next;
    this.#lastMs = lastMs;
  }

  /**
   * `now`: when it was appended, ms since the epoch. Within a run time never goes back; a `node.start` is where a corrected
   * clock may show. @throws what is wrong with the record.
   */
  encode(record: RecordInput, now: number, payload: Payload | undefined): Pending {
    const seq = this.#next;
    const ms = record.type === 'node.start' ? now : Math.max(now, this.#lastMs);
    if (record.session !== undefined) assert(/^[\w-]{1,80}$/.test(record.session), 'a session id can name a file');
    const sealed = payload && this.#seal(record, seq, payload.bytes);
    const time = this.#timeText(ms);
    try {
      const bytes = encodeRecord(
        record,
        sealed && payload
          ? {
              seq,
              time,
              payload: { sha256: hash('sha256', sealed.blob), bytes: sealed.blob.length, media: payload.media },
            }
          : { seq, time },
      );
      this.#lastMs = ms;
      this.#next++;
      return { seq, bytes, sealed };
    } catch (error) {
      // The key this payload would have introduced will not reach the disk.
      if (sealed && sealed.wrappedKey.length > 0) this.#payloads.forget(sealed.session);
      throw error;
    } finally {
      if (record.type === 'session.end' && record.session !== undefined) this.#payloads.forget(record.session);
    }
  }

  #seal({ session }: RecordInput, seq: number, plain: Uint8Array): SealedPayload {
    assert(plain.length <= limits.payloadBytesMax, 'the payload is within its limit');
    return this.#payloads.seal(session, seq, plain);
  }

  /** Written out once for all records of a millisecond. */
  #timeText(ms: number): string {
    if (this.#time.ms !== ms) this.#time = { ms, text: new Date(ms).toISOString() };
    return this.#time.text;
  }
}

export function weightOf({ bytes, sealed }: Pending): number {
  return bytes.length + (sealed?.blob.length ?? 0);
}
