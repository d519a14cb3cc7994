// One pass over the bytes of an entry: it proves the form of one that is written as ours are, and finds what verification asks of it,
// without making a string or an object of anything. What it does not know it does not judge: decodeEntry says what an entry is.
// INVARIANT: it takes only what decodeEntry accepts, and says of it what decodeEntry says.

import { limits } from '../core/limits.ts';
import { recordTypes } from '../core/record.ts';

/** Beyond every entry: nothing that is looked for is there, nor after it. */
const nowhere = 2 ** 30;
/** Deeper data are left to decodeEntry. */
const depthMax = 16;
/** So many digits are a safe integer, whatever they are. */
const digitsMax = 15;

const [quote, comma, colon, zero, dot] = [0x22, 0x2c, 0x3a, 0x30, 0x2e];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What a byte is within a string of canonical JSON (RFC 8785 §3.2.2.2). */
const [plain, closing, escape, high, stray] = [0, 1, 2, 3, 4];
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20) return stray;
  if (byte === quote) return closing;
  if (byte === 0x5c) return escape;
  return byte < 0x80 ? plain : high;
});
/** What stands after the backslash of an escape that has a short form, which has to be used. */
const shortEscapes = among('"\\bfnrt');
const hexDigits = among('0123456789abcdef');
const ofNumbers = among('0123456789+-.e');

const approval = word('"approval":');
const connection = word('"connection":');
const data = word('"data":');
const parent = word('"parent":{');
const payload = word('"payload":{"bytes":');
const mediaJson = word(',"media":"application/json","sha256":"');
const mediaPostgres = word(',"media":"application/x-postgres-backend","sha256":"');
const payloadEnd = word('"},');
const request = word('"request":');
const seq = word('"seq":');
const session = word('"session":');
const subject = word('"subject":{');
const actors = word('"actors":');
const agent = word('"agent":');
const id = word('"id":');
const issuer = word('"issuer":');
const person = word('"kind":"person"},');
const workload = word('"kind":"workload"},');
const time = word('"time":"');
const type = word('","type":"');
const end = word('","v":1}');
const [letterT, letterF, letterN] = [0x74, 0x66, 0x6e];
const [wordTrue, wordFalse, wordNull] = [word('true'), word('false'), word('null')];
const types = recordTypes.map((name) => word(`${name}"`));

export class EntryScan {
  /** What the entry read last says. Names stand in the bytes from `…At` to before `…End`; both are 0 where there is none. */
  seq = 0;
  /** Milliseconds since 1970. */
  time = 0;
  /** Its place in `recordTypes`. */
  type = 0;
  sessionAt = 0;
  sessionEnd = 0;
  requestAt = 0;
  requestEnd = 0;
  /** -1 for an entry without one. */
  payloadBytes = -1;
  /** Where the SHA-256 of the payload stands, 64 hex digits. */
  digestAt = 0;

  #bytes: Uint8Array = new Uint8Array();
  /** The digits that were read last. */
  #count = 0;
  /** A day as it is written, known to be one, and when it begins. */
  #day: Uint8Array = word('1970-01-01');
  #dayStart = 0;

