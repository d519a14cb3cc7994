// What the server does by itself when rows are written: it compares them with others, changes more of them, and runs code.
// INVARIANT: what a write is answered with (done, refused, so many rows) says nothing of a protected value unless `filter` is granted.

import type { Catalog, Column, Relation, Ties } from './catalog.ts';
import { type Lineage, untraced } from './lineage.ts';
import type { Walk } from './walk.ts';

const none: Pick<Ties, 'together' | 'referenced'> = { together: [], referenced: [] };

/** INVARIANT: what triggers, rules, defaults and constraints of users do is not known; nor what lies below a view. */
export function mayChange(walk: Walk, relation: Relation | null): void {
  if (relation?.system) walk.findings.refuse('not_provable', 'The statement changes a system relation.');
  if (relation?.active || relation?.kind === 'v') {
    walk.findings.refuse(
      'not_provable',
      'The statement changes a relation whose triggers, rules, defaults or constraints run code that cannot be seen into.',
    );
  }
}

/** Columns that are given values, null = all of them: whether a key takes a value says whether the value is there. */
export function mayInsert(walk: Walk, relation: Relation | null, names: readonly string[] | null): void {
  if (!relation) return;
  mayCollide(walk, relation, names, ['writes']);
  mayAppear(walk, relation, names, comparedInViews(walk).rows);
  defaults(walk, relation);
  // All of the row is the client's own, but a policy may ask elsewhere.
  for (const { elsewhere } of relation.ties?.together ?? []) tellElsewhere(walk, elsewhere);
}

/** Columns that are given other values: whatever stands in the row beside them is compared with those. */
export function mayUpdate(
  walk: Walk,
  relation: Relation | null,
  names: readonly string[],
  seen: Seen = new Set(),
): void {
  if (!relation || again(seen, relation, names.join())) return;
  mayCollide(walk, relation, names, ['writes', 'updates']);
  const { rows, beside } = comparedInViews(walk);
  mayAppear(walk, relation, names, rows);
  mayAppear(walk, relation, names, beside);
  defaults(walk, relation);
  const { together, referenced } = relation.ties ?? none;
  const changed = withMade(relation, names);
  const told = walk.read(relation).toldBy;
  for (const { columns, elsewhere, makes } of together) {
    if (!columns.some((each) => changed.has(each))) continue;
    tellElsewhere(walk, elsewhere);
    const beside = columns.filter((each) => !names.includes(each));
    for (const each of beside) if (makes === null || told.get(makes)?.has(each)) tell(walk, relation, each);
  }
  for (const { columns, from, by, onUpdate } of referenced) {
    if (!columns.some((each) => changed.has(each))) continue;
    const pointing = pointingAt(walk, from, by);
    if (onUpdate === 'refuse') continue;
    mayChange(walk, pointing);
    mayUpdate(walk, pointing, by, seen);
  }
}

/**
 * Columns of which a part is given another value (`SET document['key']`, `SET list[1]`, `SET pair.a`): a key or dimension that is
 * there, or a domain that looks at the whole, decides whether it fails.
 */
export function mayChangePart(walk: Walk, relation: Relation | null, names: readonly string[]): void {
  if (relation) for (const each of names) tell(walk, relation, each);
}

/** Rows that go: who points at them is asked, and may go with them. */
export function mayDelete(walk: Walk, relation: Relation | null, seen: Seen = new Set()): void {
  if (!relation || again(seen, relation, '')) return;
  for (const { from, by, onDelete } of relation.ties?.referenced ?? []) {
    const pointing = pointingAt(walk, from, by);
    if (onDelete === 'refuse') continue;
    mayChange(walk, pointing);
    if (onDelete === 'cascade') mayDelete(walk, pointing, seen);
    else mayUpdate(walk, pointing, by, seen);
  }
}

/** TRUNCATE, with CASCADE of whatever points at the relation as well. */
export function mayTruncate(walk: Walk, relation: Relation | null, cascades: boolean, seen: Seen = new Set()): void {
  if (!relation || again(seen, relation, '')) return;
  mayChange(walk, relation);
  if (!cascades) return;
  for (const { from } of relation.ties?.referenced ?? []) {
    const pointing = walk.catalog.relationByOid(from);
    if (pointing) walk.findings.touch(pointing, walk.read(pointing));
    mayTruncate(walk, pointing ?? null, true, seen);
  }
}

