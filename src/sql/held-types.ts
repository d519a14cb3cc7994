// Of which types values are made, by the columns they derive from. What is not known is of every type.

import { type PostgresType, unknownType } from '../core/postgres-type.ts';
import type { Catalog, Column } from './catalog.ts';
import { isOfCatalog, isProtected, type Lineage } from './lineage.ts';

/** Whether a protected value is made of one of these types; `record` and `range` stand for all of their kind. */
export function mayHold(catalog: Catalog, lineage: Lineage, types: ReadonlySet<string>): boolean {
  if (!isProtected(lineage) || isOfCatalog(lineage)) return false;
  if (lineage.form?.kind === 'row' && types.has('record')) return true;
  return lineage.columns.size === 0 || typesOf(catalog, lineage).some((type) => holds(type, types));
}

/** Of the columns it derives from. */
export function typesOf(catalog: Catalog, { columns }: Lineage): readonly PostgresType[] {
  return [...columns].map((name) => {
    const column = columnOf(catalog, name);
    return column ? catalog.type(column.typeOid) : unknownType;
  });
}

/** What the server goes by when it makes one type of several: of a domain its base, of an array its element after `_`. */
export function typeName(catalog: Catalog, oid: number): string | undefined {
  return nameOf(catalog.type(oid), oid);
}

function nameOf(type: PostgresType, oid: number): string | undefined {
  switch (type.kind) {
    case 'base':
      return type.name;
    case 'domain':
      return nameOf(type.base, oid);
    case 'array': {
      const element = nameOf(type.element, oid);
      return element === undefined ? undefined : `_${element}`;
    }
    case 'unknown':
      return undefined;
    // Of these every type is one of its own.
    case 'enum':
    case 'range':
    case 'multirange':
    case 'composite':
      return String(oid);
  }
}

/** Whether one of the columns is of a type of which nothing is known. */
export function isOfUnknownType(catalog: Catalog, { columns }: Lineage): boolean {
  return [...columns].some((name) => catalog.type(columnOf(catalog, name)?.typeOid ?? 0).kind === 'unknown');
}

export const ofCodedType = 'The statement uses a value of a type that functions of users cast or check.';

/**
 * Whether one of the columns is of a type that functions of users cast or check. Beside such a value PostgreSQL makes what has no
 * type of its own, a constant, one as well.
 */
export function isCoded(catalog: Catalog, { columns }: Lineage): boolean {
  const coded = codedColumns(catalog);
  return coded.size > 0 && [...columns].some((name) => coded.has(name));
}

/** The same, where that type is no domain itself but has one inside. */
export function holdsCoded(catalog: Catalog, { columns }: Lineage): boolean {
  const coded = codedColumns(catalog);
  return coded.size > 0 && [...columns].some((name) => coded.get(name) === 'inside');
}

/** Every range of users has a cast to its multirange, which the server has made. */
const ranges: ReadonlySet<PostgresType['kind']> = new Set(['range', 'multirange']);
const containers: ReadonlySet<PostgresType['kind']> = new Set(['array', 'composite']);

const codedBefore = new WeakMap<Catalog, ReadonlyMap<string, 'itself' | 'inside'>>();

/** Columns of such types, `schema.table.column`. */
function codedColumns(catalog: Catalog): ReadonlyMap<string, 'itself' | 'inside'> {
  const before = codedBefore.get(catalog);
  if (before) return before;
  const coded = new Map(
    catalog.relations().flatMap(({ schema, name, columns }) =>
      columns
        .filter(({ typeOid }) => catalog.isCastByUsers(typeOid) && !ranges.has(catalog.type(typeOid).kind))
        .map((each) => {
          const isItself = !containers.has(catalog.type(each.typeOid).kind);
          return [`${schema}.${name}.${each.name}`, isItself ? 'itself' : 'inside'] as const;
        }),
    ),
  );
  codedBefore.set(catalog, coded);
  return coded;
}

/** Of `schema.table.column`, which may have dots in each. */
function columnOf(catalog: Catalog, name: string): Column | undefined {
  const parts = name.split('.');
  for (let table = 1; table < parts.length - 1; table++) {
    for (let column = table + 1; column < parts.length; column++) {
      const relation = catalog.relation(parts.slice(0, table).join('.'), parts.slice(table, column).join('.'));
      const found = relation?.columns.find((each) => each.name === parts.slice(column).join('.'));
      if (found) return found;
    }
  }
  return undefined;
}

/** Whether a value of this type is one of these types, or has one inside. */
export function holds(type: PostgresType, types: ReadonlySet<string>): boolean {
  switch (type.kind) {
    case 'base':
      return types.has(type.name);
    case 'domain':
      return holds(type.base, types);
    case 'array':
      return holds(type.element, types);
    case 'composite':
      return types.has('record') || type.fields.some((each) => holds(each.type, types));
    case 'range':
    case 'multirange':
      return types.has('range') || holds(type.subtype, types);
    case 'enum':
      return false;
    case 'unknown':
      return true;
  }
}
