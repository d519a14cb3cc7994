// Dates more precise than a year, in the shapes people and machines write them. A bare year is not one.

import { daysInFigures, timed, unitAhead } from './date-figures.ts';
import { type About, after, before, type Emit, type Find, matches, matchesIn } from './detector.ts';
import { lookedFor } from './letter-pairs.ts';
import type { Numbers } from './numbers.ts';
import { isAlphanumeric, isDigit, isLetter, lists } from './words.ts';

const numeric =
  /(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?!\d|[-/]\d|\.\d)(?:[T ]{1,2}\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;
const compact = /(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:T?[0-2]\d[0-5]\d(?:[0-5]\d)?Z?)?(?![\d])/g;
const partial = /(?<![\d/.-])(?:0?[1-9]|1[0-2])\/(?:[0-2]?\d|3[01])(?![\d/-]|\.\d|\s?%)/g;
/** "her 5/14 visit": no fraction and no score, whose second number is lower or a round one. */
const monthDay =
  /(?<=\b(?:[Hh]er|[Hh]is|[Tt]heir|[Tt]he|[Mm]y|[Oo]ur|[Ii]n|[Oo]f) |\()(?:0?[1-9]|1[0-2])\/(?:1[3-9]|2[1-35-9]|31)(?![\d/-]|\.\d|\s?%)/g;
const monthYear = /(?<![\d/.-])(?:0?[1-9]|1[0-2])[/-](?:19|20)\d{2}(?![\d/.-])/g;
const lowerMonth =
  /\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?/g;
/** "02JAN1990" */
const military =
  /(?<![\w])[0-3]?\d[-/]?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Za-z]{0,6}[-/]?(?:(?:19|20)\d{2}|\d{2})(?!\d)/gi;
/** "02Jul25" */
const shortMilitary = /[0-3]?\d(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d\d(?!\w)/iy;
/** "4 de mayo de 1960", "3. Juli": months of other languages beside their day. */
const foreignMonth =
  /(?:[0-2]?\d|3[01])(?:er|º|\.)? (?:de )?(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|novembre|dicembre|januari|februari|maart|mei|augustus|mars|maj|augusti|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro|janvier|février|fevrier|avril|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre|januar|februar|märz|juni|juli|oktober|dezember|mai|desember|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia|ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince|siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|rujna|studenoga?|prosinca|(?:tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuuta|ianuarie|februarie|martie|aprilie|iunie|iulie|septembrie|octombrie|noiembrie|decembrie|(?:ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|marts|maret|agustus)(?= (?:19|20)\d))(?: (?:de |del )?(?:19|20)\d{2})?(?![\wà-ÿ])/iy;
/** "17 févr. 1949", "6 de oct." */
const foreignShort =
  /(?:[0-2]?\d|3[01])(?: (?:janv|févr|fevr|avr|juil|déc|ene|abr|ago|dic)\.?(?: de)? (?:19|20)\d\d| de (?:ene|feb|mar|abr|may|jun|jul|ago|sept?|oct|nov|dic)(?:\.|\b)(?: (?:de(?:l)? )?(?:19|20)\d\d)?)/iy;
/** "3 tháng 10 năm 2025" */
const vietnamese = /(?:[0-2]?\d|3[01]) tháng (?:1[0-2]|[1-9])(?!\d)(?: năm (?:19|20)\d\d)?/g;
/** The same in other scripts: "14 февраля 1990", "14 Φεβρουαρίου". */
const otherMonth =
  /(?:[0-2]?\d|3[01])\.? (?:января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня|Ιανουαρίου|Φεβρουαρίου|Μαρτίου|Απριλίου|Μα[ΐϊ]ου|Ιουνίου|Ιουλίου|Αυγούστου|Σεπτεμβρίου|Οκτωβρίου|Νοεμβρίου|Δεκεμβρίου)(?: (?:19|20)\d{2})?/giu;
/** "1990. február 14.", the year first. */
const yearMonth =
  /(?:19|20)\d\d\. (?:január|február|március|április|május|június|július|augusztus|szeptember|október|november|december) (?:[0-2]?\d|3[01])(?!\d)\.?/iy;
/** "3. 5. 1948" */
const spacedDots = /(?<![\d.])(?:0?[1-9]|[12]\d|3[01])\. (?:0?[1-9]|1[0-2])\. (?:19|20)\d\d(?!\d)/g;
/** "9/22 10:41 AM" */
const clockAhead = /^,? \d{1,2}:\d\d ?[AaPp]\.?[Mm]/;
/** "12/xx/1944", "17-VIII-1979" */
const veiled = /\b\d{1,2}([-/.])(?:[xX?]{2}|[IVX]{1,4})\1(?:19|20)\d{2}\b/g;

/** "1938年4月17日" */
const eastern = /(?:1[89]|20)\d\d ?[年년] ?(?:0?[1-9]|1[0-2]) ?[月월] ?(?:[0-2]?\d|3[01]) ?[日일]/g;
/** As programs make one of its parts: `date(1938, 4, 17)`, `LocalDate.of(1938, 4, 17)`. */
const constructed =
  /(?:1[89]|20)\d\d(?<=\b(?:[Dd]ate|datetime|DATE|make_date|of|UTC)\(\d{4}), ?\d{1,2}, ?\d{1,2}(?!\d)/g;

/** ISO 8601: a day by its week, and, where it is said to be one, by its number in the year. */
const weekDay = /(?<![\d-])(?:1[89]|20)\d\d-?W[0-5]\d-?[1-7](?![\w-])/g;
const ordinalDay = /(?<![\d-])(?:1[89]|20)\d\d-[0-3]\d\d(?![\w-])/g;
const bornLead = /\b(?:dob|d\.o\.b\.?|born(?: on)?|birth ?(?:date|day)|date of birth)["']?[\s:=("']{1,4}$/i;
/** Before a day in eight figures, between the bars of a segment. */
const segmentLead = /[|^]$/;
const segmentEnd = /^(?:[|^\r\n]|$)/;

/** A season of a year, a feast: more than a year. */
const season = /\b(?:spring|summer|fall|autumn|winter) (?:of )?(?:19|20)\d\d\b/gi;
const capitalMonth = new RegExp(lowerMonth.source, 'gi');
const feast =
  /(?:Christmas|Thanksgiving|Easter|Halloween|Hanukkah|Ramadan|Diwali|Passover|Purim|Yom Kippur|Rosh Hashanah|Black Friday|Juneteenth|Eid|New Year's|Valentine's|Mother'?s|Father'?s|Labor|Memorial|Independence|Boxing|Veterans|Columbus|Presidents)(?: (?:Day|Eve|Sunday|Monday|al-[A-Z][a-z]+))?(?: (?:morning|afternoon|evening|night|dinner))?(?: (?:19|20)\d\d| (?:of )(?:19|20)\d\d| weekend)?\b/y;
const feastLead = /\b(?:on|since|before|after|at|around|until|by|last|this|over|the day of|during)(?: the)? $/i;
const dayBeside = /\b(?:the )?(?:day|night|week|weekend|morning|evening) (?:before|after|of) (?:the )?$/i;
/** "on the 3rd", and not "on the 3rd toe" */
const dayOfMonth = /(?:[12]?(?:1st|2nd|3rd|[4-9]th)|1[0-9]th|[23]0th|31st)(?=[.,;?!)]|$| (?:at|with|by|in|and|for) )/y;
/** "the 3rd of last month" */
const countedDay = /[0-3]?\d(?:st|nd|rd|th) (?:day )?of (?:last|this|next|the) (?:month|week)\b/iy;
/** "the second Tuesday in March", "two Tuesdays ago" */
const whichBefore = /\b(?:first|second|third|fourth|last|1st|2nd|3rd|4th) $/i;
const whichAfter =
  /^ (?:in|of) (?:(?:last|this|next) month|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})\b/i;
const howMany = /\b(?:a|two|three|four|2|3|4) $/i;
/** An abbreviated day of the week counts where a day is told. */
const shortWeekday = /^(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)$/;
const partOfDay = /^ (?:morning|afternoon|evening|night)\b/;
const shortLead = /\b(?:on|since|last|next|until|by|this) $/;

function feastAt(text: string, start: number, emit: Emit): void {
  feast.lastIndex = start;
  const [name] = feast.exec(text) ?? [];
  if (name !== undefined && (/\d$/.test(name) || feastLead.test(before(text, start, 16)))) {
    const beside = dayBeside.exec(before(text, start, 28))?.[0] ?? '';
    return emit(start - beside.length, start + name.length, 'date');
  }
  const [day = ''] = /^\w+/.exec(after(text, start, 6)) ?? [];
  if (shortWeekday.test(day) && shortLead.test(before(text, start, 7))) {
    const part = partOfDay.exec(after(text, start + day.length, 11))?.[0] ?? '';
    emit(start, start + day.length + part.length, 'date');
  }
}

const weekday = /day|DAY/g;
const weekdayBefore = /\b(?:mon|tues|wednes|thurs|fri|satur|sun)$/i;

const dateContext =
  /\b(?:on|since|until|till|from|by|before|after|date|dated|dob|d\.o\.b\.?|born|birth ?date|birthday|seen|visit(?:ed)?|admit(?:ted)?|discharged?|died|dod|dos|due|next|return|f\/u|recheck|lmp|edd|last|appt|appointment|adm|disch|d\/c|collected|signed|filled|refill(?:ed)?|fell|called|came|home|extubated|intubated|arrived|presented|received|given|done|placed|removed|started|stopped|drawn|performed|scheduled|updated|reviewed|dictated|transferred|expires?|sched|resched(?:uled)?|renewal|redetermination|renews|effective|thru|trained|lifted|(?:next|last|first|second|third) (?:tx|treatment|visit|appt|appointment|dose|echo|labs?|scan|infusion|session|fill|cycle|surgery|colonoscopy|mammogram|pap|clinic|dialysis|hd|run)|inr|cath|mon|tues?|wed|thu(?:rs)?|fri|sat|sun|\w+day)\b\.?(?: (?:on|is|was|of birth|of death|of service))?[\s:=(]{0,4}$/i;
const dayBefore =
  /(?:^|[^\d.])((?:\d{1,2}(?:st|nd|rd|th)?(?: ?[-–&] ?| and | to ))?\d{1,2}(?:st|nd|rd|th)?(?: day)?(?: of)?[\s.\-/]{0,2})$/i;
const dayAfter = /^[\s\-/]{0,2}(\d{1,2})(?:st|nd|rd|th)?(?!\d|\.\d)(?: ?[-–] ?\d{1,2}(?:st|nd|rd|th)?(?!\d))?/i;
const ordinal =
  '(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth';
/** "nineteen forty-two" */
const spokenYear =
  '(?:nineteen|twenty)[- ](?:oh[- ]|hundred(?: and)?[- ])?(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|one|two|three|four|five|six|seven|eight|nine)\\b';
/** "the third of May", "May the third" */
const ordinalBefore = new RegExp(`\\b(?:${ordinal})(?: day)? of $`, 'i');
const ordinalAfter = new RegExp(
  `^,? (?:the )?(?:${ordinal})\\b(?=[,.;:)?!\\n]|$| (?:of |at |in |for |with |and )?(?:(?:19|20)\\d\\d|${spokenYear})| at | with )`,
  'i',
);
const yearAfter = /^(?: of)?[,.]?[\s\-/]{0,2}(?:of )?(?:((?:19|20)\d{2})(?!\d)|'\d{2}(?!\d))/i;
const spokenYearAfter = new RegExp(`^,? (?:of )?${spokenYear}`, 'i');
const monthLead = /\b(?:in|since|until|last|next|by|early|late|mid|this|from|through|during|before|after)[ -]{1,2}$/i;

// A day told by its distance from today, where somebody was dealt with on it; of how somebody feels it says nothing.
const relative =
  /(?:(?:day|week|night)s? (?:ago|earlier|prior)|(?:last|other) night|yesterday|tomorrow)\b(?: (?:morning|afternoon|evening|night))?/g;
const countBefore = /\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of|several|a) $/;
const act =
  /\b(?:admitted|discharged|seen|evaluated|examined|hospitali[sz]ed|transferred|referred|operated on|underwent|delivered|born|died|deceased|expired|passed away|visited|presented|arrived|came in|was brought|brought in|intubated|extubated|replaced|implanted|removed|scheduled|called|spoke|met|found|fell|told|came|went|saw|seen|started|stopped|drawn|collected|taken|placed|done|performed|transfused|injected|stuck|needlestick|exposed|given|missed)\b[^.;\n]{0,48}$/i;
const dateAhead =
  /^,? (?:the )?(?:\d{1,2}(?:st|nd|rd|th)\b|\d{1,2}[/.-]\d{1,2}\b|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d)/i;

const [blank, period] = [32, 46];
/** A year of the east, or a letter that is Greek or Cyrillic. */
const mayHaveOther = /[\u0370-\u04ff年년]/;

const mayHaveMonth = lookedFor('jan feb mar apr may jun jul aug sep oct nov dec');
const mayHaveSeason = lookedFor('spring summer fall autumn winter');
const mayHaveRelative = lookedFor('ago earlier prior night yesterday tomorrow');

export const findDate: Find = (text, emit, words, numbers, pairs) => {
  withYear(text, emit, numbers);
  if (mayHaveOther.test(text)) {
    for (const match of matches(text, eastern)) emit(match.index, match.index + match[0].length, 'date');
    for (const match of matches(text, otherMonth)) emit(match.index, match.index + match[0].length, 'date');
  }
  for (const match of text.includes(' tháng ') ? matches(text, vietnamese) : [])
    emit(match.index, match.index + match[0].length, 'date');
  for (const match of matchesIn(numbers, spacedDots)) emit(match.index, match.index + match[0].length, 'date');
  for (const match of matchesIn(numbers, constructed)) emit(match.index, match.index + match[0].length, 'date');
  for (const match of text.includes('W') ? matches(text, weekDay) : [])
    emit(match.index, match.index + match[0].length, 'date');
  for (const match of matchesIn(numbers, ordinalDay)) {
    if (bornLead.test(before(text, match.index, 24))) emit(match.index, match.index + match[0].length, 'date');
  }
  daysInFigures(text, emit, numbers, pairs);
  const mayBeFraction = numbers.text.includes('/');
  for (const match of mayBeFraction ? matchesIn(numbers, partial) : []) {
    if (
      (dateContext.test(before(text, match.index, 32)) ||
        clockAhead.test(after(text, match.index + match[0].length, 10))) &&
      !unitAhead.test(after(text, match.index + match[0].length, 8))
    ) {
      timed(text, match.index, match.index + match[0].length, emit);
    }
  }
  for (const match of mayBeFraction ? matchesIn(numbers, monthDay) : []) {
    if (!unitAhead.test(after(text, match.index + match[0].length, 8)))
      emit(match.index, match.index + match[0].length, 'date');
  }
  for (const match of matchesIn(numbers, monthYear)) emit(match.index, match.index + match[0].length, 'date');
  const mayBeMonth = mayHaveMonth(pairs);
  for (const match of mayBeMonth ? matches(text, lowerMonth) : []) named(text, match.index, match[0], emit);
  weekdays(text, emit);
  for (const match of mayHaveSeason(pairs) ? matchesIn(numbers, season) : [])
    emit(match.index, match.index + match[0].length, 'date');
  for (const match of mayBeMonth ? matchesIn(numbers, military) : [])
    timed(text, match.index, match.index + match[0].length, emit);
  for (const match of matchesIn(numbers, veiled)) emit(match.index, match.index + match[0].length, 'date');
  for (const start of numbers.runs) {
    if (text.charCodeAt(start + 4) === period && text.charCodeAt(start + 5) === blank) {
      yearMonth.lastIndex = start;
      emit(start, start + (yearMonth.exec(text)?.[0].length ?? 0), 'date');
    }
    const end = start + 1 + Number(isDigit(text.charCodeAt(start + 1)));
    const unit = text.charCodeAt(end);
    if (isLetter(unit)) dayIn(text, start, emit);
    // A blank or a period before a word that begins as a month does, the sign of an ordinal.
    else if (unit !== 0xba && ((unit !== blank && unit !== period) || !mayBeForeign(text, end + 1))) continue;
    foreignMonth.lastIndex = start;
    foreignShort.lastIndex = start;
    const [whole] = foreignMonth.exec(text) ?? foreignShort.exec(text) ?? [];
    if (whole !== undefined) emit(start, start + whole.length, 'date');
  }
  for (const { start, end, lists: standing } of words) {
    if ((standing & lists.month) !== 0) {
      for (const match of matches(text.slice(start, end + 1), capitalMonth))
        named(text, start + match.index, match[0], emit);
    } else if ((standing & lists.feast) !== 0) feastAt(text, start, emit);
  }
  if (mayHaveRelative(pairs)) relatives(text, emit);
};

/** Year, month and day in figures. */
function withYear(text: string, emit: Emit, numbers: Numbers): void {
  for (const match of matchesIn(numbers, numeric)) {
    const lead = before(text, match.index, 2);
    if (/\d$|\d[-/.]$|[-.]$/.test(lead) && !/[^\d][-.]$/.test(lead)) continue;
    const isVersion = match[0].includes('.') && versionLead.test(before(text, match.index, 56));
    if (!isVersion && isCalendar(match[0])) timed(text, match.index, match.index + match[0].length, emit);
  }
  for (const match of numbers.longest >= 8 ? matchesIn(numbers, compact) : []) {
    const lead = before(text, match.index, 32);
    const isField = segmentLead.test(lead) && segmentEnd.test(after(text, match.index + match[0].length, 1));
    if (match[0].length > 8 || isField || dateContext.test(lead)) {
      emit(match.index, match.index + match[0].length, 'date');
    }
  }
}

function weekdays(text: string, emit: Emit): void {
  for (const match of matches(text, weekday)) {
    const behind = match.index + 3;
    if (isAlphanumeric(text.charCodeAt(behind + Number(/[sS]/.test(text.charAt(behind)))))) continue;
    const name = weekdayBefore.exec(before(text, match.index, 7))?.[0];
    if (name === undefined) continue;
    const start = match.index - name.length;
    counted(text, start, match.index + 3, emit);
    const lead = /\b(?:this past|last|next|this|past|on|coming|since)[ ,]{1,2}$/i.exec(before(text, start, 10))?.[0];
    // What follows begins within it, so that both become one.
    const ahead = dateAhead.exec(after(text, match.index + 3, 20))?.[0] ?? '';
    // "found him down Sunday night"
    const part =
      ahead === '' ? (/^ (?:morning|afternoon|evening|night)\b/.exec(after(text, match.index + 3, 11))?.[0] ?? '') : '';
    // "Monday to Friday 8-5"
    if (/^ \d{1,2}-\d{1,2}$/.test(ahead) && weekdayRange.test(before(text, start, 20))) continue;
    const isTold = lead === undefined && /^[A-Z]/.test(text.charAt(start)) && act.test(before(text, start, 72));
    if (lead === undefined && ahead === '' && !isTold) continue;
    const isPart = lead !== undefined && !/^(?:on|since)/i.test(lead);
    emit(start - (isPart ? lead.length : 0), match.index + 3 + ahead.length + part.length, 'date');
  }
}

const weekdayRange = /(?:day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)s? ?(?:-|–|to|through|thru) ?$/i;

function relatives(text: string, emit: Emit): void {
  for (const match of matches(text, relative)) {
    const isCounted = /(?:ago|earlier|prior)/.test(match[0]);
    const count = isCounted ? countBefore.exec(before(text, match.index, 14))?.[0] : '';
    if (count === undefined) continue;
    const beside = /\b(?:the )?day (?:before|after) $/i.exec(before(text, match.index - count.length, 16))?.[0] ?? '';
    const start = match.index - count.length - beside.length;
    if (act.test(before(text, start, 72))) timed(text, start, match.index + match[0].length, emit);
  }
}

/** "02Jul25", "the 3rd of last month", "on the 21st." */
function dayIn(text: string, start: number, emit: Emit): void {
  shortMilitary.lastIndex = start;
  const isApart = !isAlphanumeric(text.charCodeAt(start - 1));
  const [day] = (isApart ? shortMilitary.exec(text) : null) ?? [];
  if (day !== undefined) return timed(text, start, start + day.length, emit);
  countedDay.lastIndex = start;
  const counted = countedDay.exec(text)?.[0].length ?? 0;
  if (counted > 0) return emit(start, start + counted, 'date');
  if (!/\b(?:[Oo]n|[Uu]ntil|[Tt]ill|[Ss]ince) the $/.test(before(text, start, 10))) return;
  dayOfMonth.lastIndex = start;
  emit(start, start + (dayOfMonth.exec(text)?.[0].length ?? 0), 'date');
}

/** How "de" and the months of other languages begin. */
const foreignBeginnings: ReadonlySet<string> = new Set([
  'de ',
  ...'ene feb mar abr may jun jul ago sep set oct nov dic jan fév fev avr jui aoû aou déc dec okt dez mär sty lut kwi maj cze lip sie wrz paź lis gru gen apr mag giu lug ott maa mei aug mai out des led úno bře dub kvě čer srp zář říj pro sij vel ožu tra svi kol ruj stu tam hel huh tou kes hei elo syy lok jou ian iun iul noi oca şub nis may haz tem ağu eyl eki kas ara'.split(
    ' ',
  ),
]);

function mayBeForeign(text: string, at: number): boolean {
  const start = at + Number(text.charCodeAt(at) === 32);
  return isLetter(text.charCodeAt(start)) && foreignBeginnings.has(text.slice(start, start + 3).toLowerCase());
}

/** A day of the week that is counted. */
function counted(text: string, start: number, end: number, emit: Emit): void {
  const ahead = after(text, end, 20);
  const ago = /^s? ago\b/.exec(ahead)?.[0];
  const which = (ago === undefined ? whichBefore : howMany).exec(before(text, start, 8))?.[0];
  const tail = ago ?? whichAfter.exec(ahead)?.[0];
  if (which !== undefined && tail !== undefined) emit(start - which.length, end + tail.length, 'date');
}

/** A month's name with a day or a year beside it, or alone where only a month can stand. */
function named(text: string, start: number, word: string, emit: Emit): void {
  let end = start + word.length;
  let from = start;
  const lead = dayBefore.exec(before(text, start, 24))?.[1];
  const tail = dayAfter.exec(after(text, end, 16));
  const isDay = (digits: string | undefined): boolean => Number(digits) >= 1 && Number(digits) <= 31;
  if (tail && isDay(tail[1]) && !unitAhead.test(after(text, end + tail[0].length, 8))) {
    end += tail[0].length;
    // "11-Sep-25"
    if (lead !== undefined && /^\d{1,2}-$/.test(lead) && tail[0].startsWith('-')) from -= lead.length;
  } else if (lead && isDay(/\d{1,2}/.exec(lead)?.[0])) from -= lead.length;
  else {
    from -= ordinalBefore.exec(before(text, start, 28))?.[0].length ?? 0;
    if (from === start) end += ordinalAfter.exec(after(text, end, 40))?.[0].length ?? 0;
  }
  const year =
    yearAfter.exec(after(text, end, 12)) ??
    (from < start ? /^[\s\-/.,]{1,2}\d{2}(?!\d)/.exec(after(text, end, 5)) : null) ??
    (from < start || end > start + word.length ? spokenYearAfter.exec(after(text, end, 40)) : null);
  if (year) end += year[0].length;
  const certain = from < start || end > start + word.length;
  // "may" and "march" are verbs far more often than months.
  const name = /^(?:may|mar|march|dec|sun|jan|jun)\.?$/i.test(word)
    ? /^(?:May|March)$/.test(word)
    : /^[A-Z]/.test(word);
  // "until last August"
  if (!certain) from -= /\b(?:last|next|this) $/.exec(before(text, from, 6))?.[0].length ?? 0;
  if (
    certain
      ? !/^may$/.test(word) || year !== null || from < start
      : name && word.length > 3 && monthLead.test(before(text, start, 10))
  ) {
    timed(text, from, end, emit);
  } else if (certain && /^may$/.test(word) && /\bon $/.test(before(text, start, 4))) emit(from, end, 'date');
}

/** Where what is numbered is a program. */
const versionLead =
  /\b(?:bump(?:s|ed)?|upgrad(?:e|es|ed|ing)|downgrad(?:e|es|ed|ing)|versions?|release[sd]?) [^\n,;]{0,44}$/i;

/** Of a year in two digits. */
function isRecent(year: string): boolean {
  return Number(year) >= 18 && Number(year) <= 39;
}

/** Two of the parts can be month and day. Dots with a two-digit year are version numbers, but for the years of today. */
function isCalendar(text: string): boolean {
  const [a = '', b = '', c = ''] = (/^[\d./-]+/.exec(text)?.[0] ?? '').split(/[-/.]/);
  if (text[a.length] === '.' && a.length < 4 && c.length < 4 && !isRecent(c)) return false;
  const [x, y] = a.length === 4 ? [Number(b), Number(c)] : [Number(a), Number(b)];
  return x >= 1 && y >= 1 && x <= 31 && y <= 31 && (x <= 12 || y <= 12);
}

export const aboutDate: About = {
  shapes: {
    date: [
      'on «03/14/2024»',
      '«1971-04-08»',
      '«2024-02-03T10:11:12Z»',
      '«13.07.1970»',
      '«3-Feb-2021»',
      '«April 12, 2023»',
      'the «15th of March»',
      'since «March 2021»',
      'due on «3/14» again',
      'DOB «19710408»',
      '«20230415103000»',
      'admitted «last Thursday»',
      'discharged «3 days ago»',
      'seen «last night»',
      'found down «Sunday night»',
      'in «summer of 2019»',
      'fell on «Easter Sunday»',
      'surgery on the «21st».',
      'her «5/14» visit',
      'narozen «14. února 1990»',
      'родился «14 февраля 1990»',
      '«1990. február 14.» óta',
      'inpatient «9/22 thru 9/26»',
      'dob «march third nineteen forty two»',
      'dos «090825»',
      'née le «17 févr. 1949»',
    ],
  },
  checks:
    'Two of the parts can be a day and a month. A year by itself is not a date (164.514(b)(2)(i)(C)), and a dotted number with a two-digit year is read as a version.',
  context:
    'A day and a month, or eight digits, without more: a word of dates before them. A month, a holiday or a day of the month alone: a preposition. A relative day: something done to somebody in the same clause, so that how long something hurts is kept.',
  misses: ['on the «ides of March»', 'he came «14/3»', 'echo («1/5») shows', 'this morning at «4:10»'],
};
