// System relations that say how the database is made, not what is in it, as data. All others of pg_catalog
// (statistics, activity, authentication, large objects, server files) are refused.

const catalogRelations: ReadonlySet<string> = new Set(
  `pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_available_extension_versions
   pg_available_extensions pg_cast pg_class pg_collation pg_constraint pg_conversion pg_cursors pg_database
   pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension
   pg_foreign_data_wrapper pg_foreign_server pg_foreign_table pg_group pg_index pg_indexes pg_inherits pg_init_privs
   pg_language pg_largeobject_metadata pg_matviews pg_namespace pg_opclass pg_operator pg_opfamily pg_parameter_acl
   pg_partitioned_table pg_policies pg_policy pg_prepared_statements pg_proc pg_publication pg_publication_namespace
   pg_publication_rel pg_publication_tables pg_range pg_rewrite pg_roles pg_rules pg_seclabel pg_seclabels pg_sequence
   pg_sequences pg_settings pg_shdepend pg_shdescription pg_shseclabel pg_stat_all_indexes pg_stat_all_tables
   pg_stat_user_indexes pg_stat_user_tables pg_statio_all_indexes pg_statio_all_sequences pg_statio_all_tables
   pg_statio_user_indexes pg_statio_user_sequences pg_statio_user_tables pg_statistic_ext pg_subscription pg_tables
   pg_tablespace pg_timezone_abbrevs pg_timezone_names pg_transform pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict
   pg_ts_parser pg_ts_template pg_type pg_user pg_user_mappings pg_views`.split(/\s+/),
);

/** Whether a relation of pg_catalog or information_schema may be read by whoever sees masked data. */
export function isAllowedSystemRelation(schema: string, name: string): boolean {
  if (schema === 'information_schema') return !name.startsWith('_') && name !== 'user_mapping_options';
  return schema === 'pg_catalog' && catalogRelations.has(name);
}

/** SQL text with the literals somebody wrote into it. */
const definitions: Readonly<Record<string, readonly string[]>> = {
  'pg_catalog.pg_indexes': ['indexdef'],
  'pg_catalog.pg_matviews': ['definition'],
  'pg_catalog.pg_policies': ['qual', 'with_check'],
  'pg_catalog.pg_publication_tables': ['rowfilter'],
  'pg_catalog.pg_rules': ['definition'],
  'pg_catalog.pg_ts_dict': ['dictinitoption'],
  'pg_catalog.pg_type': ['typdefault'],
  'pg_catalog.pg_views': ['definition'],
  'information_schema.attributes': ['attribute_default'],
  'information_schema.check_constraints': ['check_clause'],
  'information_schema.columns': ['column_default', 'generation_expression'],
  'information_schema.domains': ['domain_default'],
  'information_schema.parameters': ['parameter_default'],
  'information_schema.triggers': ['action_condition', 'action_statement'],
  'information_schema.views': ['view_definition'],
};

/** How far sequences have come; options and code of other languages, in what is no text of pg_catalog itself. */
const sources: Readonly<Record<string, readonly string[]>> = {
  'pg_catalog.pg_sequences': ['last_value'],
  'information_schema.column_options': ['option_value'],
  'information_schema.foreign_data_wrapper_options': ['option_value'],
  'information_schema.foreign_server_options': ['option_value'],
  'information_schema.foreign_servers': ['foreign_server_type', 'foreign_server_version'],
  'information_schema.foreign_table_options': ['option_value'],
  'information_schema.routines': ['routine_definition'],
};

/** What is text to pg_catalog, or bytes, or a tree: bytea, text, pg_node_tree, text[] and anyarray (pg_type.dat). */
const freeTypes: ReadonlySet<number> = new Set([17, 25, 194, 1009, 2277]);

/** Of these, what says words of the server, versions, names and numbers. All else is what somebody has written. */
const plainTexts: Readonly<Record<string, readonly string[]>> = {
  pg_attribute: ['attoptions'],
  pg_available_extension_versions: ['version', 'comment'],
  pg_available_extensions: ['default_version', 'installed_version', 'comment'],
  pg_class: ['reloptions'],
  pg_collation: ['collcollate', 'collctype', 'colliculocale', 'colllocale', 'collversion'],
  pg_cursors: ['name'],
  pg_database: ['datcollate', 'datcollversion', 'datctype', 'daticulocale', 'datlocale'],
  pg_description: ['description'],
  pg_event_trigger: ['evttags'],
  pg_extension: ['extversion'],
  pg_parameter_acl: ['parname'],
  pg_policies: ['cmd', 'permissive'],
  pg_prepared_statements: ['name'],
  pg_proc: ['proargnames', 'probin'],
  pg_roles: ['rolpassword'],
  pg_seclabel: ['provider'],
  pg_seclabels: ['objname', 'objtype', 'provider'],
  pg_settings:
    `boot_val category context enumvals extra_desc max_val min_val name reset_val setting short_desc source sourcefile unit
    vartype`.split(/\s+/),
  pg_shdescription: ['description'],
  pg_shseclabel: ['provider'],
  pg_subscription: ['suborigin', 'subpublications', 'subsynccommit'],
  pg_tablespace: ['spcoptions'],
  pg_timezone_abbrevs: ['abbrev'],
  pg_timezone_names: ['abbrev', 'name'],
  pg_user: ['passwd'],
};

/** Text that people have written about objects. It is shown, and passes the detectors like clear text of a table. */
export const commentColumns: ReadonlySet<string> = new Set([
  'pg_catalog.pg_description.description',
  'pg_catalog.pg_shdescription.description',
]);

const commentFunctions: ReadonlySet<string> = new Set(['col_description', 'obj_description', 'shobj_description']);

export function givesComment(name: string): boolean {
  return commentFunctions.has(name);
}

/** What a column of the system's own relations may hold besides names and numbers. `typeOid`: pg_attribute.atttypid. */
export function hiddenColumn(
  schema: string,
  relation: string,
  column: string,
  typeOid: number,
): 'definition' | 'source' | undefined {
  const name = `${schema}.${relation}`;
  if (definitions[name]?.includes(column)) return 'definition';
  if (sources[name]?.includes(column)) return 'source';
  const isFree = schema === 'pg_catalog' && freeTypes.has(typeOid) && !plainTexts[relation]?.includes(column);
  return isFree ? 'source' : undefined;
}
