// The Identity Assertion JWT Authorization Grant (draft-ietf-oauth-identity-assertion-authz-grant, "ID-JAG"): an identity
// provider's word that this client may reach this resource for this person. Pure. INVARIANT: what the provider did not sign for
// (client, resource, this server) is not given.

import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { jwtVerify } from 'jose/jwt/verify';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { isName } from './claim-text.ts';
import { algorithms, refusalOf, type TrustedIssuer } from './token.ts';

/** `typ` of its header. */
const idJagType = 'oauth-id-jag+jwt';

export interface IdJag {
  readonly claims: JsonObject;
  readonly issuer: string;
  readonly jti: string;
  readonly expiresMs: number;
  readonly resources: readonly string[];
  /** Null: it names none. */
  readonly scopes: readonly string[] | null;
}

/**
 * @param here the issuer identifier of this authorization server
 * @param now ms since the epoch
 * Refused: token_*.
 */
export async function readIdJag(
  assertion: string,
  issuers: readonly Pick<TrustedIssuer, 'issuer' | 'resolve'>[],
  { here, client, now }: { readonly here: string; readonly client: string; readonly now: number },
): Promise<Result<IdJag>> {
  if (assertion.length > limits.tokenBytesMax)
    return refuse('token_invalid', 'The assertion is larger than any should be.');
  let claimed: JWTPayload;
  try {
    claimed = decodeJwt(assertion);
  } catch {
    return refuse('token_invalid', 'The assertion is not a JWT.');
  }
  const trust = issuers.find((each) => each.issuer === claimed.iss);
  if (!trust)
    return refuse('token_issuer', 'The assertion comes from an issuer that may not send people through this client.');
  try {
    const { payload } = await jwtVerify(assertion, trust.resolve, {
      algorithms,
      typ: idJagType,
      issuer: trust.issuer,
      audience: here,
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id', 'resource'],
      currentDate: new Date(now),
      clockTolerance: limits.clockSkewMs / 1000,
    });
    return claimsOf(payload, client, now);
  } catch (error) {
    return refusalOf(error);
  }
}

function claimsOf(payload: JWTPayload, client: string, now: number): Result<IdJag> {
  const { iss = '', aud, exp = 0, iat = 0, jti, sub } = payload;
  // RFC 7523bis: an assertion for two servers could be carried from one to the other.
  if (Array.isArray(aud) && aud.length !== 1)
    return refuse('token_audience', 'The assertion was made for more than this authorization server.');
  if (payload['client_id'] !== client) return refuse('token_invalid', 'The assertion was made for another client.');
  if (exp * 1000 > now + limits.assertionMs + limits.clockSkewMs)
    return refuse('token_invalid', 'The assertion lives longer than one that is used at once has to.');
  if (iat * 1000 > now + limits.clockSkewMs) return refuse('token_invalid', 'The assertion is not made yet.');
  if (payload['cnf'] !== undefined)
    return refuse('token_invalid', 'The assertion is bound to a key (cnf), which this gate cannot have proven.');
  const resources = [payload['resource']].flat();
  const scope = payload['scope'];
  if (!isName(sub) || !isName(jti) || !resources.every(isName) || (scope !== undefined && typeof scope !== 'string'))
    return refuse('token_invalid', 'A claim of the assertion has another type than it should.');
  // It comes from JSON, and is JSON.
  const claims: JsonObject = JSON.parse(JSON.stringify(payload));
  const scopes = scope === undefined ? null : scope.split(' ').filter((each) => each !== '');
  return ok({ claims, issuer: iss, jti, expiresMs: exp * 1000, resources, scopes });
}
