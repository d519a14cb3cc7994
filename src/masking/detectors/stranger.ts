// Names of people and places in prose that nobody lists: where a text is everyday language, a word that is no English word
// is one, and takes its capitalised neighbours and the numbers of an address along. Not for clinical text, which is full of
// strange words that are not, and not for values by themselves.

import type { PhiClass } from '../../core/phi.ts';
import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { medicines } from '../lexicon/medicines.ts';
import { programWords } from '../lexicon/program-words.ts';
import { eponymNouns, givenNames, notNames, surnames } from '../names.ts';
import { towns } from '../places.ts';
import { isCodeWord, isOfConstant } from './code-word.ts';
import { type About, before, type Emit, type Find, matches } from './detector.ts';
import { isEponym } from './strange-word.ts';
import { eachToken } from './tokens.ts';
import { plainKey } from './words.ts';

interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: Kind;
  /** First letter in upper case. */
  readonly capital: boolean;
  /** Begins a sentence, a line or a quotation. */
  readonly first: boolean;
}

/**
 * - `stranger`: no English word, and nothing else that is known.
 * - `word`: known. `name`: known, but also somebody's name, and written like one.
 * - `place`: a word of addresses. `particle`: a little word inside of names.
 */
type Kind = 'stranger' | 'word' | 'name' | 'place' | 'particle' | 'number' | 'letter';

/** Fewer words than this are a value, not prose. */
const wordsMin = 4;
const lowerWordsMin = 6;
/** So many clinical words make a text clinical. */
const clinicalMin = 1;
/** As do so many words that medicine has made of names; beside a word of scores and findings one is enough. */
const eponymsMin = 2;
/** As do so many abbreviations where something is measured. */
const abbreviationsMin = 3;

export const findStranger: Find = (text, emit) => {
  const tokens = tokensOf(text);
  if (!tokens) return;
  for (let at = 0; at < tokens.length; ) at = phrase(text, tokens, at, emit);
  // Where nothing is measured, seven digits or more are somebody's number.
  for (const match of matches(text, manyDigits)) {
    // An object identifier has more parts than any number that is called, and a range two periods.
    const isLong = match[0].replace(/\D/g, '').length >= 7 && !match[0].includes('..');
    if (measureAhead.test(text.slice(match.index + match[0].length, match.index + match[0].length + 8))) continue;
    if (measureBefore.test(before(text, match.index, 24))) continue;
    if (isLong && match[0].split('.').length < 6 && !locus.test(before(text, match.index, 8)))
      emit(match.index, match.index + match[0].length, 'phone');
  }
  for (const match of matches(text, postal)) emit(match.index, match.index + match[0].length, 'address');
};

