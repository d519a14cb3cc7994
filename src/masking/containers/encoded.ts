// Texts inside of values: as they are, in base64, in hexadecimal, percent-encoded. Files that are no text are only recognised.

import { type Leaf, type Packed, placeOf, type Reading } from './leaf.ts';

const wrapped = /^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]*={0,2}\s*$/;
const base64Min = 16;
const hexMin = 24;

/** What a value holds that may be read as a text of its own, however often it is packed; null = nothing. */
export function innerText(value: string, reads: Reading): Packed | null {
  const packed = unpacked(value, reads);
  if (!packed || packed.isPlain) return packed;
  const inner = packed.text.length < value.length ? innerText(packed.text.trim(), 'value') : null;
  if (!inner || inner.isPlain) return packed;
  return { ...inner, encode: (text) => packed.encode(inner.encode(text)) };
}

function unpacked(value: string, reads: Reading): Packed | null {
  if (reads !== 'encoded' && mayBeText(value)) return { text: value, encode: (text) => text, isPlain: true };
  if (isDataUri(value)) return fromDataUri(value);
  if (hasOtherSign(value)) return null;
  return fromSigns(value, reads === 'encoded' ? 4 : base64Min) ?? wordsOf(value);
}

/** RFC 2397. */
function fromDataUri(value: string): Packed | null {
  const scheme = dataUri.exec(value)?.[0];
  if (scheme !== undefined) {
    const packed = fromBase64(value.slice(scheme.length), 4);
    return packed && { ...packed, encode: (text) => scheme + packed.encode(text) };
  }
  const percent = plainDataUri.exec(value)?.[0];
  if (percent !== undefined) {
    const text = decodedRun(value.slice(percent.length));
    return { text, encode: (each) => percent + encodeURIComponent(each), isPlain: false };
  }
  return null;
}

/** Whether there is a sign that no writing of bytes has, hexadecimal or to the base 32, 58 or 64: few texts are without one. */
function hasOtherSign(value: string): boolean {
  return otherSign.test(value);
}

const otherSign = /[^\w\s+/=\\-]/;

function fromSigns(value: string, base64From: number): Packed | null {
  return fromHex(value) ?? fromBase32(value) ?? fromBase64(value, base64From) ?? fromBase58(value);
}

/** Whether a word is a text in another writing. */
export function isPackedText(word: string): boolean {
  return fromSigns(word, base64Min) !== null;
}

const wordsMin = 24;
const wordsMax = 100_000;

/** What can be read in bytes that are no text and no file that is known: it goes in their place, if it says anything of anybody. */
function wordsOf(value: string): Packed | null {
  if (value.length < wordsMin || value.length > wordsMax || !wrapped.test(value) || !isWrapped(value)) return null;
  if (isFile(value)) return null;
  const plain = value.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (plain.length % 4 === 1) return null;
  const words = atob(plain).match(/[\x20-\x7e]{6,}/g) ?? [];
  if (words.length === 0) return null;
  return { text: words.join('\n'), encode: (text) => base64Of(new TextEncoder().encode(text)), isPlain: false };
}

/** The beginnings of files people are in: documents, pictures, archives (RFC 8118, PNG 5.2, JFIF, GIF, ZIP, RFC 1950 and 1952, bzip2, xz, zstd, 7z, TIFF). */
const fileStart =
  /^(?:JVBERi0|iVBORw0KGgo|\/9j\/|R0lGOD|UEsDB|H4sI|SUkqA|TU0AK|Qk0|UklGR|AAAAG|AAAAI|SUQz|eJ[wxyz]|eNo|eAE|Qlpo|\/Td6WF|KLUv\/|N3q8r)/;

/** The same in hexadecimal. */
const hexFileStart = /^(?:\\x|0x)?(?:1f8b08|504b0304|25504446|89504e47|ffd8ff|28b52ffd|fd377a58|425a68)[\da-f]{40,}$/i;
/** As `uuencode` writes a file (POSIX.1). */
const uuencoded = /^begin [0-7]{3} \S[^\n]{0,200}\r?\n[\x20-\x60]{2,62}\r?\n/;

