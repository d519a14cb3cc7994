// The facts of a statement for `policy explain --sql`, without a database: names are taken as they are written, and
// whatever only a catalog knows stays unknown.

import type { SqlFacts } from '../core/facts.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { analyze } from '../sql/analyze.ts';
import { emptyCatalog } from '../sql/empty-catalog.ts';
import { loadParser, parseStatements } from '../sql/parse.ts';

export async function analyzeText(sql: string): Promise<Result<SqlFacts>> {
  await loadParser();
  const parsed = parseStatements(sql);
  if (!parsed.ok) return parsed;
  const [statement, ...others] = parsed.value;
  if (!statement || others.length > 0) return refuse('usage', 'Explain takes one statement.');
  const { facts } = analyze(statement, emptyCatalog);
  return ok({ ...facts, relations: null, columns: null, filters: null, phi: null });
}
