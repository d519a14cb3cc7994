// Bytes on their way to a file in pieces: small payloads are copied in between what describes them, large ones are written from
// where they lie. A group of small records stays one piece; a large result is not copied for the journal and again for the pack.

/** From so many bytes on a payload is large. */
export const apartBytesMin: number = 16 * 1024;

export class Pieces {
  /** All but large payloads, to be filled in order. */
  readonly bytes: Buffer;
  /** Where the next byte goes. */
  at = 0;
  readonly #pieces: Uint8Array[] = [];
  #cut = 0;

  /** `bytes`: how many there are to come, without the payloads. */
  constructor(bytes: number, payloads: Iterable<{ readonly blob: Uint8Array }>) {
    let copied = bytes;
    for (const { blob } of payloads) if (blob.length < apartBytesMin) copied += blob.length;
    this.bytes = Buffer.allocUnsafe(copied);
  }

  put(blob: Uint8Array): void {
    if (blob.length < apartBytesMin) {
      this.bytes.set(blob, this.at);
      this.at += blob.length;
      return;
    }
    this.#close();
    this.#pieces.push(blob);
  }

  /** In the order in which they are to be written; none is empty. */
  taken(): readonly Uint8Array[] {
    this.#close();
    return this.#pieces;
  }

  #close(): void {
    if (this.at > this.#cut) this.#pieces.push(this.bytes.subarray(this.#cut, this.at));
    this.#cut = this.at;
  }
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
