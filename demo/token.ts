// node demo/token.ts <person>: prints an access token for the running demo, by the flow a browser would go through
// (RFC 6749 §4.1 with PKCE, RFC 7636): authorization request, sign-in form, code, token.

import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { findDemo } from './demo-file.ts';
import { clientId, redirectUri, resource } from './provider.ts';

const redirectsMax = 10;

/** Signs in as this person and returns the access token (a JWT). @throws when the provider refuses. */
export async function signIn(issuer: string, name: string, password: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const authorization = new URL('/auth', issuer);
  authorization.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid gate',
    resource,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const callback = await walk(authorization, new URLSearchParams({ name, password }));
  if (callback.searchParams.get('state') !== state) throw new Error('the answer belongs to another request');
  const code = callback.searchParams.get('code');
  if (!code) throw new Error(`the provider refused: ${callback.searchParams.get('error') ?? 'no reason given'}`);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
    resource,
  });
  const response = await fetch(new URL('/token', issuer), { method: 'POST', body });
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) {
    throw new Error(`the provider gave no token (HTTP ${response.status})`);
  }
  return String(answer.access_token);
}

/** Follows redirects as a browser does, cookies and all, fills in the form once, and returns where it was sent in the end. */
async function walk(start: URL, form: URLSearchParams): Promise<URL> {
  const cookies = new Map<string, string>();
  let at = start;
  let body: URLSearchParams | undefined;
  let filledIn = false;
  for (let step = 0; step < redirectsMax; step++) {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(body && { method: 'POST', body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) cookies.set(key, value);
    }
    const location = response.headers.get('location');
    if (location) {
      body = undefined;
      at = new URL(location, at);
      if (at.href.startsWith(redirectUri)) return at;
    } else if (response.ok && !filledIn) {
      body = form;
      filledIn = true;
    } else {
      throw new Error(
        response.status === 403 ? 'the name and password do not match' : `sign-in failed (HTTP ${response.status})`,
      );
    }
  }
  throw new Error('the provider redirects in circles');
}

async function main(name: string | undefined): Promise<void> {
  const demo = findDemo();
  if (!demo) throw new Error('no demo is running: start one with npm start');
  const password = name === undefined ? undefined : demo.passwords[name];
  if (name === undefined || password === undefined)
    throw new Error(`name one of: ${Object.keys(demo.passwords).join(', ')}`);
  process.stdout.write(`${await signIn(demo.issuer, name, password)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv[2]).catch((error: unknown) => {
    process.stderr.write(`token: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
