// A json or jsonb value that is too long to be held, cut down while it comes in: what the mask by path makes the same of whatever it is
// (a text, a number, all of an object or array) is not held, all else is as it was. It reads what the server wrote: JSON.
// INVARIANT: of a place where anything computed may stand, what is kept has one length for each kind of value.

import { covers, type JsonPaths } from '../../core/phi.ts';
import type { StandIn } from '../../core/stand-in.ts';
import { depthMax, hidesContainer, type Place, placeBelow, wholeOf } from '../json-path.ts';
import type { MaskView } from '../mask.ts';
import { operatorFor } from '../operators.ts';
import { ByteSink } from './byte-sink.ts';
import { isConstant } from './stand-ins.ts';
import { isSpace } from './text-syntax.ts';

const [quote, backslash, comma, colon, letterN] = [0x22, 0x5c, 0x2c, 0x3a, 0x6e];
const [brace, endBrace, square, endSquare] = [0x7b, 0x7d, 0x5b, 0x5d];
const emptyText = Buffer.from('""');
const emptyObject = Buffer.from('{}');
const zero = Buffer.from('0');

/** An object or array that is open. */
interface Around {
  readonly place: Place;
  /** Of an array: the index of the item at hand. */
  index: number;
  /** Of an object: the member at hand; null = its name is to come. */
  name: string | null;
  readonly isArray: boolean;
}

/** What the bytes at hand are part of. */
type Within = 'structure' | 'text' | 'name' | 'scalar' | 'skipped';

export class JsonStandIn implements StandIn {
  readonly #whole: Place;
  readonly #view: MaskView;
  readonly #bytesMax: number;
  readonly #kept = new ByteSink(4_096);
  #keptBytes = 0;
  /** Bytes in front of the document that are to come: the version of binary jsonb. */
  #prefixBytes: number;
  readonly #open: Around[] = [];
  #within: Within = 'structure';
  /** The text or scalar at hand is kept. */
  #keeps = true;
  /** The byte before was a backslash in a text. */
  #escaped = false;
  #name = new ByteSink(0);
  /** Of what is skipped: how many objects and arrays are open, and whether a text is. */
  #skippedDepth = 0;
  #skippedText = false;

  /** Of more than `bytesMax` bytes that have to be kept it makes nothing. */
  constructor(paths: JsonPaths, view: MaskView, prefixBytes: number, bytesMax: number) {
    this.#whole = wholeOf(paths);
    this.#view = view;
    this.#prefixBytes = prefixBytes;
    this.#bytesMax = bytesMax;
  }

  push(piece: Uint8Array): void {
    let at = Math.min(this.#prefixBytes, piece.length);
    this.#prefixBytes -= at;
    this.#keep(piece.subarray(0, at));
    while (at < piece.length && this.#keptBytes <= this.#bytesMax) at = this.#read(piece, at);
  }

  end(): Uint8Array | null {
    return this.#keptBytes > this.#bytesMax ? null : this.#kept.result();
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes <= this.#bytesMax) this.#kept.bytes(bytes);
  }

  /** Returns how far. */
  #read(piece: Uint8Array, at: number): number {
    switch (this.#within) {
      case 'structure':
        return this.#structure(piece, at);
      case 'text':
      case 'name':
        return this.#text(piece, at);
      case 'scalar':
        return this.#scalar(piece, at);
      case 'skipped':
        return this.#skipped(piece, at);
    }
  }

  #structure(piece: Uint8Array, at: number): number {
    const byte = piece[at] ?? 0;
    const around = this.#open.at(-1);
    if (byte === quote && around && !around.isArray && around.name === null) {
      this.#within = 'name';
      this.#keeps = true;
      this.#name = new ByteSink(64);
      this.#name.byte(byte);
    } else if (byte === quote) {
      this.#within = 'text';
      this.#keeps = this.#isKept(emptyText, hidesText);
      if (!this.#keeps) return at + 1;
    } else if (byte === brace || byte === square) {
      if (!this.#isKept(emptyObject, hidesContainer)) {
        this.#within = 'skipped';
        this.#skippedDepth = 1;
        return at + 1;
      }
      this.#open.push({ place: this.#here(), isArray: byte === square, index: 0, name: null });
    } else if (byte === endBrace || byte === endSquare) {
      this.#open.pop();
    } else if (byte === comma) {
      if (around) around.index++;
      if (around) around.name = null;
    } else if (byte !== colon && !isSpace(byte)) {
      this.#within = 'scalar';
      this.#keeps = byte === letterN || this.#isKept(zero, hidesText);
      return at;
    }
    this.#keep(piece.subarray(at, at + 1));
    return at + 1;
  }

  /** Where the value at hand stands. */
  #here(): Place {
    const around = this.#open.at(-1);
    if (!around) return this.#whole;
    return placeBelow(around.place, around.isArray ? String(around.index) : (around.name ?? ''));
  }

  /** Whether the value at hand is kept; if not, something else has been in its place. */
  #isKept(instead: Buffer, hides: (place: Place, view: MaskView) => boolean): boolean {
    const isTooDeep = this.#open.length > depthMax;
    if (!isTooDeep && !hides(this.#here(), this.#view)) return true;
    // The mask makes null of it: of a null it would leave all of the document as it is written.
    this.#keep(isTooDeep ? zero : instead);
    return false;
  }

  #text(piece: Uint8Array, at: number): number {
    let end = at;
    while (end < piece.length && this.#isOfText(piece[end] ?? 0)) end++;
    const isWhole = end < piece.length;
    if (isWhole) end++;
    const run = piece.subarray(at, end);
    if (this.#keeps) this.#keep(run);
    if (this.#within === 'name') this.#name.bytes(run);
    if (!isWhole) return end;
    const around = this.#open.at(-1);
    if (this.#within === 'name' && around) around.name = textOf(this.#name.result());
    this.#within = 'structure';
    return end;
  }

  /** False for the quote that ends it. */
  #isOfText(byte: number): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (byte === quote) return false;
    else this.#escaped = byte === backslash;
    return true;
  }

  #scalar(piece: Uint8Array, at: number): number {
    let end = at;
    while (end < piece.length && !endsScalar(piece[end] ?? 0)) end++;
    if (this.#keeps) this.#keep(piece.subarray(at, end));
    if (end < piece.length) this.#within = 'structure';
    return end;
  }

  #skipped(piece: Uint8Array, at: number): number {
    for (let end = at; end < piece.length; end++) {
      const byte = piece[end] ?? 0;
      if (this.#skippedText) this.#skippedText = this.#isOfText(byte);
      else if (byte === quote) this.#skippedText = true;
      else if (byte === brace || byte === square) this.#skippedDepth++;
      else if ((byte === endBrace || byte === endSquare) && --this.#skippedDepth === 0) {
        this.#within = 'structure';
        return end + 1;
      }
    }
    return piece.length;
  }
}

/** Whatever text or number is there: it is masked alike. */
function hidesText({ cls }: Place, view: MaskView): boolean {
  if (cls === 'unknown') return true;
  if (cls === 'clear' || cls === 'scan' || covers(view.unmask, cls)) return false;
  return isConstant(operatorFor(cls, view.rules));
}

function endsScalar(byte: number): boolean {
  return (
    byte === comma ||
    byte === endBrace ||
    byte === endSquare ||
    byte === brace ||
    byte === square ||
    byte === quote ||
    byte === colon ||
    isSpace(byte)
  );
}

/** Of what is no JSON it does not matter. */
function textOf(json: Uint8Array): string {
  try {
    return String(JSON.parse(Buffer.from(json).toString()));
  } catch {
    return '';
  }
}
