// Column references → lineage, by PostgreSQL's own rules (parse_expr.c, transformColumnRef): the innermost query that has the
// name, a column before a row. Where columns are not known a name counts for all it could mean; what it means nowhere is refused.

import type { ColumnRef, Node } from 'libpg-query';
import { mayBeRange, raisesOn } from './failing.ts';
import { givesBound, isOfSequence, isRecordField, mayBeAbsent, mayTell } from './functions.ts';
import { holdsCoded, ofCodedType } from './held-types.ts';
import {
  absentBy,
  anyName,
  beside,
  either,
  formless,
  type Lineage,
  nothing,
  type Scope,
  type Shape,
  type Source,
  sized,
  typed,
  unite,
  untraced,
} from './lineage.ts';
import { settingOfUsers } from './settings.ts';
import { bytesOfCall, bytesQuoted, measured } from './sizes.ts';
import { placeOf } from './ties.ts';
import { mayCall, stringOf, type Walk } from './walk.ts';

const systemColumns: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export function isStar(node: Node | undefined): boolean {
  if (!node) return false;
  if ('A_Star' in node) return true;
  if ('ColumnRef' in node) return isStar(node.ColumnRef.fields?.at(-1));
  return 'A_Indirection' in node && isStar(node.A_Indirection.indirection?.at(-1));
}

/** The lineage of a column or whole-row reference. What it reads is noted. */
export function columnReference(walk: Walk, ref: ColumnRef, scope: Scope): Lineage {
  const fields = ref.fields ?? [];
  const lineage = isStar(fields.at(-1)) ? unite([starShape(walk, fields, scope).whole]) : resolve(walk, fields, scope);
  return read(walk, lineage);
}

function read(walk: Walk, lineage: Lineage): Lineage {
  walk.findings.use(lineage);
  if (holdsCoded(walk.catalog, lineage)) walk.findings.hide(ofCodedType);
  return lineage;
}

function resolve(walk: Walk, fields: readonly Node[], scope: Scope): Lineage {
  const names = fields.map((field) => stringOf(field) ?? '');
  return names.length === 1 ? unqualified(walk, names[0] ?? '', scope) : qualified(walk, names, scope);
}

function unqualified(walk: Walk, name: string, scope: Scope): Lineage {
  const found: Lineage[] = [];
  for (const level of scope.levels()) {
    const here = level.filter((source) => !source.qualifiedOnly);
    found.push(...here.flatMap((source) => inShape(source.shape, name) ?? []));
    if (systemColumns.has(name)) for (const each of here) if (each.relation) found.push(systemColumn(walk, each, name));
    // Ambiguous names are the server's to refuse.
    if (here.some((source) => source.shape.columns?.some((each) => each.name === name))) return either(found);
  }
  // `p` alone is the whole row.
  const [row] = rowsNamed(name, scope);
  if (row) found.push(wholeRow(walk, row));
  return found.length > 0 ? either(found) : unknownName(walk);
}

/** Of the innermost query that has any of this name. */
function rowsNamed(name: string, scope: Scope): readonly Source[] {
  for (const level of scope.levels()) {
    const found = level.filter((source) => source.name === name);
    if (found.length > 0) return found;
  }
  return [];
}

function wholeRow(walk: Walk, source: Source): Lineage {
  const { classes, columns, size } = source.shape.whole;
  walk.findings.star = true;
  walk.findings.wholeRows = true;
  // Of a relation it is of that relation's type, whatever its columns are called here (execExprInterp.c, ExecEvalWholeRowVar).
  const shape = source.relation ? walk.read(source.relation).shape : source.shape;
  const isRow = source.relation !== null || (source.fields === undefined && shape.columns !== null);
  const row: Lineage = { classes, columns, type: 'record', ...(isRow && { form: { kind: 'row', shape } }) };
  return source.relation ? sized(row, size) : measured(walk, row, bytesQuoted([source.shape.whole]));
}

/** `table.*` as an argument: the whole row. */
export function rowArgument(walk: Walk, node: Node, scope: Scope): Lineage | undefined {
  const fields = 'ColumnRef' in node ? (node.ColumnRef.fields ?? []) : [];
  if (fields.length !== 2 || !isStar(fields[1])) return undefined;
  const [source, ...others] = sourcesOf(walk, [stringOf(fields[0]) ?? ''], scope);
  if (!source || others.length > 0) return undefined;
  return read(walk, wholeRow(walk, source));
}

/** `table.column`, `schema.table.column`, `database.schema.table.column`; or `table.function`, a call on the whole row. */
function qualified(walk: Walk, names: readonly string[], scope: Scope): Lineage {
  const column = names.at(-1) ?? '';
  const sources = sourcesOf(walk, names.slice(0, -1), scope);
  if (sources.length === 0) return unknownName(walk);
  return either(sources.map((source) => memberOf(walk, source, column)));
}

