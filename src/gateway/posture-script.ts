// The enforced posture as SQL a DBA can read and run: one transaction, which may be run again after every change of
// classification or policy, and one that undoes all of it. Pure. It must never carry a password: only what verifies one.

import { createHash } from 'node:crypto';
import { keyPads } from '../masking/keyed-digest.ts';
import { tenantShiftDays } from '../masking/operators.ts';
import { type DeriveKey, markOf, ownerRole, passwordVerifier, privateSchema } from './posture-names.ts';
import { functionsOf, type PosturePlan, type SetPlan, type View } from './posture-plan.ts';
import { type Held, type PostureState } from './posture-state.ts';
import { identifier, literal } from './sql-text.ts';

export interface ScriptInput {
  readonly connection: string;
  readonly plan: PosturePlan;
  readonly state: PostureState;
  readonly derive: DeriveKey;
  /** 32 bytes: keys pseudonyms and shifts, here as in the gate. */
  readonly maskKey: Uint8Array;
}

/** Statements that make the posture what the plan says, whatever was there before. */
export function applyScript(input: ScriptInput): string {
  const { connection, plan, state } = input;
  const parts: readonly (readonly [string, readonly string[]])[] = [
    [
      `chartgate harden ${connection}, for database ${state.database}. It can be run again; --undo takes it back.`,
      opening(connection),
    ],
    [
      'Roles. One a set of classes to see; they own nothing. Passwords are derived by the gate, these are verifiers.',
      roles(input),
    ],
    [
      'A schema of the gate: what is to be undone, and the keys of the masks. Nobody but their owner reads the keys.',
      ownSchema(input),
    ],
    [`What ${state.login} held is recorded and taken away: from now on it only reads catalogs.`, revocations(input)],
    [
      'PUBLIC loses the schemas; roles that are there now keep what they had by it. Roles made later must be granted it.',
      closed(input),
    ],
    ['Out with the views of the last time, and with roles that are no longer needed.', former(input)],
    ['What the owner of the views may do with the tables.', ownerGrants(input)],
    ...plan.sets.map((each): readonly [string, readonly string[]] => [
      describe(each, plan),
      setStatements(each, input),
    ]),
    ['Done.', [memberships(connection, 'REVOKE'), 'COMMIT;']],
  ];
  return parts.map(([title, statements]) => [comment(title), ...statements, ''].join('\n')).join('\n');
}

/** Statements that restore what was taken away and remove what was made; needs no plan, only the record in the database. */
export function undoScript(connection: string): string {
  const owner = ownerRole(connection);
  const changes = identifier(privateSchema(connection), 'changes');
  return [
    comment(`chartgate harden ${connection} --undo`),
    ...opening(connection),
    memberships(connection, 'GRANT'),
    block(`
  DECLARE each record; relation record;
  BEGIN
    IF to_regclass(${literal(changes)}) IS NULL THEN
      RAISE EXCEPTION 'connection ${connection.replaceAll("'", "''")} is not hardened here';
    END IF;
    FOR each IN EXECUTE ${literal(`SELECT undo FROM ${changes} ORDER BY position DESC`)} LOOP
      BEGIN
        EXECUTE each.undo;
      EXCEPTION WHEN undefined_object OR undefined_table OR undefined_column OR invalid_schema_name THEN
        RAISE WARNING 'what this speaks of is gone: %', each.undo;
      END;
    END LOOP;
    FOR each IN ${marked(connection)} ORDER BY r.rolname = ${literal(owner)} LOOP
${dropped}
    END LOOP;
  END`),
    'COMMIT;',
    '',
  ].join('\n');
}

/** What `COMMENT ON VIEW` says first, so that a view made by other rules is known. */
export function viewDigest(view: View): string {
  return createHash('sha256').update(JSON.stringify(view)).digest('hex').slice(0, 32);
}

/** How the gate knows again which columns the database masks (see posture-catalog.ts). */
export const maskComment = 'chartgate masks ';
/** Whose views a schema holds: no other role may use it. */
export const schemaComment = 'chartgate role ';

