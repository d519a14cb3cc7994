// Numbers that only their label explains: record, plan, account, licence, serial, case and order numbers. Works from the
// number back to the label, so that text without numbers costs nothing.

import type { PhiClass } from '../../core/phi.ts';
import { isNpi } from './coded-id.ts';
import { after, before, type Emit, type Find } from './detector.ts';

const digitRun = /\d{2,}/g;
const idChar = /[A-Za-z0-9]/;
const joint = /[-_/.]/;

const between = String.raw`(?: ?(?:number|numbers|no\.?|num\.?|nbr|id|ids|identifier|code|#))?(?: ?\((?:[a-z]{2,6})\))?(?: (?:is|was|of|for (?:him|her|them|this pt|patient)))?["']?[\s:#=(]{0,5}["']?$`;

const labels: readonly (readonly [PhiClass, RegExp])[] = [
  [
    'mrn',
    /(?:\bm\.?r\.?n|\bmr ?#|medical ?rec(?:ord)?s?|\bmed ?rec|\bchart|hospital (?:id|number|no)|\bempi|\bmr no\.?)/,
  ],
  ['ssn', /(?:\bssn|social security)/],
  [
    'health_plan',
    /(?:\binsurance(?: policy| member| plan)?|\bpolicy|\bmember(?:ship)?|\bsubscriber|beneficiary|health ?plan(?: beneficiary)?|health ?(?:id|insurance)|\bplan id|\bmedicare|\bmedicaid|\bmbi|\bhicn|\bgroup (?:no|number|id)|\bhmo|\bppo|\bpayer id|\bcoverage id|\bins)/,
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
const anyLabel = /[A-Za-z#][^A-Za-z0-9]{0,6}(?:(?:is|was|of)[ :#=]{1,3})?$/i;

// Numbers of clinical vocabularies, and what follows a label without being one.
const vocabulary =
  /\b(?:icd(?:-?(?:9|10)(?:-cm|-pcs)?)?|cpt|hcpcs|loinc|snomed(?:[ -]ct)?|rx(?:norm|cui)|ndc|cvx|atc|unii|drg|pmid|nct|doi|version|grade|stage|type|class)(?: code)?s?[\s:#=(]{0,4}$/i;
const unit =
  /^ ?(?:mg|mcg|ml|mm|cm|kg|g\b|%|units?\b|days?\b|weeks?\b|months?\b|years?\b|yo\b|y\/o|hours?\b|hrs?\b|patients?\b|bpm|[-\s]year)/i;
const lettered = /^#?[A-Z]{1,5}-?\d{5,10}$/;

export const findLabelledId: Find = (text, emit) => {
  let floor = 0;
  for (const match of text.matchAll(digitRun)) {
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
  const char = text.charAt(at);
  if (idChar.test(char)) return true;
  return joint.test(char) && idChar.test(text.charAt(at - 1)) && idChar.test(text.charAt(at + 1));
}

function judge(text: string, start: number, end: number, emit: Emit): void {
  const token = text.slice(start, end);
  const context = before(text, start, 56);
  const hash = context.endsWith('#');
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
