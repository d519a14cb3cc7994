// E-mail addresses, found from the @ outwards (RFC 5321 limits: 64 before it, 255 after).

import { type About, before, type Find, matches } from './detector.ts';

const localPart = /[\p{L}\p{N}._%+'-]/u;
const domainPart = /[\p{L}\p{N}.-]/u;

/** What stands for the @ when somebody spells it out, and what follows it. */
const spelled =
  /(?:[[({] ?at ?[\])}]| at ) ?[a-z0-9-]{1,63}(?:(?: ?[[({] ?dot ?[\])}] ?| dot |\.)[a-z0-9-]{1,63}){0,3}(?: ?[[({] ?dot ?[\])}] ?| dot |\.)(?:com|org|net|edu|gov|info|health|example|[a-z]{2,3})\b/gi;

/** "maria . lopez @ example . com" */
const spaced =
  /(?:[\w+%-]{1,64} ?\. ){0,3}[\w.+%-]{1,64} {1,2}@ {1,2}[a-z0-9-]{1,63}(?: ?\. ?[a-z0-9-]{1,63}){0,3} ?\. ?(?:com|org|net|edu|gov|info|health|example|[a-z]{2,3})\b/gi;

/** "dr dot mehta" */
const localSpelled = /(?:[\w.+-]{1,32}(?: dot | ?[[({] ?dot ?[\])}] ?)){0,3}[\w.+-]{1,64} ?$/i;

/** What every spelled address has: "dot", or a bracket around "at". */
function mayBeSpelled(text: string): boolean {
  if (text.includes('dot ') || text.includes('DOT ') || text.includes('Dot ')) return true;
  return ['[', '(', '{'].some((sign) => {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
      if (/^. ?at ?[\])}]/i.test(text.slice(at, at + 6))) return true;
    }
    return false;
  });
}

export function mayHaveEmail(text: string): boolean {
  return text.includes('@') || mayBeSpelled(text);
}

export const findEmail: Find = (text, emit) => {
  // "at clinic.com" names a site; only a sign in brackets or a spelled dot makes it an address.
  for (const match of mayBeSpelled(text) ? matches(text, spelled) : []) {
    if (!/[[({]| dot /i.test(match[0])) continue;
    const local = localSpelled.exec(before(text, match.index, 130))?.[0];
    if (local !== undefined) emit(match.index - local.length, match.index + match[0].length, 'email');
  }
  for (const match of text.includes(' @ ') ? matches(text, spaced) : [])
    emit(match.index, match.index + match[0].length, 'email');
  let floor = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > floor && at - start < 64 && localPart.test(text.charAt(start - 1))) start--;
    let end = at + 1;
    while (end < text.length && end - at < 255 && domainPart.test(text.charAt(end))) end++;
    floor = at + 1;
    while (end > at && /[.-]/.test(text.charAt(end - 1))) end--;
    if (start < at && /^[^.]+\.[^]*[^.]{2}$/.test(text.slice(at + 1, end))) {
      emit(start, end, 'email');
      floor = end;
    }
  }
};

export const aboutEmail: About = {
  shapes: {
    email: [
      '«jane.doe+x@clinic.example.org»',
      '«a@b.co»',
      '«maria [at] example [dot] org»',
      '«maria at example dot org»',
    ],
  },
  checks: 'From the @ outwards, within the lengths of RFC 5321; the domain has a dot.',
  context: 'None.',
  misses: ['«jane@localhost»', '«jane AT example»'],
};
