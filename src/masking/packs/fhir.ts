// FHIR R4 and R5: what a place in a resource holds, by datatype and element name (hl7.org/fhir/R4/datatypes.html). Codes,
// systems, units and structure are clear. A place that is not here is read as a record's free text: nobody's word is
// needed for it to be masked.

import type { PhiClass } from '../../core/phi.ts';
import { allOf, type JsonNode, memberOf, stringOf } from '../containers/json-node.ts';
import { isDate, type Leaf, partOf } from '../containers/leaf.ts';
import { ageCap } from '../operators.ts';
import { labelClass } from './generic.ts';

export interface FhirPlace {
  readonly key: string;
  /** The object the key is in, and the key that object stands under. */
  readonly parent: JsonNode | null;
  readonly parentKey: string;
  /** The same, one further out. */
  readonly around: JsonNode | null;
  readonly aroundKey: string;
  /** The innermost resourceType. */
  readonly resource: string;
  /** What the item, parameter or extension around is called; '' = nothing. */
  readonly label: string;
}

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/));
}

const clearKeys = set(
  `resourceType code system version profile status use unit mode intent gender language comparator priority contentType mediaType
  valueCode valueUri valueCanonical valueBoolean kind op relation rank method instantiatesCanonical instantiatesUri outcome severity
  criticality verificationStatus clinicalStatus implicitRules fhirVersion type relationship state country prefix suffix currency
  sequence linkId definition questionnaire docStatus active deceasedBoolean multipleBirthBoolean`,
);
/** Free text, whoever is named in it. */
const organisations = set('Organization Location HealthcareService InsurancePlan Endpoint');
/** What describes the standard and its use, and nobody. */
const definitions =
  /^(?:StructureDefinition|ValueSet|CodeSystem|CapabilityStatement|ConceptMap|SearchParameter|OperationDefinition|Questionnaire|ImplementationGuide|NamingSystem|PlanDefinition|ActivityDefinition|Library|Measure|MessageDefinition|GraphDefinition|StructureMap|CompartmentDefinition|TerminologyCapabilities|TestScript|EventDefinition|OperationOutcome)$/;
const organisationKeys =
  /^(?:serviceProvider|managingOrganization|organization|custodian|location|partOf|facility|insurer|payor|manufacturer|assigner|issuer|origin|destination)$/;
const addressKeys = set('line city district postalCode latitude longitude');
const deviceKeys = set(
  'serialNumber lotNumber distinctIdentifier deviceIdentifier carrierHRF carrierAIDC udi expirationDate manufactureDate',
);
const planKeys = set('subscriberId dependent policyNumber');
const idKeys = set('preAuthRef businessArrangement altId hash versionId accession uid studyUid seriesUid');
const codings = /^(?:coding|class|tag|security|code|type|valueCoding|category|answerCoding|event|format|role)$/;
/** References to things, whose names say nothing of anybody. */
const things =
  /^(?:Medication|Condition|Observation|Procedure|Encounter|Claim|Coverage|CarePlan|Goal|Specimen|Immunization|DiagnosticReport|Substance|PlanDefinition|Questionnaire|ActivityDefinition|ServiceRequest|MedicationRequest|AllergyIntolerance|Measure)\b/;
/** Elements that refer to such things. */
const thingKeys =
  /^(?:result|diagnosis\w*|reason\w*|addresses|goal|basedOn|focus|encounter|specimen|condition\w*|prescription|medication\w*|report\w*|derivedFrom|hasMember|procedure\w*|supportingInfo\w*|evidence\w*|problem\w*|referral|coverage|claim|indication|finding\w*|questionnaire|definition)$/;
const numeric = /^[<>=~]{0,2}\s*-?\d{1,12}(?:\.\d{1,20})?$/;

/** The leaf with what its place says of it, narrowed to the part that is somebody's. */
export function fhirLeaf(place: FhirPlace, leaf: Leaf): Leaf | null {
  const { key, parent } = place;
  if (key === 'reference') return referenceLeaf(leaf);
  if (key === 'data' || key === 'query' || key === 'valueBase64Binary') return dataLeaf(place, leaf);
  const cls = fhirClass(place, leaf.value);
  const isTerm = cls === 'clear' && (key === 'code' || (key === 'display' && !memberOf(parent, 'reference')));
  return { ...leaf, cls, isTerm, reads: definitions.test(place.resource) ? 'value' : leaf.reads };
}

