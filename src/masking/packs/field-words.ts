// How systems name a field: whose it is, what it is, how it is written (`PAT_LAST_NM`, `guarantorHomePhoneNum`,
// `patient.name.first`). Takes a name apart into words, and leaves out those that only say whose. Knows no classes.

/** How a word is shortened → the word. */
const short: Readonly<Record<string, string>> = {
  nm: 'name',
  nme: 'name',
  names: 'name',
  ph: 'phone',
  phn: 'phone',
  fon: 'phone',
  phones: 'phone',
  tels: 'tel',
  telephones: 'telephone',
  mobiles: 'mobile',
  emails: 'email',
  mails: 'mail',
  faxes: 'fax',
  addrs: 'addr',
  addresses: 'address',
  streets: 'street',
  cities: 'city',
  mrns: 'mrn',
  ssns: 'ssn',
  photos: 'photo',
  dt: 'date',
  dte: 'date',
  tm: 'time',
  dttm: 'datetime',
  dts: 'date',
  num: 'number',
  nbr: 'number',
  nr: 'number',
  no: 'number',
  numbers: 'number',
  acct: 'account',
  lic: 'license',
  pt: 'patient',
  pat: 'patient',
  ptnt: 'patient',
  subj: 'subject',
  prov: 'provider',
  prvdr: 'provider',
  phys: 'physician',
  doc: 'doctor',
  md: 'doctor',
  guar: 'guarantor',
  encntr: 'encounter',
  encounters: 'encounter',
  adm: 'admission',
  ins: 'insurance',
  insur: 'insurance',
  emerg: 'emergency',
  cntct: 'contact',
  prsn: 'person',
  prsnl: 'staff',
  mbr: 'member',
  bene: 'beneficiary',
  emp: 'employer',
  att: 'attending',
  attend: 'attending',
  ref: 'referring',
  frst: 'first',
  lst: 'last',
  mid: 'middle',
  init: 'initial',
  birthdt: 'birthdate',
  soc: 'social',
  sec: 'security',
};

/** Whose it is. */
const people =
  `patient subject person client member subscriber guarantor insured policyholder cardholder holder beneficiary participant customer resident
  provider prescriber physician doctor surgeon attending referring ordering admitting consulting rendering supervising performing nurse pcp staff employee
  contact emergency nok kin spouse wife husband partner mother mothers father parent guardian child son daughter relative caregiver
  employer author composer performer owner user caller responsible witness informant signer signed sender recipient requester interpreter author
  donor recipient decedent mom dad newborn infant collector`.split(/\s+/);
/** Which of them it is, and where it is used. */
const which =
  `legal preferred pref primary prim secondary home work business office day daytime evening night mobile mailing mail billing residential
  permanent perm temporary temp current curr previous prev prior old new usual official alternate alt other main full formatted display birth
  insurance hospital hsp account street address q input field question item column text string txt var form fld frm lbl the my your in s of for
  social next source care`.split(/\s+/);
const subjects: ReadonlySet<string> = new Set([...people, ...which]);
const persons: ReadonlySet<string> = new Set(people);
/** What somebody's record is called by, and what happened to them. */
const recordSubjects: ReadonlySet<string> = new Set(
  'patient subject person member subscriber guarantor insured policyholder cardholder beneficiary participant resident encounter visit admission episode csn har enc donor'.split(
    ' ',
  ),
);
const numbers: ReadonlySet<string> = new Set('id key identifier number csn uid uuid guid ids record'.split(' '));
/** What may stand behind without saying more. */
const tails: ReadonlySet<string> = new Set(
  `number text txt string str value val key formatted raw orig original full line ext extension list array index home work mobile cell day evening
  primary secondary cd`.split(/\s+/),
);
/** Half of a name, and a word of its own: nothing may have stood behind it. */
const halves: ReadonlySet<string> = new Set('first last middle given family'.split(' '));

const rememberedMax = 20_000;

/** A payload has the same few names over and over. */
export function remembered<T extends object | string | boolean>(of: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const answer = known.get(name) ?? of(name);
    if (known.size >= rememberedMax) known.clear();
    if (name.length < 100) known.set(name, answer);
    return answer;
  };
}

/** The words of a name, in lower case, numbers that only count left out. */
export function fieldWords(name: string): readonly string[] {
  const apart = name.replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, '$1 ').replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1 ');
  const words = apart.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.map((word) => (Object.hasOwn(short, word) ? (short[word] ?? word) : word));
}

export interface FieldName {
  /** What is left without those it is about, the longest first: to be looked up as one word. */
  readonly cores: readonly string[];
  /** It is somebody's `name`, or a role somebody has (`attending_md`). */
  readonly isName: boolean;
  /** It is a number a person, or a visit of theirs, goes by. */
  readonly isKey: boolean;
}

export function fieldName(name: string): FieldName {
  const words = fieldWords(name);
  const cores = new Set<string>();
  const last = words.at(-1) ?? '';
  const lead = words.slice(0, -1);
  const isAbout = lead.length > 0 && lead.every((word) => subjects.has(word)) && lead.some((word) => persons.has(word));
  for (let end = words.length; end > 0; end--) {
    const [head = ''] = words.slice(end);
    if (end < words.length && !tails.has(head)) break;
    for (let start = 0; start < end; start++) {
      if (start > 0 && !subjects.has(words[start - 1] ?? '')) break;
      const core = words.slice(start, end).join('');
      if (end === words.length || !halves.has(core)) cores.add(core);
    }
  }
  return {
    cores: [...cores],
    isName: (last === 'name' && isAbout) || (isAbout && roles.has(last)),
    isKey:
      words.length > 1 &&
      numbers.has(last) &&
      lead.some((word) => recordSubjects.has(word)) &&
      lead.every((word) => recordSubjects.has(word) || subjects.has(word)),
  };
}

/** Behind another word about them, a person: `referring_md`, `primary_care_physician`. */
const roles: ReadonlySet<string> = new Set(
  'doctor physician provider nurse surgeon prescriber nok kin guarantor'.split(' '),
);

/** A field that is called as a person is, whatever is in it: `guarantor`, `primaryContact`, `composer`. */
export function isPersonField(name: string): boolean {
  const words = fieldWords(name);
  const last = words.at(-1) ?? '';
  return persons.has(last.replace(/s$/, '')) && words.every((word) => subjects.has(word.replace(/s$/, '')));
}
