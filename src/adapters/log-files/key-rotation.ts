// Rotates the signing key of an open log, or finishes a rotation that a crash cut off. The order is what makes it safe:
// announce, sign with both, entry, checkpoint, settle.

import { formatVkey } from '../../audit/note.ts';
import type { RecordInput } from '../../core/record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyRotation } from '../../ports/key-rotation.ts';
import type { Log } from '../../ports/log.ts';
import type { SecondKey } from './second-key.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { TreeFiles } from './tree-files.ts';

/** Of a rotation whose overlap nobody remembers. */
const standardOverlapMs = 30 * 86_400_000;

export class LogKeyRotation implements KeyRotation {
  readonly #keys: SigningKeys;
  readonly #second: SecondKey;
  readonly #tree: TreeFiles;
  readonly #log: Log;
  readonly #clock: Clock;
  #busy = false;

  constructor(keys: SigningKeys, second: SecondKey, tree: TreeFiles, log: Log, clock: Clock) {
    this.#keys = keys;
    this.#second = second;
    this.#tree = tree;
    this.#log = log;
    this.#clock = clock;
  }

  async rotate(by: NonNullable<RecordInput['subject']>, overlapMs: number): ReturnType<KeyRotation['rotate']> {
    return this.#rotate(by, overlapMs);
  }

  async finish(): Promise<void> {
    if (this.#keys.unfinished) await this.#rotate(undefined, standardOverlapMs);
    else if (this.#second.unfinished) await this.#renewSecond(undefined);
  }

  /** Gives the log an ML-DSA-44 key besides, unless it has one. */
  async addSecond(): Promise<void> {
    if (!this.#second.exists) await this.#renewSecond(undefined);
  }

  async #rotate(by: RecordInput['subject'], overlapMs: number): ReturnType<KeyRotation['rotate']> {
    if (this.#busy) throw new Error('another rotation is under way');
    this.#busy = true;
    try {
      const until = new Date(this.#clock.now() + overlapMs).toISOString();
      const previous = formatVkey(this.#keys.signers[0].key);
      const announced = await this.#keys.announce(until);
      this.#signByAll();
      const record: RecordInput = { type: 'key.rotated', data: announced.data, ...(by ? { subject: by } : {}) };
      await this.#log.append(record);
      await this.#log.checkpoint();
      await this.#keys.settle(announced);
      this.#signByAll();
      if (this.#second.exists || this.#second.unfinished) await this.#renewSecond(by);
      return { vkey: formatVkey(announced.next.key), previous, until };
    } finally {
      this.#busy = false;
    }
  }

  async #renewSecond(by: RecordInput['subject']): Promise<void> {
    const data = await this.#second.announce(this.#keys.signers[0]);
    this.#signByAll();
    await this.#log.append({ type: 'key.added', data, ...(by ? { subject: by } : {}) });
    await this.#log.checkpoint();
    await this.#second.settle();
    this.#signByAll();
  }

  #signByAll(): void {
    this.#tree.signWith([...this.#keys.signers, ...this.#second.signers]);
  }
}
