// What a value is made of: the columns it derives from and their classes, carried through subqueries by name and position,
// and what it is, where that is known. Where several readings are possible it is all of them.

import type { JsonPaths, PhiClass } from '../core/phi.ts';
import type { Relation } from './catalog.ts';

export type ProtectedClass = PhiClass | 'unknown';

/**
 * What a protected value is known to be. Nothing known = computed in any way.
 * - `column`: a value of columns of this class as it is, or NULL; `mixed` = or any value that is not protected.
 * - `row`: a whole row of a relation, of that relation's row type.
 * - `moment`: the value of a date column as a date or timestamp of another type; `zoned` = as a timestamptz.
 * - `year`: no more than the year of a value of a date column.
 * - `answer`: no more than what the statement's `filter` grants give away. Worth nothing outside the statement.
 * - `definition`: SQL text from the catalog, whose literals may be anything; `mixed` = or any other value.
 * - `word`: such a text without the quotes around it: the name of a column, or anything.
 * - `source`: the same as a tree, as code of another language, or another thing of the catalog that is not shown.
 */
export type Form =
  | {
      readonly kind: 'column';
      readonly column: string;
      readonly cls: ProtectedClass;
      readonly typeOid: number;
      readonly jsonPaths: JsonPaths | undefined;
      readonly mixed: boolean;
    }
  | { readonly kind: 'row'; readonly shape: Shape }
  | { readonly kind: 'definition'; readonly mixed: boolean }
  | { readonly kind: 'moment'; readonly zoned: boolean }
  | { readonly kind: 'year' | 'answer' | 'word' | 'source' };

export interface Lineage {
  /** Empty = nothing protected went into it. */
  readonly classes: ReadonlySet<ProtectedClass>;
  /** `schema.table.column`. */
  readonly columns: ReadonlySet<string>;
  readonly form?: Form | undefined;
  /** Whether it is NULL depends on what is in the values it is made of, not only on which of them are NULL. */
  readonly nullTells?: true;
  /** Of which type it is, as `typeName` has it; `literal` = a constant, of the type of what stands beside it. Undefined = not known. */
  readonly type?: string | undefined;
  /** Bytes it may have, where the statement can have made it longer than what lies in tables (sizes.ts). */
  readonly size?: number | undefined;
}

export const nothing: Lineage = { classes: new Set(), columns: new Set() };

/** Of a constant that is no NULL. */
export const literal: Lineage = { ...nothing, type: 'literal' };

/** Of NULL, written out: it is no value that others could be compared with. */
export const nullValue: Lineage = { ...literal };

/** Of what cannot be traced. */
export const untraced: Lineage = { classes: new Set(['unknown']), columns: new Set() };

/**
 * Of what is computed from all of these. INVARIANT: what went through a computation is no longer what it was. What is made of
 * answers alone is one.
 */
export function unite(lineages: readonly Lineage[]): Lineage {
  const [first, ...others] = lineages.filter((each) => !isNothing(each));
  const size = lineages.reduce((sum, each) => sum + (each.size ?? 0), 0) || undefined;
  if (!first) return sized(nothing, size);
  if (others.length === 0 && (first.form?.kind === 'answer' || first.form === undefined))
    return sized(typed(first, undefined), size);
  const classes = new Set(first.classes);
  const columns = new Set(first.columns);
  for (const other of others) {
    for (const cls of other.classes) classes.add(cls);
    for (const column of other.columns) columns.add(column);
  }
  const united = sized(telling({ classes, columns }, lineages), size);
  return lineages.every((each) => !isProtected(each) || each.form?.kind === 'answer')
    ? as(united, { kind: 'answer' })
    : united;
}

/** Neither protected nor made of any column. */
export function isNothing({ classes, columns }: Lineage): boolean {
  return classes.size === 0 && columns.size === 0;
}

/** The same, of this type. */
export function typed(lineage: Lineage, type: string | undefined): Lineage {
  return lineage.type === type ? lineage : made(lineage, type, lineage.size);
}

