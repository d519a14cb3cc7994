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

export const settingOfUsers = 'The statement reads a setting that can hold any value.';

const anyValue = /^/;
const onValue = /^(?:on|true|yes|1)$/i;

/** Setting (lower case) → values it may take. */
const allowed: ReadonlyMap<string, RegExp> = new Map([
  ['application_name', anyValue],
  ['client_encoding', /^(?:utf-?8|unicode)$/i],
  // Debug levels print trees and plans with their constants.
  ['client_min_messages', /^(?:notice|warning|error)$/i],
  ['datestyle', /^iso(?:\s*,\s*(?:mdy|dmy|ymd|us|european|euro|noneuropean))?$/i],
  ['bytea_output', /^hex$/i],
  ['default_transaction_deferrable', anyValue],
  ['default_transaction_isolation', anyValue],
  ['default_transaction_read_only', anyValue],
  ['extra_float_digits', anyValue],
  ['idle_in_transaction_session_timeout', anyValue],
  ['idle_session_timeout', anyValue],
  ['intervalstyle', /^postgres$/i],
  ['jit', anyValue],
  ['lock_timeout', anyValue],
  ['plan_cache_mode', anyValue],
  ['row_security', onValue],
  ['search_path', /^"?public"?$/],
  ['standard_conforming_strings', onValue],
  ['statement_timeout', anyValue],
  ['timezone', anyValue],
  ['transaction_deferrable', anyValue],
  ['transaction_isolation', anyValue],
  ['transaction_read_only', anyValue],
]);

/**
 * Whether a client may set this, by SET, RESET or in its startup message. `value` as the server would read it, list
 * items joined by `, `; null = back to what the session started with, which is pinned.
 */
export function settingAllowed(name: string, value: string | null): boolean {
  const values = allowed.get(name.toLowerCase());
  return values !== undefined && (value === null || values.test(value.trim()));
}
