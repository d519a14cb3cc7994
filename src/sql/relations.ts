// System relations that say how the database is made, not what is in it, as data. All others of pg_catalog
// (statistics, activity, authentication, large objects, server files) are refused.

const catalogRelations: ReadonlySet<string> = new Set(
  `pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_available_extension_versions
   pg_available_extensions pg_cast pg_class pg_collation pg_constraint pg_conversion pg_database pg_db_role_setting
   pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension pg_foreign_data_wrapper
   pg_foreign_server pg_foreign_table pg_group pg_index pg_indexes pg_inherits pg_init_privs pg_language pg_matviews
   pg_namespace pg_opclass pg_operator pg_opfamily pg_parameter_acl pg_partitioned_table pg_policies pg_policy pg_proc
   pg_publication pg_publication_namespace pg_publication_rel pg_publication_tables pg_range pg_rewrite pg_roles
   pg_rules pg_seclabel pg_seclabels pg_sequence pg_settings pg_shdepend pg_shdescription pg_shseclabel
   pg_statistic_ext pg_tables pg_tablespace pg_timezone_abbrevs pg_timezone_names pg_transform pg_trigger
   pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_user pg_views`.split(/\s+/),
);

/** Whether a relation of pg_catalog or information_schema may be read by whoever sees masked data. */
export function isAllowedSystemRelation(schema: string, name: string): boolean {
  if (schema === 'information_schema') return !name.startsWith('_') && name !== 'user_mapping_options';
  return schema === 'pg_catalog' && catalogRelations.has(name);
}