/** The same, of at most so many bytes; undefined = of no more than what lies in tables. */
export function sized(lineage: Lineage, size: number | undefined): Lineage {
  return lineage.size === size ? lineage : made(lineage, lineage.type, size);
}

function made(
  { classes, columns, form, nullTells }: Lineage,
  type: string | undefined,
  size: number | undefined,
): Lineage {
  return {
    classes,
    columns,
    ...(form && { form }),
    ...(nullTells && { nullTells }),
    ...(type !== undefined && { type }),
    ...(size !== undefined && { size }),
  };
}

/** Its classes and columns, and what the NULLs of these tell. */
function telling({ classes, columns }: Lineage, of: readonly Lineage[]): Lineage {
  return of.some((each) => each.nullTells) ? { classes, columns, nullTells: true } : { classes, columns };
}

/** Of a value that is there or not by what is in this one: a key of a document, a match of a pattern. */
export function absentBy(lineage: Lineage): Lineage {
  if (!isProtected(lineage)) return lineage;
  const { classes, columns, size } = lineage;
  return sized({ classes, columns, nullTells: true }, size);
}

/** Of a value that is one of these, as it is. */
export function either(lineages: readonly Lineage[]): Lineage {
  const [first, ...others] = lineages;
  if (!first) return nothing;
  if (others.length === 0) return first;
  const form = commonForm(lineages);
  const longest = Math.max(...lineages.map((each) => each.size ?? 0)) || undefined;
  const united = sized(unite(lineages), longest);
  return typed(form ? { ...united, form } : unite([united]), commonType(lineages));
}

const exactNumbers: ReadonlySet<string | undefined> = new Set(['int2', 'int4', 'int8', 'numeric']);

/** Of a number that is computed from these; undefined unless all are exact. */
export function exactType(lineages: readonly Lineage[]): string | undefined {
  return exactNumbers.has(commonType(lineages)) ? 'numeric' : undefined;
}

/** Of what is one of these, as the server makes one type of theirs (parse_coerce.c, select_common_type). */
export function commonType(lineages: readonly Lineage[]): string | undefined {
  const types = new Set(lineages.map((each) => each.type));
  types.delete('literal');
  if (types.size === 0) return 'literal';
  const [only] = types;
  if (types.size === 1) return only;
  return [...types].every((each) => exactNumbers.has(each)) ? 'numeric' : undefined;
}

function commonForm(lineages: readonly Lineage[]): Form | undefined {
  const kept = lineages.filter(isProtected);
  const mixed = lineages.some((each) => !isProtected(each) && each !== nullValue);
  const [form, ...others] = kept.map((each) => each.form);
  if (!form || form.kind === 'row') return undefined;
  if (form.kind === 'definition') {
    const alike = others.every((each) => each?.kind === 'definition');
    const anyMixed = mixed || kept.some((each) => each.form?.kind === 'definition' && each.form.mixed);
    return alike ? { kind: 'definition', mixed: anyMixed } : undefined;
  }
  if (form.kind === 'moment') {
    return others.every((each) => each?.kind === 'moment' && each.zoned === form.zoned) ? form : undefined;
  }
  if (form.kind !== 'column') return others.every((each) => each?.kind === form.kind) ? form : undefined;
  const alike = others.every(
    (each) => each?.kind === 'column' && each.cls === form.cls && each.jsonPaths === form.jsonPaths,
  );
  if (!alike) return undefined;
  const anyMixed = mixed || [form, ...others].some((each) => each?.kind === 'column' && each.mixed);
  const oneType = others.every((each) => each?.kind === 'column' && each.typeOid === form.typeOid);
  return { ...form, mixed: anyMixed, typeOid: oneType ? form.typeOid : 0 };
}

/** Of an array whose elements are of this lineage: the mask of a column is that of each element. */
export function inArray(element: Lineage): Lineage {
  const { classes, columns, form, size } = element;
  if (form?.kind === 'column') return sized({ classes, columns, form: { ...form, typeOid: 0 } }, size);
  return form?.kind === 'definition' ? typed(element, undefined) : unite([element]);
}

