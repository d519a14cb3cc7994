// Places smaller than a state: streets, P.O. boxes, city with state or ZIP, cities by name, and the institutions where
// someone was seen.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { eponyms } from '../lexicon/eponyms.ts';
import { programWords } from '../lexicon/program-words.ts';
import { townNames } from '../lexicon/town-names.ts';
import { eponymClass, eponymNouns, givenNames, surnames } from '../names.ts';
import { provinces, states, townFirstWords, towns } from '../places.ts';
import { type About, after, before, type Emit, type Find, matchesIn } from './detector.ts';
import { type LetterPairs, lookedFor } from './letter-pairs.ts';
import type { Numbers } from './numbers.ts';
import { isEponym, isMedical, isStrange } from './strange-word.ts';
import { isAlphanumeric, isCapital, isDigit, isLetter, lists, plainKey, type Word } from './words.ts';

const word = String.raw`[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'.-]{0,24}`;

const street = new RegExp(
  String.raw`\d{1,6}[A-Za-z]?(?:-\d{1,4})? {1,2}(?:(?:[NSEW]{1,2}\.?|[A-Za-z][A-Za-zÀ-ɏ'-]{0,20}\.?|\d{1,3}(?:st|nd|rd|th)) {1,2}){1,5}?(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way|circle|cir|terrace|ter|parkway|pkwy|highway|hwy|square|sq|trail|trl|plaza|alley|crossing|loop|row|crescent|turnpike|pike|gate|walk|path)\b\.?(?:,? {1,2}(?:apt|apartment|suite|ste|unit|floor|fl|room|rm|#)\.? ?#?[\w-]{1,8}(?:,? \d{5}(?:-\d{4})?\b)?)?`,
  'iy',
);
// Words that end a street's name only when they are capitalised, and whatever follows "lives at".
const rareStreet =
  /\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ){1,3}(?:Mews|Ridges?|Hills?|Run|Views?|Green|Grove|Meadows?|Estates?|Commons?|Glen|Haven|Heights|Hollow|Island|Junction|Knolls?|Lakes?|Landing|Manor|Mills?|Orchard|Park|Pass|Point|Ports?|Ranch|River|Shores?|Springs?|Station|Stream|Summit|Valley|Village|Vista|Wells|Bypass|Canyon|Cape|Cliffs?|Corners?|Coves?|Creek|Dale|Divide|Extension|Falls|Ferry|Fields?|Ford|Forest|Forge|Fork|Gardens?|Gateway|Harbor|Trace|Track|Union|Passage|Throughway|Motorway|Freeway|Expressway|Skyway|Viaduct|Underpass|Overpass|Causeway|Brook|Bridge|Key|Burg|Route)\b|\d{1,6} (?:[NSEW]{1,2}\.? )?(?:Broadway|Bowery|Embarcadero)\b|\d{2,6} (?:NE|NW|SE|SW)\.? (?:[A-Z][a-z]{2,20}|\d{1,3}(?:st|nd|rd|th))\b|(?<=\b(?:[Ll]ives|[Ll]iving|[Rr]esid(?:es|ing)) at )\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ?){1,4}/y;
// These begin with the number, and look back for what it is of.
const unitNumber = /^\d{1,5}[A-Za-z]?\b/;
/** What a word of `unitBefore` or `boxBefore` ends with. */
const unitEnds = 'TtEeXxCcYyRrDdBb.';
const unitBefore =
  /\b(?:apt|apartment|suite|ste|unit|highway|hwy|route|rte|county road|state road|mile marker)\.? #?$/i;
