// The run-time settings a client may change, as data. Everything else is pinned: what decides how text is read and
// written, whose names are found first, and who the session is, must never change under the analysis.

/** What the gate sets in every upstream startup message, whatever the client asked for. */
export const startupParameters: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  DateStyle: 'ISO',
  search_path: 'public',
};

/** Schemas an unqualified name is looked for in, after pg_catalog: the pinned search_path. */
export const searchPath: readonly string[] = ['public'];

/** Settings with a dot in their name are whatever views and triggers have left there. */
export function isServerSetting(name: string): boolean {
  return !name.includes('.');
}

/** Of a few words of the server's own, whatever a session does. */
const fixedSettings: ReadonlySet<string> = new Set(
  `server_version server_version_num server_encoding client_encoding standard_conforming_strings integer_datetimes
   transaction_isolation transaction_read_only transaction_deferrable default_transaction_isolation
   default_transaction_read_only default_transaction_deferrable max_identifier_length max_index_keys block_size
   is_superuser in_hot_standby hot_standby wal_level fsync ssl server_port port row_security bytea_output intervalstyle datestyle
   quote_all_identifiers client_min_messages lc_collate lc_ctype max_connections`.split(/\s+/),
);

/** Whether what it holds can be nothing that a view or trigger has put there. */
export function isFixedSetting(name: string): boolean {
  return fixedSettings.has(name.toLowerCase());
}

export const settingOfUsers = 'The statement reads a setting that can hold any value.';

const anyValue = /^/;
const onValue = /^(?:on|true|yes|1)$/i;
/** Back to what the session began with, and nothing else. */
const noValue = /(?!)/;

/** How long, how much and by which plan: nothing that is read or written depends on it. */
const harmless = `
  application_name default_transaction_deferrable default_transaction_isolation default_transaction_read_only
  transaction_deferrable transaction_isolation transaction_read_only
  statement_timeout lock_timeout idle_session_timeout idle_in_transaction_session_timeout transaction_timeout
  client_connection_check_interval tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval
  tcp_user_timeout synchronous_commit
  work_mem hash_mem_multiplier maintenance_work_mem temp_buffers effective_cache_size
  effective_io_concurrency maintenance_io_concurrency
  constraint_exclusion cursor_tuple_fraction from_collapse_limit join_collapse_limit plan_cache_mode
  recursive_worktable_factor cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost random_page_cost seq_page_cost
  geqo geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold
  jit jit_above_cost jit_inline_above_cost jit_optimize_above_cost jit_expressions jit_tuple_deforming
  min_parallel_index_scan_size min_parallel_table_scan_size max_parallel_maintenance_workers
  max_parallel_workers max_parallel_workers_per_gather parallel_leader_participation parallel_setup_cost
  parallel_tuple_cost enable_async_append enable_bitmapscan enable_distinct_reordering enable_eager_aggregate
  enable_gathermerge enable_group_by_reordering enable_hashagg enable_hashjoin enable_incremental_sort
  enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin enable_nestloop
  enable_parallel_append enable_parallel_hash enable_partition_pruning enable_partitionwise_aggregate
  enable_partitionwise_join enable_presorted_aggregate enable_self_join_elimination enable_seqscan enable_sort
  enable_tidscan
  check_function_bodies default_statistics_target default_table_access_method default_tablespace default_toast_compression
  escape_string_warning password_encryption stats_fetch_consistency synchronize_seqscans temp_tablespaces
  vacuum_cost_delay vacuum_cost_limit
`;

/** How values are written, in ways that no mask depends on. */
const spelling = `bytea_output extra_float_digits intervalstyle quote_all_identifiers timezone`;

/** Setting (lower case) → values it may take. */
const allowed: ReadonlyMap<string, RegExp> = new Map([
  ...`${harmless} ${spelling}`
    .trim()
    .split(/\s+/)
    .map((name) => [name, anyValue] as const),
  ['array_nulls', onValue],
  ['backslash_quote', /^safe_encoding$/i],
  ['client_encoding', /^(?:utf-?8|unicode)$/i],
  // Debug levels print trees and plans with their constants.
  ['client_min_messages', /^(?:notice|warning|error|fatal|panic)$/i],
  ['datestyle', /^iso(?:\s*,\s*(?:mdy|dmy|ymd|us|european|euro|noneuropean))?$/i],
  ['role', noValue],
  ['row_security', onValue],
  ['search_path', /^"?public"?$/],
  ['session_authorization', noValue],
  ['standard_conforming_strings', onValue],
  ['transform_null_equals', /^(?:off|false|no|0)$/i],
  ['xmloption', /^content$/i],
]);

/** What decides how a text is read is pinned for everybody: the analysis has to read it as the server does. */
export function pinnedForAll(name: string): boolean {
  return ['client_encoding', 'standard_conforming_strings'].includes(name.toLowerCase());
}

/**
 * Whether a client may set this, by SET, RESET or in its startup message. `value` as the server would read it, list
 * items joined by `, `; null = back to what the session started with, which is pinned.
 */
export function settingAllowed(name: string, value: string | null): boolean {
  const values = allowed.get(name.toLowerCase());
  return values !== undefined && (value === null || values.test(value.trim()));
}

/** Whether any value will do, so that it need not be known when the statement is read. */
export function settingFree(name: string): boolean {
  return allowed.get(name.toLowerCase()) === anyValue;
}
