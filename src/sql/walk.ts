// What every part of the analysis shares while one statement is walked: the catalog, what has been found, and the way back
// into queries from inside expressions. Also how names of relations, functions, operators and types are resolved.

import type { FuncCall, Node, RangeVar, TypeName } from 'libpg-query';
import { unknownType } from '../core/postgres-type.ts';
import type { Catalog, Relation } from './catalog.ts';
import type { Findings } from './findings.ts';
import { isAllowedFunction, isAllowedInformationSchemaFunction } from './functions.ts';
import type { Lineage, Reading, Scope, Shape } from './lineage.ts';
import { isAllowedSystemRelation } from './relations.ts';
import { isBuiltinType, isMomentType, isZonedType } from './types.ts';

export interface Walk {
  readonly catalog: Catalog;
  /** Schemas an unqualified name is looked for in, after pg_catalog. */
  readonly searchPath: readonly string[];
  readonly findings: Findings;
  /** What is known of a relation: its columns' lineage, through its definition if it has one. */
  read(relation: Relation): Reading;
  /** What an expression's value derives from. */
  value(node: Node | undefined, scope: Scope): Lineage;
  /** The rows of a SELECT, or what a data-modifying statement returns; analyses it on the way. */
  rows(query: Node, around: Scope | null): Shape;
  /** Of the statement: all of its constants together have no more. 0 for what the catalog holds. */
  readonly textBytes: number;
  /** How often recursive queries have been walked; bounded, as they may be nested. */
  rounds: number;
}

type KeysOf<T> = T extends T ? keyof T : never;
export type NodeKind = KeysOf<Node>;
export type NodeOf<K extends NodeKind> = Node extends infer N ? (N extends Record<K, infer V> ? V : never) : never;

/** A node is an object with its kind as the only key; an absent or empty one has none. */
export function kindOf(node: Node | undefined): string | undefined {
  return Object.keys(node ?? {})[0];
}

export function stringOf(node: Node | undefined): string | undefined {
  return node && 'String' in node ? (node.String.sval ?? '') : undefined;
}

export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((each) => stringOf(each) ?? '');
}

/** The text of a constant that is written out, cast to text or not. */
export function writtenText(node: Node | undefined): string | undefined {
  if (node && 'TypeCast' in node) {
    const { arg, typeName } = node.TypeCast;
    const isText = stringOf(typeName?.names?.at(-1)) === 'text' && !typeName?.arrayBounds?.length;
    return isText ? writtenText(arg) : undefined;
  }
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}

/** The relation as the server would find it: pg_catalog first, then the pinned search path. Refuses what is not known. */
export function relationOf(walk: Walk, range: RangeVar): Relation | undefined {
  const { catalog, findings } = walk;
  const name = range.relname ?? '';
  const schemas = range.schemaname === undefined ? ['pg_catalog', ...walk.searchPath] : [range.schemaname];
  const isHere = range.catalogname === undefined || range.catalogname === catalog.database;
  for (const schema of isHere ? schemas : []) {
    const relation = catalog.relation(schema, name);
    if (!relation) continue;
    findings.touch(relation, walk.read(relation));
    if (relation.system && name === 'pg_settings') findings.readsSettings = true;
    if (relation.system && !isAllowedSystemRelation(schema, name)) {
      findings.refuse('not_provable', `The system relation ${schema}.${name} shows more than masked data.`);
    }
    return relation;
  }
  findings.touchesProtected = true;
  findings.refuse('unknown_relation', 'The statement names a relation that is not in the catalog.');
  return undefined;
}

/** Checks a function by its name; returns the plain name. */
export function functionOf(walk: Walk, call: FuncCall): string {
  const parts = stringsOf(call.funcname);
  const name = parts.at(-1) ?? '';
  walk.findings.functions.add(parts.join('.'));
  const [schema] = parts.length === 2 ? parts : [undefined];
  const known =
    parts.length === 1
      ? mayCall(walk, name)
      : (schema === 'pg_catalog' && mayCall(walk, name, 'pg_catalog.')) ||
        (schema === 'information_schema' && isAllowedInformationSchemaFunction(name));
  if (!known) walk.findings.hide('The statement calls a function that is not known to be safe.');
  return name;
}

