// The capitalised words of a text, read once for all detectors that go by them, each with the lists it stands in. Never
// decides what a word is.

import { englishWords } from '../lexicon/english-words.ts';
import { ambiguousGivenNames, givenNames, notNames, surnames } from '../names.ts';
import { institutionWords, landmarkWords, provinces, regionWords, states, townFirstWords } from '../places.ts';

export interface Word {
  readonly start: number;
  readonly end: number;
  /** Lower case, accents off, without a possessive. */
  readonly key: string;
  readonly initial: boolean;
  /** Ends with two or three digits, as some generators write names. */
  readonly numbered: boolean;
  /** Bits of `lists`. A double word (Mary-Ann) stands where its first part does. */
  readonly lists: number;
}

export const lists = {
  given: 1,
  surname: 2,
  notName: 4,
  ambiguous: 8,
  town: 16,
  /** A word that the name of an institution ends with. */
  institution: 32,
  /** A word that the name of a place that everyone knows begins with, or a saint's. */
  landmark: 64,
  state: 128,
  month: 256,
  /** A feast's first word, or a day of the week in short. */
  feast: 512,
  /** A kind of street that stands before its name. */
  street: 1024,
  /** What cameras begin the name of a picture with. */
  picture: 2048,
  /** A word of English. */
  english: 4096,
  /** The last word of a state's or a country's name. */
  region: 8192,
  /** What the name of a street without a number ends with, or a place "of" something begins with. */
  corner: 16384,
} as const;

const monthWords =
  'jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november dec december'.split(
    ' ',
  );
const feastWords =
  'christmas thanksgiving easter halloween hanukkah ramadan diwali passover purim yom rosh black juneteenth eid veterans columbus presidents new valentine mother mothers father fathers labor memorial independence boxing mon tue tues wed thu thur thurs fri sat sun'.split(
    ' ',
  );

const streetWords =
  'rue avenue av avda avenida calle carrer paseo via viale piazza corso rua travessa ulica ul chemin impasse'.split(
    ' ',
  );
const cornerWords =
  'st street ave avenue rd road blvd boulevard ln lane pkwy parkway hwy highway route rte trail turnpike pike city town village borough district hospice hospital university port'.split(
    ' ',
  );
const pictureWords = 'img dsc dscn dscf pxl dcim mvi pano screenshot'.split(' ');

/** Words of English that came along are taken in; there are not many of them. */
const listsOf: Map<string, number> = byWord([
  [givenNames, lists.given],
  [surnames, lists.surname],
  [notNames, lists.notName],
  [ambiguousGivenNames, lists.ambiguous],
  [townFirstWords.keys(), lists.town],
  [institutionWords, lists.institution],
  [landmarkWords, lists.landmark],
  [monthWords, lists.month],
  [feastWords, lists.feast],
  [streetWords, lists.street],
  [pictureWords, lists.picture],
  [regionWords, lists.region],
  [cornerWords, lists.corner],
  [Array.from([...states, ...provinces], (state) => state.toLowerCase()), lists.state],
]);

function byWord(sources: readonly (readonly [Iterable<string>, number])[]): Map<string, number> {
  const bits = new Map<string, number>();
  for (const [words, bit] of sources) for (const word of words) bits.set(word, (bits.get(word) ?? 0) | bit);
  for (const [word, bit] of bits) {
    if (englishWords.has(word, 0, word.length)) bits.set(word, bit | lists.english);
  }
  return bits;
}

function englishOf(key: string): number {
  if (!englishWords.has(key, 0, key.length)) return 0;
  listsOf.set(key, lists.english);
  return lists.english;
}

/** What goes for the first part of a double word as for a word by itself. */
const ofFirstPart = lists.given | lists.town | lists.institution | lists.landmark | lists.month;

const lettersMax = 30;

export function readWords(text: string): readonly Word[] {
  const words: Word[] = [];
  capitals.lastIndex = 0;
  while (capitals.test(text)) {
    let at = capitals.lastIndex - 1;
    if (!isCapital(text.charCodeAt(at))) continue;
    const previous = text.charCodeAt(at - 1);
    if (isLetter(previous) || isDigit(previous) || previous === apostrophe) continue;
    const start = at;
    for (at++; at < text.length && at - start < lettersMax && continues(text, at); at++);
    let end = at;
    while (end - at < 3 && isDigit(text.charCodeAt(end))) end++;
    // "Smith-2", "B12x": part of something else.
    if (end - at < 2 || isJoined(text.charCodeAt(end))) end = at;
    words.push(wordOf(text, start, at, end));
    capitals.lastIndex = end;
  }
  return words;
}

