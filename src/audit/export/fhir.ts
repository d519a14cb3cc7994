// Entries as FHIR R4 AuditEvents after IHE BALP 1.1.3 (https://profiles.ihe.net/ITI/BALP). A profile is claimed only by an event
// that has all it asks for: Query by requests that were let through; PatientQuery and PrivacyDisclosure.Source by what is known to
// be about a patient, an event for each. Patients are named as the log knows them, by keyed name.

import { spokenNameOf } from '../../core/facts.ts';
import { isJsonArray, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { RecordType } from '../../core/record.ts';
import { addressOf, type ExportEvent, type Format, idOf, subjectOf, troubleIn, undoneIn, wordIn } from './event.ts';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const eventTypes = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const interactions = 'http://hl7.org/fhir/restful-interaction';
const lifecycle = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle';
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';
const participations = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const balpEntityTypes = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType';
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

const query: Meaning = { type: rest, subtype: search, action: 'E' };
const disclosure: Meaning = { type: exported, subtype: disclosed, action: 'R' };
const logon: Meaning = { type: login, subtype: coding(dicom, '110122', 'Login'), action: 'E' };
const configured: Meaning = { type: security, subtype: coding(dicom, '110129', 'Security Configuration'), action: 'U' };
const logoff: Meaning = { type: login, subtype: coding(dicom, '110123', 'Logout'), action: 'E' };

const meanings: Readonly<Partial<Record<RecordType, Meaning>>> = {
  request: query,
  'request.end': query,
  disclosure,
  'auth.accepted': logon,
  'auth.refused': logon,
  'auth.signed_out': logoff,
  'session.start': logon,
  'session.end': logoff,
  'break_glass.opened': { type: security, subtype: coding(dicom, '110127', 'Emergency Override Started'), action: 'E' },
  'break_glass.ended': { type: security, subtype: coding(dicom, '110138', 'Emergency Override Stopped'), action: 'E' },
  'config.changed': configured,
  'policy.changed': configured,
  'key.rotated': configured,
  'key.added': configured,
  'key.replaced': configured,
  'audit.read': { type: auditUsed, action: 'R' },
  'audit.reviewed': { type: auditUsed, action: 'R' },
  'evidence.exported': { type: auditUsed, action: 'R' },
  'node.start': { type: application, subtype: coding(dicom, '110120', 'Application Start'), action: 'E' },
  'node.stop': { type: application, subtype: coding(dicom, '110121', 'Application Stop'), action: 'E' },
};

const unsent: ReadonlySet<RecordType> = new Set(['response', 'heartbeat']);

export const asFhir: Format = (event) => {
  const { entry } = event;
  if (unsent.has(entry.type)) return [];
  const patients = patientsIn(event);
  if (patients.length === 0) return [plainEvent(event)];
  return patients.flatMap((patient, place) => [
    {
      ...eventOf(event, disclosure, { id: `-d${place}`, profile: 'PrivacyDisclosure.Source' }),
      ...purposeOf(event),
      agent: [sourceAgent(event), recipientAgent(event)],
      entity: [patient, about(event)],
    },
    {
      ...eventOf(event, query, { id: `-q${place}`, profile: succeeded(event, 'PatientQuery') }),
      ...purposeOf(event),
      agent: queryAgents(event),
      entity: [patient, transaction(event), queryEntity(namesIn(event))],
    },
  ]);
};

/** What names no patient, or may not say whom. */
function plainEvent(event: ExportEvent): JsonObject {
  const { entry, payload } = event;
  const meaning = meanings[entry.type] ?? { type: security, action: 'E' };
  if (entry.type === 'request') {
    const entity = [transaction(event), queryEntity(payload ?? namesIn(event))];
    return { ...eventOf(event, meaning, { profile: succeeded(event, 'Query') }), agent: queryAgents(event), entity };
  }
  const agent =
    entry.type === 'disclosure'
      ? [sourceAgent(event), recipientAgent(event)]
      : [gateAgent(event), ...personAgent(event)];
  return { ...eventOf(event, meaning, { profile: null }), agent, entity: [about(event)] };
}

/** All but agents and entities. */
function eventOf(
  event: ExportEvent,
  { type, subtype, action }: Meaning,
  { id = '', profile }: { readonly id?: string; readonly profile: string | null },
): JsonObject {
  const { entry } = event;
  const code = wordIn(entry.data, 'code');
  return {
    resourceType: 'AuditEvent',
    id: `log-${entry.seq}${id}`,
    ...(profile === null ? {} : { meta: { profile: [`${profiles}.${profile}`] } }),
    type,
    ...(subtype ? { subtype: [subtype] } : {}),
    action,
    recorded: entry.time,
    outcome: outcomeOf(event),
    ...(code === '' ? {} : { outcomeDesc: code }),
    source: {
      site: event.origin,
      observer: observerOf(event),
      type: [coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4', 'Application Server')],
    },
  };
}

/** audit-event-outcome: 0 success, 4 minor failure (refused, held, given up), 8 serious failure. */
function outcomeOf(event: ExportEvent): string {
  const trouble = troubleIn(event);
  if (trouble === 'refused' || undoneIn(event) !== null) return '4';
  return trouble === 'failed' ? '8' : '0';
}

/** The profiles of queries are those of successful ones. */
function succeeded(event: ExportEvent, profile: string): string | null {
  return outcomeOf(event) === '0' ? profile : null;
}

function observerOf({ origin }: ExportEvent): JsonObject {
  return { display: `Chartgate ${origin}` };
}

/** network-type 1: machine name, 2: IP address. */
function gateNetwork({ origin }: ExportEvent): JsonObject {
  const [, ipv6, host = origin] = /^(?:\[(.*)\]|([^:/]*))/.exec(origin) ?? [];
  if (ipv6 !== undefined) return { address: ipv6, type: '2' };
  return { address: host, type: /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) ? '2' : '1' };
}

/** network-type 2: IP address. */
function clientNetwork(event: ExportEvent): JsonObject {
  const address = addressOf(event);
  if (address !== null) return { address, type: '2' };
  return { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] };
}

