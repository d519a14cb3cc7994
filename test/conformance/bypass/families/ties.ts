// What the server compares, reaches and runs by itself when rows are written, and what the place of a row tells of it.

import { each, type Family, oracles, steps } from '../attack.ts';

/** A write is answered by a constraint, a key, a generated column or a policy that looks at a protected column. */
export const ties: Family = {
  name: 'ties of rows',
  setup: `
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    CREATE TABLE stays (id int PRIMARY KEY, seen int, room int, born date, during daterange, first text, code text, marker int,
    CONSTRAINT seen_late CHECK (seen <> born - DATE '1950-01-01'),
    CONSTRAINT seen_len CHECK (marker IS NULL OR marker <> length(first)),
    EXCLUDE USING gist (room WITH =, during WITH &&));
    ALTER TABLE stays ADD ratio int GENERATED ALWAYS AS (100 / nullif(0, 0) / (seen + ascii(first))) STORED;
    CREATE UNIQUE INDEX stays_room_first ON stays (room, first);
    CREATE INDEX stays_expr ON stays ((100 / (seen + ascii(first) + 100000)));
    CREATE INDEX stays_pred ON stays (id) WHERE 100 / (seen + ascii(first) + 100000) > 0;
    INSERT INTO stays (id, seen, room, born, during, first, code) VALUES
    (1, 99999, 1, '1961-07-23', '[2020-01-01,2020-02-01)', 'Zebulon', 'I10'), (2, 99999, 2, '1970-02-11', '[2020-01-15,2020-03-01)', 'Ophelia', 'E11');
    CREATE TABLE dx (code text PRIMARY KEY, label text); INSERT INTO dx VALUES ('I10', 'hypertension'), ('E11', 'diabetes'), ('F20', 'schizophrenia');
    CREATE TABLE dx2 (code text PRIMARY KEY, label text); INSERT INTO dx2 SELECT * FROM dx;
    CREATE TABLE dx3 (code text PRIMARY KEY, label text); INSERT INTO dx3 SELECT * FROM dx;
    CREATE TABLE problems (id int PRIMARY KEY, patient int, code text REFERENCES dx ON UPDATE CASCADE, code2 text REFERENCES dx2 ON DELETE SET NULL ON UPDATE SET NULL, code3 text REFERENCES dx3 ON DELETE CASCADE);
    INSERT INTO problems VALUES (1, 1, 'I10', 'I10', 'I10'), (2, 2, 'E11', 'E11', 'E11');
    CREATE TABLE quiet (id int PRIMARY KEY, first text, n int); INSERT INTO quiet VALUES (1, 'Zebulon', 1);
    CREATE TRIGGER quiet_same BEFORE UPDATE ON quiet FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE TABLE tenants (id int PRIMARY KEY, n int, first text); INSERT INTO tenants VALUES (1, 1, 'Zebulon');
    ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
    CREATE POLICY readable ON tenants FOR SELECT USING (true);
    CREATE POLICY writable ON tenants FOR UPDATE USING (true) WITH CHECK (n <> ascii(first));
    CREATE TABLE hots (id int PRIMARY KEY, ward int, first text, born date, code text); INSERT INTO hots VALUES (1, 1, 'Zebulon', '1961-07-23', 'I10');
    CREATE INDEX hots_first ON hots (ward, first); CREATE INDEX hots_born ON hots (ward) INCLUDE (born); CREATE INDEX hots_code ON hots (id) WHERE code > 'H';
    CREATE TABLE spread (id int PRIMARY KEY, n int, m int, first text); INSERT INTO spread VALUES (1, 100, 100, 'Zebulon');
    CREATE INDEX spread_expr ON spread ((1 / (n - length(first)))); CREATE INDEX spread_pred ON spread (id) WHERE 1 / (m - length(first)) > 0;
    CREATE TYPE name_part AS (first text, n int);
    CREATE DOMAIN name_tags AS text[] CHECK (VALUE[1] IS DISTINCT FROM VALUE[2]); CREATE DOMAIN name_whole AS name_part CHECK ((VALUE).n <> length((VALUE).first));
    CREATE TABLE wholes (id int PRIMARY KEY, doc jsonb, tags name_tags, part name_whole, marks text[]);
    INSERT INTO wholes VALUES (1, '{"first":"Zebulon"}', '{Zebulon,x}', '(Zebulon,1)', '{{Zebulon}}');
    CREATE TABLE sides (id int PRIMARY KEY, n int, m int, k int, code text, tag text, first text); INSERT INTO sides VALUES (1, 100, 100, 100, 'x', 'x', 'Zebulon');
    CREATE VIEW sides_failing AS SELECT id, 1 / (n - length(first)) AS x FROM sides;
    CREATE VIEW sides_rows AS SELECT id, generate_series(1, m - length(first)) AS x FROM sides;
    CREATE VIEW sides_null AS SELECT id, NULLIF(code, first) AS x FROM sides;
    CREATE VIEW sides_case AS SELECT id, CASE first WHEN tag THEN 'x' END AS x, CASE WHEN k = length(first) THEN 'x' END AS y FROM sides;
    CREATE TABLE beside (id int PRIMARY KEY, code text); INSERT INTO beside VALUES (1, 'x');
    CREATE VIEW sides_beside AS SELECT s.id, NULLIF(b.code, s.first) AS x FROM sides s, beside b;
    CREATE TABLE gens (id int PRIMARY KEY, n int, first text, g int GENERATED ALWAYS AS (100 / (n - ascii(first))) STORED); INSERT INTO gens VALUES (1, 1, 'Zebulon');
  `,
  clear: [
    'public.dx.code',
    'public.dx.label',
    'public.dx2.code',
    'public.dx2.label',
    'public.dx3.code',
    'public.dx3.label',
    'public.sides.code',
    'public.sides.tag',
    'public.beside.code',
  ],
  attacks: [
    ...oracles(
      'UPDATE stays SET seen = 4221 WHERE id = 1',
      'UPDATE stays SET marker = 7 WHERE id = 1',
      'UPDATE stays SET marker = 8 WHERE id = 1',
      'UPDATE stays SET room = 2 WHERE id = 1',
      'UPDATE stays SET room = room WHERE id = 1',
      'UPDATE stays SET seen = -100090 WHERE id = 1',
      'UPDATE gens SET n = 90 WHERE id = 1',
      "UPDATE quiet SET first = 'Zebulon' WHERE id = 1",
      "UPDATE quiet SET first = 'Zebulon' WHERE id = 1 RETURNING id",
      "DELETE FROM dx WHERE code = 'I10'",
      "UPDATE dx SET code = 'Z99' WHERE code = 'I10'",
      "DELETE FROM dx2 WHERE code = 'I10'",
      "UPDATE dx2 SET code = 'Z99' WHERE code = 'I10'",
      "DELETE FROM dx3 WHERE code = 'I10'",
      'MERGE INTO stays s USING (VALUES (1, 7)) v(id, m) ON s.id = v.id WHEN MATCHED THEN UPDATE SET marker = v.m',
      'INSERT INTO stays (id, seen, room) VALUES (1, 2, 3) ON CONFLICT (id) DO UPDATE SET marker = 7',
      "MERGE INTO dx2 d USING (VALUES ('I10')) v(code) ON d.code = v.code WHEN MATCHED THEN DELETE",
      "INSERT INTO stays (id, room, during) VALUES (9, 1, '[2020-01-05,2020-01-06)')",
      "INSERT INTO stays (id, room, first) VALUES (9, 1, 'Zebulon')",
      "INSERT INTO stays (id, room, first) VALUES (9, 1, 'Zebulon') ON CONFLICT DO NOTHING",
      "INSERT INTO problems VALUES (9, 1, 'I11', 'I10', 'I10')",
      // An update that leaves what is in indexes as it was is counted (pg_stat_user_tables.n_tup_hot_upd); rows come in their order.
      "UPDATE hots SET first = 'Zebulon' WHERE id = 1",
      "UPDATE hots SET born = '1961-07-23' WHERE id = 1",
      "UPDATE hots SET code = 'I10' WHERE id = 1",
      "INSERT INTO hots (id, ward, first) VALUES (9, 1, 'M')",
      'UPDATE spread SET n = 7 WHERE id = 1',
      'UPDATE spread SET m = 7 WHERE id = 1',
      // What is put into a value.
      "UPDATE wholes SET doc['first']['x'] = '1'",
      "UPDATE wholes SET (doc['first']['x'], id) = ROW ('1'::jsonb, 1)",
      "UPDATE wholes SET tags[2] = 'Zebulon'",
      'UPDATE wholes SET part.n = 7',
      "UPDATE wholes SET marks[2] = 'x'",
      "INSERT INTO wholes (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET tags[2] = 'Zebulon'",
      'MERGE INTO wholes w USING (VALUES (1)) v(id) ON w.id = v.id WHEN MATCHED THEN UPDATE SET part.n = 7',
      // What a view puts together of one row.
      'UPDATE sides SET n = 7',
      'UPDATE sides SET m = 8',
      'UPDATE sides SET k = 7',
      "UPDATE sides SET code = 'Zebulon'",
      "UPDATE sides SET tag = 'Zebulon'",
      "INSERT INTO beside VALUES (2, 'Zebulon')",
    ),
    ...each('UPDATE tenants SET n = 90 WHERE id = 1'),
  ],
};

