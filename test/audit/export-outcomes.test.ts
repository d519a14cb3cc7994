// What each type of record becomes in each format, one by one: how it ended, how grave it is, and what kind of event it is. DICOM
// PS3.16 CID 401 for FHIR's subtypes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weightOf } from '../../src/audit/export/event.ts';
import { asFhir } from '../../src/audit/export/fhir.ts';
import { asOcsf } from '../../src/audit/export/ocsf.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Entry, type RecordType, recordTypes } from '../../src/core/record.ts';
import { exported } from '../../src/gateway/export-events.ts';
import type { LogReader } from '../../src/ports/log.ts';

type Told = readonly [ocsf: string, status: string, severity: number, fhir: string, outcome: string];

const audit = '110101';
const alert = '110113';
const configuration = '110113 110129';

const told: Readonly<Record<RecordType, Told | null>> = {
  'session.start': ['3003.1', 'Success', 1, '110114 110122', '0'],
  'session.end': ['3002.2', 'Success', 1, '110114 110123', '0'],
  request: ['6003.99', 'Success', 1, 'rest search', '0'],
  response: null,
  'request.end': ['6003.99', 'Success', 1, 'rest search', '0'],
  outcome_unknown: ['2004.1', 'New', 3, alert, '8'],
  disclosure: ['6003.99', 'Success', 1, '110106 disclose', '0'],
  'approval.requested': ['6003.99', 'Success', 1, alert, '0'],
  'approval.explained': ['6003.99', 'Success', 1, alert, '0'],
  'approval.escalated': ['6003.99', 'Success', 1, alert, '0'],
  'approval.decided': ['6003.99', 'Success', 1, alert, '0'],
  'approval.refused': ['6003.99', 'Failure', 2, alert, '4'],
  'approval.expired': ['6003.99', 'Success', 1, alert, '0'],
  'approval.used': ['6003.99', 'Success', 1, alert, '0'],
  'break_glass.opened': ['2004.1', 'New', 4, '110113 110127', '0'],
  'break_glass.ended': ['6003.99', 'Success', 1, '110113 110138', '0'],
  'break_glass.overdue': ['2004.2', 'New', 4, alert, '0'],
  'break_glass.reviewed': ['2004.3', 'Resolved', 1, alert, '0'],
  'break_glass.refused': ['6003.99', 'Failure', 2, alert, '4'],
  'notification.sent': ['6003.99', 'Success', 1, alert, '0'],
  'notification.failed': ['6003.99', 'Failure', 2, alert, '8'],
  'auth.accepted': ['3002.1', 'Success', 1, '110114 110122', '0'],
  'auth.refused': ['3002.1', 'Failure', 2, '110114 110122', '4'],
  'auth.signed_out': ['3002.2', 'Success', 1, '110114 110123', '0'],
  'client.registered': ['3001.1', 'Success', 2, alert, '0'],
  'credential.issued': ['3001.1', 'Success', 1, alert, '0'],
  'account.connected': ['3001.1', 'Success', 1, alert, '0'],
  'account.removed': ['3001.6', 'Success', 1, alert, '0'],
  'account.refused': ['3002.1', 'Failure', 2, alert, '4'],
  'tool.pinned': ['6003.99', 'Success', 1, alert, '0'],
  'tool.changed': ['2004.1', 'New', 3, alert, '0'],
  'tool.decided': ['6003.99', 'Success', 1, alert, '0'],
  'server.stderr': ['6003.99', 'Success', 1, alert, '0'],
  'policy.changed': ['6003.3', 'Success', 2, configuration, '0'],
  'config.changed': ['6003.3', 'Success', 2, configuration, '0'],
  'audit.read': ['6003.2', 'Success', 1, audit, '0'],
  'audit.reviewed': ['6003.99', 'Success', 1, audit, '0'],
  'evidence.exported': ['6003.99', 'Success', 1, audit, '0'],
  'retention.held': ['6003.99', 'Success', 1, alert, '0'],
  'retention.released': ['6003.99', 'Success', 1, alert, '0'],
  'retention.shredded': ['6003.99', 'Success', 1, alert, '0'],
  'audit.archived': ['6003.99', 'Success', 1, alert, '0'],
  'export.set_aside': ['6003.99', 'Success', 2, alert, '0'],
  'key.rotated': ['6003.99', 'Success', 1, configuration, '0'],
  'key.added': ['6003.99', 'Success', 1, configuration, '0'],
  'key.replaced': ['6003.99', 'Success', 1, configuration, '0'],
  'node.start': ['6003.99', 'Success', 1, '110100 110120', '0'],
  'node.stop': ['6003.99', 'Success', 1, '110100 110121', '0'],
  heartbeat: null,
};