const boxBefore =
  /\b(?:(?:r\.?f\.?d\.?|r\.?r\.?|rural route|star route|hc)(?: #?\d{1,3})?,? box|p\.? ?o\.? ?(?:box|drawer)|p\.?o\.?b\.?|post office (?:box|drawer)|box|psc|cmr|unit) $/i;
const boxRest = /^\d{1,6}(?:,? box \d{1,6})?(?:-?[A-Z])?\b/i;
const zipCode = /(?<= )\d{5}(?:-\d{4})?\b/g;
const capitalised = String.raw`[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'-]{1,24}`;
const foreignTown = String.raw`(?:,? \d{4,6}(?: [A-Z]{2})? ${capitalised})?`;
const streetWord =
  'rue|avenue|av\\.|avda\\.?|avenida|calle|carrer|paseo|viale?|piazza|corso|rua|travessa|ulica|ul\\.|chemin|impasse';
/** Streets of other countries: "Rue de l'Université", "Calle de Alcalá 48", with the town behind its code. */
const foreignStreet = new RegExp(
  String.raw`(?:[A-Z][a-z]+\.?|${streetWord}) (?:(?:de|du|des|del|della|di|da|do|la|le|los|las|santo?|sainte?) |[dl]'){0,3}${capitalised}(?: (?:(?:de|du|des|del|la) )?${capitalised}){0,3}(?:,? (?:n[º°o]\.? ?|nr\.? )?\d{1,5}[a-z]?\b)?${foreignTown}`,
  'y',
);
const foreignLead = new RegExp(String.raw`\b(?:${streetWord}) (?:(?:de|du|des|del|la|le) |[dl]'){0,2}$`);
const houseBefore = /(?:^|[^\w.])(\d{1,4}(?: ?bis)?,? )$/;
/** "Hauptstraße 12" */
const suffixed = new RegExp(
  String.raw`[A-ZÀ-Þ][A-Za-zÀ-ɏ]{2,24}(?:str\.|stra(?:ß|ss)e|gasse|weg|allee|platz|gracht|straat|laan|plein|gatan|vägen|utca|katu) \d{1,4}[a-z]?(?:-[\dIVX]{1,4})?\b${foreignTown}`,
  'y',
);
/** Postal codes of Britain and Canada, with the town before them. */
const foreignCode =
  /(?:[A-PR-UWYZ][A-Z]?\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d)\b/y;
const coordinates = /(?<![\d.])[-+]?\d{1,2}\.\d{4,9}°? ?[NS]?, {0,2}[-+]?\d{1,3}\.\d{4,9}(?:°? ?[EW]\b)?(?![\d.]\d)/g;
const namedCoordinates =
  /(?<=\blat(?:itude)?[ :=]{1,3})[-+]?\d{1,2}\.\d{3,9}[,; ]{1,3}(?:lon|lng|long|longitude)[ :=]{1,3}[-+]?\d{1,3}\.\d{3,9}(?![\d.]\d)/gi;
const stateBefore = /\b([A-Z]{2})\.?,? {1,2}$/;
const zip =
  /\b(?:zip(?: ?code|\+4)?|postal code|postcode)[\s:#=?—-]{1,5}(?:is )?([A-Za-z0-9]{3,8}(?:[ -][0-9][A-Za-z0-9]{2,3})?)\b/gi;
/** "lives in 97211" */
const livingBefore = /\b(?:liv(?:es?|ed|ing)|resid(?:es?|ed|ing)|mov(?:es?|ed|ing)|houses?|home) (?:in|to|from) $/i;
const townBefore = new RegExp(String.raw`(?:^|[^A-Za-z])(${word}(?: ${word})?) $`);
const cityBefore = new RegExp(String.raw`(?:${word} ){0,2}${word},? ?$`);

const institution = new RegExp(
  String.raw`\b(?:${word} (?:(?:of|and|&|the|for|at|de|la) ){0,2}){1,6}(?:Hospitals?|Hosp\.?|Clinics?|(?:Medical|Health|Cancer|Care|Heart|Med|Wellness|Surgery|Surgical|Trauma|Treatment|Rehab|Rehabilitation|Community|Dialysis|Imaging|Neurology|Cardiology|University|Regional) (?:Centers?|Centre|Ctr\.?|Group|Institute|System|Associates|Campus)|Health(?:care)?|Infirmary|Medical|Sanatorium|Hospice|Institute|Center|Pharmacy|Laborator(?:y|ies)|Nursing Home|Memorial|General(?! (?:Surgery|Medicine|An[ae]*sthesia|Appearance|Exam|Condition|Care))|Presbyterian|Methodist|Permanente|Langone|University|Office|Regional(?! Pain)|Correctional(?: (?:Facility|Institution|Center))?|Prison|Penitentiary|Jail|Schools?|Elementary|Academy|College|Church|Hotel|Motel|Airport|Barracks|Shipbuilding|Shipyard|Villas?|Manor|Estates|Pediatrics|Practice|Parenthood|Department|Shelter|County|Parish|Township|Pharmacies|Dental|Dentistry|Pavilion|Reservation|Urgent Care|Primary Care|Family Medicine|HS|Univ\.?|Foods|Supermarkets?|Industries|Logistics|Inc|LLC|Ltd|Corp(?:oration)?|GmbH|[Nn]ursing [Hh]ome|[Aa]ssisted [Ll]iving)\b(?:,? (?:of )?(?:${word}))?`,
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
  /\b(?:seen|seeing|admitted|treated|evaluated|hospitali[sz]ed|visited|visiting|visit|discharged|referred|transferred|presented|presenting|appointment|consult(?:ed|ation)?|follow(?:ed|ing)?[- ]?up|f\/u|diagnosed|surgery|procedure|care|lives|living|travel(?:l?ed|s)?|trip|flew|returned|back|drove|grew up|resides|residing|located|born|moved|operated|tested|checked|reviewed|monitored|enrolled|examined|scan|exam|scheduled|office|clinic|staying|works|working|vaccinated|lab|labs|records?|meeting|patient|pt|female|male|man|woman|her|him|notes?|\w+ed|called|nights|days|\w\.) (?:at|in|from|to|near|of|via|by) (?:the |our |a )?$|\b(?:summary|letter|fax|referral|copy|send|sent|transfer) to (?:the )?$|\btransfer[a-z]{0,5} from [^.;\n]{3,30} to (?:the )?$|\b(?:warehouse|plant|station|store|factory|school|clinic|hospital|church|shelter|farm|prison|gym) (?:in|near|at) $/i;
const placePreposition = /\b(?:at|in|from|to|near|via) (?:the |our )?$|\bof $/;
/** A state or a country behind a comma. */
const regionAhead = /^, (?:[A-Z][a-z]+(?: [A-Z][a-z]+)?(?=[,.;:?!)]|$| (?:on|in|for|with|who))|[A-Z]{2}\b)/;
const placeName = new RegExp(
  String.raw`(?:${word})(?:(?:(?: (?:of|and|&|the|de|la|del|du))? | d')${word}){0,5}(?:'s)?(?: (?:downtown |metro )?(?:clinic|office|hospital|med(?:ical)? center|area))?`,
  'y',
);
const notPlaces =
  /^(?:Latin America|(?:North|South|Central|West|East) (?:America|Africa|Asia)|America|Europe|Africa|Asia|Emergency (?:Department|Room)|Intensive|Operating|Recovery|Outpatient|Inpatient|Radiology|Spanish|English|French|German|Italian|Portuguese|Russian|Polish|Greek|Arabic|Hindi|Urdu|Chinese|Mandarin|Cantonese|Korean|Japanese|Vietnamese|Tagalog|Somali|Ashkenazi|Sephardi|Jewish|Latino|Latina|Baseline|Week|Day|Month|Year|Visit|Least|Risk|Home|Night|Birth|Discharge|Admission|Clinic|Bedtime|Room|Step|Stages?|Framingham|Duke|GUSTO|Type|Stage|Grade|Class|Group|Phase|Level|Patient|Patients|Mr|Mrs|Ms|Dr|Prof|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|CPAP|BiPAP|COPD|CHF|HTN|DM|CKD|ICU|ED|ER|OR|PACU|NICU|MICU|SICU|CCU|RA|MS|MI|AF|AFib|CAD|IBD|HIV|AIDS|COVID|SLE|PTSD|ADHD|US|USA|UK|African|American|Asian|Hispanic|Caucasian|Black|White|Native|Medicare|Medicaid|T\d|L\d|C\d|I|II|III|IV|V|[A-Z])\b/;

const mayHaveZip = lookedFor('zip post');

export const findAddress: Find = (text, emit, words, numbers, pairs) => {
  if (numbers.runs.length > 0) numbered(text, emit, numbers, pairs);
  let institutionEnd = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) break;
    const { start, lists: standing } = word;
    if ((standing & lists.street) !== 0) foreign(text, start, emit);
    else if (isDigit(text.charCodeAt(word.end + 1 + Number(text.charCodeAt(word.end) === period)))) {
      const length = matchedAt(suffixed, text, start);
      if (length > 0) emit(start, start + length, 'address');
    }
    if ((standing & lists.landmark) !== 0) landmark(text, start, emit);
    if ((standing & lists.town) !== 0) town(text, start, emit);
    if ((standing & lists.state) !== 0) state(text, word, emit);
    if ((standing & lists.institution) !== 0 && start >= institutionEnd) {
      institutionEnd = institutionAround(text, words, at, institutionEnd, emit);
    }
    if (isMidSentence(text, start)) {
      place(text, word, emit);
      const street = foreignLead.exec(before(text, start, 24));
      if (street) foreign(text, start - street[0].length, emit);
      if (isTownAlone(text, word)) emit(start, word.end, 'address');
    } else if (text.charCodeAt(start - 2) === comma && text.charCodeAt(start - 1) === blank) {
      // "at the Tyson plant, Springdale)"
      if (endsPhrase(text.charCodeAt(word.end)) && isTownAlone(text, word)) emit(start, word.end, 'address');
    }
  }
};

/** A street of another country, whose kind stands first. */
function foreign(text: string, start: number, emit: Emit): void {
  const length = matchedAt(foreignStreet, text, start);
  const number = houseBefore.exec(before(text, start, 10))?.[1] ?? '';
  if (length > 0 && (number !== '' || /\d/.test(text.slice(start, start + length)))) {
    emit(start - number.length, start + length, 'address');
  }
}

/** From the number of the house on. */
function streetAt(text: string, start: number, emit: Emit): void {
  let name = start + 1;
  while (name - start < 12 && isAlphanumeric(text.charCodeAt(name))) name++;
  if (text.charCodeAt(name) === hyphen) while (name - start < 14 && text.charCodeAt(name) !== blank) name++;
  const previous = text.charCodeAt(start - 1);
  if (text.charCodeAt(name) !== blank || isAlphanumeric(previous) || previous === period) return;
  const ahead = text.charCodeAt(name + 1);
  if (!isAlphanumeric(ahead) && ahead !== blank) return;
  const length = matchedAt(street, text, start);
  // "March 12 with Dr. X" is no drive.
  if (length > 0 && !/ [a-z]+ [Dd]r\b\.?$| in a row$/.test(text.slice(start, start + length))) {
    emit(start, start + length, 'address');
  }
  if (!isCapital(ahead)) return;
  const rare = matchedAt(rareStreet, text, start);
  if (rare > 0) emit(start, start + rare, 'address');
}

/** "Great Missenden HP16 0AX", "Montréal QC H3B 1A6" */
function foreignCodeAt(text: string, digits: number, emit: Emit): void {
  const start = digits - (isCapital(text.charCodeAt(digits - 2)) ? 2 : 1);
  if (isAlphanumeric(text.charCodeAt(start - 1))) return;
  const length = matchedAt(foreignCode, text, start);
  if (length === 0) return;
  const city = cityBefore.exec(before(text, start, 60))?.[0] ?? '';
  emit(start - city.length, start + length, 'address');
}

/** "Apt. 4B", "P.O. Box 12": from the number back to what it is of. */
function unitAt(text: string, start: number, emit: Emit): void {
  let at = start - Number(text.charAt(start - 1) === '#');
  if (text.charCodeAt(at - 1) === blank) at--;
  if (at === start || !unitEnds.includes(text.charAt(at - 1))) return;
  const [digits] = unitNumber.exec(after(text, start, 8)) ?? [];
  const lead = before(text, start, 28);
  const of = digits === undefined ? null : unitBefore.exec(lead);
  if (of && digits !== undefined) emit(start - of[0].length, start + digits.length, 'address');
  const box = boxBefore.exec(lead);
  const rest = box ? boxRest.exec(after(text, start, 20)) : null;
  if (box && rest) emit(start - box[0].length, start + rest[0].length, 'address');
}

/** What has a number in it, or is one. */
function numbered(text: string, emit: Emit, numbers: Numbers, pairs: LetterPairs): void {
  for (const start of numbers.runs) {
    streetAt(text, start, emit);
    if (isCapital(text.charCodeAt(start - 1))) foreignCodeAt(text, start, emit);
    else unitAt(text, start, emit);
  }
  for (const match of mayHaveZip(pairs) ? matchesIn(numbers, zip) : []) {
    if (/\d/.test(match[1] ?? ''))
      emit(match.index + match[0].length - (match[1] ?? '').length, match.index + match[0].length, 'address');
  }
  for (const pattern of [coordinates, namedCoordinates])
    for (const match of matchesIn(numbers, pattern)) emit(match.index, match.index + match[0].length, 'address');
  for (const match of numbers.longest >= 5 ? matchesIn(numbers, zipCode) : []) {
    const of = stateBefore.exec(before(text, match.index, 6));
    if (!of || !states.has(of[1] ?? '')) {
      // "Tucson 85745"
      const [, name = ''] = townBefore.exec(before(text, match.index, 40)) ?? [];
      if (livingBefore.test(before(text, match.index, 16))) emit(match.index, match.index + match[0].length, 'address');
      const isListed = name !== '' && (isTown(name) || towns.has(name.toLowerCase()));
      if (isListed) emit(match.index - name.length - 1, match.index + match[0].length, 'address');
      continue;
    }
    const start = match.index - of[0].length;
    const city = cityBefore.exec(before(text, start, 60))?.[0] ?? '';
    emit(start - city.length, match.index + match[0].length, 'address');
  }
}

const blank = 32;
const hyphen = 45;
const period = 46;
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
  // "St. Louis encephalitis", "St. John's wort"
  const next = /^ ([a-z]+)/.exec(after(text, start + saintly, 20))?.[1] ?? '';
  if (saintly > 0 && next !== 'wort' && !isClinical(next)) emit(start, start + saintly, 'address');
}

