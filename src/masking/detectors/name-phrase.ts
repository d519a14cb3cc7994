// Which words of a text make one name together: one behind the other, or the family name first.

import { isClinical } from '../lexicon/clinical-words.ts';
import { after, before } from './detector.ts';
import { agedBefore, degree } from './somebody.ts';
import {
  isAbbreviation,
  isEponym,
  isFamilyInCapitals,
  isMedical,
  isRareFamily,
  isRareGiven,
  isStrange,
} from './strange-word.ts';
import { isMixed, lists, type Word } from './words.ts';

export const particles: ReadonlySet<string> = new Set(
  'van von de del der den la di da dos bin al el ter ten'.split(' '),
);

/** Between two words of a name: blanks, a little word, the quotes of a nickname. */
const nameGap =
  /^(?:\.? {1,2}|\.| (?:de|la|del|de la|de los|de las|van|von|van der|van den|van de|von der|bin|ibn|bint|abu|al|el|da|das|do|dos|di|du|des|le|y|ap|ter|ten|den|zu) | (?:[ae]l|a[sdnrt]|ash|ul)-| ["(]|[")] )$/;

/** Up to three more words on the same line that may belong to the same name. */
export function phraseEnd(text: string, list: readonly Word[], at: number): number {
  let last = at;
  let more = 0;
  for (let next = at + 1; next < list.length && more < 3; next++) {
    const [a, b] = [list[last], list[next]];
    if (!a || !b) break;
    if (!particles.has(b.key)) more++;
    const gap = text.slice(a.end, b.start);
    if (!nameGap.test(gap) || (/["(]/.test(gap) && !closes(text, b) && !/^[")]/.test(gap))) break;
    if (text.charAt(a.end) === '.' && !a.initial) break;
    if ((b.lists & lists.notName) !== 0 && !b.initial) break;
    // "Shaniqua Delacroix GCS 14": an abbreviation behind a name is none of it.
    if (isAbbreviation(text, b) && isMixed(text, a)) break;
    last = next;
  }
  return last;
}

/** Marguerite "Peg" Sullivan, and not "Sullivan (DOB 1951)" */
function closes(text: string, { end }: Word): boolean {
  const next = text.charAt(end);
  return next === '"' || next === ')';
}

/** "Smith, John A": a surname or any word, a comma, then a given name, but not the items of a list. */
export function lastFirst(text: string, list: readonly Word[], at: number): number {
  const [a, b] = [list[at], list[at + 1]];
  if (!a || !b || !/^, {0,2}$/.test(text.slice(a.end, b.start))) return at;
  if (b.initial) {
    // "Groot, A.M."
    const isUnlisted = isMixed(text, a) ? isRareFamily(a.key) || isStrange(text, a) : isFamilyInCapitals(text, a);
    if (isUnlisted && /^[A-Z]\.[A-Z]\./.test(after(text, b.start, 4))) return at + 2;
    // "| Wexler, M |"
    const isFamily = isUnlisted || (a.lists & (lists.surname | lists.english)) === lists.surname;
    return isFamily && !isMedical(a.key) && cellEnd.test(after(text, b.end, 3)) ? at + 1 : at;
  }
  if (isEponym(a.key) && isEponym(b.key)) return at;
  // "54M Broussard, Etienne"; a line of its own: "HOLLOWAY, PRUDENCE"
  const isFamily = (a.lists & lists.surname) !== 0 || isRareFamily(a.key) || isStrange(text, a);
  if (isFamily && !isMedical(a.key) && !isMedical(b.key) && !isClinical(b.key)) {
    if (agedBefore.test(before(text, a.start, 40)) && isMixed(text, a) && isMixed(text, b))
      return phraseEnd(text, list, at + 1);
    const isLine =
      /(?:^|\n)$/.test(before(text, a.start, 1)) && /^(?: [A-Z]\.?)?[ \t]*(?:\r?\n|$)/.test(after(text, b.end, 8));
    if (isLine && isFamilyInCapitals(text, a) && isInCapitals(text, b)) return phraseEnd(text, list, at + 1);
  }
  const isReversed =
    (a.lists & lists.surname) !== 0
      ? (b.lists & (lists.given | lists.surname)) !== 0 || isRareGiven(b.key)
      : (isRareFamily(a.key) && isCertainGiven(b)) ||
        (isFamilyInCapitals(text, a) && (isCertainGiven(b) || (b.lists & lists.ambiguous) !== 0)) ||
        (isStrange(text, a) &&
          ((b.lists & (lists.given | lists.ambiguous)) === lists.given ||
            (isStrange(text, b) && degree.test(after(text, b.end, 8)))));
  return isReversed ? phraseEnd(text, list, at + 1) : at;
}

const cellEnd = /^(?:\. |\.?(?:[|\t\n]| {2}| \||$))/;

function isInCapitals(text: string, { start, end }: Word): boolean {
  return /^[A-ZÀ-Þ'-]{3,}$/.test(text.slice(start, end));
}

export function isCertainGiven({ key, lists: standing }: Word): boolean {
  return (standing & (lists.given | lists.ambiguous)) === lists.given || isRareGiven(key);
}
