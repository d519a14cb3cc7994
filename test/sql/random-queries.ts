// Random SELECTs over the tables of the ward that a server mostly accepts: every kind of source, expression and clause the
// lineage knows, nested. The same seed gives the same queries.

type Kind = 'text' | 'int' | 'date' | 'json' | 'bool';

interface Field {
  readonly sql: string;
  readonly kind: Kind;
}

interface Table {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, kind: Kind])[];
}

const tables: readonly Table[] = [
  {
    name: 'patients',
    fields: [
      ['id', 'int'],
      ['name', 'text'],
      ['ssn', 'text'],
      ['birth_date', 'date'],
      ['weight', 'int'],
      ['bed', 'int'],
      ['doc', 'json'],
      ['digits', 'int'],
    ],
  },
  {
    name: 'wards',
    fields: [
      ['id', 'int'],
      ['title', 'text'],
      ['beds', 'int'],
    ],
  },
  {
    name: 'notes',
    fields: [
      ['id', 'int'],
      ['patient_id', 'int'],
      ['body', 'text'],
      ['kind', 'text'],
    ],
  },
  {
    name: 'visits',
    fields: [
      ['id', 'int'],
      ['day', 'date'],
      ['reason', 'text'],
    ],
  },
  {
    name: 'base',
    fields: [
      ['id', 'int'],
      ['label', 'text'],
    ],
  },
  {
    name: 'patient_labels',
    fields: [
      ['id', 'int'],
      ['label', 'text'],
      ['n', 'int'],
      ['weight', 'int'],
    ],
  },
  {
    name: 'patient_copy',
    fields: [
      ['id', 'int'],
      ['code', 'text'],
    ],
  },
];

interface Query {
  readonly sql: string;
  readonly columns: readonly Kind[];
}

export class RandomQueries {
  readonly #random: () => number;
  #names = 0;

  /** `random` gives numbers from 0 to 1, as Math.random does. */
  constructor(random: () => number) {
    this.#random = random;
  }

