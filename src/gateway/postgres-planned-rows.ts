// How many rows the planner of an upstream expects of a statement. INVARIANT: it is planned, never run: EXPLAIN in a transaction that
// can change nothing, whatever the text holds.

import type { Result } from '../core/result.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import { simpleQuery } from './upstream-query.ts';

const answerMs = 1_000;
/** What Bind can count. */
const parametersMax = 65_535;

/**
 * What it returns or changes, whatever its parameters; `sent` is `sql` as the upstream has to get it. Asked on a connection of its own,
 * as statements may be long and many. Null = the server does not say, or not in time.
 */
export async function plannedRows(
  sql: string,
  sent: string,
  connect: () => Promise<Result<UpstreamConnection>>,
): Promise<number | null> {
  let parameters = 0;
  for (const [, number] of sql.matchAll(/\$(\d+)/g)) parameters = Math.max(parameters, Number(number));
  if (parameters > parametersMax) return null;
  const values = parameters === 0 ? '' : `(${Array(parameters).fill('NULL').join()})`;
  const connected = await connect();
  if (!connected.ok) return null;
  const answer = await simpleQuery(
    connected.value,
    `BEGIN READ ONLY; SET LOCAL statement_timeout = ${answerMs}; SET LOCAL plan_cache_mode = force_generic_plan;
     PREPARE asked AS ${sent}
     ; EXPLAIN (FORMAT JSON) EXECUTE asked${values}`,
  );
  connected.value.terminate();
  return answer.ok ? rowsOf(answer.value.rows[0]?.[0] ?? '') : null;
}

/** `Plan Rows` of the top node that has any: a ModifyTable without RETURNING says 0 and its input the number. */
function rowsOf(json: string): number | null {
  try {
    let plan = JSON.parse(json)[0].Plan;
    while (plan['Node Type'] === 'ModifyTable' && plan['Plan Rows'] === 0 && plan.Plans?.length > 0)
      plan = plan.Plans[0];
    return typeof plan['Plan Rows'] === 'number' ? plan['Plan Rows'] : null;
  } catch {
    return null;
  }
}
