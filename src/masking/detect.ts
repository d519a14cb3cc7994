// Finds identifiers in text: normalise, run every detector, merge what overlaps. Offsets are those of the text given.
// Never decides what happens to what it finds.

import type { PhiClass } from '../core/phi.ts';
import { findAccount } from './detectors/account.ts';
import { findAddress } from './detectors/address.ts';
import { findAge } from './detectors/age.ts';
import { findCodedId } from './detectors/coded-id.ts';
import { findCorner } from './detectors/corner.ts';
import { findDate } from './detectors/date.ts';
import type { Emit, Find } from './detectors/detector.ts';
import { findEmail, mayHaveEmail } from './detectors/email.ts';
import { findIp } from './detectors/ip.ts';
import {
  findHandle,
  findLabelledId,
  findPictureFile,
  mayHaveHandle,
  mayHavePictureFile,
} from './detectors/labelled-id.ts';
import { type LetterPairs, letterPairs } from './detectors/letter-pairs.ts';
import { findLowerCase, findSlug, mayHaveSlug, questionChars } from './detectors/lower-case.ts';
import { findName } from './detectors/name.ts';
import { readNumbers } from './detectors/numbers.ts';
import { findOtherScript, mayHaveOtherScript } from './detectors/other-script.ts';
import { findPhone } from './detectors/phone.ts';
import { findSpokenNumber, mayBeSpoken } from './detectors/spoken-number.ts';
import { findSsn } from './detectors/ssn.ts';
import { findStranger } from './detectors/stranger.ts';
import { findUrl, mayHaveUrl } from './detectors/url.ts';
import { readWords } from './detectors/words.ts';
import type { Span } from './mask.ts';
import { coverSpans, normalise } from './normalise.ts';

// Where spans overlap, the earlier detector names the class.
const withDigits: readonly Find[] = [findDate, findLabelledId, findCodedId, findSsn, findAccount, findIp, findPhone];
const withoutDigits: readonly Find[] = [findDate];
/** What can be found in a word by itself, without any other sign. */
const ofWord: readonly Find[] = [findAddress, findName, findSlug, findAge];
const isWord = /^[A-Za-z]*$/;
/** Each with what tells of the whole text whether it goes by anything there: where it does not, no round asks it. */
const always: readonly (readonly [Find, ((text: string, pairs: LetterPairs) => boolean) | null])[] = [
  [findEmail, mayHaveEmail],
  [findUrl, mayHaveUrl],
  [findAddress, null],
  [findCorner, null],
  [findName, null],
  [findSlug, mayHaveSlug],
  [findHandle, mayHaveHandle],
  [findPictureFile, mayHavePictureFile],
  [findAge, null],
  [findSpokenNumber, mayBeSpoken],
  [findOtherScript, mayHaveOtherScript],
];

/**
 * UTF-16 offsets, sorted, never overlapping. Total: any string is accepted, ill-formed ones included.
 * `prose`: the text is somebody's writing and not a value or a statement, so that strange words in it count too.
 * `own`: what the operator looks for besides; it goes before the rest.
 */
export function detect(text: string, prose = false, own: readonly Find[] = []): Span[] {
  if (text.length < 2) return [];
  const normal = normalise(text);
  const found: Found[] = [];
  let rest = normal.text;
  const pairs = letterPairs(rest);
  const asked = isWord.test(rest)
    ? ofWord
    : always.filter(([, mayFind]) => mayFind === null || mayFind(rest, pairs)).map(([find]) => find);
  let places: readonly Place[] = [{ start: 0, end: rest.length }];
  // What is found hides its neighbours' context no more than its token will: what only then stands out is found as well,
  // so that masking a masked text finds nothing new.
  for (let round = 0; round < roundsMax; round++) {
    const more: Found[] = [];
    for (const place of places) findIn(rest, place, { prose, own, asked, pairs }, more);
    if (more.length === 0) break;
    for (const each of more) found.push(each);
    const spans = merge(more);
    rest = coverSpans(rest, spans);
    places = around(spans, rest);
  }
  if (found.length === 0) return [];
  return joined(normal.text, merge(found)).map((span) => ({
    start: normal.toStart(span.start),
    end: normal.toEnd(span.end),
    type: span.type,
  }));
}

type Found = Span & { readonly rank: number };

const roundsMax = 4;

interface Place {
  readonly start: number;
  readonly end: number;
}

/** No detector looks further than this to either side of what it finds. */
const contextChars = 240;

