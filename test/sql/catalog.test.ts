// The snapshot of a real server's catalog, read as an ordinary role, and what is said of logins.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import type { Classification } from '../../src/core/phi.ts';
import { privilegeProblems } from '../../src/gateway/postgres-privileges.ts';
import { openWard, queryOver, reload, type Ward } from './ward.ts';

let ward: Ward;
before(async () => {
  ward = await openWard();
});
after(() => ward?.close());

function classOf(relation: string, column: string): Classification | undefined {
  return ward.catalog.relation('public', relation)?.columns.find((each) => each.name === column)?.classification;
}

describe('catalog', () => {
  test('relations by name and number, system ones clear', () => {
    const patients = ward.catalog.relation('public', 'patients');
    assert.ok(patients);
    assert.equal(ward.catalog.relationByOid(patients.oid), patients);
    assert.equal(patients.protected, true);
    const ssn = patients.columns.find((each) => each.name === 'ssn');
    assert.equal(ward.catalog.column(patients.oid, ssn?.attnum ?? 0), ssn);
    assert.equal(ward.catalog.relation('public', 'wards')?.protected, false);
    const system = ward.catalog.relation('pg_catalog', 'pg_class');
    assert.deepEqual([system?.system, system?.protected], [true, false]);
    assert.equal(ward.catalog.relation('pg_toast', 'pg_toast_2619'), undefined);
  });

  test('what nobody decided: text is unknown, dates are dates, numbers clear', () => {
    assert.equal(classOf('notes', 'id'), 'clear');
    assert.equal(classOf('patients', 'ward'), 'clear');
    assert.equal(classOf('patients', 'tags'), 'unknown');
    assert.equal(classOf('visits', 'day'), 'date');
  });

  test('computed columns are unknown whatever their type, until somebody decides', () => {
    assert.equal(classOf('patients', 'digits'), 'unknown');
    assert.equal(classOf('patient_labels', 'n'), 'unknown');
    assert.equal(classOf('patient_labels', 'weight'), 'unknown');
    assert.equal(classOf('patient_labels', 'id'), 'clear');
    assert.equal(classOf('patient_copy', 'code'), 'unknown');
  });

  test('no setting for unknown text clears what is computed from elsewhere', async () => {
    const lenient = await reload(ward.query, 1, 'clear');
    const lenientClass = (relation: string, column: string): Classification | undefined =>
      lenient.relation('public', relation)?.columns.find((each) => each.name === column)?.classification;
    assert.equal(lenientClass('patients', 'tags'), 'clear');
    assert.equal(lenientClass('patients', 'digits'), 'unknown');
    assert.equal(lenientClass('patient_labels', 'n'), 'unknown');
    assert.equal(lenientClass('patient_copy', 'code'), 'unknown');
  });

  test('partitions and inheritance share their classes, both ways', () => {
    assert.equal(classOf('visits_low', 'reason'), 'diagnosis');
    assert.equal(classOf('base', 'label'), 'name');
    assert.equal(classOf('derived', 'label'), 'name');
    assert.equal(classOf('derived', 'secret'), 'unknown');
  });

  test('what users made is known by name', () => {
    const { catalog } = ward;
    assert.equal(catalog.isUserFunction('leak'), true);
    assert.equal(catalog.isUserFunction('lower'), true);
    assert.equal(catalog.isUserFunction('upper'), false);
    assert.equal(catalog.isUserOperator('@@@'), true);
    assert.equal(catalog.isUserOperator('='), false);
    assert.equal(catalog.isUserType('code'), true);
    assert.equal(catalog.isEnumType('ward_kind'), true);
    assert.equal(catalog.isEnumType('code'), false);
  });

  test('a new snapshot sees what is new', async () => {
    await ward.server.query('ward', 'CREATE TABLE later (id int)');
    const next = await reload(ward.query, ward.catalog.version);
    assert.equal(next.version, ward.catalog.version + 1);
    assert.ok(next.relation('public', 'later'));
    assert.equal(ward.catalog.relation('public', 'later'), undefined);
  });
});

describe('privileges', () => {
  async function problemsOf(role: string, setUp: string): Promise<readonly string[]> {
    await ward.server.query('ward', `CREATE ROLE ${role} LOGIN PASSWORD 'x'; ${setUp}`);
    const client = new Client({ connectionString: ward.server.url(role, 'x', 'ward') });
    await client.connect();
    try {
      const problems = await privilegeProblems(queryOver(client));
      assert.ok(problems.ok);
      return problems.value;
    } finally {
      await client.end();
    }
  }

  test('an ordinary login has none', async () => {
    assert.deepEqual(await problemsOf('fine', 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO fine'), []);
  });

  const unfit = [
    ['boss', 'ALTER ROLE boss SUPERUSER', /superuser/],
    ['copier', 'ALTER ROLE copier REPLICATION', /replicate/],
    ['passer', 'ALTER ROLE passer BYPASSRLS', /row security/],
    ['tabler', 'CREATE TABLE mine (id int); ALTER TABLE mine OWNER TO tabler', /owns tables/],
    [
      'member',
      'CREATE ROLE owners; CREATE TABLE theirs (id int); ALTER TABLE theirs OWNER TO owners; GRANT owners TO member',
      /owns tables/,
    ],
    ['schemer', 'CREATE SCHEMA s AUTHORIZATION schemer', /owns a schema/],
    ['reader', 'GRANT pg_read_server_files TO reader', /files/],
    ['runner', 'GRANT pg_execute_server_program TO runner', /files/],
    ['climber', 'CREATE ROLE high SUPERUSER; GRANT high TO climber', /may become/],
  ] as const;
  for (const [role, setUp, reason] of unfit) {
    test(`${role}: ${setUp}`, async () => {
      assert.match((await problemsOf(role, setUp)).join('; '), reason);
    });
  }
});
