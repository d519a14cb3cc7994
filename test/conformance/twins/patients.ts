// A clinic of three patients, of whom the two worlds say something else in every protected column: longer or shorter, alike or
// not, in another order, of other signs. Which values are NULL, how many elements an array has and whether a time is finite is the same.

import type { Ward } from './worlds.ts';

interface PatientColumn {
  readonly name: string;
  readonly type: string;
  /** A class, or clear. */
  readonly content: string;
  readonly tame: readonly [string, string, string];
  /** Absent = as in the tame world. */
  readonly wild?: readonly [string, string, string];
}

const column = (
  name: string,
  type: string,
  content: string,
  tame: PatientColumn['tame'],
  wild?: PatientColumn['wild'],
): PatientColumn => ({ name, type, content, tame, ...(wild && { wild }) });

const columns: readonly PatientColumn[] = [
  column('id', 'int PRIMARY KEY', 'clear', ['1', '2', '3']),
  column('first', 'text', 'name', ['Ada', 'Bob', 'Cy'], ['Zebulonius "x", y\\z', 'Bob', '%_\\']),
  column('last', 'text', 'name', ['Byron', 'Carter', 'Dunn'], ['A', 'Bob', '$&']),
  column('ssn', 'text', 'ssn', ['123-45-6789', '222-22-2222', '333-33-3333'], ['999999999', '999999999', '']),
  column(
    'birthdate',
    'date',
    'date',
    ['1961-07-23', '1970-02-11', '1980-03-03'],
    ['1830-01-01', '2024-02-29', '0001-01-01 BC'],
  ),
  column('city', 'text', 'address', ['Springfield', 'Shelbyville', 'Ogdenville'], ['X', 'X', 'Nowhere']),
  column('visits', 'int', 'clear', ['3', '7', '1']),
  column('tags', 'text[]', 'other_id', ['{vip,gold}', '{a,b}', '{x,z}'], ['{"v,p",gold}', '{"",b}', '{"\\"","{"}']),
  column(
    'extra',
    'jsonb',
    'other_id',
    ['{"ssn":"1","a":[1,2],"n":5}', '{"ssn":"3","a":[3],"n":6}', '{"ssn":"4","a":[4],"n":7}'],
    ['{"zip":"22222","a":[9,8],"n":-50}', '{"ssn":"","a":[],"n":1e10}', '{"ssn":null,"a":{},"n":"x"}'],
  ),
  column('mrn', 'text UNIQUE', 'mrn', ['M1', 'M2', 'M3'], ['ZZ999', 'A', 'M3000000']),
  column('weight', 'numeric', 'other_id', ['70.5', '80', '90'], ['-0.001', '1e30', '0']),
  column(
    'stay',
    'daterange',
    'date',
    ['[2020-01-01,2020-01-05)', '[2021-01-01,2021-01-05)', '[2022-01-01,2022-01-05)'],
    ['empty', '(,)', '[1000-01-01,3000-01-05)'],
  ),
  column(
    'at',
    'timestamptz',
    'date',
    ['2020-05-05 10:00+00', '2021-05-05 10:00+00', '2022-05-05 10:00+00'],
    ['1999-12-31 23:59+00', '2030-05-05 10:00+00', '2022-05-05 10:00+00'],
  ),
  column('mood', 'mood', 'diagnosis', ['calm', 'wild', 'calm'], ['wild', 'wild', 'calm']),
  column('photo', 'bytea', 'photo', ['\\x6162', '\\x63', '\\x64'], ['\\xff00ff', '\\x', '\\x00']),
  column('ip', 'inet', 'ip', ['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['::1', '255.255.255.255', '0.0.0.0/0']),
  column('home', 'point', 'address', ['(1,2)', '(3,4)', '(5,6)'], ['(NaN,Infinity)', '(1e308,-1e308)', '(0,0)']),
  column(
    'u',
    'uuid',
    'other_id',
    [
      '11111111-1111-4111-8111-111111111111',
      '22222222-1111-4111-8111-111111111111',
      '33333333-1111-4111-8111-111111111111',
    ],
    [
      '99999999-1111-4111-8111-111111111111',
      '00000000-1111-4111-8111-111111111111',
      'ffffffff-1111-4111-8111-111111111111',
    ],
  ),
  column('code', 'code', 'other_id', ['AB12', 'CD34', 'EF56'], ['9', '', 'x']),
  column('balance', 'money', 'account', ['12.50', '13.50', '14.50'], ['-999999.99', '92233720368547758.07', '0.01']),
  column('bits', 'bit(4)', 'other_id', ['1010', '1100', '1111'], ['0101', '0000', '0001']),
  column('marks', 'int[]', 'other_id', ['{1,2,3}', '{4,5}', '{6}'], ['{9,2147483647,3}', '{0,0}', '{1}']),
  column('t', 'time', 'date', ['10:00', '11:00', '12:00'], ['24:00', '00:00', '12:00']),
  column(
    'dur',
    'interval',
    'other_id',
    ['3 days', '4 days', '5 days'],
    ['-178000000 years', '-178000000 years', '5 days'],
  ),
  column('ok', 'bool', 'diagnosis', ['true', 'false', 'true'], ['false', 'true', 'true']),
];

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const patientsOf = (world: 'tame' | 'wild'): string =>
  [0, 1, 2]
    .map((at) => columns.map((each) => literal((each[world] ?? each.tame)[at] ?? '')).join(', '))
    .map((values) => `INSERT INTO patients VALUES (${values});`)
    .join('\n');

const others = `
  INSERT INTO visits VALUES (1, 1, 1, '2024-01-01', 'a', 10), (2, 1, 2, '2024-01-02', 'b', 20), (3, 2, 1, '2024-01-03', 'a', 30);
  REFRESH MATERIALIZED VIEW mv;`;

export const patients: Ward = {
  setup: `
    CREATE TYPE mood AS ENUM ('calm', 'tense', 'wild');
    CREATE DOMAIN code AS text CHECK (length(VALUE) < 20);
    CREATE TABLE patients (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')});
    CREATE INDEX ON patients (last);
    CREATE TABLE notes (id int PRIMARY KEY, patient int REFERENCES patients, body text);
    CREATE TABLE wards (id int PRIMARY KEY, label text, beds int);
    INSERT INTO wards SELECT n, 'ward ' || n, n * 2 FROM generate_series(1, 20) n;
    CREATE TABLE visits (id int PRIMARY KEY, patient int REFERENCES patients, ward int REFERENCES wards, day date, kind text, cost numeric);
    CREATE SEQUENCE sq;
    CREATE TABLE parts (id int, name text, n int) PARTITION BY LIST (id);
    CREATE TABLE parts1 PARTITION OF parts FOR VALUES IN (1);
    CREATE TABLE parts2 PARTITION OF parts FOR VALUES IN (2);
    CREATE TABLE parents (id int, name text, n int);
    CREATE TABLE kids (extra text) INHERITS (parents);
    CREATE VIEW v AS SELECT id, first AS f, visits FROM patients;
    CREATE MATERIALIZED VIEW mv AS SELECT id, upper(last) AS l, visits FROM patients;
    CREATE TABLE log (id serial PRIMARY KEY, what text, n int, d date);`,
  tame: `${patientsOf('tame')}
    INSERT INTO notes VALUES (1, 1, 'calm patient'), (2, 2, 'wild one'), (3, 1, 'note');
    INSERT INTO parts VALUES (1, 'a1', 10), (2, 'a2', 20);
    INSERT INTO kids VALUES (5, 'k5', 10, 'm');${others}`,
  wild: `${patientsOf('wild')}
    INSERT INTO notes VALUES (1, 1, 'zzzz zzzz zzzz'), (2, 2, ''), (3, 1, '<b>&amp;</b> ''quoted''');
    INSERT INTO parts VALUES (1, 'a9', 10), (2, 'azzzzzzzz', 20);
    INSERT INTO kids VALUES (5, 'zzzz', 10, 'm');${others}`,
  classified: {
    ...Object.fromEntries(columns.map(({ name, content }) => [`public.patients.${name}`, content])),
    'public.notes.body': 'other_id',
    'public.wards.label': 'clear',
    'public.visits.kind': 'clear',
    'public.visits.day': 'clear',
    'public.log.what': 'clear',
    'public.log.d': 'clear',
    'public.parts.name': 'name',
    'public.parents.name': 'name',
    'public.kids.name': 'name',
    'public.kids.extra': 'clear',
  },
};
