// Functions of pg_catalog that compute from their arguments alone, or read the catalog harmlessly, as data. What is not
// named here cannot be seen into: it may run text as SQL, read files, keep state or tell others.
// INVARIANT: nothing here evaluates its argument as SQL, reads a relation named by its argument, or changes anything.

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Never raise because of a value, but for what failing.ts says: a protected argument tells nothing but through the output, which is masked. */
const silent = words(`
  count min max bool_and bool_or every any_value string_agg json_agg jsonb_agg avg sum
  row_number rank dense_rank percent_rank cume_dist first_value last_value
  lower upper initcap length char_length character_length octet_length bit_length reverse md5 ascii
  btrim ltrim rtrim concat concat_ws translate replace strpos position starts_with left right
  quote_literal quote_nullable quote_ident to_json to_jsonb row_to_json array_to_json jsonb_typeof json_typeof
  json_build_array jsonb_build_array array_to_string pg_typeof pg_column_size textcat text
  array_length array_ndims array_upper array_lower cardinality
`);

/** The same while every argument but the first is a constant: only those could make them raise. */
const silentByFirst = words(`
  substring substr split_part lpad rpad to_char round trunc age lag lead nth_value encode
  json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text
`);

/** The same for the second. */
const silentBySecond = words('date_trunc date_part extract timezone');

/** The same while every key (the first of each pair of arguments) is a constant. */
const silentByKey = words('json_build_object jsonb_build_object');

const aggregates = words(`
  array_agg bit_and bit_or bit_xor corr covar_pop covar_samp json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict
  json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_object_agg_strict
  jsonb_object_agg_unique jsonb_object_agg_unique_strict mode percentile_cont percentile_disc range_agg
  range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
  stddev stddev_pop stddev_samp variance var_pop var_samp ntile grouping
`);

const numbers = words(`
  abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd degrees
  div erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod numeric_inc pi pow power radians random
  random_normal scale sign sin sind sinh sqrt tan tand tanh trim_scale width_bucket gamma lgamma
  bool int2 int4 int8 float4 float8 numeric money hashtext hashint4 hashint8 crc32 crc32c
`);

const strings = words(`
  bit bit_count bpchar chr convert convert_from convert_to decode format get_bit get_byte is_normalized like_escape
  name normalize overlay parse_ident regexp_count regexp_instr regexp_like regexp_match regexp_matches
  regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat set_bit set_byte sha224 sha256
  sha384 sha512 similar_escape similar_to_escape string_to_array string_to_table to_ascii to_bin to_hex
  to_oct unicode_assigned unicode_version unistr varchar casefold array_to_tsvector gen_random_uuid uuidv4 uuidv7
  uuid_extract_timestamp uuid_extract_version
`);

const times = words(`
  clock_timestamp current_date date_add date_bin date_subtract interval isfinite justify_days justify_hours
  justify_interval localtime localtimestamp make_date make_interval make_time make_timestamp make_timestamptz now
  overlaps statement_timestamp time timeofday timestamp timestamptz timetz to_date to_number to_timestamp
  transaction_timestamp date pg_sleep pg_sleep_for pg_sleep_until
`);

const arraysAndRanges = words(`
  array_append array_cat array_dims array_fill array_position array_positions array_prepend array_remove array_replace
  array_sample array_shuffle array_reverse array_sort generate_series generate_subscripts trim_array unnest
  daterange int4range int8range isempty lower_inc lower_inf multirange numrange range_merge tsrange tstzrange
  upper_inc upper_inf datemultirange int4multirange int8multirange nummultirange tsmultirange tstzmultirange
`);

const json = words(`
  json_array_elements json_array_elements_text json_array_length json_each json_each_text json_object
  json_object_keys json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_concat jsonb_contains
  jsonb_delete jsonb_delete_path jsonb_each jsonb_each_text jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_insert
  jsonb_object jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz
  jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
  jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax
  jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
`);

const textSearch = words(`
  get_current_ts_config json_to_tsvector jsonb_to_tsvector numnode phraseto_tsquery plainto_tsquery querytree setweight
  strip to_tsquery to_tsvector ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsquery_phrase
  tsvector_to_array websearch_to_tsquery
`);

