// Places smaller than a state: streets, P.O. boxes, city with state or ZIP, cities by name, and the institutions where
// someone was seen.

import { eponymNouns } from '../names.ts';
import { states, townFirstWords, towns } from '../places.ts';
import { after, before, type Find } from './detector.ts';

const word = String.raw`[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'.-]{0,24}`;

const street = new RegExp(
  String.raw`(?<![\w.])\d{1,6}[A-Za-z]?(?:-\d{1,4})? {1,2}(?:(?:[NSEW]{1,2}\.?|[A-Za-z][A-Za-zÀ-ɏ'-]{0,20}\.?|\d{1,3}(?:st|nd|rd|th)) {1,2}){1,5}?(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way|circle|cir|terrace|ter|parkway|pkwy|highway|hwy|square|sq|trail|trl|plaza|alley|crossing|loop|row|crescent|turnpike|pike|gate|walk|path)\b\.?(?:,? {1,2}(?:apt|apartment|suite|ste|unit|floor|fl|room|rm|#)\.? ?#?[\w-]{1,8})?`,
  'gi',
);
// Words that end a street's name only when they are capitalised, and whatever follows "lives at".
const rareStreet =
  /(?<![\w.])\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ){1,3}(?:Mews|Ridges?|Hills?|Run|Views?|Green|Grove|Meadows?|Estates?|Commons?|Glen|Haven|Heights|Hollow|Island|Junction|Knolls?|Lakes?|Landing|Manor|Mills?|Orchard|Park|Pass|Point|Ports?|Ranch|River|Shores?|Springs?|Station|Stream|Summit|Valley|Village|Vista|Wells|Bypass|Canyon|Cape|Cliffs?|Corners?|Coves?|Creek|Dale|Divide|Extension|Falls|Ferry|Fields?|Ford|Forest|Forge|Fork|Gardens?|Gateway|Harbor|Trace|Track|Union|Passage|Throughway|Motorway|Freeway|Expressway|Skyway|Viaduct|Underpass|Overpass|Causeway|Brook|Bridge|Key|Burg|Route)\b|(?<=\b(?:[Ll]ives|[Ll]iving|[Rr]esid(?:es|ing)) at )\d{1,6} (?:[A-Z][A-Za-zÀ-ɏ'-]{1,20} ?){1,4}/g;
const unitOnly = /\b(?:apt|apartment|suite|ste|unit)\.? #?\d{1,5}[A-Za-z]?\b/gi;
const box = /\b(?:p\.? ?o\.? ?box|post office box|box|psc|unit) \d{1,6}(?:,? box \d{1,6})?\b/gi;
const stateZip = /\b([A-Z]{2})\.?,? {1,2}\d{5}(?:-\d{4})?\b/g;
const zip =
  /\b(?:zip(?: ?code)?|postal code|postcode)[\s:#=]{1,3}(?:is )?([A-Za-z0-9]{3,8}(?:[ -][0-9][A-Za-z0-9]{2,3})?)\b/gi;
const cityState = new RegExp(String.raw`\b(${word}(?: ${word}){0,2}),? ([A-Z]{2})\b`, 'g');
const cityBefore = new RegExp(String.raw`(?:${word} ){0,2}${word},? ?$`);

const institution = new RegExp(
  String.raw`\b(?:${word} (?:(?:of|and|&|the|for|at|de|la) ){0,2}){1,6}(?:Hospitals?|Hosp\.?|Clinics?|(?:Medical|Health|Cancer|Care|Heart|Med|Wellness|Surgery|Surgical|Trauma|Treatment|Rehab|Rehabilitation|Community|Dialysis|Imaging|Neurology|Cardiology|University|Regional) (?:Centers?|Centre|Ctr\.?|Group|Institute|System|Associates|Campus)|Health(?:care)?|Infirmary|Medical|Sanatorium|Hospice|Institute|Center|Pharmacy|Laborator(?:y|ies)|Nursing Home|Memorial|General|Presbyterian|Methodist|Permanente|Langone|University|Office)\b(?:,? (?:of )?(?:${word}))?`,
  'g',
);
const saint = new RegExp(
  String.raw`\b(?:St\.?|Saint|Mt\.?|Mount|Our Lady of) (?:[A-Z][a-z]{2,15})(?:'s)?(?: (?:Hospital|Clinic|Medical Center|Health|Regional|Mercy|Sinai|Children's))?`,
  'g',
);
const known =
  /\b(?:Mayo(?: Clinic)?|Johns? Hopkins|John's Hopkins|Mass(?:achusetts)? General|Cedars?[- ]Sinai|Mount Sinai|Mt\.? Sinai|Kaiser(?: Permanente)?|MD Anderson|Memorial Sloan Kettering|Sloan Kettering|NYU(?: Langone)?|UCLA|UCSF|UCSD|UPMC|MGH|BWH|OHSU|Stanford|Duke|Emory|Vanderbilt|Northwestern|Georgetown|Columbia|Yale|Penn|Baylor|Beth Israel|City of Hope|Cedar Crest|Walter Reed|VA|Brigham|NYC)\b(?:'s)?(?: (?:clinic|hospital|office|med(?:ical)? center))?/g;
const placeVerb =
  /\b(?:seen|seeing|admitted|treated|evaluated|hospitali[sz]ed|visited|visiting|visit|discharged|referred|transferred|presented|presenting|appointment|consult(?:ed|ation)?|follow(?:ed|ing)?[- ]?up|f\/u|diagnosed|surgery|procedure|care|lives|living|resides|residing|located|born|moved|operated|tested|checked|reviewed|monitored|enrolled|examined|scan|exam|scheduled|office|clinic|staying|works|working|vaccinated|lab|labs|records?|meeting|patient|pt|female|male|man|woman|her|him|notes?|\w+ed) (?:at|in|from|to|near|of|via|by) (?:the |our |a )?$/i;
const placePhrase = new RegExp(
  String.raw`\b(?:at|in|from|to|near|via) (?:the |our )?((?:${word})(?:(?: (?:of|and|&|the|de|la))? ${word}){0,5}(?:'s)?(?: (?:downtown |metro )?(?:clinic|office|hospital|med(?:ical)? center|area))?)`,
  'g',
);
const notPlaces =
  /^(?:Framingham|Duke|GUSTO|Type|Stage|Grade|Class|Group|Phase|Level|Patient|Patients|Mr|Mrs|Ms|Dr|Prof|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|COPD|CHF|HTN|DM|CKD|ICU|ED|ER|OR|PACU|NICU|MICU|SICU|CCU|RA|MS|MI|AF|AFib|CAD|IBD|HIV|AIDS|COVID|SLE|PTSD|ADHD|US|USA|UK|African|American|Asian|Hispanic|Caucasian|Black|White|Native|Medicare|Medicaid|T\d|L\d|C\d|I|II|III|IV|V|[A-Z])\b/;

export const findAddress: Find = (text, emit) => {
  for (const pattern of [street, rareStreet, unitOnly, box, known]) {
    for (const match of text.matchAll(pattern)) {
      // "March 12 with Dr. X" is no drive.
      if (pattern === street && / [a-z]+ [Dd]r\b\.?$/.test(match[0])) continue;
      if (pattern !== known || !eponymNouns.test(after(text, match.index + match[0].length, 40)))
        emit(match.index, match.index + match[0].length, 'address');
    }
  }
  for (const match of text.matchAll(zip)) {
    if (/\d/.test(match[1] ?? ''))
      emit(match.index + match[0].length - (match[1] ?? '').length, match.index + match[0].length, 'address');
  }
  for (const match of text.matchAll(stateZip)) {
    if (!states.has(match[1] ?? '')) continue;
    const city = cityBefore.exec(before(text, match.index, 60))?.[0] ?? '';
    emit(match.index - city.length, match.index + match[0].length, 'address');
  }
  for (const match of text.matchAll(cityState)) {
    if (states.has(match[2] ?? '') && (match[0].includes(',') || isTown(match[1] ?? ''))) {
      emit(match.index, match.index + match[0].length, 'address');
    }
  }
  for (const pattern of [institution, saint]) {
    for (const match of text.matchAll(pattern)) emit(match.index, match.index + match[0].length, 'address');
  }
  findTowns(text, emit);
  for (const match of text.matchAll(placePhrase)) {
    const name = match[1] ?? '';
    const start = match.index + match[0].length - name.length;
    if (
      !notPlaces.test(name) &&
      !eponymNouns.test(after(text, start + name.length, 40)) &&
      placeVerb.test(before(text, start, 40))
    )
      emit(start, start + name.length, 'address');
  }
};

const capitalised = /\b[A-Z][a-z]{2,14}/g;

function findTowns(text: string, emit: Parameters<Find>[1]): void {
  for (const match of text.matchAll(capitalised)) {
    const lengths = townFirstWords.get(match[0].toLowerCase());
    if (!lengths) continue;
    const ahead = after(text, match.index, 30).toLowerCase();
    for (const length of lengths) {
      const name = ahead.slice(0, length);
      if (towns.has(name) && !/^[a-z]/.test(ahead.slice(length))) {
        emit(match.index, match.index + length, 'address');
        break;
      }
    }
  }
}

function isTown(name: string): boolean {
  return towns.has(name.toLowerCase());
}