/** Where a capital of `isCapital` may be: a pattern skims what has none faster than a loop does. */
const capitals = /[A-Z\u00c0-\u024f\u1e00-\u1eff]/g;

/** `end` lies behind the word's digits, `lettersEnd` before them. */
function wordOf(text: string, start: number, lettersEnd: number, end: number): Word {
  if (end - start === 1) return { start, end, key: '', initial: true, numbered: false, lists: 0 };
  const numbered = end > lettersEnd;
  const isPossessive = !numbered && text.charCodeAt(end - 2) === apostrophe && (text.charCodeAt(end - 1) | 32) === 115;
  const wordEnd = isPossessive ? end - 2 : end;
  const key = plainKey(text.slice(start, wordEnd).toLowerCase());
  return { start, end: wordEnd, key, initial: wordEnd - start === 1, numbered, lists: standing(key) };
}

/** Accents off; case and length stay. */
export function plainKey(word: string): string {
  for (let at = 0; at < word.length; at++) {
    if (word.charCodeAt(at) >= 0xc0) return word.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  }
  return word;
}

function standing(key: string): number {
  const own = listsOf.get(key) ?? englishOf(key);
  const joint = key.indexOf('-');
  if (joint === -1) return own;
  return (
    own |
    ((listsOf.get(key.slice(0, joint)) ?? 0) & ofFirstPart) |
    ((listsOf.get(key.slice(joint + 1)) ?? 0) & lists.month)
  );
}

const apostrophe = 39;
const hyphen = 45;
const underscore = 95;

function continues(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return isLetter(unit) || ((unit === apostrophe || unit === hyphen) && isLetter(text.charCodeAt(at + 1)));
}

function isJoined(unit: number): boolean {
  const lower = unit | 32;
  return isDigit(unit) || (lower >= 97 && lower <= 122) || unit === hyphen || unit === underscore;
}

export function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

/** Of ASCII. */
export function isAlphanumeric(unit: number): boolean {
  const lower = unit | 32;
  return isDigit(unit) || (lower >= 97 && lower <= 122);
}

/** Of ASCII, Latin-1 and Latin Extended, as À-ɏ and Ḁ-ỿ. */
export function isLetter(unit: number): boolean {
  const lower = unit | 32;
  return (lower >= 97 && lower <= 122) || (unit >= 0xc0 && (unit <= 0x24f || (unit >= 0x1e00 && unit <= 0x1eff)));
}

/** A-Z, À-Ö, Ø-Þ, and of the rest of Latin what Unicode says. */
export function isCapital(unit: number): boolean {
  if (unit < 0xc0) return unit >= 65 && unit <= 90;
  if (unit < 0x100) return unit <= 0xde && unit !== 0xd7;
  return isLetter(unit) && capital.test(String.fromCharCode(unit));
}

const capital = /\p{Lu}/u;

/** Not an abbreviation: "Pt", "CHF" and "BMI" are no names by themselves. */
export function isMixed(text: string, word: Word): boolean {
  if (word.end - word.start < 3) return false;
  for (let at = word.start + 1; at < word.end; at++) {
    const unit = text.charCodeAt(at);
    if (isLetter(unit) && !isCapital(unit)) return true;
  }
  return false;
}

/**
 * The last word before `at`, in lower case, if no more than `gapMax` signs and blanks lie between. Empty where there is none,
 * or where a digit comes first.
 */
export function lastWord(text: string, at: number, gapMax: number): string {
  let end = at;
  while (end > 0 && !isLetter(text.charCodeAt(end - 1))) {
    if (at - end === gapMax || isDigit(text.charCodeAt(end - 1))) return '';
    end--;
  }
  let start = end;
  while (start > 0 && end - start < 16 && isLetter(text.charCodeAt(start - 1))) start--;
  return text.slice(start, end).toLowerCase();
}
