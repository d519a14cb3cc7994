// Whom a question and an answer are about: constants and parameters compared with key columns, JSON by pointer, FHIR by its own
// words. And the names they get: the same for one identifier, however it is written, and nothing without the key.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { patientsIn } from '../../src/gateway/mcp-patients.ts';
import { patientNamer } from '../../src/gateway/patient-names.ts';
import { PatientsSeen, watchedPlan } from '../../src/gateway/patients-seen.ts';
import type { Catalog } from '../../src/sql/catalog.ts';
import { emptyCatalog } from '../../src/sql/empty-catalog.ts';
import { keyLookups } from '../../src/sql/key-lookups.ts';
import { loadParser } from '../../src/sql/parse.ts';

before(loadParser);

const keys = { 'public.patients.id': 'id', 'public.patients.mrn': 'mrn', 'public.notes.patient': 'id' };

function lookups(sql: string, ...params: (string | null)[]): string[] {
  return keyLookups(sql, params, keys).map(({ key, value }) => `${key}=${value}`);
}

test('a statement that compares a key names its patients', () => {
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id = 7'), ['id=7']);
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id = 0'), ['id=0']);
  assert.deepEqual(lookups("SELECT 1 FROM public.patients p WHERE 'A-1'::text = p.mrn"), ['mrn=A-1']);
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE mrn = $2 AND id = $1::int', '4', 'x'), ['mrn=x', 'id=4']);
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id IN (1, 2) OR id = 3'), ['id=1', 'id=2', 'id=3']);
  assert.deepEqual(lookups('SELECT 1 FROM notes n JOIN wards w ON w.id = 5 WHERE n.patient = 9'), ['id=9']);
  assert.deepEqual(lookups('WITH p AS (SELECT * FROM patients WHERE id = 8) SELECT * FROM p'), ['id=8']);
  assert.deepEqual(lookups('UPDATE patients SET last = $1 WHERE id = $2 RETURNING last', 'x', '6'), ['id=6']);
});

test('what is no such comparison names nobody', () => {
  assert.deepEqual(lookups('SELECT 1 FROM wards WHERE id = 7'), []);
  assert.deepEqual(
    lookups('SELECT 1 FROM patients p JOIN wards w ON true WHERE w.id = 7'),
    [],
    "another table's column",
  );
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id > 7'), []);
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id = $1', null), [], 'an unknown parameter');
  assert.deepEqual(lookups('SELECT 1 FROM patients WHERE id = '), [], 'no statement');
});

const none = { columns: {}, json: {}, arguments: {}, fhir: false };

function text(value: unknown): { type: string; text: string } {
  return { type: 'text', text: JSON.stringify(value) };
}

test('pointers find patients in what a tool answers and in what it was asked', () => {
  const places = { ...none, json: { '/rows/*/mrn': 'mrn', '/**/pid': 'id' }, arguments: { '/patient': 'id' } };
  const result = {
    content: [text({ rows: [{ mrn: 'A' }, { mrn: 5 }], deep: [{ pid: 'x' }] })],
    structuredContent: { rows: [{ mrn: 'B' }] },
  };
  const seen = patientsIn({ name: 'find', arguments: { patient: 12 } }, result, places);
  const said = seen?.patients.map(({ kind, value, by }) => `${kind}=${value} ${by}`);
  assert.deepEqual(said, ['mrn=b row', 'mrn=a row', 'mrn=5 row', 'id=x row', 'id=12 asked']);
  assert.equal(seen?.unnamed, false);
  assert.deepEqual(patientsIn({}, { content: [{ type: 'text', text: 'Mr A called.' }] }, places), {
    patients: [],
    unnamed: true,
  });
});

test('FHIR names its patients itself', () => {
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      {
        resource: {
          resourceType: 'Patient',
          id: 'p1',
          identifier: [
            { type: { coding: [{ code: 'MR' }] }, value: 'M-9' },
            { type: { coding: [{ code: 'SS' }] }, value: '123' },
          ],
        },
      },
      { resource: { resourceType: 'Observation', subject: { reference: 'https://ehr/fhir/Patient/p2/_history/3' } } },
      { resource: { resourceType: 'Observation', subject: { reference: 'Practitioner/d1' } } },
    ],
  };
  const contents = [{ uri: 'fhir://ehr/Patient/p3', text: JSON.stringify(bundle) }];
  const seen = patientsIn({ uri: 'fhir://ehr/Patient/p3' }, { contents }, { ...none, fhir: true });
  assert.deepEqual(
    seen?.patients.map(({ kind, value }) => `${kind}=${value}`),
    ['fhir=p3', 'fhir=p1', 'mrn=m-9', 'fhir=p2'],
  );
});

test('a patient is told once an answer, as in it where it is; what does not say whom, once too', () => {
  const seen = new PatientsSeen();
  seen.add({ kind: 'id', value: '1', by: 'asked' });
  seen.add({ kind: 'id', value: ' 1 ', by: 'row' });
  seen.addUnnamed();
  assert.deepEqual(seen.take(), { patients: [{ kind: 'id', value: '1', by: 'row' }], unnamed: true });
  seen.add({ kind: 'id', value: '1', by: 'row' });
  seen.addUnnamed();
  assert.equal(seen.take(), null);
});

