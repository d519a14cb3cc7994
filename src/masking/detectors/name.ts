// People's names: by title, by role, by shape ("Last, First", "Given X."), and by the gazetteer with its neighbours.
// A surname alone is never enough; an eponym (Wells score, Foley catheter) never counts.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { eponymClass, eponymNouns, givenNames, notNames, surnames } from '../names.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { isStrange } from './strange-word.ts';
import { isCapital, isLetter, lastWord, lists, type Word } from './words.ts';

const title =
  /\b(?:dr|drs|mr|mrs|ms|mx|miss|prof|professor|doctor|sir|madam|rev|reverend|judge|sgt|capt|col|lt|nurse|sister|aunt|uncle|señora?|senora?|sra|fr|np|pa)\.? {1,2}(?:(?:van|von|de|del|der|den|la|di|da|dos|bin|al|el|ter|ten) ){0,2}$/i;
/** "152 ms. Carvedilol" */
const milliseconds = /\d ?ms\. $/;
const role =
  /\b(?:patient(?:'s)?(?: name)?|pt|name|names|named|client|resident|mother|father|mom|dad|wife|husband|(?:grand|step)?(?:son|daughter|mother|father)|brother|sister|twin|sibling|cousin|niece|nephew|boyfriend|girlfriend|fianc[eé]e?|roommate|neighbou?r|friend|partner|spouse|guardian|attending|provider|physician|surgeon|pcp|caregiver|emergency contact|next of kin|signed(?: by)?|baby (?:boy|girl)|seen by|spoke (?:with|to)|dictated by|reviewed by|referred by|by|contact|dear|hi|hello|regards|sincerely|thanks|my name is|his name is|her name is|name is|name was|i am|i'm|this is|called|alias|aka|author|subject|initials|identified as|similar to|patients? like|(?:notes?|file|chart|records?|results?|labs?|consult) (?:for|of|on))(?: (?:is|was))?[\s:=,("]{1,4}$/i;
// The last words of the two patterns above: without one of these they are not asked.
const titles: ReadonlySet<string> = new Set(
  'dr drs mr mrs ms mx miss prof professor doctor sir madam rev reverend judge sgt capt col lt nurse sister aunt uncle señor señora senor senora sra fr np pa'.split(
    ' ',
  ),
);
const particles: ReadonlySet<string> = new Set('van von de del der den la di da dos bin al el ter ten'.split(' '));
const roleEnds: ReadonlySet<string> = new Set(
  (
    'patient s name pt names named client resident mother father mom dad wife husband son daughter grandson granddaughter grandmother grandfather stepson stepdaughter stepmother stepfather ' +
    'brother sister twin sibling cousin niece nephew boyfriend girlfriend fiance fiancee fiancé fiancée roommate neighbor neighbour friend partner spouse guardian attending provider physician surgeon pcp ' +
    'caregiver contact kin signed by with to dear hi hello regards sincerely thanks is was am m called alias aka author subject initials boy girl as like patients for of on'
  ).split(' '),
);
/** "Pt: MCALLISTER, RORY J" */
const capitals =
  /\b(?:[Pp]atient(?: [Nn]ame)?|PATIENT(?: NAME)?|[Pp]t|PT|[Nn]ame|NAME|[Pp]rovider|PROVIDER|[Aa]ttending|ATTENDING|[Aa]uthor|AUTHOR|[Rr]esident|[Cc]lient|[Ss]igned by|[Dd]ictated by|[Oo]rdering)\s?: {0,3}([A-ZÀ-Þ][A-ZÀ-Þ'-]{1,24}, ?[A-ZÀ-Þ][A-ZÀ-Þ'-]{0,24}(?: [A-Z]\b\.?)?)/g;
const lowerNamed = /\b(?:named|name is|patient name:|name:) {0,2}([a-z]{2,20}(?: [a-z]{2,20})?)\b/g;
const degree = /^,? {1,2}(?:M\.?D|D\.?O|R\.?N|N\.?P|P\.?A(?:-C)?|Ph\.?D|DDS|LPN|CRNP|FNP|MSW|LCSW|Jr|Sr|Esq)\b/;
const personAhead =
  /^ (?:\((?:\[|¤|mrn|dob|age|ssn|#|\d)|(?:asks?|asked|reports?|reported|presents|presented|called|calls|returns|returned|complains|complained|denies|denied|states|stated|came|arrived|requests|requested|underwent|says|said|lives|works|was (?:seen|admitted|brought|discharged|born)|seen|is a|brought in|tolerated|slept|consented|agrees)\b)/i;
const demographic =
  /(?:\b(?:male|female|man|woman|boy|girl|patient|pt|person|infant|child|teen|adult|gentleman|lady|[mf]|yo|y\/o)\b[^\n.]{0,48}[,(:]|\bpt|\bfor|\bof) ?$/i;

export const findName: Find = (text, emit, words) => {
  const list = words.filter((word) => word.initial || (word.lists & lists.notName) === 0 || word.numbered);
  for (let at = 0; at < list.length; at++) at = judge(text, list, at, emit);
  for (const match of matches(text, capitals)) {
    const name = match[1] ?? '';
    emit(match.index + match[0].length - name.length, match.index + match[0].length, 'name');
  }
  if (text.includes('name')) for (const match of matches(text, lowerNamed)) lowerCase(match, emit);
  if (text.length <= questionChars) lowerCaseNames(text, emit);
};

/** Nobody writes longer texts without capitals; so much of a question is looked at for names without them. */
const questionChars = 400;
const lowerWords = /(?<![\w'@.-])([a-z]{3,20}) ([a-z]{3,20})(?![\w'@-])/g;
const lowerTitled = /\b(?:dr|mr|mrs|ms|prof)\.? ([a-z]{3,20})(?![\w'-])/g;

function lowerCaseNames(text: string, emit: Emit): void {
  const isKnown = (word: string): boolean =>
    englishWords.has(word, 0, word.length) || isClinical(word) || notNames.has(word);
  for (const match of matches(text, lowerWords)) {
    const [whole, first = '', second = ''] = match;
    const isName = givenNames.has(first) && !isKnown(first) && (surnames.has(second) || !isKnown(second));
    if (isName) emit(match.index, match.index + whole.length, 'name');
    // The second word may be the first of the next two.
    else lowerWords.lastIndex = match.index + first.length + 1;
  }
  for (const match of matches(text, lowerTitled)) {
    const [whole, name = ''] = match;
    if (surnames.has(name) || !isKnown(name)) emit(match.index, match.index + whole.length, 'name');
  }
}

/** Looks at the word and its neighbours; gives the index of the last word used. */
function judge(text: string, list: readonly Word[], at: number, emit: Emit): number {
  const word = list[at];
  if (!word || (word.initial && !surnameFollows(text, list, at))) return at;
  const isListed = (word.lists & (lists.given | lists.surname)) !== 0;
  const isPlain = !isListed && (englishWords.has(text, word.start, word.end) || !isMixed(text, word));
  const previous = text.charCodeAt(word.start - 1) === blank ? lastWord(text, word.start, 3) : '';
  const isTitled = titles.has(previous) || (particles.has(previous) && title.test(before(text, word.start, 24)));
  // An English word or an abbreviation by itself, with no title before it, is nobody's name.
  if (isPlain && !isTitled && !word.numbered && !followedByCapital(text, word.end)) return at;
  const lead = before(text, word.start, 40);
  const last = phraseEnd(text, list, at);
  const stop = (word.lists & lists.notName) !== 0;

  if (word.numbered && isMixed(text, word) && !/^(?:covid|type|phase|stage|grade)/.test(word.key)) {
    return found(text, list, at, last, emit);
  }
  const titled = isTitled && !stop && !milliseconds.test(lead) ? title.exec(lead) : null;
  if (titled) {
    emit(word.start - titled[0].length, word.end, 'name');
    return found(text, list, at, last, emit);
  }
  if (word.initial) {
    // "0.62 R. Rutherford 3"
    if (/\d $/.test(lead)) return at;
    const to = list[at + 1]?.initial ? at + 2 : at + 1;
    return eponymNouns.test(after(text, list[to]?.end ?? 0, 48)) ? to : found(text, list, at, to, emit);
  }
  if (stop) return at;
  const end = list[last]?.end ?? word.end;
  const ahead = after(text, end, 48);
  if (eponymNouns.test(ahead) || (last === at && eponymClass.test(ahead))) return last;
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
  if (isStrangePhrase(text, list.slice(at, last + 1), lead)) return found(text, list, at, last, emit);
  return single(text, list, at, lead, emit);
}

/** "Mifflin-St Jeor 1450 kcal" */
const measure = /^ \d+(?:\.\d+)?(?: ?(?:kcal|mg|mcg|mL|%|cm|mm|[.,;])|$)/;

/** Words that neither English nor medicine has, together: nothing but a name is written so. */
function isStrangePhrase(text: string, phrase: readonly Word[], lead: string): boolean {
  const [first, last] = [phrase[0], phrase.at(-1)];
  if (!first || !last || !phrase.some((each) => isStrange(text, each))) return false;
  const end = last.end;
  if (measure.test(after(text, end, 12))) return false;
  // "in Anselm K., who", but not "with Kerley B lines"
  if (last.initial) {
    const isInitialed = phrase.length === 2 && aboutSomebody.test(lead) && /^\.[,?);']/.test(after(text, end, 2));
    if (phrase.filter((each) => !each.initial).length < 2) return isInitialed;
  }
  const isNobodysWord = (each: Word): boolean =>
    each.initial || (each.lists & (lists.given | lists.surname)) !== 0 || isStrange(text, each);
  if (phrase.every(isNobodysWord)) return true;
  // "for Yaw Boakye (", where the first one is a word, too.
  const isAsked = aboutSomebody.test(lead) && /^(?: \(|[,?]|'s )/.test(after(text, end, 3));
  return isAsked && phrase.length === 2 && isMixed(text, first) && !isClinical(first.key) && isStrange(text, last);
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
  if ((isSurname || isStrange(text, word)) && isSomebody(lead, after(text, word.end, 24))) {
    return found(text, list, at, at, emit);
  }
  return at;
}

/** What goes on around a person only; medicines are taken and given, too, but nobody's. */
function isSomebody(lead: string, ahead: string): boolean {
  return (
    ofSomebody.test(ahead) ||
    (auxiliary.test(lead) && bySomebody.test(ahead)) ||
    (aboutSomebody.test(lead) && /^[?.!] (?:He|She|His|Her|They)\b/.test(ahead))
  );
}

const ofSomebody =
  /^(?:'s (?:daughter|son|wife|husband|mother|father|mom|dad|brother|sister|family|partner|chart|records?|labs?|results?|appointment|visit|medications?|meds|case|room)\b| and (?:her|his|their) (?!own\b)| (?:drove|said|says|fell|lives|lived|smokes|drinks|weighs|states|stated|denies|reports that|complains|called|asks|asked|works|walked|cried|woke|told|tells|wants|refuses|declines)\b)/;
const auxiliary = /(?:^|[.?!] )(?:Can|Should|Does|Did|May|Could|Would|Must) $/;
const bySomebody =
  /^ (?:take|restart|qualify|switch|undergo|donate|fly|travel|drive|eat|breastfeed|resume|get|receive|go|come|need (?:a|an|to)|have (?:a|an|to|surgery))\b/;
const aboutSomebody = /\b(?:for|of|with|in|ask|tell|about|see|saw|seen) $/i;

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
  const isReversed =
    (a.lists & lists.surname) !== 0
      ? (b.lists & (lists.given | lists.surname)) !== 0
      : isStrange(text, a) &&
        ((b.lists & (lists.given | lists.ambiguous)) === lists.given ||
          (isStrange(text, b) && degree.test(after(text, b.end, 8))));
  return isReversed ? phraseEnd(text, list, at + 1) : at;
}

function surnameFollows(text: string, list: readonly Word[], at: number): boolean {
  const [a, b] = [list[at], list[at + 1]];
  return (
    a !== undefined &&
    b !== undefined &&
    text.charAt(a.end) === '.' &&
    /^\.? ?$/.test(text.slice(a.end, b.start)) &&
    ((b.lists & (lists.surname | lists.notName)) === lists.surname ||
      (b.initial ? surnameFollows(text, list, at + 1) : isStrange(text, b)))
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
