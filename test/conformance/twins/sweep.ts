// Every call, operator and cast that PostgreSQL has for the columns of `types.ts`, as expressions over `subjects s`.

import { columns } from './types.ts';

/** As pg_proc and pg_operator have them. */
export interface Signature {
  readonly name: string;
  readonly kind: 'f' | 'a' | 'w' | 'o';
  readonly set: boolean;
  /** As `format_type` writes them. */
  readonly args: readonly string[];
}

export const signaturesSql = `
  SELECT p.proname AS name, p.prokind AS kind, p.proretset AS set,
    ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u(a, n) ORDER BY n) AS args
  FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w') AND p.pronargs > 0
    AND NOT p.proargtypes::oid[] && ARRAY[2281]::oid[]
  UNION ALL SELECT o.oprname, 'o', false,
    ARRAY(SELECT format_type(a, NULL) FROM unnest(ARRAY[o.oprleft, o.oprright]) WITH ORDINALITY u(a, n) WHERE a <> 0 ORDER BY n)
  FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace
  ORDER BY 1, 4`;

export interface Asked {
  readonly sql: string;
  readonly kind: Signature['kind'] | 'cast';
  readonly set: boolean;
}

const spelled: Readonly<Record<string, string>> = {
  'character varying': 'varchar',
  character: 'char',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  boolean: 'bool',
  real: 'float4',
  'double precision': 'float8',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
  'time with time zone': 'timetz',
  'bit varying': 'varbit',
  'integer[]': 'int4[]',
};

const plain = (type: string): string => type.replace(/\(.*\)/, '');

/** A word that functions of this name take there; else the tame value of a column of that type. */
function constantOf(name: string, type: string): string {
  const words: Readonly<Record<string, string>> = {
    date_trunc: 'month',
    date_part: 'month',
    extract: 'month',
    timezone: 'UTC',
    encode: 'hex',
    to_char: 'YYYY-MM',
  };
  const word = words[name];
  if (type === 'text' && word !== undefined) return `'${word}'`;
  const column = columns.find((each) => plain(each.type) === type);
  return column ? `'${column.tame[0]}'::${column.type}` : `NULL::${type}`;
}

/** Each place of each signature with each column of a type it takes, constants beside it; and each column of any type alone. */
export function expressionsOf({ name, kind, set, args: given }: Signature): Asked[] {
  const args = given.map((type) => spelled[type] ?? type);
  return args.flatMap((type, at) => {
    const isAny = /^"?any/.test(type);
    const fitting = columns.filter((each) => isAny || plain(each.type) === type || (args.length === 1 && kind !== 'o'));
    return fitting.map((column) => {
      const written = args.map((other, nth) => {
        if (nth === at) return `s.${column.name}`;
        return constantOf(name, /^"?any/.test(other) ? plain(column.type) : other);
      });
      return {
        sql: kind === 'o' ? operation(name, written) : `pg_catalog."${name}"(${written.join(', ')})`,
        kind,
        set,
      };
    });
  });
}

function operation(name: string, [left, right]: readonly string[]): string {
  return right === undefined ? `${name} ${left}` : `${left} ${name} ${right}`;
}

const others =
  'text varchar(2) char(1) name json jsonb bytea numeric(3,1) bit(3) xid regclass date timestamptz interval';

export const casts: readonly Asked[] = columns.flatMap(({ name, type }) =>
  [...new Set([...columns.map((each) => each.type), ...others.split(' ')])]
    .filter((to) => to !== type)
    .map((to) => ({ sql: `s.${name}::${to}`, kind: 'cast' as const, set: false })),
);

/** The value itself, then whether it is there, then in other things. */
export function statementsOf({ sql, kind, set }: Asked): string[] {
  const over = kind === 'w' ? `${sql} OVER (ORDER BY id)` : sql;
  const bare = `SELECT ${over} FROM subjects s`;
  if (set) return [bare];
  if (kind === 'a') return [bare, `SELECT ${sql} OVER () FROM subjects s`];
  if (kind === 'w') return [bare, `SELECT count(v) FROM (SELECT ${over} AS v FROM subjects s) q`];
  return [
    bare,
    `SELECT count(${sql}) FROM subjects s`,
    `SELECT json_agg(${sql}) FROM subjects s`,
    `SELECT sum(${sql}) FROM subjects s`,
  ];
}
