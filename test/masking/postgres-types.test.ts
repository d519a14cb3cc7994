// Masks of every built-in type against a real PostgreSQL: the server takes each masked value back as a value of its type, in
// text and in binary, and reads the same in both; nothing of the original is left in it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { Client } from 'pg';
import { type Classification, type Operator, operators } from '../../src/core/phi.ts';
import type { PostgresType } from '../../src/core/postgres-type.ts';
import { ok } from '../../src/core/result.ts';
import { loadCatalog } from '../../src/gateway/postgres-catalog.ts';
import { maskValue } from '../../src/masking/postgres-value.ts';
import type { Catalog } from '../../src/sql/catalog.ts';
import { notInstalled, type PostgresServer, type PostgresVersion, startPostgres } from '../parts/postgres.ts';
import { viewOf } from './view.ts';

const schema = `
  CREATE EXTENSION citext; CREATE EXTENSION hstore;
  CREATE TYPE mood AS ENUM ('glad', 'grim');
  CREATE DOMAIN code AS varchar(6); CREATE DOMAIN codes AS code[];
  CREATE TYPE pair AS (word text, born date);
  CREATE TYPE nest AS (label text, inner_pair pair, many pair[]);
  CREATE TABLE people (id int, name text, ssn text, born date, gone text, city varchar(9), tags text[]);
  ALTER TABLE people DROP COLUMN gone;`;

const seed = 20_261_121;

/** Values the detectors, the quoting and the formats have most trouble with. */
const hostile = [
  '',
  'null',
  'NULL',
  '{',
  '}',
  '(',
  ')',
  ',',
  '"',
  '\\',
  'a"b\\c',
  ' x ',
  "it's",
  'Ünïcödé ☃',
  '[1,2)',
  '\t',
];

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed, numRuns: count });
}

const words = sample(fc.string({ unit: 'binary', minLength: 4, maxLength: 12 }), 12)
  .map((word) => word.replaceAll('\0', '0').toWellFormed())
  .concat(hostile);
const days = sample(fc.integer({ min: -30_000, max: 40_000 }), 10).map((day) =>
  new Date(day * 86_400_000).toISOString().slice(0, 10),
);
const instants = days.map((day, at) => `${day} ${String(at % 24).padStart(2, '0')}:07:09.${123_456 + at}`);
const integers = (bits: number): string[] =>
  sample(fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }), 10).map(String);
const numerics = [
  '0',
  'NaN',
  '1.50',
  '-0.00001',
  '89.99',
  '90',
  '90.01',
  '1e300',
  '123456789012345678901234567890.125',
];

/** An array, record or range literal: everything quoted, which every reader takes. */
const quote = (word: string): string => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const arrays = (items: readonly string[]): string[] => [
  '{}',
  '{NULL}',
  `{${items.map(quote).join(',')}}`,
  `{${items.slice(0, 4).map(quote).join(',')},NULL}`,
  `{{${items.slice(0, 2).map(quote).join(',')}},{${items.slice(2, 4).map(quote).join(',')}}}`,
  `[3:4]={${items.slice(0, 2).map(quote).join(',')}}`,
  `[0:0][-1:0]={{${items.slice(0, 2).map(quote).join(',')}}}`,
];
const [early, late] = [[...days].sort().at(0), [...days].sort().at(-1)];
const pairs = words.map((word, at) => `(${quote(word)},${days[at] ?? ''})`);

