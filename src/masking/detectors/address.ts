// Places smaller than a state: streets, P.O. boxes, city with state or ZIP, cities by name, and the institutions where
// someone was seen.

import { eponymClass, eponymNouns } from '../names.ts';
import { states, townFirstWords, towns } from '../places.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { isStrange } from './strange-word.ts';
import { isCapital, isLetter, lists, type Word } from './words.ts';

const word = String.raw`[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'.-]{0,24}`;

const street = new RegExp(
  String.raw`(?<![\w.])\d{1,6}[A-Za-z]?(?:-\d{1,4})? {1,2}(?:(?:[NSEW]{1,2}\.?|[A-Za-z][A-Za-zÀ-ɏ'-]{0,20}\.?|\d{1,3}(?:st|nd|rd|th)) {1,2}){1,5}?(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way|circle|cir|terrace|ter|parkway|pkwy|highway|hwy|square|sq|trail|trl|plaza|alley|crossing|loop|row|crescent|turnpike|pike|gate|walk|path)\b\.?(?:,? {1,2}(?:apt|apartment|suite|ste|unit|floor|fl|room|rm|#)\.? ?#?[\w-]{1,8})?`,
  'gi',
);
// Words that end a street's name only when they are capitalised, and whatever follows "lives at".
const rareStreet =
  /(?<![\w.])\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ){1,3}(?:Mews|Ridges?|Hills?|Run|Views?|Green|Grove|Meadows?|Estates?|Commons?|Glen|Haven|Heights|Hollow|Island|Junction|Knolls?|Lakes?|Landing|Manor|Mills?|Orchard|Park|Pass|Point|Ports?|Ranch|River|Shores?|Springs?|Station|Stream|Summit|Valley|Village|Vista|Wells|Bypass|Canyon|Cape|Cliffs?|Corners?|Coves?|Creek|Dale|Divide|Extension|Falls|Ferry|Fields?|Ford|Forest|Forge|Fork|Gardens?|Gateway|Harbor|Trace|Track|Union|Passage|Throughway|Motorway|Freeway|Expressway|Skyway|Viaduct|Underpass|Overpass|Causeway|Brook|Bridge|Key|Burg|Route)\b|(?<=\b(?:[Ll]ives|[Ll]iving|[Rr]esid(?:es|ing)) at )\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ?){1,4}/g;
