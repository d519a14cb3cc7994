// How a password is prepared before it is hashed, and PostgreSQL's old MD5 answer.

import { createHash } from 'node:crypto';

/**
 * SASLprep (RFC 4013 §2.1, §2.2) without its table of prohibited characters, which PostgreSQL does not insist on either:
 * exotic spaces become spaces, soft hyphens and the like vanish, then NFKC. ASCII stays as it is.
 */
export function preparePassword(password: string): string {
  return password
    .replaceAll(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu, ' ')
    .replaceAll(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu, '')
    .normalize('NFKC');
}

/** For upstreams that know nothing better: whoever holds the server's hash can answer without the password. */
export function md5Password(user: string, password: string, salt: Uint8Array): string {
  const inner = createHash('md5').update(password).update(user).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}
