// Claims → Subject. Pure; the claims have been verified before they come here.

import type { JWTPayload } from 'jose';
import type { Subject } from '../core/facts.ts';
import { isJsonObject } from '../core/json.ts';

/** `sub` is required by the caller. Claims of another type than expected count as absent. */
export function subjectOf(
  claims: JWTPayload,
  trust: { readonly issuer: string; readonly groupsClaim: string; readonly kind: Subject['kind'] },
): Subject {
  const aliases = [text(claims['email']), text(claims['preferred_username'])].filter((each) => each !== undefined);
  const name = text(claims['name']);
  const act = claims['act'];
  const agent = isJsonObject(act) ? text(act['sub']) : undefined;
  return {
    id: claims.sub ?? '',
    issuer: trust.issuer,
    kind: trust.kind,
    groups: groupsOf(claims, trust.groupsClaim),
    aliases,
    ...(name === undefined ? {} : { name }),
    ...(agent === undefined ? {} : { agent }),
    ...(claims.iat === undefined ? {} : { issuedMs: claims.iat * 1000 }),
    ...provenIn(claims),
    ...(claims.exp === undefined ? {} : { expiresMs: claims.exp * 1000 }),
  };
}

/** OpenID Connect Core 1.0 §2. */
function provenIn({ acr, auth_time: at }: JWTPayload): Pick<Subject, 'acr' | 'authenticatedMs'> {
  const context = text(acr);
  return {
    ...(context === undefined ? {} : { acr: context }),
    ...(typeof at === 'number' ? { authenticatedMs: at * 1000 } : {}),
  };
}

/** The claim by its exact name, else by path (`realm_access.roles`): a list of strings, or one string. */
function groupsOf(claims: JWTPayload, claim: string): string[] {
  const value =
    claims[claim] ?? claim.split('.').reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), claims);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Whether this subject may sign in under that user name. */
export function answersTo(subject: Subject, userName: string): boolean {
  return subject.id === userName || subject.aliases.includes(userName);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
