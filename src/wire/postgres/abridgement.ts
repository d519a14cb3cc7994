// A message that is longer than its limit, while it is cut down to what is shown of it. INVARIANT: whether the limit is reached says
// nothing of what is left out, and neither does the refusal.

import { ProtocolError } from './protocol-error.ts';

export interface Abridgement {
  /** The next bytes of the body: not to be kept or changed. @throws ProtocolError */
  push(piece: Buffer): void;
  /** The message, header included, that is taken in the place of the long one. @throws ProtocolError */
  end(): Buffer;
}

const headerBytes = 5;

/** A message being written that may not have more than so many bytes, header included, and what its syntax needs besides. */
export class AbridgedMessage {
  readonly #bytesMax: number;
  readonly #syntaxBytesMax: number;
  #out: Buffer = Buffer.allocUnsafe(4_096);
  #length = headerBytes;

  constructor(type: string, bytesMax: number, syntaxBytesMax = 0) {
    this.#bytesMax = bytesMax;
    this.#syntaxBytesMax = syntaxBytesMax;
    this.#out.write(type, 'latin1');
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#out[this.#length++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#out.writeUInt16BE(value, this.#length);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#out.writeInt32BE(value, this.#length);
  }

  /** @throws ProtocolError `too_large` */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#out.set(value, this.#length);
    this.#length += value.length;
  }

  /** So many bytes are about to come. @throws ProtocolError `too_large` */
  expect(count: number): void {
    if (this.#length + count > this.#bytesMax + this.#syntaxBytesMax) this.refuse();
  }

  /** @throws ProtocolError always */
  refuse(): never {
    const name = JSON.stringify(this.#out.toString('latin1', 0, 1));
    const text = `A message of type ${name} has more than ${this.#bytesMax} bytes besides what is masked.`;
    throw new ProtocolError('too_large', text);
  }

  finish(): Buffer {
    this.#out.writeInt32BE(this.#length - 1, 1);
    return this.#out.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    this.expect(count);
    const needed = this.#length + count;
    if (needed <= this.#out.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * needed, this.#bytesMax)));
    this.#out.copy(grown, 0, 0, this.#length);
    this.#out = grown;
  }
}
