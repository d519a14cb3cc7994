// Ages of 90 and over; younger ones are not identifiers (164.514(b)(2)(i)(C)).

import { type About, after, before, type Find, matches } from './detector.ts';

const candidate = /(?<![\d./-])(?:9\d|1[0-2]\d)(?![\d.,/:]\d)(?!\d)/g;
const aheadYears =
  /^[\s-]{0,2}(?:years?\b(?![- ](?:ago|history|survival|follow|smok))|yrs?\b|y\/?o\b|y\.o\.|yo(?=[mf]?\b))/i;
const behindAge = /\b(?:age[ds]?|age of|turn(?:s|ed|ing))[\s:=]{1,3}(?:is )?$/i;
const behindPerson =
  /\b(?:he|she|who|they|patient|pt|man|woman|mother|father|grandmother|grandfather)(?:'s| is| was| are)(?: now)? $/i;
const words =
  /(?:ninety|(?<=\b(one |a ))hundred)(?:[- ](?:and )?(?:one|two|three|four|five|six|seven|eight|nine|ten))?(?=[- ]years?[- ]old\b)/gi;

export const findAge: Find = (text, emit) => {
  for (const match of matches(text, candidate)) {
    const end = match.index + match[0].length;
    const isPersons =
      behindPerson.test(before(text, match.index, 26)) && /^(?:[,.;:)?!]|$| and | with )/.test(after(text, end, 6));
    if (isPersons || aheadYears.test(after(text, end, 20)) || behindAge.test(before(text, match.index, 16))) {
      emit(match.index, end, 'age');
    }
  }
  for (const match of matches(text, words)) {
    emit(match.index - (match[1]?.length ?? 0), match.index + match[0].length, 'age');
  }
};

export const aboutAge: About = {
  shapes: { age: ['a «92»-year-old man', 'aged «101»', '«95»yo female', '«ninety-two» years old', 'she is «97», and'] },
  checks: '90 to 129. Younger ages are no identifiers (164.514(b)(2)(i)(C)).',
  context: 'Years or a sign of age beside it.',
  misses: ['her age, she says, is «94»', 'in his «nineties»'],
};
