// What around a word tells that it is somebody: a degree, an age, what only people do, have or are asked. Never looks at the word.

import { after } from './detector.ts';
import type { Word } from './words.ts';

export const degree: RegExp =
  /^,? {1,2}(?:M\.?D|D\.?O|R\.?N(?:FA)?|N\.?P|P\.?A(?:-C)?|Ph\.?D|Pharm\.?D|RPh|DDS|DMD|DPM|DNP|LPN|LVN|CNA|CRNA|CCHT|CCRN|CNM|IBCLC|LMFT|LPC|LICSW|PsyD|RDH|RRT|OTR|DPT|EMT|CRNP|FNP|APRN|BSN|MSN|MBBS|MSW|LCSW|FACC|FACS|FRCP|Jr|Sr|Esq)\b/;
/** How old somebody is, as it stands behind a name. */
export const ageAhead: RegExp =
  /^\.?(?:,? \(?(?:age[ds]? )?\d{1,3}(?: ?(?:y\/?o|y\.o|yrs?|years?|months?|mos?|weeks?|wks?|days?)\b|[ /]?[MF]\b| ?(?:male|female)\b)|(?:,| \() ?(?:age[ds]? )?\d{1,2}[,)](?! ?\d))/;
export const personAhead: RegExp =
  /^ (?:\((?:\[|¤|mrn|dob|age|ssn|#|\d)|(?:asks?|asked|reports?|reported|presents|presented|called|calls|returns|returned|complains|complained|denies|denied|states|stated|came|arrived|requests|requested|underwent|(?:can|should|may|must) (?:take|restart|drive|fly|eat|stop taking)|says|said|lives|works|was (?:seen|admitted|brought|discharged|born)|seen|is a|brought in|tolerated|slept|consented|agrees)\b)/i;
export const demographic: RegExp =
  /(?:\b(?:male|female|man|woman|boy|girl|patient|pt|person|infant|child|teen|adult|gentleman|lady|[mf]|\d[mf]|yo|y\/o)\b[^\n.]{0,48}[,(:]|\bpt|\bfor|\bof) ?$/i;
/** How old somebody is, as it stands before a name: "72M Art Sharp". */
export const agedBefore: RegExp = /\b\d{1,3} ?(?:y\/?o ?)?[mMfF],? $|[- ]old (?:male|female|man|woman|boy|girl),? $/;

export const owner: RegExp =
  /^(?:'s [A-Za-z]| (?:\(|, )?(?:sister|brother|wife|husband|mother|father|daughter|son) of\b| [ds]\/o )/;

/** The neighbours tell that it is somebody. */
export function isAbout(text: string, word: Word, lead: string): boolean {
  const ahead = after(text, word.end, 24);
  return isSomebody(lead, ahead) || (demographic.test(lead) && aside.test(ahead));
}

/** What goes on around a person only; medicines are taken and given, too, but nobody's. */
export function isSomebody(lead: string, ahead: string): boolean {
  return (
    ofSomebody.test(ahead) ||
    isActing(lead, ahead) ||
    (calling.test(lead) && called.test(ahead)) ||
    (aboutSomebody.test(lead) && /^[?.!] (?:He|She|His|Her|They)\b/.test(ahead))
  );
}

const ofSomebody =
  /^(?:'s (?:daughter|son|wife|husband|mother|father|mom|dad|brother|sister|family|partner|chart|records?|labs?|results?|appointment|visit|medications?|meds|case|room)\b| and (?:her|his|their) (?!own\b)| (?:drove|said|says|fell|lives|lived|smokes|drinks|weighs|states|stated|denies|reports that|complains|called|asks|asked|works|walked|cried|woke|told|tells|wants|refuses|declines)\b)/;
/** What is said besides of somebody: who that is, when he was seen. */
const aside =
  /^(?:\?| \(|, (?:\d|an? |who|our|my|his|her|their|the |whose|DOB|MRN|seen|aged?\b|now|post|with|on|from)|,? (?:with|was|is|had|has|from|who|came)\b)/;
/** "call Iturbide back", "fax Quigg labs" */
const calling = /\b(?:[Cc]all|[Pp]age|[Pp]hone|[Tt]ext|[Ff]ax|[Ee]mail|[Rr]emind|[Nn]otify) $/;
const called = /^(?: back\b|'s\b| (?:about|re|labs|results|today|tomorrow|tonight)\b)/;
const auxiliary = /(?:^|[.?!] )(?:Can|Should|Does|Did|May|Could|Would|Must|Is|Was|Will|Has) $/;
const bySomebody =
  /^ (?:a (?:good )?candidate|safe to|take|restart|qualify|switch|undergo|donate|fly|travel|drive|eat|breastfeed|resume|get|receive|go|come|need (?:a|an|to)|have (?:a|an|to|surgery))\b/;
export const aboutSomebody: RegExp = /\b(?:for|of|with|in|ask|tell|about|see|saw|seen) $/i;

/** "Should Donovan get", even where Donovan is an eponym. */
export function isActing(lead: string, ahead: string): boolean {
  return auxiliary.test(lead) && bySomebody.test(ahead);
}

/** What medicines and diseases do: "followed by Reclast". */
export const notByPeople: RegExp =
  /\b(?:followed|replaced|caused|preceded|confirmed|complicated|prevented|inhibited|mediated|measured|defined|accompanied|worsened|relieved|induced|controlled|aggravated|reversed|triggered) by $/i;

/** Who did it, and not what it was graded by. */
export const doneBy: RegExp = /\b(?:seen|signed|reviewed|dictated|ordered|prescribed|examined|referred|admitted) by $/i;

/** Whom nobody but a name, and no service of that kind, goes with: "caller Shanice", "adjuster Herb Nyquist", "bed 9 Fitzwilliam". */
export const seldomRole: RegExp =
  /\b(?:(?:caller|volunteer|advocate|adjuster|claimant|decedent|escort|visitor|guarantor|custodian|nanny|babysitter|tenant|survivor|applicant|baby|newborn)(?:: | )|(?:bed|rm|room|chair|bay|crib) #?\d{1,4}[A-Z]? )$/i;
/** The last words of `seldomRole`. */
export const seldomEnds: ReadonlySet<string> = new Set(
  'caller volunteer advocate adjuster claimant decedent escort visitor guarantor custodian nanny babysitter tenant survivor applicant baby newborn'.split(
    ' ',
  ),
);

/** "Patient goes by "Buzz"", whatever the word is. */
export const nickname: RegExp =
  /\b(?:goes by|nicknamed|known as|answers to|prefers(?: to be called)?|likes to be called|preferred name:?) "$/i;
/** "Chastity said", "Rusty, her husband": a word that is somebody's name, too. */
export const speaking: RegExp =
  /^(?: (?:said|says|stated|states|denied|denies|complained|complains|asked)\b(?! to be\b)|, (?:her|his|my|their|the patient's|pt's) (?:husband|wife|son|daughter|mother|father|mom|dad|brother|sister|partner|friend|neighbou?r|aunt|uncle|niece|nephew|cousin|caregiver|aide)\b)/;
