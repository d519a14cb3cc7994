// People's names: by title, by role, by shape ("Last, First", "Given X."), and by the gazetteer with its neighbours.
// A surname alone is never enough; an eponym (Wells score, Foley catheter) never counts.

import { englishWords } from '../lexicon/english-words.ts';
import { eponymNouns, givenNames, notNames, surnames } from '../names.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { isCapital, isLetter, lastWord, lists, type Word } from './words.ts';

const title =
  /\b(?:dr|drs|mr|mrs|ms|mx|miss|prof|professor|doctor|sir|madam|rev|reverend|judge|sgt|capt|col|lt|nurse|sister|aunt|uncle|señora?|senora?|sra|fr|np|pa)\.? {1,2}$/i;
const role =
  /\b(?:patient(?:'s)?(?: name)?|pt|name|names|named|client|resident|mother|father|wife|husband|son|daughter|brother|partner|spouse|guardian|attending|provider|physician|surgeon|pcp|caregiver|emergency contact|next of kin|signed(?: by)?|seen by|spoke (?:with|to)|dictated by|reviewed by|referred by|by|contact|dear|hi|hello|regards|sincerely|thanks|my name is|his name is|her name is|name is|name was|i am|i'm|this is|called|alias|aka|author|subject|initials|identified as|similar to|patients? like|(?:notes?|file|chart|records?|results?|labs?|consult) (?:for|of|on))(?: (?:is|was))?[\s:=,("]{1,4}$/i;
// The last words of the two patterns above: without one of these they are not asked.
const titles: ReadonlySet<string> = new Set(
  'dr drs mr mrs ms mx miss prof professor doctor sir madam rev reverend judge sgt capt col lt nurse sister aunt uncle señor señora senor senora sra fr np pa'.split(
    ' ',
  ),
);
const roleEnds: ReadonlySet<string> = new Set(
  (
    'patient s name pt names named client resident mother father wife husband son daughter brother partner spouse guardian attending provider physician surgeon pcp ' +
    'caregiver contact kin signed by with to dear hi hello regards sincerely thanks is was am m called alias aka author subject initials as like patients for of on'
  ).split(' '),
);
const lowerNamed = /\b(?:named|name is|patient name:|name:) {0,2}([a-z]{2,20}(?: [a-z]{2,20})?)\b/g;
const degree = /^,? {1,2}(?:M\.?D|D\.?O|R\.?N|N\.?P|P\.?A(?:-C)?|Ph\.?D|DDS|LPN|CRNP|FNP|MSW|LCSW|Jr|Sr|Esq)\b/;
const personAhead =
  /^ (?:\((?:\[|¤|mrn|dob|age|ssn|#|\d)|(?:asks?|asked|reports?|reported|presents|presented|called|calls|returns|returned|complains|complained|denies|denied|states|stated|came|arrived|requests|requested|underwent|says|said|lives|works|was (?:seen|admitted|brought|discharged|born)|seen|is a|brought in|tolerated|slept|consented|agrees)\b)/i;
const demographic =
  /(?:\b(?:male|female|man|woman|boy|girl|patient|pt|person|infant|child|teen|adult|gentleman|lady|[mf]|yo|y\/o)\b[^\n.]{0,48}[,(:]|\bpt|\bfor|\bof) ?$/i;

export const findName: Find = (text, emit, words) => {
  const list = words.filter((word) => word.initial || (word.lists & lists.notName) === 0 || word.numbered);
  for (let at = 0; at < list.length; at++) at = judge(text, list, at, emit);
  if (text.includes('name')) for (const match of matches(text, lowerNamed)) lowerCase(match, emit);
};

/** Looks at the word and its neighbours; gives the index of the last word used. */
function judge(text: string, list: readonly Word[], at: number, emit: Emit): number {
  const word = list[at];
  if (!word || (word.initial && !surnameFollows(text, list, at))) return at;
  const isListed = (word.lists & (lists.given | lists.surname)) !== 0;
  const isPlain = !isListed && (englishWords.has(text, word.start, word.end) || !isMixed(text, word));
  const isTitled = text.charCodeAt(word.start - 1) === blank && titles.has(lastWord(text, word.start, 3));
  // An English word or an abbreviation by itself, with no title before it, is nobody's name.
  if (isPlain && !isTitled && !word.numbered && !followedByCapital(text, word.end)) return at;
  const lead = before(text, word.start, 40);
  const last = phraseEnd(text, list, at);
  const stop = (word.lists & lists.notName) !== 0;

  if (word.numbered && isMixed(text, word) && !/^(?:covid|type|phase|stage|grade)/.test(word.key)) {
    return found(text, list, at, last, emit);
  }
  const titled = isTitled && !stop ? title.exec(lead) : null;
  if (titled) {
    emit(word.start - titled[0].length, word.end, 'name');
    return found(text, list, at, last, emit);
  }
  if (word.initial) return found(text, list, at, at + 1, emit);
  if (stop) return at;
  const end = list[last]?.end ?? word.end;
  if (eponymNouns.test(after(text, end, 48))) return last;
  // "by Automated count"
  if (!(isPlain && last === at) && isMixed(text, word) && roleBefore(text, word.start, lead)) {
    return found(text, list, at, last, emit);
  }
  if (last > at && degree.test(after(text, end, 8))) return found(text, list, at, last, emit);
  const reversed = lastFirst(text, list, at);
  if (reversed > at) return found(text, list, at, reversed, emit);
  return last > at ? several(text, list, at, last, lead, emit) : single(text, list, at, lead, emit);
}

/** Words that stand together, with nothing around them that says whose they are. */
function several(text: string, list: readonly Word[], at: number, last: number, lead: string, emit: Emit): number {
  const [word, second] = [list[at], list[at + 1]];
  if (!word || !second) return at;
  const tail = list.slice(at + 1, last + 1);
  const family = tail.some((each) => (each.lists & lists.surname) !== 0);
  const plausible = tail.every((each) => each.initial || (each.lists & lists.notName) === 0);
  const isGiven = (word.lists & lists.given) !== 0;
  if (isGiven && plausible) return found(text, list, at, last, emit);
  if (family && (word.lists & lists.surname) !== 0) return found(text, list, at, last, emit);
  if (isMixed(text, word)) {
    const end = list[last]?.end ?? word.end;
    const isInitial = tail.length === 1 && second.initial;
    if (demographic.test(lead) && (isInitial || family || atBreak(text, end))) {
      return found(text, list, at, last, emit);
    }
    // Two unknown words where only a person fits: followed by what a person does.
    if (personAhead.test(after(text, end, 24))) return found(text, list, at, last, emit);
  }
  return single(text, list, at, lead, emit);
}

function single(text: string, list: readonly Word[], at: number, lead: string, emit: Emit): number {
  const word = list[at];
  if (!word) return at;
  const isCertain = (word.lists & (lists.given | lists.ambiguous)) === lists.given;
  if (isCertain && isMixed(text, word)) return found(text, list, at, at, emit);
  const isSurname = (word.lists & lists.surname) !== 0;
  if (isSurname && lead.length > 1 && demographic.test(lead) && atBreak(text, word.end)) {
    return found(text, list, at, at, emit);
  }
  return at;
}

function roleBefore(text: string, start: number, lead: string): boolean {
  return roleEnds.has(lastWord(text, start, 4)) && role.test(lead);
}

function found(text: string, list: readonly Word[], from: number, to: number, emit: Emit): number {
  const [first, last] = [list[from], list[to]];
  if (first && last) emit(first.start, last.end + Number(last.initial && text.charAt(last.end) === '.'), 'name');
  return to;
}

/** Up to three more words on the same line that may belong to the same name. */
function phraseEnd(text: string, list: readonly Word[], at: number): number {
  let last = at;
  for (let next = at + 1; next < list.length && next <= at + 3; next++) {
    const [a, b] = [list[last], list[next]];
    if (
      !a ||
      !b ||
      !/^(?:\.? {1,2}|\.|[ ](?:de|la|del|de la|van|von|van der|bin|al|el|da|dos|di|y) )$/.test(
        text.slice(a.end, b.start),
      )
    )
      break;
    if (text.charAt(a.end) === '.' && !a.initial) break;
    if ((b.lists & lists.notName) !== 0 && !b.initial) break;
    last = next;
  }
  return last;
}

/** "Smith, John A": a surname or any word, a comma, then a given name, but not the items of a list. */
function lastFirst(text: string, list: readonly Word[], at: number): number {
  const [a, b] = [list[at], list[at + 1]];
  if (!a || !b || b.initial || !/^, {0,2}$/.test(text.slice(a.end, b.start))) return at;
  if ((a.lists & lists.surname) === 0 || (b.lists & (lists.given | lists.surname)) === 0) return at;
  return phraseEnd(text, list, at + 1);
}

function surnameFollows(text: string, list: readonly Word[], at: number): boolean {
  const [a, b] = [list[at], list[at + 1]];
  return (
    a !== undefined &&
    b !== undefined &&
    (b.lists & (lists.surname | lists.notName)) === lists.surname &&
    /^\.? ?$/.test(text.slice(a.end, b.start)) &&
    text.charAt(a.end) === '.'
  );
}

/** Another capital may belong to the same name: no more than signs and blanks lie between, or a little word. */
function followedByCapital(text: string, end: number): boolean {
  let at = end;
  while (at - end < 3 && joints.includes(text.charAt(at)) && at < text.length) at++;
  if (at === end) return false;
  return isCapital(text.charCodeAt(at)) || particle.test(after(text, at, 4));
}

const blank = 32;
const joints = " .,'-";
const particle = /^(?:de|la|del|van|von|der|bin|al|el|da|dos|di|y) /;

/** Not an abbreviation: "Pt", "CHF" and "BMI" are no names by themselves. */
function isMixed(text: string, word: Word): boolean {
  if (word.end - word.start < 3) return false;
  for (let at = word.start + 1; at < word.end; at++) {
    const unit = text.charCodeAt(at);
    if (isLetter(unit) && !isCapital(unit)) return true;
  }
  return false;
}

function atBreak(text: string, at: number): boolean {
  return /^(?:\.?[,;:)?!\n]|\.?$|'s\b| from | who | at | seen | with | on | in |\.\s)/.test(after(text, at, 8));
}

function lowerCase(match: RegExpExecArray, emit: Emit): void {
  const name = match[1] ?? '';
  const start = match.index + match[0].length - name.length;
  const [first = '', second] = name.split(' ');
  if (notNames.has(first) && !givenNames.has(first)) return;
  const both = second !== undefined && (surnames.has(second) || givenNames.has(first)) && !notNames.has(second);
  if (both) emit(start, start + name.length, 'name');
  else if (givenNames.has(first)) emit(start, start + first.length, 'name');
}

export const aboutName: About = {
  shapes: {
    name: [
      '«Dr. Okafor»',
      'Patient: «Maria Gonzalez-Lopez»',
      '«Smith, John A.» came',
      'her mother «Lucia» called',
      'spoke with «Ngozi Adeyemi»',
      'patient named «john smith»',
      '«Maynard46 Mosciski958» was',
      '«MARY JOHNSON» signed',
      '«J. Rodriguez» signed',
      'a man, «Xqwen Vrtosk», who',
    ],
  },
  checks:
    'Lists of given names and surnames; a surname or an English word alone is never enough. Eponyms (Wells score, Foley catheter) never count.',
  context: 'A title, a role, a degree, what people do, or a neighbour that is a name.',
  misses: ['then «okafor» left', 'Daughter «Wren» is the proxy'],
};
