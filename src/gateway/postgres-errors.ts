// Which of the upstream's errors and notices reach the client in the server's own words, and what is left of the others.
// It must never let through a text that could quote a value.

import type { StatementAnalysis } from '../sql/analysis.ts';
import { type NoticeFields, withholdValues } from '../wire/postgres/error-fields.ts';
import type { Output } from './postgres-output.ts';

/** Routines of the server whose messages name objects or nothing, never a value. */
const harmlessRoutines: ReadonlySet<string> = new Set(['aclcheck_error', 'ProcessInterrupts']);

/**
 * An error with a position in the client's own text comes from reading that text, before any row. All others may quote a
 * value, whatever their SQLSTATE (a cast to regclass fails with 42P01), and whatever the statement itself names: views,
 * policies and what COMMIT has deferred run expressions of their own.
 */
export function mayShow(fields: NoticeFields, output: Output): boolean {
  if (output.frank) return true;
  if (['W', 'q', 'p'].some((letter) => fields.has(letter))) return false;
  if (fields.has('P') || harmlessRoutines.has(fields.get('R') ?? '')) return true;
  return output.analyses.every((each) => each.facts.reads === true && each.kind !== 'transaction' && readsNoRows(each));
}

function readsNoRows({ facts }: StatementAnalysis): boolean {
  return facts.relations?.every((each) => /^(?:pg_catalog|information_schema)\./.test(each)) === true;
}

/** Code of users (its context is told) can put a value even into the names of objects. */
export function withheld(fields: NoticeFields): NoticeFields {
  const trusted = fields.has('W') ? new Map([...fields].filter(([letter]) => !/[stcdn]/.test(letter))) : fields;
  return withholdValues(trusted);
}
