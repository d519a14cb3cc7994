// What an identity provider of SAML signs and must not be believed all the same: each assertion here carries a good signature.

import assert from 'node:assert/strict';
import { createHash, createSign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSamlProvider } from '../../src/adapters/saml-client/provider.ts';
import type { Proof } from '../../src/ports/sign-in.ts';
import { makeRsaKey } from '../parts/simplesamlphp.ts';

const folder = mkdtempSync(join(tmpdir(), 'chartgate-saml-keys-'));
after(() => rmSync(folder, { recursive: true }));
makeRsaKey(folder, 'idp');
makeRsaKey(folder, 'old');
const key = readFileSync(join(folder, 'idp.pem'), 'utf8');
const oldKey = readFileSync(join(folder, 'old.pem'), 'utf8');
const certificates = [readFileSync(join(folder, 'idp.crt'), 'utf8')];

const idp = 'https://idp.example/metadata';
const entityId = 'https://gate.example/signin/saml/adfs/metadata';
const consumerUrl = 'https://gate.example/signin/saml/adfs';
const reasons: string[] = [];
const provider = createSamlProvider(
  {
    idp: { entityId: idp, signOnUrl: 'https://idp.example/sso', certificates },
    entityId,
    consumerUrl,
    subjectAttribute: null,
    groupsAttribute: 'groups',
    requireAcr: [],
    key: null,
    cert: null,
    onFailure: (reason) => reasons.push(reason),
  },
  { now: () => Date.now(), newId: () => 'request' },
);

test('the metadata has an ID that XML Schema takes', () => {
  assert.match(provider.metadata ?? '', / ID="_request"/);
});

const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** What is varied; each is text of the assertion before it is signed. */
const good = {
  id: '_a',
  issuer: idp,
  nameId: 'ana',
  format: persistent,
  confirmation: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
  recipient: consumerUrl,
  inResponseTo: '_request',
  confirmedUntil: at(300),
  notBefore: at(-5),
  notOnOrAfter: at(300),
  audience: `<saml:AudienceRestriction><saml:Audience>${entityId}</saml:Audience></saml:AudienceRestriction>`,
  signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  hash: 'sha256',
  digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
  key,
  reference: '#_a',
  statement: `<saml:AuthnStatement AuthnInstant="${at(-5)}" SessionIndex="s"><saml:AuthnContext><saml:AuthnContextClassRef>urn:x:mfa</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
};
type Assertion = typeof good;

/** In canonical form as it stands (Exclusive XML Canonicalization 1.0), so that what is written is what is signed. */
function assertionOf(given: Partial<Assertion>): string {
  const a = { ...good, ...given };
  const issuer = `<saml:Issuer>${a.issuer}</saml:Issuer>`;
  const data = `<saml:SubjectConfirmationData InResponseTo="${a.inResponseTo}" NotOnOrAfter="${a.confirmedUntil}" Recipient="${a.recipient}"></saml:SubjectConfirmationData>`;
  const body = `<saml:Subject><saml:NameID Format="${a.format}">${a.nameId}</saml:NameID><saml:SubjectConfirmation Method="${a.confirmation}">${data}</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${a.notBefore}" NotOnOrAfter="${a.notOnOrAfter}">${a.audience}</saml:Conditions>${a.statement}`;
  const open = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${a.id}" IssueInstant="${at(-5)}" Version="2.0">`;
  const digest = createHash(a.hash).update(`${open}${issuer}${body}</saml:Assertion>`).digest('base64');
  const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const info = `<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod Algorithm="${exclusive}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${a.signature}"></ds:SignatureMethod><ds:Reference URI="${a.reference}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="${exclusive}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${a.digest}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const value = createSign(`RSA-${a.hash.toUpperCase()}`).update(info).sign(a.key, 'base64');
  const signature = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${info}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`;
  return `${open}${issuer}${signature}${body}</saml:Assertion>`;
}

function responseOf(assertions: string, status = 'Success'): string {
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" InResponseTo="_request" IssueInstant="${at(0)}" Version="2.0" Destination="${consumerUrl}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${idp}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"></samlp:StatusCode></samlp:Status>${assertions}</samlp:Response>`;
}