  next(): string {
    this.#names = 0;
    const { sql, columns } = this.#query(3);
    return this.#one([true, false]) ? `${sql} ORDER BY ${1 + this.#below(columns.length)}` : sql;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(of: readonly T[]): T {
    const chosen = of[this.#below(of.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  #name(): string {
    this.#names += 1;
    return `n${this.#names}`;
  }

  #query(depth: number): Query {
    if (depth > 0 && this.#below(8) === 0) return this.#with(depth - 1);
    if (depth > 0 && this.#below(8) === 0) return this.#union(depth - 1);
    return this.#select(depth, null);
  }

  #with(depth: number): Query {
    const [name, inner] = [this.#name(), this.#query(depth)];
    const names = inner.columns.map(() => this.#name());
    const fields = names.map((each, at): readonly [string, Kind] => [each, inner.columns[at] ?? 'text']);
    const outer = this.#select(depth, { name, fields });
    return { sql: `WITH ${name}(${names.join(', ')}) AS (${inner.sql}) ${outer.sql}`, columns: outer.columns };
  }

  #union(depth: number): Query {
    const left = this.#select(depth, null);
    const scope = this.#source(depth, null);
    const right = left.columns.map((kind) => this.#value(kind, scope.fields, 1));
    const op = this.#one(['UNION ALL', 'UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT']);
    return { sql: `(${left.sql}) ${op} SELECT ${right.join(', ')} FROM ${scope.sql}`, columns: left.columns };
  }

  #select(depth: number, extra: Table | null): Query {
    const { sql: from, fields, rows } = this.#source(depth, extra);
    const where = this.#below(3) === 0 ? ` WHERE ${this.#value('bool', fields, 1)}` : '';
    if (this.#below(6) === 0) {
      const key = this.#one(fields);
      const sum = this.#one(['count(*)', `max(${key.sql}::text)`, `string_agg(${key.sql}::text, ',')`]);
      return {
        sql: `SELECT ${key.sql}::text, ${sum}::text FROM ${from}${where} GROUP BY 1`,
        columns: ['text', 'text'],
      };
    }
    const row = rows.length > 0 && this.#below(6) === 0 ? this.#one(rows) : null;
    if (row !== null) {
      const whole = this.#one([`${row}::text`, `to_jsonb(${row})::text`, `row_to_json(${row})::text`]);
      return { sql: `SELECT ${whole} FROM ${from}${where}`, columns: ['text'] };
    }
    const kinds = Array.from({ length: 1 + this.#below(3) }, () =>
      this.#one<Kind>(['text', 'int', 'date', 'bool', 'json']),
    );
    const outputs = kinds.map((kind) => this.#value(kind, fields, depth));
    return { sql: `SELECT ${outputs.join(', ')} FROM ${from}${where}`, columns: kinds };
  }

  /** A FROM list, what its columns are called, and the names of its tables' rows. */
  #source(depth: number, extra: Table | null): { sql: string; fields: Field[]; rows: string[] } {
    const first = this.#item(depth, extra);
    if (this.#below(3) > 0) return { sql: first.sql, fields: first.fields, rows: first.rows };
    const second = this.#item(depth, null);
    const fields = [...first.fields, ...second.fields];
    const join = this.#one(['JOIN', 'LEFT JOIN', 'FULL JOIN', 'CROSS JOIN', ',', ', LATERAL']);
    const rows = [...first.rows, ...second.rows];
    if (join === 'CROSS JOIN') return { sql: `${first.sql} CROSS JOIN ${second.sql}`, fields, rows };
    if (join === ', LATERAL') {
      const [name, field] = [this.#name(), this.#one(first.fields)];
      const lateral: Field = { sql: `${name}.x`, kind: field.kind };
      return {
        sql: `${first.sql}, LATERAL (SELECT ${field.sql} AS x) ${name}`,
        fields: [...first.fields, lateral],
        rows: first.rows,
      };
    }
    if (join === ',') return { sql: `${first.sql}, ${second.sql}`, fields, rows };
    const [a, b] = [first, second].map(({ fields: each }) => each.find(({ kind }) => kind === 'int')?.sql);
    if (a === undefined || b === undefined) return { sql: `${first.sql} CROSS JOIN ${second.sql}`, fields, rows };
    return { sql: `${first.sql} ${join} ${second.sql} ON ${a} = ${b}`, fields, rows };
  }

  #item(depth: number, extra: Table | null): { sql: string; fields: Field[]; rows: string[] } {
    const name = this.#name();
    if (depth > 0 && this.#below(4) === 0) {
      const inner = this.#query(depth - 1);
      const names = inner.columns.map(() => this.#name());
      const fields = names.map((each, at): Field => ({ sql: `${name}.${each}`, kind: inner.columns[at] ?? 'text' }));
      return { sql: `(${inner.sql}) ${name}(${names.join(', ')})`, fields, rows: [name] };
    }
    const table = extra ?? this.#one(tables);
    const fields = table.fields.map(([each, kind]): Field => ({ sql: `${name}.${each}`, kind }));
    return { sql: `${table.name} ${name}`, fields, rows: [name] };
  }

  #value(kind: Kind, fields: readonly Field[], depth: number): string {
    const own = fields.filter((each) => each.kind === kind);
    if (own.length > 0 && (depth <= 0 || this.#below(2) === 0)) return this.#one(own).sql;
    const of = (each: Kind): string => this.#value(each, fields, depth - 1);
    if (depth <= 0) return `${this.#one(fields).sql} IS NULL`.replace(/^(.*)$/, (asked) => this.#as(kind, asked));
    switch (kind) {
      case 'text':
        return this.#text(of, depth);
      case 'int':
        return this.#one([
          () => `length(${of('text')})`,
          () => `(${of('int')} + 1)`,
          () => `coalesce(${of('int')}, 0)`,
          () => `(CASE WHEN ${of('bool')} THEN ${of('int')} END)`,
          () => `(SELECT max(q.id) FROM notes q WHERE q.patient_id = ${of('int')})`,
          () => `lag(${of('int')}) OVER (ORDER BY ${of('text')})`,
          () => `extract(year FROM ${of('date')})::int`,
          () => '7',
        ])();
      case 'date':
        return this.#one([
          () => `date_trunc('year', ${of('date')})::date`,
          () => `(${of('date')} + 1)`,
          () => `coalesce(${of('date')}, DATE '2020-01-01')`,
          () => `(${of('date')}::timestamp)::date`,
          () => "DATE '2020-02-02'",
        ])();
      case 'json':
        return this.#one([
          () => `jsonb_build_object('k', ${of('text')})`,
          () => `to_jsonb(${of('text')})`,
          () => `jsonb_build_array(${of('int')}, ${of('text')})`,
          () => `(${of('json')} -> 'who')`,
          () => `'{}'::jsonb`,
        ])();
      case 'bool':
        return this.#one([
          () => `(${of('text')} LIKE '%a%')`,
          () => `(${of('int')} > 3)`,
          () => `(${of('text')} = ${of('text')})`,
          () => `(${of('bool')} OR ${of('bool')})`,
          () => `EXISTS (SELECT FROM patients q WHERE q.name = ${of('text')})`,
          () => `(${of('int')} IN (SELECT weight FROM patients))`,
          () => 'true',
        ])();
    }
  }

  #text(of: (kind: Kind) => string, depth: number): string {
    return this.#one([
      () => `upper(${of('text')})`,
      () => `(${of('text')} || ${of('text')})`,
      () => `substr(${of('text')}, 2)`,
      () => `reverse(${of('text')})`,
      () => `coalesce(${of('text')}, ${of('text')})`,
      () => `nullif(${of('text')}, ${of('text')})`,
      () => `greatest(${of('text')}, ${of('text')})`,
      () => `(CASE WHEN ${of('bool')} THEN ${of('text')} ELSE ${of('text')} END)`,
      () => `(${of('int')})::text`,
      () => `(${of('date')})::text`,
      () => `(${of('json')} ->> 'who')`,
      () => `(ARRAY[${of('text')}, ${of('text')}])[1]`,
      () => `to_char(${of('date')}, 'YYYY')`,
      () => `encode(convert_to(${of('text')}, 'UTF8'), 'hex')`,
      () => `md5(${of('text')})`,
      () => `first_value(${of('text')}) OVER (ORDER BY ${of('int')})`,
      () => `(SELECT string_agg(q.x, ',') FROM (${this.#column(depth)}) q(x))`,
      () => `(SELECT q.name FROM patients q WHERE q.id = ${of('int')} LIMIT 1)`,
      () => `(ROW(${of('text')}, ${of('int')}))::text`,
      () => "'word'",
    ])();
  }

  /** A query of one column of text. */
  #column(depth: number): string {
    const { sql, fields } = this.#source(depth - 1, null);
    return `SELECT ${this.#value('text', fields, depth - 1)} FROM ${sql}`;
  }

  #as(kind: Kind, asked: string): string {
    if (kind === 'bool') return `(${asked})`;
    const constants: Record<Exclude<Kind, 'bool'>, string> = {
      text: "'w'",
      int: '1',
      date: "DATE '2021-01-01'",
      json: "'{}'::jsonb",
    };
    return `(CASE WHEN ${asked} THEN ${constants[kind]} END)`;
  }
}