/** Length of what the sticky pattern matches there; 0 = nothing. */
function matchedAt(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0].length ?? 0;
}

function town(text: string, start: number, emit: Emit): void {
  const ahead = plainKey(after(text, start, 30).toLowerCase());
  for (const length of townFirstWords.get(/^[a-z]+/.exec(ahead)?.[0] ?? '') ?? []) {
    const rest = ahead.slice(length);
    const isUsed =
      eponymNouns.test(rest) ||
      isClinical(/^ ([a-z]+)/.exec(rest)?.[1] ?? '') ||
      eponymClass.test(after(text, start + length, 6));
    if (length > ahead.length || !towns.has(ahead.slice(0, length)) || /^-?[a-z]/.test(rest) || isUsed) continue;
    // "the Ottawa ankle rules": a place that medicine uses as a name is one only where something lies in it.
    const isMeant =
      !eponyms.has(ahead.slice(0, length)) || !/^ [a-z]/.test(rest) || placePreposition.test(before(text, start, 12));
    if (isMeant) emit(start, start + length, 'address');
    return;
  }
}

/** "Boston, MA": any place before a comma, or a town that is known. */
function state(text: string, { start, end }: Word, emit: Emit): void {
  const code = text.slice(start, end);
  if (text.charCodeAt(start - 1) !== blank || !(states.has(code) || provinces.includes(code))) return;
  const city = cityBefore.exec(before(text, start, 60))?.[0];
  if (city === undefined) return;
  const isListed = towns.has(city.trim().toLowerCase()) || isTown(city.trim());
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
    if (!ofNobody.test(text.slice(start, start + length))) emit(start, start + length, 'address');
    return start + length;
  }
  return floor;
}

