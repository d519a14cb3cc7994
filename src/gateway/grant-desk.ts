// Tokens without a browser: a workload as itself, a client that acts for the subject of a token it brings, a person an identity
// provider vouches for. INVARIANT: nobody acts for somebody without being named beside them; no token outlives what it was
// made of, or reaches a door its client was not given.

import type { ErrorCode } from '../core/errors.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result } from '../core/result.ts';
import { doorOf, resourceOfScope } from '../identity/audience.ts';
import { type Actor, actorsOf, mayAct } from '../identity/delegation.ts';
import type { Asserter, KnownClient } from '../identity/grants.ts';
import { readIdJag } from '../identity/id-jag.ts';
import { actingFor, principalOf } from '../identity/subject.ts';
import { type TrustedIssuer, type VerifiedToken, verifyClaims } from '../identity/token.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeptRecords } from '../ports/kept-records.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { SignIn } from '../ports/sign-in.ts';
import {
  type Grant,
  type Granted,
  type GrantRefusal,
  type GrantRequest,
  grantTypes,
  type TokenGrants,
  tokenTypes,
} from '../ports/token-grants.ts';
import { isEnded, type OwnToken } from './caller-tokens.ts';
import { isFirstTime } from './presented-once.ts';

export interface GrantDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'append'>;
  readonly records: KeptRecords;
  readonly publicUrl: string;
  /** The one scope there is. */
  readonly scope: string;
  /** By client id. */
  readonly clients: ReadonlyMap<string, KnownClient>;
  readonly trusted: readonly TrustedIssuer[];
  readonly asserters: readonly Asserter[];
  /** An access token of this gate. */
  readonly findOwn: (token: string) => Promise<OwnToken | undefined>;
  readonly liveSignIn: (id: string) => SignIn | undefined;
  /** How long a session goes on without a token that is renewed, and at the longest. */
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** Who a token will be for, and until when at the latest. */
interface Proven {
  readonly subject: Subject;
  /** The one who acts now first. */
  readonly actors: readonly string[];
  readonly untilMs: number;
  /** Whose tokens it is made of: none of them may have been ended since they were made. */
  readonly proofs: readonly Pick<Subject, 'id' | 'issuer' | 'issuedMs'>[];
  readonly parent?: string;
}

type Outcome<T> = Result<T, GrantRefusal>;

export class GrantDesk implements TokenGrants {
  readonly #deps: GrantDeskDeps;

  constructor(deps: GrantDeskDeps) {
    this.#deps = deps;
  }

  async grant(kind: Grant, request: GrantRequest): Promise<Outcome<Granted>> {
    const client = this.#deps.clients.get(request.client);
    if (!client) return refused('unauthorized_client', 'This client is not known by name here.');
    if (kind === 'assertion') return this.#assertion(client, request);
    const { scope, resource, audience } = request.params;
    if (resource !== undefined && audience !== undefined && audience !== resource)
      return refused('invalid_target', 'A token is for one door: resource and audience name two.');
    const named = resource ?? audience ?? resourceOfScope(this.#deps.publicUrl, scope ?? '');
    const target = this.#target(client, named, scope);
    if (!target.ok) return target;
    const proven = kind === 'workload' ? this.#workload(client) : await this.#exchange(client, request);
    return proven.ok ? this.#admit(kind, request, target.value, proven.value) : proven;
  }

  firstTime(issuer: string, id: string, untilMs: number): boolean {
    return isFirstTime(this.#deps, JSON.stringify([issuer, id]), untilMs);
  }

  #workload({ workload }: KnownClient): Outcome<Proven> {
    if (!workload) return refused('unauthorized_client', 'This client may not come in as itself.');
    const { clock, publicUrl } = this.#deps;
    const { subject: id, groups } = workload;
    const subject = { id, issuer: publicUrl, kind: 'workload', groups, aliases: [] } as const;
    return ok({ subject, actors: [], proofs: [], untilMs: clock.now() + limits.credentialMs });
  }

  /** RFC 8693 §2.1. There is no impersonation: who brings the token acts, unless an actor token names another who does. */
  async #exchange({ exchange }: KnownClient, { client, params }: GrantRequest): Promise<Outcome<Proven>> {
    if (!exchange) return refused('unauthorized_client', 'This client may not exchange tokens.');
    const { subject_token: token, actor_token: actorToken, actor_token_type: actorType } = params;
    const { requested_token_type: wanted = tokenTypes.access } = params;
    if (token === undefined) return refused('invalid_request', 'subject_token is missing.');
    if (!isTokenType(params['subject_token_type']))
      return refused('invalid_request', 'subject_token_type is missing, or none this gate reads.');
    if (wanted !== tokenTypes.access) return refused('invalid_request', 'This gate makes access tokens only.');
    if (
      (actorToken === undefined) !== (actorType === undefined) ||
      (actorType !== undefined && !isTokenType(actorType))
    )
      return refused('invalid_request', 'actor_token and actor_token_type come together, of a type this gate reads.');
    const brought = await this.#bring(token, exchange.subjects);
    if (!brought.ok) return brought;
    const { proven, claims } = brought.value;
    const acting = actorToken === undefined ? null : await this.#actor(actorToken, exchange.actors);
    if (acting && !acting.ok) return acting;
    const actor: Actor = acting ? acting.value : { issuer: this.#deps.publicUrl, id: client };
    if (!mayAct(claims, actor))
      return refused('invalid_grant', 'The token says who may act for its subject, and that is somebody else.');
    return ok({
      ...proven,
      actors: [actor.id, ...proven.actors],
      untilMs: acting ? Math.min(proven.untilMs, acting.value.untilMs) : proven.untilMs,
      proofs: acting ? [...proven.proofs, acting.value] : proven.proofs,
    });
  }

  /** The subject of a token that was brought, with whoever acts for it already. */
  async #bring(
    token: string,
    issuers: readonly string[],
  ): Promise<Outcome<{ readonly proven: Proven; readonly claims: VerifiedToken['claims'] }>> {
    const { publicUrl, liveSignIn } = this.#deps;
    const own = await this.#deps.findOwn(token);
    if (own) {
      const signIn = liveSignIn(own.signIn);
      if (!signIn) return refused('invalid_grant', 'The sign-in the token comes from has been ended.', 'signed_out');
      if (!issuers.includes(publicUrl))
        return refused('invalid_grant', 'This client may not bring tokens of this gate.', 'token_issuer');
      const actors = [...(own.agent === null ? [] : [own.agent]), ...(signIn.actors ?? [])];
      const proven = { subject: signIn.subject, actors, untilMs: own.expiresMs, proofs: [], parent: signIn.id };
      return ok({ proven, claims: {} });
    }
    const verified = await this.#verified(token, issuers);
    if (!verified.ok) return verified;
    const { subject, claims } = verified.value;
    const actors = actorsOf(claims['act']) ?? [];
    const proven = { subject, actors, untilMs: subject.expiresMs ?? 0, proofs: [subject] };
    return ok({ proven, claims });
  }

