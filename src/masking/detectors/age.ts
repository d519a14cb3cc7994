// Ages of 90 and over; younger ones are not identifiers (164.514(b)(2)(i)(C)).

import { type About, after, before, type Find, matches } from './detector.ts';
import { isDigit } from './words.ts';

const aheadYears =
  /^[\s-]{0,2}(?:years?\b(?![- ](?:ago|history|survival|follow|smok))|yrs?\b|y\/?o\b|y\.o\.|yo(?=[mf]?\b)|(?:ans|años|anos|anni|Jahren?|jaar|år)(?![\p{L}]))/iu;
const behindAge = /\b(?:age[ds]?|age of|turn(?:s|ed|ing))[\s:=]{1,3}(?:is )?$/i;
const behindPerson =
  /(?:\b(?:he|she|who|they|patient|pt|man|woman|mother|father|grandmother|grandfather)|¤,?)(?:'s| is| was| are)(?: now)? $/i;
/** "died at 91 of CVA", "Mother living, 93;" */
const behindFate = /\b(?:(?:died|dead|deceased|passed(?: away)?) at (?:age )?|(?:living|alive)(?: and well)?,? )$/i;
const aheadFate = /^(?:[,.;)]|$| (?:of|from|with|w\/|after|and)\b)/;
/** "97F w/ COPD", and no temperature. */
const aheadSex = /^[MF](?= (?:w\/|with|c\/o|p\/w|s\/p|h\/o|who|presents|presenting|brought|lives)\b|,? hx\b)/;
const words =
  /(?:[Nn]inety|(?<=\b([Oo]ne |[Aa] ))hundred)(?:[- ](?:and )?(?:one|two|three|four|five|six|seven|eight|nine|ten))?(?=[- ]years?[- ]old\b)/g;

/** "Grandpa Joe, 93, with": behind a name, between commas or in brackets. */
const behindName = /(?:^|[ "(-])[A-ZÀ-Þ][a-zß-ɏ'-]{1,24}\.?(?:, | \()$/;
const aheadName = /^(?:,(?! ?\d)|\)| ?[MF]\b)/;
const wordsBetween =
  /(?<=\b[Aa]ge[ds]?:? |[A-Za-zÀ-ɏ'-], )[Nn]inety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?(?=[,.;)?]|$| with\b)|\b[Nn]inety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?(?= ?(?:yo|y\/o)\b)/g;

export const findAge: Find = (text, emit, _words, numbers) => {
  for (const start of numbers.runs) {
    const end = start + (text.charCodeAt(start) === nine ? 2 : 3);
    if (!isOld(text, start, end)) continue;
    const isPersons =
      behindPerson.test(before(text, start, 26)) && /^(?:[,.;:)?!]|$| and | with | [-—–])/.test(after(text, end, 6));
    const isAside = behindName.test(before(text, start, 30)) && aheadName.test(after(text, end, 4));
    const isFate = behindFate.test(before(text, start, 24)) && aheadFate.test(after(text, end, 6));
    if (
      isPersons ||
      isAside ||
      isFate ||
      aheadSex.test(after(text, end, 14)) ||
      aheadYears.test(after(text, end, 20)) ||
      behindAge.test(before(text, start, 16))
    ) {
      emit(start, end, 'age');
    }
  }
  if (!text.includes('inety') && !text.includes('hundred')) return;
  for (const match of matches(text, wordsBetween)) emit(match.index, match.index + match[0].length, 'age');
  for (const match of matches(text, words)) {
    emit(match.index - (match[1]?.length ?? 0), match.index + match[0].length, 'age');
  }
};

const nine = 57;

/** 90 to 129, and no part of another number. */
function isOld(text: string, start: number, end: number): boolean {
  const [first, second] = [text.charCodeAt(start), text.charCodeAt(start + 1)];
  if (!isDigit(second) || (first !== nine && (first !== 49 || second > 50))) return false;
  if (!isDigit(text.charCodeAt(end - 1)) || isDigit(text.charCodeAt(end))) return false;
  return !/[./-]/.test(text.charAt(start - 1)) && !/^[.,/:]\d/.test(text.slice(end, end + 2));
}

export const aboutAge: About = {
  shapes: {
    age: [
      'a «92»-year-old man',
      'aged «101»',
      '«95»yo female',
      '«ninety-two» years old',
      'she is «97», and',
      'father died at «91» of CVA',
    ],
  },
  checks: '90 to 129. Younger ages are no identifiers (164.514(b)(2)(i)(C)).',
  context: 'Years or a sign of age beside it.',
  misses: ['her age, she says, is «94»', 'in his «nineties»'],
};
