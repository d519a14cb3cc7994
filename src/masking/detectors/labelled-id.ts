// Numbers that only their label explains: record, plan, account, licence, serial, case and order numbers. Works from the
// number back to the label, so that text without numbers costs nothing.

import type { PhiClass } from '../../core/phi.ts';
import { isNpi } from './coded-id.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { lastWord } from './words.ts';

const digitRun = /\d{2,}/g;

const between = String.raw`(?: ?(?:number|numbers|no\.?|num\.?|nbr|id|ids|identifier|code|#))?(?: ?\((?:[a-z]{2,6})\))?(?: (?:is|was|of|for (?:him|her|them|this pt|patient)))?["']?[\s:#=(]{0,5}["']?$`;

const labels: readonly (readonly [PhiClass, RegExp])[] = [
  [
    'mrn',
    /(?:\bm\.?r\.?n|\bmr ?#|medical ?rec(?:ord)?s?|\bmed ?rec|\bchart|hospital (?:id|number|no)|\bempi|\bmr no\.?)/,
  ],
  ['ssn', /(?:\bssn|social security)/],
  [
    'health_plan',
    /(?:\binsurance(?: policy| member| plan)?|\bpolicy|\bmember(?:ship)?|\bsubscriber|beneficiary|health ?plan(?: beneficiary)?|health ?(?:id|insurance)|\bplan id|\bmedicare|\bmedicaid|\bmbi|\bhicn|\bgroup (?:no|number|id)|\binsurance group|\bhmo|\bppo|\bbcbs|\bblue (?:cross|shield)|\baetna|\bcigna|\bhumana|\bpayer id|\bcoverage id|\bins|\bhb[np])/,
  ],
  ['account', /(?:\bacc(?:oun)?t|\baccount|\bbilling|\bguarantor|\brouting|\baba|\bbank|\biban|\bcard|\binvoice)/],
  [
    'license',
    /(?:\blic(?:en[cs]e)?|driver'?s? (?:licen[cs]e|lic)|\bdl|\bdea|\bnpi|\bcertificate|\bcert|\bpassport|\bregistration)/,
  ],
  ['vehicle', /(?:\bvin|\blicense plate|\bplate|\bvehicle(?: id)?|\btag no)/],
  [
    'device',
    /(?:\bserial|\bs\/n|\bsn|\bdevice|\bimei|\bmodel|\budi|\blot|\bimplant|\bpacemaker(?: serial)?|\bicd serial)/,
  ],
  ['biometric', /(?:\bbiometric|\bfingerprint|\bretina(?: scan)?|\bvoice ?print|\biris scan)/],
  ['photo', /(?:\bphoto(?:graph)?|\bimage id)/],
  [
    'other_id',
    /(?:\bpatient|\bpt|\bcase|\bfile|\breference|\bref|\bencounter|\bvisit|\baccession|\bspecimen|\border|\bclaim|\bstudy id|\bsite|\bparticipant|\bsubject|\bemployee|\bstudent|\brecord|\brx|\bprescription|\bbadge|\btracking|\bconfirmation|\bid|\bidentifi(?:er|ed as)|\bticket|\bcsn|\bhar|\badmission)/,
  ],
];

const patterns: readonly (readonly [PhiClass, RegExp])[] = labels.map(([cls, words]) => [
  cls,
  new RegExp(words.source + between, 'i'),
]);
/** What a label, or what stands between it and its number, ends with: without one of these nothing is asked. */
const labelEnds: ReadonlySet<string> = new Set(
  (
    'mrn n mr rec recs record records med chart id ids number numbers no num nbr identifier code empi ssn security insurance policy plan member membership subscriber ' +
    'beneficiary health healthplan healthid medicare medicaid mbi hicn hmo ppo bcbs cross shield aetna cigna humana coverage ins hbn hbp acct acc account billing group guarantor routing aba bank iban card invoice ' +
    'lic license licence driver drivers dl dea npi certificate cert passport registration vin plate vehicle tag serial s sn device imei model udi lot implant pacemaker ' +
    'biometric fingerprint retina scan print voiceprint iris photo photograph image patient pt case file reference ref encounter visit accession specimen order claim ' +
    'study site participant subject employee student rx prescription badge tracking confirmation identified as ticket csn har admission is was of him her them'
  ).split(' '),
);

function isLetter(unit: number): boolean {
  const lower = unit | 32;
  return lower >= 97 && lower <= 122;
}

const anyLabel = /[A-Za-z#][^A-Za-z0-9]{0,6}(?:(?:is|was|of)[ :#=]{1,3})?$/i;

// Numbers of clinical vocabularies, and what follows a label without being one.
const vocabulary =
  /\b(?:icd(?:-?(?:9|10)(?:-cm|-pcs)?)?|cpt|hcpcs|loinc|snomed(?:[ -]ct)?|rx(?:norm|cui)|ndc|cvx|atc|unii|drg|pmid|nct|doi|version|grade|stage|type|class)(?: code)?s?[\s:#=(]{0,4}$/i;
const unit =
  /^ ?(?:mg|mcg|ml|mm|cm|kg|g\b|%|units?\b|days?\b|weeks?\b|months?\b|years?\b|yo\b|y\/o|hours?\b|hrs?\b|patients?\b|bpm|[-\s]year)/i;
/** A measure: "PT 24.1" is a clotting time. */
const decimal = /^\d{1,3}\.\d{1,2}$/;
const lettered = /^#?[A-Z]{1,5}-?\d{5,10}$/;

export const findLabelledId: Find = (text, emit) => {
  let floor = 0;
  for (const match of matches(text, digitRun)) {
    if (match.index < floor) continue;
    let start = match.index;
    while (start > floor && match.index - start < 24 && isInside(text, start - 1)) start--;
    let end = match.index + match[0].length;
    while (end < text.length && end - start < 64 && isInside(text, end)) end++;
    floor = end;
    if (end - start >= 4) judge(text, start, end, emit);
  }
};

/** Letters and digits, and the signs that join them. */
function isInside(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (isAlphanumeric(unit)) return true;
  // - . / _
  const isJoint = (unit >= 45 && unit <= 47) || unit === 95;
  return isJoint && isAlphanumeric(text.charCodeAt(at - 1)) && isAlphanumeric(text.charCodeAt(at + 1));
}

function isAlphanumeric(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || isLetter(unit);
}

function judge(text: string, start: number, end: number, emit: Emit): void {
  const token = text.slice(start, end);
  const hash = text.charAt(start - 1) === '#';
  const isCandidate =
    hash || lettered.test(token) || labelEnds.has(lastWord(text, start, 9)) || text.charAt(start - 2) === ')';
  if (!isCandidate || decimal.test(token)) return;
  const context = before(text, start, 56).replaceAll('_', ' ');
  if (unit.test(after(text, end, 10)) && /^[\d./-]+$/.test(token)) return;
  if (vocabulary.test(context)) return;
  if (anyLabel.test(context)) {
    for (const [cls, label] of patterns) {
      if (label.test(context)) return emit(start - (hash ? 1 : 0), end, cls);
    }
  }
  if (isNpi(token) && /\bnpi\b/i.test(context)) return emit(start, end, 'license');
  if (
    lettered.test(token) &&
    (hash || /-\d{6,}$/.test(token) || /^[A-Z]{2,5}\d{6,}$/.test(token)) &&
    !/^(?:NCT|NDA|ANDA|BLA)\d/.test(token)
  ) {
    return emit(start - (hash ? 1 : 0), end, 'other_id');
  }
  if (hash && /\d{5}/.test(token)) emit(start - 1, end, 'other_id');
}

export const aboutLabelledId: About = {
  shapes: {
    mrn: ['MRN: «4471902»', 'medical record number is «MX-456789»', 'chart no «77123»'],
    health_plan: ['Member ID: «XQJ123456789»', 'policy ID: «ZY-765432»', 'Medicaid «88213345»'],
    account: ['account number «00123456»', 'routing number «021000021»'],
    license: ["driver's license number is «S99912345»", 'NPI «1234567893»', 'passport number is «X1234567»'],
    vehicle: ['plate «7ABC123»'],
    device: ['serial number «SN-88213-AB»', 'lot number «A12B34»'],
    biometric: ['fingerprint id «FP-88231»'],
    photo: ['photo «IMG_20240314_1021»'],
    other_id: ['case number «88123»', 'accession «S24-10233»', 'patient ID «AB-987654»', '«#AB-987654»'],
  },
  checks:
    'Four signs or more with two digits in a row. NPI: Luhn with the prefix 80840. Measures and the codes of ICD, CPT, HCPCS, LOINC, SNOMED, RxNorm, NDC and CVX stay.',
  context: 'Its label before it, with at most a few signs, `is` or `number` between.',
  misses: ['«44719» is her record number', 'member «XQJ» number'],
};
