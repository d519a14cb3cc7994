// How much the disk of the log still takes, and a reserve on it: a file of zeros that is given up when everything else is used up,
// and made again when there is room. INVARIANT: nothing is ever read from it, so it may be cut short at any moment.

import type { Room } from '../../audit/log-room.ts';
import type { Storage } from '../../ports/storage.ts';
import { isFull } from './error-code.ts';

const reserveFile = 'reserve';
const chunkBytes = 1024 * 1024;

/** Free bytes, as multiples of the reserve: below which it is given up, below which room is low, above which it is ample again. */
const lastAt = 1;
const lowAt = 4;
const ampleAt = 5;

export class DiskRoom {
  readonly #storage: Storage;
  readonly #reserveBytes: number;
  readonly #onChange: (room: Room, freeBytes: number) => void;
  #room: Room = 'ample';
  #looking: Promise<void> | undefined;
  #closed = false;

  /** `reserveBytes` 0: no reserve, and room is always ample. */
  constructor(storage: Storage, reserveBytes: number, onChange: (room: Room, freeBytes: number) => void) {
    this.#storage = storage;
    this.#reserveBytes = reserveBytes;
    this.#onChange = onChange;
  }

  get room(): Room {
    return this.#room;
  }

  /** How much may be written before it has to be looked at again; infinite without a reserve. */
  get stepBytes(): number {
    return this.#reserveBytes === 0 ? Number.POSITIVE_INFINITY : this.#reserveBytes / 16;
  }

  /** Before anything is written: on a full disk the reserve is what recovery lives on. Making one takes a while, and can wait. */
  async open(): Promise<void> {
    if (this.#reserveBytes > 0) await this.#look(false);
  }

  /** Rejects only where the disk fails; never two at a time. */
  look(): Promise<void> {
    if (this.#reserveBytes === 0 || this.#closed) return Promise.resolve();
    this.#looking ??= this.#look(true).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** The disk is full now. */
  async giveUp(): Promise<void> {
    if (this.#reserveBytes === 0) return;
    // A reserve that is just being made would go on to take the room that is wanted.
    await this.#looking?.catch(() => {});
    await this.#release();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#looking?.catch(() => {});
  }

  async #look(mayMake: boolean): Promise<void> {
    const kept = (await this.#storage.sizeOf(reserveFile)) ?? 0;
    const free = await this.#storage.freeBytes();
    const share = free / this.#reserveBytes;
    if (kept === this.#reserveBytes) {
      if (share < lastAt) await this.#release();
      else if (share < lowAt) this.#move('low', free);
      else if (share >= ampleAt) this.#move('ample', free);
    } else if (share + kept / this.#reserveBytes < ampleAt + 1) {
      await this.#release();
    } else if (mayMake && (await this.#makeReserve())) this.#move('ample', free - this.#reserveBytes);
  }

  async #release(): Promise<void> {
    if ((await this.#storage.sizeOf(reserveFile)) !== undefined) await this.#storage.remove(reserveFile);
    this.#move('last', await this.#storage.freeBytes());
  }

  #move(room: Room, freeBytes: number): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#onChange(room, freeBytes);
  }

  /** Blocks, not only a length. False where the disk has become full meanwhile. */
  async #makeReserve(): Promise<boolean> {
    const file = await this.#storage.open(reserveFile, { secret: true });
    try {
      await file.truncate(0);
      const zeros = new Uint8Array(chunkBytes);
      for (let at = 0; at < this.#reserveBytes && !this.#closed; at += chunkBytes)
        await file.write([zeros.subarray(0, Math.min(chunkBytes, this.#reserveBytes - at))], at);
      await file.sync();
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      return false;
    } finally {
      await file.close();
    }
  }
}