/** Key of the advisory lock under which a connection's posture is planned, made and undone: one at a time. */
export function lockKey(connection: string): string {
  return `hashtextextended(${literal(markOf(connection))}, 0)`;
}

function opening(connection: string): readonly string[] {
  return [
    'BEGIN;',
    'SET LOCAL search_path = pg_catalog;',
    'SET LOCAL standard_conforming_strings = on;',
    'SET LOCAL client_min_messages = warning;',
    block(`BEGIN PERFORM pg_advisory_xact_lock(${lockKey(connection)}); END`),
  ];
}

function comment(text: string): string {
  return text
    .split('\n')
    .map((line) => `-- ${line.replaceAll(/\p{Cc}/gu, ' ')}`)
    .join('\n');
}

function block(body: string): string {
  return `DO ${literal(body)};`;
}

function marked(connection: string): string {
  return `SELECT r.rolname FROM pg_roles r WHERE shobj_description(r.oid, 'pg_authid') = ${literal(markOf(connection))}`;
}

/** DROP OWNED takes the grants of columns one by one, and looks at all columns of the table for each: minutes, if it is wide. */
function withoutColumns(role: string): string {
  return `      FOR relation IN SELECT DISTINCT a.attrelid::regclass AS name FROM pg_attribute a, aclexplode(a.attacl) x
          WHERE x.grantee = to_regrole(quote_ident(${role})) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', relation.name, ${role});
      END LOOP;`;
}

/** In a loop over roles. */
const dropped = `${withoutColumns('each.rolname')}
      EXECUTE format('DROP OWNED BY %I CASCADE', each.rolname);
      EXECUTE format('DROP ROLE %I', each.rolname);`;

function roles(input: ScriptInput): string[] {
  const { connection, plan, derive } = input;
  const owner = ownerRole(connection);
  const statements = [owner, ...plan.sets.map((each) => each.role)].flatMap((role) => [
    block(`
  BEGIN
    IF to_regrole(${literal(identifier(role))}) IS NULL THEN
      CREATE ROLE ${identifier(role)} NOLOGIN;
      COMMENT ON ROLE ${identifier(role)} IS ${literal(markOf(connection))};
    ELSIF NOT EXISTS (SELECT FROM (${marked(connection)}
        AND NOT (r.rolsuper OR r.rolreplication OR r.rolbypassrls)) m WHERE m.rolname = ${literal(role)}) THEN
      RAISE EXCEPTION 'there is a role %, and it is not a plain role of chartgate for this connection', ${literal(role)};
    ELSIF (SELECT r.rolcreatedb FROM pg_roles r WHERE r.rolname = ${literal(role)}) THEN
      ALTER ROLE ${identifier(role)} NOCREATEDB;
    END IF;
  END`),
    role === owner
      ? `ALTER ROLE ${identifier(role)} NOLOGIN NOINHERIT NOCREATEROLE;`
      : `ALTER ROLE ${identifier(role)} LOGIN NOINHERIT NOCREATEROLE PASSWORD ${literal(passwordVerifier(derive, connection, role))};`,
  ]);
  return [...statements, memberships(connection, 'GRANT')];
}

/** Whoever runs this without being a superuser has to be a member of the roles to give them what it makes. */
function memberships(connection: string, verb: 'GRANT' | 'REVOKE'): string {
  const preposition = verb === 'GRANT' ? 'TO' : 'FROM';
  return block(`
  DECLARE each record;
  BEGIN
    IF (SELECT s.rolsuper FROM pg_roles s WHERE s.rolname = current_user) THEN RETURN; END IF;
    FOR each IN ${marked(connection)} LOOP
      EXECUTE format('${verb} %I ${preposition} %I', each.rolname, current_user);
    END LOOP;
  END`);
}

