// Token → Subject, at every door: a token of a trusted issuer as it is, or one the gate itself gave a client for this door.
// INVARIANT: nobody comes in by a token made before they were signed out, or for another door.

import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { keepNewest } from '../core/newest.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { type Door, resourceOf } from '../identity/audience.ts';
import { type StepUps, scopesMet } from '../identity/step-up.ts';
import { actingFor } from '../identity/subject.ts';
import { type TrustedIssuer, verifyToken } from '../identity/token.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeptRecords } from '../ports/kept-records.ts';
import type { SignInDesk } from './sign-in-desk.ts';

/** A live access token of the gate's own authorization server. */
export interface OwnToken {
  readonly signIn: string;
  /** The client that acts for the person; null for the gate's own command line. */
  readonly agent: string | null;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

export interface CallerTokenDeps {
  readonly clock: Clock;
  readonly records: KeptRecords;
  readonly publicUrl: string;
  readonly trusted: readonly TrustedIssuer[];
  /** Scopes that ask more of a sign-in. */
  readonly stepUps?: StepUps;
  /** Null where nobody signs in at this gate. */
  readonly own: {
    readonly desk: Pick<SignInDesk, 'live'>;
    readonly find: (token: string) => Promise<OwnToken | undefined>;
  } | null;
}

export type Authenticate = (token: string, door: Door) => Promise<Result<Subject>>;

/** Refused: token_*, signed_out. */
export function createAuthenticate(deps: CallerTokenDeps): Authenticate {
  const { clock, records, publicUrl, trusted, own, stepUps = new Map() } = deps;
  const verify = remembering(trusted);
  return async (token, door) => {
    const ours = own && (await own.find(token));
    if (ours) {
      if (ours.resource !== resourceOf(publicUrl, door))
        return refuse('token_audience', 'The token was made for another door of this gate.', {
          next: 'Let the client ask for a token with this door as its resource (RFC 8707).',
        });
      const signIn = own.desk.live(ours.signIn);
      if (!signIn) return refuse('signed_out', errors.signed_out.text);
      const { expiresMs, agent } = ours;
      // An agent has what it asked for alone; a person with the gate's own command line, what their sign-in is enough for.
      const asked = agent === null && signIn.subject.agent === undefined ? stepUps.keys() : ours.scopes;
      return ok({
        ...signIn.subject,
        ...(agent === null ? {} : actingFor([agent, ...(signIn.actors ?? [])])),
        ...named(scopesMet(asked, stepUps, signIn.subject, clock.now())),
        expiresMs,
        signIn: signIn.id,
      });
    }
    const known = verify(token, clock.now());
    const verified = known instanceof Promise ? await known : known;
    if (!verified.ok) return verified;
    if (isEnded(records, verified.value, clock.now())) return refuse('signed_out', errors.signed_out.text);
    // A token of somebody else's has no scopes of ours: how its person proved themselves is what counts.
    if (stepUps.size === 0) return verified;
    const scopes = scopesMet(stepUps.keys(), stepUps, verified.value, clock.now());
    return ok({ ...verified.value, ...named(scopes) });
  };
}

function named(scopes: NonNullable<Subject['scopes']>): Pick<Subject, 'scopes'> {
  return Object.keys(scopes).length === 0 ? {} : { scopes };
}

export type IsSignedOut = (subject: Subject) => boolean;

/**
 * Whether somebody who was let in has been signed out since. Asked again where what they came for is ready, in the same turn as
 * it is listed for closing: a sign-out that came meanwhile found nothing there.
 */
export function createIsSignedOut({
  clock,
  records,
  own,
}: Pick<CallerTokenDeps, 'clock' | 'records' | 'own'>): IsSignedOut {
  return (subject) =>
    subject.signIn === undefined
      ? isEnded(records, subject, clock.now())
      : own?.desk.live(subject.signIn) === undefined;
}

/** How long a signature that was verified is believed: so much longer counts a key its issuer has withdrawn. */
const believedMs = 30_000;
const believedTokensMax = 1_000;

/** `verifyToken`, but not of the same token again and again: a client sends one with each request. */
function remembering(
  trusted: readonly TrustedIssuer[],
): (token: string, now: number) => Result<Subject> | Promise<Result<Subject>> {
  const believed = new Map<string, { readonly verified: Result<Subject>; readonly untilMs: number }>();
  const ask = async (token: string, now: number): Promise<Result<Subject>> => {
    believed.delete(token);
    const verified = await verifyToken(token, trusted, now);
    if (!verified.ok) return verified;
    believed.set(token, { verified, untilMs: Math.min(now + believedMs, verified.value.expiresMs ?? 0) });
    keepNewest(believed, believedTokensMax);
    return verified;
  };
  return (token, now) => {
    const known = believed.get(token);
    return known && now < known.untilMs ? known.verified : ask(token, now);
  };
}

const revocationMs = 366 * 86_400_000;

/** From now on no token of this subject counts that was made until now. */
export function endTokensOf(
  records: KeptRecords,
  { id, issuer }: { readonly id: string; readonly issuer: string },
  now: number,
): void {
  records.put('tokens ended', JSON.stringify([issuer, id]), { atMs: now }, now + revocationMs);
}

/** Whether what proves this subject was made before its tokens were ended. */
export function isEnded(
  records: KeptRecords,
  { id, issuer, issuedMs = 0 }: Pick<Subject, 'id' | 'issuer' | 'issuedMs'>,
  now: number,
): boolean {
  const ended = records.get('tokens ended', JSON.stringify([issuer, id]), now);
  return ended !== undefined && issuedMs <= ended.atMs;
}
