// Rewrites DataRow messages: masked columns are replaced, all others copied in runs. The hot path of masking.
// INVARIANT: a row that does not have exactly the planned columns is refused, never passed on.

import type { StandIn } from '../../core/stand-in.ts';
import { malformed } from './protocol-error.ts';

export interface ValueRewriter {
  /** Given a value (null = NULL) gives what leaves in its place. A slice of the row: not to be kept or changed. */
  (value: Uint8Array | null): Uint8Array | null;
  /** Of a row that is too long to be held; undefined = all of the value is needed. */
  readonly standIn?: () => StandIn;
}

/** One entry a column; null = the column leaves as it is. */
export type RowPlan = readonly (ValueRewriter | null)[];

const headerBytes = 5;
const dataRow = 0x44;
const shortMax = 32;

/** Gathers many rewritten rows in one growing buffer. */
export class RowWriter {
  #out: Buffer;
  #length = 0;

  constructor(capacity = 65_536) {
    this.#out = Buffer.allocUnsafe(capacity);
  }

  /** Bytes gathered since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Adds the whole message for the row whose body is [start, end) of `from`. @throws ProtocolError, adding nothing */
  append(from: Buffer, start: number, end: number, plan: RowPlan): void {
    if (end - start < 2 || from.readUInt16BE(start) !== plan.length) malformed('DataRow');
    const message = this.#length;
    this.#reserve(message, headerBytes + end - start);
    let at = message + headerBytes;
    let read = start + 2;
    let copied = start;
    for (let column = 0; column < plan.length; column++) {
      if (end - read < 4) malformed('DataRow');
      const length = from.readInt32BE(read);
      const value = read + 4;
      const next = length === -1 ? value : value + length;
      if (length < -1 || next > end) malformed('DataRow');
      const rewrite = plan[column];
      if (rewrite) {
        // A plain view costs half of what a Buffer does.
        const replaced = rewrite(length === -1 ? null : new Uint8Array(from.buffer, from.byteOffset + value, length));
        this.#reserve(at, read - copied + 4 + (replaced?.length ?? 0) + (end - next));
        if (read > copied) at += from.copy(this.#out, at, copied, read);
        at = this.#out.writeInt32BE(replaced ? replaced.length : -1, at);
        if (replaced) at = this.#put(replaced, at);
        copied = next;
      }
      read = next;
    }
    if (read !== end) malformed('DataRow');
    at += from.copy(this.#out, at, copied, end);
    this.#out[message] = dataRow;
    this.#out.writeInt32BE(at - message - 1, message + 1);
    this.#length = at;
  }

  /** Hands over what has gathered and begins anew. */
  take(): Buffer {
    const taken = this.#out.subarray(0, this.#length);
    // What is left of the buffer serves the next rows; what was handed over is never written again.
    this.#out = this.#out.subarray(this.#length);
    this.#length = 0;
    return taken;
  }

  /** Most masks are a few bytes, which are sooner written than a copy is begun. Returns where they end. */
  #put(bytes: Uint8Array, at: number): number {
    const out = this.#out;
    const end = at + bytes.length;
    if (bytes.length > shortMax) out.set(bytes, at);
    else for (let from = 0; from < bytes.length; from++) out[at + from] = bytes[from] ?? 0;
    return end;
  }

  #reserve(at: number, more: number): void {
    if (at + more <= this.#out.length) return;
    const grown = Buffer.allocUnsafe(Math.max(65_536, 2 * (at + more)));
    this.#out.copy(grown, 0, 0, at);
    this.#out = grown;
  }
}

/** One row as a whole message. `body` is without the header. @throws ProtocolError */
export function rewriteDataRow(body: Buffer, plan: RowPlan): Buffer {
  const writer = new RowWriter(headerBytes + body.length);
  writer.append(body, 0, body.length, plan);
  return writer.take();
}