  /** Whether `bytes` hold such an entry from `from` to before `to`. Where they do not, nothing is said of it. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    let at = this.#on(openBrace, from);
    if (this.#has(approval, at)) at = this.#on(comma, this.#string(at + approval.length));
    if (this.#has(connection, at)) at = this.#on(comma, this.#string(at + connection.length));
    if (this.#has(data, at)) at = this.#on(comma, this.#object(at + data.length, depthMax));
    if (this.#has(parent, at)) at = this.#parent(at + parent.length);
    at = this.#payload(at);
    const requestAt = this.#has(request, at) ? at + request.length : 0;
    if (requestAt > 0) at = this.#on(comma, this.#name(requestAt));
    this.requestAt = requestAt > 0 ? requestAt + 1 : 0;
    this.requestEnd = requestAt > 0 ? at - 2 : 0;
    at = this.#on(comma, this.#digits(this.#after(seq, at)));
    this.seq = this.#count;
    const sessionAt = this.#has(session, at) ? at + session.length : 0;
    if (sessionAt > 0) at = this.#on(comma, this.#name(sessionAt));
    this.sessionAt = sessionAt > 0 ? sessionAt + 1 : 0;
    this.sessionEnd = sessionAt > 0 ? at - 2 : 0;
    if (this.#has(subject, at)) at = this.#subject(at + subject.length);
    at = this.#time(this.#after(time, at));
    at = this.#type(this.#after(type, at));
    return this.#after(end, at - 1) === to && to - from <= limits.entryBytesMax;
  }

  #parent(from: number): number {
    let at = from;
    if (this.#has(request, at)) at = this.#on(comma, this.#string(at + request.length));
    return this.#on(comma, this.#on(closeBrace, this.#string(this.#after(session, at))));
  }

  #payload(from: number): number {
    this.payloadBytes = -1;
    if (!this.#has(payload, from)) return from;
    const at = this.#digits(from + payload.length);
    this.payloadBytes = this.#count;
    this.digestAt = this.#has(mediaJson, at) ? at + mediaJson.length : this.#after(mediaPostgres, at);
    const digestEnd = this.digestAt + 64;
    for (let i = this.digestAt; i < digestEnd; i++) if (hexDigits[this.#bytes[i] ?? 0] !== 1) return nowhere;
    return this.#after(payloadEnd, digestEnd);
  }

  #subject(from: number): number {
    let at = from;
    if (this.#has(actors, at)) at = this.#on(comma, this.#strings(at + actors.length));
    if (this.#has(agent, at)) at = this.#on(comma, this.#string(at + agent.length));
    at = this.#on(comma, this.#string(this.#after(id, at)));
    at = this.#on(comma, this.#string(this.#after(issuer, at)));
    return this.#has(person, at) ? at + person.length : this.#after(workload, at);
  }

  /** RFC 3339, UTC, milliseconds: `2026-11-22T07:05:00.000`. */
  #time(at: number): number {
    if (!this.#has(this.#day, at) && !this.#learnDay(at)) return nowhere;
    const hours = this.#two(at + 11);
    const minutes = this.#two(at + 14);
    const seconds = this.#two(at + 17);
    const ms = 10 * this.#two(at + 20) + (this.#two(at + 21) % 10);
    if (!(hours < 24 && minutes < 60 && seconds < 60 && ms >= 0)) return nowhere;
    this.time = this.#dayStart + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
    const bytes = this.#bytes;
    const marked =
      bytes[at + 10] === 0x54 && bytes[at + 13] === colon && bytes[at + 16] === colon && bytes[at + 19] === dot;
    return marked && bytes[at + 23] === 0x5a ? at + 24 : nowhere;
  }

  #learnDay(at: number): boolean {
    const day = Buffer.from(this.#bytes.subarray(at, at + 10)).toString('latin1');
    const start = Date.parse(`${day}T00:00:00.000Z`);
    // Whatever else may be parsed, this is how a day is written.
    if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) return false;
    [this.#day, this.#dayStart] = [word(day), start];
    return true;
  }

  /** Two digits; NaN where they are none. */
  #two(at: number): number {
    const tens = (this.#bytes[at] ?? 0) - zero;
    const ones = (this.#bytes[at + 1] ?? 0) - zero;
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
  }

  /** It ends after the quote. */
  #type(at: number): number {
    for (let place = 0; place < types.length; place++) {
      const name = types[place];
      if (!name || !this.#has(name, at)) continue;
      this.type = place;
      return at + name.length;
    }
    return nowhere;
  }

  /** Any value but the deepest. Each of these takes where something begins, and says where it ends. */
  #value(at: number, depth: number): number {
    const first = this.#bytes[at];
    if (first === quote) return this.#string(at);
    if (first === openBrace) return this.#object(at, depth);
    if (first === openBracket) return this.#array(at, depth);
    if (first === letterT) return this.#after(wordTrue, at);
    if (first === letterF) return this.#after(wordFalse, at);
    return first === letterN ? this.#after(wordNull, at) : this.#number(at);
  }

