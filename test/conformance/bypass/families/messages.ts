// Errors, warnings, notices, parameters, plans: everything a backend says that is no row.

import { each, type Family, steps } from '../attack.ts';

export const errors: Family = {
  name: 'errors and notices',
  setup: `
    CREATE TABLE checked (id int PRIMARY KEY, ssn text UNIQUE, first text CHECK (first <> 'Nobody'), CONSTRAINT c CHECK (length(ssn) < 20));
    INSERT INTO checked SELECT id, ssn, first FROM patients;
    CREATE TABLE ranges (id int, day date, EXCLUDE USING gist (daterange(day, day, '[]') WITH &&));
    INSERT INTO ranges SELECT id, birthdate FROM patients;
    CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
      RAISE NOTICE 'saw %', $1; RAISE WARNING USING MESSAGE = $1, DETAIL = $1, HINT = $1; RETURN $1; END $$;
    CREATE FUNCTION boom(text, text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION USING ERRCODE = $2, MESSAGE = $1, DETAIL = $1, HINT = $1, TABLE = $1, COLUMN = $1, CONSTRAINT = $1, DATATYPE = $1, SCHEMA = $1; END $$;
    CREATE VIEW shouting AS SELECT id, shout(ssn) AS s FROM patients;
    CREATE VIEW booming AS SELECT id, boom(ssn, '23505') AS s FROM patients;
    CREATE VIEW booming_42 AS SELECT id, boom(ssn, '42703') AS s FROM patients;
    CREATE VIEW booming_own AS SELECT id, boom(ssn, 'QQ123') AS s FROM patients;
    CREATE VIEW failing AS SELECT id FROM patients WHERE ssn::int > 0;
    CREATE VIEW failing_oid AS SELECT id FROM patients WHERE first::regclass IS NOT NULL;
    CREATE TABLE guarded (id int, label text);
    INSERT INTO guarded VALUES (1, 'x');
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON guarded USING (id = (SELECT ssn::int FROM patients LIMIT 1));
    CREATE TABLE deferred (id int PRIMARY KEY, ssn text, n int, UNIQUE (ssn, n) DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO deferred SELECT g, ssn, g FROM patients, generate_series(1, 2) g WHERE patients.id = 1;
    CREATE TABLE noisy (id int PRIMARY KEY, label text);
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE NOTICE '%', (SELECT string_agg(ssn, ',') FROM patients); RETURN NEW; END $$;
    CREATE TRIGGER tell BEFORE INSERT ON noisy FOR EACH ROW EXECUTE FUNCTION tell();`,
  clear: [
    'public.checked.id',
    'public.ranges.id',
    'public.failing.id',
    'public.failing_oid.id',
    'public.guarded.label',
    'public.noisy.label',
    'public.shouting.id',
  ],
  attacks: [
    ...each(
      'SELECT ssn::int FROM patients',
      'SELECT ssn::date, first::date FROM patients',
      'SELECT first::boolean FROM patients',
      'SELECT ssn::inet FROM patients',
      'SELECT ssn::uuid FROM patients',
      'SELECT first::json FROM patients',
      'SELECT first::jsonb FROM patients',
      'SELECT body::xml FROM notes',
      'SELECT ssn::numeric FROM patients',
      'SELECT ssn::interval FROM patients',
      'SELECT first::int[] FROM patients',
      'SELECT first::point FROM patients',
      'SELECT last::"char", first::oid FROM patients',
      'SELECT ssn::regclass FROM patients',
      'SELECT first::regclass FROM patients',
      'SELECT first::regtype FROM patients',
      'SELECT first::regrole FROM patients',
      'SELECT first::regproc FROM patients',
      'SELECT first::regprocedure FROM patients',
      'SELECT first::regoper FROM patients',
      'SELECT first::regoperator FROM patients',
      'SELECT first::regconfig FROM patients',
      'SELECT first::regdictionary FROM patients',
      'SELECT first::regnamespace FROM patients',
      'SELECT first::regcollation FROM patients',
      'SELECT birthdate::text::regclass FROM patients',
      'SELECT birthdate::text::int FROM patients',
      'SELECT (first::regclass)::text FROM patients',
      'SELECT to_regclass(first), to_regtype(first) FROM patients',
      'SELECT current_setting(first) FROM patients',
      'SELECT current_setting(first, true) FROM patients',
      "SELECT has_table_privilege(first, 'select') FROM patients",
      "SELECT has_table_privilege(first, 'wards', 'select') FROM patients",
      "SELECT has_table_privilege('wards', first) FROM patients",
      "SELECT has_schema_privilege(first, 'usage') FROM patients",
      "SELECT has_function_privilege(first, 'execute') FROM patients",
      "SELECT has_column_privilege('wards', first, 'select') FROM patients",
      "SELECT pg_get_serial_sequence(first, 'id') FROM patients",
      "SELECT pg_get_serial_sequence('wards', first) FROM patients",
      'SELECT pg_get_viewdef(first) FROM patients',
      "SELECT pg_input_is_valid('1', first) FROM patients",
      'SELECT pg_size_bytes(first) FROM patients',
      "SELECT to_tsvector(first::regconfig, 'x') FROM patients",
      'SELECT to_tsquery(ssn) FROM patients',
      "SELECT encode('x', first) FROM patients",
      "SELECT decode(first, 'base64') FROM patients",
      "SELECT convert_from('x', first) FROM patients",
      'SELECT date_trunc(first, now()) FROM patients',
      'SELECT extract(epoch FROM first::interval) FROM patients',
      'SELECT timezone(first, now()) FROM patients',
      "SELECT to_date(first, 'YYYY'), to_number(first, '999') FROM patients",
      "SELECT to_timestamp(ssn, 'HH24') FROM patients",
      'SELECT format(first) FROM patients',
      "SELECT regexp_replace('x', first || '(', '') FROM patients",
      "SELECT 'x' ~ (first || '(') FROM patients",
      "SELECT 'x' LIKE first || chr(92) FROM patients",
      "SELECT jsonb_path_query('{}', first::jsonpath) FROM patients",
      "SELECT JSON_VALUE(extra, 'strict $.nothing' ERROR ON ERROR) FROM patients",
      'SELECT normalize(first, NFC), is_normalized(first) FROM patients',
      'SELECT chr(-ascii(first)) FROM patients',
      'SELECT repeat(first, 1000000000) FROM patients',
      'SELECT lpad(first, 2000000000) FROM patients',
      'SELECT 1 / (ascii(first) - 90) FROM patients',
      'SELECT factorial(-ascii(first)) FROM patients',
      'SELECT id, (SELECT ssn FROM patients) FROM wards',
      "SELECT 'icu'::text::ward FROM patients",
      'SELECT jsonb_object_agg(NULL::text, ssn) FROM patients',
      'SELECT array_fill(first, ARRAY[ascii(first), -1]) FROM patients',
      'SELECT nothing_such(ssn) FROM patients',
      'SELECT ssn + 1 FROM patients',
      "INSERT INTO checked VALUES (9, '123-45-678' || '9', 'x')",
      'INSERT INTO checked SELECT 9, ssn, first FROM patients',
      "INSERT INTO checked VALUES (9, repeat('x', 30), 'x')",
      "UPDATE checked SET first = 'Nobody' WHERE id = 1",
      'UPDATE checked SET id = 2 WHERE id = 1',
      "UPDATE checked SET ssn = 'same'",
      'UPDATE checked SET id = NULL WHERE id = 1',
      'INSERT INTO ranges SELECT 3, day FROM ranges',
      "INSERT INTO ranges VALUES (3, daterange('1961-01-01', '1961-12-31')::text::date)",
      "UPDATE ranges SET day = '1970-02-11'",
      'DELETE FROM patients WHERE id = 1',
      'UPDATE patients SET birthdate = first::date WHERE id = 1',
      "INSERT INTO patients (id, first) VALUES (1, 'x')",
      'SELECT * FROM shouting',
      'SELECT id FROM shouting WHERE s IS NOT NULL',
      'SELECT count(s) FROM shouting',
      'SELECT * FROM booming',
      'SELECT * FROM booming_42',
      'SELECT * FROM booming_own',
      'SELECT id FROM failing',
      'SELECT count(*) FROM failing',
      'SELECT id FROM failing_oid',
      'SELECT * FROM guarded',
      'SELECT count(*) FROM guarded',
      "INSERT INTO noisy VALUES (1, 'x')",
      'SELECT shout(ssn) FROM patients',
      'SELECT boom(ssn, first) FROM patients',
      'DO $$ BEGIN RAISE NOTICE $q$%$q$, (SELECT ssn FROM patients LIMIT 1); END $$',
      'DO $$ BEGIN RAISE EXCEPTION $q$%$q$, (SELECT ssn FROM patients LIMIT 1); END $$',
    ),
    steps('SET client_min_messages = debug5', 'SELECT ssn FROM patients'),
    steps('SET log_min_messages = debug5', 'SET debug_print_plan = on', 'SELECT ssn FROM patients'),
    steps('SET lc_messages = C', 'SELECT ssn::int FROM patients'),
    {
      name: 'a unique key checked at COMMIT',
      commits: true,
      sql: ['BEGIN', 'UPDATE deferred SET n = 2 WHERE id = 1', 'COMMIT'],
    },
    { name: 'a unique key checked at Sync', commits: true, sql: ['UPDATE deferred SET n = 2 WHERE id = 1'] },
    {
      name: 'a unique key checked by SET CONSTRAINTS',
      sql: ['UPDATE deferred SET n = 2 WHERE id = 1', 'SET CONSTRAINTS ALL IMMEDIATE'],
    },
    steps('SAVEPOINT a', 'SELECT ssn::regclass FROM patients', 'ROLLBACK TO a', 'SELECT 1'),
  ],
};

