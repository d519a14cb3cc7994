// Numbers that only their label explains: record, plan, account, licence, serial, case and order numbers. Works from the
// number back to the label, so that text without numbers costs nothing.

import type { PhiClass } from '../../core/phi.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { isNpi } from './coded-id.ts';
import { type About, after, before, type Emit, type Find, matches } from './detector.ts';
import { type LetterPairs, lookedFor } from './letter-pairs.ts';
import { isAlphanumeric, isCapital, isDigit, lastWord, lists } from './words.ts';

const between = String.raw`(?: ?(?:number|numbers|no\.?|num\.?|nbr|n[º°]\.?|nr\.?|id|ids|identifier|code|#))?(?: ?\((?:[a-z]{2,6})\))?(?: (?:is|was|of|for (?:him|her|them|this pt|patient)|(?:ends|ending) in))?["'\]]?[\s:#=(|]{0,5}["']?$`;

const labels: readonly (readonly [PhiClass, RegExp])[] = [
  [
    'mrn',
    /(?:\bm\.?r\.?n|\bmr ?#|medical ?rec(?:ord)?s?|\bmed ?rec|\bchart|hospital (?:id|number|no)|\bempi|\bfin|\bmr no\.?|\bnhs|\bchi (?:no|number)|\bhosp no|\bihi|\bnhi|\bpid|\burn?\b|historia cl[ií]nica|\bnhc|\bexpediente|\b(?:patienten|fall|akten)-?(?:nummer|nr\.?|zeichen)|\bdossier(?: m[eé]dical)?)/,
  ],
  [
    'ssn',
    /(?:\bssn|social security|\bsin|\bnino|\bni (?:no|number)|national (?:insurance|id)|\bpesel|\bbsn|sozialversicherungs-?(?:nummer|nr\.?)|segur(?:idad|o) social|s[eé]curit[eé] sociale|\bsocial(?=[:#])|\baadhaar|\bcpf|\bcurp|\bnif|\bnie|\bdni|\bnir|\bcnp|\bnric|\bhkid|\btfn|\bahv|\bcodice fiscale|\bpersonnummer|\biqama|\bemirates id|\bmykad|\bkennitala|\bkt|\bc[eé]dula|\bpps|\bppsn|\brrn|\bjmbg|\begn|\boib|\balien|\ba#|\btax ?id|\bkimlik)/,
  ],
  [
    'health_plan',
    /(?:\binsurance(?: policy| member| plan)?|\bpolicy|\bmember(?:ship)?|\bsubscriber|beneficiary|health ?plan(?: beneficiary)?|health ?(?:id|insurance)|\bplan id|\bmedicare|\bmedicaid|\bmbi|\bhicn|\bgroup (?:no|number|id)|\binsurance group|\bhmo|\bppo|\bbcbs|\bblue (?:cross|shield)|\baetna|\bcigna|\bhumana|\bpayer id|\bcoverage id|\bins|\bhb[np]|\bramq|\bohip|\bbeneficiary|\bcoverage|\bkaiser|\btricare|\bgrp|\bmutuelle|\b(?:versicherten|versicherungs|krankenkassen)-?(?:nummer|nr\.?)|\bp[oó]liza|\bafiliad[oa])/,
  ],
  [
    'account',
    /(?:\bacc(?:oun)?t|\baccount|\bbilling|\bguarantor|\brouting|\baba|\bbank|\biban|\bcard|\binvoice|\bkonto(?:nummer|nr\.?)?|\bcuenta|\bcompte)/,
  ],
  [
    'license',
    /(?:\blic(?:en[cs]e|\.)?|driver'?s? (?:licen[cs]e|lic)|\bc?dl|\bdea|\bnpi|\bcertificate|\bcert|\bpassport|\bregistration|\bf[üu]e?hrerschein(?:nummer|nr\.?)?|\b(?:reisepass|ausweis)(?:nummer|nr\.?)?|\bpasaporte|\bpasseport|\bpermis de conduire)/,
  ],
  [
    'vehicle',
    /(?:\bvin|\blicense plate|\bplate|\bvehicle(?: id)?|\btag no|\btail|\bkennzeichen|\bmatr[ií]cula|\bimmatriculation)/,
  ],
  [
    'device',
    /(?:\bserial|\bs\/n|\bsn|\bdevice|\bimei|\bmodel|\budi|\blot|\bimplant|\bpacemaker(?: serial)?|\bicd serial|\bpump|\bvent(?:ilator)?|\bmonitor|\bsensor|\btransmitter|\bgenerator)/,
  ],
  ['biometric', /(?:\bbiometric|\bfingerprint(?: template)?|\bretina(?: scan)?|\bvoice ?print|\biris scan)/],
  ['photo', /(?:\bphoto(?:graph)?|\bimage id)/],
  [
    'other_id',
    /(?:\bpatient|\bpt|\bcase|\bfile|\breference|\bref|\bencounter|\bvisit|\baccession|\bspecimen|\border|\bclaim|\bstudy id|\bsite|\bparticipant|\bsubject|\bemployee|\bstudent|\brecord|\brx|\bprescription|\bbadge|\btracking|\bconfirmation|\bid|\bidentifi(?:er|ed as)|\bticket|\bcsn|\bhar|\badmission|\broom|\brm|\bbed|\bbiopsy|\bsample|\bslide|\bdonor|\bpan|\binmate|\breport|\bdocket|\bwristband|\bbracelet|\b(?:medic ?)?alert|\brun|\bincident|\bedipi|\bdod id|\bauth(?:orization)?|\bvisa|\btoken|\bkit|\bcin|\brid|\bicn|\bchk)/,
  ],
];

/** Of so many things that only a long number is somebody's. */
const groupLabel = /\bgroup[\s:#=]{1,3}$/i;
const groupNumber = /^\d{7,}(?:-\d{1,4})?$|^(?=.*\d{4})[A-Z]{2,8}-?\d+$/;

/** Of other languages, or rare, asked for behind their last words alone. */
const foreignLabels: readonly (readonly [PhiClass, RegExp])[] = [
  [
    'mrn',
    /(?:\bhistoria cl[ií]nica|\bnhc|\bexpediente|\b(?:patienten|fall|akten)-?(?:nummer|nr\.?|zeichen)|\bdossier(?: m[eé]dical)?|\bchi)/,
  ],
  [
    'ssn',
    /(?:\bsozialversicherungs-?(?:nummer|nr\.?)|\bsegur(?:idad|o) social|\bs[eé]curit[eé] sociale|\bsocial(?=[:#])|\bf[øo]dsels(?:nummer|nr\.?)|\bhetu|\bhenkil[öo]tunnus|\brodn[ée] [čc][íi]slo|\bkimlik|\bcpr|\binsz|\bamka|\bsnils)/,
  ],
  ['health_plan', /(?:\b(?:versicherten|versicherungs|krankenkassen)-?(?:nummer|nr\.?)|\bp[oó]liza|\bafiliad[oa])/],
  ['account', /(?:\bkonto(?:nummer|nr\.?)?|\bcuenta|\bcompte)/],
  [
    'license',
    /(?:\bf(?:ü|ue?)hrerschein(?:nummer|nr\.?)?|\b(?:reisepass|ausweis)(?:nummer|nr\.?)?|\bpasaporte|\bpasseport|\bpermis de conduire)/,
  ],
  ['vehicle', /(?:\bkennzeichen|\bmatr[ií]cula|\bimmatriculation)/],
  ['other_id', /(?:\bportal user|\buser ?name|\buser ?id|\blog-?in)/],
];

const patternsOf = (all: typeof labels): typeof labels =>
  all.map(([cls, words]) => [cls, new RegExp(words.source + between, 'i')]);
const patterns: typeof labels = patternsOf(labels);
const foreignPatterns: typeof labels = patternsOf(foreignLabels);
/** What a label, or what stands between it and its number, ends with: without one of these nothing is asked. */
const labelEnds: ReadonlySet<string> = new Set(
  (
    'fin grp cin rid icn chk template nhi pid ur urn iqama mykad kennitala kt cedula cédula pps ppsn rrn jmbg egn oib alien bracelet alert run incident edipi auth authorization visa nhs hosp ihi sin nino pesel bsn aadhaar cpf curp nif nie dni nir cnp nric hkid tfn ahv fiscale personnummer tax taxid ramq ohip kaiser tricare mutuelle cdl pump vent ventilator monitor sensor transmitter generator room rm bed biopsy sample slide donor pan inmate report docket wristband token kit ' +
    'mrn n mr rec recs record records med chart id ids number numbers no num nbr identifier code empi ssn security insurance policy plan member membership subscriber ' +
    'beneficiary health healthplan healthid medicare medicaid mbi hicn hmo ppo bcbs cross shield aetna cigna humana coverage ins hbn hbp acct acc account billing group guarantor routing aba bank iban card invoice ' +
    'lic license licence driver drivers dl dea npi certificate cert passport registration vin plate vehicle tag serial s sn device imei model udi lot implant pacemaker ' +
    'biometric fingerprint retina scan print voiceprint iris photo photograph image patient pt case file reference ref encounter visit accession specimen order claim ' +
    'study site participant subject employee student rx prescription badge tracking confirmation identified as ticket csn har admission is was of him her them'
  ).split(' '),
);

const foreignEnds: ReadonlySet<string> = new Set(
  'chi user username userid login fødselsnummer fodselsnummer fødselsnr hetu henkilötunnus číslo cislo kimlik cpr insz amka snils clínica clinica nhc expediente patientennummer patientennr nummer nr fallnummer fallnr aktenzeichen dossier médical sozialversicherungsnummer social sociale versichertennummer versichertennr versicherungsnummer versicherungsnr krankenkassennummer póliza poliza afiliado afiliada konto kontonummer kontonr cuenta compte führerschein fuehrerschein führerscheinnummer reisepass reisepassnummer ausweisnummer pasaporte passeport conduire kennzeichen matrícula matricula immatriculation n'.split(
    ' ',
  ),
);

const anyLabel = /[A-Za-z#][^A-Za-z0-9]{0,6}(?:(?:is|was|of)[ :#=]{1,3})?$/i;

// Numbers of clinical vocabularies, and what follows a small number that is a count or a measure and no label's.
const vocabulary =
  /\b(?:icd(?:-?(?:9|10)(?:-cm|-pcs)?)?|cpt|hcpcs|loinc|snomed(?:[ -]ct)?|rx(?:norm|cui)|ndc|cvx|atc|unii|drg|pmid|nct|doi|version|grade|stage|type|class)(?: code)?s?[\s:#=(]{0,4}$/i;
const unit =
  /^ ?(?:mg|mcg|ml|mm|cm|kg|g\b|%|units?\b|days?\b|weeks?\b|months?\b|years?\b|yo\b|y\/o|hours?\b|hrs?\b|patients?\b|bpm|[-\s]year)/i;
/** A measure: "PT 24.1" is a clotting time. */
const decimal = /^\d{1,3}\.\d{1,2}$/;
const lettered = /^#?[A-Z]{1,5}-?\d{5,10}[A-Z]?$/;
/** A label that says no more than the token does: "Patient ID: 4471" becomes one token as a whole. */
const idleLabel = /(?:\b(?:patient|pt|site|subject|participant|case) ?(?:id|#)[:\s#]{0,3}|#)$/i;

/** Length of the label that goes with its number. */
function labelOf(text: string, start: number): number {
  return idleLabel.exec(before(text, start, 24))?.[0].length ?? 0;
}

/** "VIN ends in 88471" */
const endsIn = /\bend(?:s|ing) in $/i;
/** Its label is its beginning: "mrn-3381920". */
const labelled = /^(?:mrn|csn|mpi|empi|pid|acct|patient|member)[-_.]?(?=\d*[-_.]?\d)[\d-]{4,12}$/i;

/** Letters, then digits in groups: "S23-18842", "GEN-2023-00418", "PB980-4471A". Nothing of medicine is written so. */
const grouped = /^[A-Z]{1,5}\d{0,4}(?:-\d{2,8}){1,3}[A-Z]?$/;

function isGrouped(token: string): boolean {
  return (
    grouped.test(token) &&
    token.replace(/\D/g, '').length >= 6 &&
    /\d-\d/.test(token) &&
    !trial.test(token) &&
    !registry.test(token)
  );
}

const trial = /^(?:NCT|NDA|ANDA|BLA|BMS|LY|PF|AZD|GSK|MK|ABT|BAY|JNJ|TAK|AMG|SARS|CVX|LOINC|ICD)-?\d/;
/** What public registries of studies, articles, sequences, substances and faults of software count by. */
const registry =
  /^(?:NCT|NDA|ANDA|BLA|PMC|PMID|ISRCTN|ACTRN|CVE|CWE|RFC|GHSA|GSE|GSM|SR[APRSX]|ERR|DRR|PRJ[A-Z]{2}|ENS[A-Z]{1,5}|OMIM|MONDO|CHEBI|CHEMBL|HMDB|UNII|CUI)-?\d/;

/** Singapore. */
const nric = /^[STFGM]\d{7}[A-Z]$/;
/** National numbers that begin with the day of birth: "880214-10-5543", "120174-3399", "900101-1234567", "131052-308T". */
const bornOn =
  /^(?:\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2})-(?:(?:\d{2}-)?\d{4}|[1-8]\d{6}|\d{3}[0-9A-FHJ-NPR-Y])$/;
/** China (GB 11643): a place, the day of birth, a number, and the sum of the weighted digits modulo 11. */
const chinese = /^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX]$/;
const chineseWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function isChinese(token: string): boolean {
  if (!chinese.test(token)) return false;
  const sum = chineseWeights.reduce((total, weight, at) => total + weight * Number(token.charAt(at)), 0);
  return '10X98765432'.charAt(sum % 11) === token.charAt(17);
}

/** Before a long number, a label in a script that no measure is written in. */
const otherScript = /[\u0370-\u1fff\u3040-\ud7ff]{2}[\s:№#()]{0,4}$/;
const otherScriptMin = 9;

/** As cameras name their pictures. */
const picture = /^[A-Za-z]{3,10}[_-]?\d{3,}[\w.-]{0,40}\w/;
/** A name in a network, "@maria.k_87": no word, or it would be a time or a place ("@ 9:15", "@bedtime"). */
const handle = /^@[A-Za-z]\w{1,29}(?:\.\w{1,20})?/;

const pictureEnd = /\.(?:jpe?g|png|hei[cf]|gif|tiff?|bmp|webp|dcm)\b/i;
/** "photo saved as marsh_left_heel.jpg": what is somebody's says so in its name. */
const pictureFile = new RegExp(
  String.raw`\b(?:photos?|photographs?|pictures?|headshots?)\b[^\n.]{0,24}[ :"'(]((?=[\w.-]*[\d_-])[\w.-]{3,60}${pictureEnd.source})`,
  'gi',
);
const pictureWords = lookedFor('photo picture headshot');

export function mayHavePictureFile(text: string, pairs: LetterPairs): boolean {
  return pictureWords(pairs) && pictureEnd.test(text);
}

export const findPictureFile: Find = (text, emit) => {
  for (const { 0: whole, 1: file = '', index } of matches(text, pictureFile))
    emit(index + whole.length - file.length, index + whole.length, 'photo');
};

export function mayHaveHandle(text: string): boolean {
  return text.includes('@');
}

/** Names in networks need no digit. */
export const findHandle: Find = (text, emit) => {
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) handleAt(text, at, emit);
};

function handleAt(text: string, at: number, emit: Emit): void {
  if (/[\w@.%+-]/.test(text.charAt(at - 1))) return;
  const [whole] = handle.exec(after(text, at, 52)) ?? [];
  // "@scope/package", "@annotation(" are a program's.
  if (whole === undefined || /[/(]/.test(text.charAt(at + whole.length))) return;
  if (/[\d_.]/.test(whole) || !englishWords.has(whole, 1, whole.length)) emit(at, at + whole.length, 'other_id');
}

export const findLabelledId: Find = (text, emit, words, numbers) => {
  for (const { start, lists: standing } of words) {
    if ((standing & lists.picture) === 0) continue;
    const [name = ''] = picture.exec(after(text, start, 60)) ?? [];
    emit(start, start + name.length, 'photo');
  }
  let floor = 0;
  for (const run of numbers.runs) {
    if (run < floor || !isDigit(text.charCodeAt(run + 1))) continue;
    let start = run;
    while (start > floor && run - start < 24 && isInside(text, start - 1)) start--;
    let end = run + 2;
    while (end < text.length && end - start < 64 && isInside(text, end)) end++;
    floor = end;
    if (text.charCodeAt(end) === blank && startsGroup(text.charCodeAt(end + 1)) && groupAhead.test(after(text, end, 9)))
      end = groupsEnd(text, start, end);
    // "serial BLH 663419"
    start -= lettersBefore(text, start);
    floor = end;
    if (end - start >= 3) judge(text, start, end, emit);
  }
};

const blank = 32;

/** A number in groups, as cards of insurances and of identity have it: "943 476 5919", "DUFQ 7204 1512". */
const groupAhead = /^ (?:\d{2,7}|\d{1,6}[A-Z]{1,3}|[A-Z]{1,2}\d{2,6}[A-Z]{0,2})(?:(?![\w.,/%-])|(?=[.,;)]?(?:\s|$)))/;
/** "402 118 3," */
const lastDigit = /^ \d(?=[,;)\n]|$)/;
const nationalBefore =
  /\b(?:nhs|med(?:ical)? ?rec(?:ord)?s?|hospital|chart|dl|ramq|ohip|sin|nino|pesel|bsn|aadhaar|cpf|curp|nif|nie|dni|nir|cnp|nric|tfn|ahv|ssn|medicare|medicaid|insurance|member|policy|subscriber|aetna|cigna|humana|bcbs|kaiser|tricare|passport|licen[cs]e|file|claim|account|acct|serial|s\/n|sn|mrn|nhi|group|donor|blue cross|ins|id)(?: (?:no\.?|number|id|#))?[\s:#.]{1,3}(?:[A-Z]{1,5} )?$/i;

/** Length of the letters before the groups, behind a label: "claim C 28 447 193", "serial BLH 663419". */
function lettersBefore(text: string, start: number): number {
  if (text.charCodeAt(start - 1) !== blank || !isCapital(text.charCodeAt(start - 2))) return 0;
  let first = start - 2;
  while (start - first < 7 && isCapital(text.charCodeAt(first - 1))) first--;
  if (start - first > 6 || !labelEnds.has(lastWord(text, first, 3))) return 0;
  const isLabel = labelEnds.has(text.slice(first, start - 1).toLowerCase());
  return !isLabel && /[\s:#.]/.test(text.charAt(first - 1)) && nationalBefore.test(before(text, first, 40))
    ? start - first
    : 0;
}

/** Where the groups after the first one end, behind a label whose numbers are written so. */
function groupsEnd(text: string, start: number, end: number): number {
  if (!nationalBefore.test(before(text, start, 40))) return end;
  let last = end;
  for (let groups = 0; groups < 5; groups++) {
    const ahead = after(text, last, 10);
    const next = groupAhead.exec(ahead) ?? (groups > 0 ? lastDigit.exec(ahead) : null);
    if (!next) break;
    last += next[0].length;
  }
  return last;
}

function startsGroup(unit: number): boolean {
  return isDigit(unit) || isCapital(unit);
}

/** Letters and digits, and the signs that join them. */
function isInside(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (isAlphanumeric(unit)) return true;
  // - . / _
  const isJoint = (unit >= 45 && unit <= 47) || unit === 95;
  return isJoint && isAlphanumeric(text.charCodeAt(at - 1)) && isAlphanumeric(text.charCodeAt(at + 1));
}

function judge(text: string, start: number, end: number, emit: Emit): void {
  const token = text.slice(start, end);
  const hash = text.charAt(start - 1) === '#';
  const last = lastWord(text, start, 9);
  const isForeign = foreignEnds.has(last);
  const isCandidate =
    hash ||
    isForeign ||
    lettered.test(token) ||
    labelEnds.has(last) ||
    (last === 'in' && endsIn.test(before(text, start, 12))) ||
    text.charAt(start - 2) === ')';
  const isNational =
    token.length > 8 &&
    (bornOn.test(token) ||
      nric.test(token) ||
      isChinese(token) ||
      (token.length >= otherScriptMin && otherScript.test(before(text, start, 8))));
  if (labelled.test(token))
    return emit(start, end, /^[mce]/i.test(token) && !/^member/i.test(token) ? 'mrn' : 'other_id');
  if (isNational || isGrouped(token)) return emit(start, end, 'other_id');
  if (!isCandidate || decimal.test(token)) return;
  // Three signs are a number only where nothing else is numbered so low.
  const isShort = end - start === 3;
  const context = before(text, start, 56).replaceAll('_', ' ');
  if (isShort && !/\b(?:room|rm|bed|apt|unit)[\s:#.]{1,3}$/i.test(context)) return;
  if (/^[\d./-]{1,4}$/.test(token) && unit.test(after(text, end, 10))) return;
  if (vocabulary.test(context)) return;
  if (anyLabel.test(context)) {
    for (const [cls, label] of isForeign ? [...patterns, ...foreignPatterns] : patterns) {
      if (label.test(context))
        return emit(start - (cls === 'other_id' ? labelOf(text, start) : Number(hash)), end, cls);
    }
  }
  if (groupNumber.test(token) && groupLabel.test(context)) return emit(start, end, 'health_plan');
  if (isNpi(token) && /\bnpi\b/i.test(context)) return emit(start, end, 'license');
  if (
    lettered.test(token) &&
    (hash || /-\d{6,}$/.test(token) || /^[A-Z]{2,5}\d{6,}[A-Z]?$/.test(token)) &&
    !registry.test(token)
  ) {
    return emit(start - (hash ? 1 : 0), end, 'other_id');
  }
  if (hash && (/\d{5}/.test(token) || /^\d{2,4}(?:-\d{2,6}){2,3}$/.test(token))) emit(start - 1, end, 'other_id');
}

export const aboutLabelledId: About = {
  shapes: {
    mrn: [
      'NHS No: «943 476 5919»',
      'MRN: «4471902»',
      'medical record number is «MX-456789»',
      'chart no «77123»',
      'Med rec # «77 18 82»',
    ],
    health_plan: ['Member ID: «XQJ123456789»', 'policy ID: «ZY-765432»', 'Medicaid «88213345»'],
    account: ['account number «00123456»', 'routing number «021000021»'],
    license: ["driver's license number is «S99912345»", 'NPI «1234567893»', 'passport number is «X1234567»'],
    vehicle: ['plate «7ABC123»'],
    device: ['serial number «SN-88213-AB»', 'lot number «A12B34»'],
    biometric: ['fingerprint id «FP-88231»'],
    photo: ['photo «IMG_20240314_1021»', 'saved as «DSC_0421.JPG»', 'Photo saved as «marsh_heel_092225.jpg».'],
    other_id: [
      'case number «88123»',
      'accession «S24-10233»',
      '«patient ID AB-987654»',
      '«#AB-987654»',
      'room «4417-B»',
      'biopsy «S23-18842»',
      '«900101-1234567»',
      '«11010519491231002X»',
      'on Instagram: «@maria.k_87»',
    ],
  },
  checks:
    'At least four letters and digits, two of them digits in a row. Letters followed by groups of digits (S23-18842), picture files and @names need no label. NPI: Luhn with the prefix 80840. Measures and the codes of ICD, CPT, HCPCS, LOINC, SNOMED, RxNorm, NDC and CVX stay.',
  context: 'Its label before it; between them at most a few signs, `is` or `number`.',
  misses: ['«44719» is her record number', 'member «XQJ» number'],
};
