// The clinic with a provider people sign in at, and the ways through their pages that tests share.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clinic, startClinic } from './clinic.ts';
import { type OpenIdProvider, startOpenIdProvider } from './openid-provider.ts';
import type { Page, UserAgent } from './user-agent.ts';

export interface Hospital {
  readonly clinic: Clinic;
  readonly provider: OpenIdProvider;
  stop(): Promise<void>;
}

/** `more` goes into the section of the provider, `others` beside it, `also` into the section of identity. */
export async function startHospital(
  more = '',
  others = '',
  also: (clinic: Clinic, provider: OpenIdProvider) => string = () => '',
): Promise<Hospital> {
  const clinic = await startClinic();
  const provider = await startOpenIdProvider(`${clinic.url}/signin/callback/hospital`);
  provider.people['ana'] = { groups: ['analysts'], email: 'ana@hospital.example', email_verified: true, name: 'Ana' };
  provider.people['pia'] = { groups: ['privacy-officers'], email: 'pia@hospital.example', email_verified: true };
  provider.people['many'] = { _claim_names: { groups: 'src1' } };
  await writeFile(join(clinic.directory, 'secret'), provider.client.secret, { mode: 0o600 });
  const section = `identity:
  providers:
    hospital: { type: oidc, issuer: "${provider.issuer}", client_id: ${provider.client.id}, client_secret: "\${file:./secret}"${more} }
${others}${also(clinic, provider)}`;
  await clinic.writeConfig((text) => text.replace('identity:\n', section));
  return {
    clinic,
    provider,
    stop: async () => {
      await provider.close();
      await clinic.stop();
    },
  };
}

/** Signs in at the provider, whose own pages come first. */
export async function signInAt(provider: OpenIdProvider, agent: UserAgent, page: Page, person: string): Promise<Page> {
  assert.equal(page.url.origin, provider.issuer, page.html);
  const consent = await agent.submit(page, 'name="login"', { login: person, password: 'x' });
  return agent.submit(consent, 'value="consent"');
}