const entryOf = (type: RecordType, data: JsonObject = {}): Entry => ({
  v: 1,
  seq: 7,
  time: '2026-03-01T00:00:00.000Z',
  type,
  data,
});

for (const type of recordTypes) {
  test(`${type}: ${told[type]?.join(', ') ?? 'not sent'}`, async () => {
    const event = { entry: entryOf(type), session: null, origin: 'gate.example/chartgate/1' };
    const [ocsf, fhir] = [asOcsf(event)[0], asFhir(event)[0]];
    const expected = told[type];
    if (!expected) return assert.deepEqual([ocsf, fhir], [undefined, undefined]);
    const { status, severity_id: severity } = ocsf ?? {};
    const uid = Number(ocsf?.['type_uid']);
    const { type: kind, subtype, outcome } = (fhir ?? {}) as Record<string, { code?: string }[] & { code?: string }>;
    const codes = [kind?.code, subtype?.[0]?.code].filter((code) => code !== undefined).join(' ');
    assert.deepEqual([`${Math.floor(uid / 100)}.${uid % 100}`, status, severity, codes, outcome], expected);
    const reader: LogReader = {
      size: 8,
      payload: () => Promise.resolve(null),
      async *entries() {
        yield event.entry;
      },
    };
    const index = { catchUp: () => Promise.resolve(), get: () => undefined };
    const isNotice = ['break_glass.opened', 'break_glass.overdue', 'tool.changed'].includes(type);
    const weighs = outcome !== ('0' as unknown) ? 'warning' : isNotice ? 'notice' : 'info';
    for await (const { weight } of exported({ origin: 'x', reader, index }, [7, 8], 'ocsf', false))
      assert.equal(weight, weighs, 'for the severity of syslog');
  });
}

test('a broken glass is one finding until its review; what a review finds is one that has to be acted on', () => {
  const told = (type: RecordType, data: JsonObject): unknown[] => {
    const [event] = asOcsf({ entry: entryOf(type, data), session: null, origin: 'x' });
    const { type_uid, status, severity_id, is_alert, finding_info } = (event ?? {}) as Record<string, JsonObject>;
    return [type_uid, status, severity_id, is_alert, finding_info?.['uid']];
  };
  const glass = { break_glass: 'b_1' };
  assert.deepEqual(told('break_glass.opened', glass), [200401, 'New', 4, true, 'b_1']);
  assert.deepEqual(told('break_glass.overdue', glass), [200402, 'New', 4, true, 'b_1']);
  const [fine, wrong] = [
    { ...glass, finding: 'justified' },
    { ...glass, finding: 'unjustified' },
  ];
  assert.deepEqual(told('break_glass.reviewed', fine), [200403, 'Resolved', 1, false, 'b_1']);
  assert.deepEqual(told('break_glass.reviewed', wrong), [200402, 'In Progress', 4, true, 'b_1']);
  assert.deepEqual(told('audit.reviewed', { outcome: 'concern' }), [200401, 'New', 3, true, 'x/7']);
  assert.deepEqual(told('audit.reviewed', { outcome: 'in_order' }).slice(0, 3), [600399, 'Success', 1]);
  const weighs = (type: RecordType, data: JsonObject): unknown =>
    weightOf({ entry: entryOf(type, data), session: null, origin: 'x' });
  const notices = [weighs('break_glass.reviewed', wrong), weighs('audit.reviewed', { outcome: 'concern' })];
  assert.deepEqual([...notices, weighs('break_glass.overdue', glass)], ['notice', 'notice', 'notice']);
  assert.deepEqual([weighs('break_glass.reviewed', fine), weighs('break_glass.refused', glass)], ['info', 'warning']);
});

test('the gate is named as its clients reach it: by a name, or by an address and as one', () => {
  for (const [origin, network] of [
    ['gate.example/chartgate/1', { address: 'gate.example', type: '1' }],
    ['gate.example:8443/chartgate/1', { address: 'gate.example', type: '1' }],
    ['10.1.2.3:8443/chartgate/1', { address: '10.1.2.3', type: '2' }],
    ['10.1.2.3/chartgate/1', { address: '10.1.2.3', type: '2' }],
    ['[::1]:7070/chartgate/1', { address: '::1', type: '2' }],
  ] as const) {
    const [event] = asFhir({ entry: entryOf('request', { effect: 'allow' }), session: null, origin });
    const [, server] = (event?.['agent'] ?? []) as { network: object }[];
    assert.deepEqual(server?.network, network);
  }
});
