// The `identity` section: where people sign in, whose tokens are accepted as they are, who may be a client of the gate's own
// authorization server, how long a session lasts.

import { z } from 'zod';
import { clientId, keySet, knownClient } from './client-schema.ts';
import type { IdentityConfig, ProviderConfig, TrustConfig } from './config.ts';
import { closed, connectionName, httpUrl, lasting, type Place, path, secret, text } from './scalars.ts';

const domain = z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'a domain in lower case, such as hospital.example');

function provider(place: Place): z.ZodType<ProviderConfig> {
  const every = {
    label: text.optional().describe('What people read on the page of choice. Default: its name here.'),
    domains: z.array(domain).default([]).describe('Domains of e-mail addresses it answers for.'),
    require_acr: z.array(text).default([]).describe('Authentication contexts that are enough; default any.'),
  };
  return z
    .discriminatedUnion(
      'type',
      [
        closed({
          ...every,
          type: z.literal('oidc'),
          issuer: httpUrl.describe('Its issuer identifier, exactly.'),
          client_id: text,
          client_secret: secret.optional(),
          scopes: z.array(text).default(['profile', 'email']).describe('Asked for besides openid.'),
          groups_claim: text.default('groups').describe('Claim of the ID token that lists the groups.'),
          require_amr: z.array(text).default([]).describe('Authentication methods that must all have been used.'),
        }),
        closed({
          ...every,
          type: z.literal('saml'),
          metadata: path(place).describe("File with the identity provider's SAML metadata."),
          groups_attribute: text.default('groups').describe('Attribute that lists the groups.'),
          subject_attribute: text.optional().describe('Attribute that names the person. Default: a persistent NameID.'),
          key: secret.optional().describe('PEM key that decrypts assertions, and signs requests.'),
          cert: path(place).optional().describe('PEM certificate of that key, for the metadata.'),
        }),
      ],
      { error: 'a provider of type oidc or saml' },
    )
    .transform((each): ProviderConfig => {
      const common = { label: each.label ?? null, domains: each.domains, requireAcr: each.require_acr };
      return each.type === 'oidc'
        ? {
            ...common,
            type: 'oidc',
            issuer: each.issuer,
            clientId: each.client_id,
            clientSecret: each.client_secret ?? null,
            scopes: each.scopes,
            groupsClaim: each.groups_claim,
            requireAmr: each.require_amr,
          }
        : {
            ...common,
            type: 'saml',
            metadataFile: each.metadata,
            groupsAttribute: each.groups_attribute,
            subjectAttribute: each.subject_attribute ?? null,
            key: each.key ?? null,
            certFile: each.cert ?? null,
          };
    });
}

function trust(place: Place): z.ZodType<TrustConfig> {
  return closed({
    issuer: text.describe('`iss` of the tokens, exactly.'),
    audience: text.describe('`aud` they must carry.'),
    jwks: keySet(place).describe("The issuer's public keys: a file, or an https URL."),
    groups_claim: text.default('groups').describe('Claim that lists the groups.'),
    kind: z.enum(['person', 'workload']).default('workload').describe('What its subjects are.'),
    claims: z
      .record(text, z.union([text.transform((one) => [one]), z.array(text).min(1, 'at least one value')]))
      .default({})
      .describe('Claims a token must have, each with one of these values: where an issuer serves others too.'),
    at_doors: z
      .boolean()
      .default(true)
      .describe('Its tokens are good at the doors as they are; false: only to be exchanged (identity.clients.known).'),
  }).transform(
    ({ groups_claim, at_doors, ...each }): TrustConfig => ({ ...each, groupsClaim: groups_claim, atDoors: at_doors }),
  );
}

export function identity(place: Place): z.ZodType<IdentityConfig> {
  return closed({
    providers: z.record(connectionName, provider(place)).default({}).describe('Where people sign in, by name.'),
    trust: z.array(trust(place)).default([]).describe('Issuers whose tokens are accepted as they are.'),
    step_up: z
      .record(
        connectionName.refine((name) => name !== 'gate' && name !== 'openid', 'a name that is no scope already'),
        closed({
          acr: z.array(text).min(1, 'at least one context').describe('Authentication contexts that are enough.'),
          within: lasting('15m').describe('How long ago the person may have proven themselves.'),
        }).transform(({ acr, within }) => ({ acr, withinMs: within })),
      )
      .default({})
      .describe('Scopes that ask more of a sign-in, by name; a connection asks for one with step_up.'),
    clients: closed({
      registration: z.boolean().default(true).describe('Clients may register themselves (RFC 7591).'),
      metadata_documents: z.boolean().default(true).describe('A client may be an https address of its own metadata.'),
      private_hosts: z.array(text).default([]).describe('Hosts of such metadata that may have private addresses.'),
      known: z
        .record(clientId, knownClient(place))
        .default({})
        .describe(
          'Programs you know, by client id: workloads, agents that exchange tokens, enterprise-managed clients.',
        ),
    })
      .prefault({})
      .describe('Who may ask people for access, where they sign in here.'),
    sessions: closed({
      idle: lasting('15m').describe('A session without a request ends after.'),
      absolute: lasting('8h').describe('Any session, and any sign-in, ends after.'),
    }).prefault({}),
  })
    .prefault({})
    .describe('Who may come in at all.')
    .transform(
      ({ providers, trust, step_up, clients, sessions }): IdentityConfig => ({
        providers,
        trust,
        stepUp: step_up,
        clients: {
          registration: clients.registration,
          metadataDocuments: clients.metadata_documents,
          privateHosts: clients.private_hosts,
          known: clients.known,
        },
        idleMs: sessions.idle,
        absoluteMs: sessions.absolute,
      }),
    );
}
