// What a value is made of: the columns it derives from and their classes, carried through subqueries by name and position.
// Where several readings are possible it is all of them.

import type { PhiClass } from '../core/phi.ts';
import type { Column, Relation } from './catalog.ts';

export type ProtectedClass = PhiClass | 'unknown';

export interface Lineage {
  /** Empty = nothing protected went into it. */
  readonly classes: ReadonlySet<ProtectedClass>;
  /** `schema.table.column`. */
  readonly columns: ReadonlySet<string>;
}

export const nothing: Lineage = { classes: new Set(), columns: new Set() };

/** Of what cannot be traced. */
export const untraced: Lineage = { classes: new Set(['unknown']), columns: new Set() };

export function unite(lineages: readonly Lineage[]): Lineage {
  const [first, ...others] = lineages.filter((each) => each !== nothing);
  if (!first) return nothing;
  if (others.length === 0) return first;
  const classes = new Set(first.classes);
  const columns = new Set(first.columns);
  for (const other of others) {
    for (const cls of other.classes) classes.add(cls);
    for (const column of other.columns) columns.add(column);
  }
  return { classes, columns };
}

export function isProtected(lineage: Lineage): boolean {
  return lineage.classes.size > 0;
}

/** The name of a column whose name is PostgreSQL's choice (`case`, `coalesce`, …): every name may mean it. */
export const anyName = '\0';

export interface OutputColumn {
  readonly name: string;
  readonly lineage: Lineage;
}

/** The columns of a query or relation. `columns` is null when their names or number are not known. */
export interface Shape {
  readonly columns: readonly OutputColumn[] | null;
  /** Whatever any of them can be made of. */
  readonly whole: Lineage;
}

export const noColumns: Shape = { columns: [], whole: nothing };

export function shapeOf(columns: readonly OutputColumn[]): Shape {
  return { columns, whole: unite(columns.map((each) => each.lineage)) };
}

export function formless(whole: Lineage): Shape {
  return { columns: null, whole };
}

/** Renames the first columns, as an alias with a column list does. */
export function renamed(shape: Shape, names: readonly string[]): Shape {
  if (!shape.columns || names.length === 0) return shape;
  const columns = shape.columns.map((column, at) => ({ name: names[at] ?? column.name, lineage: column.lineage }));
  return { columns, whole: shape.whole };
}

/** Rows of both, column by column. */
export function stacked(a: Shape, b: Shape): Shape {
  const whole = unite([a.whole, b.whole]);
  if (!a.columns || !b.columns) return formless(whole);
  const columns = a.columns.map((column, at) => ({
    name: column.name,
    lineage: unite([column.lineage, b.columns?.[at]?.lineage ?? nothing]),
  }));
  return { columns, whole };
}

const relationShapes = new WeakMap<Relation, Shape>();

export function shapeOfRelation(relation: Relation): Shape {
  const known = relationShapes.get(relation);
  if (known) return known;
  const shape = shapeOf(relation.columns.map((column) => ({ name: column.name, lineage: ofColumn(relation, column) })));
  relationShapes.set(relation, shape);
  return shape;
}

function ofColumn(relation: Relation, column: Column): Lineage {
  return {
    classes: new Set(column.classification === 'clear' ? [] : [column.classification]),
    columns: new Set([`${relation.schema}.${relation.name}.${column.name}`]),
  };
}

/** One item of a FROM list. */
export interface Source {
  /** The name its columns may be qualified with; null = none. */
  readonly name: string | null;
  readonly relation: Relation | null;
  readonly shape: Shape;
  /** Of a function: its row may be a plain value, so that `alias.name` calls `name` with it unless named here. */
  readonly fields?: readonly string[];
}

/** What names mean at one place of a statement: its own FROM list, then the queries around it. */
export class Scope {
  readonly parent: Scope | null;
  readonly sources: Source[] = [];
  /** Whether a join has merged columns (USING, NATURAL), so that the order of `*` is not that of the sources. */
  merged = false;
  readonly #queries: Map<string, Shape>;

  constructor(parent: Scope | null, queries: Map<string, Shape> = new Map()) {
    this.parent = parent;
    this.#queries = queries;
  }

  /** As this one, but blind to its FROM list: for a subquery that is not LATERAL. */
  aside(): Scope {
    return new Scope(this.parent, this.#queries);
  }

  /** Names a WITH query. */
  name(query: string, shape: Shape): void {
    this.#queries.set(query, shape);
  }

  /** The WITH query of this name, the innermost first. */
  query(name: string): Shape | undefined {
    return this.#queries.get(name) ?? this.parent?.query(name);
  }

  /** Every source in sight. */
  *visible(): Generator<Source> {
    yield* this.sources;
    if (this.parent) yield* this.parent.visible();
  }
}
