// FHIR R4 and R5: what a place in a resource holds, by datatype and element name (hl7.org/fhir/R4/datatypes.html). Codes,
// systems, units and structure are clear; free text says nothing and is searched.

import type { PhiClass } from '../../core/phi.ts';
import { type JsonNode, memberOf, stringOf } from '../containers/json-node.ts';
import { isDate } from '../containers/leaf.ts';

export interface FhirPlace {
  readonly key: string;
  /** The object the key is in. */
  readonly parent: JsonNode | null;
  /** The key that object stands under. */
  readonly parentKey: string;
  /** The innermost resourceType. */
  readonly resource: string;
}

const clearKeys = new Set(
  (
    'resourceType code system url version profile status use unit mode intent gender language comparator priority type abatementString contentType mediaType ' +
    'valueCode valueUri valueCanonical valueBoolean kind op relation rank method instantiatesCanonical outcome severity criticality verificationStatus clinicalStatus'
  ).split(' '),
);
const organisations = new Set('Organization Location HealthcareService InsurancePlan Endpoint'.split(' '));
const organisationKeys =
  /^(?:serviceProvider|managingOrganization|organization|custodian|location|partOf|facility|insurer|payor|provider|manufacturer|owner)$/;
const deviceKeys = new Set(
  'serialNumber lotNumber distinctIdentifier deviceIdentifier carrierHRF carrierAIDC udi'.split(' '),
);
const addressKeys = new Set('line city district postalCode'.split(' '));

/** Undefined: the place says nothing of its value. */
export function fhirClass(place: FhirPlace, value: string): PhiClass | 'clear' | undefined {
  const { key, parent, parentKey, resource } = place;
  if (isDate(value)) return 'date';
  if (key === 'family' || key === 'given') return 'name';
  if (addressKeys.has(key)) return 'address';
  if (key === 'state' || key === 'country' || key === 'prefix' || key === 'suffix') return 'clear';
  if (key === 'text') return textClass(parent);
  if (key === 'value') return valueClass(place);
  if (key === 'name') return parentKey === 'contact' ? 'name' : organisations.has(resource) ? 'address' : undefined;
  if (key === 'display') return displayClass(place);
  if (key === 'authorString' || key === 'alias') return 'name';
  if (key === 'valueString') return /maiden|name/i.test(stringOf(parent, 'url') ?? '') ? 'name' : undefined;
  if (key === 'valueDecimal')
    return /^(?:latitude|longitude)$/.test(stringOf(parent, 'url') ?? '') ? 'address' : 'clear';
  if (key === 'latitude' || key === 'longitude') return 'address';
  if (key === 'subscriberId') return 'health_plan';
  if (key === 'id' && parentKey === 'resource' && resource === 'Patient') return 'other_id';
  if (key === 'data') return parentKey === 'photo' ? 'photo' : undefined;
  if (deviceKeys.has(key)) return 'device';
  return clearKeys.has(key) ? 'clear' : undefined;
}

/** HumanName.text, Address.text; the text of a CodeableConcept is its codes'. */
function textClass(parent: JsonNode | null): PhiClass | 'clear' | undefined {
  if (memberOf(parent, 'family') ?? memberOf(parent, 'given')) return 'name';
  if (memberOf(parent, 'line') ?? memberOf(parent, 'city')) return 'address';
  return memberOf(parent, 'coding') ? 'clear' : undefined;
}

/** ContactPoint by its system, Identifier by its type, else a Quantity or a component. */
function valueClass({ parent, parentKey }: FhirPlace): PhiClass | 'clear' | undefined {
  const system = stringOf(parent, 'system') ?? '';
  if (/^(?:phone|pager|sms|other)$/.test(system)) return 'phone';
  if (system === 'fax' || system === 'email' || system === 'url') return system;
  if (!/identifier/i.test(parentKey)) return memberOf(parent, 'unit') || memberOf(parent, 'code') ? 'clear' : undefined;
  const codes = `${system} ${codesOf(memberOf(parent, 'type'))}`;
  if (/us-ssn|\bSS\b|2\.16\.840\.1\.113883\.4\.1\b/i.test(codes)) return 'ssn';
  if (/\bMR\b|medical record|mrn/i.test(codes)) return 'mrn';
  if (/\b(?:DL|PPN|NPI|MD|DN|RN|PRN)\b|us-npi|passport|licen[cs]e/i.test(codes)) return 'license';
  if (/\b(?:MB|SN|MC|MA|NIIP)\b|member|subscriber|us-mbi/i.test(codes)) return 'health_plan';
  return /\b(?:AN|AC)\b|account/i.test(codes) ? 'account' : 'other_id';
}

function codesOf(type: JsonNode | undefined): string {
  const coding = memberOf(type ?? null, 'coding');
  const codings = coding?.kind === 'array' ? coding.items : [];
  return [
    stringOf(type ?? null, 'text') ?? '',
    ...codings.map((each) => `${stringOf(each, 'code') ?? ''} ${stringOf(each, 'display') ?? ''}`),
  ].join(' ');
}

/** Of a Coding: clear. Of a Reference: whoever or whatever it points to. */
function displayClass({ parent, parentKey }: FhirPlace): PhiClass | 'clear' | undefined {
  const reference = stringOf(parent, 'reference');
  if (reference === undefined && !memberOf(parent, 'identifier'))
    return memberOf(parent, 'code') || memberOf(parent, 'system') ? 'clear' : undefined;
  if (/^(?:Organization|Location|HealthcareService)\b/.test(reference ?? '') || organisationKeys.test(parentKey))
    return 'address';
  const isNobody =
    /^(?:Medication|Condition|Observation|Procedure|Encounter|Claim|Coverage|CarePlan|Goal|Device|Specimen|Immunization|DiagnosticReport)\b/;
  return isNobody.test(reference ?? '') ? undefined : 'name';
}
