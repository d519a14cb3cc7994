// IPv4, IPv6 and MAC addresses.

import { type About, before, type Find, matchesIn } from './detector.ts';

const v4 = /\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d]|\.\d)/g;
/** A machine's own, any, and the masks of networks (RFC 6890). */
const nobodys = /^(?:127\.|0\.0\.0\.0$|255\.)/;
const v6 =
  /^(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?=.*::)(?!.*::.*::)(?:[0-9a-f]{1,4}|:){0,8}(?::[0-9a-f]{1,4}){0,8}:{0,2}[0-9a-f]{0,4})$/i;
const mac = /(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])/y;
const macChars = 17;
/** As Cisco's machines write it: "001b.4411.3ab7". */
const dottedMac = /(?<![\w.])[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}(?![\w.])/iy;
const dottedMacChars = 14;
const hexOrColon = /[0-9a-f:]/i;

export const findIp: Find = (text, emit, _words, numbers) => {
  for (const match of numbers.text.includes('.') ? matchesIn(numbers, v4) : []) {
    const lead = before(text, match.index, 12);
    if (/\d$|\d\.$|\bv(?:er(?:sion)?)?\.? ?$/i.test(lead)) continue;
    if (!nobodys.test(match[0]) && match[0].split('.').every((octet) => Number(octet) <= 255)) {
      emit(match.index, match.index + match[0].length, 'ip');
    }
  }
  for (let at = text.indexOf('.', 4); at !== -1; at = text.indexOf('.', at + 1)) {
    if (text.charAt(at + 5) !== '.') continue;
    dottedMac.lastIndex = at - 4;
    const [address = ''] = dottedMac.exec(text) ?? [];
    if (/\d/.test(address) && /[a-f]/i.test(address)) emit(at - 4, at - 4 + dottedMacChars, 'device');
  }
  if (!text.includes(':') && !text.includes('-')) return;
  for (const sign of [':', '-']) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
      if (text.charAt(at + 3) !== sign || text.charAt(at + 6) !== sign) continue;
      mac.lastIndex = at - 2;
      if (at > 1 && mac.test(text)) emit(at - 2, at - 2 + macChars, 'device');
    }
  }
  let floor = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', Math.max(at + 1, floor))) {
    if (!hexOrColon.test(text.charAt(at + 1))) continue;
    let start = at;
    while (start > floor && at - start < 4 && hexOrColon.test(text.charAt(start - 1))) start--;
    let end = at + 1;
    while (end < text.length && end - start < 46 && hexOrColon.test(text.charAt(end))) end++;
    floor = end;
    const candidate = text.slice(start, end);
    if (candidate.length < 6 || /[\p{L}\p{N}]/u.test(text.charAt(start - 1)) || /\w/.test(text.charAt(end))) continue;
    if (v6.test(candidate) && /\d/.test(candidate)) emit(start, end, 'ip');
  }
};

export const aboutIp: About = {
  shapes: {
    ip: ['«203.0.113.42»', '«2001:db8:85a3::8a2e:370:7334»', '«fe80::1ff:fe23:4567:890a»'],
    device: ['MAC «00:1B:44:11:3A:B7»', '«001b.4411.3ab7»'],
  },
  checks: 'IPv4: octets up to 255, and not behind the word version. IPv6: the text form of RFC 4291.',
  context: 'None.',
  misses: ['«::1»', '«0xCB00712A»'],
};