// Digits are rarer than words: these three begin with the number, and look back for what it is of.
const unit = /(?<=[TtEeXxCcYyRrDd.] #?)\d{1,5}[A-Za-z]?\b/g;
const unitBefore =
  /\b(?:apt|apartment|suite|ste|unit|highway|hwy|route|rte|county road|state road|mile marker)\.? #?$/i;
const boxBefore = /\b(?:p\.? ?o\.? ?box|post office box|box|psc|unit) $/i;
const boxRest = /^\d{1,6}(?:,? box \d{1,6})?\b/i;
const zipCode = /(?<= )\d{5}(?:-\d{4})?\b/g;
const coordinates = /(?<![\d.])[-+]?\d{1,2}\.\d{4,9}°? ?[NS]?, {0,2}[-+]?\d{1,3}\.\d{4,9}(?:°? ?[EW]\b)?(?![\d.]\d)/g;
const stateBefore = /\b([A-Z]{2})\.?,? {1,2}$/;
const zip =
  /\b(?:zip(?: ?code)?|postal code|postcode)[\s:#=]{1,3}(?:is )?([A-Za-z0-9]{3,8}(?:[ -][0-9][A-Za-z0-9]{2,3})?)\b/gi;
const cityBefore = new RegExp(String.raw`(?:${word} ){0,2}${word},? ?$`);

const institution = new RegExp(
  String.raw`\b(?:${word} (?:(?:of|and|&|the|for|at|de|la) ){0,2}){1,6}(?:Hospitals?|Hosp\.?|Clinics?|(?:Medical|Health|Cancer|Care|Heart|Med|Wellness|Surgery|Surgical|Trauma|Treatment|Rehab|Rehabilitation|Community|Dialysis|Imaging|Neurology|Cardiology|University|Regional) (?:Centers?|Centre|Ctr\.?|Group|Institute|System|Associates|Campus)|Health(?:care)?|Infirmary|Medical|Sanatorium|Hospice|Institute|Center|Pharmacy|Laborator(?:y|ies)|Nursing Home|Memorial|General|Presbyterian|Methodist|Permanente|Langone|University|Office|Regional(?! Pain))\b(?:,? (?:of )?(?:${word}))?`,
  'y',
);
/** Between two words of one institution's name. */
const institutionGap = /^['.-]{0,2} (?:(?:of|and|&|the|for|at|de|la) ){0,2}$/;
const saint = new RegExp(
  String.raw`\b(?:St\.?|Saint|Mt\.?|Mount|Our Lady of|Fort|Cape|San|Santa|Los|Las|Rancho) (?:[A-Z][a-z]{2,15})(?:'s)?(?: (?:Hospital|Clinic|Medical Center|Health|Regional|Mercy|Sinai|Children's))?`,
  'y',
);
const known =
  /\b(?:Mayo(?: Clinic)?|Johns? Hopkins|John's Hopkins|Mass(?:achusetts)? General|Cedars?[- ]Sinai|Mount Sinai|Mt\.? Sinai|Kaiser(?: Permanente)?|MD Anderson|Memorial Sloan Kettering|Sloan Kettering|NYU(?: Langone)?|UCLA|UCSF|UCSD|UPMC|MGH|BWH|OHSU|Stanford|Duke|Emory|Vanderbilt|Northwestern|Georgetown|Columbia|Yale|Penn|Baylor|Beth Israel|City of Hope|Cedar Crest|Walter Reed|VA|Brigham|NYC)\b(?! \d)(?:'s)?(?: (?:clinic|hospital|office|med(?:ical)? center))?/y;
const placeVerb =
  /\b(?:seen|seeing|admitted|treated|evaluated|hospitali[sz]ed|visited|visiting|visit|discharged|referred|transferred|presented|presenting|appointment|consult(?:ed|ation)?|follow(?:ed|ing)?[- ]?up|f\/u|diagnosed|surgery|procedure|care|lives|living|travel(?:l?ed|s)?|trip|flew|returned|back|drove|grew up|resides|residing|located|born|moved|operated|tested|checked|reviewed|monitored|enrolled|examined|scan|exam|scheduled|office|clinic|staying|works|working|vaccinated|lab|labs|records?|meeting|patient|pt|female|male|man|woman|her|him|notes?|\w+ed|\w\.) (?:at|in|from|to|near|of|via|by) (?:the |our |a )?$/i;
const placePreposition = /\b(?:at|in|from|to|near|via) (?:the |our )?$/;
const placeName = new RegExp(
  String.raw`(?:${word})(?:(?: (?:of|and|&|the|de|la))? ${word}){0,5}(?:'s)?(?: (?:downtown |metro )?(?:clinic|office|hospital|med(?:ical)? center|area))?`,
  'y',
);
const notPlaces =
  /^(?:Framingham|Duke|GUSTO|Type|Stage|Grade|Class|Group|Phase|Level|Patient|Patients|Mr|Mrs|Ms|Dr|Prof|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|CPAP|BiPAP|COPD|CHF|HTN|DM|CKD|ICU|ED|ER|OR|PACU|NICU|MICU|SICU|CCU|RA|MS|MI|AF|AFib|CAD|IBD|HIV|AIDS|COVID|SLE|PTSD|ADHD|US|USA|UK|African|American|Asian|Hispanic|Caucasian|Black|White|Native|Medicare|Medicaid|T\d|L\d|C\d|I|II|III|IV|V|[A-Z])\b/;

export const findAddress: Find = (text, emit, words) => {
  if (/\d/.test(text)) numbered(text, emit);
  let institutionEnd = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) break;
    const { start, lists: standing } = word;
    if ((standing & lists.landmark) !== 0) landmark(text, start, emit);
    if ((standing & lists.town) !== 0) town(text, start, emit);
    if ((standing & lists.state) !== 0) state(text, word, emit);
    if ((standing & lists.institution) !== 0 && start >= institutionEnd) {
      institutionEnd = institutionAround(text, words, at, institutionEnd, emit);
    }
    if (isMidSentence(text, start)) place(text, word, emit);
  }
};

/** What has a number in it, or is one. */
function numbered(text: string, emit: Emit): void {
  for (const pattern of [street, rareStreet]) {
    for (const match of matches(text, pattern)) {
      // "March 12 with Dr. X" is no drive.
      if (pattern === street && / [a-z]+ [Dd]r\b\.?$| in a row$/.test(match[0])) continue;
      emit(match.index, match.index + match[0].length, 'address');
    }
  }
  for (const match of matches(text, unit)) {
    const lead = before(text, match.index, 20);
    const of = unitBefore.exec(lead);
    if (of) emit(match.index - of[0].length, match.index + match[0].length, 'address');
    const box = boxBefore.exec(lead);
    const rest = box ? boxRest.exec(after(text, match.index, 20)) : null;
    if (box && rest) emit(match.index - box[0].length, match.index + rest[0].length, 'address');
  }
  for (const match of matches(text, zip)) {
    if (/\d/.test(match[1] ?? ''))
      emit(match.index + match[0].length - (match[1] ?? '').length, match.index + match[0].length, 'address');
  }
  for (const match of matches(text, coordinates)) emit(match.index, match.index + match[0].length, 'address');
  for (const match of matches(text, zipCode)) {
    const of = stateBefore.exec(before(text, match.index, 6));
    if (!of || !states.has(of[1] ?? '')) continue;
    const start = match.index - of[0].length;
    const city = cityBefore.exec(before(text, start, 60))?.[0] ?? '';
    emit(start - city.length, match.index + match[0].length, 'address');
  }
}

const blank = 32;
const comma = 44;

/** A lower-case letter and a blank come before it. */
function isMidSentence(text: string, start: number): boolean {
  const unit = text.charCodeAt(start - 2);
  return text.charCodeAt(start - 1) === blank && isLetter(unit) && !isCapital(unit);
}

function landmark(text: string, start: number, emit: Emit): void {
  const length = matchedAt(known, text, start);
  if (length > 0 && !eponymNouns.test(after(text, start + length, 40))) emit(start, start + length, 'address');
  const saintly = matchedAt(saint, text, start);
  if (saintly > 0) emit(start, start + saintly, 'address');
}

/** Length of what the sticky pattern matches there; 0 = nothing. */
function matchedAt(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0].length ?? 0;
}

