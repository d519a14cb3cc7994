// What the database says of itself: definitions with values in them, statistics, sizes, logs, what others are doing; and the
// ways to files, pages and other servers that extensions bring.

import { each, type Family, oracles, steps } from '../attack.ts';

export const catalogProbes: Family = {
  name: 'probes of the catalog',
  setup: `
    CREATE TABLE defined (id int, label text DEFAULT 'Quartermain', who text CHECK (who <> 'Vandersloot'), n int,
      g text GENERATED ALWAYS AS (CASE WHEN id = 1 THEN 'Zebulon' END) STORED, EXCLUDE (id WITH =) WHERE (who = 'Ophelia'));
    CREATE INDEX defined_partial ON defined (id) WHERE who = 'Quartermain';
    CREATE INDEX defined_expression ON defined ((who || 'Springfield'));
    CREATE STATISTICS defined_st ON (who || 'Shelbyville'), id FROM defined;
    CREATE FUNCTION quoting(text DEFAULT 'Quartermain') RETURNS text LANGUAGE sql AS $$ SELECT 'Zebulon'::text $$;
    CREATE FUNCTION quoting_too() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 'Zebulon'::text; END;
    CREATE TRIGGER quoting_trigger BEFORE INSERT ON defined FOR EACH ROW WHEN (NEW.who = 'Quartermain') EXECUTE FUNCTION fill();
    CREATE RULE quoting_rule AS ON DELETE TO defined WHERE OLD.who = 'Ophelia' DO INSTEAD NOTHING;
    ALTER TABLE defined ENABLE ROW LEVEL SECURITY;
    CREATE POLICY quoting_policy ON defined USING (who <> 'Vandersloot') WITH CHECK (who <> 'Quartermain');
    COMMENT ON TABLE defined IS 'as for SSN 123-45-6789';
    COMMENT ON COLUMN defined.who IS 'the SSN is 987-65-4320, ask 555-867-5309';
    COMMENT ON FUNCTION quoting(text) IS 'SSN 123-45-6789';
    COMMENT ON CONSTRAINT defined_who_check ON defined IS 'call 555-867-5309';
    COMMENT ON DATABASE ehr IS 'SSN 123-45-6789';
    COMMENT ON ROLE gate IS 'SSN 987-65-4320';
    ALTER ROLE gate SET my.patient = 'Quartermain';
    ALTER DATABASE ehr SET my.other = '1961-07-23';
    CREATE TABLE ages (id int, born date) PARTITION BY RANGE (born);
    CREATE TABLE ages_1 PARTITION OF ages FOR VALUES FROM ('1961-07-23') TO ('1970-02-11');
    SELECT lo_from_bytea(4242, 'Quartermain');
    CREATE PUBLICATION told FOR TABLE defined;
    CREATE FOREIGN DATA WRAPPER elsewhere;
    CREATE SERVER far FOREIGN DATA WRAPPER elsewhere OPTIONS (host 'springfield.example', note 'Quartermain');
    CREATE USER MAPPING FOR gate SERVER far OPTIONS (password 'Quartermain');
    CREATE FOREIGN TABLE far_away (id int, label text) SERVER far OPTIONS (note 'Vandersloot');
    INSERT INTO defined (id, who) VALUES (1, 'Quartermain'), (2, 'Zebulon');
    ANALYZE defined;`,
  attacks: [
    ...each(
      'SELECT adbin, pg_get_expr(adbin, adrelid) FROM pg_attrdef',
      'SELECT adbin::text FROM pg_attrdef',
      'SELECT pg_get_expr(adbin, adrelid, true) || oid FROM pg_attrdef',
      'SELECT column_default, generation_expression FROM information_schema.columns',
      "SELECT * FROM information_schema.columns WHERE table_name = 'defined'",
      'SELECT check_clause FROM information_schema.check_constraints',
      'SELECT conbin, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint',
      'SELECT c::text FROM pg_constraint c',
      'SELECT indexdef FROM pg_indexes',
      'SELECT pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 1, true), indpred, indexprs FROM pg_index',
      'SELECT pg_get_expr(indpred, indrelid), pg_get_expr(indexprs, indrelid) FROM pg_index',
      "SELECT relpartbound, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname IN ('ages_1', 'pieces_q')",
      'SELECT pg_get_partition_constraintdef(oid) FROM pg_class WHERE relispartition',
      'SELECT row_to_json(c) FROM pg_class c WHERE relispartition',
      'SELECT * FROM pg_policies',
      'SELECT polqual, polwithcheck, pg_get_expr(polqual, polrelid) FROM pg_policy',
      'SELECT * FROM pg_rules',
      "SELECT ev_qual, ev_action, pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class IN ('const_view'::regclass, 'defined'::regclass)",
      "SELECT definition FROM pg_views WHERE viewname = 'const_view'",
      'SELECT definition FROM pg_matviews',
      'SELECT view_definition FROM information_schema.views',
      "SELECT pg_get_viewdef('const_view'), pg_get_viewdef('const_view'::regclass, true), pg_get_viewdef('const_view'::regclass, 40)",
      'SELECT tgqual, tgargs, pg_get_triggerdef(oid), pg_get_triggerdef(oid, true) FROM pg_trigger',
      'SELECT action_condition, action_statement FROM information_schema.triggers',
      "SELECT prosrc, prosqlbody, proargdefaults, probin FROM pg_proc WHERE proname LIKE 'quoting%'",
      "SELECT pg_get_functiondef('quoting_too'::regproc), pg_get_function_sqlbody('quoting_too'::regproc)",
      "SELECT pg_get_function_arguments('quoting'::regproc), pg_get_function_arg_default('quoting'::regproc, 1)",
      'SELECT routine_definition FROM information_schema.routines',
      'SELECT parameter_default FROM information_schema.parameters',
      'SELECT pg_get_statisticsobjdef(oid), pg_get_statisticsobjdef_columns(oid), pg_get_statisticsobjdef_expressions(oid) FROM pg_statistic_ext',
      'SELECT stxexprs FROM pg_statistic_ext',
      'SELECT description FROM pg_description',
      'SELECT * FROM pg_shdescription',
      "SELECT obj_description('defined'::regclass), obj_description('defined'::regclass, 'pg_class')",
      "SELECT col_description('defined'::regclass, 3), obj_description('quoting'::regproc, 'pg_proc')",
      "SELECT shobj_description(oid, 'pg_database') FROM pg_database",
      'SELECT label FROM pg_seclabels',
      'SELECT setconfig FROM pg_db_role_setting',
      'SELECT rolconfig FROM pg_roles',
      'SELECT useconfig FROM pg_user',
      "SELECT current_setting('my.patient'), current_setting('my.other', true)",
      'SHOW my.patient',
      "SELECT name, setting, reset_val, boot_val FROM pg_settings WHERE name LIKE 'my.%'",
      'SHOW ALL',
      'SELECT * FROM pg_show_all_settings()',
      'SELECT srvoptions FROM pg_foreign_server',
      'SELECT option_value FROM information_schema.foreign_server_options',
      'SELECT * FROM information_schema.user_mapping_options',
      'SELECT umoptions FROM pg_user_mapping',
      'SELECT ftoptions FROM pg_foreign_table',
      'SELECT * FROM far_away',
      'SELECT pg_get_publication_tables($$told$$)',
      'SELECT * FROM pg_publication_tables',
      'SELECT pg_get_userbyid(oid), pg_get_partkeydef(oid) FROM pg_class',
      'SELECT lo_get(4242)',
      'SELECT loread(lo_open(4242, 262144), 100)',
      'SELECT loid, data FROM pg_largeobject',
      'SELECT convert_from(data, $$UTF8$$) FROM pg_largeobject',
      'SELECT * FROM pg_largeobject_metadata',
      'SELECT pg_stat_get_activity(pid) FROM pg_stat_activity',
      'SELECT pg_stat_get_backend_activity(s) FROM pg_stat_get_backend_idset() s',
      'SELECT pg_stat_get_backend_client_addr(s) FROM generate_series(1, 20) s',
      'SELECT a FROM pg_stat_activity a',
      'SELECT * FROM pg_stat_replication, pg_stat_wal_receiver',
      'SELECT * FROM pg_stat_ssl',
      'SELECT pg_prepared_statement()',
      'SELECT statement FROM pg_prepared_statements',
      'SELECT statement FROM pg_cursor()',
      'SELECT gid FROM pg_prepared_xacts',
      'SELECT * FROM pg_lock_status()',
      'SELECT * FROM pg_listening_channels()',
      'SELECT * FROM pg_stat_progress_copy',
      'SELECT stavalues1, stavalues2, stanumbers1 FROM pg_statistic',
      "SELECT array_to_string(most_common_vals::text::text[], ',') FROM pg_stats WHERE tablename = 'defined'",
      'SELECT histogram_bounds::text FROM pg_catalog.pg_stats',
      'SELECT most_common_vals FROM pg_stats_ext',
      'SELECT * FROM pg_stats_ext_exprs WHERE tablename = $$defined$$',
      'SELECT (pg_mcv_list_items(stxdmcv)).values FROM pg_statistic_ext_data',
      'WITH s AS (SELECT * FROM pg_stats) SELECT json_agg(s) FROM s',
      "SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'defined', 'attname', 'who', 'inherited', false, 'version', 180000)",
      "SELECT pg_clear_attribute_stats('public', 'defined', 'who', false)",
      "SELECT get_raw_page('patients', 0)",
      "SELECT * FROM heap_page_items(get_raw_page('patients', 0))",
      "SELECT t_attrs FROM heap_page_item_attrs(get_raw_page('patients', 0), 'patients')",
      "SELECT data FROM bt_page_items('patients_pkey', 1)",
      "SELECT * FROM pgrowlocks('patients')",
      "SELECT * FROM pgstattuple('patients')",
      "SELECT block_data FROM pg_get_wal_block_info('0/1', '0/2')",
      'SELECT * FROM pg_buffercache',
      "SELECT * FROM connectby('patients', 'id', 'last', '1', 0) AS t(a text, b text, c int)",
      "SELECT * FROM crosstab2('SELECT last, first, ssn FROM patients')",
      "SELECT * FROM xpath_table('id', 'last', 'patients', '/', 'true') AS t(a int, b text)",
      "SELECT * FROM dblink('dbname=ehr user=gate', 'SELECT last FROM patients') AS t(a text)",
      "SELECT dblink_exec('dbname=ehr', 'CREATE TABLE x AS TABLE patients')",
      "SELECT dblink_connect('c', 'dbname=ehr'), dblink_send_query('c', 'TABLE patients')",
      "SELECT dblink_build_sql_insert('patients', '1', 1, '{1}', '{2}')",
      'IMPORT FOREIGN SCHEMA public FROM SERVER far INTO public',
      "CREATE SERVER s2 FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'ehr')",
      "SELECT lo_import('/etc/hostname'), lo_export(4242, '/tmp/x'), lo_put(4242, 0, 'x')",
      'SELECT lo_from_bytea(0, last::bytea) FROM patients',
      'SELECT lowrite(lo_open(lo_creat(-1), 131072), last::bytea) FROM patients',
      "SELECT pg_read_file(pg_relation_filepath('patients'))",
      "SELECT pg_read_binary_file(pg_relation_filepath('patients'), 0, 8192)",
      "SELECT pg_file_write('x', last, false) FROM patients",
      'SELECT * FROM pg_ls_waldir(), pg_ls_tmpdir(), pg_ls_archive_statusdir()',
      'SELECT pg_logical_emit_message(true, last, first) FROM patients',
      "SELECT data FROM pg_logical_slot_get_changes('s', NULL, NULL)",
      "SELECT pg_create_logical_replication_slot('s', 'test_decoding')",
      'SELECT pg_create_restore_point(last) FROM patients',
      'SELECT pg_replication_origin_create(last) FROM patients',
      'SELECT pg_backend_pid(), pg_terminate_backend(pid) FROM pg_stat_activity',
      'SELECT pg_cancel_backend(pid) FROM pg_stat_activity',
      'SELECT pg_reload_conf(), pg_rotate_logfile(), pg_switch_wal()',
      'SELECT pg_log_standby_snapshot(), pg_promote()',
      "SELECT pg_catalog.pg_extension_config_dump('patients', '')",
      "SELECT binary_upgrade_set_missing_value('late', 'ssn', 'x')",
      'SELECT pg_stat_reset(), pg_stat_reset_shared($$wal$$)',
      'COPY pg_stats TO STDOUT',
      "COPY (SELECT definition FROM pg_views WHERE viewname = 'const_view') TO STDOUT (FORMAT binary)",
      'COPY pg_largeobject TO STDOUT (FORMAT binary)',
      'COPY pg_description TO STDOUT',
      'COPY pg_attrdef TO STDOUT',
      'COPY (SELECT pg_get_constraintdef(oid) FROM pg_constraint) TO STDOUT (FORMAT csv)',
      "COPY (SELECT pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v') TO STDOUT",
      "SELECT string_agg(pg_get_expr(adbin, adrelid), ',') FROM pg_attrdef",
      'SELECT max(pg_get_constraintdef(oid)), min(pg_get_viewdef(conrelid)) FROM pg_constraint',
      'SELECT reverse(pg_get_expr(adbin, adrelid)) FROM pg_attrdef',
      'SELECT md5(pg_get_expr(adbin, adrelid)), substr(pg_get_expr(adbin, adrelid), 1, 13) FROM pg_attrdef',
      "SELECT c FROM pg_attrdef a, regexp_split_to_table(pg_get_expr(adbin, adrelid), '') c",
      'SELECT x FROM pg_description, LATERAL (SELECT upper(description) AS x) q',
      'SELECT d FROM pg_description d',
      "SELECT json_agg(p) FROM pg_proc p WHERE proname = 'quoting'",
      "SELECT convert_from(tgargs, 'UTF8') FROM pg_trigger",
      "SELECT translate(prosrc, 'Q', 'Q') FROM pg_proc WHERE proname LIKE 'quoting%'",
      'SELECT pg_identify_object(classid, objid, objsubid), pg_describe_object(classid, objid, objsubid) FROM pg_description',
      "SELECT ddl FROM pg_get_ddl('defined')",
      'SELECT version(), pg_column_size(last), pg_column_compression(last) FROM patients',
      'SELECT pg_relation_size($$patients$$), ctid, xmin, tableoid FROM patients',
    ),
    ...oracles(
      'SELECT count(*) FROM patients GROUP BY pg_column_size(ssn)',
      'SELECT 1 FROM patients WHERE last = ANY (enum_range(NULL::ward_kind)::text[])',
      'SELECT id FROM patients WHERE hashtext(last) = 1',
      'SELECT id FROM pieces WHERE tableoid = $$pieces_q$$::regclass',
      'SELECT tableoid::regclass FROM pieces',
      'SELECT id FROM pieces_q',
    ),
    steps('BEGIN READ ONLY', "DECLARE c CURSOR FOR SELECT pg_get_viewdef('const_view')", 'FETCH ALL FROM c'),
    steps('PREPARE d AS SELECT description FROM pg_description WHERE objoid = $1', "EXECUTE d('defined'::regclass)"),
  ],
};
