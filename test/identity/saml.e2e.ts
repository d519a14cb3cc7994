// People sign in at a real SimpleSAMLphp, in clear and with encrypted assertions; and what an attacker makes of a response
// is refused, each shape of it.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import type { Hospital } from '../parts/hospital.ts';
import { logRecords } from '../parts/log-records.ts';
import { callback, oauthAt, type Registered } from '../parts/oauth-client.ts';
import { makeRsaKey, missing, type SimpleSamlPhp, startSimpleSamlPhp } from '../parts/simplesamlphp.ts';
import { type Page, UserAgent } from '../parts/user-agent.ts';

const options = missing === null ? {} : { skip: missing };
/** What SimpleSAMLphp says of a password over HTTP, and what it cannot say. */
const contexts = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
let clinic: Clinic;
const providers: SimpleSamlPhp[] = [];

before(async () => {
  if (missing !== null) return;
  clinic = await startClinic();
  makeRsaKey(clinic.directory, 'sp');
  const cert = await readFile(join(clinic.directory, 'sp.crt'), 'utf8');
  const sections: string[] = [];
  for (const [name, encryptTo] of [
    ['clear', null],
    ['sealed', cert],
  ] as const) {
    const consumerUrl = `${clinic.url}/signin/saml/${name}`;
    const idp = await startSimpleSamlPhp({ entityId: `${consumerUrl}/metadata`, consumerUrl, encryptTo });
    providers.push(idp);
    await writeFile(join(clinic.directory, `${name}.xml`), idp.metadata);
    const key = encryptTo === null ? '' : ', key: "${file:./sp.pem}", cert: ./sp.crt';
    sections.push(
      `    ${name}: { type: saml, metadata: ./${name}.xml, subject_attribute: uid, label: "The ${name} one"${key} }`,
    );
  }
  const stepUps = `  step_up:
    again: { acr: ["${contexts}Password"], within: 5s }
    stronger: { acr: ["${contexts}SmartcardPKI"], within: 15m }
`;
  await clinic.writeConfig((text) =>
    text.replace('identity:\n', `identity:\n  providers:\n${sections.join('\n')}\n${stepUps}`),
  );
  await clinic.startGate();
});

after(async () => {
  for (const each of providers) await each.close();
  await clinic?.stop();
});

/** As far as the provider's page that would post its response to the gate. */
async function responseFrom(agent: UserAgent, name: string): Promise<Page> {
  const choice = await agent.get(`${clinic.url}/signin`);
  assert.match(choice.html, /The clear one.*The sealed one/s);
  const page = await agent.submit(choice, `value="${name}"`);
  if (page.html.includes('name="SAMLResponse"')) return page;
  return agent.submit(page, 'name="username"', { username: 'ana', password: 'secret' });
}

function fieldsOf({ html }: Page): { SAMLResponse: string; RelayState: string } {
  const of = (name: string): string =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1]?.replaceAll('&#x2B;', '+').replaceAll('&amp;', '&') ??
    '';
  return { SAMLResponse: of('SAMLResponse'), RelayState: of('RelayState') };
}

for (const name of ['clear', 'sealed']) {
  test(`a person signs in (${name})`, options, async () => {
    const agent = new UserAgent();
    const { html } = await responseFrom(agent, name);
    const posted = fieldsOf({ html } as Page);
    const xml = Buffer.from(posted.SAMLResponse, 'base64').toString();
    assert.equal(xml.includes('EncryptedAssertion'), name === 'sealed');
    const page = await agent.post(`${clinic.url}/signin/saml/${name}`, posted);
    assert.match(page.html, /You are signed in/, page.html);
    assert.match(page.html, /ana@clinic\.example \(ana\)/);
    assert.match(page.html, /<dd>analysts<\/dd>/);
    const again = await agent.post(`${clinic.url}/signin/saml/${name}`, posted);
    assert.equal(again.status, 403, 'a response counts once');
  });
}

test('the gate says who it is in its metadata', options, async () => {
  const answer = await fetch(`${clinic.url}/signin/saml/sealed/metadata`);
  assert.equal(answer.headers.get('content-type'), 'application/samlmetadata+xml');
  const xml = await answer.text();
  assert.match(xml, /WantAssertionsSigned="true"/);
  assert.ok(xml.includes(`Location="${clinic.url}/signin/saml/sealed"`) && xml.includes('X509Certificate'));
});

const assertionIn = /<saml:Assertion[\s\S]*<\/saml:Assertion>/;
const signatureIn = /<ds:Signature[\s\S]*?<\/ds:Signature>/g;