/** Code of users that runs for a write, past the triggers of the table that is named. */
export const reached: Family = {
  name: 'reached by writes',
  setup: `
    CREATE FUNCTION newest_ssn() RETURNS text LANGUAGE sql AS 'SELECT last FROM patients WHERE id = 1';
    CREATE DOMAIN token AS text DEFAULT newest_ssn();
    CREATE TABLE tickets (id int PRIMARY KEY, t token); INSERT INTO tickets VALUES (1, 'x');
    CREATE FUNCTION nosy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE wards SET label = (SELECT last FROM patients WHERE id = 1) WHERE id = 1; RETURN NULL; END $$;
    CREATE TABLE parents (id int PRIMARY KEY, n int); INSERT INTO parents VALUES (1, 1), (2, 2), (3, 3);
    CREATE TABLE kids (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE); INSERT INTO kids VALUES (1, 1), (2, 2), (3, 3);
    CREATE TRIGGER kids_nosy AFTER DELETE OR UPDATE ON kids FOR EACH ROW EXECUTE FUNCTION nosy();
    CREATE TRIGGER kids_trunc AFTER TRUNCATE ON kids FOR EACH STATEMENT EXECUTE FUNCTION nosy();
    CREATE TABLE logs (id int); CREATE TRIGGER logs_trunc BEFORE TRUNCATE ON logs FOR EACH STATEMENT EXECUTE FUNCTION nosy();
    CREATE FUNCTION stamp(x int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT last FROM patients WHERE id = least(x, 2)';
    CREATE TABLE stamped (id int PRIMARY KEY, mark text GENERATED ALWAYS AS (stamp(id)) STORED); INSERT INTO stamped VALUES (1);
    CREATE FUNCTION vouch(x int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN UPDATE wards SET label = (SELECT last FROM patients WHERE id = 1) WHERE id = 2; RETURN true; END $$;
    CREATE TABLE vouched (id int CHECK (vouch(id)));
    CREATE DOMAIN vouched_int AS int CHECK (vouch(VALUE));
    CREATE TABLE vouched_too (id vouched_int);
    CREATE FUNCTION indexing(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM set_config('application_name', (SELECT last FROM patients WHERE id = 1), false); RETURN x; END $$;
    CREATE TABLE indexing (id int); CREATE INDEX indexing_at ON indexing (indexing(id));
    CREATE TABLE apart (id int, label text) PARTITION BY RANGE (indexing(id)); CREATE TABLE apart_1 PARTITION OF apart FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
    CREATE TABLE named (id int, label text DEFAULT current_setting('app.last', true));
    CREATE VIEW setters AS SELECT id, set_config('app.last', last, false) AS was, set_config('application_name', last, false) AS app FROM patients;
    CREATE VIEW readers AS SELECT id, current_setting('application_name') AS app FROM wards;
  `,
  clear: ['public.tickets.t', 'public.stamped.mark', 'public.apart.label', 'public.named.label'],
  attacks: [
    ...each(
      'INSERT INTO tickets (id) VALUES (8) RETURNING t',
      'INSERT INTO tickets VALUES (8, DEFAULT) RETURNING t',
      'UPDATE tickets SET t = DEFAULT WHERE id = 1 RETURNING t',
      'INSERT INTO tickets DEFAULT VALUES RETURNING *',
      'INSERT INTO stamped VALUES (2) RETURNING mark',
    ),
    steps('INSERT INTO tickets (id) VALUES (7)', 'SELECT t FROM tickets'),
    steps('DELETE FROM parents WHERE id = 1', 'SELECT label FROM wards WHERE id = 1'),
    steps('UPDATE parents SET id = 12 WHERE id = 2', 'SELECT label FROM wards WHERE id = 1'),
    steps('TRUNCATE parents CASCADE', 'SELECT label FROM wards WHERE id = 1'),
    steps('TRUNCATE parents, kids', 'SELECT label FROM wards WHERE id = 1'),
    steps('TRUNCATE logs', 'SELECT label FROM wards WHERE id = 1'),
    steps(
      'MERGE INTO parents p USING (VALUES (3)) v(id) ON p.id = v.id WHEN MATCHED THEN DELETE',
      'SELECT label FROM wards WHERE id = 1',
    ),
    steps('INSERT INTO vouched VALUES (1)', 'SELECT label FROM wards WHERE id = 2'),
    steps('INSERT INTO vouched_too VALUES (1)', 'SELECT label FROM wards WHERE id = 2'),
    steps('INSERT INTO indexing VALUES (1)', 'SHOW application_name'),
    steps("INSERT INTO apart VALUES (1, 'x')", "SELECT current_setting('application_name')"),
    steps('SELECT * FROM apart WHERE id = 1', 'SHOW application_name'),
    steps('SELECT * FROM setters', 'INSERT INTO named (id) VALUES (1) RETURNING label'),
    steps('SELECT * FROM setters', 'INSERT INTO named (id) VALUES (1)', 'SELECT * FROM named'),
    steps('SELECT * FROM setters', 'SELECT app FROM readers LIMIT 1'),
    steps('SELECT was FROM setters', "SELECT pg_catalog.current_setting('application_name')"),
    steps('SELECT app FROM setters', "SELECT setting FROM pg_settings WHERE name = 'application_name'"),
    steps('SELECT app FROM setters', 'SELECT * FROM readers'),
    steps('SELECT id FROM setters', 'SELECT app FROM readers'),
    steps('SELECT app FROM setters', 'EXPLAIN (SETTINGS, VERBOSE) SELECT app FROM readers'),
  ],
};