function roleOf(system: string, code: string, display: string): JsonObject {
  return { coding: [coding(system, code, display)] };
}

const sourceRole = roleOf(dicom, '110153', 'Source Role ID');
const destinationRole = roleOf(dicom, '110152', 'Destination Role ID');

/** The client, what it asked, and who is behind it: in a query parameters flow from the source to the destination. */
function queryAgents(event: ExportEvent): JsonObject[] {
  const { entry, session } = event;
  const client = session?.client ?? '';
  const connection = entry.connection ?? session?.connection ?? '';
  return [
    {
      type: sourceRole,
      who: { display: client === '' ? 'unknown client' : client },
      requestor: false,
      network: clientNetwork(event),
    },
    {
      type: destinationRole,
      who: { display: connection === '' ? event.origin : connection },
      requestor: false,
      network: gateNetwork(event),
    },
    ...personAgent(event),
  ];
}

/** Who gives is who records. */
function sourceAgent(event: ExportEvent): JsonObject {
  return { type: sourceRole, who: observerOf(event), requestor: false, network: gateNetwork(event) };
}

function recipientAgent(event: ExportEvent): JsonObject {
  return { type: destinationRole, who: whoIs(event), requestor: true, network: clientNetwork(event) };
}

function gateAgent(event: ExportEvent): JsonObject {
  return { type: sourceRole, who: observerOf(event), requestor: subjectOf(event) === undefined };
}

function personAgent(event: ExportEvent): JsonObject[] {
  if (!subjectOf(event)) return [];
  return [{ type: roleOf(participations, 'IRCP', 'information recipient'), who: whoIs(event), requestor: true }];
}

function whoIs(event: ExportEvent): JsonObject {
  const subject = subjectOf(event);
  if (!subject) return { display: 'unknown' };
  const { id, issuer } = subject;
  return {
    identifier: { system: issuer, value: id },
    display: spokenNameOf(subject),
  };
}

/** The entry, with its data. */
function about(event: ExportEvent): JsonObject {
  return {
    what: { identifier: { value: idOf(event) } },
    type: coding(entityTypes, '2', 'System Object'),
    role: coding(objectRoles, '4', 'Domain Resource'),
    ...detailOf(event),
  };
}

/** Where a query is the only system object, the entry is what identifies the request. */
function transaction(event: ExportEvent): JsonObject {
  return {
    what: { identifier: { value: idOf(event) } },
    type: coding(balpEntityTypes, 'XrequestId', 'transport specific unique identifier'),
    ...detailOf(event),
  };
}

function detailOf({ entry }: ExportEvent): JsonObject {
  const detail = Object.entries(entry.data ?? {}).flatMap(([type, value]): JsonObject[] => {
    const words = typeof value === 'string' ? value : JSON.stringify(value);
    // A string in FHIR has something in it.
    return words.trim() === '' ? [] : [{ type, valueString: words }];
  });
  return detail.length > 0 ? { detail } : {};
}

/** base64 of what was asked; of its names alone, where the words were not asked for. */
function queryEntity(asked: Json): JsonObject {
  return {
    type: coding(entityTypes, '2', 'System Object'),
    role: coding(objectRoles, '24', 'Query'),
    query: Buffer.from(JSON.stringify(asked)).toString('base64'),
  };
}

const askedBy: ReadonlySet<string> = new Set(['command', 'relations', 'tool', 'method']);

function namesIn({ entry }: ExportEvent): JsonObject {
  return Object.fromEntries(Object.entries(entry.data ?? {}).filter(([name]) => askedBy.has(name)));
}

/** The payload of a `disclosure` names them; other entries name nobody. */
function patientsIn({ entry, payload }: ExportEvent): JsonObject[] {
  const names = entry.type === 'disclosure' ? memberOf(payload, 'names') : undefined;
  if (names === undefined || !isJsonArray(names)) return [];
  return names.flatMap((each): JsonObject[] => {
    const [name] = isJsonArray(each) ? each : [];
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

/** In the caller's words. */
function purposeOf({ payload }: ExportEvent): JsonObject {
  const purpose = memberOf(payload, 'purpose');
  return typeof purpose === 'string' && purpose.trim() !== '' ? { purposeOfEvent: [{ text: purpose }] } : {};
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return objectOf(value)[name];
}

function coding(system: string, code: string, display: string): JsonObject {
  return { system, code, display };
}