function ownSchema({ connection, plan, state, maskKey }: ScriptInput): string[] {
  const [schema, owner] = [privateSchema(connection), identifier(ownerRole(connection))];
  const table = (name: string): string => identifier(schema, name);
  const { digest, shiftDays: days } = functionsOf(connection);
  const { inner, outer } = keyPads(maskKey);
  const definer = `SECURITY DEFINER SET search_path = pg_catalog, pg_temp`;
  const parts = ["convert_to('pseudonym', 'UTF8')", "convert_to($1, 'UTF8')", "convert_to($2, 'UTF8')"];
  const hashed = `sha256(k.outer_pad || sha256(k.inner_pad || ${parts.join(` || '\\x00'::bytea || `)}))`;
  return [
    `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)} AUTHORIZATION ${owner};`,
    block(`
  BEGIN
    IF (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = ${literal(schema)}) <> ${literal(ownerRole(connection))} THEN
      RAISE EXCEPTION 'there is a schema %, and it is not of chartgate', ${literal(schema)};
    END IF;
  END`),
    `CREATE TABLE IF NOT EXISTS ${table('held')} (kind text, schema text, name text, "column" text, privilege text, grantable boolean,
  UNIQUE (kind, schema, name, "column", privilege, grantable));`,
    `CREATE TABLE IF NOT EXISTS ${table('changes')} (position bigint GENERATED ALWAYS AS IDENTITY, undo text NOT NULL,
  once text GENERATED ALWAYS AS (md5(undo)) STORED UNIQUE);`,
    `CREATE TABLE IF NOT EXISTS ${table('keys')} (one boolean PRIMARY KEY CHECK (one), inner_pad bytea, outer_pad bytea, shift_days integer);`,
    ...['held', 'changes', 'keys'].map((name) => `ALTER TABLE ${table(name)} OWNER TO ${owner};`),
    ...[identifier(state.login), 'CURRENT_USER'].flatMap((reader) => [
      `GRANT USAGE ON SCHEMA ${identifier(schema)} TO ${reader};`,
      `GRANT SELECT ON ${table('held')} TO ${reader};`,
    ]),
    `DELETE FROM ${table('keys')};`,
    ...(plan.keyed
      ? [
          comment('The keys of pseudonyms and shifts: this line is a secret.'),
          `INSERT INTO ${table('keys')} VALUES (true, '\\x${inner.toString('hex')}', '\\x${outer.toString('hex')}', ${tenantShiftDays(maskKey)});`,
        ]
      : []),
    `CREATE OR REPLACE FUNCTION ${digest}(text, text) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE ${definer}
  AS ${literal(`SELECT ${hashed} FROM ${table('keys')} k`)};`,
    `CREATE OR REPLACE FUNCTION ${days}() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE ${definer}
  AS ${literal(`SELECT k.shift_days FROM ${table('keys')} k`)};`,
    ...[`${digest}(text, text)`, `${days}()`].flatMap((name) => [
      `ALTER FUNCTION ${name} OWNER TO ${owner};`,
      `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC;`,
    ]),
  ];
}

function objectOf({ kind, schema, name }: Held): string {
  return kind === 'schema' ? `SCHEMA ${identifier(schema)}` : `${kind.toUpperCase()} ${identifier(schema, name)}`;
}

function privilegeOf({ privilege, column }: Held): string {
  return column === null ? privilege : `${privilege} (${identifier(column)})`;
}

function record(connection: string, undo: string): string {
  const changes = identifier(privateSchema(connection), 'changes');
  return `INSERT INTO ${changes} (undo) VALUES (${literal(undo)}) ON CONFLICT DO NOTHING;`;
}

function revocations({ connection, state }: ScriptInput): string[] {
  const table = identifier(privateSchema(connection), 'held');
  const login = identifier(state.login);
  const rows = state.held.map(
    ({ kind, schema, name, column, privilege, grantable }) =>
      `(${[kind, schema, name, column ?? '', privilege].map(literal).join(', ')}, ${grantable})`,
  );
  const byObject = new Map<string, Held[]>();
  for (const each of state.holds) byObject.set(objectOf(each), [...(byObject.get(objectOf(each)) ?? []), each]);
  const revoked = [...byObject].flatMap(([object, held]) => [
    ...[false, true].flatMap((grantable) => {
      const privileges = held.filter((each) => each.grantable === grantable).map(privilegeOf);
      const option = grantable ? ' WITH GRANT OPTION' : '';
      return privileges.length > 0
        ? [record(connection, `GRANT ${privileges.join(', ')} ON ${object} TO ${login}${option}`)]
        : [];
    }),
    `REVOKE ALL ON ${object} FROM ${login};`,
  ]);
  const recorded =
    rows.length > 0 ? [`INSERT INTO ${table} VALUES\n  ${rows.join(',\n  ')}\n  ON CONFLICT DO NOTHING;`] : [];
  return [...recorded, ...revoked];
}

