// The protocol in orders and with contents that a driver never sends: formats that do not fit, portals put down and taken up
// again, names that nearly are others, messages in the middle of others.
// Longer than 400 lines: a list, one attack after the other.

import { encodeCopyData, encodeCopyDone, encodeCopyFail } from '../../../../src/wire/postgres/copy.ts';
import { encodeClose, encodeDescribe, encodeFlush, encodeSync } from '../../../../src/wire/postgres/extended.ts';
import { encodeFunctionCall, encodeQuery } from '../../../../src/wire/postgres/query.ts';
import type { Attack, Family } from '../attack.ts';
import { bind, execute, parse } from '../wire.ts';
import { pipeline } from './wire-tricks.ts';

const clean = 'SELECT label FROM wards LIMIT 2';
const names = 'SELECT last, first, birthdate FROM patients ORDER BY id';
const derived = 'SELECT upper(last) AS label FROM patients';
const sync = encodeSync();
const flush = encodeFlush();
const query = encodeQuery;
const close = (kind: 'statement' | 'portal', name: string): Buffer => encodeClose({ kind, name });
const describe = (kind: 'statement' | 'portal', name: string): Buffer => encodeDescribe({ kind, name });

/** A message of any letter and body. */
const raw = (letter: string, ...body: readonly (number | string | Buffer)[]): Buffer => {
  const parts = body.map((each) =>
    typeof each === 'number' ? Buffer.from([each >> 8, each & 255]) : Buffer.from(each),
  );
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.concat(parts).length);
  return Buffer.concat([Buffer.from(letter), length, ...parts]);
};

/** Bind with the counts as they are given: parameter formats, parameters, result formats. */
const oddBind = (formats: readonly number[], parameters: readonly string[], results: readonly number[]): Buffer =>
  raw(
    'B',
    '\0\0',
    formats.length,
    ...formats,
    parameters.length,
    ...parameters.flatMap((each) => [0, Buffer.byteLength(each), each]),
    results.length,
    ...results,
  );

const formats: Attack[] = [
  ...[[1, 1], [0, 1], [1, 0, 1, 1], Array.from({ length: 300 }, () => 1), [2], [65_535], [0, 2, 0], [256]].map((odd) =>
    pipeline(
      `result formats ${odd.slice(0, 5).join()} (${odd.length}) for three columns`,
      [parse(names), oddBind([], [], odd), execute(), sync],
      [parse(names), oddBind([], [], odd), describe('portal', ''), execute('', 1), execute(), sync],
    ),
  ),
  ...[[1, 1], [0, 1, 0], [2], [1]].map((odd) =>
    pipeline(`parameter formats ${odd.join()} for one parameter`, [
      parse('SELECT last, $1::text FROM patients WHERE id = 1'),
      oddBind(odd, ['x'], [1]),
      execute(),
      sync,
    ]),
  ),
  pipeline('more parameters than the statement has', [parse(derived), oddBind([], ['1', '2'], [0]), execute(), sync]),
  pipeline('fewer parameters than the statement has', [
    parse("SELECT last || $1 || $2 FROM patients WHERE $3 = ''"),
    oddBind([], ['', ''], [0]),
    execute(),
    sync,
  ]),
  pipeline('a Bind that announces more parameters than it brings', [
    parse(derived),
    raw('B', '\0\0', 0, 65_535, 0, 0),
    execute(),
    sync,
  ]),
  pipeline('65,535 parameter types', [
    parse(
      derived,
      '',
      Array.from({ length: 65_535 }, () => 25),
    ),
    bind(),
    execute(),
    sync,
  ]),
  pipeline('the row type as a parameter, in binary', [
    parse('SELECT ($1).last, upper(($1).last), last FROM patients'),
    oddBind([1], ['\0\0\0\0'], [1]),
    execute(),
    sync,
  ]),
  pipeline(
    'text and binary portals of one statement, row by row in turn',
    [
      query('BEGIN'),
      parse(names, 's'),
      bind('s', 'p', { formats: [1] }),
      bind('s', 'q', { formats: [0] }),
      bind('s', 'r', { formats: [0, 1, 1] }),
      execute('p', 1),
      execute('q', 1),
      execute('r', 1),
      execute('q', 1),
      execute('p', 1),
      execute('r', 1),
      sync,
    ],
    [describe('portal', 'p'), execute('p'), describe('portal', 'q'), execute('q'), sync],
  ),
  pipeline(
    'a Describe of another portal before each row',
    [query('BEGIN'), parse(clean, 'c'), parse(derived, 's'), bind('c', 'p'), bind('s', 'q', { formats: [1] }), sync],
    [describe('portal', 'p'), execute('q', 1), describe('statement', 'c'), execute('q', 1), execute('p', 1), sync],
  ),
];

