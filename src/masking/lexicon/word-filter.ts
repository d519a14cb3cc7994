// A set of words as a Bloom filter: no word is missed, and about one in four hundred others is taken for one. Small
// enough to be part of the source, and asked without making a string.

export interface WordFilter {
  /** Whether `text.slice(start, end)`, its ASCII letters in lower case, is (almost surely) one of the words. */
  has(text: string, start: number, end: number): boolean;
}

const hashes = 8;

/** `base64`: the filter's bits, eight a byte, as `encodeWordFilter` wrote them. */
export function wordFilter(base64: string): WordFilter {
  const packed = atob(base64);
  const bytes = new Uint8Array(packed.length);
  for (let at = 0; at < packed.length; at++) bytes[at] = packed.charCodeAt(at);
  const bits = bytes.length * 8;
  return {
    has(text, start, end) {
      const [a, b] = [hash(text, start, end, 0x811c9dc5), hash(text, start, end, 0x9747b28c) | 1];
      for (let round = 0; round < hashes; round++) {
        const bit = ((a + Math.imul(round, b)) >>> 0) % bits;
        if (((bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
      }
      return true;
    },
  };
}

/** 12 bits a word: a rate of false positives of 0.3 %. Words are in lower case. */
export function encodeWordFilter(words: readonly string[]): string {
  const bytes = new Uint8Array(Math.ceil((words.length * 12) / 8));
  const bits = bytes.length * 8;
  for (const word of words) {
    const [a, b] = [hash(word, 0, word.length, 0x811c9dc5), hash(word, 0, word.length, 0x9747b28c) | 1];
    for (let round = 0; round < hashes; round++) {
      const bit = ((a + Math.imul(round, b)) >>> 0) % bits;
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** FNV-1a over UTF-16 units, with a last mix. */
function hash(text: string, start: number, end: number, seed: number): number {
  let sum = seed;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    sum = Math.imul(sum ^ (unit >= 65 && unit <= 90 ? unit + 32 : unit), 0x01000193);
  }
  sum = Math.imul(sum ^ (sum >>> 15), 0x85ebca6b);
  return sum ^ (sum >>> 13);
}