function closed({ connection, state }: ScriptInput): string[] {
  const changes = identifier(privateSchema(connection), 'changes');
  return state.byPublic.flatMap(({ schema, privilege }) => {
    const object = `SCHEMA ${identifier(schema)}`;
    const keepers =
      state.bystanders.length === 0
        ? []
        : [
            block(`
  DECLARE each text;
  BEGIN
    FOREACH each IN ARRAY ARRAY[${state.bystanders.map(literal).join(', ')}] LOOP
      IF NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) x
          WHERE n.nspname = ${literal(schema)} AND x.grantee = to_regrole(quote_ident(each)) AND x.privilege_type = '${privilege}') THEN
        EXECUTE format(${literal(`GRANT ${privilege} ON ${object.replaceAll('%', '%%')} TO %I`)}, each);
        INSERT INTO ${changes} (undo) VALUES (format(${literal(`REVOKE ${privilege} ON ${object.replaceAll('%', '%%')} FROM %I`)}, each)) ON CONFLICT DO NOTHING;
      END IF;
    END LOOP;
  END`),
          ];
    return [
      ...keepers,
      record(connection, `GRANT ${privilege} ON ${object} TO PUBLIC`),
      `REVOKE ${privilege} ON ${object} FROM PUBLIC;`,
    ];
  });
}

function former({ connection, plan }: ScriptInput): string[] {
  const [owner, schema] = [ownerRole(connection), privateSchema(connection)];
  const wanted = [owner, ...plan.sets.map((each) => each.role)].map(literal).join(', ');
  return [
    block(`
  DECLARE each record; relation record;
  BEGIN
    FOR each IN SELECT n.nspname FROM pg_namespace n
        WHERE pg_get_userbyid(n.nspowner) = ${literal(owner)} AND n.nspname <> ${literal(schema)} LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', each.nspname);
    END LOOP;
    FOR each IN ${marked(connection)} AND r.rolname NOT IN (${wanted}) LOOP
${dropped}
    END LOOP;
    FOR each IN SELECT DISTINCT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
        aclexplode(c.relacl) x
        WHERE x.grantee = to_regrole(${literal(identifier(owner))}) AND n.nspname <> ${literal(schema)} LOOP
      EXECUTE format('REVOKE ALL ON %s FROM %I', each.name, ${literal(owner)});
    END LOOP;
  END`),
  ];
}

function ownerGrants({ connection, plan, state }: ScriptInput): string[] {
  const owner = identifier(ownerRole(connection));
  const granted = new Map<string, readonly string[]>();
  const schemas = new Set<string>();
  for (const view of plan.sets.flatMap((each) => each.views)) {
    granted.set(identifier(view.base.schema, view.base.name), view.privileges);
    schemas.add(view.base.schema);
  }
  return [
    ...state.schemas
      .filter((each) => schemas.has(each))
      .map((each) => `GRANT USAGE ON SCHEMA ${identifier(each)} TO ${owner};`),
    ...[...granted].map(([name, privileges]) => `GRANT ${privileges.join(', ')} ON ${name} TO ${owner};`),
  ];
}

function describe({ set, role, views }: SetPlan, plan: PosturePlan): string {
  if (set === 'all') return `${role}: sees every class, so it reads the tables themselves, as the gate's login did.`;
  const sees = set.length === 0 ? 'sees no class of PHI' : `sees ${set.join(', ')}`;
  const hidden = plan.leftOut.length > 0 ? ['\nLeft out:', ...plan.leftOut.map((each) => `\n  ${each}`)].join('') : '';
  return `${role}: ${sees}; ${views.length} views.${hidden}`;
}

