// Token → Subject: which issuer, whose key, for which audience, until when. Never says more than the error table does.
// RFC 7519 (claims), RFC 8725 (algorithms are an allow list, issuer and audience always checked).

import type * as jose from 'jose';
import * as tokenErrors from 'jose/errors';
import { decodeJwt } from 'jose/jwt/decode';
import { jwtVerify } from 'jose/jwt/verify';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { isName } from './claim-text.ts';
import { actorsOf } from './delegation.ts';
import { subjectOf } from './subject.ts';

/** `resolve` is a `KeySource` port: the public key for a token's header. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly groupsClaim: string;
  readonly kind: Subject['kind'];
  /** Claims a token must have, each with one of these values. */
  readonly claims?: Readonly<Record<string, readonly string[]>>;
  readonly resolve: (header: jose.JWSHeaderParameters, token: jose.FlattenedJWSInput) => Promise<jose.CryptoKey>;
}

/** Asymmetric only: a shared secret would let any verifier of the issuer mint tokens. */
export const algorithms: string[] = [
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

/** A token that was verified: what it says, and whose subject that makes. */
export interface VerifiedToken {
  readonly claims: jose.JWTPayload;
  readonly subject: Subject;
}

/** @param now ms since the epoch. Refused: token_*. */
export async function verifyToken(
  token: string,
  trusted: readonly TrustedIssuer[],
  now: number,
): Promise<Result<Subject>> {
  const verified = await verifyClaims(token, trusted, now);
  return verified.ok ? ok(verified.value.subject) : verified;
}

/** @param now ms since the epoch. Refused: token_*. */
export async function verifyClaims(
  token: string,
  trusted: readonly TrustedIssuer[],
  now: number,
): Promise<Result<VerifiedToken>> {
  if (token === '') return refuse('token_missing', 'No credential was presented.');
  if (token.length > limits.tokenBytesMax)
    return refuse('token_invalid', 'The token is larger than any token should be.');
  let claimed: jose.JWTPayload;
  try {
    claimed = decodeJwt(token);
  } catch {
    return refuse('token_invalid', 'The credential is not a JWT.');
  }
  const candidates = trusted.filter((each) => each.issuer === claimed.iss);
  if (candidates.length === 0)
    return refuse('token_issuer', 'The token comes from an issuer this gate does not trust.');

  let refusal: Result<VerifiedToken> = refuse('token_invalid', 'The token was not accepted.');
  for (const candidate of candidates) {
    const outcome = await verifyAgainst(token, candidate, now);
    if (outcome.ok) return outcome;
    refusal = outcome;
  }
  return refusal;
}

async function verifyAgainst(token: string, trust: TrustedIssuer, now: number): Promise<Result<VerifiedToken>> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, trust.resolve, {
      algorithms,
      issuer: trust.issuer,
      audience: trust.audience,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now),
      clockTolerance: limits.clockSkewMs / 1000,
    });
    // RFC 7519 §4.1.2; jose asks only whether it is there.
    if (!isName(payload.sub)) return refuse('token_invalid', 'The token\'s claim "sub" is missing or wrong.');
    // Ending what somebody has spoils the tokens made until then: one dated ahead would outlive it.
    if ((payload.iat ?? 0) * 1000 > now + limits.clockSkewMs)
      return refuse('token_invalid', 'The token says that it was made later than now (iat).', {
        next: compareClocks(now),
      });
    if (isOfAnotherKind(protectedHeader.typ))
      return refuse('token_invalid', 'The token was made for another purpose than access (typ).');
    // RFC 7800: whoever presents it has to prove a key, and none of the doors can ask for that.
    if (payload['cnf'] !== undefined)
      return refuse('token_invalid', 'The token is bound to a key (cnf), which this gate cannot have proven.');
    if (payload['act'] !== undefined && !actorsOf(payload['act']))
      return refuse('token_invalid', 'The token does not say in a way that can be read who acts (act).');
    const lacking = lackingClaim(payload, trust);
    if (lacking !== undefined)
      return refuse('token_invalid', `The token's claim "${lacking}" is missing, or not what this gate asks for.`);
    return ok({ claims: payload, subject: subjectOf(payload, trust) });
  } catch (error) {
    const refused = refusalOf(error);
    return isOfTime(error) ? fail({ ...refused.error, next: compareClocks(now) }) : refused;
  }
}

function isOfTime(error: unknown): boolean {
  return (
    error instanceof tokenErrors.JWTExpired ||
    (error instanceof tokenErrors.JWTClaimValidationFailed && error.claim === 'nbf')
  );
}

/** A new token does not help where a clock is off. */
function compareClocks(now: number): string {
  const here = new Date(now).toISOString().slice(0, 19);
  return `Get a new one: sign in again, or run chartgate connect. Where a new one is refused alike, a clock is off: it is ${here}Z here.`;
}

/** The first claim the operator asks for that is not there, or says something else. */
export function lackingClaim(claims: jose.JWTPayload, { claims: wanted = {} }: TrustedIssuer): string | undefined {
  return Object.keys(wanted).find((claim) => {
    const said = claims[claim];
    return typeof said !== 'string' || !wanted[claim]?.includes(said);
  });
}

/** RFC 8725 §3.11: an authorization grant, a logout token, a proof are no access tokens, whoever signed them. */
function isOfAnotherKind(typ: string | undefined): boolean {
  return typ !== undefined && /\+jwt$/i.test(typ) && !/(?:^|[/-])at\+jwt$/i.test(typ);
}

export function refusalOf(error: unknown): { readonly ok: false; readonly error: Refusal } {
  if (error instanceof tokenErrors.JWTExpired) return refuse('token_expired', 'The token has expired.');
  if (error instanceof tokenErrors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse('token_audience', 'The token was issued for another audience.');
    if (error.claim === 'nbf') return refuse('token_invalid', 'The token is not valid yet.');
    return refuse('token_invalid', `The token's claim "${error.claim}" is missing or wrong.`);
  }
  if (error instanceof tokenErrors.JWKSNoMatchingKey)
    return refuse('token_invalid', 'The token was signed with a key its issuer does not publish.');
  if (error instanceof tokenErrors.JWKSTimeout)
    return refuse('token_invalid', "The issuer's keys could not be fetched, so no token of it can be checked.", {
      next: 'Try again in a moment. The operator should see whether the gate reaches identity.trust.jwks: chartgate check.',
    });
  if (error instanceof tokenErrors.JWSSignatureVerificationFailed)
    return refuse('token_invalid', "The token's signature does not verify.");
  if (error instanceof tokenErrors.JOSEAlgNotAllowed)
    return refuse('token_invalid', "The token's algorithm is not accepted.");
  return refuse('token_invalid', 'The token was not accepted.');
}