const cases: Readonly<Record<string, readonly string[]>> = {
  text: words,
  citext: words,
  varchar: words,
  'varchar(3)': words.map((word) => Array.from(word).slice(0, 3).join('')),
  'char(5)': words.map((word) => Array.from(word).slice(0, 5).join('')),
  'char(40)': ['123-45-6789', 'Quillfeather'],
  name: words,
  '"char"': ['a', 'z', ''],
  code: ['abc', '123456'],
  xml: ['<a>Quillfeather</a>', 'Quillfeather'],
  mood: ['glad', 'grim'],
  bool: ['t', 'f'],
  bytea: ['\\x', '\\x00ff5175696c6c'],
  int2: integers(16),
  int4: [...integers(32), '0', '89', '90', '123456789'],
  int8: [...integers(64), '123456789012'],
  oid: ['0', '4294967295'],
  regclass: ['pg_class'],
  regtype: ['integer'],
  float4: ['0', '1.5', '-3e10', '91.5', 'NaN', 'Infinity'],
  float8: ['0', '1.5e-200', '89.5', '90.5', '-Infinity'],
  numeric: numerics,
  'numeric(12,3)': ['89.999', '90', '123456.789'],
  money: ['$12.34'],
  date: [...days, 'infinity', '-infinity', '0044-03-15 BC', '0001-01-01', '5874897-12-31'],
  time: ['04:05:06.789'],
  timetz: ['04:05:06-08'],
  timestamp: [...instants, 'infinity', '0044-03-15 01:02:03 BC', '294276-12-31 23:59:59.999999'],
  timestamptz: [...instants, '-infinity'],
  interval: ['1 year 2 mons 3 days 04:05:06', '-90 years'],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  inet: ['192.168.1.7/24', '::1'],
  cidr: ['10.0.0.0/8'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  bit: ['1'],
  varbit: ['10110'],
  json: ['{"name":"Quillfeather", "n":1.50}', '"Quillfeather"', '12345678901234567890', 'null'],
  jsonb: ['{"name":"Quillfeather","n":1.50}', '[]'],
  jsonpath: ['$."Quillfeather"'],
  tsvector: ["'quillfeather':1A"],
  tsquery: ["'quillfeather' & !'x'"],
  point: ['(1,2)'],
  line: ['{1,2,3}'],
  lseg: ['[(1,2),(3,4)]'],
  box: ['(3,4),(1,2)'],
  path: ['((1,2),(3,4))'],
  polygon: ['((1,2),(3,4),(5,6))'],
  circle: ['<(1,2),3>'],
  pg_lsn: ['16/B374D848'],
  xid: ['7'],
  xid8: ['7'],
  tid: ['(7,7)'],
  cid: ['7'],
  pg_snapshot: ['10:20:10,14'],
  int2vector: ['1 2 3'],
  oidvector: ['1 2 3'],
  hstore: ['"a"=>"Quillfeather"'],
  'text[]': arrays(words),
  'varchar(4)[]': arrays(words.map((word) => Array.from(word).slice(0, 4).join(''))),
  codes: ['{abc,123456}'],
  'int4[]': arrays(integers(32)),
  'date[]': arrays(days),
  'timestamptz[]': arrays(instants),
  'uuid[]': ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}'],
  'jsonb[]': arrays(['{"a":"Quillfeather"}', '[1]', '1', 'null']),
  'bytea[]': ['{"\\\\x0102"}'],
  'mood[]': ['{glad,NULL}'],
  'box[]': ['{(3,4),(1,2);(5,6),(1,2)}'],
  pair: [...pairs, '(,)', '("",)'],
  'pair[]': arrays(pairs),
  nest: pairs.map((pair, at) => `(${quote(words[at] ?? '')},${quote(pair)},${quote(`{${quote(pair)},NULL}`)})`),
  daterange: [
    'empty',
    '(,)',
    `[${early},${late})`,
    `[${early},]`,
    '[2020-03-01,2020-03-04)',
    '[2020-01-01,2021-01-01)',
  ],
  tsrange: ['empty', `["${early} 01:02:03","${late} 04:05:06"]`, '[2020-03-01,infinity)'],
  tstzrange: [`("${early} 01:02:03+00",)`],
  datemultirange: ['{}', '{[2000-01-02,2000-03-04),[2010-01-01,2020-05-05)}', '{(,2000-01-01),[2020-02-02,)}'],
  tsmultirange: ['{["2000-01-02 03:04:05","2000-03-04 05:06:07"]}'],
  int4range: ['[1,7)', 'empty'],
  numrange: ['(1.5,)'],
  nummultirange: ['{[1.5,2.5]}'],
  'daterange[]': ['{"[2020-03-01,2020-03-04)",NULL}'],
};

/** Classes each operator is tried on: what a person might say of any column. */
const classes = ['name', 'date', 'age', 'other_id'] as const;

interface Cell {
  readonly text: Uint8Array;
  readonly binary: Uint8Array;
}