  /** Its keys are in order, each once, and of plain characters, whose order is that of their bytes. */
  #object(from: number, depth: number): number {
    let at = this.#on(openBrace, from);
    if (this.#bytes[at] === closeBrace) return at + 1;
    for (let before = 0; depth > 0; ) {
      const key = at;
      at = this.#on(colon, this.#name(key));
      if (before > 0 && !this.#follows(before, key)) return nowhere;
      before = key;
      at = this.#value(at, depth - 1);
      if (this.#bytes[at] !== comma) return this.#on(closeBrace, at);
      at++;
    }
    return nowhere;
  }

  #array(from: number, depth: number): number {
    let at = this.#on(openBracket, from);
    if (this.#bytes[at] === closeBracket) return at + 1;
    while (depth > 0) {
      at = this.#value(at, depth - 1);
      if (this.#bytes[at] !== comma) return this.#on(closeBracket, at);
      at++;
    }
    return nowhere;
  }

  #strings(from: number): number {
    let at = this.#on(openBracket, from);
    if (this.#bytes[at] === closeBracket) return at + 1;
    for (;;) {
      at = this.#string(at);
      if (this.#bytes[at] !== comma) return this.#on(closeBracket, at);
      at++;
    }
  }

  /** Whether the name at `b` comes after the one at `a` in the order of their characters. */
  #follows(a: number, b: number): boolean {
    const bytes = this.#bytes;
    for (let i = 1; ; i++) {
      const x = bytes[a + i] ?? 0;
      const y = bytes[b + i] ?? 0;
      if (y === quote) return false;
      if (x === quote) return true;
      if (x !== y) return x < y;
    }
  }

  #string(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== quote) return nowhere;
    for (let i = at + 1; ; ) {
      const kind = kinds[bytes[i] ?? 0];
      if (kind === plain) i++;
      else if (kind === closing) return i + 1;
      else if (kind === high) i = this.#wide(i);
      else if (kind === escape && shortEscapes[bytes[i + 1] ?? 0] === 1) i += 2;
      else return nowhere;
    }
  }

  /** One character beyond ASCII, in the shortest form and no surrogate (Unicode §3.9, table 3-7). */
  #wide(at: number): number {
    const first = this.#bytes[at] ?? 0;
    const second = this.#bytes[at + 1] ?? 0;
    const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (first < 0xc2 || first > 0xf4 || second < least || second > most) return nowhere;
    for (let i = at + 2; i < at + length; i++) if ((this.#bytes[i] ?? 0) >> 6 !== 2) return nowhere;
    return at + length;
  }

  /** A string in which every character is one byte and stands for itself. */
  #name(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== quote) return nowhere;
    let i = at + 1;
    while (kinds[bytes[i] ?? 0] === plain) i++;
    return bytes[i] === quote ? i + 1 : nowhere;
  }

  /** As ECMAScript prints it. */
  #number(at: number): number {
    const bytes = this.#bytes;
    const whole = this.#digits(at);
    if (whole < nowhere && ofNumbers[bytes[whole] ?? 0] !== 1) return whole;
    let last = at;
    while (ofNumbers[bytes[last] ?? 0] === 1) last++;
    const text = Buffer.from(bytes.subarray(at, last)).toString('latin1');
    return String(Number(text)) === text ? last : nowhere;
  }

  /** Of a count: no sign, no zero before others. */
  #digits(at: number): number {
    const bytes = this.#bytes;
    let i = at;
    let count = 0;
    for (let digit = 0; ; i++, count = 10 * count + digit) {
      digit = (bytes[i] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
    }
    this.#count = count;
    return i > at && i - at <= digitsMax && (bytes[at] !== zero || i === at + 1) ? i : nowhere;
  }

  #has(word: Uint8Array, at: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
    return true;
  }

  #after(word: Uint8Array, at: number): number {
    return this.#has(word, at) ? at + word.length : nowhere;
  }

  #on(byte: number, at: number): number {
    return this.#bytes[at] === byte ? at + 1 : nowhere;
  }
}

function word(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function among(characters: string): Uint8Array {
  const found = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) found[byte] = 1;
  return found;
}