/** The signed assertion, and a copy that names somebody else, without a signature. */
function pairOf(xml: string): { signed: string; evil: string } {
  const signed = assertionIn.exec(xml)?.[0] ?? '';
  assert.ok(signed.includes('ds:Signature'));
  const evil = signed
    .replace(signatureIn, '')
    .replaceAll('>ana<', '>eve<')
    .replace(/ ID="[^"]*"/, ' ID="_evil"');
  return { signed, evil };
}

const unsignedResponse = (xml: string): string => {
  const at = assertionIn.exec(xml);
  const [head, tail] = [xml.slice(0, at?.index), xml.slice((at?.index ?? 0) + (at?.[0].length ?? 0))];
  return `${head.replace(signatureIn, '')}${at?.[0] ?? ''}${tail}`;
};

const attacks: Readonly<Record<string, (xml: string) => string>> = {
  'no signature at all': (xml) => xml.replaceAll(signatureIn, ''),
  'the response signed, the assertion not': (xml) =>
    xml.replace(pairOf(xml).signed, pairOf(xml).signed.replace(signatureIn, '')),
  'another name under the signature': (xml) => unsignedResponse(xml).replaceAll('>ana<', '>eve<'),
  'wrapping: an evil assertion before the signed one': (xml) =>
    unsignedResponse(xml).replace(assertionIn, (signed) => `${pairOf(xml).evil}${signed}`),
  'wrapping: an evil assertion after the signed one': (xml) =>
    unsignedResponse(xml).replace(assertionIn, (signed) => `${signed}${pairOf(xml).evil}`),
  'wrapping: the signed one inside of the evil one': (xml) =>
    unsignedResponse(xml).replace(assertionIn, (signed) =>
      pairOf(xml).evil.replace('</saml:Assertion>', `<saml:Advice>${signed}</saml:Advice></saml:Assertion>`),
    ),
  'wrapping: the signed one in an extension': (xml) =>
    unsignedResponse(xml).replace(
      assertionIn,
      (signed) => `<samlp:Extensions>${signed}</samlp:Extensions>${pairOf(xml).evil}`,
    ),
  'wrapping: the signed one in an object of the signature of the evil one': (xml) =>
    unsignedResponse(xml).replace(assertionIn, (signed) => {
      const signature = signed.match(signatureIn)?.[0] ?? '';
      const wrapped = signature.replace(
        '</ds:Signature>',
        `<ds:Object>${signed.replace(signature, '')}</ds:Object></ds:Signature>`,
      );
      return pairOf(xml).evil.replace('</saml:Issuer>', `</saml:Issuer>${wrapped}`);
    }),
  'wrapping: the same ID twice': (xml) =>
    unsignedResponse(xml).replace(assertionIn, (signed) => {
      const id = / ID="([^"]*)"/.exec(signed)?.[1] ?? '';
      return `${pairOf(xml).evil.replace('_evil', id)}<samlp:Extensions>${signed}</samlp:Extensions>`;
    }),
  'an external entity': (xml) =>
    `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.replace(/^<\?xml[^>]*\?>/, '').replace('>ana<', '>&x;<')}`,
  'an entity bomb': (xml) =>
    `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${xml.replace(/^<\?xml[^>]*\?>/, '')}`,
  'another recipient of the response, unsigned': (xml) =>
    unsignedResponse(xml).replaceAll('signin/saml/clear', 'signin/saml/sealed'),
  'another request answered': (xml) =>
    unsignedResponse(xml).replaceAll(/InResponseTo="[^"]*"/g, 'InResponseTo="_other"'),
  'no request answered': (xml) => unsignedResponse(xml).replace(/ InResponseTo="[^"]*"/, ''),
  nothing: () => '',
  'no XML': () => 'ana',
};

test('what the attacks start from is accepted: the signature of the assertion is enough', options, async () => {
  const agent = new UserAgent();
  const { SAMLResponse, RelayState } = fieldsOf(await responseFrom(agent, 'clear'));
  const changed = Buffer.from(unsignedResponse(Buffer.from(SAMLResponse, 'base64').toString()));
  const page = await agent.post(`${clinic.url}/signin/saml/clear`, {
    SAMLResponse: changed.toString('base64'),
    RelayState,
  });
  assert.match(page.html, /You are signed in/);
});

