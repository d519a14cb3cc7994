// Places told without the number of a house: crossings, streets and roads behind their preposition, blocks, "City of Mesa", and a
// town with its state or country spelled out.

import { eponymNouns } from '../names.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { isMedical } from './strange-word.ts';
import { isDigit, lists, type Word } from './words.ts';

const capitalised = String.raw`[A-ZÀ-Þ][A-Za-zÀ-ɏ'.-]{1,20}`;
const ordinal = String.raw`\d{1,3}(?:st|nd|rd|th)`;
const lead = String.raw`\b(?:at|near|of|on|by|off|between|to|from|around|along|past|down) (?:the )?(?:corner of )?`;
/** The names before "Rd": "on Cactus ", "at Halsted and North ". */
const namesBefore = new RegExp(String.raw`${lead}((?:(?:${capitalised}|${ordinal}) (?:(?:and|&|at) )?){1,3})$`);
const crossingAhead = new RegExp(String.raw`^\.? (?:and|&|at) (?:${ordinal}|${capitalised})\b`);
/** "4th and Elm", "Halsted & 18th". */
const ordinalCrossing = new RegExp(
  String.raw`^${ordinal}(?: St| Ave)?\.? (?:and|&|at) (?:${ordinal}|${capitalised})(?: (?:St|Ave|Rd|Blvd)\b)?`,
);
const nameBeforeOrdinal = new RegExp(String.raw`${lead}((?:${capitalised} ){1,2}(?:and|&|at) )$`);
const ordinalHere = new RegExp(String.raw`^${ordinal}\b`);
const crossingLead = new RegExp(String.raw`${lead}$`);
const block = new RegExp(String.raw`\b\d{1,5} block of ${capitalised}(?: ${capitalised})?`, 'g');
/** Not the isotopes of iodine: I-123, I-131. */
const interstate = /^I-(?!12[3-5]|131)\d{1,3}\b/;
const interstateLead = /\b(?:on|off|of|near|along|from|exit|at) (?:the )?$/;
const placeOf = new RegExp(String.raw`^ of (?:the )?${capitalised}(?: ${capitalised}){0,3}`);
const ofPlaces = /^(?:City|Town|Village|Borough|District|Hospice|Hospital|University|Port)$/;
const townBefore = new RegExp(
  String.raw`(?:^|[^\w])(${capitalised}(?: ${capitalised}){0,2}, (?:(?:New|North|South|West|Rhode|Sri|Costa|El|Saudi|Sierra|British|Nova) )?)$`,
);

export const findCorner: Find = (text, emit, words, numbers) => {
  for (const word of words) {
    if ((word.lists & lists.corner) !== 0) street(text, word, emit);
    if ((word.lists & lists.region) !== 0) region(text, word, emit);
  }
  for (const start of numbers.runs) {
    if (text.charCodeAt(start - 1) === hyphen) highway(text, start - 2, emit);
    if (isOrdinal(text, start)) crossing(text, start, emit);
  }
  if (text.includes(' block of ')) {
    for (const match of matches(text, block)) emit(match.index, match.index + match[0].length, 'address');
  }
};

const hyphen = 45;

/** "I-10" */
function highway(text: string, start: number, emit: Emit): void {
  const [road] = interstate.exec(after(text, start, 6)) ?? [];
  if (road !== undefined && interstateLead.test(before(text, start, 12))) emit(start, start + road.length, 'address');
}

/** "4th", "23rd", "118th" */
function isOrdinal(text: string, start: number): boolean {
  let at = start + 1;
  while (at - start < 3 && isDigit(text.charCodeAt(at))) at++;
  const [first, second] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
  // st nd rd th
  return second === (first === 115 ? 116 : first === 116 ? 104 : first === 110 || first === 114 ? 100 : 0);
}

function street(text: string, { start, end }: Word, emit: Emit): void {
  if (ofPlaces.test(text.slice(start, end))) {
    const [of = ''] = placeOf.exec(after(text, end, 90)) ?? [];
    if (of !== '' && !eponymNouns.test(after(text, end + of.length, 40))) emit(start, end + of.length, 'address');
    return;
  }
  const road = /^ ?\d{1,4}\b/.exec(after(text, end, 6));
  const names = namesBefore.exec(before(text, start, 72))?.[1];
  if (names === undefined && !(road && crossingLead.test(before(text, start, 24)))) return;
  const cross = crossingAhead.exec(after(text, end, 30)) ?? road;
  emit(start - (names?.length ?? 0), end + (cross?.[0].length ?? 0), 'address');
}

/** At an ordinal number: a street of a city whose streets are counted, where another one crosses it. */
function crossing(text: string, start: number, emit: Emit): void {
  const names = nameBeforeOrdinal.exec(before(text, start, 60))?.[1];
  if (names !== undefined) {
    const [here = ''] = ordinalHere.exec(after(text, start, 6)) ?? [];
    return emit(start - names.length, start + here.length, 'address');
  }
  if (!crossingLead.test(before(text, start, 32))) return;
  const [whole = ''] = ordinalCrossing.exec(after(text, start, 60)) ?? [];
  emit(start, start + whole.length, 'address');
}

/** "Window Rock, Arizona" */
function region(text: string, { start, end }: Word, emit: Emit): void {
  const town = townBefore.exec(before(text, start, 80))?.[1];
  // "Lyme, Colorado tick fever"
  const isNamedAfter = isMedical((/^[A-Za-z]+/.exec(town ?? '')?.[0] ?? '').toLowerCase());
  if (town !== undefined && !(isNamedAfter && eponymNouns.test(after(text, end, 40))))
    emit(start - town.length, end, 'address');
}

export const aboutCorner: About = {
  shapes: {
    address: [
      'fell near «4th and Elm».',
      'the corner of «Halsted and 18th»',
      'the pharmacy on «Cactus Rd»',
      'the «3300 block of Bleecker»',
      'off «I-10»',
      'the «City of Mesa» pays',
      'from «Ayacucho, Peru», 52 kg',
    ],
  },
  checks: 'A kind of street, an ordinal number, a state or a country.',
  context: 'A preposition before a street or a crossing; a comma between a town and its state or country.',
  misses: ['fell near «fourth and elm»', '«Cactus Rd» is closed'],
};
