// When oidc-provider has a person sign in anew, and which scopes a token has: scopes that ask more of a sign-in are given while
// it meets them. What that takes is decided elsewhere.

import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { StepUp } from '../../identity/step-up.ts';

export interface StepUpDeps {
  /** Scopes that ask more of a sign-in. */
  readonly stepUpScopes: readonly string[];
  /** What these scopes ask of a sign-in; null where they ask nothing. */
  readonly stepUpOf: (scope: string) => StepUp | null;
  /** How long the sign-in meets that; 0 or less = not. */
  readonly msMet: (signIn: string, stepUp: StepUp) => number;
  /** Whether a sign-in lasts. */
  readonly isLive: (signIn: string) => boolean;
}

/** Sign-in is asked for anew once it has ended; consent for each client and door, and every time where it is no web site. */
export function promptPolicy({ isLive, stepUpOf, msMet }: StepUpDeps): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const ended = new interactionPolicy.Check('ended', 'the sign-in has ended', ({ oidc }) => {
    const signIn = oidc.session?.accountId;
    return signIn !== undefined && !isLive(signIn);
  });
  const tooWeak = new interactionPolicy.Check('step_up', 'a scope asks for a stronger sign-in', ({ oidc }) => {
    const signIn = oidc.session?.accountId;
    const scope = oidc.params?.['scope'];
    const stepUp = typeof scope === 'string' ? stepUpOf(scope) : null;
    return signIn !== undefined && stepUp !== null && msMet(signIn, stepUp) <= 0;
  });
  policy.get('login')?.checks.add(ended);
  policy.get('login')?.checks.add(tooWeak);
  return policy;
}

/**
 * Scopes that ask more of a sign-in, as far as a token can have them now. Whoever asks for authorization may ask for each: they are
 * met by then. A token outlives them, as there are clients that refresh what ends soon without end: what it says of them is
 * asked at each use, and counts for no longer than the proof.
 */
export function scopesNow(
  { oidc: { entities } }: KoaContextWithOIDC,
  { stepUpScopes, stepUpOf, msMet }: StepUpDeps,
): readonly string[] {
  const source = entities.AuthorizationCode ?? entities.RefreshToken ?? entities.DeviceCode;
  if (!source) return stepUpScopes;
  return stepUpScopes.filter((scope) => {
    const stepUp = source.scopes.has(scope) ? stepUpOf(scope) : null;
    return stepUp !== null && source.accountId !== undefined && msMet(source.accountId, stepUp) > 0;
  });
}