/** "chr19:44908684" */
const locus = /\bchr\w{1,2}:$/i;
/** "150-199 2 units" */
const measureAhead = /^ ?(?:units?|mg|mcg|ml|doses?|rows|bytes|ms)\b/i;
/** "MAX_FETCH_SIZE=1048576" */
const measureBefore =
  /(?:(?:size|bytes|limit|length|count|offset|timeout|capacity|_m[si]n?|_max|rows|width)"?[=:] ?|\bbuild |\bports?\b[\d, -]*|\bi\/o )$/i;
const manyDigits = /(?<![\w.,$€£-])\+?\d(?:[ ./()-]{0,2}\d){6,18}(?![\w%])/g;
/** A region's letters and its postal code, as they end an address. */
const postal = /\b[A-Z]{2}\.? \d{4,6}(?:-\d{4})?\b/g;

/** Null where the text is clinical or no prose. */
function tokensOf(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  let clinical = 0;
  let eponymous = 0;
  let findings = 0;
  let abbreviations = 0;
  let words = 0;
  let [small, strange, little] = [0, 0, false];
  let behind = 0;
  let isProse = true;
  eachToken(text, (start, end, form) => {
    // Most words stand one blank behind another.
    const isNext = start - behind === 1 && text.charCodeAt(behind) === 32;
    const first = start === 0 || (!isNext && startsAfter.test(text.slice(Math.max(behind, start - 4), start)));
    behind = end;
    if (form === 'code') {
      tokens.push({ start, end, capital: false, first, kind: 'word' });
      return true;
    }
    if (form === 'number') {
      const kind = isDotted(text, start, end) ? 'word' : 'number';
      tokens.push({ start, end, capital: false, first, kind });
      return true;
    }
    const token = text.slice(start, end);
    const capital = isUpperCase(token);
    words++;
    const lower = token.toLowerCase();
    if ((isClinical(lower) || documentWords.has(lower)) && ++clinical >= clinicalMin) isProse = false;
    else if (isBrand(lower)) isProse = false;
    if (!isProse) return false;
    if (capital && isEponymOnly(token)) {
      // "Bowman's capsule", "Lambert-Eaton"
      const isDouble = text.charAt(start - 1) === '-' || text.charAt(end) === '-';
      if (isDouble || token.endsWith("'s")) findings++;
      eponymous++;
    }
    if (findingWords.has(lower)) findings++;
    if (capital && isGraded(text, token, end)) isProse = false;
    if (eponymous >= eponymsMin || (eponymous > 0 && findings > 0)) isProse = false;
    if (capital && isAbbreviation(token)) abbreviations++;
    if (!isProse) return false;
    const kind = kindOf(text, start, token, capital, first);
    // Of a script that has capitals.
    const isSmall = !capital && (kind !== 'stranger' || token !== token.toUpperCase());
    if (isSmall) small++;
    if (isSmall && kind === 'stranger') {
      strange++;
      // A word of Greek or Cyrillic is as much of another language as a little one is.
      if (token.length < 4 || /[\u0370-\u052f]/.test(token)) little = true;
    }
    tokens.push({ start, end, capital, first, kind });
    return true;
  });
  if (!isProse) return null;
  if (abbreviations >= abbreviationsMin && measured.test(text)) return null;
  if (shorthand.test(text) || (eponymous > 0 && measured.test(text))) return null;
  if (words < wordsMin && tokens.length <= wordsMin) return null;
  // Where people write capitals, or next to nothing, a strange word without one is jargon or another language.
  const isLowerCase = words >= lowerWordsMin && !tokens.some((token) => token.capital);
  // Another language, of which every word is strange: there a capital within the sentence tells. A list of names has no little words.
  const isForeign = strange >= strangeMin && strange * 2 > small && little;
  return tokens.map((each) => {
    if (each.kind !== 'stranger') return each;
    if (isForeign && (each.first || !each.capital || each.end - each.start < 4)) return { ...each, kind: 'word' };
    if (isLowerCase) return isOfCode(text, each) ? { ...each, kind: 'word' } : each;
    return each.capital ? each : { ...each, kind: 'particle' };
  });
}

/** "np.sin(", "aws_s3", "def grant(role):", "#fff": too short for a name that no list has. */
function isOfCode(text: string, { start, end }: Token): boolean {
  return end - start < 4 || text.charAt(end) === '(' || /\w[.]$/.test(before(text, start, 2));
}

/** What reports and prescriptions of other languages begin with: their words are strange, and nobody's. */
const documentWords: ReadonlySet<string> = new Set(
  'ordonnance prescription antécédents befund befunde verordnung rezept anamnese diagnose diagnosen receta diagnóstico terapia ricetta referto recept'.split(
    ' ',
  ),
);

/** Part of a version, a fraction, an address of a machine or a number in thousands. */
function isDotted(text: string, start: number, end: number): boolean {
  return /\d[.,]$/.test(before(text, start, 2)) || /^(?:\.\d|,\d{3}(?!\d))/.test(text.slice(end, end + 5));
}

function isUpperCase(token: string): boolean {
  const unit = token.charCodeAt(0);
  return unit < 128 ? unit >= 65 && unit <= 90 : /^\p{Lu}/u.test(token);
}

/** An eponym, and not also a name that is common or a town's. */
function isEponymOnly(token: string): boolean {
  if (!/^\p{Lu}\p{Ll}/u.test(token)) return false;
  const key = plainKey(token.toLowerCase().replace(/'s$/, ''));
  return isEponym(key) && !givenNames.has(key) && !surnames.has(key) && !towns.has(key);
}

/** "Gleason 4", "Denver II" */
function isGraded(text: string, token: string, end: number): boolean {
  if (text.charCodeAt(end) !== 32 || !/^\p{Lu}\p{Ll}/u.test(token)) return false;
  const key = plainKey(token.toLowerCase());
  return isEponym(key) && !givenNames.has(key) && /^ (?:\d{1,2}|I{1,3}|IV)(?![\w.])/.test(text.slice(end, end + 5));
}

/** What a test, a sign or a class is spoken of with. */
const findingWords: ReadonlySet<string> = new Set(
  'vs versus criteria criterion score scores scale scales classification classified cutoff sign signs positive negative positions stage staging grade formula nodes bodies cells stain maneuver maneuvers procedure rules guideline guidelines index test tests angle causes findings technique surveillance doses variant scan bands stem model screening'.split(
    ' ',
  ),
);

/** A medicine's own name, which nothing and nobody else has; `key` in lower case. */
function isBrand(key: string): boolean {
  return (
    medicines.has(key) &&
    !englishWords.has(key, 0, key.length) &&
    !givenNames.has(key) &&
    !surnames.has(key) &&
    !towns.has(key)
  );
}

function isAbbreviation(token: string): boolean {
  return token.length < 6 && /^[A-Z]{2}/.test(token) && !proper.has(token.toLowerCase());
}

/** So many words without a capital that are no English make a text another language's, where they are most of them. */
const strangeMin = 3;

const measured = /\d ?(?:%|mg|mm|cm|ml|mL|kg|mcg|mmol|g\/dL|bpm|[x×] ?\d)|\b\d{1,3}\/\d{1,3}\b/;
/** What only prescriptions and charts are written in: doses, intervals, "h/o", "s/p", "62M". */
const shorthand =
  /\d ?(?:mg|mcg|mmol|mEq|mmHg|IU)\b|\b(?:[hscr]\/[op]|[fd]\/[ucx]|[yc]\/[od]|q\d{1,2}h|p\/w|w\/[ou]?|n\/v)(?![\w/])|\b\d{1,2} ?(?:yo|y\/?o)?[MF]\b(?!\.)|\b[Gg]\d[Pp]\d/;
const startsAfter = /[.!?:;"“”>\n(-]\s{0,3}$/;

function kindOf(text: string, start: number, token: string, capital: boolean, first: boolean): Kind {
  if (token.length === 1) return 'letter';
  if (isOfConstant(text, start, start + token.length)) return 'word';
  // A label of another script.
  if (first && text.charCodeAt(start + token.length) === colon && /^[\u0370-\u1fff]/.test(token)) return 'word';
  const lower = token.toLowerCase();
  if (particles.has(lower)) return 'particle';
  if (placeWords.has(lower)) return 'place';
  const bare = lower.includes("'") ? lower.replace(/'(?:s|t|re|ve|ll|d|m|em|clock)$/, '') : lower;
  const isName = capital && !notNames.has(bare) && (givenNames.has(bare) || surnames.has(bare));
  if (isName && !first) return 'name';
  const known =
    englishWords.has(text, start, start + bare.length) ||
    proper.has(bare) ||
    programWords.has(bare) ||
    isClinical(bare) ||
    notNames.has(bare) ||
    bare.split("'").every((part) => part.length < 2 || englishWords.has(part, 0, part.length)) ||
    /^(?:[A-Z]{2,5}s?|i'.+|E(?:ADDR|AI|CONN|HOST|NET|PROTO|TIMED|RESO|NOEN|INTEG|LIFE)[A-Z]{1,12})$/.test(token) ||
    isCodeWord(token);
  if (known) return isName ? 'name' : 'word';
  return 'stranger';
}

const colon = 58;

/** A name that is a word of English, too. */
function isWordToo(text: string, { start, end }: Token): boolean {
  return englishWords.has(text, start, end);
}

/** From the token at `at`, which may start a phrase, to the next one to look at. */
function phrase(text: string, tokens: readonly Token[], at: number, emit: Emit): number {
  const seed = tokens[at];
  if (!seed || !isSeed(text, tokens, at)) return at + 1;
  let from = at;
  while (from > 0 && joins(text, tokens, from - 1, from) && belongs(tokens, from - 1, from)) from--;
  let to = at;
  while (to < tokens.length - 1 && joins(text, tokens, to, to + 1) && belongs(tokens, to + 1, to)) to++;
  while (to > at && (tokens[to]?.kind === 'particle' || tokens[to]?.kind === 'word') && !tokens[to]?.capital) to--;
  while (
    from < at &&
    tokens[from]?.kind === 'particle' &&
    !/^v[ao]n /i.test(text.slice(tokens[from]?.start, tokens[at]?.start))
  )
    from++;
  const inside = tokens.slice(from, to + 1);
  if (eponymNouns.test(text.slice(tokens[to]?.end ?? 0, (tokens[to]?.end ?? 0) + 48).toLowerCase())) return to + 1;
  emit(inside[0]?.start ?? seed.start, inside.at(-1)?.end ?? seed.end, classOf(text, inside));
  return to + 1;
}

/** A stranger by itself; a name that is a word too, within a sentence or beside a name; an address by its shape. */
function isSeed(text: string, tokens: readonly Token[], at: number): boolean {
  const [token, next, third] = [tokens[at], tokens[at + 1], tokens[at + 2]];
  if (!token) return false;
  if (token.kind === 'stranger') return true;
  const joined = next !== undefined && joins(text, tokens, at, at + 1);
  switch (token.kind) {
    case 'name':
      // "see Page 12"
      if (joined && next.kind === 'number' && isWordToo(text, token)) return false;
      return (
        !token.first ||
        next?.kind !== 'word' ||
        (joined && next.capital) ||
        personVerbs.has(text.slice(next.start, next.end))
      );
    case 'number':
      // "24 Clarke Avenue", and not "HTTP/1.1 404 Not Found" or "2 Type II"
      return (
        !isStatus.test(before(text, token.start, 12)) &&
        joined &&
        next.capital &&
        third?.capital === true &&
        joins(text, tokens, at + 1, at + 2) &&
        [next, third].every((each) => each.kind !== 'letter' && (each.kind !== 'word' || !isShort(text, each)))
      );
    case 'place':
      // "Suite 12", "West Brook", and not "Port 8080"
      return (
        joined &&
        token.capital &&
        (next.kind === 'number'
          ? !landscape.has(text.slice(token.start, token.end).toLowerCase())
          : next.capital && !token.first)
      );
    case 'word':
      return joined && token.capital && !token.first && next.kind === 'place' && next.capital;
    case 'letter':
    case 'particle':
      return false;
  }
}

/** Before the status of an answer (RFC 9110 §15). */
const isStatus = /\bHTTP(?:\/\d(?:\.\d)?)? $|\bstatus(?: code)? $/i;

/** An abbreviation, or a number in Roman figures. */
function isShort(text: string, { start, end }: Token): boolean {
  return /^[A-Z]{2,5}$/.test(text.slice(start, end));
}

/** Only blanks, a hyphen, an initial's period or a comma before a number lie between. */
function joins(text: string, tokens: readonly Token[], left: number, right: number): boolean {
  const [a, b] = [tokens[left], tokens[right]];
  if (!a || !b || b.start - a.end > 3) return false;
  const gap = text.slice(a.end, b.start);
  return (
    /^(?: {1,2}|-|\. ?|')$/.test(gap) &&
    (!gap.startsWith('.') || a.kind === 'letter' || a.kind === 'place' || (a.kind !== 'number' && a.end - a.start < 4))
  );
}

function belongs(tokens: readonly Token[], at: number, beside: number): boolean {
  const token = tokens[at];
  if (!token) return false;
  const { kind, capital, first, start, end } = token;
  if (kind === 'stranger' || kind === 'particle' || kind === 'place') return true;
  if (kind === 'number') return end - start <= 6;
  if (kind === 'letter') {
    const further = tokens[at + (at > beside ? 1 : -1)];
    return capital || further?.kind === 'stranger' || further?.kind === 'name';
  }
  // A capitalised word before it that begins the sentence is capitalised for that reason.
  return capital && !(at < beside && first && kind === 'word');
}

function classOf(text: string, inside: readonly Token[]): PhiClass {
  const isPlace = inside.some((each) => each.kind === 'number' || each.kind === 'place');
  if (isPlace) return 'address';
  const lead = text.slice(Math.max(0, (inside[0]?.start ?? 0) - 10), inside[0]?.start ?? 0);
  return /\b(?:in|at|from|to|near|of)(?: the)? $/i.test(lead) ? 'address' : 'name';
}

const personVerbs = new Set(
  'is was has had and began said says lives lived went grew flew works worked asked asks shouted told called calls came plays played wrote writes moved left'.split(
    ' ',
  ),
);

function listed(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

const particles = listed(
  'de la del der den des di da do dos du van von vom zu zur bin ibn al el le les of y e i af av til op het ten ter saint san santa st ste',
);

const placeWords = listed(
  'street road avenue ave lane drive court circle boulevard blvd terrace way square plaza parkway highway route rd ln dr ct hwy pkwy suite apt apartment unit floor room building box postbox ' +
    'rue via viale piazza piazzetta corso calle avda avenida carrera strasse strase str gasse weg platz allee straat laan plein gate gata vej väg vägen gatan ulica ul utca u ulitsa prospekt cite mount mountain valley river lake ' +
    'park parks field fields hill hills bridge club village town city county island islands port cape beach north south east west upper lower fourth fifth third second first corner apo fpo dpo psc',
);

/** Of them, those that no number of a house or a room goes with. */
const landscape = listed(
  'park parks field fields hill hills bridge club village town city county island islands port cape beach gate river lake valley mount mountain north south east west upper lower fourth fifth third second first corner',
);

// Always capitalised, and no identifier: days, months, nations and their people, things.
const proper = listed(
  'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun ' +
    'christmas easter thanksgiving english american british french german italian spanish portuguese russian chinese japanese korean indian mexican canadian australian african asian european latin greek turkish arab arabic jewish muslim christian catholic ' +
    'latino latina hispanic hindu buddhist dutch swedish danish norwegian finnish polish czech hungarian austrian swiss irish scottish welsh brazilian cuban internet google facebook twitter youtube iphone ipad android microsoft windows amazon netflix linkedin instagram whatsapp tv ' +
    'hz khz mhz ghz kpa mpa hpa bq mbq gbq gy cgy mgy sv msv kwh ok ceo cto cfo usa uk eu iban visa mastercard http https www com org net html app apps email emails online website blog wifi bluetooth covid vs etc aka mr mrs ms dr prof jr sr',
);

export const aboutStranger: About = {
  shapes: {
    name: ['When is «Quillfeather» coming to the party?'],
    address: ['Please send the parcel to «88 Wibbleton Mews», Frumpington'],
    phone: ['They never pick up the phone at «77 412 903» in the morning.'],
  },
  checks:
    'A word that is neither English (SCOWL) nor medical, together with the capitalised words and numbers beside it.',
  context:
    'Only in everyday prose of four words or more. One clinical word in the text switches it off, because clinical text is full of unlisted words that name nobody.',
  misses: ['the patient asked «quillfeather» to come', 'Ask «Pepper» if you are coming to the party'],
};
