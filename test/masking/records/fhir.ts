// FHIR R4 and R5 resources with every element that identifies somebody, as JSON and as XML.
// Longer than 400 lines: a table of resources, one a type.

import { Canaries, type Planted } from './canaries.ts';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const sct = { system: 'http://snomed.info/sct', code: '444814009', display: 'Viral sinusitis (disorder)' };

function coded(code: string, display: string): Value {
  return { coding: [{ system: 'http://loinc.org', code, display }], text: display };
}

/** One resource a type; what they hold is planted in `c`. */
export function fhirResources(c: Canaries): readonly Value[] {
  const id = c.id();
  const name = (): Value => ({ use: 'official', family: c.name(), given: [c.name(), c.name()], prefix: ['Dr.'] });
  const spoken = (): Value => ({ use: 'usual', text: `${c.name()} ${c.name()}` });
  const address = (): Value => ({
    line: [c.street(), `Apt ${c.name()}`],
    city: c.name(),
    district: c.name(),
    state: 'MA',
    postalCode: c.zip(),
    country: 'US',
  });
  const line = (): Value => ({ text: `${c.street()}, ${c.name()}` });
  const telecom = (): Value => [
    { system: 'phone', value: c.phone(), use: 'home' },
    { system: 'email', value: c.email() },
    { value: c.number(10) },
  ];
  const identifier = (): Value => ({
    system: 'urn:oid:1.2.36.146.595.217.0.1',
    value: c.id(),
    assigner: { display: c.name() },
  });
  const subject = { reference: `Patient/${id}`, display: `${c.name()} ${c.name()}` };
  const who = (type: string): Value => ({ reference: `${type}/${c.id()}`, display: `Dr ${c.name()}` });
  const logical = (): Value => ({ type: 'Patient', identifier: { value: c.id() }, display: c.name() });
  const attached = (text: string): Value => ({
    contentType: 'text/plain',
    data: Buffer.from(text).toString('base64'),
    title: `Letter about ${c.name()}`,
    creation: c.date(),
  });
  const scanned: Value = {
    contentType: 'application/pdf',
    data: Buffer.from(`%PDF-1.4\n\u0000\u0001 ${c.name()} ${c.number()}`).toString('base64'),
  };
  const us = 'http://hl7.org/fhir/us/core/StructureDefinition';
  return [
    {
      resourceType: 'Patient',
      id,
      meta: { lastUpdated: `${c.date()}T10:00:00Z`, source: `https://${c.name().toLowerCase()}.example/${c.id()}` },
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${c.name()}, ${c.name()}</p></div>`,
      },
      extension: [
        { url: `${us}/us-core-birthsex`, valueCode: 'F' },
        { url: `${us}/us-core-race`, extension: [{ url: 'text', valueString: 'White' }] },
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: address() },
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: c.name() },
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: `${c.date()}T04:05:00Z` },
        { url: 'https://vendor.example/nickname', valueString: c.name() },
        { url: 'https://vendor.example/badge', valueInteger: Number(c.number(9)) },
        { url: 'https://vendor.example/who', valueHumanName: spoken() },
        { url: 'https://vendor.example/call', valueContactPoint: { value: c.phone() } },
        { url: 'https://vendor.example/key', valueIdentifier: { value: c.number() } },
      ],
      identifier: [
        identifier(),
        { type: { text: 'Social Security' }, value: c.number(9), period: { start: c.date() } },
      ],
      name: [name(), spoken()],
      telecom: telecom(),
      gender: 'female',
      birthDate: c.date(),
      _birthDate: { extension: [{ url: 'https://vendor.example/said', valueString: c.name() }] },
      deceasedDateTime: c.date(),
      address: [address(), line()],
      maritalStatus: coded('M', 'Married'),
      photo: [{ contentType: 'image/png', data: Buffer.from(`\u0089PNG ${c.name()}`, 'latin1').toString('base64') }],
      contact: [{ name: spoken(), telecom: telecom(), address: line(), organization: { display: c.name() } }],
      communication: [{ language: coded('en', 'English') }],
      generalPractitioner: [who('Practitioner')],
      link: [{ other: logical(), type: 'seealso' }],
      contained: [{ resourceType: 'RelatedPerson', id: 'r1', patient: subject, name: [name()], birthDate: c.date() }],
    },
    { resourceType: 'Person', id: c.id(), name: [spoken()], telecom: telecom(), link: [{ target: logical() }] },
    {
      resourceType: 'Practitioner',
      id: c.id(),
      identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: c.number(10) }],
      name: [name()],
      qualification: [
        { identifier: [identifier()], code: coded('MD', 'Doctor of Medicine'), issuer: { display: c.name() } },
      ],
    },
    {
      resourceType: 'Organization',
      id: c.id(),
      name: c.name(),
      alias: [c.name()],
      telecom: telecom(),
      contact: [{ name: [name()], purpose: coded('PAYOR', 'Payor') }],
    },
    {
      resourceType: 'Location',
      id: c.id(),
      name: c.name(),
      description: 'Old South Wing',
      address: address(),
      position: { longitude: -83.694_71, latitude: 42.256_5 },
    },
    {
      resourceType: 'Encounter',
      id: c.id(),
      status: 'finished',
      class: {
        system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
        code: 'IMP',
        display: 'inpatient encounter',
      },
      subject,
      participant: [
        { individual: who('Practitioner'), actor: who('Practitioner'), period: { start: `${c.date()}T09:00:00Z` } },
      ],
      hospitalization: { preAdmissionIdentifier: identifier(), origin: who('Location') },
      location: [{ location: who('Location') }],
      serviceProvider: who('Organization'),
    },
    {
      resourceType: 'Coverage',
      id: c.id(),
      subscriber: logical(),
      subscriberId: c.id(),
      beneficiary: subject,
      dependent: c.number(6),
      payor: [who('Organization')],
      class: [{ type: coded('group', 'Group'), value: c.id(), name: `Plan ${c.name()}` }],
    },
    {
      resourceType: 'Coverage',
      id: c.id(),
      subscriberId: [{ value: c.id() }],
      insurer: logical(),
      class: [{ type: coded('plan', 'Plan'), value: { value: c.id() } }],
    },
    {
      resourceType: 'ExplanationOfBenefit',
      id: c.id(),
      identifier: [identifier()],
      patient: subject,
      created: c.date(),
      enterer: who('Practitioner'),
      insurer: who('Organization'),
      provider: who('Practitioner'),
      payee: { party: logical() },
      preAuthRef: [c.id()],
      accident: { date: c.date(), locationAddress: address() },
      insurance: [{ focal: true, coverage: who('Coverage'), preAuthRef: [c.id()] }],
      item: [
        {
          sequence: 1,
          productOrService: coded('99213', 'Office visit'),
          locationAddress: line(),
          unitPrice: { value: 76.5, currency: 'USD' },
          udi: [who('Device')],
        },
      ],
      addItem: [{ provider: [who('Practitioner')] }],
      processNote: [{ number: 1, text: `Sent to ${c.name()} ${c.name()}` }],
      payment: { date: c.date(), identifier: identifier(), amount: { value: 76.5, currency: 'USD' } },
    },
    {
      resourceType: 'Claim',
      id: c.id(),
      patient: subject,
      provider: who('Practitioner'),
      careTeam: [{ sequence: 1, provider: who('Practitioner') }],
      insurance: [{ businessArrangement: c.id(), coverage: logical() }],
    },
    {
      resourceType: 'DocumentReference',
      id: c.id(),
      masterIdentifier: identifier(),
      subject,
      author: [who('Practitioner')],
      description: `Discharge letter of ${c.name()}`,
      content: [
        { attachment: attached(`${c.name()} ${c.name()} was seen. MRN ${c.number()}.`) },
        { attachment: scanned },
      ],
      context: { sourcePatientInfo: subject, related: [{ identifier: identifier() }] },
    },
    {
      resourceType: 'Binary',
      id: c.id(),
      contentType: 'application/octet-stream',
      data: Buffer.from(`\u0000\u0001\u0002${c.name()}`).toString('base64'),
    },
    {
      resourceType: 'Consent',
      id: c.id(),
      patient: subject,
      performer: [who('RelatedPerson')],
      sourceAttachment: attached(`I, ${c.name()} ${c.name()}, agree.`),
      verification: [{ verified: true, verifiedWith: logical(), verificationDate: c.date() }],
      provision: { actor: [{ role: coded('CST', 'custodian'), reference: who('Practitioner') }] },
    },
    {
      resourceType: 'Appointment',
      id: c.id(),
      description: `Visit of ${c.name()}`,
      start: `${c.date()}T09:15:00Z`,
      participant: [{ actor: who('Patient'), status: 'accepted' }],
      comment: `Call ${c.name()} before.`,
      patientInstruction: 'Bring the insurance card.',
    },
    {
      resourceType: 'Device',
      id: c.id(),
      udiCarrier: [{ deviceIdentifier: c.number(14), carrierHRF: `(01)${c.number(14)}(21)${c.id()}` }],
      serialNumber: c.id(),
      lotNumber: c.id(),
      distinctIdentifier: c.id(),
      patient: subject,
      owner: who('Organization'),
      contact: telecom(),
      url: `https://${c.name().toLowerCase()}.example/d`,
      note: [{ authorString: c.name(), text: 'Replaced the battery.' }],
    },
    {
      resourceType: 'Communication',
      id: c.id(),
      subject,
      sender: who('Practitioner'),
      recipient: [who('RelatedPerson')],
      payload: [
        { contentString: `Please call ${c.name()} at ${c.phone()}.` },
        { contentAttachment: attached(`Dear ${c.name()}`) },
      ],
    },
    {
      resourceType: 'Observation',
      id: c.id(),
      subject,
      code: coded('8867-4', 'Heart rate'),
      valueQuantity: { value: 72, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
      performer: [who('Practitioner')],
      specimen: who('Specimen'),
      component: [{ code: coded('1-8', 'Other'), valueString: 'within normal limits' }],
      note: [{ authorReference: who('Practitioner'), time: `${c.date()}T10:00:00Z`, text: 'Patient feels better.' }],
    },
    {
      resourceType: 'Specimen',
      id: c.id(),
      accessionIdentifier: identifier(),
      subject,
      collection: { collector: who('Practitioner'), collectedDateTime: c.date() },
    },
    {
      resourceType: 'Condition',
      id: c.id(),
      subject,
      asserter: who('RelatedPerson'),
      code: { coding: [sct], text: 'Viral sinusitis' },
      onsetString: `when ${c.name()} was born`,
    },
    {
      resourceType: 'QuestionnaireResponse',
      id: c.id(),
      subject,
      item: [
        { linkId: '1', text: 'Your name', answer: [{ valueString: `${c.name()} ${c.name()}` }] },
        { linkId: '2', text: 'Any cough?', answer: [{ valueBoolean: true }] },
      ],
    },
    {
      resourceType: 'Provenance',
      id: c.id(),
      target: [subject],
      recorded: `${c.date()}T01:00:00Z`,
      agent: [{ who: who('Practitioner') }],
      signature: [
        {
          type: [{ code: '1.2.840.10065.1.12.1.1' }],
          when: c.date(),
          who: logical(),
          data: Buffer.from(`sig\u0000${c.name()}`).toString('base64'),
        },
      ],
    },
    {
      resourceType: 'AuditEvent',
      id: c.id(),
      agent: [{ who: logical(), altId: c.id(), name: c.name(), network: { address: '10.77.3.9', type: '2' } }],
      entity: [
        {
          what: subject,
          name: c.name(),
          description: `Chart of ${c.name()}`,
          query: Buffer.from(`Patient?name=${c.name()}`).toString('base64'),
        },
      ],
    },
    { resourceType: 'Group', id: c.id(), name: `Friends of ${c.name()}`, member: [{ entity: logical() }] },
    {
      resourceType: 'FamilyMemberHistory',
      id: c.id(),
      patient: subject,
      name: c.name(),
      bornString: `in ${c.name()}`,
      relationship: coded('FTH', 'father'),
    },
    {
      resourceType: 'ServiceRequest',
      id: c.id(),
      requisition: identifier(),
      subject,
      requester: who('Practitioner'),
      patientInstruction: 'Fast for eight hours.',
    },
    {
      resourceType: 'Task',
      id: c.id(),
      owner: who('Practitioner'),
      for: subject,
      input: [{ type: { text: 'callback' }, valueString: `${c.name()} ${c.phone()}` }],
    },
    {
      resourceType: 'Immunization',
      id: c.id(),
      patient: subject,
      lotNumber: c.id(),
      vaccineCode: coded('140', 'Influenza'),
      performer: [{ actor: who('Practitioner') }],
    },
    {
      resourceType: 'MedicationRequest',
      id: c.id(),
      subject,
      recorder: who('Practitioner'),
      medicationCodeableConcept: coded('617314', 'Atorvastatin 20 MG Oral Tablet'),
      dosageInstruction: [{ text: 'Take one tablet daily.' }],
    },
    {
      resourceType: 'Account',
      id: c.id(),
      identifier: [identifier()],
      name: `Account of ${c.name()}`,
      subject: [subject],
      guarantor: [{ party: logical() }],
    },
    {
      resourceType: 'Parameters',
      parameter: [
        { name: 'patient', valueReference: subject },
        { name: 'given', valueString: c.name() },
        { name: 'count', valueInteger: 3 },
        { name: 'part', part: [{ name: 'ssn', valueString: c.number(9) }] },
      ],
    },
    { resourceType: 'Schedule', id: c.id(), actor: [who('Practitioner')], comment: `Rounds of ${c.name()}` },
    { resourceType: 'PersonalThing', id: c.id(), nickname: c.name(), badge: { owner: c.name() } },
  ];
}

const kept = [
  'Viral sinusitis (disorder)',
  '444814009',
  '8867-4',
  'Heart rate',
  '617314',
  'Atorvastatin 20 MG Oral Tablet',
  '99213',
  'Office visit',
  'female',
  '/min',
  'http://loinc.org',
  'finished',
  'English',
  'Influenza',
];

/** Each resource alone, all in a bundle, one a line, and inside of what an API wraps around them. */
export function fhirRecords(seed: number): readonly (Planted & { readonly kind: string })[] {
  const single = fhirResources(new Canaries(seed)).map((_each, at) => {
    const c = new Canaries(seed + at);
    const before = c.gone.length;
    const resource = fhirResources(c)[at];
    return { kind: `resource ${at}`, text: JSON.stringify(resource), gone: c.gone.slice(before), kept: [] };
  });
  const own = single.map((each) => ({ ...each, gone: each.gone.filter((value) => each.text.includes(value)) }));
  const c = new Canaries(seed + 1000);
  const resources = fhirResources(c);
  const bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [{ relation: 'self', url: `https://ehr.example/Patient?name=${c.name()}` }],
    entry: resources.map((resource) => ({
      fullUrl: `https://ehr.example/fhir/X/${c.id()}`,
      resource,
      search: { mode: 'match' },
    })),
  };
  const all = (kind: string, text: string): Planted & { readonly kind: string } => ({ kind, text, gone: c.gone, kept });
  return [
    ...own,
    all('bundle', JSON.stringify(bundle)),
    all('bundle, indented', JSON.stringify(bundle, null, 2)),
    all('ndjson', `${resources.map((each) => JSON.stringify(each)).join('\r\n')}\r\n${JSON.stringify(bundle)}`),
    all('wrapped', JSON.stringify({ ok: true, total: 1, results: [{ score: 1, resource: bundle }] })),
    all('string in a string', JSON.stringify({ ok: true, body: JSON.stringify({ body: JSON.stringify(bundle) }) })),
    all('with a byte order mark', `\uFEFF${JSON.stringify(bundle)}`),
    all('cut off', JSON.stringify(bundle).slice(0, -40)),
    all('without its beginning', JSON.stringify(bundle).slice(60)),
    all('in prose', `Here is what I found:\n\n\`\`\`json\n${JSON.stringify(bundle, null, 2)}\n\`\`\`\nThat is all.`),
    all('as XML', `<?xml version="1.0" encoding="UTF-8"?>\n${asXml(bundle)}`),
    all('as XML with a prefix', asXml(bundle, 'f:')),
  ];
}

