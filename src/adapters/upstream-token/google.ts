// A Google service account: its key signs a grant (RFC 7523), Google answers with an ID token for one audience, or an access
// token for scopes. https://developers.google.com/identity/protocols/oauth2/service-account

import type { CryptoKey } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { SignJWT } from 'jose/jwt/sign';
import { importPKCS8 } from 'jose/key/import';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuedToken, UpstreamCredential } from '../../ports/upstream-credential.ts';
import { TokenCache } from './token-cache.ts';
import { isEndpoint, isToken, post } from './token-endpoint.ts';

export interface ServiceAccount {
  /** The text of its JSON key file. */
  readonly key: string;
  readonly want: { readonly audience: string } | { readonly scopes: readonly string[] };
}

interface Key {
  readonly email: string;
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly tokenUrl: string;
}

const grantSeconds = 3600;

export function googleServiceAccount(account: ServiceAccount, clock: Pick<Clock, 'now'>): UpstreamCredential {
  return new TokenCache(clock, async () => {
    const key = await keyIn(account.key);
    return key
      ? issue(key, account.want, clock.now())
      : refuse('config_invalid', 'The key of the Google service account is not a JSON key file.');
  });
}

async function issue(key: Key, want: ServiceAccount['want'], now: number): Promise<Result<IssuedToken>> {
  const seconds = Math.floor(now / 1000);
  const claims = 'audience' in want ? { target_audience: want.audience } : { scope: want.scopes.join(' ') };
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.id })
    .setIssuer(key.email)
    .setAudience(key.tokenUrl)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + grantSeconds)
    .sign(key.privateKey);
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  const answer = await post(key.tokenUrl, {}, grant);
  if (!answer.ok) return answer;
  const { id_token: idToken, access_token: accessToken, expires_in: life } = answer.value;
  const token = 'audience' in want ? idToken : accessToken;
  if (!isToken(token)) return refuse('upstream_refused', 'Google gave no token of the kind that was asked for.');
  return ok({ token, expiresMs: 'audience' in want ? endOf(token, now) : now + (Number(life) || grantSeconds) * 1000 });
}

/** An ID token says itself when it ends. It is not checked: it came from the endpoint, and is not for us. */
function endOf(token: string, now: number): number {
  try {
    return (decodeJwt(token).exp ?? 0) * 1000;
  } catch {
    return now;
  }
}

async function keyIn(text: string): Promise<Key | null> {
  try {
    const { type, client_email: email, private_key: pem, private_key_id: id, token_uri: tokenUrl } = JSON.parse(text);
    if (type !== 'service_account' || typeof email !== 'string' || !isEndpoint(tokenUrl)) return null;
    return { email, id: String(id), privateKey: await importPKCS8(String(pem), 'RS256'), tokenUrl };
  } catch {
    return null;
  }
}
