// A client of the gate's authorization server, by hand: registration, authorization by a person, tokens.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Hospital, signInAt } from './hospital.ts';
import { UserAgent } from './user-agent.ts';

export const callback = 'http://127.0.0.1:9/callback';

export interface Registered {
  readonly client_id: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export const verifier: string = 'v'.repeat(64);
const challenge = createHash('sha256').update(verifier).digest('base64url');

export interface OAuthClient {
  readonly register: (metadata?: object) => Promise<Response>;
  readonly authorizationUrl: (client: string, more?: Readonly<Record<string, string>>) => URL;
  readonly token: (form: Readonly<Record<string, string>>) => Promise<Response>;
  /** A client, a code for it, and the browser it came through. */
  readonly codeFor: (
    person: string,
    more?: Readonly<Record<string, string>>,
    agent?: UserAgent,
  ) => Promise<{ client: string; code: string; agent: UserAgent }>;
  /** For one door of the gate, by its path. */
  readonly tokensFor: (
    person: string,
    resource?: string,
    agent?: UserAgent,
  ) => Promise<Tokens & { client: string; agent: UserAgent; code: string }>;
  readonly redeem: (client: string, code: string, code_verifier?: string) => Promise<Response>;
  readonly whoami: (access: string) => Promise<Response>;
}

export function oauthAt(hospital: () => Hospital): OAuthClient {
  async function register(metadata: object = {}): Promise<Response> {
    return fetch(`${hospital().clinic.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: [callback],
        token_endpoint_auth_method: 'none',
        client_name: 'agent',
        ...metadata,
      }),
    });
  }

  function authorizationUrl(client: string, more: Readonly<Record<string, string>> = {}): URL {
    const url = new URL('/oauth/authorize', hospital().clinic.url);
    const query = {
      client_id: client,
      response_type: 'code',
      redirect_uri: callback,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource: `${hospital().clinic.url}/api/v1`,
      state: 's',
      ...more,
    };
    for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
    return url;
  }

  function token(form: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${hospital().clinic.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
  }

  async function codeFor(
    person: string,
    more: Readonly<Record<string, string>> = {},
    agent: UserAgent = new UserAgent(callback),
  ): Promise<{ client: string; code: string; agent: UserAgent }> {
    const { client_id: client } = (await (await register()).json()) as Registered;
    let page = await agent.get(authorizationUrl(client, more));
    if (page.url.origin === hospital().provider.issuer) page = await signInAt(hospital().provider, agent, page, person);
    const last = await agent.submit(page, 'value="allow"');
    return { client, code: last.url.searchParams.get('code') ?? '', agent };
  }

  async function tokensFor(
    person: string,
    resource = '/api/v1',
    browser = new UserAgent(callback),
  ): Promise<Tokens & { client: string; agent: UserAgent; code: string }> {
    const { client, code, agent } = await codeFor(person, { resource: `${hospital().clinic.url}${resource}` }, browser);
    const answer = await redeem(client, code);
    assert.equal(answer.status, 200, await answer.clone().text());
    return { ...((await answer.json()) as Tokens), client, agent, code };
  }

  function redeem(client: string, code: string, code_verifier: string = verifier): Promise<Response> {
    return token({ grant_type: 'authorization_code', client_id: client, code, code_verifier, redirect_uri: callback });
  }

  function whoami(access: string): Promise<Response> {
    return fetch(`${hospital().clinic.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${access}` } });
  }
  return { register, authorizationUrl, token, codeFor, tokensFor, redeem, whoami };
}