const institutionWordsMax = 6;
/** Societies, and departments that every hospital has. */
const ofNobody =
  /^Patient |^(?:American|European|National|Royal|British|Canadian|International|World)\b.*(?:College|Academy|School|Department)\b|^(?:(?:High|Medical|Nursing|Graduate|Middle|Private|General|Family|Clinical|Best|Group) (?:School|College|Practice)|(?:The )?(?:Emergency|Radiology|Surgery|Medicine|Pathology|Outpatient) Department)$/;

function place(text: string, word: Word, emit: Emit): void {
  const { start } = word;
  const isSecond = text.charCodeAt(start - 5) === cover && atAndSecond.test(before(text, start, 60));
  if (!isSecond && !placePreposition.test(before(text, start, 12))) return;
  placeName.lastIndex = start;
  // A period behind a word that is no abbreviation ends the sentence.
  const name = placeName.exec(text)?.[0].replace(/([a-z]{4})\.(?: .*)?$/, '$1') ?? '';
  const end = start + name.length;
  const isNamedAfter = (isEponym(word.key) || isMedical(word.key)) && !name.includes(' ') && !towns.has(word.key);
  if (isNamedAfter || notPlaces.test(name) || eponymNouns.test(after(text, end, 40))) return;
  const lead = before(text, start, 40);
  // "the Amazon warehouse"
  if (facility.test(after(text, end, 14))) return emit(start, end, 'address');
  // "advanced to the Cecum", "in the Supine Position": what is written with capitals for its own sake.
  if (
    lead.endsWith(' the ') &&
    !/\b(?:works?|worked|working|employed) (?:at|for) the $/.test(lead) &&
    name.split(' ').every(isThing)
  )
    return;
  if (isSecond || placeVerb.test(lead) || isSomewhere(text, word, name, lead)) emit(start, end, 'address');
}

