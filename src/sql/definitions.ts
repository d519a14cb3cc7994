// Relations as they are read: of a table the classes of its columns; of a view, a materialized view and a generated column
// what their definitions make of those. INVARIANT: a definition that cannot be vouched for gives untraced columns.

import type { Node } from 'libpg-query';
import type { Catalog, Column, Relation } from './catalog.ts';
import { expression } from './expressions.ts';
import { typeName } from './held-types.ts';
import {
  as,
  isProtected,
  type Lineage,
  type OutputColumn,
  type Reading,
  Scope,
  type Shape,
  shapeOf,
  typed,
  unite,
  untraced,
} from './lineage.ts';
import { parseStatements } from './parse.ts';
import { hiddenColumn } from './relations.ts';
import type { Walk } from './walk.ts';

const readings = new WeakMap<Catalog, Map<Relation, Reading>>();

/** `fresh` gives a walk of its own to each definition: what it filters by is its owner's affair, not the statement's. */
export function readingOf(relation: Relation, catalog: Catalog, fresh: () => Walk): Reading {
  let known = readings.get(catalog);
  if (!known) readings.set(catalog, (known = new Map<Relation, Reading>()));
  const before = known.get(relation);
  if (before) return before;
  // A view cannot read itself; if the catalog says so all the same, nothing is known of it.
  known.set(
    relation,
    withColumns(catalog, relation, () => untraced, true),
  );
  const reading = relation.definition === undefined ? ofTable(catalog, relation, fresh) : ofQuery(relation, fresh());
  known.set(relation, reading);
  return reading;
}

function ofTable(catalog: Catalog, relation: Relation, fresh: () => Walk): Reading {
  const known = (column: Column): Lineage => (column.computed ? untraced : ofColumn(relation, column));
  const plain = withColumns(catalog, relation, known, false);
  const expressions = relation.columns.flatMap((each) => each.expression ?? []);
  if (expressions.length === 0) return plain;
  const shown = relation.columns.flatMap((each) => (each.virtual ? (each.expression ?? []) : []));
  const says =
    plain.says || shown.some((each) => holdsConstant(queryOf(`SELECT ${each}`) ?? { A_Const: { sval: {} } }));
  const toldBy = new Map<string, ReadonlySet<string>>();
  const reading = withColumns(
    catalog,
    relation,
    (column) => {
      if (column.expression === undefined) return ofColumn(relation, column);
      const { lineage, told } = generated(relation, column.expression, plain.shape, fresh());
      toldBy.set(column.name, told);
      return column.computed ? computed(relation, column, lineage) : ofColumn(relation, column);
    },
    false,
  );
  return { ...reading, says, toldBy };
}

/** What a generated column is, and which columns its expression tells of by failing: all of them where it cannot be read. */
function generated(
  relation: Relation,
  sql: string,
  shape: Shape,
  walk: Walk,
): { readonly lineage: Lineage; readonly told: ReadonlySet<string> } {
  const target = selectList(queryOf(`SELECT ${sql}`));
  const all = new Set(relation.columns.map(({ name }) => name));
  if (!target) return { lineage: untraced, told: all };
  const scope = new Scope(null);
  scope.sources.push({ name: relation.name, relation: null, shape });
  const lineage = expression(walk, target, scope);
  if (walk.findings.refusals.length > 0) return { lineage: untraced, told: all };
  const told = relation.columns.filter((each) => walk.findings.filters.has(nameOf(relation, each)));
  return { lineage, told: new Set(told.map(({ name }) => name)) };
}

function ofQuery(relation: Relation, walk: Walk): Reading {
  const query = queryOf(relation.definition ?? '');
  const columns = query && walk.rows(query, null).columns;
  const { findings } = walk;
  const isSure = findings.refusals.length === 0 && columns?.length === relation.columns.length;
  const reading = withColumns(
    walk.catalog,
    relation,
    (column, at) => computed(relation, column, (isSure && columns?.[at]?.lineage) || untraced),
    !isSure || findings.touchesProtected,
  );
  const says = !isSure || findings.says || holdsConstant(query);
  const unseen = !query || findings.opaque || findings.unseen;
  const { relations, compared, beside, readsSettings } = findings;
  return { ...reading, relations, says, unseen, compared, beside, readsSettings };
}

