// Texts that a parser could read otherwise than the server of this version, with names that no detector knows.

import { each, type Family, steps } from '../attack.ts';

const d31 = 'ä'.repeat(31);
const cjk = '漢'.repeat(21);

export const readings: Family = {
  name: 'two readings of one text',
  setup: `
    CREATE FUNCTION "json_scalar"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "json_serialize"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "merge_action"() RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "json_value"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "json"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "json_exists"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "grouping"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "normalize"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION "coalesce"(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE FUNCTION any_value(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients LIMIT 1';
    CREATE TABLE "ſ" (id int, last text);
    INSERT INTO "ſ" SELECT id, last FROM patients;
    CREATE TABLE "system" (id int, "system_user" text);
    INSERT INTO "system" SELECT id, last FROM patients;
    CREATE TABLE "old" (id int, label text);
    INSERT INTO "old" SELECT id, last FROM patients;`,
  attacks: [
    ...each(
      'SELECT json_scalar(id) FROM wards LIMIT 1',
      'SELECT json_serialize(id) FROM wards LIMIT 1',
      'SELECT "json_serialize"(id) FROM wards LIMIT 1',
      'SELECT merge_action()',
      'SELECT "merge_action"()',
      'SELECT json_value(id) FROM wards LIMIT 1',
      'SELECT "json_value"(1)',
      'SELECT json(id) FROM wards LIMIT 1',
      'SELECT json(1)',
      'SELECT system_user, upper(system_user) FROM "system"',
      'SELECT reverse(system_user) FROM (SELECT last AS "system_user" FROM patients) q',
      'SELECT CASE WHEN system_user IS NULL THEN 1 ELSE 2 END, system_user || 1 FROM "system"',
      'SELECT JSON_EXISTS(1)',
      'SELECT "grouping"(1), "normalize"(1), "coalesce"(1)',
      'SELECT any_value(label) FROM wards',
      'SELECT pg_catalog.any_value(last) FROM patients',
      'UPDATE wards SET beds = 1 WHERE id = 1 RETURNING old.label',
      'UPDATE patients SET visits = 1 RETURNING old.last, new.first, old',
      'UPDATE patients SET visits = 1 RETURNING WITH (OLD AS o, NEW AS n) o.last, n',
      'DELETE FROM keyed_words RETURNING old.*, new.*',
      'INSERT INTO wards VALUES (940) RETURNING old.label, new',
      'UPDATE wards SET beds = 1 FROM "old" WHERE wards.id = 1 RETURNING old.label',
      'UPDATE wards SET beds = 1 FROM "old" old WHERE wards.id = 1 AND old.id = 1 RETURNING old.label, "old".*',
      'SELECT 1_000, 0x1F AS a, 0b11, 0o17, last FROM patients',
      'SELECT 100_last FROM patients',
      'SELECT 1last FROM patients',
      'SELECT 1.last FROM patients',
      'SELECT $1last FROM patients',
      'SELECT 0xlast FROM patients',
      "SELECT 'a'\n--x\n'b', last FROM patients",
      "SELECT 'a' /* x */ 'b', last FROM patients",
      "SELECT E'a'\n'\\'', last, ' ' FROM patients",
      "SELECT U&'a' UESCAPE '+', last FROM patients",
      'SELECT U&"l!0061st" UESCAPE \'!\' FROM patients',
      'SELECT U&"\\006cast", U&"l\\+000061st" || $$$$ FROM patients',
      'SELECT U&"p\\0061tients".last FROM U&"p!0061tients" UESCAPE \'!\'',
      'SELECT $é$x$é$, upper(last) FROM patients',
      'SELECT $a$ $b$ $a$, upper(last) || $_$$_$ FROM patients',
      'SELECT upper(last) AS "$$" FROM patients -- $$ ',
      'SELECT /* /* */ -- */ upper(last) */ 1 FROM patients',
      'SELECT /* /* */ -- */ upper(last) FROM patients',
      'SELECT 1--\n,upper(last)FROM patients',
      'SELECT 1 --\r,upper(last) FROM patients',
      'SELECT 1 -- \u2028,upper(last) FROM patients',
      'SELECT\u00a0upper(last)\u00a0FROM\u00a0patients',
      'SELECT\vupper(last)\vFROM\vpatients',
      'SELECT upper(last)\u200bFROM patients',
      'SELECT upper(last) FROM patients\u0085',
      'SELECT upper(LAST) FROM PATIENTS',
      'SELECT upper(laſt) FROM patients',
      'SELECT last FROM ſ',
      'SELECT upper("last") FROM "public"."patients"',
      'SELECT upper(ehr.public.patients.last) FROM ehr.public.patients',
      'SELECT upper(x.last) FROM pg_temp.patients x',
      'SELECT +last, - - birthdate::text FROM patients',
      'SELECT last@-1 FROM patients',
      'SELECT *, upper(last)* FROM patients',
      'SELECT ALL last, DISTINCT FROM patients',
      'SELECT last label FROM patients',
      'SELECT last value FROM patients',
      'SELECT upper(last)name, upper(first)type FROM patients',
      'SELECT (upper(last))COLLATE"C" FROM patients',
      'SELECT CASE WHEN true THEN upper(last) ELSE label END label FROM patients, wards LIMIT 2',
      'SELECT (ARRAY[label, upper(last)])[2] FROM wards, patients LIMIT 2',
      'SELECT (ROW(label, upper(last))).f2 FROM wards, patients LIMIT 2',
      'FROM patients SELECT upper(last)',
      'TABLE patients;TABLE wards LIMIT 1',
      'VALUES ((SELECT upper(last) FROM patients LIMIT 1))',
      'SELECT upper(last) FROM ONLY (patients)',
      'SELECT upper(last) FROM patients *',
      'SELECT upper(last) FROM patients TABLESAMPLE SYSTEM (100)',
      'SELECT upper(l) FROM patients AS p (id, f, l)',
      'SELECT upper(id) FROM patients AS p (x, y, id)',
      'SELECT label FROM patients AS wards (id, first, label)',
      'SELECT upper(q.label) FROM (SELECT last FROM patients) q (label)',
      'SELECT label FROM ROWS FROM (unnest((SELECT array_agg(last) FROM patients))) AS q (label)',
      'SELECT q.* FROM wards w, LATERAL (SELECT upper(last) AS label FROM patients WHERE id = w.id) q',
      'SELECT label FROM wards NATURAL JOIN (SELECT id, upper(last) AS label2 FROM patients) q (id, label3)',
      'SELECT id FROM wards JOIN (SELECT upper(last) AS label FROM patients) q USING (label)',
      'SELECT j.label FROM (wards w JOIN (SELECT id, upper(last) AS last FROM patients) p USING (id)) AS j (id, beds, x, label)',
      'SELECT u.id, u FROM (wards JOIN patients USING (id)) JOIN notes USING (id), LATERAL (SELECT upper(patients.last)) u (id)',
      'SELECT upper(j.last) FROM patients p JOIN wards w USING (id) AS j',
      `SELECT "${d31}" FROM (SELECT upper(last) AS "${d31}ä" FROM patients) q`,
      `SELECT "${d31}ä" FROM (SELECT upper(last) AS "${d31}" FROM patients) q`,
      `WITH "${cjk}" AS (SELECT label AS x FROM wards LIMIT 2) SELECT * FROM (WITH "${cjk}字" AS (SELECT upper(last) AS x FROM patients) SELECT x FROM "${cjk}") q`,
      `SELECT (SELECT "${d31}ö" FROM (SELECT upper(last) AS "${d31}" FROM patients LIMIT 1) i) FROM (SELECT label AS "${d31}ö" FROM wards LIMIT 1) o`,
      `SELECT upper(${'x'.repeat(70)}.last) FROM patients ${'x'.repeat(64)}`,
      "SELECT upper(last) FROM patients WHERE '\\' = '\\' -- '",
      "SELECT '\\'', upper(last), '' FROM patients",
      'SELECT upper(last)::text::"text"::pg_catalog.text::varchar FROM patients',
      'SELECT CAST(last AS "char"), last::char, last::bpchar FROM patients',
      'SELECT {fn upper(last)} FROM patients',
      'SELECT upper(last) FROM patients FETCH FIRST 1 ROW WITH TIES',
      'SELECT upper(last) INTO TEMP stolen FROM patients',
      'CREATE TEMP TABLE stolen AS TABLE patients',
      "SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (last text PATH '$')) j, LATERAL (SELECT upper(last) FROM patients) p",
      "SELECT * FROM XMLTABLE('/r' PASSING (SELECT xmlelement(NAME r, last) FROM patients LIMIT 1) COLUMNS label text PATH '.')",
      "SELECT * FROM patients p, JSON_TABLE(to_jsonb(p), '$' COLUMNS (l text PATH '$.last'))",
      "SELECT JSON_OBJECT('a': last), JSON_ARRAY(last, first), JSON_OBJECTAGG(id: last), JSON_ARRAYAGG(last) FROM patients GROUP BY last, first",
      'SELECT last IS JSON, last IS NORMALIZED, last IS OF (text) FROM patients',
      "SELECT JSON_QUERY(to_jsonb(p), '$.last' WITH WRAPPER), JSON_VALUE(to_jsonb(p), '$.last') FROM patients p",
    ),
    steps(
      `PREPARE "${d31}ä" AS SELECT label FROM wards LIMIT 2`,
      `DEALLOCATE "${d31}"`,
      `PREPARE "${d31}" AS SELECT upper(last) AS label FROM patients`,
      `EXECUTE "${d31}ä"`,
    ),
    steps(
      `DECLARE "${cjk}字" CURSOR FOR SELECT label FROM wards`,
      `CLOSE "${cjk}"`,
      `DECLARE "${cjk}" CURSOR FOR SELECT upper(last) FROM patients`,
      `FETCH ALL FROM "${cjk}字"`,
    ),
    steps(
      'PREPARE U&"\\0070r" AS SELECT label FROM wards LIMIT 1',
      'DEALLOCATE pr',
      'PREPARE pr AS SELECT upper(last) AS label FROM patients',
      'EXECUTE U&"p!0072" UESCAPE \'!\'',
    ),
  ],
};