const plainDataUri = /^data:(?:[\w.+-]{1,60}\/[\w.+-]{1,60})?(?:;[\w.+=-]{1,60}){0,4},(?=\S*%[\dA-F]{2})/i;
const dataUri = /^data:[\w.+-]{0,60}(?:\/[\w.+-]{1,60})?(?:;[\w.+=-]{1,60}){0,4};base64,/i;

function isDataUri(value: string): boolean {
  return value.charAt(4) === ':' && /^data:/i.test(value);
}

/** A JSON Web Token says in its claims who somebody is (RFC 7519). */
const claims = /^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*$/;

/** Whether a value that is no text in base64 is a file, or a token that speaks of somebody. */
export function isFile(value: string): boolean {
  if (value.startsWith('begin ') && uuencoded.test(value)) return true;
  if (hasOtherSign(value))
    return (isDataUri(value) && dataUri.test(value)) || (value.startsWith('eyJ') && claims.test(value));
  return (
    hexFileStart.test(value) || (value.length >= 32 && fileStart.test(value) && wrapped.test(value)) || isOpaque(value)
  );
}

const opaqueMin = 128;
/** Base64 is wrapped no closer (RFC 1421, RFC 2045). */
const lineMin = 60;

/** Words are shorter than lines of base64. */
function isWrapped(value: string): boolean {
  const lines = value.trim().split(/\s+/);
  return lines.slice(0, -1).every((line) => line.length >= lineMin);
}

/** A file of no kind that is known here: base64 of what is no text, and longer than keys, digests and cursors are. */
function isOpaque(value: string): boolean {
  if (value.length < opaqueMin || !wrapped.test(value) || (/[+/]/.test(value) && /[_-]/.test(value))) return false;
  if (!isWrapped(value)) return false;
  const capitals = value.replace(/[^A-Z]/g, '').length;
  return capitals > value.length / 6 && /[a-z]/.test(value) && /\d/.test(value);
}

function isPackedWhole(value: string): boolean {
  return dataUri.test(value) || /^(?:\\x|0x)?[0-9a-fA-F]+$/.test(value) || claims.test(value) || base32.test(value);
}