/** The same, known to be this. */
export function as(lineage: Lineage, form: Form): Lineage {
  return isProtected(lineage) ? typed({ ...lineage, form }, undefined) : lineage;
}

/** SQL text of the catalog itself: which of them are alike and how they sort says nothing of the literals in them. */
export function isDefinition({ form }: Lineage): boolean {
  return form?.kind === 'definition' && !form.mixed;
}

/** Whether it is there is no secret. */
export function isOfCatalog({ form }: Lineage): boolean {
  return form?.kind === 'definition' || form?.kind === 'source';
}

export function isProtected(lineage: Lineage): boolean {
  return lineage.classes.size > 0;
}

/** The name of a column whose name is PostgreSQL's choice and not known here: every name may mean it. */
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
  return { columns: null, whole: unite([whole]) };
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
  if (!a.columns || !b.columns || a.columns.length !== b.columns.length) return formless(whole);
  const columns = a.columns.map((column, at) => ({
    name: column.name,
    lineage: either([column.lineage, b.columns?.[at]?.lineage ?? nothing]),
  }));
  return { columns, whole };
}

/** Columns of one beside those of the other. */
export function beside(shapes: readonly Shape[]): Shape {
  const whole = unite(shapes.map((each) => each.whole));
  const columns: OutputColumn[] = [];
  for (const shape of shapes) {
    if (!shape.columns) return formless(whole);
    columns.push(...shape.columns);
  }
  return { columns, whole };
}

/** What is known of a relation once its definition has been read, if it has one. */
export interface Reading {
  readonly shape: Shape;
  /** Its rows come from, or are chosen by, protected columns. */
  readonly touchesProtected: boolean;
  /** Whatever it reads, `schema.table`. */
  readonly relations: ReadonlySet<string>;
  /** What is written into its definition, constants included, or into a policy, is part of every plan. */
  readonly says: boolean;
  /** Its definition runs code that cannot be seen into; or its policies, constraints or indexes do. */
  readonly unseen: boolean;
  /** What its definition holds against protected values, each with those. */
  readonly compared: readonly Lineage[];
  /** What of one row its definition lets fail, or be NULL, together with protected values, each with those. */
  readonly beside: readonly Lineage[];
  /** Its definition shows settings that could hold it. */
  readonly readsSettings: boolean;
  /** Of a generated column, by name, columns whose values could make its expression fail. */
  readonly toldBy: ReadonlyMap<string, ReadonlySet<string>>;
}

/** One item of a FROM list. */
export interface Source {
  /** The name its columns may be qualified with; null = none. */
  readonly name: string | null;
  readonly relation: Relation | null;
  readonly shape: Shape;
  /** Its columns are only known by a qualified name: what a join has taken up, OLD and NEW. */
  readonly qualifiedOnly?: boolean;
  /** Of a function: its row may be a plain value, so that `alias.name` calls `name` with it unless named here. */
  readonly fields?: readonly string[];
}

/** What names mean at one place of a statement: its own FROM list, then the queries around it. */
export class Scope {
  readonly parent: Scope | null;
  readonly sources: Source[] = [];
  readonly #queries: Map<string, Shape>;

  constructor(parent: Scope | null, queries: Map<string, Shape> = new Map()) {
    this.parent = parent;
    this.#queries = queries;
  }

  /** As this one, but with another FROM list: none for a subquery that is not LATERAL. */
  aside(sources: readonly Source[] = []): Scope {
    const scope = new Scope(this.parent, this.#queries);
    scope.sources.push(...sources);
    return scope;
  }

  /** Names a WITH query. */
  name(query: string, shape: Shape): void {
    this.#queries.set(query, shape);
  }

  /** The WITH query of this name, the innermost first. */
  query(name: string): Shape | undefined {
    return this.#queries.get(name) ?? this.parent?.query(name);
  }

  /** The sources in sight, those of the innermost query first. */
  *levels(): Generator<readonly Source[]> {
    yield this.sources;
    if (this.parent) yield* this.parent.levels();
  }
}
