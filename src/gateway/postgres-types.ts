// The types of one database by OID, resolved for the masks: domains to their base, arrays to their element, row types to
// their fields with the classes of their table. Works on PostgreSQL 14–18.

import type { Classification } from '../core/phi.ts';
import { type CompositeField, type PostgresType, unknownType } from '../core/postgres-type.ts';
import { type Half, isOfHalf } from './postgres-catalog-queries.ts';
import type { QueryRows } from './upstream-query.ts';

/**
 * One row a type, or one a field for composite types. int2vector and oidvector have elements but are no arrays: their text
 * is not written as one. Row types of the system's own tables are left out.
 */
export const typesByOidSql = (half: Half): string => `
  SELECT t.oid, CASE WHEN n.nspname = 'pg_catalog' OR t.typname IN ('citext', 'hstore') THEN t.typname ELSE '' END,
    CASE WHEN e.oid IS NOT NULL THEN 'array' ELSE t.typtype::pg_catalog.text END,
    coalesce(e.oid, nullif(t.typbasetype, 0), s.rngsubtype, m.rngsubtype), coalesce(e.typdelim, ','), t.typtypmod,
    t.typrelid, a.attnum, a.attname, a.atttypid, a.atttypmod
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  LEFT JOIN pg_catalog.pg_range s ON s.rngtypid = t.oid
  LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid
  LEFT JOIN pg_catalog.pg_attribute a ON t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE ${isOfHalf('t.oid', half)} AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT (t.typtype = 'c' AND n.nspname IN ('pg_catalog', 'information_schema'))
  ORDER BY t.oid, a.attnum`;

/** The class of a table's column; undefined for what is no column of a table in the snapshot. */
export type ClassOf = (relationOid: number, attnum: number) => Classification | undefined;

/** Deeper nesting of types than any real schema has; beyond it a type is unknown. */
const depthMax = 32;

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly inner: number;
  readonly delimiter: string;
  readonly typmod: number;
  readonly fields: {
    readonly name: string;
    readonly typeOid: number;
    readonly typmod: number;
    readonly cls: Classification;
  }[];
}

/** From the answer to `typesByOidSql`. The result resolves a type at its first use and remembers it. */
export function typeTable(rows: QueryRows['rows'], classOf: ClassOf): (oid: number) => PostgresType {
  const byOid = rowsByOid(rows, classOf);
  const resolved = new Map<number, PostgresType>();

  const resolve = (oid: number, depth: number): PostgresType => {
    const known = resolved.get(oid);
    if (known) return known;
    const row = byOid.get(oid);
    if (!row || depth > depthMax) return unknownType;
    const type = typeOf(row, (inner) => resolve(inner, depth + 1));
    resolved.set(oid, type);
    return type;
  };
  return (oid) => resolve(oid, 0);
}

function rowsByOid(rows: QueryRows['rows'], classOf: ClassOf): Map<number, Row> {
  const byOid = new Map<number, Row>();
  for (const each of rows) {
    const [oid, name, kind, inner, delimiter, typmod, relation, attnum, field, fieldType, fieldTypmod] = each;
    let row = byOid.get(Number(oid));
    if (!row) {
      row = {
        name: name ?? '',
        kind: kind ?? '',
        inner: Number(inner ?? 0),
        delimiter: delimiter ?? ',',
        typmod: Number(typmod ?? -1),
        fields: [],
      };
      byOid.set(Number(oid), row);
    }
    if (attnum === null || attnum === undefined) continue;
    row.fields.push({
      name: field ?? '',
      typeOid: Number(fieldType),
      typmod: Number(fieldTypmod),
      cls: classOf(Number(relation), Number(attnum)) ?? 'unknown',
    });
  }
  return byOid;
}

/** pg_type.typtype, and `array`. */
function typeOf(row: Row, resolve: (oid: number) => PostgresType): PostgresType {
  switch (row.kind) {
    case 'array':
      return { kind: 'array', element: resolve(row.inner), delimiter: row.delimiter };
    case 'b':
      return row.name === '' ? unknownType : { kind: 'base', name: row.name };
    case 'd':
      return { kind: 'domain', base: resolve(row.inner), typmod: row.typmod };
    case 'e':
      return { kind: 'enum' };
    case 'r':
      return { kind: 'range', subtype: resolve(row.inner) };
    case 'm':
      return { kind: 'multirange', subtype: resolve(row.inner) };
    case 'c': {
      const fields = row.fields.map(
        (each): CompositeField => ({
          name: each.name,
          type: resolve(each.typeOid),
          typmod: each.typmod,
          classification: each.cls,
        }),
      );
      return { kind: 'composite', fields };
    }
    // Pseudo-types: `unknown` and cstring are how a literal nobody gave a type comes back, as text.
    case 'p':
      return row.name === 'unknown' || row.name === 'cstring' ? { kind: 'base', name: row.name } : unknownType;
    default:
      return unknownType;
  }
}