const network = words(`
  abbrev broadcast cidr family host hostmask inet inet_merge inet_same_family macaddr8_set7bit masklen netmask network
  set_masklen
`);

const geometry = words(`
  area bound_box box center circle diagonal diameter height isclosed isopen line lseg npoints path pclose point polygon
  popen radius slope width
`);

/** What psql's backslash commands, drivers and database tools ask the catalog with. */
const introspection = words(`
  aclexplode acldefault makeaclitem enum_first enum_last enum_range col_description shobj_description obj_description current_catalog
  current_database current_role current_schema current_schemas current_setting current_user
  session_user user version
  format_type getdatabaseencoding has_any_column_privilege has_column_privilege has_database_privilege
  has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_largeobject_privilege
  has_parameter_privilege has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege
  has_tablespace_privilege has_type_privilege inet_client_addr inet_client_port inet_server_addr inet_server_port
  pg_backend_pid pg_char_to_encoding pg_client_encoding pg_collation_actual_version pg_collation_for
  pg_collation_is_visible pg_conf_load_time pg_conversion_is_visible pg_database_collation_actual_version
  pg_database_size pg_describe_object pg_encoding_max_length pg_encoding_to_char pg_function_is_visible
  pg_available_extensions pg_available_extension_versions pg_get_catalog_foreign_keys pg_get_constraintdef pg_get_expr pg_get_function_arg_default
  pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody
  pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_object_address pg_get_partition_constraintdef
  pg_get_partkeydef pg_get_replica_identity_index pg_get_ruledef pg_get_serial_sequence
  pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions pg_get_triggerdef
  pg_get_userbyid pg_get_viewdef pg_has_role pg_identify_object pg_identify_object_as_address
  pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_indexes_size pg_is_in_recovery
  pg_is_other_temp_schema pg_jit_available pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible
  pg_opfamily_is_visible pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree
  pg_postmaster_start_time pg_relation_filenode pg_relation_is_publishable pg_relation_is_updatable pg_relation_size
  pg_sequence_parameters pg_settings_get_flags pg_size_bytes pg_size_pretty pg_statistics_obj_is_visible
  pg_table_is_visible pg_table_size pg_tablespace_databases pg_tablespace_location pg_tablespace_size
  pg_total_relation_size pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible
  pg_ts_template_is_visible pg_type_is_visible pg_input_is_valid pg_timezone_names pg_timezone_abbrevs
  pg_stat_get_numscans pg_is_wal_replay_paused pg_advisory_unlock_all pg_show_all_settings ts_token_type
  row_security_active to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc
  to_regprocedure to_regrole to_regtype to_regtypemod txid_current txid_current_if_assigned pg_current_xact_id
  pg_current_xact_id_if_assigned
`);

/** Of pg_trgm, fuzzystrmatch, unaccent, pgcrypto and uuid-ossp. Where a database has others of these names, they are functions of users. */
const extensions = words(`
  similarity word_similarity strict_word_similarity show_trgm difference dmetaphone dmetaphone_alt levenshtein
  levenshtein_less_equal metaphone soundex text_soundex unaccent crypt digest gen_random_bytes gen_salt hmac uuid_generate_v1
  uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500
`);

/** They count on a sequence; what comes of it is a number that nothing was read for. */
const sequences = words('nextval currval lastval');

export function isOfSequence(name: string): boolean {
  return sequences.includes(name);
}

const allowed: ReadonlySet<string> = new Set([
  ...sequences,
  ...silent,
  ...silentByFirst,
  ...silentBySecond,
  ...silentByKey,
  ...aggregates,
  ...numbers,
  ...strings,
  ...times,
  ...arraysAndRanges,
  ...json,
  ...textSearch,
  ...network,
  ...geometry,
  ...introspection,
  ...extensions,
]);

const always = new Set(silent);
const byFirst = new Set(silentByFirst);
const bySecond = new Set(silentBySecond);
const byKey = new Set(silentByKey);

/** Helpers of information_schema that drivers call. */
const informationSchema: ReadonlySet<string> = new Set(['_pg_expandarray', '_pg_truetypid', '_pg_truetypmod']);

/** Fields of the records that allowed functions return; `(x).name` is a function call when it is no field. */
const recordFields: ReadonlySet<string> = new Set(
  words(`key value n x ordinality grantor grantee privilege_type is_grantable option_name option_value`),
);

