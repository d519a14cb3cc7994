// Whether the login of an upstream is fit to be masked behind. Works as an ordinary role on PostgreSQL 14–18.

import { ok, type Result } from '../core/result.ts';
import type { CatalogQuery } from './upstream-query.ts';

const privilegesSql = `
  SELECT r.rolsuper, r.rolreplication, r.rolbypassrls,
    EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
        AND pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER')),
    EXISTS (SELECT FROM pg_catalog.pg_namespace n
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
        AND pg_catalog.pg_has_role(r.oid, n.nspowner, 'MEMBER')),
    EXISTS (SELECT FROM pg_catalog.pg_database d
      WHERE d.datname = pg_catalog.current_database() AND pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER')),
    EXISTS (SELECT FROM pg_catalog.pg_roles g WHERE pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')
      AND g.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')),
    EXISTS (SELECT FROM pg_catalog.pg_roles g WHERE pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')
      AND g.oid <> r.oid AND (g.rolsuper OR g.rolreplication OR g.rolbypassrls))
  FROM pg_catalog.pg_roles r WHERE r.rolname = session_user`;

const privileges = [
  'it is a superuser',
  'it may replicate',
  'it bypasses row security',
  'it owns tables or views',
  'it owns a schema',
  'it owns the database',
  'it may read or write files of the server or run programs there',
  'it may become a role that is a superuser, replicates or bypasses row security',
];

/** Why nobody should be masked behind this login; none = it is fit. */
export async function privilegeProblems(query: CatalogQuery): Promise<Result<readonly string[]>> {
  const answer = await query(privilegesSql);
  if (!answer.ok) return answer;
  const [row] = answer.value.rows;
  if (!row) return ok(['the gate cannot see what it may do']);
  if (row[0] === 't') return ok([privileges[0] ?? '']);
  return ok(privileges.filter((_, at) => row[at] === 't'));
}
