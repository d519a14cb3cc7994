// A long ErrorResponse or NoticeResponse, cut down: of each field its first bytes are kept.

import { AbridgedMessage, type Abridgement } from './abridgement.ts';
import { malformed } from './protocol-error.ts';

/** More than any name or code has, and enough of a text to be read. */
const fieldBytesMax = 8_192;

export class NoticeAbridgement implements Abridgement {
  readonly #out: AbridgedMessage;
  /** Bytes of the field at hand that are kept; null = its letter is to come. */
  #field: Buffer | null = null;
  #ended = false;

  constructor(type: 'E' | 'N', bytesMax: number) {
    this.#out = new AbridgedMessage(type, bytesMax);
  }

  push(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#ended) malformed('ErrorResponse or NoticeResponse');
      if (this.#field === null) {
        const letter = piece[at++] ?? 0;
        this.#out.byte(letter);
        this.#ended = letter === 0;
        this.#field = this.#ended ? null : Buffer.alloc(0);
        continue;
      }
      const nul = piece.indexOf(0, at);
      const end = nul === -1 ? piece.length : nul;
      const room = fieldBytesMax - this.#field.length;
      if (room > 0) this.#field = Buffer.concat([this.#field, piece.subarray(at, Math.min(end, at + room))]);
      at = end;
      if (nul === -1) continue;
      this.#out.bytes(wholeCharacters(this.#field));
      this.#out.byte(0);
      this.#field = null;
      at++;
    }
  }

  end(): Buffer {
    if (!this.#ended) malformed('ErrorResponse or NoticeResponse');
    return this.#out.finish();
  }
}

/** What was cut is cut before a character that is not ASCII. */
function wholeCharacters(text: Buffer): Buffer {
  let end = text.length;
  if (end === fieldBytesMax) while (end > 0 && (text[end - 1] ?? 0) > 0x7f) end--;
  return text.subarray(0, end);
}
