// People at a running gate: the providers they sign in at, the gate's own authorization server, and ending a sign-in on
// every door. Part of the composition root.

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { derivedKey } from './adapters/key-file/kek.ts';
import { type AuthorizationServer, createAuthorizationServer } from './adapters/oauth-provider/authorization-server.ts';
import type { AuthorizationServerDeps } from './adapters/oauth-provider/configuration.ts';
import { gateScope } from './adapters/oauth-provider/grants.ts';
import { createOidcProvider } from './adapters/oidc-client/provider.ts';
import type { Store } from './adapters/sqlite-store/store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { assertersOf, grantClients, knownClients } from './compose-grants.ts';
import type { SignOuts } from './compose-sign-outs.ts';
import type { OidcProviderConfig, SamlProviderConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { nameOf, type Subject } from './core/facts.ts';
import { limits } from './core/limits.ts';
import { ok, type Result, refuse } from './core/result.ts';
import { wantsAccounts } from './gateway/account-desk.ts';
import { DoorRefusals } from './gateway/door-refusals.ts';
import { GrantDesk, type GrantDeskDeps } from './gateway/grant-desk.ts';
import { type ConfiguredProvider, SignInDesk } from './gateway/sign-in-desk.ts';
import { SignInDoor, signInPrefix } from './gateway/sign-in-door.ts';
import { doorOf, resourceOfScope } from './identity/audience.ts';
import { msLeft, strictestOf } from './identity/step-up.ts';
import type { TrustedIssuer } from './identity/token.ts';
import type { Log } from './ports/log.ts';
import type { SignIn } from './ports/sign-in.ts';
import { grantTypes } from './ports/token-grants.ts';

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

/** For a gate with a provider, or a client it knows, at least. */
export async function openPeople(
  loaded: LoadedConfig,
  foundation: PeopleParts,
  signOuts: SignOuts,
  trusted: readonly TrustedIssuer[],
  logger: Logger,
): Promise<Result<People>> {
  const { identity, publicUrl } = loaded.config;
  if (new URL(publicUrl).pathname !== '/')
    return refuse(
      'config_invalid',
      'With identity.providers or identity.clients.known, public_url has to be an origin.',
    );
  const clients = await grantClients(loaded);
  if (!clients.ok) return clients;
  const { log, store } = foundation;
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
    refusals: new DoorRefusals(clock, log, 'sign-in'),
    records: store.records,
    providers: configured,
    secure: new URL(publicUrl).protocol === 'https:',
    idleMs: identity.idleMs,
    absoluteMs: identity.absoluteMs,
  });
  const onBug = (error: unknown): void => logger.error({ err: error }, 'a sign-in met an error of the gate');
  const { endOrphans, endSignIns, endClient } = endingsOf(desk, foundation, signOuts);
  const server = await openServer(loaded, foundation, {
    desk,
    trusted,
    clients: clients.value,
    asserters: assertersOf(configured.values(), identity, trusted),
    onRevoked: (signIn, agent) => void endClient(signIn, agent).catch(onBug),
    onBug,
  });
  return ok({
    desk,
    server,
    door: new SignInDoor({
      desk,
      requests: server.requests,
      publicUrl,
      accounts: wantsAccounts(loaded.config),
      endSignIns,
      onBug,
    }),
    scope: gateScope,
    sweep: endOrphans,
  });
}

