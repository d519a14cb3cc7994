// What psql is given, straight and through the gate. Every script leaves the database as it found it and prints nothing
// that differs between two runs: no process ids, times or OIDs.

export const scripts: Readonly<Record<string, string>> = {
  'descriptions of the catalog': `
CREATE TABLE plants (id int PRIMARY KEY, name varchar(20) NOT NULL UNIQUE CHECK (name <> ''), grown date DEFAULT '2020-01-01', tags text[], UNIQUE (id, name));
CREATE INDEX plants_lower ON plants (lower(name)) WHERE grown IS NOT NULL;
CREATE VIEW tall AS SELECT name FROM plants;
CREATE TYPE mood AS ENUM ('fine', 'bad');
CREATE SEQUENCE counter;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';
COMMENT ON COLUMN plants.name IS 'Latin';
\\d
\\d plants
\\d+ tall
\\dt
\\dv
\\di
\\ds
\\dT+ mood
\\df twice
\\sf twice
\\sv tall
\\dn
\\l regression
\\dp plants
\\du
\\dx
\\dC int4
\\do ||
\\dd
DROP FUNCTION twice(int); DROP SEQUENCE counter; DROP TYPE mood; DROP VIEW tall; DROP TABLE plants;
`,
  'errors, with their fields': `
SELECT 1/0;
SELECT nothing FROM nowhere;
selec 1;
SELECT '12x'::int;
SELECT 'unterminated
;
';
CREATE TABLE e (a int CONSTRAINT positive CHECK (a > 0), b int UNIQUE, c int NOT NULL);
INSERT INTO e VALUES (-1, 1, 1);
INSERT INTO e VALUES (1, 1, 1);
INSERT INTO e VALUES (1, 1, 1);
INSERT INTO e VALUES (1, 2, NULL);
SELECT * FROM e WHERE a = 'text';
CREATE TABLE e (a int);
DROP TABLE missing;
DROP TABLE IF EXISTS missing;
DO $$ BEGIN RAISE EXCEPTION 'said %', 1 USING ERRCODE = 'P1234', HINT = 'a hint', DETAIL = 'a detail', COLUMN = 'a', TABLE = 'e', SCHEMA = 'public', DATATYPE = 'd', CONSTRAINT = 'k'; END $$;
DO $$ BEGIN RAISE NOTICE 'note %', 2; RAISE WARNING 'careful'; RAISE INFO 'told'; END $$;
SELECT 1 AS "a""b", 2 AS "Ä", NULL AS n, '' AS empty;
DROP TABLE e;
`,
  transactions: `
CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO t VALUES (1, 99);
COMMIT;
BEGIN;
SAVEPOINT s;
INSERT INTO t VALUES (1, 1);
SELECT 1/0;
SELECT 1;
ROLLBACK TO s;
SELECT count(*) FROM t;
RELEASE s;
COMMIT;
COMMIT;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
INSERT INTO t VALUES (2, NULL);
END;
BEGIN; BEGIN; ABORT AND CHAIN; SHOW transaction_isolation; COMMIT;
DROP TABLE t;
`,
  'several statements in one message': `
SELECT 1 AS a \\; SELECT 2 AS b \\; SELECT 3 AS c;
SELECT 1 AS a \\; SELECT 1/0 \\; SELECT 3 AS c;
\\;
;
CREATE TABLE m (a int) \\; INSERT INTO m VALUES (1), (2) \\; SELECT * FROM m ORDER BY a \\; UPDATE m SET a = a + 1 \\; DELETE FROM m WHERE a = 3;
BEGIN \\; INSERT INTO m VALUES (7) \\; SELECT 1/0 \\; COMMIT;
ROLLBACK;
SELECT * FROM m;
DROP TABLE m;
`,
  COPY: `
CREATE TABLE c (a int, b text);
COPY c FROM STDIN;
1	one
2	\\N
3	with\\ttab
\\.
COPY c FROM STDIN (FORMAT csv, HEADER);
a,b
4,"quoted ""word"""
5,
\\.
COPY c FROM STDIN;
six	six
\\.
COPY c FROM STDIN;
1
\\.
COPY c TO STDOUT;
COPY (SELECT b, a FROM c ORDER BY a DESC) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *);
COPY c TO STDOUT (DELIMITER '|', NULL 'nil') \\; SELECT count(*) FROM c;
\\copy c to stdout
COPY c FROM STDIN \\; SELECT count(*) FROM c;
9	nine
\\.
COPY missing TO STDOUT;
COPY c (b) TO STDOUT (FORMAT unknown);
DROP TABLE c;
`,
  'cursors and prepared statements': `
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT n, 'row ' || n AS label FROM generate_series(1, 10) n;
FETCH 2 FROM c;
FETCH BACKWARD 1 FROM c;
MOVE 3 FROM c;
FETCH ALL FROM c;
FETCH FIRST FROM c;
CLOSE c;
FETCH c;
ROLLBACK;
BEGIN; DECLARE h CURSOR WITH HOLD FOR VALUES (1), (2), (3); COMMIT;
FETCH 2 FROM h;
CLOSE h;
PREPARE p(int) AS SELECT $1 + 1 AS next;
EXECUTE p(41);
EXECUTE p('x');
PREPARE p AS SELECT 1;
DEALLOCATE p;
EXECUTE p(1);
\\set FETCH_COUNT 3
SELECT n FROM generate_series(1, 8) n;
\\unset FETCH_COUNT
SELECT 'DROP TABLE IF EXISTS gone_' || n FROM generate_series(1, 2) n \\gexec
SELECT 1 AS one, 'x' AS word \\gset
\\echo :one :word
SELECT 1 AS a, 2.5 AS b, 'c' AS c \\gdesc
SELECT r, c, r * c AS v FROM generate_series(1, 3) r, generate_series(1, 3) c \\crosstabview
`,
  'large objects': `
SELECT lo_create(424242);
BEGIN;
SELECT lo_open(424242, 131072) AS descriptor;
SELECT lowrite(0, 'some bytes'::bytea);
SELECT lo_lseek(0, 0, 0), loread(0, 4);
COMMIT;
SELECT convert_from(lo_get(424242), 'UTF8');
SELECT lo_unlink(424242);
SELECT lo_get(424242);
`,
  'settings of the session': `
SHOW DateStyle;
SHOW TimeZone;
SET search_path TO pg_catalog, public;
SELECT current_schemas(true);
CREATE SCHEMA apart; CREATE TABLE apart.inside (a int); INSERT INTO apart.inside VALUES (5);
SET search_path TO apart;
SELECT a FROM inside;
RESET search_path;
SELECT a FROM inside;
SET DateStyle TO 'Postgres, DMY';
SELECT date '2020-03-04', timestamptz '2020-03-04 05:06:07+00';
SET IntervalStyle TO 'postgres_verbose';
SELECT interval '1 day 2 hours';
SET TIME ZONE 'America/New_York';
SELECT timestamptz '2020-03-04 05:06:07+00';
SET bytea_output TO escape;
SELECT '\\x4142ff'::bytea;
SET extra_float_digits TO 0;
SELECT 0.1::float8 + 0.2::float8;
BEGIN; SET LOCAL work_mem TO '8MB'; SHOW work_mem; ROLLBACK; SHOW work_mem;
SELECT set_config('my.own', 'value', false), current_setting('my.own');
SET nonsense TO 1;
SET DateStyle TO 'nonsense';
CREATE ROLE somebody;
SET ROLE somebody;
SELECT current_user, session_user;
SELECT * FROM apart.inside;
RESET ROLE;
SET SESSION AUTHORIZATION somebody;
SELECT current_user, session_user;
RESET SESSION AUTHORIZATION;
RESET ALL;
SHOW DateStyle;
DISCARD ALL;
DROP TABLE apart.inside; DROP SCHEMA apart; DROP ROLE somebody;
`,
  'statements of every kind': `
CREATE TABLE k (a int GENERATED ALWAYS AS IDENTITY, b text, c numeric DEFAULT 1.50) PARTITION BY RANGE (a);
CREATE TABLE k1 PARTITION OF k FOR VALUES FROM (1) TO (100);
INSERT INTO k (b) VALUES ('x'), ('y') RETURNING *;
UPDATE k SET b = upper(b) RETURNING a, b AS "B";
DELETE FROM k WHERE b = 'X' RETURNING k;
WITH moved AS (DELETE FROM k RETURNING *) SELECT count(*), sum(c) FROM moved;
EXPLAIN (COSTS OFF) SELECT * FROM k WHERE a = 1;
ANALYZE k;
VACUUM k;
TRUNCATE k RESTART IDENTITY;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
REFRESH MATERIALIZED VIEW mv;
DROP MATERIALIZED VIEW mv;
CREATE TABLE made AS SELECT n FROM generate_series(1, 3) n;
SELECT * INTO made2 FROM made;
LOCK TABLE made;
BEGIN; LOCK TABLE made; COMMIT;
CREATE PROCEDURE talk(INOUT x int) LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'x = %', x; x := x + 1; COMMIT; END $$;
CALL talk(1);
DO $$ DECLARE r record; BEGIN FOR r IN SELECT n FROM made ORDER BY n LOOP RAISE NOTICE 'n %', r.n; END LOOP; END $$;
SELECT row_to_json(m), m, array_agg(n) OVER (ORDER BY n) FROM made m ORDER BY n;
SELECT xmlforest(1 AS a), '{"a": [1, null]}'::jsonb, '(1,2)'::point, '[1,5)'::int4range, B'101', '1 day'::interval, 'NaN'::float8, '10.0.0.1/8'::inet;
MERGE INTO made USING (VALUES (1), (9)) v(n) ON made.n = v.n WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.n);
TABLE made ORDER BY 1;
VALUES (1, 'a'), (2, 'b');
SELECT;
SELECT FROM made;
GRANT SELECT ON made TO PUBLIC;
COMMENT ON TABLE made IS 'made';
CHECKPOINT;
PREPARE TRANSACTION 'never';
DROP PROCEDURE talk; DROP TABLE made, made2, k;
`,
  notifications: `
LISTEN channel;
NOTIFY other, 'unheard';
UNLISTEN *;
SELECT pg_notify('channel', 'unheard');
`,
};
