// Authorization requests of clients that wait for a person, for the pages of the sign-in. INVARIANT: a request is shown and
// gone on with only in the browser it began in, known by the cookie that was set there.

import type { Provider } from 'oidc-provider';
import type { StepUp } from '../../identity/step-up.ts';
import type { AuthorizationRequests, PendingAuthorization } from '../../ports/sign-in.ts';
import { cookieOf } from '../../wire/http/cookies.ts';

export const requestCookie = 'chartgate-request';

type Interaction = InstanceType<Provider['Interaction']>;

export function requestsOf(provider: Provider, stepUpOf: (scope: string) => StepUp | null): AuthorizationRequests {
  const load = async (id: string): Promise<Interaction> => {
    const interaction = await provider.Interaction.find(id);
    if (!interaction) throw new Error('the authorization request ended while it was looked at');
    return interaction;
  };
  /** Where the browser goes on to once this is known. */
  const settle = async (interaction: Interaction, result: NonNullable<Interaction['result']>): Promise<string> => {
    interaction.result = { ...interaction.lastSubmission, ...result };
    await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
    return interaction.returnTo;
  };
  return {
    async find(id, cookieHeader) {
      if (cookieOf(cookieHeader, requestCookie) !== id) return undefined;
      const interaction = await provider.Interaction.find(id);
      if (!interaction || interaction.uid !== id || !(await isSameSession(provider, interaction))) return undefined;
      return pendingOf(provider, interaction, stepUpOf);
    },
    async signedIn(id, signIn) {
      const interaction = await load(id);
      const uid = interaction.session?.uid;
      const session = uid === undefined ? undefined : await provider.Session.findByUid(uid);
      if (session && session.accountId !== undefined && session.accountId !== signIn) {
        // Somebody else signed in here, or the same person anew: what clients were granted before is not theirs.
        session.accountId = signIn;
        session.authorizations = {};
        await session.persist();
      }
      return settle(interaction, { login: { accountId: signIn } });
    },
    async consented(id) {
      const interaction = await load(id);
      const { prompt, params, session, grantId } = interaction;
      const accountId = session?.accountId;
      if (accountId === undefined) throw new Error('a consent without a sign-in');
      const grant =
        (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
        new provider.Grant({ accountId, clientId: String(params['client_id']) });
      const { missingOIDCScope, missingResourceScopes } = prompt.details as {
        missingOIDCScope?: string[];
        missingResourceScopes?: Record<string, string[]>;
      };
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
      for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
        grant.addResourceScope(resource, scopes.join(' '));
      return settle(interaction, { consent: { grantId: await grant.save() } });
    },
    async refused(id) {
      const result = { error: 'access_denied', error_description: 'The person did not allow it.' };
      return settle(await load(id), result);
    },
  };
}

async function isSameSession(provider: Provider, { session }: Interaction): Promise<boolean> {
  if (session?.uid === undefined) return true;
  return (await provider.Session.findByUid(session.uid))?.accountId === session.accountId;
}

async function pendingOf(
  provider: Provider,
  { uid, iat, prompt, params, session }: Interaction,
  stepUpOf: (scope: string) => StepUp | null,
): Promise<PendingAuthorization | undefined> {
  if (prompt.name !== 'login' && prompt.name !== 'consent') return undefined;
  const id = String(params['client_id']);
  const client = await provider.Client.find(id);
  if (!client) return undefined;
  const { redirect_uri: redirect, login_hint: hint, resource, scope } = params;
  return {
    id: uid,
    prompt: prompt.name,
    fresh: prompt.reasons.some((reason) => reason === 'login_prompt' || reason === 'max_age'),
    begunMs: iat * 1000,
    signIn: session?.accountId ?? null,
    client: {
      id,
      name: client.clientName ?? id,
      host: typeof redirect === 'string' ? placeOf(redirect) : 'the device that shows the code',
    },
    resources: [resource].flat().filter((each) => typeof each === 'string'),
    loginHint: typeof hint === 'string' ? hint : null,
    stepUp: typeof scope === 'string' ? stepUpOf(scope) : null,
  };
}

/** A host where there is one; an application's own scheme has none worth showing. */
function placeOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return protocol === 'https:' || protocol === 'http:' ? host : protocol;
}