/** `Patient/123`, `urn:uuid:…`, an address of another server, a search; `#r1` stays within the resource. */
export function referenceLeaf(leaf: Leaf): Leaf {
  const { value } = leaf;
  if (value.startsWith('#')) return { ...leaf, cls: 'clear' };
  if (/^[a-z]+:\/\//i.test(value)) return { ...leaf, cls: 'url' };
  const from = /^(?:[A-Z][A-Za-z]{2,40}[/?]|urn:(?:uuid|oid):)/.exec(value)?.[0].length ?? 0;
  return { ...partOf(leaf, from, value.length), cls: 'other_id' };
}

/** Base64 of an attachment, which stays base64; a SampledData's numbers. */
function dataLeaf({ parent, parentKey, resource }: FhirPlace, leaf: Leaf): Leaf {
  if (parentKey.endsWith('SampledData') && /^[\d.+\-EUL\s]*$/.test(leaf.value)) return { ...leaf, cls: 'clear' };
  const { encode } = leaf;
  const packed = (replacement: string | null): string => encode(replacement === null ? null : btoa(replacement));
  if (parentKey === 'photo') return { ...leaf, cls: 'photo', encode: packed };
  const type = stringOf(parent, 'contentType') ?? '';
  if (/^(?:image|audio|video)\//.test(type))
    return { ...leaf, cls: resource === 'Patient' ? 'photo' : 'note', encode: packed };
  return { ...leaf, reads: 'encoded' };
}

/** Undefined: the place says nothing of its value. */
function fhirClass(place: FhirPlace, value: string): PhiClass | 'clear' | undefined {
  const { key, parent, parentKey, resource } = place;
  if (definitions.test(resource) && !/^(?:contact|telecom)$/.test(parentKey))
    return key === 'code' ? 'clear' : undefined;
  if (isDate(value) || /^(?:birthDate|deceasedDateTime|bornDate)$/.test(key)) return 'date';
  if (parentKey.endsWith('Age') && key === 'value') return Number(value) < ageCap ? 'clear' : 'age';
  // A contained resource has its name within the one around it.
  if (key === 'id')
    return stringOf(parent, 'resourceType') === undefined || parentKey === 'contained' ? undefined : 'other_id';
  if (addressKeys.has(key)) return 'address';
  if (isName(place)) return key === 'use' || key === 'prefix' || key === 'suffix' ? 'clear' : 'name';
  if (/^(?:.*[aA]ddress)$/.test(parentKey) && key === 'text') return 'address';
  if (key === 'text') return textClass(parent);
  if (key === 'value') return valueClass(place, value);
  if (key === 'name') return stringNameClass(place);
  if (key === 'display') return displayClass(place);
  if (key === 'authorString') return 'name';
  if (key === 'alias') return organisations.has(resource) ? 'address' : 'name';
  if (key.startsWith('value') && key !== 'value') return extensionClass(place, value);
  if (planKeys.has(key)) return 'health_plan';
  if (idKeys.has(key)) return 'other_id';
  if (deviceKeys.has(key)) return 'device';
  if (key === 'url' || key === 'source' || key === 'fullUrl') return urlClass(place, value);
  if (key === 'address') return /^[\d.:a-fA-F]+$/.test(value) ? 'ip' : 'url';
  return clearKeys.has(key) ? 'clear' : undefined;
}

/** HumanName: by where it stands, or by its parts. */
function isName({ key, parent, parentKey }: FhirPlace): boolean {
  if (key === 'family' || key === 'given') return true;
  if (!/^(?:name|valueHumanName|additionalName|maidenName)$/.test(parentKey)) return false;
  return key === 'text' || memberOf(parent, 'family') !== undefined || memberOf(parent, 'given') !== undefined;
}

/** Address.text, and names that stand somewhere else; the text of a CodeableConcept is anybody's words. */
function textClass(parent: JsonNode | null): PhiClass | undefined {
  if (memberOf(parent, 'family') ?? memberOf(parent, 'given')) return 'name';
  return (memberOf(parent, 'line') ?? memberOf(parent, 'city')) ? 'address' : undefined;
}

/** ContactPoint by its system, Identifier by its type, else a Quantity. A value nobody can place is an identifier. */
function valueClass({ parent, parentKey, resource }: FhirPlace, value: string): PhiClass | 'clear' | undefined {
  const system = stringOf(parent, 'system') ?? '';
  if (/^(?:phone|pager|sms|other)$/.test(system)) return 'phone';
  if (system === 'fax' || system === 'email' || system === 'url') return system;
  if (/(?:telecom|ContactPoint)$/.test(parentKey)) return value.includes('@') ? 'email' : 'phone';
  const isIdentifier = /identifier$|^(?:subscriberId|requisition)$/i.test(parentKey);
  const hasUnit =
    memberOf(parent, 'unit') ??
    memberOf(parent, 'code') ??
    memberOf(parent, 'currency') ??
    memberOf(parent, 'comparator');
  if (!isIdentifier && numeric.test(value) && (hasUnit || !memberOf(parent, 'system'))) {
    return hasUnit ||
      value.replace(/\D.*$/, '').length < 6 ||
      /quantity|range|low|high|amount|price|net|total|money/i.test(parentKey)
      ? 'clear'
      : 'other_id';
  }
  if (parentKey === 'class' && resource === 'Coverage') return 'health_plan';
  const codes = `${system} ${codesOf(memberOf(parent, 'type'))}`;
  if (/us-ssn|\bSS\b|2\.16\.840\.1\.113883\.4\.1\b|social security/i.test(codes)) return 'ssn';
  if (/\bMR\b|medical record|mrn/i.test(codes)) return 'mrn';
  if (/\b(?:DL|PPN|NPI|MD|DN|RN|PRN)\b|us-npi|passport|licen[cs]e/i.test(codes)) return 'license';
  if (/\b(?:MB|SN|MC|MA|NIIP)\b|member|subscriber|us-mbi/i.test(codes)) return 'health_plan';
  return /\b(?:AN|AC)\b|account/i.test(codes) ? 'account' : 'other_id';
}

function codesOf(type: JsonNode | undefined): string {
  const all = allOf(type, 'coding').map((each) => `${stringOf(each, 'code') ?? ''} ${stringOf(each, 'display') ?? ''}`);
  return [stringOf(type, 'text') ?? '', ...all].join(' ');
}

/** An element `name` that is a string. */
function stringNameClass({ resource, parentKey }: FhirPlace): PhiClass | 'clear' | undefined {
  if (parentKey === 'parameter' || parentKey === 'part') return 'clear';
  if (organisations.has(resource)) return 'address';
  if (parentKey === 'contact' || parentKey === 'agent' || parentKey === 'entity') return 'name';
  return /^(?:FamilyMemberHistory|AuditEvent|Patient|Person|Practitioner|RelatedPerson|Account|Group|CareTeam)$/.test(
    resource,
  )
    ? 'name'
    : undefined;
}

/** Of a Coding: clear. Of a Reference: whoever or whatever it points to. */
function displayClass({ parent, parentKey }: FhirPlace): PhiClass | 'clear' | undefined {
  const reference = stringOf(parent, 'reference');
  if (reference === undefined && !memberOf(parent, 'identifier')) {
    if (memberOf(parent, 'code') ?? memberOf(parent, 'system')) return 'clear';
    if (codings.test(parentKey)) return undefined;
  }
  const type = stringOf(parent, 'type') ?? reference ?? '';
  if (/^(?:Organization|Location|HealthcareService)\b/.test(type) || organisationKeys.test(parentKey)) return 'address';
  return things.test(type) || thingKeys.test(parentKey) ? undefined : 'name';
}

/** value[x] of an extension, a parameter, an answer: by what it is called. A long number there is somebody's. */
function extensionClass({ key, label, parentKey }: FhirPlace, value: string): PhiClass | 'clear' | undefined {
  if (clearKeys.has(key)) return 'clear';
  const said = labelClass(label);
  if (said !== undefined && said !== 'age' && said !== 'date') return said;
  if (label === 'latitude' || label === 'longitude') return 'address';
  if (!/^value(?:Integer|Decimal|PositiveInt|UnsignedInt|Integer64)$/.test(key)) return undefined;
  const isOpen = /^(?:extension|modifierExtension|parameter|part|answer|input|output)$/.test(parentKey);
  return isOpen && value.replace(/\D.*$/, '').length >= 6 ? 'other_id' : 'clear';
}

/** The address of an extension or a profile is the standard's; of anything else, somebody's. */
function urlClass({ key, parentKey }: FhirPlace, value: string): PhiClass | 'clear' {
  if (key === 'url' && /^(?:extension|modifierExtension)$/.test(parentKey)) return 'clear';
  return /^(?:[A-Z][A-Za-z]+|[a-z-]+)$/.test(value) ? 'clear' : 'url';
}
