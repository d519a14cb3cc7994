// Names and towns in questions without capitals: behind "named", "pt", a title or a preposition, or two words that are names and
// nothing else. Not in longer texts, which nobody writes so.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { medicines } from '../lexicon/medicines.ts';
import { programWords } from '../lexicon/program-words.ts';
import { townNames } from '../lexicon/town-names.ts';
import { ambiguousGivenNames, givenNames, notNames, surnames } from '../names.ts';
import { towns } from '../places.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { type LetterPairs, lookedFor } from './letter-pairs.ts';
import { isMedical, isRareFamily, isRareGiven } from './strange-word.ts';
import { isLetter } from './words.ts';

const lowerNamed = /\b(?:named|name is|patient name:|name:) {0,2}([a-z]{2,20}(?: [a-z]{2,20})?)\b/g;

/** Nobody writes longer texts without capitals; so much of a question is looked at for names without them. */
export const questionChars = 400;
const lowerWords = /(?<![\w'@.-])([a-z]{3,20}) ([a-z]{3,20})(?![\w'@-])/g;
/** Where a question has somebody: behind "for" or "pt", before "'s". */
const lowerAlone =
  /(?<=\b(?:for|pt|caller|it'?s|i am|i'm|hi|hello|dear|brother|sister|aunt|uncle|niece|nephew|cousin|neighbou?r|friend|grandma|grandpa|mommy|daddy|patient|does|can|should|is|named|tell|ask|give|mom|dad|wife|husband|son|daughter|mother|father|\d ?[fm]|(?:\d ?)?yo|to|re|from|with) )([a-z]{3,20})(?![\w@(-])/g;
/** "this is uh leonard fishbein": a given name may be a word of English here. */
const lowerTold =
  /(?<=\b(?:this is|i am|i'm|it'?s|name'?s|name is)(?: u[hm])? )([a-z]{3,20}) ([a-z]{3,20})(?![\w'@-])/g;
const lowerTitled = /\b(?:dr|mr|mrs|ms|prof)\.? ([a-z]{3,20})(?![\w'-])/g;

export function mayHaveSlug(text: string, pairs: LetterPairs): boolean {
  slugJoint.lastIndex = 0;
  return text.length <= slugMax || mayHaveUser(pairs) || slugJoint.test(text);
}

/** A given and a family name as parts of a key or a path: `jane-doe`, `chart_of_mary_johnson`, `johnson.mary`, `MaryJohnson`. */
export const findSlug: Find = (text, emit, _words, _numbers, pairs) => {
  for (const { 0: joint, index } of matches(text, slugJoint)) {
    const left = partBefore.exec(before(text, index, partMax))?.[0] ?? '';
    const from = index + Number(!isLetter(joint.charCodeAt(0)));
    const right = partAfter.exec(after(text, from, partMax))?.[0] ?? '';
    const [start, end] = [index - left.length, from + right.length];
    if (areNames(left.toLowerCase(), right.toLowerCase())) {
      emit(start, end, 'name');
      const [short = ''] = shortNumber.exec(after(text, end, 8)) ?? [];
      if (short !== '') emit(end + 1, end + short.length, 'other_id');
    }
    const isSomebodys = somebodyAhead.test(before(text, start, 20));
    if (isSomebodys && (isNameBeside(left.toLowerCase(), right.toLowerCase()) || areUnknown(left, right)))
      emit(start, end, 'name');
    const [behind = ''] = numbered.exec(after(text, end, 14)) ?? [];
    if (behind === '' || !isNameBeside(left.toLowerCase(), right.toLowerCase())) continue;
    emit(start, end, 'name');
    emit(end + 1, end + behind.length, 'other_id');
  }
  for (const { 0: whole, 1: family = '', index } of mayHaveUser(pairs) ? matches(text, userName) : []) {
    const end = index + whole.length;
    if (isFamily(family) && mayBeName(text.slice(end - family.length - 1, end)))
      emit(end - family.length - 1, end, 'name');
  }
  // A value by itself, of which one part is a name and the other nothing else.
  const [, first = '', second = ''] = (text.length <= slugMax && slug.exec(text)) || [];
  if (first !== '' && isNameBeside(first.toLowerCase(), second.toLowerCase())) emit(0, text.length, 'name');
};

/** "user=khollingsworth": an initial and a family name. */
const userName =
  /\b(?:user(?:name)?|login|uid|uname|owner|reporter|assignee|author|public ?key for|password for)["']?[=: ]{1,2}["']?[a-z]([a-z]{5,18})(?![\w@-])/gi;
const mayHaveUser = lookedFor('user login uid uname owner reporter assignee author key password');

const slugMax = 40;
const slug = /^@?([A-Za-z][a-z]{3,19})[-_.]?((?<=[-_.])[a-z]{4,20}|[A-Z][a-z]{3,19})$/;
/** Behind two names, a number or a day: "quill_zebulon_00447190.pdf". */
const numbered = /^[-_](\d{6,12}|\d{4}-\d\d-\d\d)(?![A-Za-z0-9])/;
/** The same, where both are listed: "jane-doe-4711", but not a year. */
const shortNumber = /^[-_.](?!(?:19|20)\d\d(?!\d))(\d{3,5})(?![A-Za-z0-9])/;

/** Who did it, or whose it is: "signed by thibodeaux.amelie", "user=quill_zebulon". */
const somebodyAhead =
  /\b(?:by|user|username|login|owner|author|uid|slug|handle|patient|pt|chart of|chart for)[ =:]{1,2}["']?$/i;

/** "slug: quartermain-ostrandt": both long enough for a name, and neither anything else. */
function areUnknown(first: string, second: string): boolean {
  return [first, second].every((part) => part.length >= unknownMin && mayBeName(part.toLowerCase()));
}

const unknownMin = 5;

/** In either order, a listed name and a word that nothing is called by. */
function isNameBeside(first: string, second: string): boolean {
  return (isNameAlone(first) && mayBeName(second)) || (isNameAlone(second) && mayBeName(first));
}

/** A name, or a word that stands for nothing else, in lower case. */
export function isNameOrUnknown(word: string): boolean {
  return isNameAlone(word) || mayBeName(word);
}

/** Spoken as a word, and none that is known. */
function mayBeName(word: string): boolean {
  return /[aeiouy]/.test(word) && !isWord(word) && !programWords.has(word) && !towns.has(word);
}

/** What stands between two parts, or the capital that begins the next: signs that are rare, for a text to be skimmed by. */
const slugJoint = /(?<=[A-Za-z])[-_.](?=[A-Za-z]{3})|(?<=[a-z])[A-Z](?=[a-z]{2})/g;
const partMax = 24;
const partBefore = /(?:[A-Z]?[a-z]+|[A-Z]+)$/;
const partAfter = /^(?:[A-Z]?[a-z]+|[A-Z]+(?![a-z]))/;

/** In either order; nobody is called by two words of English. */
function areNames(first: string, second: string): boolean {
  if (first.length < 3 || second.length < 3) return false;
  return isFullName(first, second) || (isFamily(first) && isGiven(second));
}

function isFullName(given: string, family: string): boolean {
  if (!isGiven(given)) return false;
  return isFamily(family) || (surnames.has(family) && !towns.has(given) && !townNames.has(given, 0, given.length));
}

export const findLowerCase: Find = (text, emit) => {
  if (text.includes('name')) for (const match of matches(text, lowerNamed)) named(match, emit);
  // Whatever else is asked for begins behind a blank or a colon.
  if (text.length > questionChars || !/[ :]/.test(text)) return;
  places(text, emit);
  for (const match of matches(text, lowerWords)) {
    const [whole, first = '', second = ''] = match;
    const isForward = isGiven(first)
      ? surnames.has(second) || !isWord(second)
      : // "grace achieng"
        (givenNames.has(first) || ambiguousGivenNames.has(first)) && isFamily(second);
    // "nguyen thi lan", "obi chukwuemeka"
    const isReversed = isFamily(first) && !isWord(second) && (isGiven(second) || givenThird.test(second));
    if (isForward || isReversed) {
      const end = match.index + whole.length;
      emit(match.index, end + restOfName(text, end), 'name');
    }
    // The second word may be the first of the next two.
    else lowerWords.lastIndex = match.index + first.length + 1;
  }
  for (const { 0: whole, 1: first = '', 2: second = '', index } of matches(text, lowerTold)) {
    if (givenNames.has(first) && !isWord(second)) emit(index, index + whole.length, 'name');
  }
  for (const match of matches(text, lowerTitled)) {
    const [whole, name = ''] = match;
    if (surnames.has(name) || !isWord(name)) emit(match.index, match.index + whole.length, 'name');
  }
  for (const match of matches(text, lowerAlone)) {
    const [, name = ''] = match;
    const isName = isGiven(name) || (!isWord(name) && (surnames.has(name) || isRareFamily(name)));
    if (isName) emit(match.index, match.index + name.length, 'name');
  }
  for (const match of matches(text, lowerPatient)) afterPatient(text, match, emit);
};

/** The middle of Vietnamese names. */
const givenThird = /^(?:thi|van)$/;
const lowerWord = /^ ([a-z]{2,20})(?![\w'@.-])/;

/** How far a name in lower case goes on, in words that are nothing else. */
function restOfName(text: string, end: number): number {
  const next = lowerWord.exec(after(text, end, 24));
  return next && !isWord(next[1] ?? '') ? next[0].length : 0;
}

/** Somebody in a question without capitals: "pt r. delgado-vance c/o", "pt name: lashawn t brooks dob". */
const lowerPatient =
  /\b(?:pt|patient|client)(?: name|'s name)?(:? {1,2}|: ?)((?:[a-z]\.? )?[a-z]{2,20}(?:-[a-z]{2,20})?(?: [a-z]\.?)?(?: [a-z]{2,20}(?:-[a-z]{2,20})?)?)(?![\w@'-])/g;
const agedOrNumbered = /^[,;]? ?\(?(?:\d{1,3} ?(?:yo|y\/o|[mf]\b|,)|dob\b|d\.o\.b|mrn\b|age\b|sex\b|#)/i;

function afterPatient(text: string, match: RegExpExecArray, emit: Emit): void {
  const [whole, , phrase = ''] = match;
  const start = match.index + whole.length - phrase.length;
  // What a label ends is as long as what stands between it and the next one.
  if (whole.includes(' name') && agedOrNumbered.test(after(text, start + phrase.length, 12))) {
    return emit(start, start + phrase.length, 'name');
  }
  const parts = phrase.split(' ');
  while (parts.length > 1 && isWord((parts.at(-1) ?? '').replace('.', ''))) parts.pop();
  const isNames = parts.every((part) => /^[a-z]\.?$/.test(part) || part.split('-').every((each) => !isWord(each)));
  if (!isNames || parts.length < 2) return;
  const name = parts.join(' ');
  const isKnown = parts.some((part) => part.split('-').some((each) => isGiven(each) || isFamily(each)));
  const isTold = agedOrNumbered.test(after(text, start + name.length, 12)) || whole.includes(' name');
  if (isKnown || isTold) emit(start, start + name.length, 'name');
}

function isFamily(word: string): boolean {
  if (programWords.has(word)) return false;
  return !isWord(word) && (surnames.has(word) || isRareFamily(word));
}

/** A given or a family name and nothing else, in lower case. */
export function isNameAlone(word: string): boolean {
  return isGiven(word) || isFamily(word);
}

/** A word that stands for something, also when it is somebody's name. */
function isWord(word: string): boolean {
  return englishWords.has(word, 0, word.length) || isClinical(word) || isMedical(word) || notNames.has(word);
}

function isGiven(word: string): boolean {
  return !isWord(word) && (givenNames.has(word) || isRareGiven(word));
}

function named(match: RegExpExecArray, emit: Emit): void {
  const name = match[1] ?? '';
  const start = match.index + match[0].length - name.length;
  const [first = '', second] = name.split(' ');
  if (notNames.has(first) && !givenNames.has(first)) return;
  const both = second !== undefined && (surnames.has(second) || givenNames.has(first)) && !notNames.has(second);
  if (both) emit(start, start + name.length, 'name');
  else if (givenNames.has(first)) emit(start, start + first.length, 'name');
}

const lowerPlace =
  /(?<=\b(?:at|in|from|near|to|clinic|hospital) )([a-z]{3,20})(?: ([a-z]{3,20}))?(?: ([a-z]{4,20}))?(?: ([a-z]{4,20}))?(?![\w@'-])/g;

/** Towns in lower case, behind their preposition. */
function places(text: string, emit: Emit): void {
  const isPlace = (name: string): boolean =>
    (towns.has(name) || (townNames.has(name, 0, name.length) && !surnames.has(name))) &&
    !englishWords.has(name, 0, name.length) &&
    !isClinical(name) &&
    !medicines.has(name);
  for (const match of matches(text, lowerPlace)) {
    const found = match.slice(1).filter((word) => word !== undefined);
    // The town ends the name of what lies in it: "at asian health svcs oakland".
    for (let count = found.length; count > 0; count--) {
      const town = found.slice(0, count).slice(-2).join(' ');
      if (!isPlace(town) && !isPlace(found[count - 1] ?? '')) continue;
      const isFar = count > 2 && !/\b(?:at|hospital|clinic) $/.test(before(text, match.index, 10));
      if (!isFar) emit(match.index, match.index + found.slice(0, count).join(' ').length, 'address');
      break;
    }
  }
}

export const aboutLowerCase: About = {
  shapes: {
    name: [
      'patient named «john smith»',
      'is sertraline safe for «priya raghunathan»?',
      'can i give toradol to «nguyen thi lan»?',
      'pt «r. delgado-vance» c/o chest pain',
      'pt name: «lashawn t brooks» dob: 10/5/71',
      'chart «mary-johnson».pdf was sent',
      'get_chart_of_«mary_johnson»',
      'signed by «thibodeaux.amelie»',
    ],
    address: ['seen at asian health services «oakland»', 'pt from «kalamazoo» w/ copd'],
  },
  checks: 'Lists of given names, surnames and towns of many countries, without the words of English and of medicine.',
  context:
    'Two names together, or the word before them: a title, `pt`, `for`, `named`; a preposition before a town. Only in texts of up to 400 characters.',
  misses: ['then «okafor» left', 'pt is «chad», 19'],
};
