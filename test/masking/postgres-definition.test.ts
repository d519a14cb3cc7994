// Definitions without their literals, and years as the year operator shows them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutLiterals } from '../../src/masking/postgres/definition.ts';
import { yearMask } from '../../src/masking/postgres/year.ts';
import { viewOf } from './view.ts';

describe('definitions', () => {
  const cases: readonly (readonly [sql: string, left: string])[] = [
    ["nextval('patients_id_seq'::regclass)", "nextval('patients_id_seq'::regclass)"],
    ['nextval(\'public."Odd"\'::pg_catalog.regclass)', 'nextval(\'public."Odd"\'::pg_catalog.regclass)'],
    ["'123-45-6789'::text", "'[masked]'::text"],
    ["E'it\\'s 123-45-6789'::text", "'[masked]'::text"],
    ["'it''s me'::text", "'[masked]'::text"],
    ['CHECK ((mrn <> 4471902))', 'CHECK ((mrn <> 0))'],
    ['numeric(10,2)', 'numeric(10,2)'],
    ['FOREIGN KEY (a) REFERENCES "B b"("it\'s")', 'FOREIGN KEY (a) REFERENCES "B b"("it\'s")'],
    ["(a)::text || $$secret$$ || $q$it's $$ 5$q$", '(a)::text || $$[masked]$$ || $$[masked]$$'],
    ['SELECT 1 -- Quillfeather\n, 2 /* Quillfeather */', 'SELECT 1 \n, 2 '],
    ["FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)", "FOR VALUES FROM ('[masked]') TO (MAXVALUE)"],
    ["B'10101'::bit(5)", "B'[masked]'::bit(5)"],
    ["'unfinished", "'[masked]'"],
    ['$body$ unfinished', '$$[masked]$$'],
    ['1.5e10 + 88417.25', '1.5e10 + 0'],
    ["x = ANY (ARRAY['a'::text, 'b'::text])", "x = ANY (ARRAY['[masked]'::text, '[masked]'::text])"],
    ["table_name$1 = '5'", "table_name$1 = '[masked]'"],
  ];
  for (const [sql, left] of cases) it(sql, () => assert.equal(withoutLiterals(sql), left));

  it('leave the literals no place to hide', () => {
    const secret = 'Quillfeather';
    const quotes = [
      `'${secret}'`,
      `E'\\'${secret}'`,
      `$x$${secret}$x$`,
      `U&'${secret}'`,
      `N'${secret}'`,
      `x'${secret}'`,
    ];
    for (const before of ['', '"a"', "'b'", 'c', '$1', '"a""b"', "E'\\\\'", '/*c*/']) {
      for (const quoted of quotes) {
        const left = withoutLiterals(`${before} ${quoted} AND "${before.replaceAll('"', '')}" = ${quoted}`);
        assert.ok(!left.includes(secret), `${before} ${quoted}: ${left}`);
      }
    }
  });
});

describe('years', () => {
  const view = viewOf();
  const first = new Date(view.now).getUTCFullYear() - 89;
  const numeric = (year: number): Buffer => {
    const value = Buffer.alloc(10);
    value.writeInt16BE(1, 0);
    value.writeInt16BE(year, 8);
    return value;
  };
  const float = (year: number): Buffer => {
    const value = Buffer.alloc(8);
    value.writeDoubleBE(year);
    return value;
  };

  it('are shown where they tell no age over 89', () => {
    for (const [type, format, write] of [
      ['numeric', 0, (year: number) => Buffer.from(String(year))],
      ['float8', 0, (year: number) => Buffer.from(String(year))],
      ['numeric', 1, numeric],
      ['float8', 1, float],
    ] as const) {
      const mask = yearMask(type, format, view);
      assert.deepEqual(mask(write(first)), write(first), type);
      assert.equal(mask(write(first - 1)), null, type);
      assert.equal(mask(Buffer.from('x')), null, type);
    }
    const text = yearMask('text', 0, view);
    assert.equal(Buffer.from(text(Buffer.from(String(first))) ?? '').toString(), String(first));
    assert.equal(Buffer.from(text(Buffer.from(String(first - 1))) ?? '').toString(), '[DATE]');
    assert.equal(Buffer.from(text(Buffer.from(`${first}-05`)) ?? '').toString(), '[DATE]');
    assert.equal(yearMask('int4', 0, view)(Buffer.from(String(first))), null);
  });
});
