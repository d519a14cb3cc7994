// The masks as SQL expressions of PostgreSQL 14–18, for views in which the database masks by itself. What an expression
// shows is what the mask in the row path shows, or less. It must never name a function or operator outside pg_catalog but
// the two that are handed in, and never fail for a value.

import type { Operator, PhiClass } from '../core/phi.ts';
import type { MaskRules } from './mask.ts';
import { ageCap, operatorFor, patientShift, tokenOf } from './operators.ts';
import { restrictedZip3 } from './zip3.ts';

/** A column a view masks. */
export interface SqlColumn {
  /** Quoted. */
  readonly name: string;
  /** The name of its type in pg_catalog; null = an array, a composite, an enum, or a type of somebody's own. */
  readonly base: string | null;
  /** As a cast has it: what the view's column will be. */
  readonly type: string;
  readonly cls: PhiClass;
  /** The column that names the patient of the row, quoted: dates move by patient. */
  readonly patient?: string;
}

/** Functions of the schema only the masks know, whose keys nobody else reads. */
export interface KeyedFunctions {
  /** `(class text, value text) returns bytea`: the keyed digest pseudonyms are made of. */
  readonly digest: string;
  /** `() returns integer`: days a date moves that is nobody's in particular. */
  readonly shiftDays: string;
}

const texts: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'citext']);
const dates: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);
const integerBits: ReadonlyMap<string, number> = new Map([
  ['int2', 16],
  ['int4', 32],
  ['int8', 64],
]);
const fractions: ReadonlySet<string> = new Set(['numeric', 'float4', 'float8']);

/** The masked column, in the column's own type. NULL stays NULL. */
export function sqlMask(column: SqlColumn, rules: MaskRules, functions: KeyedFunctions): string {
  const operator = operatorFor(column.cls, rules);
  const masked = operator === 'null' || operator === 'drop' ? null : valueOf(column, operator, functions);
  return `(${masked ?? 'NULL'})::${column.type}`;
}

function valueOf(column: SqlColumn, operator: Operator, functions: KeyedFunctions): string | null {
  const { base, name, cls } = column;
  if (base === null) return null;
  if (texts.has(base)) return textOf(column, operator, functions);
  if (dates.has(base)) return dateOf(column, operator, functions);
  if (base === 'json' || base === 'jsonb') return `CASE WHEN ${name} IS NOT NULL THEN '"${tokenOf(cls)}"' END`;
  const bits = integerBits.get(base);
  if (operator === 'age90' && (bits !== undefined || fractions.has(base)))
    return `CASE WHEN ${name} >= ${ageCap} THEN ${ageCap} ELSE ${name} END`;
  if (operator === 'last4' && bits !== undefined) return `CASE WHEN ${name} >= 10000000 THEN ${name} % 10000 END`;
  if (operator !== 'pseudonym') return null;
  if (bits !== undefined) return integerPseudonym(column, bits, functions);
  return base === 'uuid' ? uuidPseudonym(column, functions) : null;
}

const lastFour = String.raw`^[A-Za-z0-9][A-Za-z0-9. ()/-]*[A-Za-z0-9]{4}$`;
const starred = String.raw`^([*][-. ()/]{0,3}){4,64}[A-Za-z0-9]{4}$`;