/** A segment of X12 about somebody, behind a word of whoever copied it. */
export const x12Segment: RegExp = /(?<=[\s>:(])(?:NM1|N[34]|DMG|REF|CLM|SBR|PAT|DTP|INS)\*[^~\n]{1,300}~/;

/** Whether a segment of HL7 v2 or X12 about somebody stands in it, behind whatever else. */
export function holdsSegments(value: string): boolean {
  return (
    (value.includes('|') && /\b(?:PID|NK1|PV1|PD1|GT1|IN1|MRG)\|[^\n]{0,40}\|/.test(value)) ||
    (value.includes('~') && x12Segment.test(value))
  );
}

function mayBeText(value: string): boolean {
  return (
    /^\s*(?:[[{<]|(?:MSH|FHS|BHS|ISA)\W|(?:GS|ST)\*\w|(?:PID|PV1|NK1|IN1|GT1|DG1|AL1|EVN|ORC|OBR|OBX|RXE|RXO|NTE)\||(?:NM1|N[134]|DMG|REF|CLM|SBR|PAT)\*[^~\n]{1,300}~)/.test(
      value,
    ) ||
    holdsSegments(value) ||
    (/\sINTO\b/i.test(value) && /\b(?:INSERT|REPLACE)\s+INTO\b/i.test(value)) ||
    (value.includes(':: ') && /^[A-Za-z][\w.;-]{0,60}:: [A-Za-z0-9+/]{4}/.test(value)) ||
    (value.length > 20 &&
      (value.includes('\n') || value.includes('\r') || hasPackedRun(value, wordMin)) &&
      (!wrapped.test(value) || (!isWrapped(value) && fromBase64(value, base64Min) === null)) &&
      !isPackedWhole(value))
  );
}

const packedRun = 40;
/** Words of a text in another writing are no shorter. */
export const wordMin = 20;

/** Whether so many signs of base64 stand in a row: one in so many is looked at, and from it back, so that no run lies between two. */
export function hasPackedRun(text: string, runMin: number = packedRun): boolean {
  for (let end = runMin - 1; end < text.length; ) {
    let at = end;
    while (at > end - runMin && isPacked(text.charCodeAt(at))) at--;
    if (at === end - runMin) return true;
    end = at + runMin;
  }
  return false;
}

/** Whether a text that begins so may stand in another writing as a whole: in lines of base64, in one run, or percent-encoded. */
export function mayBePacked(head: string): boolean {
  const [first = '', second = ''] = head.trimStart().slice(0, packedHead).split(/\s+/, 2);
  if (isDataUri(first) || (first.length >= lineMin && /%[\dA-F]{2}/i.test(first))) return true;
  return !hasOtherSign(first) && (first.length >= packedHead || Math.min(first.length, second.length) >= lineMin);
}

/** No digest is as long. */
const packedHead = 160;

/** A letter, a digit, + or / */
function isPacked(unit: number): boolean {
  const lower = unit | 32;
  return (lower >= 97 && lower <= 122) || (unit >= 47 && unit <= 57) || unit === 43;
}

function fromBase64(value: string, min: number): Packed | null {
  if (value.length < min || !wrapped.test(value)) return null;
  const isUrlSafe = /[-_]/.test(value);
  const plain = value.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  const bare = plain.replace(/=+$/, '');
  if (bare.length % 4 === 1) return null;
  const text = textOf(Uint8Array.from(atob(bare), (char) => char.charCodeAt(0)));
  if (!text) return null;
  const encode = (each: string): string => {
    const packed = base64Of(text.bytesOf(each));
    const padded = plain.length === bare.length && bare.length % 4 !== 0 ? packed.replace(/=+$/, '') : packed;
    return isUrlSafe ? padded.replaceAll('+', '-').replaceAll('/', '_') : padded;
  };
  return { text: text.text, encode, isPlain: false };
}

/** What base64 says, where it is a text; null where it is none. */
export function textOfBase64(value: string): string | null {
  return fromBase64(value, 4)?.text ?? null;
}

const base58Signs = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Shorter ones say too little to be told from codes; each sign of a longer one takes as long as it is. */
const base58 = /^[1-9A-HJ-NP-Za-km-z]{15,1000}$/;

/** The alphabet of Bitcoin (draft-msporny-base58 §2). A code is a text by chance once in ten million. */
function fromBase58(value: string): Packed | null {
  if (!base58.test(value) || !/\d/.test(value)) return null;
  let number = 0n;
  for (const sign of value) number = number * 58n + BigInt(base58Signs.indexOf(sign));
  const digits = number.toString(16);
  const bytes = digits.padStart(digits.length + (digits.length % 2), '0').match(/../g) ?? [];
  const text = textOf(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
  if (text === null || !/^[\x20-\x7e\s]+$/.test(text.text)) return null;
  return { text: text.text, encode: (each) => base58Of(text.bytesOf(each)), isPlain: false };
}

function base58Of(bytes: Uint8Array): string {
  let number = BigInt(`0x0${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`);
  let written = '';
  for (; number > 0n; number /= 58n) written = base58Signs.charAt(Number(number % 58n)) + written;
  return written;
}

const base32Signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const base32 = /^[A-Z2-7]{24,}={0,6}$/;

/** RFC 4648 §6. */
function fromBase32(value: string): Packed | null {
  if (!base32.test(value)) return null;
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (const sign of value.replace(/=+$/, '')) {
    held = ((held << 5) | base32Signs.indexOf(sign)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  const text = textOf(Uint8Array.from(bytes));
  return (
    text && { text: text.text, encode: (each) => base32Of(text.bytesOf(each), value.endsWith('=')), isPlain: false }
  );
}

function base32Of(bytes: Uint8Array, isPadded: boolean): string {
  let written = '';
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) written += base32Signs.charAt((held >> (bits - 5)) & 31);
  }
  if (bits > 0) written += base32Signs.charAt((held << (5 - bits)) & 31);
  return isPadded ? written.padEnd(Math.ceil(written.length / 8) * 8, '=') : written;
}

export function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromHex(value: string): Packed | null {
  const prefix = /^(?:\\x|0x)?/.exec(value)?.[0] ?? '';
  const digits = value.slice(prefix.length);
  if (digits.length < hexMin || digits.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(digits)) return null;
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_each, at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
  const text = textOf(bytes);
  if (!text) return null;
  const encode = (each: string): string =>
    prefix + Array.from(text.bytesOf(each), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { text: text.text, encode, isPlain: false };
}

/** A value with percent-encoded parts as what they mean (RFC 3986 §2.1, and the plus sign of forms); null = it has none. */
export function percentDecoded(leaf: Leaf): Leaf | null {
  if (!leaf.value.includes('%') || !/%[0-9A-Fa-f]{2}/.test(leaf.value)) return null;
  const decoded = decodedLeaf(leaf, /^[\w%+=&.~*!'()-]+$/.test(leaf.value));
  return { ...decoded, encode: (each) => leaf.encode(each === null ? null : encodeURIComponent(each)) };
}

/** A form's value as what it means; its replacement is encoded already. */
export function decodedForm(leaf: Leaf): Leaf {
  return /[%+]/.test(leaf.value) ? decodedLeaf(leaf, true) : leaf;
}

function decodedLeaf(leaf: Leaf, isForm: boolean): Leaf {
  const { value } = leaf;
  const offsets: number[] = [];
  let text = '';
  const put = (written: string, at: number): void => {
    for (let unit = 0; unit < written.length; unit++) offsets.push(placeOf(leaf, at));
    text += written;
  };
  for (const { 0: run, index } of value.matchAll(/(?:%[0-9A-Fa-f]{2})+|[^%]|%/gu)) {
    if (run.length < 3) put(isForm && run === '+' ? ' ' : run, index);
    else put(decodedRun(run), index);
  }
  offsets.push(leaf.end);
  return { ...leaf, value: text, offsets };
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run.replace(/%(..)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

interface Text {
  readonly text: string;
  readonly bytesOf: (text: string) => Uint8Array;
}

/** UTF-16 with its mark or of mostly Latin letters, UTF-8, else Latin-1 if that reads like a text; null for anything else. */
function textOf(bytes: Uint8Array): Text | null {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), bytesOf: utf16Bytes };
  const bare = unmarkedUtf16(bytes);
  if (bare) {
    const text = new TextDecoder(bare).decode(bytes);
    return isText(text) ? { text, bytesOf: bare === 'utf-16le' ? littleEndian : bigEndian } : null;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return isText(text) ? { text, bytesOf: (each) => new TextEncoder().encode(each) } : null;
  } catch {
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const letters = text.match(/[\x20-\x7e\s]/g)?.length ?? 0;
    return isText(text) && letters >= text.length * 0.9 ? { text, bytesOf: latin1Bytes } : null;
  }
}

/** As PowerShell and Windows write it: of the bytes in every other place three quarters are 0, of the others hardly any. */
function unmarkedUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes.length < 8 || bytes.length % 2 !== 0 || (bytes[0] !== 0 && bytes[1] !== 0)) return null;
  const noughts = [0, 0];
  for (const [at, byte] of bytes.entries()) if (byte === 0) noughts[at % 2] = (noughts[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = noughts.map((count) => count / (bytes.length / 2));
  if (odd >= 0.75 && even < 0.1) return 'utf-16le';
  return even >= 0.75 && odd < 0.1 ? 'utf-16be' : null;
}

function isText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what text does not have
  return !/[\u0000-\u0008\u000e-\u001a\u001d-\u001f\u007f-\u009f]/.test(text);
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => Math.min(char.charCodeAt(0), 255));
}

function utf16Bytes(text: string): Uint8Array {
  return littleEndian(`\ufeff${text}`);
}

function littleEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

function bigEndian(text: string): Uint8Array {
  return littleEndian(text).swap16();
}
