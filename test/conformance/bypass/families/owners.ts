// What a DBA's own code, casts, policies, defaults and definitions would say, and values whose type the client chooses.

import { encodeCopyData, encodeCopyDone } from '../../../../src/wire/postgres/copy.ts';
import { encodeDescribe, encodeSync } from '../../../../src/wire/postgres/extended.ts';
import { encodeQuery } from '../../../../src/wire/postgres/query.ts';
import { decodeDataRow } from '../../../../src/wire/postgres/rows.ts';
import { type Attack, each, type Family, steps } from '../attack.ts';
import { bind, execute, parse } from '../wire.ts';

/** A COPY; where rows are asked for, these. */
function copy(sql: string, rows: string = ''): Attack {
  return {
    name: sql,
    async wire(wire) {
      wire.send(encodeQuery(sql));
      const got = await wire.until('ZG');
      if (got.at(-1)?.type !== 'G'.charCodeAt(0)) return;
      wire.send(encodeCopyData(Buffer.from(rows)), encodeCopyDone());
      await wire.until('Z');
    },
  };
}

/** A value of a type the client names. */
function typed(sql: string, type: string, value: string): Attack {
  return {
    name: `${sql} with a parameter of type ${type}`,
    async wire(wire) {
      const found = await wire.query(`SELECT oid::int FROM pg_type WHERE typname = '${type}'`);
      const row = found.find((frame) => frame.type === 'D'.charCodeAt(0));
      const oid = Number(row ? decodeDataRow(row.body)[0]?.toString() : 0);
      wire.send(
        parse(sql, '', [oid]),
        bind('', '', { parameters: [value] }),
        encodeDescribe({ kind: 'portal', name: '' }),
        execute(),
        encodeSync(),
      );
      await wire.until('Z');
    },
  };
}

