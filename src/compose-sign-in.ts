// People at a running gate: the providers they sign in at, the gate's own authorization server, and ending a sign-in on
// every door. Part of the composition root.

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { derivedKey } from './adapters/key-file/kek.ts';
import {
  type AuthorizationServer,
  createAuthorizationServer,
  gateScope,
} from './adapters/oauth-provider/authorization-server.ts';
import { createOidcProvider } from './adapters/oidc-client/provider.ts';
import type { Store } from './adapters/sqlite-store/store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { SignOuts } from './compose-sign-outs.ts';
import type { OidcProviderConfig, SamlProviderConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { nameOf, type Subject } from './core/facts.ts';
import { limits } from './core/limits.ts';
import { ok, type Result, refuse } from './core/result.ts';
import { type ConfiguredProvider, SignInDesk } from './gateway/sign-in-desk.ts';
import { SignInDoor, signInPrefix } from './gateway/sign-in-door.ts';
import { doorOf } from './identity/audience.ts';
import type { Log } from './ports/log.ts';
import type { SignIn } from './ports/sign-in.ts';

/** What people's sign-ins are kept in and recorded by. */
interface PeopleParts {
  readonly kek: Uint8Array;
  readonly store: Pick<Store, 'records' | 'credentials'>;
  readonly log: Log;
}

export interface People {
  readonly desk: SignInDesk;
  readonly door: SignInDoor;
  readonly server: AuthorizationServer;
  readonly scope: string;
  /** Ends what came of sign-ins whose time is over. */
  sweep(): Promise<void>;
}

/** For a gate with a provider at least. */
export async function openPeople(
  loaded: LoadedConfig,
  foundation: PeopleParts,
  signOuts: SignOuts,
  logger: Logger,
): Promise<Result<People>> {
  const { identity, publicUrl } = loaded.config;
  if (new URL(publicUrl).pathname !== '/')
    return refuse('config_invalid', 'With identity.providers, public_url has to be an origin, without a path.');
  const { kek, log, store } = foundation;
  const { records, credentials } = store;
  const configured = new Map<string, ConfiguredProvider>();
  for (const [name, each] of Object.entries(identity.providers)) {
    const provider =
      each.type === 'oidc'
        ? configureOidc(name, each, loaded, logger)
        : await configureSaml(name, each, loaded, logger);
    if (!provider.ok) return provider;
    configured.set(name, provider.value);
  }
  const desk = new SignInDesk({
    clock,
    random,
    log,
    records,
    providers: configured,
    secure: new URL(publicUrl).protocol === 'https:',
    idleMs: identity.idleMs,
    absoluteMs: identity.absoluteMs,
  });
  const onBug = (error: unknown): void => logger.error({ err: error }, 'a sign-in met an error of the gate');
  const server = await createAuthorizationServer({
    clock,
    records,
    publicUrl,
    isDoor: (resource) => doorOf(publicUrl, resource) !== undefined,
    isLive: (signIn) => desk.live(signIn) !== undefined,
    absoluteMs: identity.absoluteMs,
    accessMs: limits.credentialMs,
    registration: identity.clients.registration,
    clientMetadata: identity.clients.metadataDocuments,
    privateHosts: identity.clients.privateHosts,
    cookieKey: Buffer.from(derivedKey(kek, 'authorization cookies')).toString('base64url'),
    onRegistered: (client) => void log.append({ type: 'client.registered', data: { client } }).catch(() => {}),
    onBug,
  });
  const endSessions = async (which: (subject: Subject) => boolean): Promise<void> => {
    credentials.removeOf(which);
    await Promise.all(signOuts.doors.map((door) => door.end(which)));
  };
  const endSignIns = async (signIns: readonly SignIn[], reason: string): Promise<void> => {
    const ids = new Set(signIns.flatMap(({ id }) => (desk.end(id) ? [id] : [])));
    await endSessions(({ signIn }) => signIn !== undefined && ids.has(signIn));
    for (const { id, subject } of signIns) {
      await log.append({ type: 'auth.signed_out', subject: nameOf(subject), data: { sign_in: id, reason } });
    }
  };
  return ok({
    desk,
    server,
    door: new SignInDoor({ desk, requests: server.requests, publicUrl, endSignIns, onBug }),
    scope: gateScope,
    sweep: () => endSessions(({ signIn }) => signIn !== undefined && desk.live(signIn) === undefined),
  });
}

function configureOidc(
  name: string,
  each: OidcProviderConfig,
  { config, secret }: LoadedConfig,
  logger: Logger,
): Result<ConfiguredProvider> {
  const { issuer, groupsClaim, requireAcr, requireAmr, domains } = each;
  const client = createOidcProvider(
    {
      issuer,
      clientId: each.clientId,
      clientSecret: each.clientSecret && secret(each.clientSecret),
      scopes: each.scopes,
      acrValues: requireAcr,
      redirectUri: `${config.publicUrl}${signInPrefix}/callback/${name}`,
      onFailure: failureOf(name, logger),
    },
    () => clock.now(),
  );
  return ok({ label: each.label ?? name, rules: { issuer, groupsClaim, requireAcr, requireAmr, domains }, client });
}

/** Loaded where it is configured alone: it is large. */
async function samlClient() {
  const [{ createSamlProvider }, { readIdpMetadata }] = await Promise.all([
    import('./adapters/saml-client/provider.ts'),
    import('./adapters/saml-client/idp-metadata.ts'),
  ]);
  return { createSamlProvider, readIdpMetadata };
}

async function configureSaml(
  name: string,
  each: SamlProviderConfig,
  { config, secret }: LoadedConfig,
  logger: Logger,
): Promise<Result<ConfiguredProvider>> {
  const { createSamlProvider, readIdpMetadata } = await samlClient();
  const idp = await readIdpMetadata(await readFile(each.metadataFile, 'utf8'));
  if (!idp.ok) return idp;
  const { groupsAttribute, subjectAttribute, requireAcr, domains } = each;
  const here = `${config.publicUrl}${signInPrefix}/saml/${name}`;
  const client = createSamlProvider(
    {
      idp: idp.value,
      entityId: `${here}/metadata`,
      consumerUrl: here,
      subjectAttribute,
      groupsAttribute,
      requireAcr,
      key: each.key && secret(each.key),
      cert: each.certFile === null ? null : await readFile(each.certFile, 'utf8'),
      onFailure: failureOf(name, logger),
    },
    { now: () => clock.now(), newId: () => Buffer.from(random.bytes(16)).toString('hex') },
  );
  const rules = { issuer: idp.value.entityId, groupsClaim: groupsAttribute, requireAcr, requireAmr: [], domains };
  return ok({ label: each.label ?? name, rules, client });
}

function failureOf(provider: string, logger: Logger): (reason: string) => void {
  return (reason) => logger.warn({ provider, reason }, 'an identity provider failed, or was not believed');
}
