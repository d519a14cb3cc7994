// A protected value carried to where nothing masks it, and what comes back from a write.

import { each, type Family, steps } from '../attack.ts';

const show = 'SELECT label FROM wards WHERE id IN (1, 2, 901, 902)';

export const laundering: Family = {
  name: 'laundering writes',
  setup: `
    CREATE TABLE scratch (id int, label text, n bigint, day date, j jsonb, a text[]);
    CREATE TABLE scratch_part (id int, label text) PARTITION BY LIST (id);
    CREATE TABLE scratch_part_1 PARTITION OF scratch_part DEFAULT;
    CREATE VIEW scratch_view AS SELECT id, label FROM scratch;
    CREATE SEQUENCE counter;`,
  clear: [
    'public.scratch.id',
    'public.scratch.label',
    'public.scratch.day',
    'public.scratch.j',
    'public.scratch.a',
    'public.scratch_part.label',
    'public.scratch_view.label',
    'public.scratch_view.id',
  ],
  attacks: [
    steps('INSERT INTO wards SELECT 900 + id, ssn FROM patients', show),
    steps('INSERT INTO wards (id, label) SELECT 900 + id, upper(x) FROM (SELECT id, ssn AS x FROM patients) q', show),
    steps('INSERT INTO wards VALUES (901, (SELECT ssn FROM patients WHERE id = 1)) RETURNING label', show),
    steps('INSERT INTO wards (id, label) SELECT 900 + id, p::text FROM patients p RETURNING *', show),
    steps('INSERT INTO scratch (j) SELECT to_jsonb(p) FROM patients p', 'SELECT j FROM scratch'),
    steps('INSERT INTO scratch (a) SELECT ARRAY[ssn] FROM patients', 'SELECT a FROM scratch'),
    steps('INSERT INTO scratch (day) SELECT birthdate FROM patients RETURNING day', 'SELECT day FROM scratch'),
    steps("INSERT INTO scratch (n) SELECT replace(ssn, '-', '')::bigint FROM patients", 'SELECT n FROM scratch'),
    steps(
      'INSERT INTO scratch (id, label) TABLE checked_out',
      'INSERT INTO scratch (id, label) SELECT id, first FROM patients',
      'TABLE scratch',
    ),
    steps('INSERT INTO scratch_part SELECT id, ssn FROM patients', 'SELECT label FROM scratch_part'),
    steps('INSERT INTO scratch_view SELECT id, ssn FROM patients', 'SELECT label FROM scratch_view'),
    steps('INSERT INTO scratch SELECT id, body FROM notes', 'SELECT label FROM scratch'),
    steps('UPDATE wards SET label = p.ssn FROM patients p WHERE p.id = wards.id', show),
    steps('UPDATE wards SET label = (SELECT ssn FROM patients WHERE id = 1) WHERE id = 1 RETURNING label', show),
    steps('UPDATE wards SET (label, beds) = (SELECT ssn, 1 FROM patients WHERE id = 1) WHERE id = 1', show),
    steps('UPDATE wards SET (label, beds) = ROW((SELECT ssn FROM patients WHERE id = 1), 1) WHERE id = 1', show),
    steps(
      'UPDATE wards SET label = CASE WHEN p.id = 1 THEN p.ssn END FROM patients p WHERE wards.id = 1 AND p.id = 1',
      show,
    ),
    steps('UPDATE patients SET city = ssn WHERE id = 1', 'SELECT city FROM patients'),
    steps('UPDATE patients SET visits = length(first) * 100 WHERE id = 1', 'SELECT visits FROM patients'),
    steps("UPDATE patients SET visits = replace(ssn, '-', '')::int", 'SELECT visits FROM patients'),
    steps('WITH p AS (SELECT ssn FROM patients WHERE id = 1) UPDATE wards SET label = p.ssn FROM p WHERE id = 1', show),
    steps(
      'WITH d AS (DELETE FROM notes RETURNING body) INSERT INTO scratch (label) SELECT body FROM d RETURNING label',
      'SELECT label FROM scratch',
    ),
    steps('WITH i AS (INSERT INTO scratch (label) SELECT ssn FROM patients RETURNING label) SELECT label FROM i'),
    steps('WITH u AS (UPDATE patients SET visits = 1 RETURNING ssn AS label) SELECT label FROM u'),
    steps(
      'WITH u AS (UPDATE patients SET visits = 1 RETURNING *) INSERT INTO scratch (label) SELECT u::text FROM u',
      'TABLE scratch',
    ),
    steps(
      "INSERT INTO wards VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET label = (SELECT ssn FROM patients WHERE id = 1) RETURNING label",
      show,
    ),
    steps(
      'INSERT INTO patients (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET visits = ascii(patients.ssn), city = patients.ssn RETURNING visits, city',
      'SELECT visits, city FROM patients',
    ),
    steps(
      "INSERT INTO patients (id, ssn) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET ssn = excluded.ssn RETURNING patients.ssn, old.ssn, new.first, old",
    ),
    steps(
      'MERGE INTO wards w USING patients p ON w.id = p.id WHEN MATCHED THEN UPDATE SET label = p.ssn RETURNING w.label, p.ssn',
      show,
    ),
    steps(
      'MERGE INTO wards w USING patients p ON w.id = 900 + p.id WHEN NOT MATCHED THEN INSERT VALUES (900 + p.id, p.ssn)',
      show,
    ),
    steps(
      'MERGE INTO wards w USING (SELECT id, ssn AS label FROM patients) p ON w.id = p.id WHEN MATCHED THEN DO NOTHING RETURNING p.label',
    ),
    steps(
      'MERGE INTO patients p USING wards w ON w.id = p.id WHEN MATCHED THEN UPDATE SET visits = 0 RETURNING merge_action(), old.ssn, new, p',
    ),
    ...each(
      'UPDATE patients SET visits = visits + 1 RETURNING ssn',
      'UPDATE patients SET visits = 1 RETURNING *',
      'UPDATE patients SET visits = 1 RETURNING upper(ssn) AS id',
      'UPDATE patients SET visits = 1 RETURNING old, new',
      'UPDATE patients SET visits = 1 RETURNING old.*, new.*',
      'UPDATE patients SET visits = 1 RETURNING WITH (OLD AS wards, NEW AS n) wards.ssn AS label, n.first',
      'UPDATE patients SET visits = 1 RETURNING (SELECT string_agg(ssn, chr(44)) FROM patients)',
      "UPDATE patients SET ssn = 'x' WHERE id = 1 RETURNING old.ssn AS id, old.ssn || new.ssn",
      "UPDATE patients SET ssn = 'x' RETURNING row_to_json(old)",
      'DELETE FROM notes RETURNING body, notes, upper(body)',
      'DELETE FROM notes RETURNING old.body, to_jsonb(old)',
      'DELETE FROM notes USING patients p WHERE p.id = notes.patient RETURNING p.ssn, p',
      "INSERT INTO wards VALUES (950, 'x') RETURNING (SELECT ssn FROM patients LIMIT 1)",
      'INSERT INTO notes SELECT 50, 1, body FROM notes RETURNING body',
    ),
    steps('SELECT ssn INTO TEMP t FROM patients', 'SELECT * FROM t'),
    steps('CREATE TEMP TABLE t AS SELECT ssn FROM patients', 'TABLE t', 'SELECT * FROM pg_temp.t'),
    steps('CREATE TEMP VIEW v AS SELECT ssn AS label FROM patients', 'TABLE v'),
    steps('CREATE TEMP TABLE t (LIKE patients INCLUDING ALL)', 'INSERT INTO t TABLE patients', 'TABLE t'),
    steps('CREATE TABLE public.t AS TABLE patients', 'TABLE t'),
    steps('CREATE MATERIALIZED VIEW m AS SELECT ssn FROM patients', 'TABLE m'),
    steps("SELECT setval('counter', replace(ssn, '-', '')::bigint) FROM patients", 'SELECT last_value FROM counter'),
    steps('SELECT lo_from_bytea(4711, ssn::bytea) FROM patients', 'SELECT lo_get(4711)'),
    steps("SELECT set_config('application_name', ssn, false) FROM patients", 'SHOW application_name'),
    steps("SELECT set_config('my.own', ssn, false) FROM patients", "SELECT current_setting('my.own')"),
    steps('SELECT pg_advisory_lock(ascii(ssn)) FROM patients', 'SELECT objid FROM pg_locks'),
    steps("PREPARE TRANSACTION 'x'"),
    steps('COMMENT ON TABLE wards IS $$x$$', "SELECT obj_description('wards'::regclass)"),
    steps('ALTER TABLE patients RENAME ssn TO label', 'SELECT label FROM patients'),
    steps('ALTER TABLE patients ALTER visits TYPE text USING ssn', 'SELECT visits FROM patients'),
    steps('ALTER TABLE wards ADD COLUMN s text DEFAULT $$x$$', 'CREATE INDEX ON patients ((ssn::int))'),
    steps('CREATE STATISTICS s ON ssn, first FROM patients', 'ANALYZE patients', 'SELECT * FROM pg_stats_ext'),
    steps('CREATE POLICY p ON patients USING (true)', 'TABLE patients'),
    steps('CREATE RULE r AS ON UPDATE TO wards DO ALSO SELECT ssn FROM patients', 'UPDATE wards SET beds = 1'),
    steps("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ssn FROM patients'", 'SELECT f()'),
    steps(
      'CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat)',
      "SELECT ssn === '' FROM patients",
    ),
    steps('CREATE AGGREGATE agg(text) (SFUNC = textcat, STYPE = text)', 'SELECT agg(ssn) FROM patients'),
    steps('CREATE TYPE tt AS (a text)', 'SELECT ROW(ssn)::tt FROM patients'),
    steps('CREATE DOMAIN dd AS text', 'SELECT ssn::dd FROM patients'),
    steps('CREATE CAST (text AS int) WITH INOUT AS IMPLICIT', 'SELECT ssn + 1 FROM patients'),
    steps('CREATE PUBLICATION p FOR TABLE patients', 'CREATE EXTENSION dblink'),
    steps("SECURITY LABEL ON TABLE wards IS 'x'", 'REASSIGN OWNED BY gate TO gate'),
  ],
};
