// Sign-in at a SAML 2.0 identity provider (Web Browser SSO Profile, §4.1), by @node-saml/node-saml. INVARIANT: only what an
// assertion with the provider's signature says counts, given to us, for a request of this very browser, and once.

import { type Profile, SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { ok, refuse } from '../../core/result.ts';
import type { StepUp } from '../../identity/step-up.ts';
import type { IdentityProvider, Proof } from '../../ports/sign-in.ts';
import type { IdpMetadata } from './idp-metadata.ts';

export interface SamlProvider {
  readonly idp: IdpMetadata;
  /** Our entity id, which is the address of our metadata. */
  readonly entityId: string;
  /** Our AssertionConsumerService. */
  readonly consumerUrl: string;
  /** Attribute that names the person; null = the NameID, which then must not be transient. */
  readonly subjectAttribute: string | null;
  readonly groupsAttribute: string;
  /** Authentication contexts that are asked for. */
  readonly requireAcr: readonly string[];
  /** PEM: decrypts assertions and signs requests. */
  readonly key: string | null;
  readonly cert: string | null;
  /** For the operator. */
  readonly onFailure: (reason: string) => void;
}

const requestMs = 600_000;
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const succeeded = /\sValue\s*=\s*["']urn:oasis:names:tc:SAML:2\.0:status:Success["']/;
/** SHA-1 no longer vouches for anything. */
const weak = /xmldsig#(?:rsa|dsa|hmac)-sha1|xmldsig#sha1/;

export function createSamlProvider(options: SamlProvider, clock: { now(): number; newId(): string }): IdentityProvider {
  const refused = (why: string) => {
    options.onFailure(why);
    return refuse('sign_in_refused', 'The answer of the identity provider was not accepted.');
  };
  // Its ID is an xs:ID, which cannot be empty.
  const named = samlFor(options, `_${clock.newId()}`, null);
  return {
    metadata: named.generateServiceProviderMetadata(options.cert, options.key && options.cert),
    async start({ state, stepUp }) {
      const requestId = `_${clock.newId()}`;
      const sent = new Date(clock.now()).toISOString();
      return ok({
        url: await samlFor(askedFor(options, stepUp), requestId, null).getAuthorizeUrlAsync(state, undefined, {}),
        keep: { requestId, sent },
      });
    },
    async finish(answer, { requestId, sent }) {
      const response = answer.kind === 'form' ? answer.fields['SAMLResponse'] : undefined;
      if (response === undefined || typeof requestId !== 'string' || typeof sent !== 'string')
        return refused('the form has no SAMLResponse');
      const xml = Buffer.from(response, 'base64').toString('utf8');
      // XML 1.0 §2.8: entities come from a document type, and no response has use for one.
      if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) return refused('the response has a document type');
      if (weak.test(xml)) return refused('the response is signed with SHA-1');
      if (!succeeded.test(openingOf(xml, 'StatusCode')))
        return refused('the response is not one of success (SAML 2.0 Core §3.2.2.2)');
      const [, destination] = /\bDestination\s*=\s*["']([^"']*)["']/.exec(openingOf(xml, 'Response')) ?? [];
      if (destination !== undefined && destination !== options.consumerUrl)
        return refused('the response is for another address (SAML 2.0 Core §3.2.2)');
      try {
        const saml = samlFor(options, requestId, sent);
        const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: response });
        if (!profile) return refused('the response has no assertion');
        const proof = proofOf(profile, options, requestId, clock.now());
        return typeof proof === 'string' ? refused(proof) : ok(proof);
      } catch (error) {
        return refused(error instanceof Error ? error.message : 'unknown');
      }
    },
    signedOut: () => Promise.resolve(refuse('unsupported', 'A SAML provider sends no logout tokens.')),
  };
}

/** The first opening tag of this name, whatever its prefix; empty where there is none. */
function openingOf(xml: string, name: string): string {
  return new RegExp(`<(?:\\w+:)?${name}\\b[^>]*>`).exec(xml)?.[0] ?? '';
}

function askedFor(options: SamlProvider, stepUp: StepUp | null): SamlProvider & { readonly isNew?: boolean } {
  return stepUp ? { ...options, requireAcr: stepUp.acr, isNew: true } : options;
}

/** The library, for one request: the only one whose answer it takes. */
function samlFor(options: ReturnType<typeof askedFor>, requestId: string, sent: string | null): SAML {
  const { idp, key, requireAcr } = options;
  const config: SamlConfig = {
    idpCert: [...idp.certificates],
    issuer: options.entityId,
    audience: options.entityId,
    callbackUrl: options.consumerUrl,
    entryPoint: idp.signOnUrl,
    idpIssuer: idp.entityId,
    identifierFormat: null,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.always,
    requestIdExpirationPeriodMs: requestMs,
    acceptedClockSkewMs: limits.clockSkewMs,
    maxAssertionAgeMs: requestMs,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    disableRequestedAuthnContext: requireAcr.length === 0,
    authnContext: [...requireAcr],
    forceAuthn: options.isNew === true,
    generateUniqueId: () => requestId,
    cacheProvider: {
      saveAsync: (_key, value) => Promise.resolve({ value, createdAt: 0 }),
      getAsync: (id) => Promise.resolve(id === requestId ? sent : null),
      removeAsync: (id) => Promise.resolve(id),
    },
    ...(key === null ? {} : { decryptionPvk: key, privateKey: key }),
  };
  return new SAML(config);
}

