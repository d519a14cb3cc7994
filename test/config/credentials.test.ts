// Credentials for upstreams over HTTP: what the file says, what becomes of it, and what is refused with its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, problemsOf } from './parts.ts';

const file = (credential: string): string =>
  `listen: { http: 127.0.0.1:7070 }
identity: { trust: [{ issuer: https://i, audience: a, jwks: ./j }] }
connections:
  a: { type: mcp, url: https://notes.internal/mcp, credential: ${credential} }
`;

function credentialIn(text: string): unknown {
  const parsed = parse(file(text));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const connection = parsed.value.config.connections['a'];
  return connection?.type === 'mcp' && connection.transport === 'http' ? connection.credential : undefined;
}

const client = 'client_id: gate, client_secret: "${env:S}"';

test('every kind of credential', () => {
  const oauth = {
    clientId: 'gate',
    clientSecret: { raw: '${env:S}' },
    authentication: 'basic',
    scopes: [],
    resource: null,
    audience: null,
  };
  assert.deepEqual(credentialIn(`{ type: oauth-client-credentials, issuer: https://idp.example, ${client} }`), {
    type: 'oauth-client-credentials',
    at: { issuer: 'https://idp.example' },
    ...oauth,
  });
  const exchange = `{ type: token-exchange, token_url: https://idp.example/token, ${client}, client_authentication: post,
    scopes: [notes.read], resource: https://notes.internal/, audience: notes }`;
  assert.deepEqual(credentialIn(exchange), {
    ...oauth,
    type: 'token-exchange',
    at: { tokenUrl: 'https://idp.example/token' },
    authentication: 'post',
    scopes: ['notes.read'],
    resource: 'https://notes.internal/',
    audience: 'notes',
  });
  const key = { raw: '${file:./key.json}' };
  const type = 'google-service-account';
  const google = (more: string): unknown => credentialIn(`{ type: ${type}, key: "${key.raw}", ${more} }`);
  assert.deepEqual(google('audience: https://notes.run.app'), {
    type,
    key,
    want: { audience: 'https://notes.run.app' },
  });
  assert.deepEqual(google('scopes: [one, two]'), { type, key, want: { scopes: ['one', 'two'] } });
});

test("each person's own account, where people sign in", () => {
  const signIn = 'identity: { providers: { idp: { type: oidc, issuer: https://idp.example, client_id: gate } }, ';
  const text = file('{ type: oauth-per-user, scopes: [notes.read] }').replace('identity: { ', signIn);
  const parsed = parse(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const connection = parsed.value.config.connections['a'];
  assert.ok(connection?.type === 'mcp' && connection.transport === 'http');
  assert.deepEqual(connection.credential, {
    type: 'oauth-per-user',
    issuer: null,
    clientId: null,
    clientSecret: null,
    authentication: 'basic',
    scopes: ['notes.read'],
    resource: null,
  });
});

test('what is refused', () => {
  const refused: [string, string, RegExp][] = [
    [`{ type: oauth-client-credentials, ${client} }`, '', /exactly one of token_url and issuer/],
    [`{ type: token-exchange, issuer: https://i, token_url: https://i/t, ${client} }`, '', /exactly one of/],
    [`{ type: token-exchange, issuer: http://idp.example, ${client} }`, '.issuer', /an https URL/],
    [
      `{ type: token-exchange, issuer: https://i, client_id: g, client_secret: hunter2 }`,
      '.client_secret',
      /a secret written/,
    ],
    [`{ type: token-exchange, issuer: https://i, ${client}, scopes: [a b] }`, '.scopes[0]', /a scope/],
    ['{ type: google-service-account, key: "${file:k}" }', '', /exactly one of audience and scopes/],
    ['{ type: google-service-account, key: "${file:k}", audience: a, scopes: [b] }', '', /exactly one of/],
    ['{ type: google-service-account, key: hunter2, audience: a }', '.key', /a secret written out/],
    ['{ type: oauth-per-user }', '.type', /identity.providers with it/],
    [`{ type: oauth-per-user, client_secret: "\${env:S}" }`, '.client_secret', /client_id with it/],
    ['{ type: oauth-per-user, client_id: g, client_secret: hunter2 }', '.client_secret', /a secret written/],
    ['{ type: oauth-per-user, issuer: http://idp.example }', '.issuer', /an https URL/],
    ['{ type: oauth }', '.type', /oauth-client-credentials, token-exchange, oauth-per-user or google-service-account/],
  ];
  for (const [credential, path, expected] of refused) {
    const problems = problemsOf(file(credential)).map((each) => JSON.stringify(each));
    const found = problems.find((each) => each.includes(`connections.a.credential${path}"`));
    assert.match(found ?? JSON.stringify(problems), expected, credential);
    for (const each of problems) assert.doesNotMatch(each, /hunter2/);
  }
});