test('names are keyed, and the same for one identifier however it is written', () => {
  const name = patientNamer(new Uint8Array(32).fill(1));
  assert.equal(name('mrn', 'AB-1'), name('mrn', ' ab-1 '));
  assert.notEqual(name('mrn', 'AB-1'), name('id', 'AB-1'));
  assert.notEqual(name('mrn', 'AB-1'), patientNamer(new Uint8Array(32).fill(2))('mrn', 'AB-1'));
  assert.equal(Buffer.from(name('mrn', 'AB-1'), 'base64url').length, 16);
});

test('FHIR in its other shapes: names of a bundle, logical references, searches, encoded or not', () => {
  const places = { ...none, fhir: true };
  const uuid = '550e8400-e29b-41d4-a716-446655440000';
  const named = (uri: string, document: unknown = {}): string[] => {
    const seen = patientsIn({ uri }, { contents: [{ text: JSON.stringify(document) }] }, places);
    return (seen?.patients ?? []).map(({ kind, value }) => `${kind}=${value}`);
  };
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      { fullUrl: `urn:uuid:${uuid}`, resource: { resourceType: 'Patient' } },
      { resource: { resourceType: 'Observation', subject: { type: 'Patient', reference: `urn:uuid:${uuid}` } } },
      { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', resource: { resourceType: 'Observation' } },
    ],
  };
  assert.deepEqual(named('x', bundle), [`fhir=${uuid.replaceAll('-', '')}`]);
  const logical = { subject: { type: 'Patient', identifier: { type: { text: 'MRN' }, value: '00042' } } };
  assert.deepEqual(named('x', logical), ['mrn=42']);
  assert.deepEqual(named('x', { subject: { identifier: { type: { text: 'MRN' }, value: '42' } } }), []);
  assert.deepEqual(named('https://ehr/fhir/Observation?patient=p7&code=1'), ['fhir=p7']);
  assert.deepEqual(named('Observation?subject=Patient/p8'), ['fhir=p8']);
  assert.deepEqual(named('Observation?subject=Patient%2Fp9&_count=5'), ['fhir=p9']);
  assert.deepEqual(named('Patient?_count=2&identifier=urn:oid:1.2|M-5'), ['mrn=m-5']);
  assert.deepEqual(named('Patient?_id=p10'), ['fhir=p10']);
  assert.deepEqual(named('Practitioner?_id=d1'), []);
  assert.deepEqual(named('100%'), [], 'what is no URL-encoded text is read as it stands');
});

test('one identifier has one name, whatever system wrote it down', () => {
  const name = patientNamer(new Uint8Array(32));
  assert.equal(name('mrn', '0004711'), name('mrn', ' 4711 '));
  assert.equal(name('mrn', '４７１１'), name('mrn', '4711'), 'digits of full width');
  assert.equal(name('id', '0'), name('id', '000'));
  assert.notEqual(name('mrn', '0A1'), name('mrn', 'A1'), 'zeros before letters are part of it');
  assert.notEqual(name('mrn', '4711'), name('id', '4711'), 'another numbering');
  const uuid = '550E8400-E29B-41D4-A716-446655440000';
  for (const form of [uuid.toLowerCase(), uuid.replaceAll('-', ''), `{${uuid}}`, `urn:uuid:${uuid}`])
    assert.equal(name('fhir', form), name('fhir', uuid), form);
});

test('a key in a row names its patient; one that the database masks, or an empty one, names nobody', () => {
  const row = (maskedAs: boolean, value: string | null): PatientsSeen => {
    const seen = new PatientsSeen();
    const relation = {
      oid: 5,
      schema: 'public',
      name: 'patients',
      kind: 'v',
      system: false,
      protected: true,
      active: false,
      columns: [
        {
          attnum: 1,
          name: 'mrn',
          typeOid: 25,
          classification: 'clear' as const,
          ...(maskedAs ? { maskedAs: 'mrn' as const } : {}),
        },
      ],
    };
    const catalog: Catalog = {
      ...emptyCatalog,
      relation: () => relation,
      relations: () => [relation],
      relationByOid: () => relation,
      column: () => relation.columns[0],
    };
    const field = { tableOid: 5, attnum: 1, typeOid: 25, typeModifier: -1, format: 0 } as const;
    const plan = { maskers: [null], untouched: true, classes: [] };
    const watched = watchedPlan(plan, [field], catalog, keys, seen);
    watched.maskers[0]?.(value === null ? null : Buffer.from(value));
    return seen;
  };
  assert.deepEqual(row(false, ' 007').take()?.patients, [{ kind: 'mrn', value: '7', by: 'row' }]);
  // The plan stands as it was, so the answer counts as one that says nothing of whom it is about.
  assert.equal(row(true, '[MRN]').take(), null);
  for (const nobody of [null, '', ' ', 'x'.repeat(300)])
    assert.deepEqual(row(false, nobody).take(), { patients: [], unnamed: true }, String(nobody));
});
