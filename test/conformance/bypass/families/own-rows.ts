// Whoever may write a row chooses one side of whatever holds rows against one another: a view that orders, groups, counts or joins by a
// protected column says where the new row stands among the others. And what adds up, or fills a value, until it fails.

import { each, type Family, oracles, steps } from '../attack.ts';

/** What a database's owner makes of the people in it: each holds a protected value of one row against those of others. */
const views: readonly string[] = [
  'SELECT id, ward FROM people ORDER BY last',
  'SELECT id FROM people ORDER BY born LIMIT 1',
  'SELECT id, ward FROM people ORDER BY upper(last) LIMIT 1',
  'SELECT DISTINCT last FROM people',
  'SELECT DISTINCT ON (last) id FROM people ORDER BY last, id',
  'SELECT last, count(*) AS n FROM people GROUP BY last HAVING count(*) > 1',
  'SELECT ward, min(id) AS id, count(*) AS n FROM people GROUP BY ward, last',
  'SELECT ward, last, count(*) AS n FROM people GROUP BY ROLLUP (ward, last)',
  'SELECT ward, count(DISTINCT last) AS n FROM people GROUP BY ward',
  'SELECT ward, count(*) FILTER (WHERE last IN (SELECT last FROM people WHERE id < 8)) AS n FROM people GROUP BY ward',
  'SELECT last FROM people UNION SELECT last FROM people',
  'SELECT last FROM people WHERE id > 8 INTERSECT SELECT last FROM people WHERE id < 8',
  'SELECT last FROM people WHERE id > 8 EXCEPT SELECT last FROM people WHERE id < 8',
  'WITH RECURSIVE r AS (SELECT last FROM people WHERE id < 8 UNION SELECT p.last FROM people p JOIN r ON p.id > 8) SELECT count(*) AS n FROM r',
  'WITH RECURSIVE r(last, n) AS (SELECT last, 1 FROM people WHERE id < 8 UNION ALL SELECT p.last, n + 1 FROM people p, r WHERE n < 3) CYCLE last SET again USING path SELECT count(*) AS n FROM r',
  'SELECT id, rank() OVER (PARTITION BY ward ORDER BY born) AS r FROM people',
  'SELECT id, count(*) OVER (PARTITION BY last) AS n FROM people',
  'SELECT id, lag(id) OVER (ORDER BY born) AS before FROM people',
  'SELECT id, first_value(id) OVER w AS f FROM people WINDOW w AS (PARTITION BY last ORDER BY id)',
  'SELECT x.id FROM (SELECT id, dense_rank() OVER (ORDER BY last) AS r FROM people) x WHERE x.r = 1',
  'SELECT array_agg(id ORDER BY last, id) AS ids FROM people',
  "SELECT string_agg(id::text, ',' ORDER BY born) AS ids FROM people",
  'SELECT json_object_agg(id, ward ORDER BY last) AS ids FROM people',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.last = b.last',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.last <> b.last',
  'SELECT count(*) AS n FROM people a JOIN people b ON lower(a.last) = lower(b.last)',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.last LIKE b.last',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.last IS NOT DISTINCT FROM b.last',
  'SELECT count(*) AS n FROM people a JOIN people b ON (a.last, a.born) = (b.last, b.born)',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.tags && b.tags',
  'SELECT count(*) AS n FROM people a JOIN people b ON a.doc @> b.doc',
  'SELECT count(*) AS n FROM (SELECT last FROM people WHERE id > 8) a NATURAL JOIN (SELECT last FROM people WHERE id < 8) b',
  'SELECT count(*) AS n FROM (SELECT last FROM people WHERE id > 8) a FULL JOIN (SELECT last FROM people WHERE id < 8) b USING (last)',
  'SELECT count(*) AS n FROM (SELECT last AS x FROM people WHERE id < 8) a, (SELECT last AS y FROM people WHERE id > 8) b WHERE x = y',
  'SELECT count(*) AS n FROM people a, people b WHERE strpos(a.last, b.last) > 0',
  'SELECT count(*) AS n FROM people a, people b WHERE substr(a.last, 1, 1) = substr(b.last, 1, 1)',
  'SELECT count(*) AS n FROM people a, people b WHERE a.born - b.born = 0',
  'SELECT count(*) AS n FROM people a, people b WHERE b.born BETWEEN a.born AND a.born',
  'SELECT count(*) AS n FROM people a, people b WHERE CASE a.last WHEN b.last THEN true END',
  'SELECT a.id FROM people a WHERE EXISTS (SELECT FROM people b WHERE b.last = a.last AND b.id > 8)',
  'SELECT a.id FROM people a WHERE NOT EXISTS (SELECT FROM people b WHERE b.last = a.last AND b.ctid <> a.ctid)',
  'SELECT id, ward FROM people WHERE last IN (SELECT last FROM people WHERE id < 8)',
  'SELECT id, ward FROM people WHERE last = ANY (ARRAY(SELECT last FROM people WHERE id < 8))',
  'SELECT id FROM people WHERE born > ALL (SELECT born FROM people WHERE id < 8)',
  'SELECT id FROM people WHERE born = (SELECT min(born) FROM people)',
  'SELECT a.id FROM people a, LATERAL (SELECT count(*) AS n FROM people b WHERE b.last = a.last) q WHERE q.n > 1',
  'SELECT id FROM people a WHERE (SELECT count(*) FROM people b WHERE b.born < a.born) = 0',
];

const table = (at: number): string => `own_rows_${at}`;

