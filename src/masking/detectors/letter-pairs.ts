// Which letters stand side by side in a text, whatever their case: a word whose letters never do is not there, and what looks for
// it need not look. One step a character, where each word would take as many. Never says that a word is there.

/** For each letter (its last five bits) a bit for each one behind it. Other signs count as letters, so that nothing is missed. */
export type LetterPairs = Int32Array;

/** In a longer text there are all of them that any has, and of a shorter one the words themselves are as quick to look for. */
const [charsMin, charsMax] = [64, 2_000];
const all: LetterPairs = new Int32Array(32).fill(-1);

export function letterPairs(text: string): LetterPairs {
  if (text.length < charsMin || text.length > charsMax) return all;
  const pairs = new Int32Array(32);
  let before = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at) & 31;
    pairs[before] = (pairs[before] ?? 0) | (1 << letter);
    before = letter;
  }
  return pairs;
}

/** Whether one of the words, of ASCII letters, may be in a text of these pairs. */
export function lookedFor(words: string): (pairs: LetterPairs) => boolean {
  const looked = words.split(' ').map((word) => Array.from(word, (letter) => letter.charCodeAt(0) & 31));
  return (pairs) => {
    for (const letters of looked) if (isThere(letters, pairs)) return true;
    return false;
  };
}

function isThere(letters: readonly number[], pairs: LetterPairs): boolean {
  for (let at = 1; at < letters.length; at++) {
    if (((pairs[letters[at - 1] ?? 0] ?? 0) & (1 << (letters[at] ?? 0))) === 0) return false;
  }
  return true;
}
