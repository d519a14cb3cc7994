// The surface of a connection's `credential`: what the gate shows an upstream over HTTP.

import { z } from 'zod';
import type { CredentialConfig, OAuthCredential, PersonalOAuth } from './config.ts';
import { closed, httpUrl, secret, text, upstreamUrl } from './scalars.ts';

const scopes = z.array(z.string().regex(/^[!#-[\]-~]+$/, 'a scope, without spaces')).default([]);

function oauth<const Type extends OAuthCredential['type']>(type: Type, what: string) {
  return closed({
    type: z.literal(type).describe(what),
    token_url: httpUrl.optional().describe('The token endpoint.'),
    issuer: httpUrl
      .optional()
      .describe('Or the issuer whose metadata (RFC 8414) names a token endpoint on its own origin.'),
    client_id: text,
    client_secret: secret,
    client_authentication: z.enum(['basic', 'post']).default('basic').describe('RFC 6749 §2.3.1.'),
    scopes,
    resource: upstreamUrl.optional().describe("RFC 8707: what the token is for; default: the connection's url."),
    audience: text.optional().describe('For authorization servers that ask for an audience.'),
  }).transform((each, context): OAuthCredential => {
    const { token_url: tokenUrl, issuer } = each;
    if ((tokenUrl === undefined) === (issuer === undefined)) {
      context.addIssue({ code: 'custom', message: 'exactly one of token_url and issuer' });
      return z.NEVER;
    }
    return {
      type,
      at: tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl },
      clientId: each.client_id,
      clientSecret: each.client_secret,
      authentication: each.client_authentication,
      scopes: each.scopes,
      resource: each.resource ?? null,
      audience: each.audience ?? null,
    };
  });
}

const personalOAuth = closed({
  type: z
    .literal('oauth-per-user')
    .describe("Each person's own account: they allow the gate to use it once, at /connect/<connection>."),
  issuer: httpUrl
    .optional()
    .describe('The authorization server (RFC 8414); default: the one the server names (RFC 9728).'),
  client_id: text
    .optional()
    .describe(
      'As the gate is known there; default: it registers itself (RFC 7591), else by its Client ID Metadata Document.',
    ),
  client_secret: secret.optional(),
  client_authentication: z.enum(['basic', 'post']).default('basic').describe('RFC 6749 §2.3.1.'),
  scopes: scopes.describe('Default: those the server names.'),
  resource: upstreamUrl.optional().describe('RFC 8707: what the token is for; default: what the server calls itself.'),
}).transform((each, context): PersonalOAuth => {
  if (each.client_secret !== undefined && each.client_id === undefined) {
    context.addIssue({ code: 'custom', path: ['client_secret'], message: 'client_id with it' });
    return z.NEVER;
  }
  return {
    type: 'oauth-per-user',
    issuer: each.issuer ?? null,
    clientId: each.client_id ?? null,
    clientSecret: each.client_secret ?? null,
    authentication: each.client_authentication,
    scopes: each.scopes,
    resource: each.resource ?? null,
  };
});

const googleServiceAccount = closed({
  type: z.literal('google-service-account'),
  key: secret.describe('The JSON key file, as a reference.'),
  audience: text.optional().describe('An ID token for this audience (Cloud Run, IAP).'),
  scopes: scopes.describe('Or an access token with these scopes.'),
}).transform((each, context): CredentialConfig => {
  if ((each.audience === undefined) === (each.scopes.length === 0)) {
    context.addIssue({ code: 'custom', message: 'exactly one of audience and scopes' });
    return z.NEVER;
  }
  const want = each.audience === undefined ? { scopes: each.scopes } : { audience: each.audience };
  return { type: 'google-service-account', key: each.key, want };
});

export const credential: z.ZodType<CredentialConfig | PersonalOAuth> = z.discriminatedUnion(
  'type',
  [
    closed({ type: z.literal('bearer'), token: secret.describe('The token, as a reference.') }),
    closed({
      type: z.literal('header'),
      name: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "a header's name"),
      value: secret.describe('The value, with a reference in it.'),
    }),
    oauth('oauth-client-credentials', 'A token of the gate (RFC 6749 §4.4), kept until it runs out.'),
    oauth('token-exchange', "A token for the caller, for the caller's own (RFC 8693), one a session."),
    personalOAuth,
    googleServiceAccount,
  ],
  {
    error:
      'a credential of type bearer {token}, header {name, value}, oauth-client-credentials, token-exchange, oauth-per-user or google-service-account',
  },
);
