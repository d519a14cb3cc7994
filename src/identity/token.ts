// Token → Subject: which issuer, whose key, for which audience, until when. Never says more than the error table does.
// RFC 7519 (claims), RFC 8725 (algorithms are an allow list, issuer and audience always checked).

import * as jose from 'jose';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { subjectOf } from './subject.ts';

/** `resolve` is a `KeySource` port: the public key for a token's header. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly groupsClaim: string;
  readonly kind: Subject['kind'];
  readonly resolve: (header: jose.JWSHeaderParameters, token: jose.FlattenedJWSInput) => Promise<jose.CryptoKey>;
}

/** Asymmetric only: a shared secret would let any verifier of the issuer mint tokens. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** @param now ms since the epoch */
export async function verifyToken(
  token: string,
  trusted: readonly TrustedIssuer[],
  now: number,
): Promise<Result<Subject>> {
  if (token === '') return refuse('token_missing', 'No credential was presented.');
  if (token.length > limits.tokenBytesMax)
    return refuse('token_invalid', 'The token is larger than any token should be.');
  let claimed: jose.JWTPayload;
  try {
    claimed = jose.decodeJwt(token);
  } catch {
    return refuse('token_invalid', 'The credential is not a JWT.');
  }
  const candidates = trusted.filter((each) => each.issuer === claimed.iss);
  if (candidates.length === 0)
    return refuse('token_issuer', 'The token comes from an issuer this gate does not trust.');

  let refusal: Result<Subject> = refuse('token_invalid', 'The token was not accepted.');
  for (const candidate of candidates) {
    const outcome = await verifyAgainst(token, candidate, now);
    if (outcome.ok) return outcome;
    refusal = outcome;
  }
  return refusal;
}

async function verifyAgainst(token: string, trust: TrustedIssuer, now: number): Promise<Result<Subject>> {
  try {
    const { payload } = await jose.jwtVerify(token, trust.resolve, {
      algorithms,
      issuer: trust.issuer,
      audience: trust.audience,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now),
      clockTolerance: limits.clockSkewMs / 1000,
    });
    return ok(subjectOf(payload, trust));
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Result<Subject> {
  if (error instanceof jose.errors.JWTExpired) return refuse('token_expired', 'The token has expired.');
  if (error instanceof jose.errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse('token_audience', 'The token was issued for another audience.');
    if (error.claim === 'nbf') return refuse('token_invalid', 'The token is not valid yet.');
    return refuse('token_invalid', `The token's claim "${error.claim}" is missing or wrong.`);
  }
  if (error instanceof jose.errors.JWKSNoMatchingKey)
    return refuse('token_invalid', 'The token was signed with a key its issuer does not publish.');
  if (error instanceof jose.errors.JWKSTimeout)
    return refuse('token_invalid', "The issuer's keys could not be fetched.");
  if (error instanceof jose.errors.JWSSignatureVerificationFailed)
    return refuse('token_invalid', "The token's signature does not verify.");
  if (error instanceof jose.errors.JOSEAlgNotAllowed)
    return refuse('token_invalid', "The token's algorithm is not accepted.");
  return refuse('token_invalid', 'The token was not accepted.');
}
