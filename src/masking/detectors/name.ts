// People's names: by title, by role, by shape ("Last, First", "Given X."), and by the gazetteer with its neighbours.
// A surname alone is never enough; an eponym (Wells score, Foley catheter) never counts.

import { isClinical } from '../lexicon/clinical-words.ts';
import { programWords } from '../lexicon/program-words.ts';
import { eponymClass, eponymNouns } from '../names.ts';
import { type About, after, before, type Emit, type Find } from './detector.ts';
import { isCertainGiven, lastFirst, particles, phraseEnd } from './name-phrase.ts';
import {
  aboutSomebody,
  ageAhead,
  agedBefore,
  degree,
  demographic,
  doneBy,
  isAbout,
  isActing,
  isSomebody,
  nickname,
  notByPeople,
  owner,
  personAhead,
  seldomEnds,
  seldomRole,
  speaking,
} from './somebody.ts';
import { isDisease, isEponym, isMedical, isRareFamily, isRareGiven, isStrange } from './strange-word.ts';
import { isCapital, isDigit, isMixed, lastWord, lists, type Word } from './words.ts';

const title =
  /\b(?:(?:mr|dr|prof)\.? (?:and |& )?)?(?:dr|drs|mr|mrs|ms|mx|miss|prof|professor|doctor|sir|madam|rev|reverend|judge|sgt|capt|col|lt|nurse|sister|aunt|uncle|señora?|senora?|sra|dra|fr|np|pa(?:-c)?|pvt|cpl|sgt|maj|gen|cmdr|sergeant|captain|major|colonel|officer|ofc|deputy|detective|det|deacon|attorney|atty|grandpa|grandma|granny|nana|abuel[ao]|coach|chief|chaplain|pastor|rabbi|imam|hon|herr|frau|mme|mlle|don|doña|practitioner|med|pharmd)\.? {1,2}(?:(?:van|von|de|del|der|den|la|di|da|dos|bin|al|el|ter|ten) ){0,2}$/i;
