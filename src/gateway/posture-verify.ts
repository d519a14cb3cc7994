// Whether the enforced posture holds on a live server: what its roles are and may do, and whether its views are those that
// would be made now. Reads catalogs only. A finding is a line without values.

import { ok, type Result } from '../core/result.ts';
import { markOf, ownerRole, privateSchema } from './posture-names.ts';
import type { PosturePlan } from './posture-plan.ts';
import { schemaComment, viewDigest } from './posture-script.ts';
import { type PostureState } from './posture-state.ts';
import { literal } from './sql-text.ts';
import type { CatalogQuery } from './upstream-query.ts';

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/** A query that says with one row a line what is wrong; `text` says what holds when there are none. */
interface Check {
  readonly text: string;
  readonly wrong: string;
  readonly sql: string;
}

/** Of the role that asks; the gate asks it before a session may use the role. None = it is fit. */
export async function roleProblems(query: CatalogQuery, connection: string): Promise<Result<readonly string[]>> {
  const found = await run(query, checksOf(connection, 'r.rolname = session_user', 'r.rolname = session_user'));
  return found.ok ? ok(found.value.filter((each) => !each.ok).map((each) => each.text)) : found;
}

/** As any login sees it. Fails with what `query` fails with. */
export async function verifyPosture(
  query: CatalogQuery,
  connection: string,
  plan: PosturePlan,
  state: PostureState,
): Promise<Result<readonly Finding[]>> {
  const masked = plan.sets.filter((each) => each.set !== 'all').map((each) => each.role);
  const roles = `r.rolname IN (${plan.sets.map((each) => literal(each.role)).join(', ')})`;
  const checks = [
    existence(connection, plan),
    ...checksOf(connection, roles, `r.rolname IN (${masked.map(literal).join(', ')})`),
    ownership(connection),
    loginRights(state.login),
    openDefaults(state.login),
  ];
  const found = await run(query, checks);
  if (!found.ok) return found;
  const views = await viewFindings(query, connection, plan);
  return views.ok ? ok([...found.value, ...views.value]) : views;
}

/** All in one question. */
async function run(query: CatalogQuery, checks: readonly Check[]): Promise<Result<Finding[]>> {
  const asked = checks.map(({ sql }, at) => `SELECT ${at}, f.what::pg_catalog.text FROM (${sql}) f(what)`);
  const answer = await query(`${asked.join('\nUNION ALL ')}\nORDER BY 1, 2`);
  if (!answer.ok) return answer;
  const said = Map.groupBy(answer.value.rows, ([at]) => Number(at));
  return ok(
    checks.flatMap(({ text, wrong }, at): Finding[] => {
      const found = said.get(at);
      return found ? found.map(([, what]) => ({ ok: false, text: `${what}: ${wrong}` })) : [{ ok: true, text }];
    }),
  );
}

const ofUsers = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";
const relations = "c.relkind IN ('r', 'p', 'v', 'm', 'f')";

function existence(connection: string, { sets }: PosturePlan): Check {
  const mark = literal(markOf(connection));
  const wanted = [ownerRole(connection), ...sets.map((each) => each.role)].map(literal).join(', ');
  return {
    text: `${sets.length} roles and their owner are there, and no others`,
    wrong: 'run chartgate harden --apply',
    sql: `
  SELECT w.name || ' is missing' FROM pg_catalog.unnest(ARRAY[${wanted}]) w(name)
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = w.name
    AND pg_catalog.shobj_description(r.oid, 'pg_authid') = ${mark})
  UNION ALL SELECT r.rolname || ' is not needed any more' FROM pg_catalog.pg_roles r
  WHERE pg_catalog.shobj_description(r.oid, 'pg_authid') = ${mark} AND r.rolname NOT IN (${wanted})`,
  };
}

