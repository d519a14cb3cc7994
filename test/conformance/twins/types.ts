// A column of every type a table may hold, with values that nothing fails on, and with those that something fails on, is NULL of,
// or is long or alike of. What of it is told is told of any protected column of that type.

import type { Ward } from './worlds.ts';

/** A column and its values in both worlds, of two rows: as text, or after `=` as an expression. */
interface TwinColumn {
  readonly name: string;
  readonly type: string;
  /** What any cast, function and operator takes. */
  readonly tame: readonly [string, string];
  /** What makes something fail, be NULL, long or alike somewhere. Never NULL itself: that is told, by the threat model. */
  readonly wild: readonly [string, string];
}

const one = (name: string, type: string, tame: [string, string], wild: [string, string]): TwinColumn => ({
  name,
  type,
  tame,
  wild,
});

/** A column of every type a table may hold. */
export const columns: readonly TwinColumn[] = [
  one('t', 'text', ['Ada', 'Bo'], ["=repeat('%', 40) || E'\\n\\\\'", '']),
  one('vc', 'varchar(60)', ['1', '2'], ['{1,{', '$x']),
  one('bp', 'char(12)', ['1', '2'], ['a b', '']),
  one('nm', 'name', ['a', 'b'], ['"', '%s%I']),
  one('i2', 'int2', ['1', '2'], ['-32768', '32767']),
  one('i4', 'int4', ['1', '2'], ['-2147483648', '2147483647']),
  one('i8', 'int8', ['1', '2'], ['-9223372036854775808', '9223372036854775807']),
  one('nu', 'numeric', ['1', '2'], ['NaN', "=(repeat('9', 2000))::numeric"]),
  one('f4', 'float4', ['1', '2'], ['Infinity', '1e30']),
  one('f8', 'float8', ['1', '2'], ['1.7e100', '-1.7e100']),
  one('m', 'money', ['1', '2'], ['92233720368547758.07', '92233720368547758.07']),
  one('by', 'bytea', ['\\x6162', '\\x63'], ['\\xff00', '\\x']),
  one('bl', 'bool', ['true', 'false'], ['false', 'false']),
  one('d', 'date', ['2001-02-03', '2002-03-04'], ['infinity', '294275-12-31']),
  one('ts', 'timestamp', ['2001-02-03', '2002-03-04'], ['-infinity', '294276-12-31 23:59:59']),
  one('tz', 'timestamptz', ['2001-02-03', '2002-03-04'], ['infinity', '4713-01-01 00:00 BC']),
  one('ti', 'time', ['01:00', '02:00'], ['24:00', '23:59:59.999999']),
  one('tt', 'timetz', ['01:00+00', '02:00+00'], ['24:00-15', '00:00+15']),
  one('iv', 'interval', ['1 day', '2 days'], ['178000000 years', '-178000000 years']),
  one('j', 'json', ['{"a":"b"}', '{"a":1}'], ['{"a":[],"a":"x"}', '1e400']),
  one('jb', 'jsonb', ['{"a":"b"}', '{"a":1}'], ['[{"a":null},[1,"x"]]', '1e400']),
  one('jp', 'jsonpath', ['$.a', '$.b'], ['strict $[*] ? (@ like_regex "a")', '$x']),
  one(
    'u',
    'uuid',
    ['11111111-1111-4111-8111-111111111111', 'c232ab00-9414-11ec-b3c8-9f6bdeced846'],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000'],
  ),
  one('ine', 'inet', ['10.0.0.1', '10.0.0.2'], ['::1', '255.255.255.255/8']),
  one('ci', 'cidr', ['10.0.0.0/8', '11.0.0.0/8'], ['::/0', '255.255.255.255/32']),
  one('ma', 'macaddr', ['08:00:2b:01:02:03', '08:00:2b:01:02:04'], ['ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00']),
  one('bi', 'bit(8)', ['10101010', '10101011'], ['00000000', '11111111']),
  one('vb', 'varbit', ['1010', '1011'], ['', "=repeat('1', 70)::varbit"]),
  one('ta', 'text[]', ['{a,b}', '{c,d}'], ['{"a,b\\\\c","NULL"}', '{"{x}",""}']),
  one('tb', 'text[]', ['{a,b}', '{c,d}'], ['{}', '{{a,NULL},{b,c}}']),
  one('ia', 'int4[]', ['{1,2}', '{3,4}'], ['[0:1]={2147483647,2147483647}', '{}']),
  one('jba', 'jsonb[]', ['{1,2}', '{3,4}'], ['{}', '{{1},{2}}']),
  one('r', 'int4range', ['[1,3)', '[2,5)'], ['empty', '(,)']),
  one('dr', 'daterange', ['[2001-01-01,2001-02-01)', '[2002-01-01,2002-02-01)'], ['empty', '(,infinity]']),
  one('mr', 'int4multirange', ['{[1,3)}', '{[2,5)}'], ['{}', '{(,1),[5,)}']),
  one('pt', 'point', ['(1,2)', '(3,4)'], ['(NaN,Infinity)', '(1e308,-1e308)']),
  one('bx', 'box', ['(1,2),(3,4)', '(1,1),(2,2)'], ['(NaN,1),(1,1)', '(1e308,1e308),(-1e308,-1e308)']),
  one('pa', 'path', ['((0,0),(1,1))', '((0,0),(2,1))'], ['[(0,0),(1,1)]', '[(1e308,0)]']),
  one('pg', 'polygon', ['((0,0),(1,1),(1,0))', '((0,0),(2,1),(1,0))'], ['((0,0))', '((1e308,1e308),(-1e308,1e308))']),
  one('ls', 'lseg', ['[(0,0),(1,1)]', '[(0,0),(2,1)]'], ['[(0,0),(0,0)]', '[(1e308,0),(-1e308,0)]']),
  one('cr', 'circle', ['<(0,0),1>', '<(0,0),2>'], ['<(0,0),0>', '<(1e308,0),1e308>']),
  one('ln', 'line', ['{1,2,3}', '{2,3,4}'], ['{0,1,0}', '{1,0,1e308}']),
  one('tv', 'tsvector', ['a:1', 'b:2'], ['', "a:16383 b:2A 'c d'"]),
  one('tq', 'tsquery', ['a', 'b'], ['!a & b:*A', '']),
  one('lsn', 'pg_lsn', ['0/1', '0/2'], ['FFFFFFFF/FFFFFFFF', '0/0']),
  one('x', 'xml', ['<a/>', '<b/>'], ['text', '<a>&lt;</a><b/>']),
  one('en', 'mood', ['sad', 'glad'], ['glad', 'glad']),
  one('dom', 'short', ['ab', 'cd'], ['', 'abcdefgh']),
  one('co', 'pair', ['(a,1)', '(b,2)'], ['("a,""b",2147483647)', '(" ",-1)']),
  one('coa', 'pair[]', ['{"(a,1)"}', '{"(b,2)"}'], ['{}', '{"(,)",NULL}']),
  one('o', 'oid', ['1259', '1247'], ['4294967295', '0']),
  one('rc', 'regclass', ['pg_class', 'pg_type'], ['4294967295', '0']),
];

/** A literal, or what is after `=` as it is. */
const valueOf = ({ type }: TwinColumn, value: string): string =>
  value.startsWith('=') ? value.slice(1) : `'${value.replaceAll("'", "''")}'::${type}`;

const rowsOf = (world: 'tame' | 'wild'): string =>
  [0, 1]
    .map((at) => {
      const values = columns.map((column) => valueOf(column, column[world][at] ?? ''));
      return `INSERT INTO subjects VALUES (${at + 1}, ${at * 10}, 'row ${at}', ${values.join(', ')});`;
    })
    .join('\n');

/** `subjects`: two rows, in a column of each type a value nobody may see. */
export const types: Ward = {
  setup: `
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
    CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
    CREATE TYPE pair AS (a text, n int);
    CREATE TABLE subjects (id int PRIMARY KEY, n int, label text, ${columns.map(({ name, type }) => `${name} ${type}`).join(', ')});`,
  tame: rowsOf('tame'),
  wild: rowsOf('wild'),
  classified: {
    'public.subjects.label': 'clear',
    ...Object.fromEntries(columns.map(({ name }) => [`public.subjects.${name}`, 'other_id'])),
  },
};
