// Functions of users that a person has read and declared safe: called by masked people and run by triggers for as long as they are
// what was read, over a real gate and database.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
let ana: Client;

const functions = `
  CREATE FUNCTION band(visits int) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN visits > 5 THEN 'often' ELSE 'seldom' END $$;
  CREATE FUNCTION shout(word text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT upper(word) || '!' $$;
  CREATE FUNCTION peek() RETURNS text STABLE LANGUAGE sql AS $$ SELECT ssn FROM patients LIMIT 1 $$;
  CREATE FUNCTION count_up(visits int) RETURNS int VOLATILE LANGUAGE sql AS $$ SELECT visits + 1 $$;
  CREATE FUNCTION spread(visits int) RETURNS TABLE (low int, high int) IMMUTABLE LANGUAGE sql AS $$ SELECT visits - 1, visits + 1 $$;
  CREATE FUNCTION pg_read_file(visits int) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'mine' $$;
  CREATE FUNCTION no_more_beds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.beds := least(NEW.beds, 40); RETURN NEW; END $$;
  CREATE TRIGGER beds BEFORE UPDATE ON wards FOR EACH ROW EXECUTE FUNCTION no_more_beds();`;

const declared = [
  'band(integer)',
  'shout(text)',
  'count_up(integer)',
  'spread(int)',
  'pg_read_file(integer)',
  'no_more_beds()',
];

before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query('ehr', functions);
  await declare(() => 'review');
  await clinic.startGate();
  ana = await clinic.connect('ana');
});

after(async () => {
  await ana.end();
  await clinic.stop();
});

/** Writes the configuration with what each function is declared as. */
async function declare(as: (name: string) => string): Promise<void> {
  const lines = declared.map((name) => `      public.${name}: ${as(name)}\n`).join('');
  await clinic.writeConfig((config) => config.replace(/^( *)columns:\n/m, `$1functions:\n${lines}$&`));
}

const check = () => clinic.chartgate(['check', '-c', clinic.config], null, { EHR_PASSWORD: 'upstream-secret' });

/** What `check` says the definitions are. */
async function digests(): Promise<ReadonlyMap<string, string>> {
  const { stdout, stderr } = await check();
  const found = `${stdout}${stderr}`.matchAll(
    /function public\.(\S+ ?\S*\)) is not .* declare it as (sha256:[0-9a-f]{64})/g,
  );
  return new Map([...found].map(([, name = '', digest = '']) => [name, digest]));
}

const refused = (sql: string) =>
  assert.rejects(ana.query(sql), { code: '42501', message: /calls a function that is not known to be safe/ }, sql);

/** The gate reads its configuration again by itself; how soon is its affair. */
const answered = (sql: string) =>
  eventually(
    () =>
      ana.query(sql).then(
        () => true,
        () => false,
      ),
    `${sql} is answered`,
  );

describe('functions declared safe', () => {
  it('are not safe before their definition has been read, and check says what to declare', async () => {
    await refused('SELECT band(visits) FROM patients');
    const found = await digests();
    assert.deepEqual([...found.keys()].sort(), [...declared].sort());
    assert.equal((await check()).code, 1);
    await declare((name) => found.get(name) ?? 'review');
    assert.equal((await check()).code, 0);
  });

  it('may then be called, by their own name and with their schema', async () => {
    await answered('SELECT band(visits) FROM patients');
    const { rows } = await ana.query(
      'SELECT id, band(visits), public.shout(label) FROM patients JOIN wards USING (id) ORDER BY id',
    );
    assert.deepEqual(rows, [
      { id: 1, band: 'seldom', shout: 'WARD 1!' },
      { id: 2, band: 'often', shout: 'WARD 2!' },
    ]);
    const { rows: spread } = await ana.query('SELECT low, high FROM patients, spread(visits) ORDER BY low');
    assert.deepEqual(spread, [
      { low: 2, high: 4 },
      { low: 6, high: 8 },
    ]);
  });

  it('are masked where they are given what is masked, and need the grant to filter, since they may fail by it', async () => {
    await assert.rejects(ana.query('SELECT shout(ssn) FROM patients'), { code: '42501', message: /filter/ });
    const cora = await clinic.connect('cora');
    const { rows } = await cora.query('SELECT shout(last) FROM patients ORDER BY id');
    await cora.end();
    assert.deepEqual(rows, [{ shout: 'QUARTERMAIN!' }, { shout: 'VANDERSLOOT!' }]);
  });

  it('are no way to others: undeclared, volatile, or of a name that something else has too', async () => {
    await refused('SELECT peek()');
    await refused('SELECT count_up(visits) FROM patients');
    await refused("SELECT pg_read_file('PG_VERSION')");
    await assert.rejects(ana.query('SELECT (patients).shout FROM patients'), {
      code: '42501',
      message: /field that could be a call/,
    });
    const { rows } = await ana.query('SELECT public.pg_read_file(1)');
    assert.deepEqual(rows, [{ pg_read_file: 'mine' }]);
  });

  it('let tables be written that run them as triggers', async () => {
    const dora = await clinic.connect('dora');
    await dora.query('UPDATE wards SET beds = 60 WHERE id = 7');
    await dora.end();
    const { rows } = await ana.query('SELECT beds FROM wards WHERE id = 7');
    assert.deepEqual(rows, [{ beds: 40 }]);
  });

  it('are not safe any more once they are something else, or another could be meant', async () => {
    await clinic.postgres.query(
      'ehr',
      'CREATE OR REPLACE FUNCTION band(visits int) RETURNS text STABLE LANGUAGE sql AS $$ SELECT ssn FROM patients LIMIT 1 $$',
    );
    await eventually(
      () =>
        ana.query('SELECT band(1)').then(
          () => false,
          () => true,
        ),
      'what has been replaced is refused',
    );
    await refused('SELECT band(1)');
    assert.match(
      (await check()).stdout,
      /function public\.band\(integer\) is not taken for safe: its definition is not the one that was read/,
    );
    await clinic.postgres.query(
      'ehr',
      'CREATE FUNCTION shout(word jsonb) RETURNS text STABLE LANGUAGE sql AS $$ SELECT ssn FROM patients LIMIT 1 $$',
    );
    await eventually(
      () =>
        ana.query("SELECT shout('x')").then(
          () => false,
          () => true,
        ),
      'a name with another meaning is refused',
    );
    await refused("SELECT public.shout('{}'::jsonb)");
  });
});
