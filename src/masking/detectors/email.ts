// E-mail addresses, found from the @ outwards (RFC 5321 limits: 64 before it, 255 after).

import type { Find } from './detector.ts';

const localPart = /[\p{L}\p{N}._%+'-]/u;
const domainPart = /[\p{L}\p{N}.-]/u;

export const findEmail: Find = (text, emit) => {
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
