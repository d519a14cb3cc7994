// The authorization-server scenarios of the official conformance suite, against the gate: what it says of itself, and a whole
// authorization code grant in which a person signs in at their provider. Every check that does not succeed is printed.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { freePort } from '../../../demo/ports.ts';
import { type Hospital, signInAt, startHospital } from '../../parts/hospital.ts';
import { UserAgent } from '../../parts/user-agent.ts';
import { runAuthorization } from './suite.ts';

let hospital: Hospital;

before(async () => {
  hospital = await startHospital();
  await hospital.clinic.startGate();
});
after(() => hospital?.stop());

it('0.2.0-alpha.12, authorization server', async (test) => {
  const { clinic, provider } = hospital;
  const port = await freePort();
  const callback = `http://127.0.0.1:${port}/callback`;
  const registered = await fetch(`${clinic.url}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'conformance' }),
  });
  const { client_id: client } = (await registered.json()) as { readonly client_id: string };
  const verdicts = await runAuthorization(
    { url: clinic.url, client, port, resource: `${clinic.url}/mcp/ehr-tools` },
    async (address) => {
      const agent = new UserAgent();
      const consent = await signInAt(provider, agent, await agent.get(address), 'ana');
      await agent.submit(consent, 'value="allow"');
    },
  );
  test.diagnostic([...verdicts].map(([check, { status }]) => `${check}: ${status}`).join(', '));
  const others = [...verdicts].filter(([, { status }]) => status !== 'SUCCESS');
  for (const [check, { status, words }] of others) test.diagnostic(`${check}: ${status} ${words}`);
  assert.deepEqual(others, []);
  assert.equal(verdicts.size, 3, 'metadata, client metadata documents, authorization code grant');
});