/** Where something may stand out now: the neighbourhood of what was found. One place, if that is most of the text. */
function around(spans: readonly Span[], text: string): readonly Place[] {
  const places: { start: number; end: number }[] = [];
  let chars = 0;
  for (const span of spans) {
    const start = Math.max(0, span.start - contextChars);
    const end = Math.min(text.length, span.end + contextChars);
    const last = places.at(-1);
    if (last && start <= last.end) {
      chars += end - last.end;
      last.end = end;
    } else {
      chars += end - start;
      places.push({ start, end });
    }
  }
  return chars > text.length / 2 ? [{ start: 0, end: text.length }] : places;
}

interface Search {
  readonly prose: boolean;
  readonly own: readonly Find[];
  /** Those of `always` that the text has anything for. */
  readonly asked: readonly Find[];
  /** Of the whole text. */
  readonly pairs: LetterPairs;
}

function findIn(
  whole: string,
  { start: from, end: to }: Place,
  { prose, own, asked, pairs }: Search,
  found: Found[],
): void {
  const isAll = to - from === whole.length;
  const text = isAll ? whole : whole.slice(from, to);
  const words = readWords(text);
  const numbers = readNumbers(text);
  let rank = 0;
  const emit: Emit = (start, claimed, type) => {
    // INVARIANT: nobody masks beyond the end of the text, where what encloses it goes on.
    const end = Math.min(claimed, text.length);
    // At its edge a place lacks the context to judge by; it was judged there with the whole text.
    const isJudged =
      isAll || ((from === 0 || start >= edgeChars) && (to === whole.length || end <= text.length - edgeChars));
    if (end > start && isJudged) found.push({ start: from + start, end: from + end, type, rank });
  };
  const dated = asked === ofWord ? none : numbers.runs.length > 0 ? withDigits : withoutDigits;
  for (const finds of [own, dated, asked]) {
    for (const find of finds) {
      find(text, emit, words, numbers, pairs);
      rank++;
    }
  }
  if (isAll || whole.length <= questionChars) findLowerCase(text, emit, words, numbers, pairs);
  rank++;
  if (prose && isAll) findStranger(text, emit, words, numbers, pairs);
}

const none: readonly Find[] = [];
const edgeChars = 100;

/** What a place is told by goes with it: its state, the town it lies in, the kind of house, when somebody was there. */
function joined(text: string, spans: readonly Span[]): readonly Span[] {
  if (!spans.some(({ type }) => type === 'address')) return spans;
  const whole: { start: number; end: number; type: PhiClass }[] = [];
  for (const span of spans) {
    const last = whole.at(-1);
    const gap = last ? text.slice(last.end, span.start) : '';
    if (last?.type === 'address' && span.type === 'address' && between.test(gap)) last.end = span.end;
    else whole.push({ ...span });
  }
  for (const [at, span] of whole.entries()) {
    if (span.type !== 'address') continue;
    const limit = whole[at + 1]?.start ?? text.length;
    const tail = text.slice(span.end, Math.min(limit, span.end + 24));
    span.end += (house.exec(tail) ?? region.exec(tail))?.[0].length ?? 0;
    const rest = text.slice(span.end, Math.min(limit, span.end + 24));
    const when = since.exec(rest)?.[0];
    if (when !== undefined)
      whole.push({ start: span.end + when.search(/[a-z]/), end: span.end + when.length, type: 'date' });
  }
  return whole.sort((a, b) => a.start - b.start);
}

const between = /^(?:,? in |, ?| \(|,? near |\n {0,2}, ?|,?\n {0,2})$/;
const house = /^ (?:clinic|office|hospital|campus|branch|location|metro area)\b/;
const region =
  /^(?:,| in)? (?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming)\b/;
const since =
  /^,? last (?:week|month|night|year|weekend|spring|summer|fall|autumn|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b/;

function inOrder(a: Found, b: Found): number {
  return a.start - b.start || a.rank - b.rank;
}

/** What is in order already, as most of it is, is not sorted again: that takes an array of its own. */
export function isSorted<T>(items: readonly T[], order: (a: T, b: T) => number): boolean {
  for (let at = 1; at < items.length; at++) {
    const [before, item] = [items[at - 1], items[at]];
    if (before !== undefined && item !== undefined && order(before, item) > 0) return false;
  }
  return true;
}

/** INVARIANT: every character some detector claimed stays claimed; spans that overlap become one. */
function merge(found: Found[]): readonly Span[] {
  if (!isSorted(found, inOrder)) found.sort(inOrder);
  const merged: { start: number; end: number; type: PhiClass; rank: number }[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (!last || span.start >= last.end) {
      merged.push({ ...span });
      continue;
    }
    last.end = Math.max(last.end, span.end);
    if (span.rank < last.rank) {
      last.type = span.type;
      last.rank = span.rank;
    }
  }
  return merged;
}
