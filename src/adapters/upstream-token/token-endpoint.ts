// Token endpoints (RFC 6749 §3.2) and where they are (RFC 8414). It talks to what the operator named and to nobody else: no
// redirect is followed, and an issuer's metadata may name a token endpoint on the issuer's own origin only.

import { isPotentiallyTrustworthy } from '../../core/loopback.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { IssuedToken } from '../../ports/upstream-credential.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';

export interface OAuthClient {
  /** The token endpoint, or the issuer whose metadata names it. */
  readonly at: { readonly tokenUrl: string } | { readonly issuer: string };
  readonly id: string;
  readonly secret: string;
  /** RFC 6749 §2.3.1: in the Authorization header, or in the body. */
  readonly authentication: 'basic' | 'post';
}

const answerMs = 10_000;
const answerBytesMax = 262_144;
/** RFC 6749 §5.1 only recommends `expires_in`. */
const lifeMsDefault = 300_000;
/** RFC 6749 §5.2, RFC 8693 §2.2.2: what an error may be called in a text of ours. */
const errorCodes = new Set(
  `invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope invalid_target
  temporarily_unavailable access_denied`.split(/\s+/),
);

/** Refused: upstream_unavailable, upstream_refused. Never rejects. */
export async function requestToken(
  client: OAuthClient,
  parameters: Readonly<Record<string, string>>,
  now: number,
): Promise<Result<IssuedToken>> {
  const endpoint = 'tokenUrl' in client.at ? ok(client.at.tokenUrl) : await discover(client.at.issuer);
  if (!endpoint.ok) return endpoint;
  const { id, secret, authentication } = client;
  const [headers, body] =
    authentication === 'basic'
      ? [{ authorization: `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')}` }, {}]
      : [{}, { client_id: id, client_secret: secret }];
  const answer = await post(endpoint.value, headers, { ...parameters, ...body });
  return answer.ok ? bearerIn(answer.value, now) : answer;
}

/** The JSON of a successful answer. Refused: upstream_unavailable, upstream_refused. Never rejects. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  form: Readonly<Record<string, string>>,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const body = new URLSearchParams(form);
  const answer = await fetchJson(url, { method: 'POST', headers: { ...headers, accept: 'application/json' }, body });
  if (!answer.ok) return answer;
  const { status, json } = answer.value;
  if (status === 200) return ok(json);
  const { error } = json;
  const named = typeof error === 'string' && errorCodes.has(error) ? ` (${error})` : '';
  return status >= 500 || status === 429
    ? refuse('upstream_unavailable', `The authorization server answered with HTTP status ${status}.`)
    : refuse('upstream_refused', `The authorization server gave the gate no token${named}.`);
}

function bearerIn(answer: Readonly<Record<string, unknown>>, now: number): Result<IssuedToken> {
  const { access_token: token, token_type: type, expires_in: seconds } = answer;
  if (!isToken(token) || typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    return refuse('upstream_refused', 'The authorization server gave no bearer token.');
  }
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : lifeMsDefault;
  return ok({ token, expiresMs: now + lifeMs });
}

/** A grant goes over TLS, or nowhere beyond this machine. */
export function isEndpoint(value: unknown): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url !== null && isPotentiallyTrustworthy(url);
}

/** RFC 6750 §2.1, b64token. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9\-._~+/]+=*$/.test(value);
}

/** RFC 8414 §3: the well-known part stands before the issuer's path; OpenID Connect Discovery §4 puts it behind. */
async function discover(issuer: string): Promise<Result<string>> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  for (const place of places) {
    const found = await fetchJson(place, { headers: { accept: 'application/json' } });
    if (!found.ok) return found;
    const { status, json } = found.value;
    if (status !== 200) continue;
    const { issuer: named, token_endpoint: endpoint } = json;
    if (named !== issuer) {
      return refuse('upstream_refused', 'The metadata found for the issuer belongs to another (RFC 8414 §3.3).');
    }
    const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null;
    return url?.origin === origin
      ? ok(url.href)
      : refuse('upstream_refused', "The issuer's token endpoint is on another origin: name it as token_url.");
  }
  return refuse('upstream_refused', 'The issuer has no metadata (RFC 8414): name its token_url.');
}

/** Follows no redirect. Refused: upstream_unavailable, upstream_refused. Never rejects. */
export async function fetchJson(
  url: string,
  init: RequestInit,
): Promise<Result<{ readonly status: number; readonly json: Readonly<Record<string, unknown>> }>> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(answerMs) });
    const body = await boundedBody(response.body, answerBytesMax);
    if (!body) return refuse('upstream_refused', 'The authorization server sent more than the gate accepts.');
    return ok({ status: response.status, json: objectIn(body.toString('utf8')) });
  } catch {
    return refuse('upstream_unavailable', 'The authorization server cannot be reached.');
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** application/x-www-form-urlencoded, as RFC 6749 §2.3.1 wants both parts. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