/** Where somebody works or waits; before it stands whose it is. */
const facility =
  /^ (?:warehouse|plant|station|store|factory|depot|terminal|shelter|dealership|branch|farm|mine|mill|shipyard|base|dorm|gym)\b/;

/** What is found already, and one more: "treated at Duke and Wake Forest". */
const atAndSecond = /\bat (?:the )?¤+ and $/;
const cover = 0xa4;

function isThing(word: string): boolean {
  const key = word.toLowerCase().replace(/[.,]$/, '');
  if (towns.has(key)) return false;
  return englishWords.has(key, 0, key.length) || isClinical(key) || isMedical(key);
}

/** Nothing is told of anybody, but only a place, or else somebody, can stand there. */
function isSomewhere(text: string, word: Word, name: string, lead: string): boolean {
  if (isMedical(word.key) || isEponym(word.key) || isClinical(word.key)) return false;
  const ahead = after(text, word.start + name.length, 32);
  if (isTown(name) || isTown(text.slice(word.start, word.end))) return true;
  // "diagnosed by Dr. Nguyen at UCSF on March 15th"
  if (/\bat (?:the |our )?$/.test(lead) && dayAhead.test(ahead)) return true;
  const strange = isStrange(text, word);
  if (/^[A-Z]{4,}$/.test(name) && /\bat $/.test(lead) && ahead.startsWith(',')) return true;
  // "at Object.<anonymous> (" is a program's.
  if (!strange && !name.includes(' ')) return /\bat $/.test(lead) && /^(?:[?!;)]|\.(?:\s|["')]|$)|$)/.test(ahead);
  // "labs at Sutter Roseville", "prophylaxis in Bartosz, who"
  if (regionAhead.test(ahead)) return true;
  const isAtOrFrom = /\b(?:at|from|near) (?:the |our )?$/.test(lead);
  return strange ? isAtOrFrom || when.test(ahead) || /^(?:[,.?!;)]|$)/.test(ahead) : isAtOrFrom && ended.test(ahead);
}

/** , . ; ? ) or the end. */
function endsPhrase(unit: number): boolean {
  return unit === comma || unit === period || unit === 59 || unit === 63 || unit === 41 || Number.isNaN(unit);
}

/** A town that is nothing else, within a sentence: "fled Herat in 2021". */
function isTownAlone(text: string, { start, end, key, lists: standing }: Word): boolean {
  if (standing !== 0 || key.length < 4 || !isTown(key) || isClinical(key) || isMedical(key)) return false;
  return !eponymNouns.test(after(text, end, 40)) && /^[A-ZÀ-Þ][a-zß-ɏ]/.test(text.slice(start, start + 2));
}

/** In lower case, or as it is written. */
function isTown(name: string): boolean {
  const key = plainKey(name);
  // The filter takes a few words more for its own.
  return townNames.has(key, 0, key.length) && !(programWords.has(key) && !surnames.has(key) && !givenNames.has(key));
}

const ended =
  /^(?:[,.?!;:)]|$| (?:on|in|for|with|who|where|by|to|and|last|since|after|before|presented|asks?|reports?|re|regarding|today|tonight|now|yesterday|tomorrow|c\/o|s\/p|p\/w|dx|mrn|dob|at \d)\b| [+—–-])/;

