// Parameters that the client says are of a type of users: whatever the server does with such a value runs their code.

import { encodeDescribe, encodeSync } from '../../../../src/wire/postgres/extended.ts';
import { decodeDataRow } from '../../../../src/wire/postgres/rows.ts';
import type { Attack, Family } from '../attack.ts';
import { bind, execute, parse, type Wire } from '../wire.ts';

async function oidOf(wire: Wire, type: string): Promise<number> {
  const answer = await wire.query(`SELECT oid FROM pg_type WHERE typname = '${type}'`);
  const row = answer.find((each) => each.type === 'D'.charCodeAt(0));
  return row ? Number(decodeDataRow(row.body)[0]?.toString()) : 0;
}

/** $1 is of this type, and this value. */
function typed(text: string, type: string, value: string): Attack {
  return {
    name: `${text}, $1 a ${type}`,
    wire: async (wire) => {
      const oid = await oidOf(wire, type);
      wire.send(
        parse(text, '', [oid]),
        encodeDescribe({ kind: 'statement', name: '' }),
        bind('', '', { parameters: [value] }),
        execute(),
        encodeSync(),
      );
      await wire.until('Z');
    },
  };
}

const asGhost: readonly string[] = [
  'SELECT upper($1)',
  'SELECT $1 || label FROM wards LIMIT 1',
  'SELECT label FROM wards WHERE label < $1',
  'SELECT to_json($1)',
  'SELECT json_build_array($1)',
  'SELECT array_to_json(ARRAY[$1])',
  'SELECT $1::text',
  'SELECT length($1)',
  'SELECT concat($1, 1)',
  'SELECT coalesce($1, label) FROM wards LIMIT 1',
  'SELECT label FROM wards UNION ALL SELECT $1 LIMIT 600',
  'SELECT CASE WHEN true THEN $1 ELSE label END FROM wards LIMIT 1',
  'INSERT INTO wards (id, label) VALUES (9001, $1) RETURNING label',
  'UPDATE wards SET label = $1 WHERE id = 1 RETURNING label',
  'SELECT json_object($1 VALUE 1)',
  'SELECT json_scalar($1)',
  'VALUES ($1, upper($1))',
  'SELECT x.n, upper(x) FROM (SELECT $1) y(x)',
  'SELECT ($1).ghost_text',
];

export const parameterTypes: Family = {
  name: 'parameter types',
  setup: `
    CREATE TYPE ghost AS (n int);
    CREATE FUNCTION ghost_text(ghost) RETURNS text LANGUAGE sql STABLE AS 'SELECT last FROM patients WHERE id = ($1).n';
    CREATE CAST (ghost AS text) WITH FUNCTION ghost_text(ghost) AS IMPLICIT;
    CREATE FUNCTION ghost_json(ghost) RETURNS json LANGUAGE sql STABLE AS 'SELECT to_json(p) FROM patients p WHERE id = ($1).n';
    CREATE CAST (ghost AS json) WITH FUNCTION ghost_json(ghost);
    CREATE FUNCTION ghost_says(int) RETURNS int LANGUAGE plpgsql STABLE
      AS $$ BEGIN RAISE NOTICE '%', (SELECT last FROM patients WHERE id = 1); RETURN $1; END $$;
    CREATE DOMAIN ghostly AS int CHECK (VALUE < ghost_says(1));
    CREATE DOMAIN citizen AS text;
  `,
  attacks: [
    ...asGhost.map((text) => typed(text, 'ghost', '(1)')),
    typed('SELECT $1', 'ghostly', '100'),
    typed('SELECT $1 FROM patients', 'patients', '(1,,,,,,,,)'),
    typed('SELECT ($1).ssn FROM patients', 'patients', '(1,,,,,,,,)'),
    typed('SELECT regexp_replace($1, $1, $1)', 'citizen', 'x'),
  ],
};
