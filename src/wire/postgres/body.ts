// Reading and writing the fields of a message (PostgreSQL protocol, "Message Data Types"). Reading is total: every
// offset is checked, text is decoded fatally, and `end` insists that nothing is left over.

import { malformed } from './protocol-error.ts';

// INVARIANT: a byte order mark is text like any other; dropped, the gate would read another statement than the server.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** NAMEDATALEN - 1. */
const nameBytesMax = 63;

/** So many bytes are sooner looked through than a decoder is called. */
const shortMax = 32;

/** Null = it is longer, or not ASCII. */
export function shortAscii(bytes: Buffer): string | null {
  const { length } = bytes;
  if (length > shortMax) return null;
  for (let at = 0; at < length; at++) if ((bytes[at] ?? 0) > 0x7f) return null;
  return bytes.toString('latin1');
}

/** @throws ProtocolError `malformed` when it is not UTF-8 */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return malformed(what);
  }
}

export class BodyReader {
  readonly #body: Buffer;
  readonly #what: string;
  #at = 0;

  /** `what` names the message in errors. */
  constructor(body: Buffer, what: string) {
    this.#body = body;
    this.#what = what;
  }

  get left(): number {
    return this.#body.length - this.#at;
  }

  uint8(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  int16(): number {
    return this.#body.readInt16BE(this.#advance(2));
  }

  /** A count of fields: PostgreSQL reads it unsigned (up to 65535 parameters). */
  count(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#body.readUInt32BE(this.#advance(4));
  }

  bytes(length: number): Buffer {
    const from = this.#advance(length);
    return this.#body.subarray(from, from + length);
  }

  /** Where the bytes are that are passed over. */
  skip(length: number): number {
    return this.#advance(length);
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** Text up to the first NUL, without it. */
  cString(): string {
    const nul = this.#body.indexOf(0, this.#at);
    if (nul === -1) return malformed(this.#what);
    const bytes = this.bytes(nul - this.#at);
    const text = shortAscii(bytes) ?? decodeText(bytes, this.#what);
    this.#at = nul + 1;
    return text;
  }

  /**
   * The name of a prepared statement or portal, as the server keeps it: its tables hold 63 bytes of a name.
   * INVARIANT: two names that are one to the server are one to the gate, or a plan would mask another statement's rows.
   */
  name(): string {
    // The unnamed one, which most are.
    if (this.#body[this.#at] === 0) {
      this.#at++;
      return '';
    }
    const nul = this.#body.indexOf(0, this.#at);
    if (nul === -1) return malformed(this.#what);
    const bytes = this.#body.subarray(this.#at, Math.min(nul, this.#at + nameBytesMax));
    const name = shortAscii(bytes) ?? decodeText(bytes, this.#what);
    this.#at = nul + 1;
    return name;
  }

  /** A length and as many bytes; -1 = NULL. */
  value(): Buffer | null {
    const length = this.int32();
    if (length === -1) return null;
    return length < 0 ? malformed(this.#what) : this.bytes(length);
  }

  format(): 0 | 1 {
    const code = this.int16();
    return code === 0 || code === 1 ? code : malformed(this.#what);
  }

  formats(): (0 | 1)[] {
    return this.list(() => this.format());
  }

  /** As many as are counted before them. */
  list<T>(read: () => T): T[] {
    const found: T[] = [];
    for (let left = this.count(); left > 0; left--) found.push(read());
    return found;
  }

  end(): void {
    if (this.left !== 0) malformed(this.#what);
  }

  #advance(length: number): number {
    const from = this.#at;
    if (length < 0 || length > this.#body.length - from) malformed(this.#what);
    this.#at = from + length;
    return from;
  }
}

export class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 4;
  readonly #type: number | null;

  /** `type` is the message's letter; null = a startup packet, which has none. */
  constructor(type: string | null) {
    this.#type = type === null ? null : type.charCodeAt(0);
  }

  uint8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  int16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeInt16BE(value);
    return this.bytes(part);
  }

  count(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeUInt16BE(value);
    return this.bytes(part);
  }

  int32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value);
    return this.bytes(part);
  }

  uint32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    return this.bytes(part);
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  /** @throws ProtocolError `malformed` for text with a NUL, which would end early and begin something else */
  cString(text: string): this {
    if (text.includes('\0')) malformed('text to be sent');
    return this.bytes(Buffer.from(`${text}\0`));
  }

  value(bytes: Uint8Array | null): this {
    return bytes === null ? this.int32(-1) : this.int32(bytes.length).bytes(bytes);
  }

  formats(formats: readonly (0 | 1)[]): this {
    this.count(formats.length);
    for (const format of formats) this.int16(format);
    return this;
  }

  finish(): Buffer {
    const header = this.#type === null ? 0 : 1;
    const message = Buffer.allocUnsafe(header + this.#length);
    if (this.#type !== null) message[0] = this.#type;
    message.writeInt32BE(this.#length, header);
    let at = header + 4;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
  }
}

/** A message without a body. */
export function bare(type: string): Buffer {
  return new MessageWriter(type).finish();
}
