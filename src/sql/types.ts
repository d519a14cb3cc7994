// Built-in types a cast or column definition may name, as data. Types of users other than enums are not among them: their
// input functions are code nobody here has read. No xml: it reads what it is told to.

/** As the grammar names them in pg_catalog, without the `_` of arrays. */
const names: ReadonlySet<string> = new Set(
  `bool char bpchar varchar text name
   int2 int4 int8 smallint integer bigint float4 float8 numeric decimal money
   bytea bit varbit uuid json jsonb jsonpath
   date time timetz timestamp timestamptz interval
   inet cidr macaddr macaddr8 point line lseg box path polygon circle
   tsvector tsquery
   int4range int8range numrange daterange tsrange tstzrange
   int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange
   oid xid xid8 cid tid pg_lsn txid_snapshot pg_snapshot
   regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype
   aclitem oidvector int2vector pg_node_tree cstring record refcursor
   unknown`.split(/\s+/),
);

/** A cast to these never raises, whatever the value. */
const textual: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'unknown']);

export function isBuiltinType(name: string): boolean {
  return names.has(name) || (name.startsWith('_') && names.has(name.slice(1)));
}

export function isTextualType(name: string): boolean {
  return textual.has(name);
}

const moments: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);

/** An instant: what its date is depends on the session's zone. */
export function isZonedType(name: string): boolean {
  return name === 'timestamptz';
}

/** A point in time with a year of its own. */
export function isMomentType(name: string): boolean {
  return moments.has(name);
}
