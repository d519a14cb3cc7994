// Claims → Subject. Pure; the claims have been verified before they come here.

import type { JWTPayload } from 'jose';
import type { Subject } from '../core/facts.ts';
import { isJsonObject } from '../core/json.ts';
import { isName, textsOf } from './claim-text.ts';
import { actorsOf } from './delegation.ts';

/** The caller has seen that `sub` is a name. Claims of another type than expected count as absent. */
export function subjectOf(
  claims: JWTPayload,
  trust: { readonly issuer: string; readonly groupsClaim: string; readonly kind: Subject['kind'] },
): Subject {
  const aliases = [text(claims['email']), text(claims['preferred_username'])].filter((each) => each !== undefined);
  const name = text(claims['name']);
  const actors = actorsOf(claims['act']) ?? [];
  return {
    id: claims.sub ?? '',
    issuer: trust.issuer,
    kind: trust.kind,
    groups: groupsOf(claims, trust.groupsClaim),
    aliases,
    ...(name === undefined ? {} : { name }),
    ...actingFor(actors),
    ...(claims.iat === undefined ? {} : { issuedMs: claims.iat * 1000 }),
    ...provenIn(claims),
    ...(claims.exp === undefined ? {} : { expiresMs: claims.exp * 1000 }),
  };
}

/** Without who acts for it, and without what belongs to the credential or sign-in that proved it. */
export function principalOf(subject: Subject): Subject {
  const { expiresMs: _, issuedMs: __, agent: ___, actors: ____, signIn: _____, ...principal } = subject;
  return principal;
}

/** Who acts for a subject, as it says so: the one who acts now first. */
export function actingFor(actors: readonly string[]): Pick<Subject, 'agent' | 'actors'> {
  const [agent, ...others] = actors;
  return { ...(agent === undefined ? {} : { agent }), ...(others.length === 0 ? {} : { actors }) };
}

/** OpenID Connect Core 1.0 §2; `amr` by RFC 8176. */
function provenIn({ acr, amr, auth_time: at }: JWTPayload): Pick<Subject, 'acr' | 'amr' | 'authenticatedMs'> {
  const context = text(acr);
  const methods = textsOf(amr);
  return {
    ...(context === undefined ? {} : { acr: context }),
    ...(methods.length === 0 ? {} : { amr: methods }),
    ...(typeof at === 'number' ? { authenticatedMs: at * 1000 } : {}),
  };
}

/** The claim by its exact name, else by path (`realm_access.roles`): a list of strings, or one string. */
function groupsOf(claims: JWTPayload, claim: string): string[] {
  const value =
    claims[claim] ?? claim.split('.').reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), claims);
  return textsOf(value);
}

/** Whether this subject may sign in under that user name. */
export function answersTo(subject: Subject, userName: string): boolean {
  return subject.id === userName || subject.aliases.includes(userName);
}

function text(value: unknown): string | undefined {
  return isName(value) ? value : undefined;
}