const portals: Attack[] = [
  pipeline(
    'FETCH moves a portal that Execute goes on with',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p', { formats: [1] }), execute('p', 1), sync],
    [query('FETCH 1 FROM p')],
    [execute('p', 1), sync],
    [query('MOVE BACKWARD 2 IN p')],
    [execute('p'), sync],
    [query('FETCH BACKWARD ALL FROM p')],
  ),
  pipeline(
    'CLOSE by SQL, then a cursor of the same name',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('CLOSE p; DECLARE p CURSOR FOR SELECT reverse(last) FROM patients')],
    [execute('p', 1), sync],
    [describe('portal', 'p'), execute('p'), sync],
  ),
  pipeline(
    'a cursor, CLOSE by the protocol, then a portal of the same name',
    [query('BEGIN; DECLARE p CURSOR FOR SELECT label FROM wards')],
    [close('portal', 'p'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('FETCH 1 FROM p')],
  ),
  pipeline(
    'CLOSE by the protocol in a run that fails',
    [query('BEGIN; SAVEPOINT a; DECLARE p CURSOR FOR SELECT upper(last) FROM patients')],
    [parse('SELECT label + 1 FROM wards'), close('portal', 'p'), sync],
    [query('ROLLBACK TO a; DECLARE p CURSOR FOR SELECT label FROM wards')],
    [execute('p', 1), sync],
  ),
  pipeline(
    'a held cursor over transactions, by the protocol',
    [query('BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT upper(last) AS label FROM patients; COMMIT')],
    [execute('h', 1), sync],
    [describe('portal', 'h'), execute('h', 1), sync],
    [parse(clean, 's'), bind('s', 'h'), execute('h', 1), sync],
    [query('FETCH BACKWARD ALL FROM h')],
    [query('CLOSE h')],
  ),
  pipeline(
    'a held cursor of a transaction that is rolled back, and another of its name',
    [query('BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT label FROM wards; ROLLBACK')],
    [query('BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT upper(last) FROM patients; COMMIT')],
    [execute('h', 1), sync],
    [query('FETCH ALL FROM h; CLOSE h')],
  ),
  pipeline(
    'DECLARE rolled back to a savepoint, the name used before',
    [query('BEGIN; SAVEPOINT a; DECLARE c CURSOR FOR SELECT label FROM wards')],
    [query('ROLLBACK TO a')],
    [query('DECLARE c CURSOR FOR SELECT upper(last) FROM patients')],
    [execute('c', 1), sync],
    [query('FETCH c')],
  ),
  pipeline(
    'a BINARY cursor executed as a portal, and fetched',
    [query('BEGIN; DECLARE b BINARY CURSOR FOR SELECT last, birthdate FROM patients')],
    [execute('b', 1), sync],
    [parse('FETCH ALL FROM b'), bind('', '', { formats: [0] }), execute(), sync],
  ),
  pipeline(
    'FETCH prepared before its cursor is another',
    [query('BEGIN; DECLARE c CURSOR FOR SELECT label FROM wards')],
    [parse('FETCH 1 FROM c', 'f'), describe('statement', 'f'), bind('f'), execute(), sync],
    [query('CLOSE c; DECLARE c CURSOR FOR SELECT upper(last) FROM patients')],
    [bind('f'), execute(), sync],
    [bind('f', 'g'), describe('portal', 'g'), sync],
    [query('CLOSE c; DECLARE c CURSOR FOR SELECT first FROM patients')],
    [execute('g'), sync],
  ),
  pipeline(
    'EXECUTE prepared before its statement is another',
    [query('PREPARE q AS SELECT label FROM wards LIMIT 2')],
    [parse('EXECUTE q', 'e'), bind('e', 'p'), execute('p'), sync],
    [query('DEALLOCATE q; PREPARE q AS SELECT upper(last) AS label FROM patients')],
    [bind('e'), execute(), sync],
    [describe('statement', 'e'), bind('e'), describe('portal', ''), execute(), sync],
  ),
  pipeline(
    'EXECUTE bound, then its statement is another',
    [query('BEGIN; PREPARE q2 AS SELECT label FROM wards LIMIT 2')],
    [parse('EXECUTE q2', 'e'), bind('e', 'p'), sync],
    [query('DEALLOCATE q2; PREPARE q2 AS SELECT upper(last) AS label FROM patients')],
    [execute('p'), sync],
    [bind('e', 'r'), parse('DEALLOCATE q2'), bind(), execute(), execute('r'), sync],
  ),
  pipeline(
    'EXPLAIN ANALYZE EXECUTE in the middle of portals',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('EXPLAIN (ANALYZE, VERBOSE, FORMAT json) EXECUTE s')],
    [execute('p'), sync],
  ),
  pipeline(
    'a portal over SET CONSTRAINTS, SAVEPOINT, RELEASE',
    [query('BEGIN'), query('SAVEPOINT a')],
    [parse(derived, 's'), bind('s', 'p', { formats: [1] }), execute('p', 1), sync],
    [query('RELEASE a; SAVEPOINT b; SET CONSTRAINTS ALL IMMEDIATE')],
    [execute('p', 1), sync],
  ),
  pipeline(
    'COMMIT AND CHAIN under a portal',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('COMMIT AND CHAIN')],
    [execute('p'), sync],
    [parse(clean, 't'), bind('t', 'p'), execute('p'), sync],
  ),
  pipeline('the statement is closed between Bind and Execute, another takes its name', [
    query('BEGIN'),
    parse(derived, 's'),
    bind('s', 'p'),
    close('statement', 's'),
    parse(clean, 's'),
    describe('portal', 'p'),
    execute('p', 1),
    describe('statement', 's'),
    execute('p'),
    sync,
  ]),
  pipeline(
    'DISCARD ALL under prepared statements',
    [parse(derived, 's'), sync],
    [query('DISCARD ALL')],
    [parse(clean, 's'), bind('s'), execute(), sync],
  ),
  pipeline(
    'DISCARD PLANS and SEQUENCES keep what is prepared',
    [parse(derived, 's'), sync],
    [query('DISCARD PLANS')],
    [query('DISCARD SEQUENCES')],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'DISCARD TEMP amid a run',
    [parse(derived, 's'), parse('DISCARD TEMP', 'd'), bind('d'), execute(), sync],
    [bind('s'), execute(), sync],
  ),
];

