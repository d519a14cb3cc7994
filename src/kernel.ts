// What every door decides, records and masks by, made of the configuration and the open state. Part of the composition root.

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { keysAtUrl, keysInFile } from './adapters/jwks/key-source.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { type Decisions, openDecisions } from './compose-decisions.ts';
import { openRetention } from './compose-retention.ts';
import type { openPeople, People } from './compose-sign-in.ts';
import { createSignOuts, type SignOuts } from './compose-sign-outs.ts';
import type { TrustConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import type { Policy } from './core/decision.ts';
import type { Party } from './core/facts.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import type { ApprovalDesk } from './gateway/approval-desk.ts';
import type { EnforcementDeps } from './gateway/audited-session.ts';
import { type Authenticate, createAuthenticate, createIsSignedOut, type IsSignedOut } from './gateway/caller-tokens.ts';
import { type CredentialRequest, issueCredential } from './gateway/credential-desk.ts';
import { detectClasses } from './gateway/detected-classes.ts';
import { type PatientNaming, patientNamer, patientNaming } from './gateway/patient-names.ts';
import type { PostgresEntrance } from './gateway/postgres-door.ts';
import type { RetentionDesk } from './gateway/retention-desk.ts';
import { RulesInForce } from './gateway/rules-in-force.ts';
import { createToolDesk, type ToolDesk } from './gateway/tool-desk.ts';
import type { TrustedIssuer } from './identity/token.ts';
import { compilePolicy } from './policy/compile.ts';
import { onChangeOfReach, postgresConnections } from './postgres-connections.ts';
import { loadParser } from './sql/parse.ts';

/** What every door decides, records and masks by. */
export interface Kernel {
  readonly loaded: LoadedConfig;
  readonly foundation: Foundation;
  readonly log: Foundation['log'];
  readonly rules: RulesInForce;
  readonly desk: ApprovalDesk;
  readonly decisions: Decisions;
  /** The break-glass that is live for this subject on this connection. */
  readonly emergency: (subject: Party, connection: string) => string | undefined;
  readonly tools: ToolDesk;
  readonly patients: PatientNaming;
  readonly retention: RetentionDesk;
  readonly enforcement: EnforcementDeps;
  readonly routes: ReadonlyMap<string, PostgresEntrance>;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly authenticate: Authenticate;
  readonly isSignedOut: IsSignedOut;
  /** Null where nobody signs in at this gate. */
  readonly people: People | null;
  readonly signOuts: SignOuts;
  readonly issue: (request: CredentialRequest) => ReturnType<typeof issueCredential>;
  /** Where the PostgreSQL door listens; known once it does. */
  readonly postgresAt: { host: string; port: number };
  readonly onBug: (error: unknown) => void;
}

/** Between two lines about the same thing that anybody can set off. */
const tellMs = 60_000;

/** Null where neither provider nor client is configured: then nobody signs in here, and what that takes is not loaded. */
async function peopleOf(...parts: Parameters<typeof openPeople>): Promise<Result<People | null>> {
  const { providers, clients } = parts[0].config.identity;
  if (Object.keys(providers).length === 0 && Object.keys(clients.known).length === 0) return ok(null);
  const signIn = await import('./compose-sign-in.ts');
  return signIn.openPeople(...parts);
}

export async function createKernel(
  loaded: LoadedConfig,
  foundation: Foundation,
  logger: Logger,
): Promise<Result<Kernel>> {
  const { config } = loaded;
  const { keys, store, log } = foundation;
  const compiled = compilePolicy(config.policy);
  if (!compiled.ok) return refuse('config_invalid', 'The policy does not compile.');
  const trusted = await trustedIssuers(config.identity.trust, logger);
  if (!trusted.ok) return trusted;
  await loadParser();
  const signOuts = createSignOuts(foundation, config.identity, () => people?.desk);
  const opened = await peopleOf(loaded, foundation, signOuts, trusted.value, logger);
  if (!opened.ok) return opened;
  const people = opened.value;
  const rules = new RulesInForce(config, compiled.value, keys.derive('mask key'), clock);
  const decisions = openDecisions(loaded, foundation, rules, logger);
  if (!decisions.ok) return decisions;
  const { desk, breakGlass } = decisions.value;
  signOuts.belongings.push((id, issuer) => desk.recall(id, issuer));
  const emergency = (subject: Party, connection: string): string | undefined => breakGlass.live(subject, connection);
  const tools = createToolDesk({ clock, log, store: store.toolPins, reviewersOf: (name) => rules.reviewersOf(name) });
  const policy = (): Policy => rules.policy;
  const patientName = patientNamer(keys.derive('patient names'));
  const patients = patientNaming(rules, [patientName, ...keys.former('patient names').map(patientNamer)]);
  const naming = { patientName, patientKinds: rules.patientKindsOf };
  const typeOf = (name: string): string | undefined => config.connections[name]?.type;
  const credentialDesk = { clock, random, log, credentials: store.credentials, policy, typeOf };
  const tokens = tokensOf(loaded, foundation, trusted.value, people);
  return ok({
    loaded,
    foundation,
    log,
    rules,
    desk,
    decisions: decisions.value,
    emergency,
    tools,
    patients,
    retention: openRetention(config.audit.retainMs, foundation, patients),
    enforcement: { clock, random, log, desk, emergency, policy, ...naming, publicUrl: config.publicUrl },
    routes: postgresConnections(loaded, rules, {
      clock,
      random,
      detectClasses: (text) => detectClasses(text, rules.ownDetectors),
      derive: keys.derive,
      emergency: (subject, connection) => emergency(subject, connection) !== undefined,
      onReach: onChangeOfReach((connection, failure) => {
        const { code, text: reason } = failure ?? {};
        if (failure) logger.error({ connection, code, reason }, 'the database does not let the gate in');
        else logger.info({ connection }, 'the database is reached again');
      }),
    }),
    tls: await tlsOf(config.tls),
    authenticate: createAuthenticate(tokens),
    isSignedOut: createIsSignedOut(tokens),
    people,
    signOuts,
    issue: (request) => issueCredential(credentialDesk, request),
    postgresAt: { host: config.listen.postgres?.host ?? '', port: 0 },
    onBug: (error) => logger.error({ err: error }, 'a broken assertion closed a session'),
  });
}

/** What a caller's token is judged by. */
function tokensOf(
  { config }: LoadedConfig,
  { store }: Foundation,
  trusted: readonly TrustedIssuer[],
  people: People | null,
): Parameters<typeof createAuthenticate>[0] {
  return {
    clock,
    records: store.records,
    publicUrl: config.publicUrl,
    trusted: trusted.filter((_, at) => config.identity.trust[at]?.atDoors),
    stepUps: new Map(Object.entries(config.identity.stepUp)),
    own: people && { desk: people.desk, find: (token: string) => people.server.find(token) },
  };
}

async function tlsOf(tls: LoadedConfig['config']['tls']): Promise<Kernel['tls']> {
  return tls && { cert: await readFile(tls.certFile, 'utf8'), key: await readFile(tls.keyFile, 'utf8') };
}

async function trustedIssuers(trust: readonly TrustConfig[], logger: Logger): Promise<Result<TrustedIssuer[]>> {
  const trusted: TrustedIssuer[] = [];
  for (const { jwks, atDoors: _, ...each } of trust) {
    try {
      const onFailure = tellSeldom((err) =>
        logger.error({ issuer: each.issuer, err }, 'the keys of an issuer cannot be fetched: its tokens are refused'),
      );
      const resolve = 'file' in jwks ? await keysInFile(jwks.file) : keysAtUrl(jwks.url, onFailure);
      trusted.push({ ...each, resolve });
    } catch {
      return refuse('config_invalid', `The key set of ${each.issuer} is not a JWKS (RFC 7517).`);
    }
  }
  return ok(trusted);
}

/** Anybody may bring tokens. */
function tellSeldom(tell: (error: unknown) => void): (error: unknown) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = clock.now();
    if (now - toldMs < tellMs) return;
    toldMs = now;
    tell(error);
  };
}
