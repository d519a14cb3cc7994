// Which views the enforced posture makes for which unmask set: original names, order and types, each column as its class
// and the masks have it. Pure. INVARIANT: a column that nobody has classified and that could hold text is in no view.

import { type ClassSet, covers } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';
import type { MaskRules } from '../masking/mask.ts';
import { operatorFor, shownBy } from '../masking/operators.ts';
import { type KeyedFunctions, sqlMask } from '../masking/sql-mask.ts';
import type { Catalog, Column, Relation } from '../sql/catalog.ts';
import { privateSchema, setRole, viewSchema } from './posture-names.ts';
import { type Held, type PostureState } from './posture-state.ts';
import { identifier } from './sql-text.ts';

export interface ViewColumn {
  readonly name: string;
  /** What the view selects for it. */
  readonly expression: string;
  /** `class operator` where the database masks it; null = it is shown as it is. */
  readonly mask: string | null;
}

export interface View {
  readonly schema: string;
  readonly name: string;
  readonly base: { readonly schema: string; readonly name: string };
  readonly columns: readonly ViewColumn[];
  /** Of SELECT, INSERT, UPDATE, DELETE: what the login held. */
  readonly privileges: readonly string[];
}

/** The role of one unmask set. For `all` there are no views: it reads the tables themselves. */
export interface SetPlan {
  readonly set: ClassSet;
  readonly role: string;
  /** In the order of its search path, without the schemas of other originals. */
  readonly schemas: readonly { readonly name: string; readonly original: string }[];
  readonly views: readonly View[];
}

export interface PosturePlan {
  readonly sets: readonly SetPlan[];
  /** What no masked subject sees, and why: one line each, names only. */
  readonly leftOut: readonly string[];
  /** Some mask needs the keys in the database. */
  readonly keyed: boolean;
}

export interface PlanInput {
  readonly connection: string;
  readonly sets: readonly ClassSet[];
  readonly catalog: Catalog;
  readonly state: PostureState;
  readonly masks: MaskRules;
  /** `schema.table.column` → kind: where rows name their patient. */
  readonly patientKeys?: Readonly<Record<string, string>> | undefined;
}

const kinds: ReadonlySet<string> = new Set(['r', 'p', 'v', 'm', 'f']);
const onViews: readonly string[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

export function planPosture(input: PlanInput): PosturePlan {
  const { connection, sets, catalog, state } = input;
  const relations = catalog
    .relations()
    .filter(({ system, kind, schema }) => !system && kinds.has(kind) && !state.ours.has(schema))
    .toSorted((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name));
  const leftOut: string[] = [];
  const readable = relations.filter((relation) => {
    if (tablePrivileges(state.held, relation).includes('SELECT')) return true;
    leftOut.push(`${relation.schema}.${relation.name}: ${state.login} may not read it`);
    return false;
  });
  for (const relation of readable) {
    leftOut.push(...columnsLeftOut(relation));
    if (hasRules(relation, state))
      leftOut.push(`${relation.schema}.${relation.name}: it has rules, so it is only read`);
  }
  const plans = sets.map((set): SetPlan => {
    const role = setRole(connection, set);
    if (set === 'all') return { set, role, schemas: [], views: [] };
    const views = readable.flatMap((relation) => viewOf(relation, set, input));
    const originals = [...new Set(views.map((each) => each.base.schema))];
    return {
      set,
      role,
      schemas: originals.map((original) => ({ name: viewSchema(connection, set, original), original })),
      views,
    };
  });
  const keyed = plans.some(({ views }) =>
    views.some(({ columns }) => columns.some(({ mask }) => mask !== null && /(?:pseudonym|shift)$/.test(mask))),
  );
  return { sets: plans, leftOut, keyed };
}

export function functionsOf(connection: string): KeyedFunctions {
  const schema = privateSchema(connection);
  return { digest: identifier(schema, 'digest'), shiftDays: identifier(schema, 'shift_days') };
}

/** The first column of this relation that is said to name the patient, quoted; null = none is. */
function patientColumn({ schema, name, columns }: Relation, keys: Readonly<Record<string, string>>): string | null {
  const named = Object.keys(keys).find((key) => columns.some((column) => key === `${schema}.${name}.${column.name}`));
  return named === undefined ? null : `t.${identifier(named.slice(`${schema}.${name}.`.length))}`;
}

/** Of the whole relation; a right to single columns gives none to a view. */
function tablePrivileges(held: readonly Held[], { schema, name }: { schema: string; name: string }): string[] {
  const own = held.filter((each) => each.kind === 'table' && each.schema === schema && each.name === name);
  return [...new Set(own.filter((each) => each.column === null).map((each) => each.privilege))];
}

/** How a column comes to be masked by the database; null = not by the database. */
export function maskOf(
  column: Pick<Column, 'classification' | 'jsonPaths'>,
  set: ClassSet,
  masks: MaskRules,
): string | null {
  const { classification, jsonPaths } = column;
  if (classification === 'clear') return null;
  if (classification === 'unknown') return jsonPaths ? 'unknown null' : null;
  return covers(shownBy(masks, set), classification) ? null : `${classification} ${operatorFor(classification, masks)}`;
}

function viewOf(relation: Relation, set: ClassSet, input: PlanInput): View[] {
  const { connection, catalog, state, masks } = input;
  const patient = patientColumn(relation, input.patientKeys ?? {});
  const columns = relation.columns.flatMap((column): ViewColumn[] => {
    const { name, classification } = column;
    if (!isVisible(column)) return [];
    const mask = maskOf(column, set, masks);
    const quoted = `t.${identifier(name)}`;
    if (mask === null) return [{ name, expression: quoted, mask }];
    const type = state.castOf.get(`${relation.oid}.${column.attnum}`) ?? 'pg_catalog.text';
    if (classification === 'unknown' || classification === 'clear')
      return [{ name, expression: `NULL::${type}`, mask }];
    const base = baseOf(catalog.type(column.typeOid));
    const masked = { name: quoted, base, type, cls: classification, ...(patient === null ? {} : { patient }) };
    return [{ name, expression: sqlMask(masked, masks, functionsOf(connection)), mask }];
  });
  if (columns.length === 0) return [];
  // INVARIANT: a rule may answer a write with rows of any table, so what has one is only read.
  const possible = hasRules(relation, state) ? ['SELECT'] : onViews;
  const held = tablePrivileges(state.held, relation);
  return [
    {
      schema: viewSchema(connection, set, relation.schema),
      name: relation.name,
      base: { schema: relation.schema, name: relation.name },
      columns,
      privileges: possible.filter((each) => held.includes(each)),
    },
  ];
}

function hasRules({ schema, name }: Relation, { ruled }: PostureState): boolean {
  return ruled.has(identifier(schema, name));
}

function isVisible(column: Column): boolean {
  return column.classification !== 'unknown' || column.jsonPaths !== undefined;
}

function columnsLeftOut({ schema, name, columns }: Relation): string[] {
  const hidden = columns.filter((each) => !isVisible(each)).map((each) => each.name);
  if (hidden.length === 0) return [];
  const what = hidden.length === columns.length ? ' (all of it)' : '';
  return [`${schema}.${name}${what}: nobody has classified ${hidden.join(', ')}`];
}

function baseOf(type: PostgresType): string | null {
  if (type.kind === 'domain') return baseOf(type.base);
  return type.kind === 'base' ? type.name : null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
