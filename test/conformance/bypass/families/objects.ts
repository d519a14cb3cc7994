// Objects the DBA has made that hide where a value comes from, or run code of their own.

import { each, type Family, steps } from '../attack.ts';

export const objects: Family = {
  name: 'objects that hide the source',
  setup: `
    CREATE VIEW plain_view AS SELECT id, ssn AS label FROM patients;
    CREATE VIEW deep_view AS SELECT id, upper(label) AS label FROM plain_view;
    CREATE VIEW mixed_view AS SELECT w.id, w.label, p.ssn AS beds FROM wards w JOIN patients p ON p.id = w.id;
    CREATE VIEW union_view AS SELECT label FROM wards WHERE false UNION ALL SELECT ssn FROM patients;
    CREATE VIEW json_view AS SELECT to_jsonb(p) AS doc FROM patients p;
    CREATE VIEW row_view AS SELECT p FROM patients p;
    CREATE VIEW number_view AS SELECT id, replace(ssn, '-', '')::bigint AS n, birthdate AS d FROM patients;
    CREATE MATERIALIZED VIEW stored_view AS SELECT id, ssn AS label FROM patients;
    CREATE RECURSIVE VIEW recursive_view (n, s) AS SELECT 1, ssn FROM patients UNION ALL SELECT n + 1, s FROM recursive_view WHERE n < 2;
    CREATE VIEW barrier_view WITH (security_barrier) AS SELECT ssn AS label FROM patients;
    CREATE TABLE generated (id int, ssn text, s text GENERATED ALWAYS AS (upper(ssn)) STORED,
      n bigint GENERATED ALWAYS AS (replace(ssn, '-', '')::bigint) STORED);
    INSERT INTO generated SELECT id, ssn FROM patients;
    CREATE TABLE visits (id int, reason text, who text) PARTITION BY RANGE (id);
    CREATE TABLE visits_low PARTITION OF visits FOR VALUES FROM (0) TO (100);
    INSERT INTO visits VALUES (1, 'Quartermain', '123-45-6789');
    CREATE TABLE parent (id int, label text);
    CREATE TABLE child (secret text) INHERITS (parent);
    INSERT INTO child VALUES (1, '123-45-6789', 'Zebulon');
    CREATE TYPE person AS (first text, ssn text);
    CREATE TABLE people (id int, who person, friends person[]);
    INSERT INTO people SELECT id, (first, ssn)::person, ARRAY[(last, ssn)::person] FROM patients;
    CREATE DOMAIN code AS text;
    CREATE TABLE coded (id int, ssn code, tags code[]);
    INSERT INTO coded SELECT id, ssn, ARRAY[first::code] FROM patients;
    CREATE TABLE "Weird ""Table; --" (id int, "ssn; DROP" text, "*" text, "ünïcødé" text, "SELECT" text);
    INSERT INTO "Weird ""Table; --" SELECT id, ssn, first, last, ssn FROM patients;
    CREATE TABLE text (name text, count text, ctid2 text);
    INSERT INTO text SELECT first, ssn, last FROM patients;
    CREATE TABLE long (id int, ${'a'.repeat(70)} text, ${'é'.repeat(40)} text);
    INSERT INTO long SELECT id, ssn, first FROM patients;
    CREATE FUNCTION peek(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM patients WHERE id = $1';
    CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM patients WHERE id = $1';
    CREATE FUNCTION full_name(patients) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.first || $1.last';
    CREATE FUNCTION neighbour(wards) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM patients WHERE id = $1.id';
    CREATE FUNCTION peek(int, int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM patients WHERE id = $1';
    CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = peek);
    CREATE FUNCTION peek_sum(text, int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM patients WHERE id = $2';
    CREATE AGGREGATE peek_all(int) (SFUNC = peek_sum, STYPE = text);
    CREATE TYPE ward_kind AS ENUM ('icu', 'er');
    CREATE FUNCTION kind_text(ward_kind) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM patients LIMIT 1';
    CREATE CAST (ward_kind AS text) WITH FUNCTION kind_text(ward_kind) AS IMPLICIT;
    CREATE TABLE kinds (id int, kind ward_kind);
    INSERT INTO kinds VALUES (1, 'icu');
    CREATE PROCEDURE tell_all(INOUT s text) LANGUAGE sql AS 'SELECT ssn FROM patients LIMIT 1';
    CREATE TABLE ruled (id int, label text);
    INSERT INTO ruled VALUES (1, 'x');
    CREATE RULE r AS ON UPDATE TO ruled DO INSTEAD SELECT upper(ssn) AS label, ssn || '' AS id FROM patients;
    CREATE TABLE ruled_also (id int, label text);
    CREATE RULE r AS ON INSERT TO ruled_also DO ALSO SELECT reverse(ssn) AS label FROM patients;
    CREATE RULE d AS ON DELETE TO ruled_also DO INSTEAD UPDATE wards SET label = (SELECT ssn FROM patients LIMIT 1) WHERE id = 1 RETURNING id, label;
    CREATE TABLE triggered (id int, label text);
    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := (SELECT first FROM patients WHERE id = NEW.id); RETURN NEW; END $$;
    CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION fill();
    CREATE FUNCTION peek_first() RETURNS text LANGUAGE sql STABLE AS 'SELECT first FROM patients LIMIT 1';
    CREATE TABLE defaulted (id int, label text DEFAULT peek_first());
    CREATE VIEW over_triggered AS SELECT id, label FROM triggered;
    CREATE TABLE announced (id int);
    CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM set_config('my.last', (SELECT ssn FROM patients LIMIT 1), false);
      PERFORM set_config('application_name', (SELECT ssn FROM patients LIMIT 1), false);
      PERFORM pg_notify('news', (SELECT ssn FROM patients LIMIT 1)); RETURN NEW; END $$;
    CREATE TRIGGER announce BEFORE INSERT ON announced FOR EACH ROW EXECUTE FUNCTION announce();
    CREATE VIEW setting_view AS SELECT id, set_config('my.view', ssn, false) AS label FROM patients;
    CREATE TABLE late (id int);
    INSERT INTO late VALUES (1);
    ALTER TABLE late ADD COLUMN ssn text DEFAULT '123-45-6789';`,
  since: [{ version: 18, setup: 'ALTER TABLE generated ADD COLUMN v text GENERATED ALWAYS AS (reverse(ssn)) VIRTUAL' }],
  clear: [
    'public.ruled.label',
    'public.ruled_also.label',
    'public.triggered.label',
    'public.defaulted.label',
    'public.over_triggered.label',
    'public.parent.id',
  ],
  attacks: [
    ...each(
      'SELECT label FROM plain_view',
      "SELECT label || '' FROM plain_view",
      'SELECT v FROM plain_view v',
      'SELECT label FROM deep_view',
      'SELECT label, beds FROM mixed_view',
      'SELECT beds || label FROM mixed_view',
      'SELECT label FROM union_view',
      "SELECT doc, doc->>'ssn' FROM json_view",
      'SELECT p, (p).ssn, p::text FROM row_view',
      'SELECT n, d, n + 1, d::text FROM number_view',
      'SELECT label, upper(label) FROM stored_view',
      'SELECT s FROM recursive_view',
      'SELECT label FROM barrier_view',
      'SELECT s, v, n, s || v FROM generated',
      'SELECT * FROM generated',
      'SELECT reason, who FROM visits',
      'SELECT who FROM visits_low',
      'SELECT v::text FROM visits_low v',
      'SELECT label FROM parent',
      'SELECT p FROM parent p',
      'SELECT label, secret FROM child',
      'SELECT c::parent FROM child c',
      'SELECT who, friends FROM people',
      'SELECT (who).ssn, (friends[1]).first FROM people',
      'SELECT who::text, to_json(who) FROM people',
      'SELECT (who).* FROM people',
      'SELECT f.* FROM people, unnest(friends) f',
      'SELECT ssn, tags, ssn::text, ssn || chr(0 + 33) FROM coded',
      'SELECT * FROM "Weird ""Table; --"',
      'SELECT "ssn; DROP", "*", "ünïcødé", "SELECT" FROM "Weird ""Table; --"',
      'SELECT t."*" || t."SELECT" FROM "Weird ""Table; --" t',
      'SELECT name, count, text FROM text',
      'SELECT t.name, t.count, name(t) FROM text t',
      'SELECT text, text::text FROM text',
      `SELECT ${'a'.repeat(70)} FROM long`,
      `SELECT upper(${'a'.repeat(65)}) FROM long`,
      `SELECT ${'é'.repeat(40)} || '' FROM long`,
      'SELECT peek(1)',
      'SELECT public.peek(1)',
      'SELECT lower(1)',
      'SELECT public.lower(1)',
      'SELECT id.lower FROM wards LIMIT 1',
      'SELECT lower FROM wards LIMIT 1',
      'SELECT full_name(p), p.full_name, (p).full_name FROM patients p',
      'SELECT w.neighbour FROM wards w LIMIT 1',
      'SELECT neighbour(w) FROM wards w LIMIT 1',
      'SELECT (w).neighbour FROM wards w LIMIT 1',
      'SELECT 1 @@@ 1',
      'SELECT 1 OPERATOR(public.@@@) 1',
      'SELECT peek_all(id) FROM wards WHERE id = 1',
      'SELECT peek_all(id) OVER () FROM wards WHERE id = 1',
      'SELECT p.* FROM ROWS FROM (peek(1)) p',
      'SELECT * FROM peek(1)',
      "SELECT 'icu'::ward_kind::text",
      'SELECT kind::text FROM kinds',
      "SELECT kind::text || '' FROM kinds",
      'SELECT upper(kind) FROM kinds',
      'SELECT concat(kind), format($f$%s$f$, kind) FROM kinds',
      "CALL tell_all('')",
      "UPDATE ruled SET label = 'y'",
      "UPDATE ruled SET label = 'y' WHERE id = 1",
      "INSERT INTO ruled_also VALUES (1, 'x')",
      'DELETE FROM ruled_also WHERE id = 1',
      'DELETE FROM ruled_also WHERE id = 1 RETURNING id, label',
      "INSERT INTO triggered VALUES (1, '') RETURNING label",
      'INSERT INTO defaulted (id) VALUES (1) RETURNING label',
      'INSERT INTO defaulted VALUES (1, DEFAULT) RETURNING label',
      'SELECT late FROM late',
      'SELECT * FROM late',
    ),
    steps("INSERT INTO triggered VALUES (1, '')", 'SELECT label FROM triggered'),
    steps("INSERT INTO over_triggered VALUES (1, '') RETURNING label", 'SELECT label FROM over_triggered'),
    steps("INSERT INTO triggered VALUES (2, '')", 'UPDATE triggered SET id = 1 WHERE id = 2 RETURNING label'),
    steps('INSERT INTO defaulted (id) VALUES (1)', 'SELECT label FROM defaulted'),
    steps('INSERT INTO announced VALUES (1)', "SELECT current_setting('my.last')"),
    steps('INSERT INTO announced VALUES (1)', 'SHOW my.last'),
    steps('INSERT INTO announced VALUES (1)', 'SHOW application_name'),
    {
      name: 'LISTEN news; INSERT INTO announced',
      sql: ['LISTEN news', 'INSERT INTO announced VALUES (1)', 'SELECT 1'],
      commits: true,
    },
    steps('SELECT label FROM setting_view', 'SHOW my.view'),
    steps('SELECT label FROM setting_view', "SELECT current_setting('my.view')"),
    steps('SELECT label FROM setting_view', "SELECT current_setting('my.' || 'view')"),
    steps('SELECT label FROM setting_view', "SELECT ('my.view'::text).current_setting"),
    steps('SELECT label FROM setting_view', "SELECT n.current_setting FROM (SELECT 'my.view'::text) n"),
    steps('SELECT label FROM setting_view', "SELECT * FROM current_setting('my.view')"),
    steps('SELECT label FROM setting_view', 'SHOW ALL'),
    steps('SELECT label FROM setting_view', "SELECT * FROM pg_settings WHERE name LIKE 'my%'"),
  ],
};
