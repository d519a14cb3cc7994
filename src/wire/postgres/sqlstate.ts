// The SQLSTATEs PostgreSQL raises most, each with its condition name (PostgreSQL manual, appendix A). The texts stand
// in for messages that may quote a value.

const conditions: ReadonlyMap<string, string> = new Map(
  `00000 successful_completion
01000 warning
01003 null_value_eliminated_in_set_function
01004 string_data_right_truncation
02000 no_data
08006 connection_failure
08P01 protocol_violation
0A000 feature_not_supported
0LP01 invalid_grant_operation
21000 cardinality_violation
22000 data_exception
22001 string_data_right_truncation
22003 numeric_value_out_of_range
22004 null_value_not_allowed
22007 invalid_datetime_format
22008 datetime_field_overflow
22009 invalid_time_zone_displacement_value
22011 substring_error
22012 division_by_zero
22015 interval_field_overflow
22019 invalid_escape_character
2201B invalid_regular_expression
2201E invalid_argument_for_logarithm
2201F invalid_argument_for_power_function
2201W invalid_row_count_in_limit_clause
2201X invalid_row_count_in_result_offset_clause
22021 character_not_in_repertoire
22023 invalid_parameter_value
22025 invalid_escape_sequence
22030 duplicate_json_object_key_value
22032 invalid_json_text
22033 invalid_sql_json_subscript
22036 non_numeric_sql_json_item
2203A sql_json_member_not_found
22P01 floating_point_exception
22P02 invalid_text_representation
22P03 invalid_binary_representation
22P04 bad_copy_file_format
22P05 untranslatable_character
23000 integrity_constraint_violation
23001 restrict_violation
23502 not_null_violation
23503 foreign_key_violation
23505 unique_violation
23514 check_violation
23P01 exclusion_violation
24000 invalid_cursor_state
25001 active_sql_transaction
25006 read_only_sql_transaction
25P01 no_active_sql_transaction
25P02 in_failed_sql_transaction
25P03 idle_in_transaction_session_timeout
25P04 transaction_timeout
26000 invalid_sql_statement_name
28000 invalid_authorization_specification
28P01 invalid_password
2BP01 dependent_objects_still_exist
2D000 invalid_transaction_termination
34000 invalid_cursor_name
3B001 invalid_savepoint_specification
3D000 invalid_catalog_name
3F000 invalid_schema_name
40001 serialization_failure
40003 statement_completion_unknown
40P01 deadlock_detected
42501 insufficient_privilege
42601 syntax_error
42602 invalid_name
42611 invalid_column_definition
42701 duplicate_column
42702 ambiguous_column
42703 undefined_column
42704 undefined_object
42710 duplicate_object
42712 duplicate_alias
42723 duplicate_function
42725 ambiguous_function
42803 grouping_error
42804 datatype_mismatch
42809 wrong_object_type
42830 invalid_foreign_key
42846 cannot_coerce
42883 undefined_function
428C9 generated_always
42939 reserved_name
42P01 undefined_table
42P02 undefined_parameter
42P03 duplicate_cursor
42P05 duplicate_prepared_statement
42P06 duplicate_schema
42P07 duplicate_table
42P08 ambiguous_parameter
42P09 ambiguous_alias
42P10 invalid_column_reference
42P18 indeterminate_datatype
42P19 invalid_recursion
42P20 windowing_error
42P21 collation_mismatch
42P22 indeterminate_collation
44000 with_check_option_violation
53100 disk_full
53200 out_of_memory
53300 too_many_connections
53400 configuration_limit_exceeded
54000 program_limit_exceeded
54001 statement_too_complex
55000 object_not_in_prerequisite_state
55006 object_in_use
55P03 lock_not_available
57014 query_canceled
57P01 admin_shutdown
57P02 crash_shutdown
57P03 cannot_connect_now
57P05 idle_session_timeout
58000 system_error
58030 io_error
XX000 internal_error
XX001 data_corrupted
XX002 index_corrupted`
    .split('\n')
    .map((line) => [line.slice(0, 5), line.slice(6)] as const),
);

export function isKnownCondition(sqlstate: string): boolean {
  return conditions.has(sqlstate);
}

/** A message for the SQLSTATE that says nothing of the values involved. */
export function conditionText(sqlstate: string): string {
  const name = conditions.get(sqlstate);
  return name ? `${name.replaceAll('_', ' ')} (details withheld)` : 'the statement failed (details withheld)';
}