function town(text: string, start: number, emit: Emit): void {
  const ahead = after(text, start, 30).toLowerCase();
  for (const length of townFirstWords.get(/^[a-z]+/.exec(ahead)?.[0] ?? '') ?? []) {
    const rest = ahead.slice(length);
    const isEponym = eponymNouns.test(rest) || eponymClass.test(after(text, start + length, 6));
    if (towns.has(ahead.slice(0, length)) && !/^[a-z]/.test(rest) && !isEponym) {
      return emit(start, start + length, 'address');
    }
  }
}

/** "Boston, MA": any place before a comma, or a town that is known. */
function state(text: string, { start, end }: Word, emit: Emit): void {
  if (text.charCodeAt(start - 1) !== blank || !states.has(text.slice(start, end))) return;
  const city = cityBefore.exec(before(text, start, 60))?.[0];
  if (city === undefined) return;
  const isListed = towns.has(city.trim().toLowerCase());
  if (isListed || text.charCodeAt(start - 2) === comma) emit(start - city.length, end, 'address');
}

/** The longest name that the word at `at` is part of; gives where it ends. */
function institutionAround(text: string, words: readonly Word[], at: number, floor: number, emit: Emit): number {
  let first = at;
  while (first > 0 && at - first < institutionWordsMax) {
    const [left, right] = [words[first - 1], words[first]];
    if (!left || !right || left.start < floor || right.start - left.end > 14) break;
    if (!institutionGap.test(text.slice(left.end, right.start).replace(/^'[sS]/, ''))) break;
    first--;
  }
  for (; first <= at; first++) {
    const start = words[first]?.start ?? 0;
    const length = matchedAt(institution, text, start);
    if (length === 0) continue;
    if (!text.startsWith('Patient ', start)) emit(start, start + length, 'address');
    return start + length;
  }
  return floor;
}

const institutionWordsMax = 6;

function place(text: string, word: Word, emit: Emit): void {
  const { start } = word;
  if (!placePreposition.test(before(text, start, 12))) return;
  placeName.lastIndex = start;
  const name = placeName.exec(text)?.[0] ?? '';
  const end = start + name.length;
  if (notPlaces.test(name) || eponymNouns.test(after(text, end, 40))) return;
  const isTold = placeVerb.test(before(text, start, 40));
  if (isTold || (isStrange(text, word) && when.test(after(text, end, 32)))) emit(start, end, 'address');
}

/** What is told of a place and not of a medicine: when somebody was there. */
const when =
  /^ (?:on (?:the )?(?:[A-Z][a-z]{2,5}day,? )?(?:\d|[A-Z][a-z]{2,8}\.?,? \d)|in (?:[A-Z][a-z]{2,8} )?(?:19|20)\d\d|last |since |for (?:the )?(?:holidays|vacation|work|college|a wedding))/;

export const aboutAddress: About = {
  shapes: {
    address: [
      '«12 Elm Street, Apt 4B»',
      '«88 Harbor View»',
      '«P.O. Box 881»',
      '«Boston, MA 02139»',
      'Lowell, «MA 01851»',
      'zip code «02139»',
      'moved from «Chicago»',
      'admitted to «Mercy General Hospital»',
      "seen at «St. Luke's Hospital»",
      'lives in «Kalamazoo»',
      'GPS «42.3601, -71.0589»',
    ],
  },
  checks: 'Two letters before a ZIP code or after a comma are a state. Well-known towns are listed.',
  context:
    'A place that is not listed: a preposition and somebody being seen, treated, born or living there. An eponym (Mayo score) is no place.',
  misses: ['Kalamazoo is where she «grew up near Paw Paw»', 'lives at «twelve elm street»'],
};
