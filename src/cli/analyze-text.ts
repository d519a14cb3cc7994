// The facts of a statement for `policy explain --sql`, without a database: names are taken as they are written, and
// whatever only a catalog knows stays unknown.

import type { SqlFacts } from '../core/facts.ts';
import { unknownType } from '../core/postgres-type.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { analyze } from '../sql/analyze.ts';
import type { Catalog } from '../sql/catalog.ts';
import { loadParser, parseStatements } from '../sql/parse.ts';
import { searchPath } from '../sql/settings.ts';

const noCatalog: Catalog = {
  version: 0,
  searchPath,
  complete: true,
  database: '',
  utf8: true,
  relation: () => undefined,
  relationByOid: () => undefined,
  relations: () => [],
  column: () => undefined,
  type: () => unknownType,
  isUserFunction: () => false,
  isDeclaredSafe: () => false,
  isUserOperator: () => false,
  isUserType: () => false,
  isEnumType: () => false,
  isCastByUsers: () => false,
};

export async function analyzeText(sql: string): Promise<Result<SqlFacts>> {
  await loadParser();
  const parsed = parseStatements(sql);
  if (!parsed.ok) return parsed;
  const [statement, ...others] = parsed.value;
  if (!statement || others.length > 0) return refuse('usage', 'Explain takes one statement.');
  const { facts } = analyze(statement, noCatalog);
  return ok({ ...facts, relations: null, columns: null, filters: null, phi: null });
}
