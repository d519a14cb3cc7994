// Every type in text, binary and COPY, under every setting that changes how values are written.

import { encodeCopyData, encodeCopyDone } from '../../../../src/wire/postgres/copy.ts';
import { encodeQuery } from '../../../../src/wire/postgres/query.ts';
import { type Attack, each, type Family, steps } from '../attack.ts';

/** Of one patient, as every type that can carry it. */
const carried: Readonly<Record<string, string>> = {
  text: 'last',
  'varchar(40)': 'last',
  'char(40)': 'last',
  name: 'last',
  citext_like: 'lower(last)',
  bytea: 'last::bytea',
  'text[]': 'ARRAY[last, first]',
  'text[][]': 'ARRAY[ARRAY[last], ARRAY[first]]',
  'varchar[]': 'ARRAY[last]::varchar[]',
  json: 'to_json(last)',
  jsonb: "jsonb_build_object('a', jsonb_build_array(last))",
  'jsonb[]': 'ARRAY[to_jsonb(last)]',
  jsonpath: `('$."' || last || '"')::jsonpath`,
  xml: 'xmlelement(NAME a, last)',
  tsvector: "to_tsvector('simple', last)",
  tsquery: "plainto_tsquery('simple', last)",
  row: 'ROW(1, last)',
  'nested row': 'ROW(ROW(last), ARRAY[ROW(first)])',
  'row[]': 'ARRAY[ROW(last, 1)]',
  date: 'birthdate',
  timestamp: 'birthdate::timestamp',
  timestamptz: 'birthdate::timestamptz',
  'date[]': 'ARRAY[birthdate, birthdate]',
  'timestamp[]': 'ARRAY[birthdate::timestamp]',
  daterange: 'daterange(birthdate, birthdate + 1)',
  datemultirange: 'datemultirange(daterange(birthdate, birthdate + 1))',
  tsrange: 'tsrange(birthdate, birthdate + 1)',
  'daterange[]': 'ARRAY[daterange(birthdate, NULL)]',
  interval: "birthdate - timestamp '1900-01-01'",
  'days since': "birthdate - date '2000-01-01'",
  int4: "replace(ssn, '-', '')::int",
  int8: "replace(ssn, '-', '')::bigint",
  numeric: "replace(ssn, '-', '')::numeric",
  'numeric, divided': "replace(ssn, '-', '')::numeric / 1000",
  float8: "replace(ssn, '-', '')::float8",
  money: "replace(ssn, '-', '')::money",
  oid: "replace(ssn, '-', '')::oid",
  xid: "replace(ssn, '-', '')::xid",
  bit: "replace(ssn, '-', '')::int::bit(32)",
  varbit: 'last::varchar::bytea::text::varchar::bytea',
  int4range: "int4range(replace(ssn, '-', '')::int, NULL)",
  'int4[]': "ARRAY[replace(ssn, '-', '')::int]",
  point: "point(replace(ssn, '-', '')::float8, 1)",
  box: "box(point(replace(ssn, '-', '')::float8, 1), point(1, 1))",
  polygon: "polygon(box(point(replace(ssn, '-', '')::float8, 1), point(1, 1)))",
  inet: "'0.0.0.0'::inet + replace(ssn, '-', '')::int",
  pg_lsn: "'0/0'::pg_lsn + replace(ssn, '-', '')::numeric",
  uuid: 'md5(last)::uuid',
  macaddr8: "trunc(macaddr8 '0:0:0:0:0:0:0:0')::text || last",
  tid: 'format($$(%s,1)$$, ascii(last))::tid::text || last',
  '"char"': 'last::"char"::text || substr(last, 2)',
  refcursor: 'last::refcursor',
  aclitem: 'last || first',
  unknown: "last || ''",
};

const types: Attack[] = Object.entries(carried).map(([type, value]) => {
  const sql = `SELECT ${value} AS label FROM patients`;
  return { name: `${type}: ${sql}`, sql: [sql] };
});

const styles = [
  "DateStyle = 'ISO, DMY'",
  "DateStyle = 'SQL, MDY'",
  "DateStyle = 'Postgres'",
  "datestyle = 'iso, ymd'",
  "IntervalStyle = 'sql_standard'",
  "IntervalStyle = 'postgres_verbose'",
  "bytea_output = 'escape'",
  "bytea_output = 'hex'",
  'extra_float_digits = -15',
  'extra_float_digits = 3',
  "TimeZone = 'FOO+167:59:59'",
  "TimeZone = 'Pacific/Kiritimati'",
  "lc_time = 'C'",
  "lc_monetary = 'C'",
  "lc_numeric = 'C'",
  'xmlbinary = hex',
  'xmloption = document',
  'quote_all_identifiers = on',
  'array_nulls = off',
  "default_text_search_config = 'simple'",
  'escape_string_warning = off',
  'backslash_quote = on',
  'transform_null_equals = on',
  'row_security = off',
  'plan_cache_mode = force_generic_plan',
  'jit = on',
  "search_path = 'pg_catalog'",
  'search_path = \'"$user", public, pg_temp\'',
  "client_encoding = 'SQL_ASCII'",
  "client_encoding = 'WIN1252'",
  'client_encoding TO DEFAULT',
  "local_preload_libraries = 'auto_explain'",
  "session_preload_libraries = 'auto_explain'",
  'debug_parallel_query = on',
  'parallel_leader_participation = off',
  'allow_in_place_tablespaces = on',
  'gin_fuzzy_search_limit = 1',
  "role = 'none'",
  "session_authorization = 'postgres'",
  "createrole_self_grant = 'set'",
  'check_function_bodies = off',
  'default_with_oids = off',
  'synchronize_seqscans = off',
  "application_name = 'SELECT last FROM patients'",
];