export function isAllowedFunction(name: string): boolean {
  return allowed.has(name);
}

export function isAllowedInformationSchemaFunction(name: string): boolean {
  return informationSchema.has(name);
}

export function isRecordField(name: string): boolean {
  return recordFields.has(name);
}

/**
 * Whether a call can raise, or answer with more or fewer rows, because of what is in its arguments. `varying` = the
 * positions of those that are no constants.
 */
export function mayTell(name: string, varying: readonly number[]): boolean {
  if (always.has(name)) return false;
  return !(
    (byFirst.has(name) && varying.every((at) => at === 0)) ||
    (bySecond.has(name) && varying.every((at) => at === 1)) ||
    (byKey.has(name) && varying.every((at) => at % 2 === 1))
  );
}

const objects: ReadonlySet<string> = new Set(
  words(`json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique
    jsonb_object_agg_unique json_object_agg_unique_strict jsonb_object_agg_unique_strict`),
);

/** They fail on keys alone, but for what failing.ts says. */
export function gathersObject(name: string): boolean {
  return objects.has(name);
}

const steady: ReadonlySet<string> = new Set(
  words('now transaction_timestamp statement_timestamp clock_timestamp upper lower initcap concat concat_ws'),
);

/** These make an empty document of nothing. */
const emptiest: ReadonlySet<string> = new Set([...silentByKey, ...words('json_build_array jsonb_build_array')]);

/** Whatever they are given, and with no effect; one of users of the same name is refused for itself. */
export function neverFails(name: string, argumentCount: number): boolean {
  return steady.has(name) || (argumentCount === 0 && emptiest.has(name));
}

/** Of what they are given, one value as it is: of this row, of another one, or an element of it. */
const passing: ReadonlySet<string> = new Set(words('any_value first_value last_value lag lead nth_value unnest'));

export function passesOn(name: string): boolean {
  return passing.has(name);
}

/** NULL where the document has no such key, the text no such pattern, the array no such dimension, the time no such field or end. */
const absent: ReadonlySet<string> = new Set(
  words(`substring json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text
    array_length array_ndims array_upper array_lower date_part extract to_char`),
);

export function mayBeAbsent(name: string): boolean {
  return absent.has(name);
}

const bounding: ReadonlySet<string> = new Set(words('lower upper'));

/** Of a range, NULL where it has no such bound. */
export function givesBound(name: string): boolean {
  return bounding.has(name);
}

/** They count rows, and say nothing of the values in them. */
const counting: ReadonlySet<string> = new Set(['count', 'grouping']);
/** They say where a row stands among others, by the order it is put in. */
const ranking: ReadonlySet<string> = new Set(words('row_number rank dense_rank percent_rank cume_dist ntile'));

export function counts(name: string): boolean {
  return counting.has(name);
}

export function ranks(name: string): boolean {
  return ranking.has(name);
}

/** They write down definitions of the catalog as SQL, with the literals that are in them. */
const defining: ReadonlySet<string> = new Set(
  words(`
    pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments pg_get_function_sqlbody
    pg_get_functiondef pg_get_indexdef pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef
    pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions pg_get_triggerdef
    pg_get_viewdef
  `),
);

export function writesDefinition(name: string): boolean {
  return defining.has(name);
}

const tableColumns: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...words(
    `generate_series generate_subscripts json_object_keys jsonb_object_keys regexp_split_to_table string_to_table
     regexp_matches jsonb_path_query`,
  ).map((name) => [name, []] as const),
  ...words('json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text').map(
    (name) => [name, ['value']] as const,
  ),
  ...words('json_each json_each_text jsonb_each jsonb_each_text').map((name) => [name, ['key', 'value']] as const),
  ['aclexplode', ['grantor', 'grantee', 'privilege_type', 'is_grantable']],
  ['pg_options_to_table', ['option_name', 'option_value']],
  ['pg_partition_tree', ['relid', 'parentrelid', 'isleaf', 'level']],
  ['ts_token_type', ['tokid', 'alias', 'description']],
]);

/** The columns of a function in FROM: empty = one, of its own name or its alias; null = not known. */
export function columnsOfFunction(name: string): readonly string[] | null {
  return tableColumns.get(name) ?? null;
}