const tables = views.map(
  (view, at) => `
    CREATE TABLE ${table(at)} (id int PRIMARY KEY, ward int, last text, born date, tags text[], doc jsonb);
    INSERT INTO ${table(at)} VALUES (1, 1, 'Quartermain', '1961-07-23', '{Zebulon}', '{"a":"Zebulon"}'), (2, 1, 'Vandersloot', '1970-02-11', '{}', '{}');
    CREATE VIEW ${table(at)}_seen AS ${view.replaceAll('people', table(at))};`,
);

const classified = views.flatMap((_, at) =>
  Object.entries({ last: 'name', born: 'date', tags: 'other_id', doc: 'other_id' }).map(
    ([column, cls]) => [`public.${table(at)}.${column}`, cls] as const,
  ),
);

const row = `9, 1, 'Quartermain', '1961-07-23', '{Zebulon}', '{"a":"Zebulon"}'`;

/** The sum of so many times as much, over and over. */
function sumOfSums(column: string, from: string, levels: number): string {
  let query = `SELECT sum(${column}) AS s FROM ${from}`;
  for (let level = 0; level < levels; level++) {
    query = `SELECT sum(s) AS s FROM (${query}) q${level}, generate_series(1, 100) g${level}`;
  }
  return query;
}

/** So many lexemes that there is place for one more, of a guess, and not for two. */
const nearlyFull = (guess: string): string =>
  `INSERT INTO measured (id, words) SELECT 99, array_to_tsvector(array_agg(rpad('w' || g, 2000, 'x')) || ARRAY[rpad('v', 2040, 'x'), rpad('u', 520, 'x'), '${guess}']) FROM generate_series(1, 523) g`;

export const ownRows: Family = {
  name: 'rows of one’s own',
  setup: `${tables.join('')}
    CREATE TABLE summed (id int PRIMARY KEY, n int, pay float8, rate numeric, small float4, tod time); INSERT INTO summed VALUES (1, 1, 5, 5, 5, '12:34');
    CREATE TABLE own_place (id int PRIMARY KEY, ward int, last text); INSERT INTO own_place VALUES (1, 1, 'Quartermain');
    CREATE VIEW own_place_seen AS SELECT id, ward FROM own_place WHERE last LIKE 'Q%' ORDER BY ward;`,
  clear: ['public.own_place.ward'],
  classified: {
    ...Object.fromEntries(classified),
    ...Object.fromEntries(['pay', 'rate', 'small', 'tod'].map((name) => [`public.summed.${name}`, 'other_id'])),
    'public.own_place.last': 'name',
  },
  attacks: [
    ...oracles(
      ...views.map((_, at) => `INSERT INTO ${table(at)} VALUES (${row})`),
      `INSERT INTO ${table(0)} (id, last) VALUES (9, 'M') ON CONFLICT (id) DO NOTHING`,
      `INSERT INTO ${table(0)} (id, last) SELECT 9, 'M' RETURNING id`,
      `INSERT INTO ${table(0)} (id, ward) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET last = 'M'`,
      `UPDATE ${table(0)} SET last = 'M' WHERE id = 2`,
      `UPDATE ${table(1)} SET (ward, born) = (1, '1961-07-23') WHERE id = 2`,
      `MERGE INTO ${table(3)} t USING (VALUES (9)) v(id) ON t.id = v.id WHEN NOT MATCHED THEN INSERT (id, last) VALUES (9, 'M')`,
      `MERGE INTO ${table(8)} t USING (VALUES (2)) v(id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET last = 'Quartermain'`,
      `WITH w AS (INSERT INTO ${table(8)} (id, ward, last) VALUES (9, 1, 'Quartermain') RETURNING id) SELECT * FROM w`,
      // What adds up until its type can hold no more.
      sumOfSums('pay', 'summed', 4),
      sumOfSums('rate', 'summed', 4),
      'SELECT sum(small) FROM summed, generate_series(1, 9)',
      'SELECT sum(tod) FROM summed, generate_series(1, 9)',
      'SELECT avg(tod) FROM summed, generate_series(1, 9)',
      "SELECT sum(date_part('epoch', tod)) FROM summed",
      'SELECT sum(s) OVER () FROM (SELECT sum(rate) AS s FROM summed) q, generate_series(1, 3)',
      'SELECT sum(sum(pay)) OVER () FROM summed GROUP BY n',
      'WITH RECURSIVE r(i, s) AS (SELECT 1, rate FROM summed UNION ALL SELECT i + 1, (SELECT sum(CASE WHEN g > 0 THEN r.s END) FROM generate_series(1, 10) g) FROM r WHERE i < 100) SELECT s FROM r',
      'COPY (SELECT sum(s) FROM (SELECT sum(pay) AS s FROM summed) q) TO STDOUT',
      // A value of one's own that leaves place for no other.
      'SELECT a.words || b.words FROM measured a, measured b WHERE a.id = 1 AND b.id = 2',
      'SELECT a.doc || b.doc FROM measured a, measured b WHERE a.id = 1 AND b.id = 2',
      'SELECT count(a.words || b.words) FROM measured a, measured b WHERE a.id = 1 AND b.id = 2',
    ),
    {
      ...steps(
        nearlyFull('zebulon'),
        'SELECT a.words || b.words FROM measured a, measured b WHERE a.id = 1 AND b.id = 99',
      ),
      oracle: true,
    },
    ...each(
      ...views.map((_, at) => `SELECT * FROM ${table(at)}_seen`),
      'SELECT sum(pay), sum(rate), avg(pay), sum(coalesce(pay, 0)), sum(n) FROM summed',
      // A new row that nothing is held against.
      "INSERT INTO own_place VALUES (2, 1, 'Q')",
      "UPDATE own_place SET last = 'Q' WHERE id = 1 RETURNING id, last",
    ),
  ],
};