/** "152 ms. Carvedilol", "120 ms DNS" */
const milliseconds = /\d ?ms\.? $/;
const role =
  /\b(?:patient(?:'s)?(?: name)?|pt|name|names|named|client|resident|mother|father|mom|dad|wife|husband|(?:grand|step)?(?:son|daughter|mother|father)|brother|sister|twin|sibling|cousin|niece|nephew|boyfriend|girlfriend|fianc[eé]e?|dtr|gf|bf|roommate|neighbou?r|friend|co-?worker|colleague|boss|landlord|teacher|coach|(?:case|social )worker|housekeeper|interpreter|counsell?or|therapist|midwife|assistant|proband|sitter|partner|spouse|guardian|poa|hcp|proxy|veteran|retiree|inmate|attending|provider|physician|surgeon|pcp|caregiver|att|ref|emergency contact|next of kin|signed(?: by)?|baby (?:boy|girl)|seen by|spoke (?:with|to)|dictated by|reviewed by|referred by|by|contact|dear|hi|hello|regards|sincerely|thanks|my name is|his name is|her name is|name is|name was|i am|i'm|this is|called|alias|aka|author|subject|initials|identified as|similar to|patients? like|(?:notes?|file|chart|records?|results?|labs?|consult) (?:for|of|on))(?: (?:is|was))?[\s:=,("]{1,4}$/i;
// The last words of the two patterns above: without one of these they are not asked.
const titles: ReadonlySet<string> = new Set(
  'dr drs mr mrs ms mx miss prof professor doctor sir madam rev reverend judge sgt capt col lt nurse sister aunt uncle señor señora senor senora sra dra fr np pa c pvt cpl maj gen cmdr sergeant captain major colonel officer ofc deputy detective det deacon attorney atty grandpa grandma granny nana abuela abuelo coach chief chaplain pastor rabbi imam hon herr frau mme mlle don doña practitioner med pharmd'.split(
    ' ',
  ),
);
const roleEnds: ReadonlySet<string> = new Set(
  (
    'patient s name pt names named client resident mother father mom dad wife husband son daughter grandson granddaughter grandmother grandfather stepson stepdaughter stepmother stepfather ' +
    'dtr gf bf coworker worker colleague boss landlord teacher coach caseworker housekeeper interpreter counselor counsellor therapist midwife assistant proband sitter poa hcp proxy veteran retiree inmate att ref brother sister twin sibling cousin niece nephew boyfriend girlfriend fiance fiancee fiancé fiancée roommate neighbor neighbour friend partner spouse guardian attending provider physician surgeon pcp ' +
    'caregiver contact kin signed by with to dear hi hello regards sincerely thanks is was am m called alias aka author subject initials boy girl as like patients for of on'
  ).split(' '),
);
/** "Pt: MCALLISTER, RORY J" */
const capitalsLead =
  /\b(?:[Pp]atient(?: [Nn]ame)?|PATIENT(?: NAME)?|[Pp]t|PT|[Nn]ame|NAME|[Pp]rovider|PROVIDER|[Aa]ttending|ATTENDING|[Aa]uthor|AUTHOR|ATT|PCP|SURGEON|REF|ORDERED BY|[Rr]esident|[Cc]lient|[Ss]igned by|[Dd]ictated by|[Oo]rdering)\s?: {0,3}$/;
const capitals = /^[A-ZÀ-Þ][A-ZÀ-Þ'-]{1,24}, ?[A-ZÀ-Þ][A-ZÀ-Þ'-]{0,24}(?: [A-Z]\b\.?)?/;
export const findName: Find = (text, emit, words) => {
  const list = words.filter((word) => word.initial || (word.lists & lists.notName) === 0 || word.numbered);
  for (let at = 0; at < list.length; at++) at = judge(text, list, at, emit);
  for (let at = 0; at < words.length; at++) {
    const [word, next] = [words[at], words[at + 1]];
    if (!word) break;
    beside(text, word, emit);
    const isOther = (word.lists & lists.notName) !== 0;
    if (isOther && ((word.lists & calendarOrVerb) !== 0 || word.key.endsWith('day')))
      wordAndName(text, word, next, emit);
  }
};

const calendarOrVerb = lists.month | lists.feast | lists.ambiguous;
const nameBefore = /\b(?:Dr|Mr|Mrs|Ms|Mx|Miss|Prof|Rev|Sgt|Capt)\.? $/;

/** "June Pruitt", "Mr. May", "Sunday Okafor": a month, a day or a verb that is somebody's name beside a title or a family name. */
function wordAndName(text: string, { start, end }: Word, next: Word | undefined, emit: Emit): void {
  const isFamily =
    next !== undefined &&
    next.start === end + 1 &&
    text.charCodeAt(end) === blank &&
    isMixed(text, next) &&
    (next.lists & lists.notName) === 0 &&
    ((next.lists & lists.surname) !== 0 || isRareFamily(next.key) || personAhead.test(after(text, next.end, 24))) &&
    !eponymNouns.test(after(text, next.end, 40));
  const titled = nameBefore.exec(before(text, start, 6));
  if (titled) emit(start - titled[0].length, isFamily ? next.end : end, 'name');
  else if (isFamily) emit(start, next.end, 'name');
}

/** What only the label or the kin before it makes a name: capitals in reverse, initials, a name that is a month. */
function beside(text: string, { start, end, initial, lists: standing }: Word, emit: Emit): void {
  const next = text.charCodeAt(end);
  if (text.charCodeAt(start - 1) === quote && nickname.test(before(text, start, 36))) emit(start, end, 'name');
  if (next === comma && capitalsLead.test(before(text, start, 24))) {
    const [name = ''] = capitals.exec(after(text, start, 56)) ?? [];
    emit(start, start + name.length, 'name');
  }
  if (initial && next === period && text.charCodeAt(end + 2) === period) {
    const [name = '', whose] = /^[A-Z]\.[A-Z]\.(?:[A-Z]\.)?('s)?/.exec(after(text, start, 8)) ?? [];
    const isOurs = whose !== undefined && !/^(?:U\.[SK]|D\.C|E\.U)\./.test(name);
    if (isOurs || initialsLead.test(before(text, start, 14))) emit(start, start + name.length, 'name');
  }
  if ((standing & lists.month) !== 0 && end - start > 2 && kinLead.test(before(text, start, 14))) {
    if (/^(?:April|May|June|August)(?! \d)/.test(after(text, start, 8))) emit(start, end, 'name');
  }
}

const comma = 44;
const quote = 34;
const period = 46;
/** "Case: P.L.", "Patient (D.W.)" */
const initialsLead =
  /\b(?:[Pp]atient|[Pp]t|[Cc]ase|[Tt]ech|[Cc]lient|[Ii]nitials|[Mm]other|[Ff]ather|[Ss]on|[Dd]aughter|[Bb]y|named)(?:: ?| ?\(| "?)$/;
const kinLead = /\b(?:wife|daughter|mother|mom|sister|aunt|girlfriend|grandmother|niece|partner),? $/i;

/** "Ann Arbor IIA" */
const stage = /^ [IVX]{1,4}[A-Ca-c]\b/;

/** Looks at the word and its neighbours; gives the index of the last word used. */
function judge(text: string, list: readonly Word[], at: number, emit: Emit): number {
  const word = list[at];
  if (!word) return at;
  if (word.initial && !surnameFollows(text, list, at) && !titles.has(lastWord(text, word.start, 2))) return at;
  const isListed = (word.lists & (lists.given | lists.surname | lists.ambiguous)) !== 0;
  const isPlain = !isListed && ((word.lists & lists.english) !== 0 || !isMixed(text, word));
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
  if (
    !word.initial &&
    isMixed(text, word) &&
    text.charCodeAt(word.start - 1) !== period &&
    !stop &&
    isCalled(text, list.slice(at, last + 1), lead)
  )
    return found(text, list, at, last, emit);
  if (word.initial) {
    // "0.62 R. Rutherford 3"
    if (/\d $/.test(lead)) return at;
    const to = list[at + 1]?.initial ? at + 2 : at + 1;
    return eponymNouns.test(after(text, list[to]?.end ?? 0, 48)) ? to : found(text, list, at, to, emit);
  }
  if (stop) return at;
  const end = list[last]?.end ?? word.end;
  const ahead = after(text, end, 48);
  if (last === at && isEponym(word.key) && isClinical(/^ ([a-z]+)/.exec(ahead)?.[1] ?? '')) return at;
  if (eponymNouns.test(ahead) || stage.test(ahead) || (last === at && eponymClass.test(ahead))) return last;
  // "by Automated count"
  if (!(isPlain && last === at) && isMixed(text, word) && roleBefore(text, word, lead)) {
    return found(text, list, at, last, emit);
  }
  if (!isPlain && isMixed(text, word) && !isMedical(word.key) && !isClinical(word.key)) {
    const isPerson = degree.test(after(text, end, 8)) || ageAhead.test(after(text, end, 16));
    if (isPerson) return found(text, list, at, last, emit);
  }
  if (last > at && degree.test(after(text, end, 8))) return found(text, list, at, last, emit);
  // "72M Art Sharp"
  if (last > at && agedBefore.test(lead) && isMixed(text, word) && !isMedical(word.key) && !isClinical(word.key)) {
    return found(text, list, at, last, emit);
  }
  const reversed = lastFirst(text, list, at);
  if (reversed > at) return found(text, list, at, reversed, emit);
  return last > at ? several(text, list, at, last, lead, emit) : single(text, list, at, lead, emit);
}

/** What goes by a seldom role or by speaking, however much it is a word of English besides. */
function isCalled(text: string, phrase: readonly Word[], lead: string): boolean {
  const [word] = phrase;
  if (!word) return false;
  const isGiven = (word.lists & (lists.given | lists.ambiguous)) !== 0;
  if (isGiven && speaking.test(after(text, word.end, 24))) return true;
  const isNumbered = text.charCodeAt(word.start - 1) === blank && isNumberEnd(text.charCodeAt(word.start - 2));
  if (!isNumbered && !seldomEnds.has(lastWord(text, word.start, 6))) return false;
  if (!seldomRole.test(lead) || isMedical(word.key) || isClinical(word.key)) return false;
  return phrase.some(
    (each) =>
      (each.lists & (lists.given | lists.surname)) !== 0 ||
      isRareGiven(each.key) ||
      isRareFamily(each.key) ||
      isStrange(text, each),
  );
}

/** Words that stand together, with nothing around them that says whose they are. */
function several(text: string, list: readonly Word[], at: number, last: number, lead: string, emit: Emit): number {
  const [word, second] = [list[at], list[at + 1]];
  if (!word || !second) return at;
  const tail = list.slice(at + 1, last + 1);
  const family = tail.some((each) => (each.lists & lists.surname) !== 0 || isRareFamily(each.key));
  const plausible = tail.every((each) => each.initial || (each.lists & lists.notName) === 0);
  const isGiven =
    (word.lists & lists.given) !== 0 || (isRareGiven(word.key) && (isMixed(text, word) || word.key.length > 4));
  if (isGiven && plausible) return found(text, list, at, last, emit);
  if (family && (word.lists & (lists.surname | lists.ambiguous)) !== 0 && !tail.every((each) => isEponym(each.key))) {
    return found(text, list, at, last, emit);
  }
  // "Li Wei"
  const isFamily = (word.lists & lists.surname) !== 0 || isRareFamily(word.key);
  if (isFamily && isCertainGiven(second) && isMixed(text, second)) return found(text, list, at, last, emit);
  if (isMixed(text, word)) {
    const end = list[last]?.end ?? word.end;
    const isInitial = tail.length === 1 && second.initial;
    if (demographic.test(lead) && (isInitial || family || atBreak(text, end))) {
      return found(text, list, at, last, emit);
    }
    // Two unknown words where only a person fits: followed by what a person does.
    if (personAhead.test(after(text, end, 24))) return found(text, list, at, last, emit);
  }
  const phrase = list.slice(at, last + 1);
  const ending = list[last] ?? word;
  // "Is Will Young a candidate", "Evaluate Ludwig Baumgartner for"
  if (
    isMixed(text, word) &&
    isSomebody(lead, after(text, ending.end + Number(ending.initial), 24)) &&
    !phrase.some((each) => isClinical(each.key))
  ) {
    return found(text, list, at, last, emit);
  }
  if (isEponym(word.key) && isRareFamily(ending.key) && isMixed(text, ending)) return found(text, list, at, last, emit);
  if (isStrangePhrase(text, phrase, lead)) return found(text, list, at, last, emit);
  // "Thi Minh Khai Pham"
  const isNobodys = (each: Word): boolean =>
    !each.initial &&
    (each.lists & lists.english) === 0 &&
    isMixed(text, each) &&
    !isMedical(each.key) &&
    !isClinical(each.key);
  if (family && phrase.length > 2 && phrase.every(isNobodys)) return found(text, list, at, last, emit);
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
  // Within a name any word may stand: "Nguyen Van Thang".
  const isInside = (each: Word): boolean =>
    each !== first && each !== last && isMixed(text, each) && !isClinical(each.key);
  if (phrase.every((each) => isNobodysWord(each) || isInside(each))) return true;
  // "for Yaw Boakye (", where the first one is a word, too.
  const isAsked = aboutSomebody.test(lead) && /^(?: \(|[,?]|'s )/.test(after(text, end, 3));
  return isAsked && phrase.length === 2 && isMixed(text, first) && !isClinical(first.key) && isStrange(text, last);
}

/** What there is of a program and of nobody. */
const programNouns =
  /^(?: (?:builds?|jobs?|pipelines?|plugins?|nodes?|agents?|servers?|clusters?|brokers?|topics?|consumers?|producers?|changes?|changesets?|packages?|images?|containers?|releases?|repos?|repository|tags?|charts?|queues?|workers?|bookworm|trixie|bullseye|stable|unstable|sid|\d+\.\d)\b|\.[a-z]{2,4}\b)/;

function single(text: string, list: readonly Word[], at: number, lead: string, emit: Emit): number {
  const word = list[at];
  if (!word) return at;
  // "Jenkins build", "Kafka topic"
  if (programWords.has(word.key) && programNouns.test(after(text, word.end, 24))) return at;
  const isCertain = (isCertainGiven(word) || isRareFamily(word.key)) && isName(text, word);
  if (isCertain && (!isDisease(text, word) || isAbout(text, word, lead))) return found(text, list, at, at, emit);
  if (isEponym(word.key)) {
    return isActing(lead, after(text, word.end, 24)) && isMixed(text, word) ? found(text, list, at, at, emit) : at;
  }
  const isSurname = (word.lists & lists.surname) !== 0;
  if (isSurname && lead.length > 1 && demographic.test(lead) && atBreak(text, word.end)) {
    return found(text, list, at, at, emit);
  }
  const strange = isStrange(text, word);
  if (!isSurname && !strange) return at;
  // "Yevgenia's depression", "Thandiwe (sister of"
  const isOwner = strange && owner.test(after(text, word.end, 12));
  return isOwner || isAbout(text, word, lead) ? found(text, list, at, at, emit) : at;
}

/** One capital, then small letters: "UNa" is a measure, "IgA" a protein. Before a colon a rare short word is the heading of a finding. */
function isName(text: string, word: Word): boolean {
  if (!isMixed(text, word)) return false;
  if ((word.lists & lists.given) === 0 && word.key.length < 5) {
    if (text.charCodeAt(word.end) === colon) return false;
    for (let at = word.start + 1; at < word.end; at++) if (isCapital(text.charCodeAt(at))) return false;
  }
  return true;
}

const colon = 58;
function roleBefore(text: string, { start, key }: Word, lead: string): boolean {
  const last = lastWord(text, start, 4);
  if (last === 'by' && notByPeople.test(text.slice(Math.max(0, start - 20), start))) return false;
  if (!roleEnds.has(last) || (ofThings.has(last) && isEponym(key) && !doneBy.test(text.slice(start - 14, start))))
    return false;
  return role.test(lead);
}

/** Roles that things have, too: "graded by Hunt and Hess". */
const ofThings: ReadonlySet<string> = new Set(['by', 'of', 'for', 'on', 'with', 'to', 'like', 'as', 'is']);

/** A digit, or the letter of a bed behind one. */
function isNumberEnd(unit: number): boolean {
  return isDigit(unit) || isCapital(unit);
}

const nameSuffix = /^,? (?:[JS]r\b\.?|I{2,3}\b|IV\b)/;

function found(text: string, list: readonly Word[], from: number, to: number, emit: Emit): number {
  const [first, last] = [list[from], list[to]];
  if (!first || !last) return to;
  const end = last.end + Number(last.initial && text.charAt(last.end) === '.');
  const particle = vanBefore.exec(before(text, first.start, 9))?.[1] ?? '';
  const suffix = (to > from ? nameSuffix.exec(after(text, end, 6)) : null) ?? degree.exec(after(text, end, 10));
  emit(first.start - particle.length, end + (suffix?.[0].length ?? 0), 'name');
  return to;
}

/** "van der Hoeven, Pieter" */
const vanBefore = /(?:^|[\s(])(v[ao]n (?:de[rn]? )?)$/i;

function surnameFollows(text: string, list: readonly Word[], at: number): boolean {
  const [a, b] = [list[at], list[at + 1]];
  return (
    a !== undefined &&
    b !== undefined &&
    text.charAt(a.end) === '.' &&
    /^\.? ?$/.test(text.slice(a.end, b.start)) &&
    ((b.lists & (lists.surname | lists.notName)) === lists.surname ||
      (b.initial
        ? surnameFollows(text, list, at + 1)
        : isStrange(text, b) || (isMixed(text, b) && degree.test(after(text, b.end, 8)))))
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

function atBreak(text: string, at: number): boolean {
  return /^(?:\.?[,;:)?!\n]|\.?$|'s\b| from | who | at | seen | with | on | in |\.\s)/.test(after(text, at, 8));
}

export const aboutName: About = {
  shapes: {
    name: [
      '«Dr. Okafor»',
      'Patient: «Maria Gonzalez-Lopez»',
      '«Smith, John A.» came',
      'her mother «Lucia» called',
      'spoke with «Ngozi Adeyemi»',
      '«Maynard46 Mosciski958» was',
      '«MARY JOHNSON» signed',
      '«J. Rodriguez» signed',
      'a man, «Xqwen Vrtosk», who',
      'advice for «Agnieszka», please',
      '«Latrice», LPN, called',
      'Case: «P.L.», 46F',
    ],
  },
  checks:
    'Lists of given names and surnames of many countries. A name that is also an English or a medical word is not masked for its own sake; an eponym (Wells score, Foley catheter) never is.',
  context:
    'A title, a role, a degree, an age, a verb of which only people are the subject, or another name beside it. A listed name that is not also an ordinary word needs none.',
  misses: ['Treat anemia in «Violet», please', 'hypertension in a 65-year-old «Goldberg» with CLL'],
};