export const plans: Family = {
  name: 'EXPLAIN',
  attacks: each(
    'EXPLAIN SELECT * FROM patients',
    "EXPLAIN SELECT * FROM patients WHERE ssn > '1'",
    'EXPLAIN ANALYZE SELECT ssn FROM patients',
    'EXPLAIN (ANALYZE, VERBOSE, BUFFERS, SETTINGS, WAL, SUMMARY, MEMORY, SERIALIZE) SELECT p FROM patients p',
    'EXPLAIN (VERBOSE, FORMAT json) SELECT upper(ssn) FROM patients',
    'EXPLAIN (FORMAT xml) SELECT first FROM patients',
    'EXPLAIN (FORMAT yaml) SELECT last FROM patients',
    'EXPLAIN (GENERIC_PLAN) SELECT ssn FROM patients WHERE id = $1',
    'EXPLAIN ANALYZE SELECT first::int FROM patients',
    'EXPLAIN ANALYZE INSERT INTO wards SELECT 900 + id, ssn FROM patients',
    'EXPLAIN ANALYZE UPDATE wards SET label = (SELECT ssn FROM patients WHERE id = 1) WHERE id = 1',
    'EXPLAIN ANALYZE CREATE TABLE copied AS SELECT ssn FROM patients',
    'EXPLAIN DECLARE c CURSOR FOR SELECT ssn FROM patients',
    'EXPLAIN ANALYZE EXECUTE q',
    'EXPLAIN SELECT * FROM wards WHERE label = (SELECT ssn FROM patients LIMIT 1)',
  ),
};
