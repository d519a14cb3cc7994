// People's names: by title, by role, by shape ("Last, First", "Given X."), and by the gazetteer with its neighbours.
// A surname alone is never enough; an eponym (Wells score, Foley catheter) never counts.

import { ambiguousGivenNames, eponymNouns, givenNames, notNames, surnames } from '../names.ts';
import { after, before, type Emit, type Find } from './detector.ts';

interface Word {
  readonly start: number;
  readonly end: number;
  /** Lower case, accents off, without a possessive. */
  readonly key: string;
  readonly initial: boolean;
}

const capitalised = /(?<![A-Za-zÀ-ɏ0-9'])[A-ZÀ-ÖØ-Þ](?:[A-Za-zÀ-ɏ]|['-](?=[A-Za-zÀ-ɏ])){0,29}(?:\d{2,3}(?![\w-]))?/g;
const title =
  /\b(?:dr|drs|mr|mrs|ms|mx|miss|prof|professor|doctor|sir|madam|rev|reverend|judge|sgt|capt|col|lt|nurse|sister|aunt|uncle|señora?|senora?|sra|fr|np|pa)\.? {1,2}$/i;
const role =
  /\b(?:patient(?:'s)?(?: name)?|pt|name|names|named|client|resident|mother|father|wife|husband|son|daughter|brother|partner|spouse|guardian|attending|provider|physician|surgeon|pcp|caregiver|emergency contact|next of kin|signed(?: by)?|seen by|spoke (?:with|to)|dictated by|reviewed by|referred by|by|contact|dear|hi|hello|regards|sincerely|thanks|my name is|his name is|her name is|name is|name was|i am|i'm|this is|called|alias|aka|author|subject|initials|identified as|similar to|patients? like|(?:notes?|file|chart|records?|results?|labs?|consult) (?:for|of|on))(?: (?:is|was))?[\s:=,("]{1,4}$/i;
const lowerNamed = /\b(?:named|name is|patient name:|name:) {0,2}([a-z]{2,20}(?: [a-z]{2,20})?)\b/g;
const degree = /^,? {1,2}(?:M\.?D|D\.?O|R\.?N|N\.?P|P\.?A(?:-C)?|Ph\.?D|DDS|LPN|CRNP|FNP|MSW|LCSW|Jr|Sr|Esq)\b/;
const personAhead =
  /^ (?:\((?:\[|\ufffc|mrn|dob|age|ssn|#|\d)|(?:asks?|asked|reports?|reported|presents|presented|called|calls|returns|returned|complains|complained|denies|denied|states|stated|came|arrived|requests|requested|underwent|says|said|lives|works|was (?:seen|admitted|brought|discharged|born)|seen|is a|brought in|tolerated|slept|consented|agrees)\b)/i;
const demographic =
  /(?:\b(?:male|female|man|woman|boy|girl|patient|pt|person|infant|child|teen|adult|gentleman|lady|[mf]|yo|y\/o)\b[^\n.]{0,48}[,(:]|\bpt|\bfor|\bof) ?$/i;

export const findName: Find = (text, emit) => {
  const list = readWords(text);
  for (let at = 0; at < list.length; at++) at = judge(text, list, at, emit);
  for (const match of text.matchAll(lowerNamed)) lowerCase(match, emit);
};

function readWords(text: string): readonly Word[] {
  return Array.from(text.matchAll(capitalised), (match) => {
    const plain = /[À-ɏ]/.test(match[0]) ? match[0].normalize('NFD').replace(/[\u0300-\u036f]/g, '') : match[0];
    const possessive = /'[sS]$/.test(match[0]) ? 2 : 0;
    const end = match.index + match[0].length - possessive;
    const key = plain.slice(0, plain.length - possessive).toLowerCase();
    return { start: match.index, end, key, initial: end - match.index === 1 };
  });
}

/** Looks at the word and its neighbours; gives the index of the last word used. */
function judge(text: string, list: readonly Word[], at: number, emit: Emit): number {
  const word = list[at];
  if (!word || (word.initial && !surnameFollows(text, list, at))) return at;
  const lead = before(text, word.start, 40);
  const last = phraseEnd(text, list, at);
  const stop = notNames.has(word.key);

  if (
    /\d$/.test(word.key) &&
    /^[A-ZÀ-Þ][a-zß-ɏ]{2}/.test(text.slice(word.start, word.end)) &&
    !/^(?:covid|type|phase|stage|grade)/.test(word.key)
  ) {
    return found(text, list, at, last, emit);
  }
  const titled = title.exec(lead);
  if (titled && !stop) {
    emit(word.start - titled[0].length, word.end, 'name');
    return found(text, list, at, last, emit);
  }
  if (word.initial) return found(text, list, at, at + 1, emit);
  if (stop) return at;
  const end = list[last]?.end ?? word.end;
  if (eponymNouns.test(after(text, end, 48))) return last;
  if (role.test(lead) && isMixed(text, word)) return found(text, list, at, last, emit);
  if (degree.test(after(text, end, 8)) && last > at) return found(text, list, at, last, emit);
  const reversed = lastFirst(text, list, at);
  if (reversed > at) return found(text, list, at, reversed, emit);

  const given = isGiven(word.key);
  if (last > at) {
    const tail = list.slice(at + 1, last + 1);
    const family = tail.some((each) => surnames.has(each.key));
    const plausible = tail.every((each) => each.initial || !notNames.has(each.key));
    if (given && plausible) return found(text, list, at, last, emit);
    if (family && surnames.has(word.key)) return found(text, list, at, last, emit);
    if (isMixed(text, word) && tail.length === 1 && tail[0]?.initial && demographic.test(lead))
      return found(text, list, at, last, emit);
    if (isMixed(text, word) && demographic.test(lead) && (family || atBreak(text, end)))
      return found(text, list, at, last, emit);
  }
  // Two unknown words where only a person fits: followed by what a person does.
  if (last > at && isMixed(text, word) && personAhead.test(after(text, end, 24)))
    return found(text, list, at, last, emit);
  if (given && !ambiguousGivenNames.has(word.key) && isMixed(text, word)) return found(text, list, at, at, emit);
  if (surnames.has(word.key) && demographic.test(lead) && lead.length > 1 && atBreak(text, word.end))
    return found(text, list, at, at, emit);
  return at;
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
    if (notNames.has(b.key) && !b.initial) break;
    last = next;
  }
  return last;
}

/** "Smith, John A": a surname or any word, a comma, then a given name, but not the items of a list. */
function lastFirst(text: string, list: readonly Word[], at: number): number {
  const [a, b] = [list[at], list[at + 1]];
  if (!a || !b || b.initial || !/^, {0,2}$/.test(text.slice(a.end, b.start))) return at;
  if (!surnames.has(a.key) || !(isGiven(b.key) || surnames.has(b.key))) return at;
  return phraseEnd(text, list, at + 1);
}

function surnameFollows(text: string, list: readonly Word[], at: number): boolean {
  const [a, b] = [list[at], list[at + 1]];
  return (
    a !== undefined &&
    b !== undefined &&
    surnames.has(b.key) &&
    !notNames.has(b.key) &&
    /^\.? ?$/.test(text.slice(a.end, b.start)) &&
    text.charAt(a.end) === '.'
  );
}

/** Given names, also the parts of a double one (Mary-Ann). */
function isGiven(key: string): boolean {
  return givenNames.has(key) || (key.includes('-') && givenNames.has(key.slice(0, key.indexOf('-'))));
}

/** Not an abbreviation: "Pt", "CHF" and "BMI" are no names by themselves. */
function isMixed(text: string, word: Word): boolean {
  return word.end - word.start > 2 && /[a-zß-ɏ]/.test(text.slice(word.start + 1, word.end));
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