const settings: Attack[] = styles.flatMap((style) => [
  steps(
    `SET ${style}`,
    'SELECT last, birthdate, birthdate::timestamptz, age(birthdate), last::bytea, to_char(birthdate, $$TMDay DD TMMonth YYYY$$) FROM public.patients',
  ),
]);

/** COPY answers in one protocol only; where it asks for rows, it gets one. */
function copied(sql: string, ...before: readonly string[]): Attack {
  return {
    name: [...before, sql].join('; '),
    async wire(wire) {
      for (const each of before) await wire.query(each);
      wire.send(encodeQuery(sql));
      const got = await wire.until('ZG');
      if (got.at(-1)?.type === 'G'.charCodeAt(0)) {
        wire.send(encodeCopyData(Buffer.from('950\tx\t1\n')), encodeCopyDone());
        await wire.until('Z');
      }
      await wire.query('SELECT upper(last) FROM patients');
    },
  };
}

const query = '(SELECT id, upper(last) AS last, birthdate, ARRAY[first] AS tags FROM patients)';

const copies: Attack[] = [
  ...[
    '',
    '(FORMAT text)',
    '(FORMAT csv)',
    '(FORMAT binary)',
    'BINARY',
    'CSV HEADER',
    "(DELIMITER 'a')",
    "(DELIMITER E'\\x01', NULL 'Quarter')",
    "(FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x02', ESCAPE E'\\x03')",
    "(FORMAT csv, FORCE_QUOTE (last, birthdate), NULL '\"')",
    "(FORMAT csv, HEADER, ENCODING 'LATIN1')",
    "(ENCODING 'UTF8')",
    "(ENCODING 'SQL_ASCII')",
    "(ENCODING 'EUC_JP')",
    "(ENCODING 'WIN1252', FORMAT text)",
    "(ENCODING 'SJIS', FORMAT csv)",
    "(ENCODING 'GB18030')",
    '(HEADER MATCH)',
    "(FORMAT csv, QUOTE 'Q', ESCAPE 'U')",
    "WITH DELIMITER AS 'r' NULL AS 'x'",
    '(FREEZE)',
    "(DEFAULT 'x')",
    '(FORMAT csv, FORCE_NULL (last))',
    '(ON_ERROR ignore)',
    "(FORMAT 'text', FORMAT 'binary')",
    '(format "csv", header \'true\')',
    '(HEADER 1, FORMAT CSV)',
  ].map((options) => copied(`COPY ${query} TO STDOUT ${options}`)),
  ...[
    'COPY patients (last, birthdate, tags, extra) TO STDOUT',
    'COPY ONLY patients TO STDOUT',
    'COPY patients TO STDOUT (FORMAT csv, FORCE_QUOTE (ssn, last))',
    'COPY public.patients (birthdate) TO STDOUT (FORMAT binary)',
    'COPY ehr.public.patients TO STDOUT',
    'COPY pieces TO STDOUT',
    'COPY pieces_q TO STDOUT (FORMAT csv)',
    'COPY keyed_words TO STDOUT (FORMAT binary)',
    'COPY (SELECT * FROM pieces) TO STDOUT',
    'COPY (SELECT p FROM patients p) TO STDOUT (FORMAT binary)',
    'COPY (SELECT p.*, p FROM patients p) TO STDOUT',
    'COPY (WITH RECURSIVE r AS (SELECT last FROM patients UNION SELECT last FROM r) TABLE r) TO STDOUT',
    'COPY (SELECT last FROM patients UNION ALL SELECT label FROM wards) TO STDOUT (FORMAT csv)',
    'COPY (VALUES (1, (SELECT last FROM patients LIMIT 1))) TO STDOUT (FORMAT binary)',
    'COPY (INSERT INTO wards SELECT 930, last FROM patients LIMIT 1 RETURNING label) TO STDOUT',
    'COPY (DELETE FROM keyed_words RETURNING last, day) TO STDOUT',
    'COPY (MERGE INTO keyed_words k USING patients p ON k.id = p.id WHEN MATCHED THEN UPDATE SET n = 2 RETURNING p.last) TO STDOUT',
    'COPY (EXECUTE s) TO STDOUT',
    'COPY (TABLE shouting) TO STDOUT',
    'COPY (SELECT told(1)) TO STDOUT',
    "COPY (SELECT last FROM patients) TO '/tmp/chartgate-leak'",
    "COPY (SELECT last FROM patients) TO PROGRAM 'cat >&2'",
    'COPY patients FROM STDIN (FORMAT csv, HEADER match)',
    'COPY wards FROM STDIN WHERE label > (SELECT last FROM patients LIMIT 1)',
    "COPY wards FROM PROGRAM 'cat'",
  ].map((sql) => copied(sql)),
  copied('COPY (SELECT last, birthdate FROM patients) TO STDOUT', "SET DateStyle = 'SQL, DMY'"),
  copied('COPY (SELECT last::bytea FROM patients) TO STDOUT', "SET bytea_output = 'escape'"),
  copied("COPY (SELECT last FROM patients) TO STDOUT (ENCODING 'LATIN1')", "SET client_encoding = 'LATIN1'"),
];

export const formatsAndCopies: Family = {
  name: 'formats, styles and COPY',
  attacks: [
    ...types,
    ...settings,
    ...copies,
    ...each('SELECT last, birthdate, tags, extra, p, id, visits, first FROM patients p'),
  ],
};