/** `roles`: all of them; `masked`: those that may not see the tables themselves. Both are conditions on pg_roles r. */
function checksOf(connection: string, roles: string, masked: string): Check[] {
  const owner = literal(ownerRole(connection));
  const isOurs = `pg_catalog.pg_get_userbyid(n.nspowner) = ${owner}`;
  return [
    {
      text: 'no role has an attribute that lets it do more',
      wrong: 'it is a superuser, inherits, makes roles or databases, replicates or bypasses row security',
      sql: `
  SELECT r.rolname FROM pg_catalog.pg_roles r WHERE ${roles}
    AND (r.rolsuper OR r.rolinherit OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)`,
    },
    {
      text: 'no role is a member of another',
      wrong: 'it may become another role, or has its rights',
      sql: `
  SELECT DISTINCT r.rolname FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_auth_members m ON m.member = r.oid WHERE ${roles}`,
    },
    {
      text: 'no role owns anything',
      wrong: 'it owns relations, functions or schemas',
      sql: `
  SELECT r.rolname FROM pg_catalog.pg_roles r WHERE ${roles} AND (
    EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.relpersistence <> 't'
      AND c.relnamespace NOT IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname ~ '^pg_(toast|temp)'))
    OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspowner = r.oid AND ${ofUsers})
    OR EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE p.proowner = r.oid AND ${ofUsers})
    OR EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datdba = r.oid))`,
    },
    {
      text: 'no masked role may use a schema of the tables',
      wrong: 'it may use or add to this schema',
      sql: `
  SELECT DISTINCT r.rolname || ', ' || n.nspname FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n
  WHERE ${masked} AND ${ofUsers} AND (pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')
    OR (pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
      AND NOT (${isOurs} AND pg_catalog.obj_description(n.oid, 'pg_namespace') IS NOT DISTINCT FROM ${literal(schemaComment)} || r.rolname)))`,
    },
    {
      text: 'no masked role has been granted anything on the tables themselves',
      wrong: 'it has been granted rights on this relation or a column of it',
      sql: `
  SELECT DISTINCT r.rolname || ', ' || n.nspname || '.' || c.relname
  FROM pg_catalog.pg_roles r, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE ${masked} AND ${relations} AND ${ofUsers} AND NOT ${isOurs} AND (
    EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) x WHERE x.grantee = r.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) x
      WHERE a.attrelid = c.oid AND x.grantee = r.oid))`,
    },
  ];
}

/** Whoever may become the owner may read everything under the views. */
function ownership(connection: string): Check {
  const owner = literal(ownerRole(connection));
  return {
    text: 'nobody signs in as the owner of the views, or becomes it without being told to',
    wrong: 'this role may become the owner of the views',
    sql: `
  SELECT r.rolname FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles o ON o.rolname = ${owner}
  WHERE (r.oid = o.oid AND r.rolcanlogin) OR (NOT r.rolsuper AND NOT r.rolcreaterole AND r.oid <> o.oid
    AND pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER'))`,
  };
}

function loginRights(login: string): Check {
  return {
    text: `${login} reads catalogs only`,
    wrong: `${login} still has rights on it, by itself, by PUBLIC or by another role`,
    sql: `
  SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE ${relations} AND ${ofUsers} AND c.relname <> 'held' AND pg_catalog.to_regrole(pg_catalog.quote_ident(${literal(login)})) IS NOT NULL
    AND pg_catalog.has_schema_privilege(${literal(login)}, n.oid, 'USAGE')
    AND (pg_catalog.has_table_privilege(${literal(login)}, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
      OR pg_catalog.has_any_column_privilege(${literal(login)}, c.oid, 'SELECT, INSERT, UPDATE'))`,
  };
}

function openDefaults(login: string): Check {
  return {
    text: `no default privilege opens new schemas to everybody or ${login}`,
    wrong: `its new schemas are open to everybody or ${login} (ALTER DEFAULT PRIVILEGES)`,
    sql: `
  SELECT pg_catalog.pg_get_userbyid(d.defaclrole) FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) x
  WHERE d.defaclobjtype = 'n' AND (x.grantee = 0 OR pg_catalog.pg_get_userbyid(x.grantee) = ${literal(login)})`,
  };
}

/** Drift: a view made by other rules, changed by hand, missing, or left over. */
async function viewFindings(query: CatalogQuery, connection: string, plan: PosturePlan): Promise<Result<Finding[]>> {
  const owner = literal(ownerRole(connection));
  const answer = await query(`
  SELECT n.nspname, c.relname, pg_catalog.obj_description(c.oid, 'pg_class'),
    pg_catalog.md5(pg_catalog.pg_get_viewdef(c.oid)), pg_catalog.pg_get_userbyid(c.relowner) = ${owner}
      AND NOT coalesce(pg_catalog.array_to_string(c.reloptions, ',') ~ 'security_invoker', false)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_get_userbyid(n.nspowner) = ${owner}
    AND n.nspname <> ${literal(privateSchema(connection))}`);
  if (!answer.ok) return answer;
  const live = new Map(answer.value.rows.map((row) => [`${row[0]}.${row[1]}`, row]));
  const findings: Finding[] = [];
  let count = 0;
  for (const view of plan.sets.flatMap((each) => each.views)) {
    const name = `${view.schema}.${view.name}`;
    const row = live.get(name);
    live.delete(name);
    count++;
    const [digest = '', definition = ''] = (row?.[2] ?? '').replace(/^chartgate /, '').split(' ');
    if (!row) findings.push({ ok: false, text: `${name} is missing: run chartgate harden --apply` });
    else if (digest !== viewDigest(view))
      findings.push({
        ok: false,
        text: `${name} was made by other rules, or its table has changed: run chartgate harden --apply`,
      });
    else if (definition !== row[3] || row[4] !== 't')
      findings.push({ ok: false, text: `${name} has been changed by hand: run chartgate harden --apply` });
  }
  for (const name of live.keys())
    findings.push({ ok: false, text: `${name} is not one of the views: run chartgate harden --apply` });
  return ok(findings.length > 0 ? findings : [{ ok: true, text: `${count} views are as they would be made now` }]);
}
