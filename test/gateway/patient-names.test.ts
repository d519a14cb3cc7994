// Identifiers of patients as people write them when they ask, and the names the log may have for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedPatient } from '../../src/gateway/patient-names.ts';

function asked(given: string, kinds: readonly string[] = ['id', 'mrn']) {
  return namedPatient({ kinds: () => kinds, namesOf: (kind, value) => [`${kind}=${value.trim()}`] }, [given]);
}

test('a kind is one of those that are configured, however it is written', () => {
  for (const given of ['mrn:4711', 'MRN:4711', ' mrn : 4711'])
    assert.deepEqual(asked(given), { names: ['mrn=4711'], kinds: ['mrn'], ofNoKind: false }, given);
  for (const given of ['mr:4711', 'Mr: 4711', 'patient:4711']) assert.equal(asked(given).ofNoKind, true, given);
  assert.deepEqual(asked('mr:4711').kinds, [], 'a hold of it keeps every session');
  assert.equal(asked('mr:4711', ['mrn']).ofNoKind, true);
  assert.deepEqual(asked('urn:4711', ['urn']), { names: ['urn=4711'], kinds: ['urn'], ofNoKind: false });
});

test('without a kind a number may be of any', () => {
  assert.deepEqual(asked('4711'), { names: ['id=4711', 'mrn=4711'], kinds: [], ofNoKind: false });
  assert.deepEqual(asked('urn:oid:1.2').names, ['id=urn:oid:1.2', 'mrn=urn:oid:1.2']);
  assert.deepEqual(asked('12:30'), { names: ['id=12:30', 'mrn=12:30'], kinds: [], ofNoKind: false });
  assert.deepEqual(asked('mrn:urn:oid:1.2.3|7').names, ['mrn=urn:oid:1.2.3|7']);
});

test('a FHIR reference is the id in it', () => {
  for (const given of ['Patient/p7', 'fhir:Patient/p7', 'https://ehr.test/fhir/Patient/p7/_history/2'])
    assert.ok(asked(given, ['fhir', 'mrn']).names.includes('fhir=p7'), given);
  assert.ok(asked('mrn:Patient/p7').names.includes('mrn=Patient/p7'), 'as it may stand in a column');
  const uuid = 'urn:uuid:550e8400-e29b-41d4-a716-446655440000';
  // By names alone a hold of it could miss what the one kind there is has another way.
  assert.deepEqual(asked(uuid, ['fhir']), { names: [`fhir=${uuid}`], kinds: [], ofNoKind: false });
});
