// Entries as FHIR R4 AuditEvents after IHE BALP 1.1.3 (https://profiles.ihe.net/ITI/BALP): requests as Query, or PatientQuery
// where a patient is named; disclosures as PrivacyDisclosure.Source. Patients are named as the log knows them, by keyed name.

import type { Json, JsonObject } from '../../core/json.ts';
import type { RecordType } from '../../core/record.ts';
import { type ExportEvent, type Format, idOf, subjectOf, wordIn } from './event.ts';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const eventTypes = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const interactions = 'http://hl7.org/fhir/restful-interaction';
const lifecycle = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle';
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';
const profiles = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit';

/** A patient by the name the log has for them. */
const patientNames = 'urn:chartgate:patient-name';

interface Meaning {
  readonly type: JsonObject;
  readonly subtype?: JsonObject;
  /** audit-event-action: Create, Read, Update, Delete, Execute. */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
}

const rest = coding(eventTypes, 'rest', 'RESTful Operation');
const search = coding(interactions, 'search', 'search');
const login = coding(dicom, '110114', 'User Authentication');
const security = coding(dicom, '110113', 'Security Alert');
const auditUsed = coding(dicom, '110101', 'Audit Log Used');
const application = coding(dicom, '110100', 'Application Activity');
const exported = coding(dicom, '110106', 'Export');
const disclosed = coding(lifecycle, 'disclose', 'Disclose/Transmit Record Lifecycle Event');

const meanings: Readonly<Partial<Record<RecordType, Meaning>>> = {
  request: { type: rest, subtype: search, action: 'E' },
  'request.end': { type: rest, subtype: search, action: 'E' },
  disclosure: { type: exported, subtype: disclosed, action: 'R' },
  'auth.accepted': { type: login, subtype: coding(dicom, '110122', 'Login'), action: 'E' },
  'auth.refused': { type: login, subtype: coding(dicom, '110122', 'Login'), action: 'E' },
  'auth.signed_out': { type: login, subtype: coding(dicom, '110123', 'Logout'), action: 'E' },
  'session.start': { type: login, subtype: coding(dicom, '110122', 'Login'), action: 'E' },
  'session.end': { type: login, subtype: coding(dicom, '110123', 'Logout'), action: 'E' },
  'audit.read': { type: auditUsed, action: 'R' },
  'evidence.exported': { type: auditUsed, action: 'R' },
  'node.start': { type: application, subtype: coding(dicom, '110120', 'Application Start'), action: 'E' },
  'node.stop': { type: application, subtype: coding(dicom, '110121', 'Application Stop'), action: 'E' },
};

const unsent: ReadonlySet<RecordType> = new Set(['response', 'heartbeat']);

export const asFhir: Format = (event) => {
  const { entry } = event;
  if (unsent.has(entry.type)) return null;
  const { type, subtype, action } = meanings[entry.type] ?? { type: security, action: 'E' };
  const patients = patientsIn(event);
  const profile = profileOf(entry.type, patients.length > 0);
  return {
    resourceType: 'AuditEvent',
    id: `log-${entry.seq}`,
    ...(profile === null ? {} : { meta: { profile: [`${profiles}.${profile}`] } }),
    type,
    ...(subtype ? { subtype: [subtype] } : {}),
    action,
    recorded: entry.time,
    outcome: outcomeOf(event),
    ...(wordIn(entry.data, 'code') === '' ? {} : { outcomeDesc: wordIn(entry.data, 'code') }),
    agent: agentsOf(event),
    source: {
      site: event.origin,
      observer: { display: `Chartgate ${event.origin}` },
      type: [coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4', 'Application Server')],
    },
    entity: [...patients, ...entitiesOf(event)],
  };
};

function profileOf(type: RecordType, named: boolean): string | null {
  if (type === 'request') return named ? 'PatientQuery' : 'Query';
  return type === 'disclosure' && named ? 'PrivacyDisclosure.Source' : null;
}

/** audit-event-outcome: 0 success, 4 minor failure (refused), 8 serious failure. */
function outcomeOf({ entry }: ExportEvent): string {
  const [effect, status] = [wordIn(entry.data, 'effect'), wordIn(entry.data, 'status')];
  if (entry.type === 'auth.refused' || effect === 'deny' || status === 'refused') return '4';
  return status === 'error' || entry.type === 'outcome_unknown' ? '8' : '0';
}

function agentsOf(event: ExportEvent): JsonObject[] {
  const { entry, session } = event;
  const subject = subjectOf(event);
  const connection = entry.connection ?? session?.connection ?? '';
  const role = (code: string, display: string): JsonObject => ({ coding: [coding(dicom, code, display)] });
  return [
    {
      type: role('110153', 'Source Role ID'),
      who: { display: connection === '' ? event.origin : connection },
      requestor: subject === undefined,
    },
    ...(subject
      ? [
          {
            type: role('110152', 'Destination Role ID'),
            who: {
              identifier: { system: subject.issuer, value: subject.id },
              display: subject.agent === undefined ? subject.id : `${subject.id} through ${subject.agent}`,
            },
            requestor: true,
          },
        ]
      : []),
  ];
}

function entitiesOf(event: ExportEvent): JsonObject[] {
  const { entry } = event;
  const detail = Object.entries(entry.data ?? {}).map(
    ([type, value]): JsonObject => ({ type, valueString: wordsOf(value) }),
  );
  const about = { what: { identifier: { value: idOf(event) } }, ...(detail.length > 0 ? { detail } : {}) };
  const query = entry.type === 'request' ? queryOf(event) : null;
  return [
    {
      ...about,
      type: coding(entityTypes, '2', 'System Object'),
      role: query === null ? coding(objectRoles, '4', 'Domain Resource') : coding(objectRoles, '24', 'Query'),
      ...(query === null ? {} : { query }),
    },
  ];
}

function wordsOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** base64 of what was asked; of its names alone, where the words were not asked for. */
function queryOf({ entry, payload }: ExportEvent): string {
  const { command, relations, tool, method } = entry.data ?? {};
  const names = Object.fromEntries(
    Object.entries({ command, relations, tool, method }).filter(([, value]) => value !== undefined),
  );
  return Buffer.from(JSON.stringify(payload ?? names)).toString('base64');
}

/** The payload of a `disclosure` names them; other entries name nobody. */
function patientsIn({ entry, payload }: ExportEvent): JsonObject[] {
  if (entry.type !== 'disclosure' || typeof payload !== 'object' || payload === null || !('names' in payload))
    return [];
  const { names } = payload;
  if (!Array.isArray(names)) return [];
  return names.flatMap((each: Json): JsonObject[] => {
    const [name] = Array.isArray(each) ? (each as readonly Json[]) : [];
    if (typeof name !== 'string') return [];
    return [
      {
        what: { type: 'Patient', identifier: { system: patientNames, value: name } },
        type: coding(entityTypes, '1', 'Person'),
        role: coding(objectRoles, '1', 'Patient'),
      },
    ];
  });
}

function coding(system: string, code: string, display: string): JsonObject {
  return { system, code, display };
}