const nearly: Attack[] = [
  pipeline(
    'the name in another case',
    [query('PREPARE Q AS SELECT label FROM wards'), query('PREPARE "Q" AS SELECT upper(last) AS label FROM patients')],
    [bind('Q'), execute(), sync],
    [bind('q'), execute(), sync],
  ),
  ...['é', '漢', '𝒳', 'Ä'].map((letter) => {
    const whole = letter.repeat(Math.floor(63 / Buffer.byteLength(letter)));
    return pipeline(
      `names that are cut within ${letter}`,
      [query(`PREPARE "${whole}${letter}" AS ${clean}; DEALLOCATE "${whole}"; PREPARE "${whole}" AS ${derived}`)],
      [query(`EXECUTE "${whole}${letter}"`)],
      [bind(whole), execute(), sync],
      [parse(clean, `${whole}${letter}`), sync, bind(whole), execute(), sync],
      [query(`EXECUTE "${whole}"`)],
    );
  }),
  pipeline(
    'names of 10,000 bytes that differ behind the 63rd',
    [parse(clean, `${'n'.repeat(9_000)}a`), sync],
    [parse(derived, `${'n'.repeat(9_000)}b`), sync],
    [bind(`${'n'.repeat(9_000)}a`), execute(), sync],
    [query(`EXECUTE ${'n'.repeat(63)}`)],
  ),
  pipeline(
    'blanks, quotes and controls in names',
    [parse(clean, ' s'), parse(derived, 's '), parse(derived, 's\t'), parse(clean, '"s"'), sync],
    [bind('s '), execute(), bind(' s'), execute(), bind('"s"'), execute(), sync],
    [query('EXECUTE "s "'), query('EXECUTE " s"'), query('EXECUTE """s"""')],
    [],
    [],
  ),
  pipeline(
    'a NUL within a name moves what follows',
    [raw('P', 's\0SELECT label FROM wards\0', 0), sync],
    [raw('P', 's\0', derived, '\0SELECT label FROM wards\0', 0), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline('a Parse with bytes behind its types', [
    raw('P', '\0', derived, '\0', 0, 'SELECT 1\0'),
    bind(),
    execute(),
    sync,
  ]),
  pipeline('a Query with a second text behind its NUL', [raw('Q', clean, '\0', derived, '\0')], [query(clean)]),
  pipeline('a Query without its NUL', [raw('Q', derived)], [query(clean)]),
  pipeline(
    'composed and decomposed names',
    [parse(clean, 'é'), parse(derived, 'e\u0301'), sync],
    [bind('é'), execute(), bind('e\u0301'), execute(), sync],
  ),
];

const order: Attack[] = [
  pipeline('Flush between all, no Sync', [
    parse(derived, 's'),
    flush,
    describe('statement', 's'),
    flush,
    bind('s', 'p'),
    flush,
    describe('portal', 'p'),
    flush,
    execute('p', 1),
    flush,
    close('portal', 'p'),
    flush,
  ]),
  pipeline('a hundred Syncs between two messages', [
    parse(derived),
    ...Array.from({ length: 100 }, () => sync),
    bind(),
    execute(),
    sync,
  ]),
  pipeline('a simple query between Bind and Execute', [
    query('BEGIN'),
    parse(derived, 's'),
    bind('s', 'p'),
    query(clean),
    execute('p'),
    sync,
  ]),
  pipeline('one text with everything', [
    query(
      `BEGIN; DECLARE a CURSOR FOR ${clean}; DECLARE b CURSOR FOR ${derived}; FETCH 1 FROM b; FETCH 1 FROM a; MOVE 1 IN b; FETCH ALL FROM b; CLOSE a; FETCH b; COMMIT; ${derived}`,
    ),
  ]),
  pipeline('PREPARE and EXECUTE of five names in one text', [
    query(
      `PREPARE a AS ${clean}; PREPARE b AS ${derived}; EXECUTE b; EXECUTE a; DEALLOCATE a; PREPARE a AS ${derived}; EXECUTE a; DEALLOCATE ALL`,
    ),
  ]),
  pipeline(
    'PREPARE in a text that fails after it, the name from before',
    [query(`PREPARE z AS ${clean}`)],
    [query(`DEALLOCATE z; PREPARE z AS ${derived}; SELECT 1/0`)],
    [query('EXECUTE z')],
    [bind('z'), execute(), sync],
  ),
  pipeline(
    'a text of 100 statements, the 77th is derived',
    [query(Array.from({ length: 100 }, (_, at) => (at === 76 ? derived : 'SELECT 1')).join(';'))],
    [query(Array.from({ length: 100 }, (_, at) => (at % 2 ? derived : clean)).join(';'))],
  ),
  pipeline(
    'COPY FROM with rows of another shape, then what is asked next',
    [query('COPY wards FROM STDIN')],
    [encodeCopyData(Buffer.from('\\N\t\\N\t\\N\t\\N\n')), encodeCopyDone()],
    [query(derived)],
  ),
  pipeline(
    'CopyFail with a text, then a portal',
    [query('COPY wards FROM STDIN')],
    [encodeCopyFail('SELECT last FROM patients')],
    [parse(derived), bind(), execute(), sync],
  ),
  pipeline(
    'CopyData with statements in it',
    [query('COPY wards FROM STDIN')],
    [encodeCopyData(query(derived)), encodeCopyData(Buffer.alloc(0)), encodeCopyDone()],
    [query(derived)],
  ),
  pipeline(
    'CopyData that ends in the middle of a row, then Terminate by CopyDone twice',
    [
      query('COPY wards FROM STDIN'),
      encodeCopyData(Buffer.from('990\tx')),
      encodeCopyDone(),
      encodeCopyDone(),
      query(derived),
    ],
    [],
  ),
  pipeline(
    'COPY in behind a portal that is put down',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('COPY wards FROM STDIN')],
    [encodeCopyData(Buffer.from('991\tx\t1\n')), encodeCopyDone()],
    [execute('p'), sync],
  ),
  pipeline('COPY TO in a run with others', [
    parse('COPY (SELECT upper(last) FROM patients) TO STDOUT', 'c'),
    parse(derived, 's'),
    bind('s'),
    execute(),
    bind('c', '', { formats: [1] }),
    execute('', 1),
    bind('s', 'p', { formats: [1] }),
    execute('p'),
    sync,
  ]),
  ...[47, 1564, 2283, 870, 2168, 952, 715].map((functionOid) =>
    pipeline(
      `FunctionCall of ${functionOid} within a run`,
      [
        parse(derived),
        encodeFunctionCall({ functionOid, argumentFormats: [1], arguments: [Buffer.from('last')], resultFormat: 1 }),
        bind(),
        execute(),
        sync,
      ],
      [query(derived)],
    ),
  ),
  ...['R', 'p', 'v', 'K', 'Z', 'T', 'W', 'V', 'G', 'A', 't', 'n', 'z', '\0', '\xff'].map((letter) =>
    pipeline(
      `a message of type ${JSON.stringify(letter)} amid a run`,
      [parse(derived), raw(letter, 'x\0'), bind(), execute(), sync],
      [query(derived)],
    ),
  ),
];

export const wireGames: Family = { name: 'wire games', attacks: [...formats, ...portals, ...nearly, ...order] };
