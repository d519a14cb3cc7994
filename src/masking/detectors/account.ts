// Payment cards (Luhn) and IBANs (ISO 13616 mod 97). Other account numbers go by their label.

import { type About, before, type Find, luhn, matches, matchesIn } from './detector.ts';
import { lookedFor } from './letter-pairs.ts';
import { isAlphanumeric, isCapital, isDigit } from './words.ts';

const card = /(?:\d{4}[ -]){3}\d{4}(?!\d)|3\d{3}[ -]\d{6}[ -]\d{4,5}(?!\d)|\d{12,19}(?!\d)/g;
const iban = /[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/y;

/** The last four, where they are called so. */
const four = /(?<!\d)\d{4}(?!\d)/g;
const endOfCard = /\b(?:card|visa|mastercard|amex|discover|debit|credit|account|acct) (?:ending|ends)(?: in| with)? $/i;
/** Bitcoin and Ethereum. */
const wallet = /\b(?:bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40})\b/g;
/** The older addresses of Bitcoin, in base58. */
const base58 = /[13][1-9A-HJ-NP-Za-km-z]{25,33}(?![0-9A-Za-z])/y;

const mayBeCard = lookedFor('ending ends');

export const findAccount: Find = (text, emit, words, numbers, pairs) => {
  card.lastIndex = 0;
  for (let match = card.exec(numbers.text); match !== null; match = card.exec(numbers.text)) {
    const start = numbers.at(match.index);
    const digits = match[0].replace(/\D/g, '');
    const inside = /\w$/.test(before(text, start, 1));
    if (!inside && isCardLength(digits) && luhn(digits)) {
      emit(start, start + match[0].length, 'account');
    } else {
      // Four digits that were no part of a card may stand right before one.
      card.lastIndex = match.index + (/^\d*/.exec(match[0])?.[0].length ?? 1);
    }
  }
  for (const match of mayBeCard(pairs) ? matchesIn(numbers, four) : []) {
    if (endOfCard.test(before(text, match.index, 32))) emit(match.index, match.index + 4, 'account');
  }
  if (text.includes('bc1') || text.includes('0x')) {
    for (const match of matches(text, wallet)) emit(match.index, match.index + match[0].length, 'account');
  }
  for (const start of numbers.runs) {
    const first = text.charCodeAt(start);
    if ((first !== 49 && first !== 51) || !mayBeBase58(text, start)) continue;
    base58.lastIndex = start;
    const [address = ''] = base58.exec(text) ?? [];
    if (/[a-z]/.test(address) && /[A-Z]/.test(address)) emit(start, start + address.length, 'account');
  }
  for (const { start } of words) {
    if (!isDigit(text.charCodeAt(start + 2)) || !isCapital(text.charCodeAt(start + 1))) continue;
    iban.lastIndex = start;
    const [candidate = ''] = iban.exec(text) ?? [];
    if (isIban(candidate.replaceAll(' ', ''))) emit(start, start + candidate.length, 'account');
  }
};

/** A few places of what must be letters and digits throughout. */
function mayBeBase58(text: string, start: number): boolean {
  if (!isAlphanumeric(text.charCodeAt(start + 4)) || !isAlphanumeric(text.charCodeAt(start + 3))) return false;
  if (!isAlphanumeric(text.charCodeAt(start + 25)) || !isAlphanumeric(text.charCodeAt(start + 14))) return false;
  return !isAlphanumeric(text.charCodeAt(start - 1));
}

/** Lengths by issuer, so that long clinical codes stay out. */
function isCardLength(digits: string): boolean {
  const length = digits.length;
  if (digits.startsWith('4')) return length === 13 || length === 16 || length === 19;
  if (/^3[47]/.test(digits)) return length === 15;
  if (/^3[068]/.test(digits)) return length === 14 || length === 16;
  if (/^(?:5[0-8]|6)/.test(digits)) return length === 12 || length === 16 || length === 19;
  return /^(?:2[2-7]|35)/.test(digits) && (length === 16 || length === 15);
}

function isIban(text: string): boolean {
  if (text.length < 15 || text.length > 34) return false;
  let remainder = 0;
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

export const aboutAccount: About = {
  shapes: {
    account: [
      'card «4111 1111 1111 1111»',
      '«4111111111111111»',
      '«3782-822463-10005»',
      'card ending in «4242»',
      'debit ends with «4242»',
      'IBAN «DE89 3704 0044 0532 0130 00»',
      'wallet «1BoatSLRHtKNngkdXEeobR76b53LETtpyT»',
      'wallet «bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq»',
    ],
  },
  checks:
    'Cards: Luhn (ISO/IEC 7812-1) and a length of their issuer. IBAN, in capitals: mod 97 (ISO 13616). Bitcoin and Ethereum (0x) addresses by shape.',
  context: 'None. Other account numbers go by their label.',
  misses: ['the patient paid with «4111 1111 1111 1112»', 'IBAN given as «DE89370400440532013001»'],
};