async function finish(xml: string): Promise<Proof | null> {
  reasons.length = 0;
  const fields = { SAMLResponse: Buffer.from(xml).toString('base64') };
  const done = await provider.finish({ kind: 'form', fields }, { requestId: '_request', sent: at(-10) });
  assert.equal(done.ok, reasons.length === 0, 'the operator is told why, whenever somebody is refused');
  if (!done.ok) assert.equal(done.error.text, 'The answer of the identity provider was not accepted.');
  return done.ok ? done.value : null;
}

test('what the others start from is believed', async () => {
  const proof = await finish(responseOf(assertionOf({})));
  assert.equal(proof?.claims['sub'], 'ana', reasons.join());
  assert.equal(proof.claims['acr'], 'urn:x:mfa');
  assert.deepEqual([proof.session, proof.once?.id], ['s', '_a']);
});

const entity = 'https://other.example/metadata';
const refused: Readonly<Record<string, string>> = {
  'for another audience': assertionOf({ audience: good.audience.replace(entityId, entity) }),
  'for us in one restriction, and not in another (all of them hold)': assertionOf({
    audience: good.audience + good.audience.replace(entityId, entity),
  }),
  'for no audience': assertionOf({ audience: '' }),
  'for an audience that begins like us': assertionOf({ audience: good.audience.replace(entityId, `${entityId}.evil`) }),
  'to another recipient': assertionOf({ recipient: 'https://other.example/acs' }),
  'to another request': assertionOf({ inResponseTo: '_other' }),
  'of another issuer': assertionOf({ issuer: 'https://idp.example/other' }),
  'confirmed by holding a key': assertionOf({ confirmation: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
  'over an hour ago': assertionOf({ notBefore: at(-7200), notOnOrAfter: at(-3600) }),
  'not valid yet': assertionOf({ notBefore: at(3600), notOnOrAfter: at(7200) }),
  'confirmed until an hour ago': assertionOf({ confirmedUntil: at(-3600) }),
  'of a person with a name for one visit': assertionOf({
    format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  }),
  'of nobody': assertionOf({ nameId: '' }),
  'signed with SHA-1': assertionOf({
    signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    digest: 'http://www.w3.org/2000/09/xmldsig#sha1',
    hash: 'sha1',
  }),
  'signed with a key of yesterday': assertionOf({ key: oldKey }),
  'signed as the whole document': assertionOf({ reference: '' }),
  'signed as something else': assertionOf({ reference: '#_r' }),
  'of two people, each signed': assertionOf({}) + assertionOf({ id: '_b', reference: '#_b', nameId: 'eve' }),
  'without a statement that somebody signed in': assertionOf({ statement: '' }),
  'of a session that is over': assertionOf({
    statement: good.statement.replace('SessionIndex="s"', `SessionIndex="s" SessionNotOnOrAfter="${at(-1)}"`),
  }),
};

for (const [what, assertions] of Object.entries(refused))
  test(`an assertion ${what} signs nobody in`, async () => assert.equal(await finish(responseOf(assertions)), null));

test('a failure with a good assertion is a failure', async () => {
  assert.equal(await finish(responseOf(assertionOf({}), 'Requester')), null);
});

test('a response that is sent to another address is none, whatever stands in it', async () => {
  for (const to of ['https://other.example/acs', `${consumerUrl}/`, '']) {
    const response = responseOf(assertionOf({})).replace(`Destination="${consumerUrl}"`, `Destination="${to}"`);
    assert.equal(await finish(response), null, to);
  }
  assert.ok(await finish(responseOf(assertionOf({})).replace(` Destination="${consumerUrl}"`, '')), 'it need not say');
});

test('a comment in a name, or markup, cuts nothing off', async () => {
  for (const [nameId, whole] of [
    ['ana<!-- -->.evil', 'ana.evil'],
    ['<x>ana</x>.evil', ''],
    ['an<?x y?>a', 'ana'],
  ] as const) {
    // Comments are no part of the canonical form, so one that is put in afterwards leaves the signature good.
    const signed = nameId.includes('<!--')
      ? assertionOf({ nameId: nameId.replace(/<!--.*?-->/, '') }).replace('>ana.evil<', `>${nameId}<`)
      : assertionOf({ nameId });
    const sub = (await finish(responseOf(signed)))?.claims['sub'];
    assert.ok(sub === undefined || sub === whole, `${nameId} became ${JSON.stringify(sub)}`);
  }
});