function setStatements(plan: SetPlan, { connection, state }: ScriptInput): string[] {
  const role = identifier(plan.role);
  const connect = `GRANT CONNECT ON DATABASE ${identifier(state.database)} TO ${role};`;
  const reset = [
    block(`
  DECLARE relation record;
  BEGIN
${withoutColumns(literal(plan.role))}
  END`),
    `DROP OWNED BY ${role};`,
    connect,
  ];
  if (plan.set === 'all') return [...reset, ...originalGrants(role, state)];
  const owner = identifier(ownerRole(connection));
  const { digest, shiftDays: days } = functionsOf(connection);
  const path = plan.schemas.map((each) => identifier(each.name)).join(', ') || 'pg_catalog';
  return [
    ...reset,
    `GRANT EXECUTE ON FUNCTION ${digest}(text, text), ${days}() TO ${role};`,
    ...plan.schemas.flatMap(({ name }) => [
      `CREATE SCHEMA ${identifier(name)} AUTHORIZATION ${owner};`,
      `COMMENT ON SCHEMA ${identifier(name)} IS ${literal(schemaComment + plan.role)};`,
      `GRANT USAGE ON SCHEMA ${identifier(name)} TO ${role};`,
    ]),
    `ALTER ROLE ${role} IN DATABASE ${identifier(state.database)} SET search_path = ${path};`,
    ...plan.views.flatMap((view) => viewStatements(view, role, owner)),
    ...sequenceGrants(plan, role, state),
  ];
}

function viewStatements(view: View, role: string, owner: string): string[] {
  const name = identifier(view.schema, view.name);
  const columns = view.columns.map((each) => `  ${each.expression} AS ${identifier(each.name)}`).join(',\n');
  return [
    `CREATE VIEW ${name} AS SELECT\n${columns}\nFROM ${identifier(view.base.schema, view.base.name)} t;`,
    `ALTER VIEW ${name} OWNER TO ${owner};`,
    `GRANT ${view.privileges.join(', ')} ON ${name} TO ${role};`,
    ...view.columns
      .filter((each) => each.mask !== null)
      .map((each) => `COMMENT ON COLUMN ${name}.${identifier(each.name)} IS ${literal(maskComment + each.mask)};`),
    block(`
  BEGIN
    EXECUTE format('COMMENT ON VIEW %s IS %L', ${literal(name)},
      ${literal(`chartgate ${viewDigest(view)} `)} || md5(pg_get_viewdef(${literal(name)}::regclass)));
  END`),
  ];
}

/** A default that draws from a sequence does so as whoever inserts. */
function sequenceGrants({ views }: SetPlan, role: string, state: PostureState): string[] {
  const held = state.held.filter((each) => each.kind === 'sequence' && ['USAGE', 'UPDATE'].includes(each.privilege));
  const usable = new Set(held.map((each) => identifier(each.schema, each.name)));
  const drawn = views
    .filter((each) => each.privileges.includes('INSERT'))
    .flatMap(({ base }) => state.sequences.get(identifier(base.schema, base.name)) ?? []);
  return [...new Set(drawn)]
    .filter((each) => usable.has(each))
    .map((name) => `GRANT USAGE ON SEQUENCE ${name} TO ${role};`);
}

/** INVARIANT: nothing that lets it own or hand on anything: no CREATE, no grant option. */
function originalGrants(role: string, { held, routines }: PostureState): string[] {
  const byObject = new Map<string, Set<string>>();
  for (const each of held) {
    if (each.kind === 'schema' && each.privilege !== 'USAGE') continue;
    byObject.set(objectOf(each), (byObject.get(objectOf(each)) ?? new Set()).add(privilegeOf(each)));
  }
  return [
    ...[...byObject].map(([object, privileges]) => `GRANT ${[...privileges].join(', ')} ON ${object} TO ${role};`),
    ...routines.map((each) => `GRANT EXECUTE ON ROUTINE ${each} TO ${role};`),
  ];
}