  async #actor(
    token: string,
    allowed: NonNullable<KnownClient['exchange']>['actors'],
  ): Promise<Outcome<Actor & { readonly untilMs: number; readonly issuedMs: number }>> {
    const verified = await this.#verified(
      token,
      allowed.map((each) => each.issuer),
    );
    if (!verified.ok) return verified;
    const { id, issuer, agent, expiresMs: untilMs = 0, issuedMs = 0 } = verified.value.subject;
    if (agent !== undefined)
      return refused(
        'invalid_grant',
        'The actor token is one that somebody else acts by; the actor has to come itself.',
      );
    if (!allowed.some((each) => each.issuer === issuer && each.subjects.includes(id)))
      return refused('invalid_grant', 'The subject of the actor token may not act through this client.');
    return ok({ id, issuer, untilMs, issuedMs });
  }

  async #verified(token: string, issuers: readonly string[]): Promise<Outcome<VerifiedToken>> {
    const { clock, trusted } = this.#deps;
    const candidates = trusted.filter((each) => issuers.includes(each.issuer));
    const verified = await verifyClaims(token, candidates, clock.now());
    return verified.ok ? verified : invalid(verified.error);
  }

  /** An ID-JAG names the door itself, and is spent by being presented. */
  async #assertion(client: KnownClient, request: GrantRequest): Promise<Outcome<Granted>> {
    const { assertion, resource, scope } = request.params;
    if (client.assertions.length === 0)
      return refused('unauthorized_client', 'No identity provider may send people through this client.');
    if (assertion === undefined) return refused('invalid_request', 'assertion is missing.');
    const { asserters, publicUrl: here, clock } = this.#deps;
    const issuers = asserters.filter((each) => client.assertions.includes(each.issuer));
    const read = await readIdJag(assertion, issuers, { here, client: request.client, now: clock.now() });
    if (!read.ok) return invalid(read.error);
    const { claims, issuer, jti, expiresMs, resources, scopes } = read.value;
    const [only, ...others] = resources;
    const named = resource ?? (others.length === 0 ? only : undefined);
    if (named === undefined || !resources.includes(named))
      return refused(
        'invalid_target',
        'The assertion does not name that resource, or names several and none was chosen.',
      );
    if (scopes && ![this.#deps.scope, ...scopesOf(scope)].every((each) => scopes.includes(each)))
      return refused('invalid_scope', 'The identity provider did not grant that scope.');
    const target = this.#target(client, named, scope);
    if (!target.ok) return target;
    const subject = issuers.find((each) => each.issuer === issuer)?.subjectOf(claims);
    const prior = claims['act'] === undefined ? [] : actorsOf(claims['act']);
    if (!subject || !prior) return refused('invalid_grant', 'The assertion cannot be read: who acts (act).');
    if (!subject.ok) return invalid(subject.error);
    const issuedMs = typeof claims['iat'] === 'number' ? claims['iat'] * 1000 : 0;
    if (!this.firstTime(issuer, jti, expiresMs))
      return refused('invalid_grant', 'The assertion has been presented before.', 'token_invalid');
    return this.#admit('assertion', request, target.value, {
      subject: subject.value,
      actors: [request.client, ...prior],
      untilMs: clock.now() + limits.credentialMs,
      proofs: [{ ...subject.value, issuedMs }],
    });
  }

  /** The door a token is for; one its client was given. */
  #target(client: KnownClient, resource: string | undefined, scope: string | undefined): Outcome<string> {
    const { publicUrl } = this.#deps;
    if (resource === undefined) return refused('invalid_target', 'resource is required (RFC 8707).');
    const door = doorOf(publicUrl, resource);
    if (!door) return refused('invalid_target', 'resource is no door of this gate.');
    const name = door.kind === 'api' ? 'api' : `${door.kind}/${door.connection}`;
    if (client.doors === null ? door.kind === 'api' : !client.doors.includes(name))
      return refused('invalid_target', 'This client may not have tokens for that door.');
    const isOfDoor = (each: string): boolean => resourceOfScope(publicUrl, each) === resource;
    if (!scopesOf(scope).every((each) => each === this.#deps.scope || isOfDoor(each)))
      return refused('invalid_scope', 'This gate has no such scope.');
    return ok(resource);
  }

  /** INVARIANT: on record before the token is made. */
  async #admit(kind: Grant, request: GrantRequest, resource: string, proven: Proven): Promise<Outcome<Granted>> {
    const { clock, records, log, publicUrl } = this.#deps;
    const now = clock.now();
    const endsMs = Math.min(proven.untilMs, now + limits.credentialMs);
    if (endsMs - now < 1000) return refused('invalid_grant', 'What was brought ends now.', 'token_expired');
    const { actors, parent } = proven;
    if (actors.length > limits.actorsMax)
      return refused('invalid_grant', 'More act for each other than can be vouched for.');
    if (proven.proofs.some((each) => isEnded(records, each, now)))
      return refused('invalid_grant', 'What was brought was made before its subject was signed out.', 'signed_out');
    const { subject, ...signIn } = this.#signInFor(kind, request.client, resource, proven, endsMs);
    const door = doorOf(publicUrl, resource);
    await log.append({
      type: 'auth.accepted',
      subject: nameOf(subject),
      ...(door && door.kind !== 'api' ? { connection: door.connection } : {}),
      data: {
        door: 'oauth',
        grant: grantTypes[kind],
        client: request.client,
        sign_in: signIn.id,
        ...(parent === undefined ? {} : { of: parent }),
        ...(actors.length === 0 ? {} : { act: [...actors] }),
        address: request.address,
      },
    });
    return ok({ signIn: signIn.id, resource, expiresMs: endsMs });
  }

  /**
   * The same for every token of the same client, for the same subject and door: a session that is open goes on with the next.
   * It outlives its tokens by as much as a session may be idle; a workload's lasts like a person's.
   */
  #signInFor(kind: Grant, client: string, resource: string, proven: Proven, tokenEndsMs: number): SignIn {
    const { clock, random, records, liveSignIn, idleMs, absoluteMs } = this.#deps;
    const { actors, parent } = proven;
    const subject: Subject = { ...principalOf(proven.subject), ...actingFor(actors) };
    const groups = subject.groups.toSorted();
    const uid = JSON.stringify([kind, client, resource, subject.issuer, subject.id, groups, actors, parent ?? null]);
    const now = clock.now();
    const known = records.find('sign-in', 'uid', uid, now).find(({ id }) => liveSignIn(id));
    const endsMs = Math.max(known?.endsMs ?? 0, kind === 'workload' ? now + absoluteMs : tokenEndsMs + idleMs);
    const signIn: SignIn = {
      id: known?.id ?? random.id('i'),
      subject,
      provider: grantTypes[kind],
      startedMs: known?.startedMs ?? now,
      endsMs,
      ...(parent === undefined ? {} : { parent }),
      ...(actors.length === 0 ? {} : { actors }),
    };
    const index = parent === undefined ? {} : { session: parent };
    records.put('sign-in', signIn.id, signIn, endsMs, { subject: subject.id, uid, ...index });
    return signIn;
  }
}

function refused(
  error: GrantRefusal['error'],
  text: string,
  code: ErrorCode = 'grant_refused',
): { readonly ok: false; readonly error: GrantRefusal } {
  return fail({ error, text, code });
}

/** What was brought is not accepted: RFC 6749 §5.2, RFC 8693 §2.2.2. */
function invalid({ code, text }: Refusal): { readonly ok: false; readonly error: GrantRefusal } {
  return refused('invalid_grant', text, code);
}

function isTokenType(type: string | undefined): boolean {
  return type === tokenTypes.access || type === tokenTypes.jwt || type === tokenTypes.id;
}

function scopesOf(scope: string | undefined): readonly string[] {
  return (scope ?? '').split(' ').filter((each) => each !== '');
}
