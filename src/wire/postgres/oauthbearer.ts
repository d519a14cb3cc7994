// OAUTHBEARER (RFC 7628; PostgreSQL 18 protocol, "OAUTHBEARER Authentication"), the server's side: the client's one message and
// what it is told on failure. A token is returned to the caller and must never reach an error or a log.

import { decodeText } from './body.ts';
import { malformed } from './protocol-error.ts';

export const oauthBearer = 'OAUTHBEARER';

export interface BearerResponse {
  /** Whom the client wants to be (RFC 5801 §4); null = whoever the token names. */
  readonly authorizationId: string | null;
  /** The value of `auth`, a header of RFC 6750 §2.1; empty = the client asks where it can get a token (§4.3). */
  readonly auth: string;
}

const kvsep = '\x01';
const gs2Header = /^(n|y|p=[^,]*),(?:a=([^,]+))?,$/;
const kvpair = /^[A-Za-z]+=[\x20-\x7e\t\r\n]*$/;

/** gs2-header kvsep *kvpair kvsep, each pair ended by a kvsep (RFC 7628 §3.1). @throws ProtocolError */
export function decodeBearerResponse(data: Uint8Array): BearerResponse {
  const [header = '', ...pairs] = decodeText(data, 'OAUTHBEARER message').split(kvsep);
  const [, binding, name] = gs2Header.exec(header) ?? [];
  const ends = [pairs.pop(), pairs.pop()];
  if (binding === undefined || ends.some((each) => each !== '') || !pairs.every((each) => kvpair.test(each)))
    return malformed('OAUTHBEARER message');
  // A bearer token is bound to no channel; a client that believes otherwise is mistaken about what protects it.
  if (binding.startsWith('p=')) return malformed('OAUTHBEARER channel binding');
  const [auth, ...more] = pairs.filter((each) => each.startsWith('auth='));
  if (auth === undefined || more.length > 0) return malformed('OAUTHBEARER message');
  return { authorizationId: name === undefined ? null : decodeSaslName(name), auth: auth.slice('auth='.length) };
}

/** RFC 5801 §4: `,` and `=` are written `=2C` and `=3D`, and nothing else is. */
function decodeSaslName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) return malformed('OAUTHBEARER message');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

export interface BearerDiscovery {
  /** Address of the authorization server's metadata (RFC 8414 §3). */
  readonly metadata: string;
  /** The scope to ask for. */
  readonly scope: string;
}

/** The challenge after a token that was not accepted (RFC 7628 §3.2.2); null = where tokens are got is not known here. */
export function encodeBearerFailure(discovery: BearerDiscovery | null): Buffer {
  const known = discovery ? { scope: discovery.scope, 'openid-configuration': discovery.metadata } : {};
  return Buffer.from(JSON.stringify({ status: 'invalid_token', ...known }));
}

/** The client's only word after a failure: one kvsep (RFC 7628 §3.2.3). */
export function isBearerFarewell(data: Uint8Array): boolean {
  return data.length === 1 && data[0] === 0x01;
}