function memberOf(walk: Walk, source: Source, name: string): Lineage {
  const column = inShape(source.shape, name);
  const row = typed(source.shape.whole, 'record');
  if (source.fields) {
    const called = source.fields.includes(name) ? unite([row]) : fieldOrCall(walk, name, row);
    return column ?? called;
  }
  // No built-in function that takes a row of a relation, or a bare record, does more than write it down, or compare it.
  const isColumn = source.shape.columns?.some((each) => each.name === name);
  if (!isColumn && walk.catalog.isUserFunction(name)) fieldOrCall(walk, name, row);
  if (column) return column;
  if (systemColumns.has(name) && source.relation) return systemColumn(walk, source, name);
  walk.findings.wholeRows = true;
  return source.relation ? called(walk, name, row) : fieldOrCall(walk, name, row);
}

/** Where a row lies is no secret, but for the partition that it is in by what is in it. */
function systemColumn(walk: Walk, { relation }: Source, name: string): Lineage {
  return name === 'tableoid' ? unite(placeOf(walk, relation)) : nothing;
}

/** `row`, where it can mean nothing but a whole row in sight whose columns are known. */
export function rowOf(row: Node | undefined, scope: Scope): Source | undefined {
  if (!row || !('ColumnRef' in row) || row.ColumnRef.fields?.length !== 1) return undefined;
  const name = stringOf(row.ColumnRef.fields[0]) ?? '';
  for (const level of scope.levels()) {
    const isColumn = level.some((source) => !source.qualifiedOnly && inShape(source.shape, name));
    if (isColumn) return undefined;
  }
  const [source, ...others] = rowsNamed(name, scope);
  return source?.shape.columns && others.length === 0 && !source.fields ? source : undefined;
}

/** INVARIANT: a name after a dot that is no column may be a function of what stands before it; only safe ones pass. */
export function fieldOrCall(walk: Walk, name: string, of: Lineage): Lineage {
  if (name === 'current_setting') walk.findings.refuse('not_provable', settingOfUsers);
  if (isOfSequence(name)) walk.findings.hide('The statement counts on a sequence whose name is computed.');
  if (isRecordField(name) && !walk.catalog.isUserFunction(name)) return unite([of]);
  if (mayTell(name, [0])) walk.findings.mayTell(of);
  if (!mayCall(walk, name))
    walk.findings.hide('The statement reads a field that could be a call of a function not known to be safe.');
  return called(walk, name, of);
}

/** Of a function whose only argument this is: it may fail, be NULL or be long by what is in it. */
function called(walk: Walk, name: string, of: Lineage): Lineage {
  if (raisesOn(walk, name, [of]) || (name === 'count' && of.nullTells)) walk.findings.mayTell(of);
  const isAbsent = mayBeAbsent(name) || (givesBound(name) && mayBeRange(walk, of));
  return measured(walk, isAbsent ? absentBy(of) : unite([of]), bytesOfCall(walk, name, {}, [of]));
}

function unknownName(walk: Walk): Lineage {
  walk.findings.refuse('unknown_relation', 'The statement names a column that is not in the catalog.');
  return untraced;
}

export function inShape(shape: Shape, name: string): Lineage | undefined {
  if (!shape.columns) return shape.whole;
  const same = shape.columns.filter((each) => each.name === name || each.name === anyName);
  return same.length > 0 ? either(same.map((each) => each.lineage)) : undefined;
}

/** Sources a qualifier may mean. `schema.table` is only good for a relation. */
function sourcesOf(walk: Walk, qualifier: readonly string[], scope: Scope): readonly Source[] {
  const [name = '', schema, database, ...rest] = qualifier.toReversed();
  if (schema === undefined) return rowsNamed(name, scope);
  if (rest.length > 0 || (database !== undefined && database !== walk.catalog.database)) return [];
  return [...scope.levels()]
    .flat()
    .filter((source) => source.relation?.name === name && source.relation.schema === schema);
}

/** What `*` or `table.*` stands for, in the FROM list of this very query; outer ones only when qualified. */
export function starShape(walk: Walk, fields: readonly Node[], scope: Scope): Shape {
  walk.findings.star = true;
  const qualifier = fields.slice(0, -1).map((field) => stringOf(field) ?? '');
  if (qualifier.length === 0) {
    return beside(scope.sources.filter((source) => !source.qualifiedOnly).map((source) => source.shape));
  }
  const sources = sourcesOf(walk, qualifier, scope);
  const [source, ...others] = sources;
  if (!source) return formless(unknownName(walk));
  return others.length === 0 ? source.shape : formless(unite(sources.map((each) => each.shape.whole)));
}
