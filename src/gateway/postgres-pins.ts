// The settings by which the gate reads what a server sends, as the server itself reports them (ParameterStatus). It must
// never take a report that is missing for a good one.

import type { Refusal } from '../core/result.ts';

/** Results are read with these in mind; a server that reports another value is no longer understood. */
export const pins: Readonly<Record<string, RegExp>> = {
  client_encoding: /^UTF8$/i,
  standard_conforming_strings: /^on$/,
  DateStyle: /^ISO\b/i,
};

/** A pooler on the way may drop what a startup message asks for: then the session is not the one that is masked. */
export function startsOtherwise(parameters: ReadonlyMap<string, string>): Refusal | null {
  const wrong = Object.entries(pins).find(([name, value]) => !value.test(parameters.get(name) ?? ''))?.[0];
  // Reported since PostgreSQL 18; the gate never asks for the server's own default.
  const other = wrong ?? (parameters.get('search_path')?.includes('$user') ? 'search_path' : undefined);
  if (other === undefined) return null;
  return {
    code: 'unsafe_setting',
    text: `The upstream does not start its sessions with the ${other} the gate asks for.`,
    next: 'The operator should connect the gate to PostgreSQL itself, or let the pooler pass startup parameters on.',
  };
}
