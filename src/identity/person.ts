// Who a provider says a person is, and whether that is enough: claims of an ID token or attributes of a SAML assertion,
// already verified, → Subject. Pure. It refuses what cannot be known, and never guesses a group.

import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { isName, textsOf } from './claim-text.ts';
import { principalOf, subjectOf } from './subject.ts';

export interface PersonRules {
  /** Who vouches: the issuer of the ID token, the entity of the assertion. */
  readonly issuer: string;
  readonly groupsClaim: string;
  /** Authentication contexts that are enough (`acr`, AuthnContextClassRef); none = any. */
  readonly requireAcr: readonly string[];
  /** Authentication methods that must all have been used (`amr`, RFC 8176). */
  readonly requireAmr: readonly string[];
  /** Domains this provider may vouch for by e-mail address; none = any. */
  readonly domains: readonly string[];
}

/** Refused: sign_in_refused. */
export function personOf(claims: JsonObject, rules: PersonRules): Result<Subject> {
  const { sub } = claims;
  if (!isName(sub)) return refuse('sign_in_refused', 'The provider did not say who signed in.');
  const { acr } = claims;
  if (rules.requireAcr.length > 0 && !(typeof acr === 'string' && rules.requireAcr.includes(acr)))
    return refuse(
      'sign_in_refused',
      'The provider did not vouch for a sign-in as strong as this gate requires (acr).',
      {
        next: 'Sign in with the second factor your organisation asks for.',
      },
    );
  const amr = textsOf(claims['amr']);
  if (!rules.requireAmr.every((each) => amr.includes(each)))
    return refuse('sign_in_refused', 'The sign-in did not use every method this gate requires (amr).', {
      next: 'Sign in with the second factor your organisation asks for.',
    });
  if (isOverage(claims, rules.groupsClaim))
    return refuse('sign_in_refused', 'You are in more groups than the provider puts into a token (group overage).', {
      next: 'The operator should let the provider send the groups assigned to this application only, or app roles.',
    });
  // An address the person could have typed in themselves is no name to sign in under.
  const named = claims['email_verified'] === false ? { ...claims, email: null } : claims;
  const subject = subjectOf(
    { ...named, sub },
    { issuer: rules.issuer, groupsClaim: rules.groupsClaim, kind: 'person' },
  );
  const person = principalOf(subject);
  return ok({ ...person, aliases: person.aliases.filter((alias) => isOfDomain(alias, rules.domains)) });
}

/** Microsoft Entra: `_claim_names` names the groups, and points elsewhere for them. */
function isOverage(claims: JsonObject, groupsClaim: string): boolean {
  if (claims['hasgroups'] === true || claims['hasgroups'] === 'true') return true;
  const names = claims['_claim_names'];
  return typeof names === 'object' && names !== null && Object.hasOwn(names, groupsClaim);
}

function isOfDomain(alias: string, domains: readonly string[]): boolean {
  return domains.length === 0 || domains.includes(domainOf(alias) ?? '');
}

/** Of an e-mail address, in lower case. */
export function domainOf(address: string): string | undefined {
  return /^[^@\s]+@([^@\s]+)$/.exec(address)?.[1]?.toLowerCase();
}