interface Node {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

/** What the library leaves to us, or why it is not enough. */
function proofOf(profile: Profile, options: SamlProvider, requestId: string, now: number): Proof | string {
  const assertion = nodeOf(profile.getAssertion?.()['Assertion']);
  const confirmations = nodesOf(nodesOf(assertion['Subject'])[0]?.['SubjectConfirmation']);
  const confirmed = confirmations.some((each) => {
    const data = nodesOf(each['SubjectConfirmationData'])[0]?.$;
    return (
      each.$?.['Method'] === bearer && data?.['Recipient'] === options.consumerUrl && data['InResponseTo'] === requestId
    );
  });
  if (profile.issuer !== options.idp.entityId) return 'the assertion is of another issuer';
  if (!confirmed) return 'the assertion is not confirmed for this request and recipient (SAML 2.0 Profiles §4.1.4.2)';
  const audiences = nodesOf(nodesOf(assertion['Conditions'])[0]?.['AudienceRestriction']);
  if (audiences.length === 0) return 'the assertion names no audience';
  // §4.1.4.2: without one, nobody says that the person was there.
  const [statement] = nodesOf(assertion['AuthnStatement']);
  if (!statement) return 'the assertion has no AuthnStatement (SAML 2.0 Profiles §4.1.4.2)';
  const until = secondsOf(statement.$?.['SessionNotOnOrAfter']);
  if (until !== null && until * 1000 <= now) return 'the session at the identity provider is over';
  const attributes = attributesOf(assertion);
  const { subjectAttribute, groupsAttribute } = options;
  if (subjectAttribute === null && profile.nameIDFormat === transient)
    return 'the NameID is transient: configure subject_attribute, or a persistent NameID';
  const nameId = textOf(nodesOf(nodesOf(assertion['Subject'])[0]?.['NameID'])[0]);
  const sub = subjectAttribute === null ? nameId : attributes.get(subjectAttribute)?.[0];
  if (!sub) return 'the assertion does not name the person';
  const id = assertion.$?.['ID'];
  if (!id) return 'the assertion has no ID';
  const context = nodesOf(nodesOf(statement['AuthnContext'])[0]?.['AuthnContextClassRef']);
  const first = (...names: readonly string[]): string | undefined =>
    names.flatMap((name) => attributes.get(name) ?? [])[0];
  const claims: JsonObject = {
    sub,
    [groupsAttribute]: attributes.get(groupsAttribute) ?? [],
    email: first('mail', 'email', mailOid, `${claimsSchema}/emailaddress`) ?? null,
    name: first('displayName', 'cn', displayNameOid, `${claimsSchema}/name`) ?? null,
    acr: textOf(context[0]) ?? null,
    auth_time: secondsOf(statement.$?.['AuthnInstant']),
  };
  return {
    claims,
    session: profile.sessionIndex ?? null,
    once: { id, untilMs: now + 2 * requestMs },
    ...(until === null ? {} : { endsMs: until * 1000 }),
  };
}

/** Null where it is no time. */
function secondsOf(instant: string | undefined): number | null {
  const ms = Date.parse(instant ?? '');
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000);
}

const mailOid = 'urn:oid:0.9.2342.19200300.100.1.3';
const displayNameOid = 'urn:oid:2.16.840.1.113730.3.1.241';
const claimsSchema = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';

function attributesOf(assertion: Node): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const statement of nodesOf(assertion['AttributeStatement'])) {
    for (const attribute of nodesOf(statement['Attribute'])) {
      const values = nodesOf(attribute['AttributeValue']).flatMap((each) => textOf(each) ?? []);
      found.set(attribute.$?.['Name'] ?? '', values);
    }
  }
  return found;
}

function nodeOf(value: unknown): Node {
  if (isNode(value)) return value;
  return { _: typeof value === 'string' ? value : '' };
}

/** As xml2js makes them: attributes in `$`, text in `_`, children by name. */
function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function nodesOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.map(nodeOf) : [];
}

/** Undefined where there is more than text: what is around it would be cut off. */
function textOf(node: Node | undefined): string | undefined {
  if (node && Object.keys(node).some((key) => key !== '_' && key !== '$')) return undefined;
  return node?._ === undefined || node._ === '' ? undefined : node._.trim();
}
