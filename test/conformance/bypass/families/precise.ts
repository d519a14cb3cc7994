// Where the analysis is most precise it is most easily wrong: views over views, cursors and portals, EXPLAIN, PREPARE, COPY,
// outer names, shadowed names, row types.

import { each, type Family, steps } from '../attack.ts';

const cursors: readonly string[] = [
  'SELECT ssn FROM patients',
  'SELECT upper(ssn) AS label FROM patients',
  'SELECT p FROM patients p',
  'SELECT birthdate FROM patients',
  'SELECT id, label FROM plain_view',
  'SELECT ARRAY(SELECT first FROM patients)',
  'SELECT label FROM wards WHERE false UNION ALL SELECT last FROM patients',
  'TABLE notes',
];

export const precise: Family = {
  name: 'cursors, EXPLAIN, PREPARE, names',
  setup: `
    CREATE VIEW shadow_a AS SELECT id, ssn AS a, first AS b FROM patients;
    CREATE VIEW shadow_b AS SELECT id, b AS a, a AS b FROM shadow_a;
    CREATE VIEW shadow_c AS SELECT x.id, y.a AS label, count(*) OVER () AS beds FROM shadow_b x JOIN shadow_a y USING (id);
    CREATE VIEW star_view AS SELECT * FROM patients;
    CREATE VIEW set_view AS SELECT id, unnest(ARRAY[ssn, first]) AS label FROM patients;
    CREATE VIEW lateral_view AS SELECT w.id, q.label FROM wards w, LATERAL (SELECT ssn AS label FROM patients p WHERE p.id = w.id) q;
    CREATE VIEW cte_view AS WITH wards AS (SELECT id, ssn AS label FROM patients) SELECT id, label FROM wards;
    CREATE VIEW values_view AS SELECT * FROM (VALUES ((SELECT ssn FROM patients WHERE id = 1))) v(label);
    CREATE VIEW sub_view AS SELECT id, (SELECT p.ssn FROM patients p WHERE p.id = w.id) AS label FROM wards w WHERE id < 3;
    CREATE VIEW case_view AS SELECT id, CASE WHEN ssn LIKE '1%' THEN 'low' ELSE 'high' END AS label FROM patients;
    CREATE VIEW aggregate_view AS SELECT max(ssn) AS label, count(*) AS beds FROM patients;
    CREATE VIEW window_view AS SELECT id, lag(ssn) OVER (ORDER BY id DESC) AS label FROM patients;
    CREATE VIEW function_view AS SELECT g AS id, (SELECT string_agg(last, ',') FROM patients) AS label FROM generate_series(1, 2) g;
    CREATE VIEW filtered_view AS SELECT id, visits FROM patients WHERE ssn LIKE '1%';
    CREATE TABLE ranked_patients AS TABLE patients;
    CREATE VIEW ordered_view AS SELECT id, row_number() OVER (ORDER BY ssn) AS label FROM ranked_patients;
    CREATE VIEW coded_view AS SELECT id, ascii(ssn) AS n, length(first) AS m FROM patients;
    CREATE VIEW join_view (id, label, a, b) AS SELECT * FROM (SELECT id, first FROM patients) a NATURAL JOIN (SELECT id, ssn, last FROM patients) b;
    CREATE VIEW text_only AS SELECT id, p::text AS label FROM patients p;
    CREATE MATERIALIZED VIEW stored_deep AS SELECT id, label || '' AS label FROM shadow_c;
    CREATE VIEW over_stored AS SELECT id, label FROM stored_deep;
    CREATE VIEW invoker_view WITH (security_invoker = false) AS SELECT id, ssn AS label FROM patients;`,
  classified: {
    'public.ranked_patients.first': 'name',
    'public.ranked_patients.ssn': 'ssn',
    'public.ranked_patients.birthdate': 'date',
  },
  attacks: [
    ...cursors.flatMap((query) => [
      steps(`DECLARE c CURSOR FOR ${query}`, 'FETCH ALL FROM c'),
      steps(`DECLARE c CURSOR WITH HOLD FOR ${query}`, 'FETCH 1 FROM c', 'FETCH 1 FROM c'),
      steps(
        `DECLARE c BINARY SCROLL CURSOR FOR ${query}`,
        'MOVE LAST IN c',
        'FETCH PRIOR FROM c',
        'FETCH ABSOLUTE 1 FROM c',
      ),
      steps(`PREPARE c AS ${query}`, 'EXECUTE c', 'EXPLAIN ANALYZE VERBOSE EXECUTE c', 'EXECUTE c'),
      steps(`EXPLAIN (ANALYZE, VERBOSE, FORMAT json) ${query}`),
      steps(`EXPLAIN (VERBOSE, SETTINGS, FORMAT yaml) DECLARE c CURSOR FOR ${query}`),
      steps(`CREATE TEMP TABLE t AS ${query}`, 'SELECT * FROM t'),
      steps(`CREATE TEMP VIEW v AS ${query}`, 'SELECT * FROM v'),
    ]),
    steps(
      'DECLARE c CURSOR FOR SELECT label FROM wards',
      'CLOSE c',
      'DECLARE c CURSOR FOR SELECT ssn FROM patients',
      'FETCH c',
    ),
    steps('DECLARE c CURSOR FOR SELECT ssn FROM patients', 'SAVEPOINT a', 'CLOSE c', 'ROLLBACK TO a', 'FETCH c'),
    steps('SAVEPOINT a', 'DECLARE c CURSOR FOR SELECT ssn FROM patients', 'RELEASE a', 'FETCH c'),
    steps(
      'SAVEPOINT a',
      'DECLARE c CURSOR FOR SELECT ssn FROM patients',
      'ROLLBACK TO a',
      'DECLARE c CURSOR FOR SELECT label FROM wards',
      'FETCH c',
    ),
    steps(
      'DECLARE "C" CURSOR FOR SELECT ssn FROM patients',
      'DECLARE c CURSOR FOR SELECT label FROM wards',
      'FETCH "C"',
      'FETCH C',
    ),
    steps(
      'DECLARE c CURSOR FOR SELECT first FROM patients FOR UPDATE',
      'FETCH c',
      'UPDATE patients SET visits = 1 WHERE CURRENT OF c RETURNING *',
    ),
    steps('DECLARE c CURSOR FOR SELECT * FROM star_view', 'FETCH FORWARD 2 FROM c', 'FETCH BACKWARD 2 FROM c'),
    steps(
      'PREPARE c AS SELECT label FROM wards',
      'DECLARE c CURSOR FOR SELECT ssn FROM patients',
      'EXECUTE c',
      'FETCH c',
    ),
    steps('PREPARE c(text) AS SELECT $1 || ssn FROM patients', "EXECUTE c('')"),
    steps('PREPARE c(patients) AS SELECT ($1).ssn', 'EXECUTE c((SELECT p FROM patients p LIMIT 1))'),
    steps('PREPARE c(text) AS SELECT $1', 'EXECUTE c((SELECT ssn FROM patients LIMIT 1))'),
    steps(
      'PREPARE c(text) AS INSERT INTO wards VALUES (960, $1) RETURNING label',
      'EXECUTE c((SELECT ssn FROM patients LIMIT 1))',
      'SELECT label FROM wards WHERE id = 960',
    ),
    steps('PREPARE c AS SELECT * FROM wards LIMIT 1', 'SET search_path = pg_temp', 'EXECUTE c'),
    steps('PREPARE c AS UPDATE patients SET visits = 0 RETURNING old.ssn', 'EXECUTE c'),
    steps(
      'CREATE TEMP TABLE wards AS SELECT id, ssn AS label, 1 AS beds FROM public.patients',
      'SELECT label FROM wards',
    ),
    steps(
      'CREATE TEMP VIEW wards AS SELECT id, ssn AS label FROM public.patients',
      'SELECT label FROM wards',
      'TABLE pg_temp.wards',
    ),
    steps(
      'PREPARE c AS SELECT label FROM wards WHERE id = 1',
      'CREATE TEMP TABLE wards (id int, label text)',
      'INSERT INTO wards SELECT id, ssn FROM patients',
      'EXECUTE c',
    ),
    ...each(
      ...['a', 'b', 'a || b', 'x', 'x::text', 'to_jsonb(x)', 'row_to_json(x)', 'ROW(x.*)'].map(
        (column) => `SELECT ${column} FROM shadow_b x`,
      ),
      'SELECT label, beds FROM shadow_c',
      'SELECT c FROM shadow_c c',
      'SELECT * FROM star_view',
      'SELECT ssn FROM star_view',
      'SELECT s FROM star_view s',
      'SELECT label FROM set_view',
      'SELECT label FROM lateral_view',
      'SELECT label FROM cte_view',
      'SELECT label FROM values_view',
      'SELECT label FROM sub_view',
      'SELECT label FROM case_view',
      'SELECT label FROM aggregate_view',
      'SELECT label FROM window_view',
      'SELECT label FROM function_view',
      'SELECT label, a, b FROM join_view',
      'SELECT label FROM text_only',
      'SELECT label FROM stored_deep',
      'SELECT label FROM over_stored',
      'SELECT o, o::text FROM over_stored o',
      'SELECT label FROM invoker_view',
      'SELECT wards.label FROM (SELECT id, ssn AS label FROM patients) wards JOIN public.wards w USING (id)',
      'SELECT label FROM public.wards, LATERAL (SELECT ssn AS label) q, patients',
      'SELECT (SELECT label) FROM (SELECT ssn AS label FROM patients) q',
      'SELECT (SELECT q.label FROM wards w LIMIT 1) FROM (SELECT ssn AS label FROM patients) q',
      'SELECT (SELECT label FROM wards WHERE wards.id = q.id) || q.x FROM (SELECT id, ssn AS x FROM patients) q',
      'SELECT x FROM (SELECT ssn FROM patients) AS q(x)',
      'SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT ssn FROM patients) a) b) c',
      'SELECT a.*, b.* FROM patients a CROSS JOIN patients b',
      'SELECT (a).ssn FROM (SELECT a FROM patients a) q',
      'SELECT (q.a).first FROM (SELECT a FROM patients a) q',
      'SELECT (x).f1 FROM (SELECT ROW(ssn, first) AS x FROM patients) q',
      'WITH w AS (SELECT ssn FROM patients) SELECT (SELECT string_agg(w.ssn, chr(44)) FROM w)',
      'WITH w(x) AS (VALUES (1)), v AS (SELECT ssn AS x FROM patients) SELECT v.x FROM w, v',
      'WITH w AS (SELECT 1 AS x) SELECT * FROM (WITH w AS (SELECT ssn AS x FROM patients) SELECT x FROM w) q',
      'WITH w AS (SELECT label FROM wards) SELECT * FROM (WITH w AS (SELECT ssn AS label FROM patients) TABLE w) q UNION ALL TABLE w LIMIT 5',
      'WITH patients AS (SELECT label AS ssn FROM wards) SELECT ssn FROM public.patients',
      'WITH RECURSIVE w(x, n) AS (SELECT label, 1 FROM wards WHERE id = 1 UNION ALL SELECT p.ssn, n + 1 FROM w, patients p WHERE n = p.id) SELECT x FROM w',
      'WITH RECURSIVE w(x, y, n) AS (SELECT label, ssn, 1 FROM wards, patients p WHERE wards.id = 1 AND p.id = 1 UNION ALL SELECT y, x, n + 1 FROM w WHERE n < 3) SELECT x FROM w',
      'WITH RECURSIVE w(x, y, z, n) AS (SELECT label, label, ssn, 1 FROM wards, patients p WHERE wards.id = 1 AND p.id = 1 UNION ALL SELECT y, z, x, n + 1 FROM w WHERE n < 5) SELECT x FROM w',
      'WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w WHERE n < 2) SEARCH DEPTH FIRST BY n SET o SELECT o, p.ssn FROM w, patients p',
      'WITH RECURSIVE w(s, n) AS (SELECT ssn, 1 FROM patients UNION ALL SELECT s, n + 1 FROM w WHERE n < 2) SEARCH BREADTH FIRST BY s SET o SELECT o FROM w',
      'WITH RECURSIVE w(s, n) AS (SELECT ssn, 1 FROM patients UNION ALL SELECT s, 1 FROM w) CYCLE s SET c USING path SELECT path FROM w',
      'WITH RECURSIVE w(s, n) AS (SELECT ssn, 1 FROM patients UNION ALL SELECT s, 1 FROM w) CYCLE s SET c TO true DEFAULT false USING path SELECT path::text, c FROM w',
      'SELECT coalesce(a.ssn, b.label) FROM patients a FULL JOIN wards b ON a.id = b.id WHERE b.id < 3',
      'SELECT id, label, label FROM (SELECT id, ssn AS label FROM patients) a JOIN wards USING (id)',
      'SELECT label FROM (SELECT id, ssn AS label FROM patients) a FULL JOIN (SELECT id, label FROM wards WHERE id < 3) b USING (id, label)',
      'SELECT j.label FROM ((SELECT id, ssn AS label FROM patients) a LEFT JOIN (SELECT 1 AS id) b USING (id)) j',
      'SELECT u.x FROM (patients JOIN wards USING (id) AS k) AS u(id, f, l, x)',
      'SELECT a.label FROM wards a WHERE id < 2 UNION ALL SELECT b FROM shadow_a',
      'SELECT x FROM ROWS FROM (unnest(ARRAY(SELECT ssn FROM patients))) AS q(x)',
      'SELECT * FROM unnest(ARRAY(SELECT ssn FROM patients), ARRAY(SELECT first FROM patients)) WITH ORDINALITY AS q(label, id, n)',
      'SELECT * FROM jsonb_to_recordset((SELECT jsonb_agg(p) FROM patients p)) AS q(ssn text, first text)',
      'SELECT * FROM json_populate_recordset(NULL::wards, (SELECT json_agg(json_build_object($$label$$, ssn)) FROM patients))',
      'SELECT (json_populate_record(NULL::wards, json_build_object($$label$$, ssn))).label FROM patients',
      'SELECT label FROM wards w LEFT JOIN LATERAL (SELECT ssn AS label2 FROM patients WHERE id = w.id) q ON true WHERE q.label2 IS NULL AND w.id < 2 UNION ALL SELECT label2 FROM (SELECT ssn AS label2 FROM patients) z',
      'SELECT GREATEST(VARIADIC_dummy.ssn, label) FROM patients VARIADIC_dummy JOIN wards USING (id)',
      'SELECT concat(VARIADIC ARRAY[ssn, first]) FROM patients',
      "SELECT format('%s', VARIADIC ARRAY[ssn]) FROM patients",
      'SELECT ssn COLLATE "en-x-icu" FROM patients',
      "SELECT XMLCONCAT(XMLELEMENT(NAME a, ssn), XMLPI(NAME b, 'x')) FROM patients",
      'SELECT xmlagg(xmlelement(name x, xmlattributes(ssn AS s))) FROM patients',
      'SELECT NULLIF(ssn, NULL) FROM patients',
      'SELECT ssn IS NOT NULL AND length(ssn) > 0, ssn FROM patients',
    ),
  ],
};