/** What is told of a place and not of a medicine: when somebody was there. */
const when =
  /^ (?:\d{1,2}\/\d|on (?:the )?(?:[A-Z][a-z]{2,5}day,? )?(?:\d|[A-Z][a-z]{2,8}\.?,? \d)|in (?:[A-Z][a-z]{2,8} )?(?:19|20)\d\d|(?:last|next|this (?:past )?)|since |for (?:the )?(?:holidays|vacation|work|college|a wedding))/;

/** A day, which no dose and no stage stands at. */
const dayAhead =
  /^,? (?:on )?(?:the )?(?:\d{1,4}[/.-]\d{1,2}[/.-]\d|\d{1,2}\/\d{1,2}\b|\d{1,2}(?:st|nd|rd|th)\b|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.? \d|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)/;

export const aboutAddress: About = {
  shapes: {
    address: [
      '«12 Elm Street, Apt 4B»',
      '«88 Harbor View»',
      '«P.O. Box 881»',
      '«RFD 2 Box 88-A»',
      'resides in «97211»',
      'at «3805 SE Hawthorne»',
      '«Boston, MA 02139»',
      'Lowell, «MA 01851»',
      'zip code «02139»',
      'moved from «Chicago»',
      'admitted to «Mercy General Hospital»',
      "seen at «St. Luke's Hospital»",
      'lives in «Kalamazoo»',
      'fled «Herat» in 2021',
      'labs at «Sutter Roseville».',
      '«350 rue Sainte-Catherine», please',
      'at «Hauptstraße 12, 10827 Berlin»',
      '«Leeds LS1 4AP»',
      'GPS «42.3601, -71.0589»',
    ],
  },
  checks:
    'Two letters before a ZIP code or after a comma are a state. Towns are listed: those of the United States above 5,000 people, of other countries above 50,000. Postal codes of Britain and Canada go by their shape.',
  context:
    'An unlisted place needs a preposition, and somebody who is seen, treated, born or living there. A place that medicine uses as a name (Mayo score, Ottawa rules) is not masked.',
  misses: ['Kalamazoo is where she «grew up near Paw Paw»', 'lives at «twelve elm street»'],
};
