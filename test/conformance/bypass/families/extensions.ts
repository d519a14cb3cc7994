// What a DBA has installed and defined: contrib extensions, foreign tables, triggers in the way of a view, types made of types,
// definitions that carry a value, publications and statistics.

import { each, type Family, steps } from '../attack.ts';

export const extensions: Family = {
  name: 'extensions and definitions',
  setup: `
    CREATE EXTENSION dblink; CREATE EXTENSION tablefunc; CREATE EXTENSION xml2; CREATE EXTENSION pg_trgm; CREATE EXTENSION citext;
    CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw; CREATE EXTENSION fuzzystrmatch; CREATE EXTENSION unaccent; CREATE EXTENSION ltree;
    CREATE EXTENSION pgcrypto; CREATE EXTENSION pageinspect; CREATE EXTENSION pgstattuple; CREATE EXTENSION intarray; CREATE EXTENSION pgrowlocks;
    CREATE FUNCTION open_here() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
      EXECUTE format('CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)', '127.0.0.1', current_setting('port'), 'ehr'); END $$;
    SELECT open_here();
    CREATE USER MAPPING FOR PUBLIC SERVER here OPTIONS (user 'gate', password 'upstream-secret');
    CREATE FOREIGN TABLE far_patients (id int, ssn text, label text OPTIONS (column_name 'first')) SERVER here OPTIONS (schema_name 'public', table_name 'patients');
    CREATE VIEW far_view AS SELECT id, label FROM far_patients;
    CREATE TABLE ci (id int, ssn citext, h hstore, path ltree);
    INSERT INTO ci SELECT id, ssn, hstore('ssn', ssn), text2ltree(first) FROM patients;
    CREATE TYPE inner_type AS (ssn text, n int);
    CREATE TYPE outer_type AS (a inner_type, b inner_type[]);
    CREATE DOMAIN inner_domain AS inner_type;
    CREATE TYPE text_range AS RANGE (subtype = text);
    CREATE TABLE typed (id int, o outer_type, d inner_domain, r text_range, rs text_multirange, t patients);
    INSERT INTO typed SELECT id, ROW(ROW(ssn, 1)::inner_type, ARRAY[ROW(first, 2)::inner_type])::outer_type, ROW(last, 3)::inner_type, text_range(ssn, ssn, '[]'), text_multirange(text_range(first, first, '[]')), p FROM patients p;
    CREATE TABLE of_type OF inner_type;
    INSERT INTO of_type SELECT ssn, id FROM patients;
    CREATE TABLE twin (LIKE patients INCLUDING ALL);
    INSERT INTO twin SELECT * FROM patients;
    CREATE TABLE grandparent (id int, label text);
    CREATE TABLE middle () INHERITS (grandparent);
    CREATE TABLE leaf (ssn text) INHERITS (middle);
    INSERT INTO leaf VALUES (1, 'Zebulon', '123-45-6789');
    CREATE TABLE by_hash (id int, label text) PARTITION BY HASH (id);
    CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 1, REMAINDER 0) PARTITION BY RANGE (id);
    CREATE TABLE by_hash_0_x PARTITION OF by_hash_0 DEFAULT;
    INSERT INTO by_hash SELECT id, ssn FROM patients;
    CREATE VIEW instead_view AS SELECT id, label FROM wards;
    CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := (SELECT ssn FROM patients WHERE id = 1); RETURN NEW; END $$;
    CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE ON instead_view FOR EACH ROW EXECUTE FUNCTION instead();
    CREATE TABLE keyed (ssn text PRIMARY KEY, id int);
    INSERT INTO keyed SELECT ssn, id FROM patients;
    CREATE TABLE referring (id int, ssn text REFERENCES keyed ON UPDATE CASCADE);
    INSERT INTO referring SELECT id, ssn FROM patients;
    CREATE INDEX by_first ON patients (upper(first)) WHERE visits > 0;
    CREATE STATISTICS by_expression ON (upper(ssn)), (lower(first)) FROM patients;
    CREATE TABLE secure (id int, label text, owner text);
    INSERT INTO secure SELECT id, first, ssn FROM patients;
    ALTER TABLE secure ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_of_it ON secure USING (true);
    CREATE PUBLICATION everything FOR TABLE patients, wards;
    CREATE FUNCTION sum_step(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
    CREATE AGGREGATE glue(text) (SFUNC = sum_step, STYPE = text, INITCOND = '');
    CREATE FUNCTION rows_of() RETURNS SETOF patients LANGUAGE sql STABLE AS 'SELECT * FROM patients';
    CREATE FUNCTION table_of() RETURNS TABLE (id int, label text) LANGUAGE sql STABLE AS 'SELECT id, ssn FROM patients';
    CREATE FUNCTION first_of(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
    CREATE FUNCTION out_of(OUT label text, OUT beds text) LANGUAGE sql AS 'SELECT ssn, first FROM patients LIMIT 1';
    CREATE FUNCTION initcap(int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM patients WHERE id = $1';
    CREATE FUNCTION timeofday(text) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM patients LIMIT 1';
    CREATE FUNCTION hidden_hash(int, text) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM patients LIMIT 1';
    CREATE OPERATOR # (LEFTARG = int, RIGHTARG = text, FUNCTION = hidden_hash);
    ANALYZE;`,
  clear: ['public.instead_view.label', 'public.by_hash.id', 'public.grandparent.id'],
  attacks: [
    ...each(
      "SELECT * FROM dblink('host=127.0.0.1 dbname=ehr user=gate password=x', 'SELECT ssn FROM patients') AS t(label text)",
      "SELECT dblink_connect('c', 'here')",
      "SELECT dblink_exec('here', 'UPDATE wards SET label = (SELECT ssn FROM patients LIMIT 1)')",
      "SELECT dblink_get_connections(), dblink_error_message('c')",
      "SELECT * FROM crosstab('SELECT id, id, ssn FROM patients') AS t(id int, a text, b text)",
      "SELECT * FROM crosstab2('SELECT ssn, ssn, ssn FROM patients')",
      "SELECT * FROM crosstab('SELECT id, id, ssn FROM patients', 'SELECT 1') AS t(id int, a text)",
      "SELECT * FROM connectby('patients', 'ssn', 'first', '1', 0, ',') AS t(a text, b text, c int, d text)",
      "SELECT * FROM xpath_table('id', 'ssn', 'patients', '/', 'true') AS t(id int, x text)",
      "SELECT xpath_string(xmlelement(name a, ssn)::text, '/a') FROM patients",
      'SELECT xslt_process(ssn, ssn) FROM patients',
      "SELECT similarity(ssn, '1'), show_trgm(ssn) FROM patients",
      'SELECT show_trgm(first) FROM patients',
      'SELECT soundex(first), metaphone(last, 9), dmetaphone(first), daitch_mokotoff(last) FROM patients',
      'SELECT levenshtein(first, last), difference(first, last) FROM patients',
      'SELECT unaccent(first) FROM patients',
      "SELECT crypt(ssn, gen_salt('md5')), digest(ssn, 'sha256'), hmac(ssn, 'k', 'md5') FROM patients",
      "SELECT encode(digest(ssn, 'md5'), 'hex') FROM patients",
      "SELECT pgp_sym_decrypt(pgp_sym_encrypt(ssn, 'k'), 'k') FROM patients",
      'SELECT armor(ssn::bytea) FROM patients',
      "SELECT encode(encrypt(ssn::bytea, '0123456789abcdef', 'aes'), 'base64') FROM patients",
      "SELECT get_raw_page('patients', 0)",
      "SELECT * FROM heap_page_items(get_raw_page('patients', 0))",
      "SELECT * FROM bt_page_items('patients_pkey', 1)",
      "SELECT * FROM pgstattuple('patients')",
      "SELECT * FROM pgrowlocks('patients')",
      'SELECT * FROM far_patients',
      'SELECT label, upper(ssn) FROM far_patients',
      'SELECT f FROM far_patients f',
      'SELECT label FROM far_view',
      'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM far_patients',
      'SELECT * FROM postgres_fdw_get_connections()',
      'SELECT ssn, ssn::text, h, path FROM ci',
      "SELECT h->'ssn', hstore_to_json(h), akeys(h), avals(h), each(h), svals(h) FROM ci",
      'SELECT ltree2text(path), path::text, subpath(path, 0) FROM ci',
      'SELECT hstore(p), hstore_to_jsonb(hstore(p)) FROM patients p',
      "SELECT hstore('a', ssn), hstore(ARRAY['a', ssn]) FROM patients",
      "SELECT (populate_record(NULL::wards, hstore('label', ssn))).label FROM patients",
      "SELECT NULL::wards #= hstore('label', ssn) FROM patients",
      'SELECT o, d, r, rs, t FROM typed',
      'SELECT ((o).a).ssn, (o).b[1].ssn, (d).ssn, lower(r), upper(r), (t).ssn, (t).first FROM typed',
      'SELECT o::text, r::text, rs::text, t::text, d::text FROM typed',
      'SELECT (t).* FROM typed',
      'SELECT ((o).a).* FROM typed',
      'SELECT unnest(rs), unnest((o).b) FROM typed',
      'SELECT range_merge(r, r), r + r, r * r, range_merge(rs) FROM typed',
      'SELECT to_json(typed) FROM typed',
      'SELECT ssn, of_type FROM of_type',
      'TABLE twin',
      'SELECT t::patients FROM twin t',
      'SELECT ROW(t.*)::patients FROM twin t',
      'SELECT label, g FROM grandparent g',
      'SELECT * FROM grandparent',
      'SELECT tableoid::regclass, label FROM grandparent',
      'SELECT label FROM ONLY grandparent UNION ALL SELECT ssn FROM leaf',
      'SELECT l::grandparent FROM leaf l',
      'SELECT l::middle::grandparent::text FROM leaf l',
      'SELECT label FROM by_hash',
      'SELECT b FROM by_hash_0_x b',
      'SELECT label FROM by_hash_0',
      "INSERT INTO instead_view VALUES (1, 'x') RETURNING label",
      "UPDATE instead_view SET label = 'x' WHERE id = 1 RETURNING label",
      'SELECT ssn FROM keyed',
      "UPDATE keyed SET ssn = 'x' || ssn RETURNING ssn",
      'SELECT glue(ssn) FROM patients',
      'SELECT glue(ssn) OVER () FROM patients',
      'SELECT * FROM rows_of()',
      'SELECT rows_of()',
      'SELECT (rows_of()).ssn',
      'SELECT ssn FROM rows_of()',
      'SELECT label FROM table_of()',
      'SELECT first_of(ssn) FROM patients',
      'SELECT first_of(p) FROM patients p',
      'SELECT * FROM out_of()',
      'SELECT label, beds FROM out_of()',
      "SELECT timeofday('x')",
      "SELECT timeofday('x'::text)",
      'SELECT initcap(1), initcap(id) FROM wards LIMIT 1',
      "SELECT 1 # 'x'::text",
      'SELECT label FROM wards WHERE id < 3 AND 1 # label IS NOT NULL',
      'SELECT id # label FROM wards LIMIT 1',
      'SELECT label, owner FROM secure',
      "SELECT pg_get_indexdef('by_first'::regclass), pg_get_expr(indexprs, indrelid) FROM pg_index WHERE indexrelid = 'by_first'::regclass",
      'SELECT * FROM pg_stats_ext_exprs WHERE statistics_name = $$by_expression$$',
      'SELECT most_common_vals::text FROM pg_stats WHERE tablename IN ($$by_first$$, $$twin$$, $$leaf$$)',
      'SELECT stavalues1, stavalues2, stavalues3 FROM pg_statistic',
      'SELECT (pg_mcv_list_items(stxdmcv)).* FROM pg_statistic_ext_data',
      'SELECT stxdexpr FROM pg_statistic_ext_data',
      'SELECT relname, (pg_statistic).stavalues1 FROM pg_class, pg_statistic WHERE starelid = pg_class.oid',
      'SELECT umoptions FROM pg_user_mappings',
      'SELECT umoptions FROM pg_user_mapping',
      'SELECT * FROM pg_publication_tables',
      "SELECT pubid, relid, qual FROM pg_get_publication_tables('everything')",
      'SELECT * FROM pg_replication_slots',
      "SELECT * FROM pg_create_logical_replication_slot('s', 'test_decoding')",
      'SELECT subconninfo FROM pg_subscription',
      "SELECT pg_get_functiondef('peek_first'::regproc)",
      'SELECT amname, pg_indexam_has_property(a.oid, $$can_order$$) FROM pg_am a',
      'SELECT * FROM pg_event_trigger_ddl_commands()',
      'SELECT * FROM pg_stat_user_tables, patients LIMIT 2',
      'SELECT * FROM pg_stat_get_backend_idset(), pg_stat_get_backend_activity(1)',
      'SELECT pg_stat_get_backend_activity(pg_stat_get_backend_idset())',
    ),
    steps(
      'SELECT dblink_connect_u($$c$$, $$here$$)',
      "SELECT * FROM dblink('c', 'SELECT ssn FROM patients') AS t(a text)",
    ),
    steps('INSERT INTO far_patients SELECT 77, label FROM wards LIMIT 1', 'SELECT ssn FROM far_patients'),
    steps('IMPORT FOREIGN SCHEMA public LIMIT TO (patients) FROM SERVER here INTO public', 'TABLE patients'),
    steps('INSERT INTO of_type VALUES ($$x$$, 1)', 'UPDATE of_type SET n = ascii(ssn)', 'SELECT n FROM of_type'),
    steps('INSERT INTO typed (id, t) SELECT 5, p FROM patients p RETURNING (t).ssn', 'SELECT (t).first FROM typed'),
    steps('INSERT INTO grandparent SELECT id, ssn FROM leaf RETURNING label', 'SELECT label FROM ONLY grandparent'),
    steps('INSERT INTO by_hash SELECT 5, first FROM patients LIMIT 1 RETURNING label', 'SELECT label FROM by_hash'),
    steps(
      'UPDATE instead_view SET label = (SELECT ssn FROM patients WHERE id = 1) WHERE id = 2',
      'SELECT label FROM wards WHERE id = 2',
    ),
    steps("UPDATE keyed SET ssn = 'Y' || id", 'SELECT ssn FROM referring'),
    steps('SELECT set_limit(ascii(ssn) / 1000.0) FROM patients', 'SELECT show_limit()'),
  ],
};