const readers: readonly string[] = [
  'ssn',
  "ssn || ''",
  'p',
  'to_json(p)',
  'upper(first)',
  'ARRAY[last]',
  'birthdate',
  'extra',
  'tags',
  'ROW(first, last)',
];

/** The same expressions in every place a query has for one. */
export const places: Family = {
  name: 'every place an expression may stand',
  attacks: readers.flatMap((value) =>
    each(
      `SELECT x FROM patients p, LATERAL (SELECT ${value}) q(x)`,
      `SELECT (SELECT ${value}) FROM patients p`,
      `SELECT CASE WHEN true THEN ${value} ELSE ${value} END FROM patients p`,
      `SELECT array_agg(${value}) FROM patients p`,
      `SELECT json_agg(${value}) FROM patients p`,
      `SELECT jsonb_build_array(${value}) FROM patients p`,
      `SELECT first_value(${value}) OVER (ORDER BY id) FROM patients p`,
      `WITH q AS MATERIALIZED (SELECT ${value} AS x FROM patients p) SELECT x FROM q`,
      `SELECT x FROM (SELECT ${value} AS x FROM patients p UNION ALL SELECT ${value} FROM patients p) q`,
      `VALUES ((SELECT ${value} FROM patients p WHERE id = 1))`,
      `UPDATE patients p SET visits = 0 RETURNING ${value}`,
      `SELECT (ROW(${value}, 1)).f1 FROM patients p`,
      `SELECT x FROM patients p CROSS JOIN LATERAL unnest(ARRAY[${value}]) x`,
      `SELECT concat(${value}) FROM patients p`,
      `SELECT format('%s', ${value}) FROM patients p`,
      `SELECT (array_agg(${value}))[1]::text FROM patients p`,
      `SELECT quote_nullable((${value})::text) FROM patients p`,
      `COPY (SELECT ${value} FROM patients p) TO STDOUT`,
    ),
  ),
};
