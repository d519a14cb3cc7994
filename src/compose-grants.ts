// Tokens without a browser at a running gate: which clients the operator knows, whose tokens they may bring, who may assert a
// person. Part of the composition root.

import { faultInClientKeys, readClientKeys } from './adapters/jwks/client-keys.ts';
import { keysOfIssuer } from './adapters/jwks/key-source.ts';
import type { GrantClient } from './adapters/oauth-provider/grants.ts';
import type { IdentityConfig, KnownClientConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { ConfiguredProvider } from './gateway/sign-in-desk.ts';
import type { Asserter, KnownClient } from './identity/grants.ts';
import { personOf } from './identity/person.ts';
import { principalOf, subjectOf } from './identity/subject.ts';
import { lackingClaim, type TrustedIssuer } from './identity/token.ts';
import type { Grant } from './ports/token-grants.ts';

/** Refused: config_invalid. */
export async function grantClients({ config, secret }: LoadedConfig): Promise<Result<GrantClient[]>> {
  const clients: GrantClient[] = [];
  for (const [id, { label, proof, ...may }] of Object.entries(config.identity.clients.known)) {
    const common = { id, label: label ?? id, grants: grantsOf(may) };
    if ('secret' in proof) {
      clients.push({ ...common, proof: { secret: secret(proof.secret) } });
      continue;
    }
    const faulty = 'file' in proof.jwks ? await faultInClientKeys(proof.jwks.file) : null;
    if (faulty !== null) return refuse('config_invalid', `The key set of the client ${id} ${faulty}.`);
    clients.push({ ...common, proof: { readKeys: () => readClientKeys(proof.jwks) } });
  }
  return ok(clients);
}

/** What each may do, by client id. */
export function knownClients({ clients }: IdentityConfig): ReadonlyMap<string, KnownClient> {
  return new Map(
    Object.entries(clients.known).map(([id, { workload, exchange, assertions, doors }]): [string, KnownClient] => [
      id,
      {
        workload: workload && { subject: workload.subject ?? id, groups: workload.groups },
        exchange,
        assertions,
        doors,
      },
    ]),
  );
}

/** Providers people sign in at come first: they say what a sign-in has to be like. */
export function assertersOf(
  providers: Iterable<ConfiguredProvider>,
  { providers: config }: IdentityConfig,
  trusted: readonly TrustedIssuer[],
): readonly Asserter[] {
  const open = new Set(Object.values(config).flatMap((each) => (each.type === 'oidc' ? [each.issuer] : [])));
  const asProviders = [...providers]
    .filter(({ rules }) => open.has(rules.issuer))
    .map(({ rules }): Asserter => {
      const { issuer } = rules;
      return { issuer, resolve: keysOfIssuer(issuer), subjectOf: (claims) => personOf(claims, rules) };
    });
  const asTrusted = trusted.map((trust): Asserter => {
    const { issuer, resolve } = trust;
    const subjectOfClaims: Asserter['subjectOf'] = (claims) => {
      const lacking = lackingClaim(claims, trust);
      if (lacking !== undefined)
        return refuse(
          'token_invalid',
          `The assertion's claim "${lacking}" is missing, or not what this gate asks for.`,
        );
      return ok(principalOf(subjectOf(claims, trust)));
    };
    return { issuer, resolve, subjectOf: subjectOfClaims };
  });
  return [...asProviders, ...asTrusted];
}

function grantsOf({ workload, exchange, assertions }: Omit<KnownClientConfig, 'label' | 'proof'>): Grant[] {
  return [
    ...(workload ? (['workload'] as const) : []),
    ...(exchange ? (['exchange'] as const) : []),
    ...(assertions.length > 0 ? (['assertion'] as const) : []),
  ];
}