for (const [what, change] of Object.entries(attacks)) {
  test(`refused: ${what}`, options, async () => {
    const agent = new UserAgent();
    const { SAMLResponse, RelayState } = fieldsOf(await responseFrom(agent, 'clear'));
    const changed = change(Buffer.from(SAMLResponse, 'base64').toString());
    const page = await agent.post(`${clinic.url}/signin/saml/clear`, {
      SAMLResponse: Buffer.from(changed).toString('base64'),
      RelayState,
    });
    assert.equal(page.status, 403, page.html);
    assert.doesNotMatch(page.html, /root:|eve/);
    const last = (await logRecords(clinic.state)).at(-1);
    const { code, provider } = last?.data ?? {};
    assert.deepEqual([last?.type, code, provider], ['auth.refused', 'sign_in_refused', 'clear']);
    assert.match((await agent.get(`${clinic.url}/signin`)).html, /Choose where you sign in/);
  });
}

test('refused: a response to another sign-in of the same browser, and one in another browser', options, async () => {
  const agent = new UserAgent();
  const first = fieldsOf(await responseFrom(agent, 'clear'));
  const second = fieldsOf(await responseFrom(agent, 'clear'));
  const crossed = await agent.post(`${clinic.url}/signin/saml/clear`, { ...first, RelayState: second.RelayState });
  assert.equal(crossed.status, 403);
  const elsewhere = await new UserAgent().post(`${clinic.url}/signin/saml/clear`, first);
  assert.equal(elsewhere.status, 403);
  assert.match(elsewhere.html, /another browser/);
});

test('refused, or read whole: a comment within the name (it is no part of what is signed)', options, async () => {
  const agent = new UserAgent();
  const { SAMLResponse, RelayState } = fieldsOf(await responseFrom(agent, 'clear'));
  const xml = Buffer.from(SAMLResponse, 'base64').toString();
  const cut = unsignedResponse(xml).replaceAll('>ana<', '>an<!-- -->a<');
  assert.ok(cut.includes('<!-- -->'));
  const page = await agent.post(`${clinic.url}/signin/saml/clear`, {
    SAMLResponse: Buffer.from(cut).toString('base64'),
    RelayState,
  });
  if (page.status === 403) return;
  assert.match(page.html, /ana@clinic\.example \(ana\)/);
});

test('step-up: whoever is signed in there proves it anew, for the context that is asked for', options, async () => {
  const { register, authorizationUrl, redeem } = oauthAt(() => ({ clinic }) as Hospital);
  const { client_id: client } = (await (await register()).json()) as Registered;
  const resource = `${clinic.url}/mcp/ehr-tools`;
  const agent = new UserAgent(callback);
  await agent.post(`${clinic.url}/signin/saml/clear`, fieldsOf(await responseFrom(agent, 'clear')));
  const silent = await agent.get(authorizationUrl(client, { resource }));
  assert.match(silent.html, /value="allow"/, 'signed in here: no question');

  await sleep(5_500);
  const choice = await agent.get(authorizationUrl(client, { resource, scope: 'gate again' }));
  const form = await agent.submit(choice, 'value="clear"');
  assert.match(form.html, /name="username"/, 'the provider asks again, though its own session lives');
  const sent = agent.visited.findLast((url) => url.searchParams.has('SAMLRequest'));
  const request = inflateRawSync(Buffer.from(sent?.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  assert.match(request, /ForceAuthn="true"/);
  assert.ok(request.includes('RequestedAuthnContext') && request.includes(`${contexts}Password<`), request);
  const proven = await agent.submit(form, 'name="username"', { username: 'ana', password: 'secret' });
  const consent = await agent.post(`${clinic.url}/signin/saml/clear`, fieldsOf(proven));
  const granted = await agent.submit(consent, 'value="allow"');
  const tokens = (await (await redeem(client, granted.url.searchParams.get('code') ?? '')).json()) as { scope: string };
  assert.deepEqual(tokens.scope.split(' ').toSorted(), ['again', 'gate']);
});

test('step-up: somebody else, or a lesser context, raises nothing', options, async () => {
  const { register, authorizationUrl } = oauthAt(() => ({ clinic }) as Hospital);
  const { client_id: client } = (await (await register()).json()) as Registered;
  const resource = `${clinic.url}/mcp/ehr-tools`;
  const agent = new UserAgent(callback);
  await agent.post(`${clinic.url}/signin/saml/clear`, fieldsOf(await responseFrom(agent, 'clear')));
  const choice = await agent.get(authorizationUrl(client, { resource, scope: 'gate stronger' }));
  const form = await agent.submit(choice, 'value="clear"');
  const proven = await agent.submit(form, 'name="username"', { username: 'ana', password: 'secret' });
  const lesser = await agent.post(`${clinic.url}/signin/saml/clear`, fieldsOf(proven));
  assert.equal(lesser.status, 403);
  assert.match(lesser.html, /as strong and new as was asked for/);
});