/** What says in which partition a row lies: the columns of the key. */
export function placeOf(walk: Walk, relation: Relation | null): Lineage[] {
  return relation?.ties?.placedBy.map((each) => heldIn(walk, relation, each)) ?? [];
}

/** What has been followed already: a relation's OID and columns. */
type Seen = Set<string>;

function again(seen: Seen, { oid }: Relation, columns: string): boolean {
  const here = `${oid}\0${columns}`;
  if (seen.has(here)) return true;
  seen.add(here);
  return false;
}

/** INVARIANT: whether a key takes a value says whether the value is there: writing it is comparing. Null = all columns. */
function mayCollide(
  walk: Walk,
  relation: Relation,
  names: readonly string[] | null,
  telling: readonly NonNullable<Column['key']>[],
): void {
  const written = names && withMade(relation, names);
  for (const { name, key } of relation.columns)
    if (key && telling.includes(key) && (written?.has(name) ?? true)) tell(walk, relation, name);
}

/** INVARIANT: what a view holds against a protected value is not chosen by who may read that view. Null = all columns. */
function mayAppear(
  walk: Walk,
  relation: Relation,
  names: readonly string[] | null,
  compared: readonly Lineage[],
): void {
  const family = (relation.ties?.family ?? []).flatMap((oid) => walk.catalog.relationByOid(oid) ?? []);
  const written = names && withMade(relation, names);
  const columns = [relation, ...family].flatMap(({ schema, name, columns: all }) =>
    all.flatMap((each) => (written?.has(each.name) === false ? [] : `${schema}.${name}.${each.name}`)),
  );
  for (const each of compared) {
    if (columns.some((column) => each.columns.has(column))) walk.findings.mayTell(each);
  }
}

interface Compared {
  /** Where it decides which rows there are, or is of several relations. */
  readonly rows: readonly Lineage[];
  /** Within one row: a new row is its writer's own, and tells of nobody. */
  readonly beside: readonly Lineage[];
}

const known = new WeakMap<Catalog, Compared>();

function comparedInViews(walk: Walk): Compared {
  const { catalog } = walk;
  const before = known.get(catalog);
  if (before) return before;
  const views = catalog.relations().filter(({ kind, system }) => (kind === 'v' || kind === 'm') && !system);
  const readings = views.map((view) => walk.read(view));
  const compared = {
    rows: readings.flatMap((each) => each.compared),
    beside: readings.flatMap((each) => each.beside),
  };
  known.set(catalog, compared);
  return compared;
}

/** With the generated columns that are made of them. */
function withMade({ ties }: Relation, names: readonly string[]): ReadonlySet<string> {
  const all = new Set(names);
  // A generated column is made of no other one.
  for (const { columns, makes } of ties?.together ?? []) {
    if (makes !== null && columns.some((each) => names.includes(each))) all.add(makes);
  }
  return all;
}

/** A default may be what a setting holds. */
function defaults({ findings }: Walk, { ties }: Relation): void {
  if (ties?.readsSettings) findings.readsSettings = true;
}

function pointingAt(walk: Walk, oid: number, by: readonly string[]): Relation | null {
  const pointing = walk.catalog.relationByOid(oid) ?? null;
  if (pointing) for (const each of by) tell(walk, pointing, each);
  else walk.findings.mayTell(untraced);
  return pointing;
}

function tellElsewhere(walk: Walk, columns: Ties['together'][number]['elsewhere']): void {
  for (const { relation, column } of columns) {
    const other = walk.catalog.relationByOid(relation);
    if (other) tell(walk, other, column);
    else walk.findings.mayTell(untraced);
  }
}

function tell(walk: Walk, relation: Relation, column: string): void {
  walk.findings.mayTell(heldIn(walk, relation, column));
}

/** What is in a column, where the database shows it masked as well. */
function heldIn(walk: Walk, relation: Relation, column: string): Lineage {
  const { maskedAs } = relation.columns.find((each) => each.name === column) ?? {};
  const lineage = walk.read(relation).shape.columns?.find((each) => each.name === column)?.lineage ?? untraced;
  return maskedAs === undefined ? lineage : { ...lineage, classes: new Set([maskedAs]) };
}