/** Which partition a row lies in is what its key says. */
export const rowPlaces: Family = {
  name: 'places of rows',
  setup: `
    CREATE TABLE residents (id int, city text, born date, n int) PARTITION BY LIST (city);
    CREATE TABLE residents_in_one PARTITION OF residents FOR VALUES IN ('Springfield');
    CREATE TABLE residents_rest PARTITION OF residents DEFAULT;
    INSERT INTO residents VALUES (1, 'Springfield', '1961-07-23', 1), (2, 'Shelbyville', '1970-02-11', 2);
    CREATE TABLE births (id int, born date) PARTITION BY RANGE (born);
    CREATE TABLE births_1961_07 PARTITION OF births FOR VALUES FROM ('1961-07-01') TO ('1961-08-01');
    CREATE TABLE births_rest PARTITION OF births DEFAULT;
    INSERT INTO births VALUES (1, '1961-07-23'), (2, '1970-02-11');
  `,
  attacks: [
    ...oracles(
      'SELECT id, tableoid::regclass FROM residents',
      "SELECT id, (tableoid = 'residents_rest'::regclass) FROM residents",
      'SELECT tableoid, count(*) FROM residents GROUP BY tableoid',
      "SELECT id FROM residents WHERE tableoid = 'residents_rest'::regclass",
      'SELECT id FROM residents_rest',
      'SELECT count(*) FROM residents_rest',
      'SELECT id FROM births_1961_07',
      'SELECT id, tableoid::regclass FROM births',
      'SELECT c.relname, b.id FROM births b JOIN pg_class c ON c.oid = b.tableoid',
      'UPDATE births_rest SET id = id RETURNING id',
      'DELETE FROM births_1961_07 WHERE id = 1 RETURNING id',
      'COPY births_1961_07 (id) TO STDOUT',
      'SELECT to_jsonb(b.tableoid::regclass), id FROM births b',
      'EXPLAIN ANALYZE SELECT id FROM births',
      'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM residents WHERE id = 1',
    ),
  ],
};
