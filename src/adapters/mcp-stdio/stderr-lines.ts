// What a server writes on stderr, in whole lines, so that nothing is cut where it would no longer be recognised for what it
// is; and no more of it than is worth keeping.

import { StringDecoder } from 'node:string_decoder';

const keptBytesMax = 1_048_576;
/** A line that does not end is handed on in pieces. */
const lineCharactersMax = 16_384;

export class StderrLines {
  readonly #out: (text: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #open = '';
  #bytes = 0;

  /** `out` gets one or more lines, with their ends. */
  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  push(chunk: Buffer): void {
    if (this.#bytes >= keptBytesMax) return;
    const kept = chunk.subarray(0, keptBytesMax - this.#bytes);
    this.#bytes += kept.length;
    const text = this.#open + this.#decoder.write(kept);
    const whole = text.length > lineCharactersMax ? text.length : text.lastIndexOf('\n') + 1;
    this.#open = text.slice(whole);
    if (whole > 0) this.#out(text.slice(0, whole));
    if (this.#bytes >= keptBytesMax) this.end();
  }

  /** What is left of a line that never ended. */
  end(): void {
    const rest = this.#open + this.#decoder.end();
    this.#open = '';
    if (rest !== '') this.#out(rest);
  }
}