function textOf({ name, cls }: SqlColumn, operator: Operator, functions: KeyedFunctions): string {
  const value = `${name}::pg_catalog.text`;
  const token = `'${tokenOf(cls)}'`;
  const otherwise = `WHEN ${name} IS NOT NULL THEN ${token} END`;
  switch (operator) {
    case 'last4': {
      const count = `pg_catalog.length(pg_catalog.regexp_replace(${value}, '[^A-Za-z0-9]', '', 'g'))`;
      const tail = `pg_catalog.right(${value}, 4) ~ '^[A-Za-z]{0,3}[0-9]'`;
      const shown = `${value} ~ '${lastFour}' AND ${tail} AND ${value} !~ '[-. ()/]{4}' AND ${count} BETWEEN 8 AND 64`;
      const stars = `pg_catalog.regexp_replace(pg_catalog.left(${value}, -4), '[A-Za-z0-9]', '*', 'g')`;
      return `CASE WHEN ${value} ~ '${starred}' AND ${tail} THEN ${value} WHEN ${shown} THEN ${stars} || pg_catalog.right(${value}, 4) ${otherwise}`;
    }
    case 'year': {
      const year = `pg_catalog.substring(${value}, 1, 4)`;
      return `CASE WHEN ${value} ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])($|[T ])' AND ${year} >= (${firstYear})::pg_catalog.text THEN ${year} ${otherwise}`;
    }
    case 'age90':
      return `CASE WHEN ${value} ~ '^ *[0-9]{1,2} *$' AND pg_catalog.btrim(${value}) NOT LIKE '9_' THEN ${value} WHEN ${value} ~ '^ *(9[0-9]|[1-9][0-9]{2})[+]? *$' THEN '${ageCap}+' ${otherwise}`;
    case 'zip3': {
      const area = `pg_catalog.substring(pg_catalog.btrim(${value}), 1, 3)`;
      const few = [...restrictedZip3].map((each) => `'${each}'`).join(', ');
      return `CASE WHEN ${value} ~ '^ *[0-9]{3}([0-9]{2}(-?[0-9]{4})?)? *$' THEN CASE WHEN ${area} IN (${few}) THEN '000' ELSE ${area} END ${otherwise}`;
    }
    case 'zip':
      return `CASE WHEN ${value} ~ '^ *[0-9]{5}(-[0-9]{4})? *$' THEN ${value} ${otherwise}`;
    case 'pseudonym': {
      const word = cls === 'name' ? 'Person' : cls.charAt(0).toUpperCase() + cls.slice(1);
      const code = `pg_catalog.encode(pg_catalog.substring(${functions.digest}('${cls}', ${comparable(value)}), 1, 4), 'hex')`;
      return `CASE WHEN ${name} IS NOT NULL THEN '${word}-' || ${code} END`;
    }
    case 'redact':
    case 'scan':
    case 'shift':
    case 'null':
    case 'drop':
    case 'keep':
      return `CASE ${otherwise}`;
  }
}

/** The first year `year` shows (see `firstYearShown`), at the time of the query. */
const firstYear = `extract(year FROM pg_catalog.now())::pg_catalog.int4 - ${ageCap - 1}`;

function dateOf({ name, base, patient }: SqlColumn, operator: Operator, functions: KeyedFunctions): string | null {
  const year = `extract(year FROM ${name})`;
  if (operator === 'year')
    return `CASE WHEN ${year} BETWEEN ${firstYear} AND 9999 THEN pg_catalog.date_trunc('year', ${name}) END`;
  if (operator !== 'shift') return null;
  const days = patient === undefined ? `${functions.shiftDays}()` : daysOf(patient, functions);
  const moved = base === 'date' ? `${name} + ${days}` : `${name} + pg_catalog.make_interval(days => ${days})`;
  return `CASE WHEN ${year} BETWEEN 2 AND 9998 THEN ${moved} END`;
}

/** As patientShiftDays in operators.ts has it; NULL, and so no date, where the row names nobody. */
function daysOf(patient: string, { digest }: KeyedFunctions): string {
  const code = `pg_catalog.substring(${digest}('${patientShift}', ${comparable(`${patient}::pg_catalog.text`)}), 1, 4)`;
  const number = `('x' || pg_catalog.encode(${code}, 'hex'))::pg_catalog.bit(32)::pg_catalog.int8 % 364`;
  return `(${number} - CASE WHEN ${number} >= 182 THEN 181 ELSE 182 END)::pg_catalog.int4`;
}

function comparable(value: string): string {
  return `pg_catalog.lower(pg_catalog.btrim(pg_catalog.normalize(${value}, 'NFKC'), E' \\t\\n\\r\\f\\v'))`;
}

function integerPseudonym({ name, cls }: SqlColumn, bits: number, { digest }: KeyedFunctions): string {
  const code = `pg_catalog.substring(${digest}('${cls}', ${name}::pg_catalog.text), 1, 8)`;
  const number = `('x' || pg_catalog.encode(${code}, 'hex'))::pg_catalog.bit(64)::pg_catalog.int8`;
  return `CASE WHEN ${name} IS NOT NULL THEN GREATEST(${number} & ${2n ** BigInt(bits - 1) - 1n}, 1) END`;
}

/** RFC 9562 version 8, as the row path makes it. */
function uuidPseudonym({ name, cls }: SqlColumn, { digest }: KeyedFunctions): string {
  const code = `pg_catalog.substring(${digest}('${cls}', pg_catalog.replace(${name}::pg_catalog.text, '-', '')), 1, 16)`;
  const versioned = `pg_catalog.set_byte(${code}, 6, (pg_catalog.get_byte(${code}, 6) & 15) | 128)`;
  return `pg_catalog.encode(pg_catalog.set_byte(${versioned}, 8, (pg_catalog.get_byte(${code}, 8) & 63) | 128), 'hex')`;
}