/** Whether the call can mean only functions of users that a person has read: they compute from their arguments, and write nothing. */
export function isDeclaredSafe({ catalog }: Walk, call: FuncCall): boolean {
  return catalog.isDeclaredSafe(stringsOf(call.funcname).join('.'));
}

/** Whether a call of this name can only mean a built-in function that is known to be safe. */
export function mayCall(walk: Walk, name: string, qualifier: '' | 'pg_catalog.' = ''): boolean {
  return isAllowedFunction(name) && !walk.catalog.isUserFunction(qualifier + name) && !walk.catalog.isCastByUsers(name);
}

/** Whether an expression has the same value for every row, whatever the data. */
export function isConstant(node: Node | undefined): boolean {
  if (!node || !kindOf(node)) return true;
  if ('A_Const' in node || 'ParamRef' in node) return true;
  return 'TypeCast' in node && isConstant(node.TypeCast.arg);
}

/** A column's value of a date type that is classed as a date. */
function isDateColumn(walk: Walk, { form }: Lineage): boolean {
  if (form?.kind !== 'column' || form.cls !== 'date' || form.mixed) return false;
  const type = walk.catalog.type(form.typeOid);
  return type.kind === 'base' && isMomentType(type.name);
}

/** The same, or such a value cast to another date type. */
export function isMoment(walk: Walk, lineage: Lineage): boolean {
  return lineage.form?.kind === 'moment' || isDateColumn(walk, lineage);
}

/** Of one of these, whether it is an instant. */
export function isZoned(walk: Walk, { form }: Lineage): boolean {
  if (form?.kind === 'moment') return form.zoned;
  const type = form?.kind === 'column' ? walk.catalog.type(form.typeOid) : unknownType;
  return type.kind === 'base' && isZonedType(type.name);
}

/** A column's value that is an array of plain values. */
export function isArrayColumn(walk: Walk, { form }: Lineage): boolean {
  if (form?.kind !== 'column' || form.jsonPaths) return false;
  const type = walk.catalog.type(form.typeOid);
  return type.kind === 'array' && (type.element.kind === 'base' || type.element.kind === 'enum');
}

/** What nothing protected is in, a text of the catalog, or a column's value that is no array. */
export function isScalarColumn(walk: Walk, { classes, form }: Lineage): boolean {
  if (classes.size === 0 || form?.kind === 'definition') return true;
  if (form?.kind !== 'column') return false;
  const type = walk.catalog.type(form.typeOid);
  return type.kind === 'base' || type.kind === 'enum';
}

/** Checks an operator; returns its plain name. */
export function operatorOf(walk: Walk, parts: readonly Node[] | undefined): string {
  const names = stringsOf(parts);
  const name = names.at(-1) ?? '';
  const builtin = names.length === 1 ? !walk.catalog.isUserOperator(name) : names[0] === 'pg_catalog';
  if (!builtin) walk.findings.hide('The statement uses an operator that is not built in.');
  return name;
}

/** Operators that PostgreSQL looks up by itself: for IN, USING, CASE x WHEN, BETWEEN. */
export function impliedOperators(walk: Walk, names: readonly string[]): void {
  if (names.some((name) => walk.catalog.isUserOperator(name))) {
    walk.findings.hide('The statement uses an operator that is not built in.');
  }
}

/** Checks a type; returns its plain name. */
export function typeOf(walk: Walk, type: TypeName | undefined): string {
  const parts = stringsOf(type?.names);
  const name = parts.at(-1) ?? '';
  const [schema] = parts;
  const { catalog } = walk;
  const builtin =
    parts.length === 1
      ? isBuiltinType(name) && !catalog.isUserType(name)
      : parts.length === 2 && schema === 'pg_catalog' && isBuiltinType(name);
  const isEnum = parts.length <= 2 && schema !== 'pg_catalog' && catalog.isEnumType(name);
  if (catalog.isCastByUsers(name)) walk.findings.hide('The statement names a type that functions of users cast.');
  if (!(builtin || isEnum) || type?.pct_type || type?.setof || (type?.typeOid ?? 0) !== 0) {
    walk.findings.refuse('not_provable', 'The statement names a type that is not built in.');
  }
  return type?.arrayBounds?.length ? `_${name}` : name;
}
