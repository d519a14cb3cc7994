// The metadata of a SAML identity provider (SAML 2.0 Metadata §2.4.3): who it is, where people are sent, what it signs with.
// The file is the operator's; what is missing in it is said, and nothing is guessed.

import { parseXml2JsFromString } from '@node-saml/node-saml/lib/xml.js';
import { ok, type Result, refuse } from '../../core/result.ts';

export interface IdpMetadata {
  readonly entityId: string;
  /** Location of the HTTP-Redirect binding of its SingleSignOnService. */
  readonly signOnUrl: string;
  /** Base64 of DER, one or more: keys are changed while both hold. */
  readonly certificates: readonly string[];
}

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';

/** Refused: config_invalid. */
export async function readIdpMetadata(xml: string): Promise<Result<IdpMetadata>> {
  const wrong = (what: string): Result<IdpMetadata> => refuse('config_invalid', `The SAML metadata has ${what}.`);
  if (/<!DOCTYPE|<!ENTITY/i.test(xml)) return wrong('a document type, which is never read');
  let root: unknown;
  try {
    root = await parseXml2JsFromString(xml);
  } catch {
    return wrong('a mistake: it is no XML');
  }
  const entity = record(record(root)['EntityDescriptor']);
  const role = record(list(entity['IDPSSODescriptor'])[0]);
  const entityId = record(entity['$'])['entityID'];
  const services = list(role['SingleSignOnService']).map((each) => record(record(each)['$']));
  const signOnUrl = services.find((each) => each['Binding'] === redirectBinding)?.['Location'];
  const certificates = list(role['KeyDescriptor'])
    .filter((each) => (record(record(each)['$'])['use'] ?? 'signing') === 'signing')
    .flatMap((each) => list(record(each)['KeyInfo']))
    .flatMap((each) => list(record(each)['X509Data']))
    .flatMap((each) => list(record(each)['X509Certificate']))
    .map((each) => textOf(each).replaceAll(/\s/g, ''))
    .filter((each) => each !== '');
  if (typeof entityId !== 'string') return wrong('no EntityDescriptor with an entityID');
  if (typeof signOnUrl !== 'string' || !/^https?:$/.test(URL.parse(signOnUrl)?.protocol ?? ''))
    return wrong('no SingleSignOnService with the HTTP-Redirect binding');
  if (certificates.length === 0) return wrong('no signing certificate');
  return ok({ entityId, signOnUrl, certificates });
}

/** Of an element with attributes, or of one without. */
function textOf(element: unknown): string {
  const text = isRecord(element) ? element['_'] : element;
  return typeof text === 'string' ? text : '';
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