export const owners: Family = {
  name: 'code and definitions of the DBA',
  setup: `
  CREATE FUNCTION seen(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    RAISE NOTICE 'saw %', (SELECT md5(ssn) FROM public.patients LIMIT 1); RETURN true; END $$;
  CREATE FUNCTION refuses(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    IF $1 = 'ok' THEN RETURN true; END IF;
    RAISE EXCEPTION 'saw %', (SELECT ssn FROM public.patients LIMIT 1); END $$;
  CREATE FUNCTION shape(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    RAISE NOTICE 'saw %', (SELECT md5(ssn) FROM public.patients LIMIT 1); RETURN $1; END $$;
  CREATE TABLE inspected (id int, label text CHECK (seen(label)));
  CREATE TABLE inspected_hard (id int, label text CHECK (refuses(label)));
  CREATE TABLE indexed (id int, label text); CREATE INDEX ON indexed (shape(label)); INSERT INTO indexed VALUES (1, 'x');
  CREATE TABLE indexed_where (id int, label text); CREATE INDEX ON indexed_where (id) WHERE seen(label);
  CREATE DOMAIN checked_text AS text CHECK (seen(VALUE));
  CREATE TABLE with_domain (id int, label checked_text);
  CREATE TABLE policed (id int, label text); INSERT INTO policed VALUES (1, 'x');
  ALTER TABLE policed ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON policed USING (seen(label)) WITH CHECK (seen(label));
  CREATE TABLE policed_hard (id int, label text); INSERT INTO policed_hard VALUES (1, 'x');
  ALTER TABLE policed_hard ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON policed_hard USING (refuses(label));
  CREATE TABLE policed_plain (id int, label text); INSERT INTO policed_plain VALUES (1, 'x');
  ALTER TABLE policed_plain ENABLE ROW LEVEL SECURITY;
  CREATE POLICY p ON policed_plain USING (label = 'x' OR EXISTS (SELECT FROM patients WHERE ssn::int = 0 OR ssn = '123-45-6789' OR first = 'Zebulon'));
  CREATE TABLE parted (id int, label text) PARTITION BY LIST (shape(label));
  CREATE TABLE parted_1 PARTITION OF parted DEFAULT;
  CREATE VIEW vip AS SELECT id, visits FROM patients WHERE ssn = '123-45-6789' AND first IN ('Zebulon', 'Ophelia') AND birthdate = '1961-07-23';
  CREATE VIEW vip_wards AS SELECT id, label FROM wards WHERE label <> '123-45-6789' AND label <> 'Quartermain' AND id <> 1234567890;
  CREATE VIEW setting_name AS SELECT id, set_config('application_name', ssn, false) AS label FROM patients;
  CREATE VIEW setting_zone AS SELECT id, set_config('search_path', 'public,"' || ssn || '"', false) AS label FROM patients;
  CREATE FUNCTION keep(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('application_name', $1, false); RETURN $1; END $$;
  CREATE VIEW keeping AS SELECT id, keep(ssn) AS label FROM patients;
  CREATE VIEW encoding_view AS SELECT id, set_config('client_encoding', 'LATIN1', false) AS label FROM wards;
  CREATE VIEW role_view AS SELECT id, set_config('datestyle', 'German', false) AS label FROM wards;
  CREATE FUNCTION pg_catalog.initcap(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT md5(ssn) FROM public.patients WHERE id = $1';
  CREATE TABLE in_text (id int DEFAULT 1, CHECK (id <> 123456789));
  CREATE TABLE hard_default (id int, label text DEFAULT E'Zebulon\\nQuartermain', d date DEFAULT '1961-07-23', a text[] DEFAULT ARRAY['Zebulon'], j jsonb DEFAULT '{"a":"Zebulon"}', b bytea DEFAULT 'Zebulon', i interval DEFAULT '123 days');
  CREATE FUNCTION told() RETURNS text LANGUAGE sql AS $q$ SELECT 'x'::text -- Zebulon Quartermain 123-45-6789
    $q$;
  CREATE FUNCTION told_atomic() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 'Zebulon'::text || 'Quartermain'; END;
  CREATE FUNCTION told_default(a text DEFAULT 'Zebulon', b date DEFAULT '1961-07-23') RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE INDEX zeb ON patients (id) WHERE first = 'Zebulon' AND birthdate = '1961-07-23';
  CREATE TABLE by_name (id int, label text) PARTITION BY LIST (label);
  CREATE TABLE by_name_z PARTITION OF by_name FOR VALUES IN ('Zebulon', '123-45-6789');
  CREATE TABLE by_day (id int, d date) PARTITION BY RANGE (d);
  CREATE TABLE by_day_1 PARTITION OF by_day FOR VALUES FROM ('1961-07-23') TO ('1970-02-11');
  CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TABLE trg_t (id int, label text);
  CREATE TRIGGER t1 BEFORE INSERT ON trg_t FOR EACH ROW WHEN (NEW.label <> 'Zebulon') EXECUTE FUNCTION trg('Quartermain', '123-45-6789');
  CREATE RULE rr AS ON INSERT TO trg_t WHERE NEW.label = 'Ophelia' DO ALSO SELECT 'Vandersloot'::text;
  CREATE PUBLICATION filtered FOR TABLE patients WHERE (id > 0 AND first <> 'Zebulon') WITH (publish = 'insert');
  CREATE TYPE pair AS (a text, b text);
  CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql STABLE AS 'SELECT md5(ssn) FROM public.patients LIMIT 1';
  CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS ASSIGNMENT;
  CREATE TABLE pairs (id int, p pair); INSERT INTO pairs VALUES (1, ('a','b'));
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE FUNCTION mood_json(mood) RETURNS json LANGUAGE sql STABLE AS 'SELECT to_json(md5(ssn)) FROM public.patients LIMIT 1';
  CREATE CAST (mood AS json) WITH FUNCTION mood_json(mood);
  CREATE TABLE moods (id int, m mood); INSERT INTO moods VALUES (1, 'ok');
  CREATE FUNCTION lseg_text(lseg) RETURNS text LANGUAGE sql STABLE AS 'SELECT md5(ssn) FROM public.patients LIMIT 1';
  CREATE CAST (lseg AS text) WITH FUNCTION lseg_text(lseg) AS IMPLICIT;
  CREATE FUNCTION money_json(money) RETURNS json LANGUAGE sql STABLE AS 'SELECT to_json(md5(ssn)) FROM public.patients LIMIT 1';
  CREATE CAST (money AS json) WITH FUNCTION money_json(money) AS ASSIGNMENT;
`,
  clear: [
    'public.inspected.label',
    'public.inspected_hard.label',
    'public.indexed.label',
    'public.indexed_where.label',
    'public.with_domain.label',
    'public.policed.label',
    'public.policed_hard.label',
    'public.policed_plain.label',
    'public.parted.label',
    'public.vip.visits',
    'public.vip.id',
    'public.vip_wards.label',
    'public.trg_t.label',
    'public.by_name.label',
    'public.pairs.p',
    'public.moods.m',
  ],
  attacks: [
    ...each(
      "INSERT INTO inspected VALUES (1, 'x')",
      "INSERT INTO inspected_hard VALUES (1, 'x')",
      "UPDATE inspected SET label = 'y'",
      "INSERT INTO indexed VALUES (2, 'x')",
      "UPDATE indexed SET label = 'z' WHERE id = 1",
      "SELECT id FROM indexed WHERE label = 'x'",
      'EXPLAIN ANALYZE SELECT id FROM indexed',
      "INSERT INTO indexed_where VALUES (2, 'x')",
      "INSERT INTO with_domain VALUES (1, 'x')",
      "UPDATE with_domain SET label = 'x'",
      'SELECT * FROM policed',
      'SELECT count(*) FROM policed',
      "INSERT INTO policed VALUES (2, 'y')",
      'SELECT id FROM policed_hard',
      'SELECT count(*) FROM policed_hard',
      'SELECT id FROM policed_plain',
      'SELECT count(*) FROM policed_plain WHERE id = 7',
      "UPDATE policed_plain SET label = 'y'",
      "INSERT INTO parted VALUES (1, 'x')",
      "SELECT * FROM parted WHERE label = 'x'",
      'EXPLAIN SELECT * FROM vip',
      'EXPLAIN (VERBOSE) SELECT id FROM vip',
      'EXPLAIN (ANALYZE, FORMAT json) SELECT id FROM vip',
      'EXPLAIN (COSTS off) SELECT label FROM vip_wards',
      'EXPLAIN (FORMAT xml) SELECT count(*) FROM vip',
      'EXPLAIN (FORMAT yaml) SELECT id FROM vip',
      'EXPLAIN SELECT * FROM policed_plain',
      'EXPLAIN SELECT * FROM by_name',
      'EXPLAIN (VERBOSE) INSERT INTO hard_default (id) VALUES (1)',
      'EXPLAIN (VERBOSE, ANALYZE) INSERT INTO hard_default (id) VALUES (1)',
      'EXPLAIN VERBOSE SELECT told_default()',
      'EXPLAIN VERBOSE SELECT told()',
      'EXPLAIN VERBOSE SELECT told_atomic()',
      'EXPLAIN (VERBOSE) UPDATE hard_default SET label = DEFAULT, d = DEFAULT',
      'INSERT INTO hard_default (id) VALUES (1) RETURNING *',
      'INSERT INTO hard_default (id) VALUES (1) RETURNING label, d, a, j, b',
      'SELECT id FROM setting_name',
      'SELECT label FROM setting_name',
      'SELECT count(*) FROM setting_zone',
      'SELECT count(label) FROM setting_zone',
      'SELECT initcap(1)::text',
      'SELECT concat(initcap(id)) FROM wards WHERE id < 3',
      'SELECT id.initcap FROM wards',
      'SELECT pg_catalog.initcap(1)',
      "SELECT pg_get_functiondef('told'::regproc), pg_get_functiondef('told_atomic'::regproc), pg_get_functiondef('told_default'::regproc)",
      "SELECT pg_get_function_sqlbody('told_atomic'::regproc), pg_get_function_arguments('told_default'::regproc), pg_get_function_identity_arguments('told_default'::regproc)",
      "SELECT pg_get_function_arg_default('told_default'::regproc, 1), pg_get_function_result('told_default'::regproc)",
      "SELECT prosrc, proargdefaults, prosqlbody FROM pg_proc WHERE proname LIKE 'told%'",
      "SELECT p FROM pg_proc p WHERE proname LIKE 'told%'",
      "SELECT row_to_json(p) FROM pg_proc p WHERE proname LIKE 'told%'",
      "SELECT md5(prosrc), reverse(prosrc) FROM pg_proc WHERE proname LIKE 'told%'",
      "SELECT routine_definition FROM information_schema.routines WHERE routine_name LIKE 'told%'",
      "SELECT parameter_default FROM information_schema.parameters WHERE specific_name LIKE 'told%'",
      "SELECT pg_get_indexdef('zeb'::regclass), pg_get_indexdef('zeb'::regclass, 0, true)",
      "SELECT indexdef FROM pg_indexes WHERE indexname = 'zeb'",
      "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'zeb'::regclass",
      'SELECT indpred::text FROM pg_index',
      'SELECT i FROM pg_index i WHERE indpred IS NOT NULL',
      "SELECT pg_get_expr(relpartbound, oid), pg_get_partition_constraintdef(oid) FROM pg_class WHERE relname IN ('by_name_z', 'by_day_1')",
      'SELECT relpartbound FROM pg_class WHERE relpartbound IS NOT NULL',
      'SELECT c::text FROM pg_class c WHERE relispartition',
      "SELECT pg_get_viewdef('vip'::regclass), pg_get_viewdef('vip'::regclass, true), pg_get_viewdef('vip'::regclass, 20), pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = 'vip'::regclass",
      "SELECT definition, upper(definition), length(definition) FROM pg_views WHERE viewname LIKE 'vip%'",
      "SELECT left(definition, 400) FROM pg_views WHERE viewname LIKE 'vip%'",
      "SELECT split_part(definition, '''', 2) FROM pg_views WHERE viewname LIKE 'vip%'",
      "SELECT view_definition FROM information_schema.views WHERE table_name LIKE 'vip%'",
      "SELECT md5(definition), encode(definition::bytea, 'hex') FROM pg_views WHERE viewname = 'vip'",
      "SELECT pg_get_viewdef('vip')::xml",
      "SELECT regexp_matches(pg_get_viewdef('vip'), '''(.*?)''', 'g')",
      "SELECT string_to_array(pg_get_viewdef('vip'), '''')",
      "SELECT replace(pg_get_viewdef('vip'), '''')",
      "SELECT translate(pg_get_viewdef('vip'), '''', 'x')",
      "SELECT substr(pg_get_viewdef('vip'), strpos(pg_get_viewdef('vip'), 'ssn'), 40)",
      "SELECT format('%s', pg_get_viewdef('vip'))",
      "SELECT concat(pg_get_viewdef('vip'))",
      "SELECT pg_get_viewdef('vip') || ''",
      "SELECT json_build_object('a', pg_get_viewdef('vip'))",
      "SELECT to_json(pg_get_viewdef('vip'))",
      "SELECT array_agg(pg_get_viewdef('vip')), string_agg(pg_get_viewdef('vip'), ',')",
      "SELECT quote_literal(pg_get_viewdef('vip'))",
      "SELECT lower(pg_get_viewdef('vip')), btrim(pg_get_viewdef('vip')), upper(pg_get_viewdef('vip'))",
      "SELECT pg_get_viewdef('vip')::varchar(150), pg_get_viewdef('vip')::char(200)",
      "SELECT CASE WHEN true THEN pg_get_viewdef('vip') ELSE '' END, coalesce(pg_get_viewdef('vip'), 'x')",
      "SELECT '''' || pg_get_viewdef('vip')",
      "SELECT max(pg_get_viewdef('vip'))",
      "SELECT pg_get_viewdef('vip') UNION ALL SELECT ''''",
      "SELECT pg_get_triggerdef(oid), pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = 'trg_t'::regclass",
      'SELECT tgargs, tgqual FROM pg_trigger',
      "SELECT encode(tgargs, 'escape') FROM pg_trigger",
      'SELECT t FROM pg_trigger t',
      'SELECT action_condition, action_statement FROM information_schema.triggers',
      'SELECT definition FROM pg_rules',
      "SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = 'trg_t'::regclass",
      'SELECT polqual, pg_get_expr(polqual, polrelid), pg_get_expr(polqual, polrelid, true) FROM pg_policy',
      'SELECT qual, with_check FROM pg_policies',
      'SELECT p::text FROM pg_policies p',
      "SELECT * FROM pg_get_publication_tables('filtered')",
      "SELECT qual FROM pg_get_publication_tables('filtered')",
      "SELECT pg_get_publication_tables('filtered')",
      "SELECT qual::text FROM pg_get_publication_tables('filtered')",
      "SELECT (pg_get_publication_tables('filtered')).qual",
      'SELECT rowfilter FROM pg_publication_tables',
      'SELECT prqual FROM pg_publication_rel',
      "SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), conbin FROM pg_constraint WHERE conrelid = 'in_text'::regclass",
      'SELECT check_clause FROM information_schema.check_constraints',
      "SELECT pg_get_expr(adbin, adrelid), adbin FROM pg_attrdef WHERE adrelid = 'hard_default'::regclass",
      "SELECT column_default FROM information_schema.columns WHERE table_name = 'hard_default'",
      'SELECT p::text FROM pairs',
      'SELECT p FROM pairs',
      'SELECT concat(p) FROM pairs',
      "SELECT p || '' FROM pairs",
      'SELECT to_json(m), to_jsonb(m), json_agg(m) FROM moods',
      'SELECT row_to_json(x) FROM moods x',
      "SELECT json_build_object('a', m) FROM moods",
      'SELECT m::json FROM moods',
      'SELECT m::text::json FROM moods',
      'SELECT to_jsonb(x) FROM moods x',
      "SELECT ('a','b')::pair::text",
      "SELECT to_json('ok'::mood)",
      "SELECT jsonb_build_array('ok'::mood)",
      "SELECT lseg '(0,0),(1,1)' || ''",
      "SELECT lseg('(0,0),(1,1)')::text",
      "SELECT upper(lseg '(0,0),(1,1)')",
      "SELECT CAST(lseg '(0,0),(1,1)' AS text)",
      "INSERT INTO wards (id, label) VALUES (988, lseg '(0,0),(1,1)') RETURNING label",
      "UPDATE wards SET label = lseg '(0,0),(1,1)' WHERE id = 3 RETURNING label",
      "SELECT text(lseg '(0,0),(1,1)')",
      "SELECT concat_ws(',', lseg '(0,0),(1,1)', 'x'), length(lseg '(0,0),(1,1)')",
      "SELECT md5(lseg '(0,0),(1,1)')",
      "SELECT label FROM wards WHERE label = lseg '(0,0),(1,1)'",
      "SELECT (lseg '(0,0),(1,1)').text",
      "SELECT lseg '(0,0),(1,1)' UNION SELECT 'x'::text",
      "SELECT money '1'::json, to_json(money '1')",
      "SELECT lseg(point '(1,1)', point '(2,2)')::text",
    ),
    steps('SELECT label FROM setting_name', 'SHOW application_name'),
    steps('SELECT label FROM setting_name', "SELECT current_setting('application_name')"),
    steps('SELECT label FROM setting_name', "SELECT setting FROM pg_settings WHERE name = 'application_name'"),
    steps('SELECT label FROM setting_zone', 'SHOW search_path'),
    steps('SELECT label FROM setting_zone', 'SELECT current_schemas(false)'),
    steps('SELECT label FROM keeping', 'SHOW application_name'),
    steps('SELECT label FROM keeping', "SELECT current_setting('application_name')"),
    steps(
      'SELECT label FROM keeping',
      'RESET application_name',
      "SELECT setting FROM pg_settings WHERE name = 'application_name'",
    ),
    steps('SELECT label FROM encoding_view LIMIT 1', 'SELECT ssn FROM patients'),
    steps('SELECT label FROM role_view LIMIT 1', 'SELECT birthdate FROM patients'),
    steps('DECLARE c CURSOR WITH HOLD FOR SELECT id FROM failing', 'COMMIT'),
    steps('DECLARE c CURSOR WITH HOLD FOR SELECT first::int FROM patients', 'COMMIT', 'BEGIN'),
    steps('DECLARE c CURSOR FOR SELECT id FROM failing', 'FETCH c'),
    steps('DECLARE c CURSOR FOR SELECT id FROM failing', 'MOVE ALL IN c'),
    steps('PREPARE f AS SELECT id FROM failing', 'EXECUTE f'),
    steps('PREPARE f AS SELECT id FROM failing', 'EXPLAIN ANALYZE EXECUTE f'),
    steps('COPY (SELECT id FROM failing) TO STDOUT'),
    steps('EXPLAIN ANALYZE SELECT id FROM failing'),
    steps('SELECT 1; SELECT id FROM failing; SELECT 2'),
    copy('COPY inspected FROM STDIN', '1\tx\n'),
    copy('COPY inspected_hard FROM STDIN', '1\tx\n'),
    copy('COPY indexed FROM STDIN', '1\tx\n'),
    copy('COPY with_domain FROM STDIN', '1\tx\n'),
    copy('COPY checked FROM STDIN', '9\t123-45-6789\tx\n'),
    copy('COPY keyed FROM STDIN', '123-45-6789\t9\n'),
    copy("COPY wards (id, label) FROM STDIN WHERE label <> '123'", '988\tx\n'),
    copy("COPY (SELECT md5(ssn), id FROM patients) TO STDOUT (FORMAT csv, DELIMITER '1', QUOTE '2', ESCAPE '3')"),
    copy("COPY (SELECT ssn, id, first FROM patients) TO STDOUT (FORMAT csv, DELIMITER '-', FORCE_QUOTE *)"),
    copy("COPY (SELECT ssn, id, first FROM patients) TO STDOUT (FORMAT csv, QUOTE 'e', ESCAPE 'b')"),
    copy("COPY patients TO STDOUT (FORMAT text, DELIMITER '-', NULL '1')"),
    copy("COPY patients (ssn, first) TO STDOUT (ENCODING 'LATIN1')"),
    copy("COPY patients (ssn, first) TO STDOUT (ENCODING 'SJIS')"),
    copy('COPY patients (ssn) TO STDOUT (HEADER match)'),
    copy('COPY (SELECT md5(ssn) AS "a\nb" FROM patients) TO STDOUT (FORMAT csv, HEADER)'),
    copy("COPY (SELECT E'a\\nb' AS x, md5(ssn) FROM patients) TO STDOUT (FORMAT csv)"),
    copy("COPY (SELECT '\\.' AS x, md5(ssn) FROM patients) TO STDOUT"),
    copy("COPY (SELECT E'\\t\\n\\\\' || label, md5(ssn) FROM wards, patients WHERE wards.id < 3) TO STDOUT"),
    copy('COPY BINARY patients TO STDOUT'),
    copy("COPY patients TO STDOUT WITH CSV QUOTE AS '''' FORCE QUOTE ssn"),
    copy("COPY patients TO STDOUT USING DELIMITERS '|'"),
    typed('SELECT $1::text', 'ward_kind', 'icu'),
    typed('SELECT to_json($1)', 'mood', 'ok'),
    typed('SELECT $1::json', 'mood', 'ok'),
    typed("SELECT $1 || ''", 'ward_kind', 'icu'),
    typed('SELECT concat($1)', 'ward_kind', 'icu'),
    typed('SELECT upper($1)', 'ward_kind', 'icu'),
    typed('SELECT $1::text', 'pair', '(a,b)'),
    typed('SELECT upper($1)', 'lseg', '[(0,0),(1,1)]'),
    typed("SELECT $1 || ''", 'lseg', '[(0,0),(1,1)]'),
    typed('SELECT $1', 'checked_text', 'x'),
    typed('SELECT $1::text', 'checked_text', 'x'),
    typed('INSERT INTO wards (id, label) VALUES (977, $1) RETURNING label', 'lseg', '[(0,0),(1,1)]'),
    typed('SELECT label FROM wards WHERE label = $1 OR id = 1', 'lseg', '[(0,0),(1,1)]'),
    typed('SELECT $1.text', 'lseg', '[(0,0),(1,1)]'),
    typed('SELECT ($1).text', 'lseg', '[(0,0),(1,1)]'),
    typed('SELECT initcap($1)', 'int4', '1'),
    typed('SELECT lower($1)', 'int4', '1'),
  ],
};
