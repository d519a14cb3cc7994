// Tokens without a browser at a running gate: which clients the operator knows, whose tokens they may bring, who may assert a
// person. Part of the composition root.

import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { keysInFile, keysOfIssuer } from './adapters/jwks/key-source.ts';
import type { GrantClient } from './adapters/oauth-provider/grants.ts';
import type { IdentityConfig, KnownClientConfig, TrustConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { ConfiguredProvider } from './gateway/sign-in-desk.ts';
import type { Asserter, KnownClient } from './identity/grants.ts';
import { personOf } from './identity/person.ts';
import { subjectOf } from './identity/subject.ts';
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
    const faulty = 'file' in proof.jwks ? await faultIn(proof.jwks.file) : null;
    if (faulty !== null) return refuse('config_invalid', `The key set of the client ${id} ${faulty}.`);
    clients.push({ ...common, proof: { readKeys: () => readKeys(proof.jwks) } });
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
      const { expiresMs: _, issuedMs: __, agent: ___, actors: ____, ...subject } = subjectOf(claims, trust);
      return ok(subject);
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

/** What is wrong with a client's key set; null = nothing. */
async function faultIn(file: string): Promise<string | null> {
  try {
    // It looks at the shape, and throws.
    await keysInFile(file);
    const { keys }: JSONWebKeySet = JSON.parse(await readFile(file, 'utf8'));
    return keys.some((key) => 'd' in key || 'k' in key)
      ? 'holds a private or shared key: give public keys alone'
      : null;
  } catch {
    return 'is not a JWKS (RFC 7517)';
  }
}

async function readKeys(jwks: TrustConfig['jwks']): Promise<string> {
  if ('file' in jwks) return readFile(jwks.file, 'utf8');
  const answer = await fetch(jwks.url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`the keys of a client could not be fetched: ${answer.status}`);
  return answer.text();
}