/** FHIR's XML form (hl7.org/fhir/R4/xml.html). */
function asXml(resource: Value, prefix = ''): string {
  const space = prefix === '' ? ' xmlns="http://hl7.org/fhir"' : ' xmlns:f="http://hl7.org/fhir"';
  const element = (name: string, value: Value, attributes = ''): string => {
    if (Array.isArray(value)) return value.map((each: Value) => element(name, each)).join('');
    if (name === 'div' && typeof value === 'string') return value;
    const tag = prefix + name;
    if (!isObject(value)) return `<${tag}${attributes} value="${escaped(written(value))}"/>`;
    const id =
      name === 'extension' || name === 'modifierExtension' ? ` url="${escaped(written(value['url'] ?? ''))}"` : '';
    return `<${tag}${attributes}${id}>${members(value, id !== '')}</${tag}>`;
  };
  const members = (value: { readonly [key: string]: Value }, isExtension: boolean): string => {
    const inner = Object.entries(value)
      .filter(([key]) => key !== 'resourceType' && !key.startsWith('_') && !(isExtension && key === 'url'))
      .map(([key, member]) => element(key, member))
      .join('');
    const type = value['resourceType'];
    return typeof type === 'string' ? `<${prefix}${type}>${inner}</${prefix}${type}>` : inner;
  };
  if (!isObject(resource)) return '';
  return members(resource, false).replace(/^<([\w:]+)/, `<$1${space}`);
}

function written(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
