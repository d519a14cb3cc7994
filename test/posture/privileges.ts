// What a database grants to whom, as rows: what harden must leave as it was.

/** Every privilege there is, whether it is written down or the owner's by default; and every role and schema. */
export const everything: string = `
  SELECT 'relation' AS kind, c.oid::regclass::text AS name, x.grantee::regrole::text AS who, x.privilege_type AS what, x.is_grantable AS grantable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
      aclexplode(coalesce(c.relacl, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))) x
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
  UNION ALL SELECT 'column', a.attrelid::regclass || '.' || a.attname, x.grantee::regrole::text, x.privilege_type, x.is_grantable
    FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid > 16383
  UNION ALL SELECT 'schema', n.nspname, x.grantee::regrole::text, x.privilege_type, x.is_grantable
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x WHERE n.nspname !~ '^pg_(toast|temp)'
  UNION ALL SELECT 'function', p.oid::regprocedure::text, x.grantee::regrole::text, x.privilege_type, x.is_grantable
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE p.oid > 16383
  UNION ALL SELECT 'database', d.datname, x.grantee::regrole::text, x.privilege_type, x.is_grantable
    FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
  UNION ALL SELECT 'role', r.rolname, '', r.rolcanlogin::text, r.rolsuper FROM pg_roles r
  UNION ALL SELECT 'member', m.member::regrole::text, m.roleid::regrole::text, '', m.admin_option FROM pg_auth_members m
  ORDER BY 1, 2, 3, 4, 5`;