/** The gate's own authorization server, and who decides about the grants that need no browser. */
async function openServer(
  { config: { identity, listen, publicUrl } }: LoadedConfig,
  { kek, log, store: { records } }: PeopleParts,
  {
    desk,
    trusted,
    clients,
    asserters,
    onRevoked,
    onBug,
  }: Pick<GrantDeskDeps, 'trusted' | 'asserters'> &
    Pick<AuthorizationServerDeps, 'clients' | 'onRevoked' | 'onBug'> & { readonly desk: SignInDesk },
): Promise<AuthorizationServer> {
  const oauthRefusals = new DoorRefusals(clock, log, 'oauth');
  const stepUps = new Map(Object.entries(identity.stepUp));
  const grants = new GrantDesk({
    clock,
    random,
    log,
    records,
    publicUrl,
    scope: gateScope,
    clients: knownClients(identity),
    trusted,
    asserters,
    findOwn: (token) => server.find(token),
    liveSignIn: (id) => desk.live(id),
    idleMs: identity.idleMs,
    absoluteMs: identity.absoluteMs,
  });
  const server: AuthorizationServer = await createAuthorizationServer({
    clock,
    records,
    publicUrl,
    isDoor: (resource) => doorOf(publicUrl, resource) !== undefined,
    resourceOfScope: (scope) => resourceOfScope(publicUrl, scope),
    stepUpScopes: [...stepUps.keys()],
    stepUpOf: (scope) => strictestOf(scope.split(' ').flatMap((each) => stepUps.get(each) ?? [])),
    msMet: (signIn, stepUp) => {
      const subject = desk.live(signIn)?.subject;
      return subject ? msLeft(stepUp, subject, clock.now()) : 0;
    },
    isLive: (signIn) => desk.live(signIn) !== undefined,
    absoluteMs: identity.absoluteMs,
    accessMs: limits.credentialMs,
    registration: identity.clients.registration,
    origins: new Set(listen.origins),
    clientMetadata: identity.clients.metadataDocuments,
    privateHosts: identity.clients.privateHosts,
    cookieKey: Buffer.from(derivedKey(kek, 'authorization cookies')).toString('base64url'),
    clients,
    grants,
    onRegistered: (client) => void log.append({ type: 'client.registered', data: { client } }).catch(() => {}),
    onRefused: (refused, address, refusal) =>
      void oauthRefusals
        .record({
          code: refusal?.code ?? 'sign_in_refused',
          address,
          more: { error: refused, ...(refusal ? { why: refusal.text } : {}) },
        })
        .catch(() => {}),
    onRevoked,
    onBug,
  });
  return server;
}

/** The ways a sign-in ends, with what came of it on every door. */
function endingsOf(desk: SignInDesk, { log, store: { credentials } }: PeopleParts, signOuts: SignOuts) {
  const endSessions = async (which: (subject: Subject) => boolean): Promise<void> => {
    credentials.removeOf(which);
    await Promise.all(signOuts.doors.map((door) => door.end(which)));
  };
  /** What came of sign-ins that are over, or of sign-ins that were made of those. */
  const endOrphans = (): Promise<void> =>
    endSessions(({ signIn }) => signIn !== undefined && desk.live(signIn) === undefined);
  const endSignIns = async (signIns: readonly SignIn[], reason: string): Promise<void> => {
    for (const { id } of signIns) desk.end(id);
    await endOrphans();
    for (const { id, subject } of signIns) {
      await log.append({ type: 'auth.signed_out', subject: nameOf(subject), data: { sign_in: id, reason } });
    }
  };
  /** A client that gave its tokens back, or lost them: what it has open in this sign-in, and nothing else of it. */
  const endClient = async (id: string, agent: string | null): Promise<void> => {
    const signIn = desk.live(id);
    if (signIn && grantNames.has(signIn.provider)) return endSignIns([signIn], 'client');
    const subject = signIn?.subject;
    await endSessions((each) => each.signIn === id && (each.agent ?? null) === agent);
    if (!subject) return;
    const data = { sign_in: id, reason: 'client', ...(agent === null ? {} : { client: agent }) };
    await log.append({ type: 'auth.signed_out', subject: nameOf(subject), data });
  };
  return { endOrphans, endSignIns, endClient };
}

const grantNames: ReadonlySet<string> = new Set(Object.values(grantTypes));

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
  if (!idp.ok)
    return refuse('config_invalid', `identity.providers.${name}: ${each.metadataFile}: ${idp.error.text}`, {
      next: 'Save the metadata of the identity provider there anew.',
    });
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