describe('masks of PostgreSQL 18 types', () => {
  let server: PostgresServer;
  let client: Client;
  let catalog: Catalog;
  const kinds = new Map<
    string,
    { readonly type: PostgresType; readonly typmod: number; readonly cells: readonly Cell[] }
  >();

  before(async () => {
    server = await startPostgres();
    client = await connect(server);
    await client.query(schema);
    catalog = await catalogOf(client);
    for (const [name, values] of Object.entries(cases)) {
      const [kind] = (
        await client.query({
          text: `SELECT t.oid, t.typsend::text AS send, format_type(t.oid, NULL) FROM pg_type t WHERE t.oid = $1::regtype`,
          values: [name],
        })
      ).rows;
      const typmod = Number(/\((\d+)\)/.exec(name)?.[1] ?? -5) + 4;
      const { rows } = await client.query({
        text: `SELECT v::text AS text, encode(${kind.send}(v), 'hex') AS binary FROM (SELECT ($1::text[])[n]::${name} v FROM generate_series(1, $2::int) n OFFSET 0) s`,
        values: [values, values.length],
      });
      const cells = rows.map((row) => ({ text: Buffer.from(row.text), binary: Buffer.from(row.binary, 'hex') }));
      // As text only where the text is the type's own output, which a cast of char(n) to text is not.
      kinds.set(name, { type: catalog.type(Number(kind.oid)), typmod: name.includes(',') ? -1 : typmod, cells });
    }
  });

  after(async () => {
    await client.end();
    await server.stop();
  });

  /** What the server reads in a masked value. Fails if it does not take it as one of the type. */
  async function read(name: string, value: Uint8Array | null, format: 0 | 1): Promise<string | null> {
    if (value === null) return null;
    const parameter = format === 1 ? Buffer.from(value) : Buffer.from(value).toString();
    return (
      await client.query({ name: `${name}${format}`, text: `SELECT ($1::${name})::text AS v`, values: [parameter] })
    ).rows[0].v;
  }

  async function checkClass(
    name: string,
    operator: Operator,
    classification: Classification | 'derived',
  ): Promise<number> {
    const kind = kinds.get(name);
    assert.ok(kind);
    const view = viewOf({ default: operator });
    let shown = 0;
    for (const cell of kind.cells) {
      const column = { type: kind.type, typmod: kind.typmod, classification };
      const text = maskValue(cell.text, { ...column, format: 0 }, view);
      const binary = maskValue(cell.binary, { ...column, format: 1 }, view);
      const where = `${name} ${classification} ${operator}: ${Buffer.from(cell.text).toString()}`;
      const fromText = await read(name, text, 0);
      const fromBinary = await read(name, binary, 1);
      assert.equal(fromBinary, fromText, where);
      if (fromText !== null) shown += 1;
      if (operator === 'redact' || operator === 'pseudonym' || classification === 'derived') {
        for (const leaf of leavesOf(cell.text)) {
          assert.ok(!Buffer.from(text ?? []).includes(leaf), where);
          assert.ok(!Buffer.from(binary ?? []).includes(leaf), where);
        }
      }
    }
    return shown;
  }

  it(`every type, operator and class (seed ${seed})`, { timeout: 100_000 }, async () => {
    let shown = 0;
    for (const name of Object.keys(cases)) {
      for (const operator of operators) {
        if (operator === 'scan') continue;
        const cls = classes[operators.indexOf(operator) % classes.length] ?? 'name';
        shown += await checkClass(name, operator, operator === 'year' || operator === 'shift' ? 'date' : cls);
      }
      shown += await checkClass(name, 'redact', 'derived');
    }
    assert.ok(shown > 1_000, `only ${shown} values came back as values`);
  });

  it('what is not masked passes byte by byte', () => {
    for (const [name, { type, typmod, cells }] of kinds) {
      for (const cell of cells) {
        const column = { type, typmod, classification: 'clear' as const, scanClear: true };
        // Detectors may find something in random text; what they do not change must be the same bytes.
        if (/xml|citext|text|char|name|pair|nest|json/.test(name)) continue;
        assert.equal(maskValue(cell.text, { ...column, format: 0 }, viewOf()), cell.text);
        assert.equal(maskValue(cell.binary, { ...column, format: 1 }, viewOf()), cell.binary);
      }
    }
  });

  it('an array keeps its shape, and only what was found is changed in it', async () => {
    const items = [...hostile, 'SSN 123-45-6789'];
    const [row] = (
      await client.query({ text: `SELECT $1::text[]::text AS t, array_send($1::text[]) AS b`, values: [items] })
    ).rows;
    const type = catalog.type(1009);
    const column = { type, typmod: -1, classification: 'note' as const };
    const expected = [...hostile, 'SSN [SSN]'];
    for (const [format, bytes] of [
      [0, Buffer.from(row.t)],
      [1, row.b],
    ] as const) {
      const masked = maskValue(bytes, { ...column, format }, viewOf());
      assert.ok(masked);
      const { rows } = await client.query({
        text: 'SELECT $1::text[] AS masked, array_send($1::text[]) AS bytes, $1::text[]::text AS text',
        values: [format === 1 ? Buffer.from(masked) : Buffer.from(masked).toString()],
      });
      assert.deepEqual(rows[0].masked, expected);
      // Written as the server writes it.
      assert.deepEqual(Buffer.from(masked), format === 1 ? rows[0].bytes : Buffer.from(rows[0].text));
    }
    const text = (value: string): string | null => {
      const masked = maskValue(Buffer.from(value), { type, typmod: -1, format: 0, classification: 'ssn' }, viewOf());
      return masked && Buffer.from(masked).toString();
    };
    assert.equal(text('{123-45-6789,NULL,987-65-4320}'), '{[SSN],NULL,[SSN]}');
    assert.equal(text('[2:3]={a,b}'), '[2:3]={[SSN],[SSN]}');
    assert.equal(text('{{a},{b}}'), '{{[SSN]},{[SSN]}}');
  });

  it('a row of a table has the classes of its columns', async () => {
    const relation = catalog.relation('public', 'people');
    assert.ok(relation);
    await client.query({
      text: `INSERT INTO people VALUES (7, $1, '123-45-6789', '1971-04-08', $2, '{a,"b c"}')`,
      values: ['Quill "the\\feather" (x)', 'a "b",(c)'],
    });
    const [row] = (
      await client.query(`SELECT p::text AS t, record_send(p) AS b, 'people'::regtype::oid AS oid FROM people p`)
    ).rows;
    const type = catalog.type(Number(row.oid));
    const view = viewOf({ byClass: { ssn: 'last4', date: 'year' } });
    for (const [format, bytes] of [
      [0, Buffer.from(row.t)],
      [1, row.b],
    ] as const) {
      const masked = maskValue(bytes, { type, typmod: -1, format, classification: 'row' }, view);
      assert.ok(masked);
      const { rows } = await client.query({
        text: 'SELECT (m).id, (m).name, (m).ssn, (m).born::text, (m).city, (m).tags FROM (SELECT $1::people m) s',
        values: [format === 1 ? Buffer.from(masked) : Buffer.from(masked).toString()],
      });
      assert.deepEqual(rows, [
        { id: 7, name: '[NAME]', ssn: '***-**-6789', born: '1971-01-01', city: 'a "b",(c)', tags: null },
      ]);
      // Put together from anything: nothing of it can be believed.
      assert.equal(maskValue(bytes, { type, typmod: -1, format, classification: 'derived' }, view), null);
    }
  });

  it('a pseudonym is the same in text, in binary, alone and in an array', async () => {
    const view = viewOf({ default: 'pseudonym' });
    for (const [name, send, value] of [
      ['text', 'textsend', 'Quillfeather'],
      ['int4', 'int4send', '88417'],
      ['int8', 'int8send', '88417'],
      ['uuid', 'uuid_send', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ] as const) {
      const [row] = (
        await client.query({
          text: `SELECT t.oid::int AS oid, t.typarray::int AS array_oid, ${send}($1::${name}) AS one,
              array_send(ARRAY[$1::${name}]) AS many FROM pg_type t WHERE t.oid = '${name}'::regtype`,
          values: [value],
        })
      ).rows;
      const mask = (oid: number, bytes: Uint8Array, format: 0 | 1): Uint8Array | null =>
        maskValue(bytes, { type: catalog.type(oid), typmod: -1, format, classification: 'mrn' }, view);
      const alone = await read(name, mask(row.oid, Buffer.from(value), 0), 0);
      assert.ok(alone !== null && alone !== value);
      assert.equal(await read(name, mask(row.oid, row.one, 1), 1), alone);
      assert.equal(await read(`${name}[]`, mask(row.array_oid, Buffer.from(`{${value}}`), 0), 0), `{${alone}}`);
      assert.equal(await read(`${name}[]`, mask(row.array_oid, row.many, 1), 1), `{${alone}}`);
    }
  });

  it(`what is cut short or garbled becomes NULL or another value, and nothing throws (seed ${seed})`, () => {
    const kind = fc.constantFrom(...kinds.keys());
    fc.assert(
      fc.property(
        kind,
        fc.nat(),
        fc.constantFrom(0 as const, 1 as const),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.constantFrom(...operators),
        fc.constantFrom('date' as const, 'name' as const, 'note' as const, 'clear' as const),
        (name, which, format, cut, changes, operator, classification) => {
          const { type, typmod, cells } = kinds.get(name) ?? assert.fail();
          const cell = cells[which % cells.length] ?? assert.fail();
          const bytes = Uint8Array.from(format === 1 ? cell.binary : cell.text);
          const short = cut % 3 === 0 ? bytes.slice(0, cut % (bytes.length + 1)) : bytes;
          for (const [at, byte] of changes) if (short.length > 0) short[at % short.length] = byte;
          maskValue(short, { type, typmod, format, classification, scanClear: true }, viewOf({ default: operator }));
        },
      ),
      { numRuns: 20_000, seed },
    );
  });
});

describe('the types of a catalog', () => {
  for (const version of ['14', '15', '16', '17'] as const satisfies readonly PostgresVersion[]) {
    it(`are read from PostgreSQL ${version}`, { skip: notInstalled(version) }, async () => {
      const server = await startPostgres({ version });
      const client = await connect(server);
      try {
        await client.query(schema);
        const catalog = await catalogOf(client);
        const { rows } =
          await client.query(`SELECT 'nest'::regtype::oid::int AS nest, 'codes'::regtype::oid::int AS codes,
          'people'::regtype::oid::int AS people, 'datemultirange'::regtype::oid::int AS dates`);
        const base = (name: string): PostgresType => ({ kind: 'base', name });
        const plain = { typmod: -1, classification: 'unknown' as const };
        const pair: PostgresType = {
          kind: 'composite',
          fields: [
            { name: 'word', type: base('text'), ...plain },
            { name: 'born', type: base('date'), ...plain },
          ],
        };
        assert.deepEqual(catalog.type(rows[0].nest), {
          kind: 'composite',
          fields: [
            { name: 'label', type: base('text'), ...plain },
            { name: 'inner_pair', type: pair, ...plain },
            { name: 'many', type: { kind: 'array', element: pair, delimiter: ',' }, ...plain },
          ],
        });
        assert.deepEqual(catalog.type(rows[0].codes), {
          kind: 'domain',
          base: { kind: 'array', element: { kind: 'domain', base: base('varchar'), typmod: 10 }, delimiter: ',' },
          typmod: -1,
        });
        assert.deepEqual(catalog.type(rows[0].dates), { kind: 'multirange', subtype: base('date') });
        const people = catalog.type(rows[0].people);
        assert.ok(people.kind === 'composite');
        assert.deepEqual(
          people.fields.map((field) => [field.name, field.classification]),
          [
            ['id', 'clear'],
            ['name', 'name'],
            ['ssn', 'ssn'],
            ['born', 'date'],
            ['city', 'clear'],
            ['tags', 'unknown'],
          ],
        );
        assert.deepEqual(catalog.type(1_020), { kind: 'array', element: base('box'), delimiter: ';' });
        assert.deepEqual(catalog.type(4_000_000_000), { kind: 'unknown' });
      } finally {
        await client.end();
        await server.stop();
      }
    });
  }
});

async function connect(server: PostgresServer): Promise<Client> {
  const client = new Client({
    connectionString: server.url(server.superuser, server.superuserPassword, 'postgres'),
    options: '-c timezone=UTC',
  });
  await client.connect();
  return client;
}

async function catalogOf(client: Client): Promise<Catalog> {
  const loaded = await loadCatalog(
    async (sql) => {
      const answer = await client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => String } });
      const rows: (string | null)[][] = answer.rows;
      return ok({ fields: answer.fields.map((field) => field.name), rows });
    },
    {
      pack: null,
      unknownText: 'mask',
      columns: { 'public.people.name': 'name', 'public.people.ssn': 'ssn', 'public.people.city': 'clear' },
    },
    0,
  );
  assert.ok(loaded.ok);
  return loaded.value;
}

/** Words of the value that a mask cannot have by chance. */
function leavesOf(value: Uint8Array): string[] {
  return (
    Buffer.from(value)
      .toString()
      .match(/[\p{L}\p{N}]{5,}/gu)
      ?.filter((leaf) => !/^(?:infinity|empty|Infinity)$/.test(leaf)) ?? []
  );
}