/** NULL and yes or no say nothing. */
function holdsConstant(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  if ('A_Const' in part) return /"(?:[sfb]s?val|ival)"/.test(JSON.stringify(part.A_Const));
  return Object.values(part).some(holdsConstant);
}

/** Undefined = not one SELECT this parser can read: a newer server may write what is not known here. */
function queryOf(sql: string): Node | undefined {
  const parsed = parseStatements(sql);
  if (!parsed.ok || parsed.value.length !== 1) return undefined;
  const [statement] = parsed.value;
  return statement && 'SelectStmt' in statement.node ? statement.node : undefined;
}

function selectList(query: Node | undefined): Node | undefined {
  const [target, ...others] = query && 'SelectStmt' in query ? (query.SelectStmt.targetList ?? []) : [];
  return target && 'ResTarget' in target && others.length === 0 ? target.ResTarget.val : undefined;
}

function withColumns(
  catalog: Catalog,
  relation: Relation,
  lineageOf: (column: Column, at: number) => Lineage,
  touchesProtected: boolean,
): Reading {
  const columns = relation.columns.map(
    (column, at): OutputColumn => ({
      name: column.name,
      lineage: typed(lineageOf(column, at), typeName(catalog, column.typeOid)),
    }),
  );
  const holdsProtected = !relation.system && columns.some((each) => isProtected(each.lineage));
  return {
    shape: shapeOf(columns),
    touchesProtected: touchesProtected || holdsProtected,
    relations: new Set(),
    says: relation.policed === true,
    unseen: relation.ties?.runsCode === true,
    compared: [],
    beside: [],
    readsSettings: false,
    toldBy: new Map(),
  };
}

function ofColumn(relation: Relation, column: Column): Lineage {
  const name = nameOf(relation, column);
  const hidden = relation.system
    ? hiddenColumn(relation.schema, relation.name, column.name, column.typeOid)
    : undefined;
  if (hidden) {
    const lineage: Lineage = { classes: new Set(['unknown']), columns: new Set([name]) };
    return as(lineage, hidden === 'definition' ? { kind: 'definition', mixed: false } : { kind: 'source' });
  }
  return ofClass(column, new Set([name]));
}

function ofClass(column: Column, columns: ReadonlySet<string>): Lineage {
  const { classification: cls, jsonPaths, typeOid } = column;
  if (cls === 'clear') return { classes: new Set(), columns };
  const [name = ''] = columns;
  return {
    classes: new Set([cls]),
    columns,
    form: { kind: 'column', column: name, cls, typeOid, jsonPaths, mixed: false },
  };
}

/** What the definition makes of it, under its own name too; where a person has spoken, what that person said. */
function computed(relation: Relation, column: Column, made: Lineage): Lineage {
  const columns = new Set([nameOf(relation, column), ...made.columns]);
  if (!column.computed) {
    const said = ofClass(column, columns);
    const others = [...made.classes].filter((each) => each !== 'unknown' && !said.classes.has(each));
    // A word makes a column clear, or protects it: it does not make it less than it is known to be.
    if (column.classification === 'clear' || others.length === 0) return said;
    return unite([said, { classes: new Set(others), columns }]);
  }
  const lineage: Lineage = { classes: made.classes, columns, ...(made.nullTells && { nullTells: true }) };
  // An answer was given to whoever made the view.
  return made.form && made.form.kind !== 'answer' ? as(lineage, made.form) : lineage;
}

function nameOf(relation: Relation, column: Column): string {
  return `${relation.schema}.${relation.name}.${column.name}`;
}
