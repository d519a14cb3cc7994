// What would open the enforced posture, one thing at a time: each is found by whoever verifies it, and what a role itself can see of
// it by the gate before the role is used. Each is done and asked for in a transaction of its own, and taken back.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { loadCatalog } from '../../src/gateway/postgres-catalog.ts';
import { planPosture } from '../../src/gateway/posture-plan.ts';
import { readState } from '../../src/gateway/posture-state.ts';
import { roleProblems, verifyPosture } from '../../src/gateway/posture-verify.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { unmaskSets } from '../../src/policy/unmask-sets.ts';
import { parse } from '../config/parts.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { queryOver } from '../sql/ward.ts';

const masked = 'chartgate_ehr_masked';
const all = 'chartgate_ehr_all';
const owner = 'chartgate_ehr_owner';
const views = 'chartgate_ehr_masked__public';

/** What is done as a superuser; what is found by who verifies; `itself`: also by the masked role. */
interface Weakness {
  readonly done: string;
  readonly found: RegExp;
  readonly itself?: true;
}

const attributes = ['SUPERUSER', 'INHERIT', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS'];

const weaknesses: readonly Weakness[] = [
  ...attributes.map(
    (attribute): Weakness => ({
      done: `ALTER ROLE ${masked} ${attribute}`,
      found: new RegExp(`^${masked}: it is a superuser, inherits`),
      itself: true,
    }),
  ),
  { done: `ALTER ROLE ${all} BYPASSRLS`, found: new RegExp(`^${all}: it is a superuser, inherits`) },
  { done: `GRANT reporting TO ${masked}`, found: new RegExp(`^${masked}: it may become another role`), itself: true },
  { done: `ALTER TABLE wards OWNER TO ${masked}`, found: new RegExp(`^${masked}: it owns`), itself: true },
  { done: `ALTER FUNCTION told() OWNER TO ${masked}`, found: new RegExp(`^${masked}: it owns`), itself: true },
  { done: `ALTER SCHEMA lab OWNER TO ${masked}`, found: new RegExp(`^${masked}: it owns`), itself: true },
  { done: `ALTER DATABASE ehr OWNER TO ${masked}`, found: new RegExp(`^${masked}: it owns`), itself: true },
  { done: `ALTER TABLE wards OWNER TO ${all}`, found: new RegExp(`^${all}: it owns`) },
  { done: `GRANT USAGE ON SCHEMA lab TO ${masked}`, found: new RegExp(`^${masked}, lab: it may use`), itself: true },
  { done: 'GRANT USAGE ON SCHEMA lab TO PUBLIC', found: new RegExp(`^${masked}, lab: it may use`), itself: true },
  {
    done: `GRANT CREATE ON SCHEMA ${views} TO ${masked}`,
    found: new RegExp(`^${masked}, ${views}: it may`),
    itself: true,
  },
  {
    done: `GRANT SELECT ON patients TO ${masked}`,
    found: new RegExp(`^${masked}, public.patients: it has been granted`),
    itself: true,
  },
  {
    done: `GRANT SELECT (ssn) ON patients TO ${masked}`,
    found: new RegExp(`^${masked}, public.patients: it has been granted`),
    itself: true,
  },
  {
    done: `GRANT TRUNCATE ON lab.samples TO ${masked}`,
    found: new RegExp(`^${masked}, lab.samples: it has been granted`),
    itself: true,
  },
  { done: `GRANT ${owner} TO reporting`, found: /^reporting: this role may become the owner/ },
  { done: `ALTER ROLE ${owner} LOGIN`, found: new RegExp(`^${owner}: this role may become the owner`) },
  {
    done: `GRANT ${owner} TO ${masked}`,
    found: new RegExp(`^${masked}: this role may become the owner`),
    itself: true,
  },
  {
    done: 'GRANT USAGE ON SCHEMA public TO gate; GRANT SELECT ON wards TO gate',
    found: /^public\.wards: gate still has rights/,
  },
  {
    done: 'GRANT USAGE ON SCHEMA public TO gate; GRANT UPDATE (label) ON wards TO gate',
    found: /^public\.wards: gate still has rights/,
  },
  {
    done: 'GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT TRUNCATE ON wards TO PUBLIC',
    found: /^public\.wards: gate still has rights/,
  },
  {
    done: 'ALTER DEFAULT PRIVILEGES FOR ROLE reporting GRANT USAGE ON SCHEMAS TO PUBLIC',
    found: /^reporting: its new schemas are open/,
  },
  {
    done: 'ALTER DEFAULT PRIVILEGES FOR ROLE reporting GRANT USAGE ON SCHEMAS TO gate',
    found: /^reporting: its new schemas are open/,
  },
  { done: `COMMENT ON ROLE ${masked} IS NULL`, found: new RegExp(`^${masked} is missing`) },
  {
    done: `CREATE ROLE chartgate_ehr_sees_ssn; COMMENT ON ROLE chartgate_ehr_sees_ssn IS 'chartgate connection ehr'`,
    found: /^chartgate_ehr_sees_ssn is not needed any more/,
  },
  { done: `DROP VIEW ${views}.wards`, found: new RegExp(`^${views}\\.wards is missing`) },
  { done: `ALTER VIEW ${views}.wards RENAME TO more`, found: new RegExp(`^${views}\\.more is not one of the views`) },
  { done: `COMMENT ON VIEW ${views}.wards IS NULL`, found: new RegExp(`^${views}\\.wards was made by other rules`) },
  { done: `ALTER VIEW ${views}.wards OWNER TO reporting`, found: new RegExp(`^${views}\\.wards has been changed`) },
  {
    done: `ALTER VIEW ${views}.wards SET (security_invoker = true)`,
    found: new RegExp(`^${views}\\.wards has been changed`),
  },
  {
    done: `CREATE OR REPLACE VIEW ${views}.wards AS SELECT id, label, beds FROM public.wards WHERE true`,
    found: new RegExp(`^${views}\\.wards has been changed`),
  },
];

describe('the enforced posture', () => {
  let clinic: Clinic;
  let client: Client;
  before(async () => {
    clinic = await startClinic({ posture: 'enforced' });
    await clinic.postgres.query(
      'ehr',
      `CREATE ROLE reporting LOGIN PASSWORD 'x';
       CREATE SCHEMA lab; CREATE TABLE lab.samples (id int);
       CREATE FUNCTION told() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    );
    const made = await clinic.harden('--apply');
    assert.equal(made.code, 0, made.stderr);
    const { superuser, superuserPassword } = clinic.postgres;
    client = new Client({ connectionString: clinic.postgres.url(superuser, superuserPassword, 'ehr') });
    await client.connect();
  });
  after(async () => {
    await client?.end();
    await clinic?.stop();
  });

  async function findings(): Promise<readonly string[]> {
    const parsed = parse(await readFile(clinic.config, 'utf8'));
    assert.ok(parsed.ok);
    const { config } = parsed.value;
    const policy = compilePolicy(config.policy);
    assert.ok(policy.ok);
    const query = queryOver(client);
    const catalog = await loadCatalog(query, config.classification['ehr'], 0);
    const state = await readState(query, 'ehr', 'gate');
    const sets = unmaskSets(policy.value, 'ehr');
    assert.ok(catalog.ok && state.ok && sets.ok);
    const plan = planPosture({
      connection: 'ehr',
      sets: sets.value,
      masks: config.masks,
      patientKeys: undefined,
      catalog: catalog.value,
      state: state.value,
    });
    const found = await verifyPosture(query, 'ehr', plan, state.value);
    assert.ok(found.ok);
    return found.value.filter(({ ok }) => !ok).map(({ text }) => text);
  }

  async function seenBy(role: string): Promise<readonly string[]> {
    await client.query(`SET LOCAL SESSION AUTHORIZATION ${role}`);
    const problems = await roleProblems(queryOver(client), 'ehr');
    assert.ok(problems.ok);
    return problems.value;
  }

  it('holds as it is made', async () => {
    await client.query('BEGIN; SET LOCAL search_path = pg_catalog');
    assert.deepEqual(await findings(), []);
    assert.deepEqual(await seenBy(masked), []);
    await client.query('ROLLBACK');
  });

  for (const { done, found, itself } of weaknesses) {
    it(done, async () => {
      try {
        await client.query(`BEGIN; ${done}; SET LOCAL search_path = pg_catalog`);
        const texts = await findings();
        assert.ok(
          texts.some((text) => found.test(text)),
          `found: ${texts.join('\n')}`,
        );
        const seen = await seenBy(masked);
        assert.equal(
          seen.some((text) => found.test(text)),
          itself === true && !/become the owner/.test(found.source),
          `the role itself sees: ${seen.join('\n')}`,
        );
      } finally {
        await client.query('ROLLBACK');
      }
    });
  }
});
