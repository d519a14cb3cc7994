// The extended protocol used in ways no driver would: names reused, pipelines that break half-way, portals over
// transactions, formats and row limits changed between.

import { encodeCopyDone } from '../../../../src/wire/postgres/copy.ts';
import { encodeClose, encodeDescribe, encodeFlush, encodeSync } from '../../../../src/wire/postgres/extended.ts';
import { encodeFunctionCall, encodeQuery } from '../../../../src/wire/postgres/query.ts';
import type { Attack, Family } from '../attack.ts';
import { bind, execute, parse } from '../wire.ts';

const clean = 'SELECT label FROM wards LIMIT 2';
const secret = 'SELECT ssn FROM patients';
const derived = "SELECT ssn || '' AS label FROM patients";
const sync = encodeSync();
const flush = encodeFlush();
const query = encodeQuery;
const close = (kind: 'statement' | 'portal', name: string): Buffer => encodeClose({ kind, name });
const describe = (kind: 'statement' | 'portal', name: string): Buffer => encodeDescribe({ kind, name });

/** Sends each batch at once and reads up to ReadyForQuery, or to silence where the batch asks for none. */
export function pipeline(name: string, ...batches: readonly (readonly Buffer[])[]): Attack {
  return {
    name,
    async wire(wire) {
      for (const batch of batches) {
        wire.send(...batch);
        const last = batch.at(-1)?.at(0);
        const answers = last === sync[0] || last === query('')[0];
        await wire.until('Z', answers ? 1_000 : 60);
      }
      await wire.query('ROLLBACK');
      await wire.query(clean);
    },
  };
}

const names: Attack[] = [
  pipeline(
    'Parse s twice',
    [parse(clean, 's'), parse(derived, 's'), bind('s'), execute(), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Parse s twice, over a Sync',
    [parse(clean, 's'), sync],
    [parse(derived, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Parse s, Parse s refused, Bind s',
    [parse(derived, 's'), sync],
    [parse('COPY patients TO STDOUT', 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Parse s fails upstream, Bind s',
    [parse(clean, 's'), sync],
    [parse('SELECT label + 1 FROM wards', 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Close s, Parse s anew',
    [parse(clean, 's'), sync],
    [close('statement', 's'), parse(derived, 's'), bind('s'), execute(), sync],
  ),
  pipeline(
    'Close s after an error, Parse s anew',
    [parse(derived, 's'), sync],
    [parse('SELEC', 'x'), close('statement', 's'), sync],
    [parse(clean, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Close s skipped upstream, Parse s anew',
    [parse(derived, 's'), sync],
    [parse('SELECT label + 1 FROM wards', 'x'), close('statement', 's'), sync],
    [parse(clean, 's'), bind('s'), execute(), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'Close s skipped, reparsed in one run',
    [parse(derived, 's'), sync],
    [
      parse('SELECT label + 1 FROM wards', 'x'),
      close('statement', 's'),
      sync,
      parse(clean, 's'),
      sync,
      bind('s'),
      execute(),
      sync,
    ],
  ),
  pipeline(
    'the unnamed statement after a refusal',
    [parse(clean), sync],
    [parse('CALL x()'), sync],
    [bind(), execute(), sync],
  ),
  pipeline(
    'the unnamed statement after a simple query',
    [parse(clean), sync],
    [query(derived)],
    [bind(), execute(), sync],
  ),
  pipeline('Bind the unnamed portal while another runs', [
    query('BEGIN'),
    parse(clean, 'a'),
    parse(derived, 'b'),
    bind('a'),
    execute('', 1),
    bind('b'),
    execute('', 1),
    execute('', 1),
    sync,
  ]),
  pipeline(
    're-Bind a named portal',
    [
      query('BEGIN'),
      parse(clean, 'a'),
      parse(derived, 'b'),
      bind('a', 'p'),
      execute('p', 1),
      bind('b', 'p'),
      execute('p'),
      sync,
    ],
    [execute('p'), sync],
  ),
  pipeline('Close p, re-Bind p', [
    query('BEGIN'),
    parse(clean, 'a'),
    parse(derived, 'b'),
    bind('a', 'p'),
    execute('p', 1),
    close('portal', 'p'),
    bind('b', 'p'),
    execute('p'),
    sync,
  ]),
  pipeline('Close the statement under its portal', [
    query('BEGIN'),
    parse(derived, 'a'),
    bind('a', 'p'),
    close('statement', 'a'),
    parse(clean, 'a'),
    execute('p', 1),
    bind('a', 'q'),
    execute('q'),
    execute('p'),
    sync,
  ]),
  pipeline(
    'DEALLOCATE by SQL, Parse anew',
    [parse(derived, 's'), sync],
    [query('DEALLOCATE s')],
    [parse(clean, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'DEALLOCATE in a failed transaction',
    [parse(derived, 's'), sync],
    [query('BEGIN'), query('SELEC')],
    [query('DEALLOCATE s')],
    [query('ROLLBACK')],
    [parse(clean, 's'), bind('s'), execute(), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'DEALLOCATE ALL rolled back',
    [parse(derived, 's'), sync],
    [query('BEGIN; DEALLOCATE ALL; ROLLBACK')],
    [parse(clean, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'DEALLOCATE in the same message as an error',
    [parse(derived, 's'), sync],
    [query('SELECT 1/0; DEALLOCATE s')],
    [parse(clean, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'DEALLOCATE by Bind without Execute',
    [parse(derived, 's'), parse('DEALLOCATE s', 'd'), sync],
    [bind('d'), sync],
    [parse(clean, 's'), sync],
    [bind('s'), execute(), sync],
  ),
  pipeline(
    'PREPARE by SQL under a name of the protocol',
    [parse(clean, 's'), sync],
    [query('DEALLOCATE s; PREPARE s AS SELECT ssn FROM patients')],
    [bind('s'), execute(), sync],
  ),
  pipeline('EXECUTE by SQL of a statement of the protocol', [parse(derived, 's'), sync], [query('EXECUTE s')]),
  pipeline(
    'FETCH from a portal by SQL',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), sync],
    [query('FETCH ALL FROM p')],
    [query('MOVE BACKWARD ALL IN p')],
  ),
  pipeline(
    'a cursor of SQL executed as a portal',
    [query('BEGIN')],
    [query('DECLARE p CURSOR FOR SELECT ssn FROM patients')],
    [execute('p'), sync],
  ),
  pipeline(
    'a portal over COMMIT',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('COMMIT')],
    [execute('p'), sync],
  ),
  pipeline(
    'a portal over ROLLBACK TO',
    [query('BEGIN'), query('SAVEPOINT a')],
    [parse(derived, 's'), bind('s', 'p'), execute('p', 1), sync],
    [query('ROLLBACK TO a')],
    [parse(clean, 't'), bind('t', 'p'), execute('p', 1), sync],
    [execute('p'), sync],
  ),
  pipeline(
    'a name as long as a name can be',
    [parse(clean, 's'.repeat(63)), sync],
    [parse(derived, 's'.repeat(64)), sync],
    [bind('s'.repeat(63)), execute(), sync],
    [bind('s'.repeat(64)), execute(), sync],
  ),
  pipeline(
    'a name of the gate itself',
    [parse(derived, 'chartgate: refused'), sync],
    [bind('chartgate: refused', 'chartgate: refused'), execute('chartgate: refused'), sync],
    [query('COPY patients TO STDOUT')],
    [parse('COPY patients TO STDOUT'), sync],
  ),
  pipeline(
    'the portal the gate fails by, bound to a secret',
    [query('BEGIN'), parse(derived, 's'), bind('s', 'chartgate: refused'), sync],
    [parse('CALL x()'), bind(), execute(), sync],
  ),
];

const order: Attack[] = [
  pipeline('an error, then all the rest', [
    parse('SELEC'),
    bind(),
    execute(),
    parse(secret),
    bind(),
    execute(),
    sync,
    parse(derived),
    bind(),
    execute(),
    sync,
  ]),
  pipeline('an upstream error, then all the rest', [
    parse('SELECT 1/0'),
    bind(),
    execute(),
    parse(derived),
    bind(),
    execute(),
    sync,
    parse(derived),
    bind(),
    execute(),
    sync,
  ]),
  pipeline(
    'Flush instead of Sync',
    [parse(derived), flush, bind(), flush, execute('', 1), flush, execute('', 1), flush],
    [sync],
  ),
  pipeline('no Describe, binary', [
    parse('SELECT birthdate, ssn, extra, tags FROM patients'),
    bind('', '', { formats: [1] }),
    execute(),
    sync,
  ]),
  pipeline(
    'formats one by one',
    [parse('SELECT id, birthdate, ssn FROM patients'), bind('', '', { formats: [1, 1, 0] }), execute(), sync],
    [bind('', '', { formats: [0, 1, 1] }), execute(), sync],
  ),
  pipeline(
    'too many formats',
    [parse(derived), bind('', '', { formats: [1, 1, 1, 0] }), execute(), sync],
    [parse(derived), bind('', '', { formats: [0, 1] }), execute(), sync],
  ),
  pipeline(
    'a binary portal, bound again as text',
    [
      query('BEGIN'),
      parse('SELECT birthdate FROM patients', 's'),
      bind('s', 'p', { formats: [1] }),
      execute('p', 1),
      bind('s', 'p', { formats: [0] }),
      sync,
    ],
    [bind('s', 'q', { formats: [0] }), execute('q', 1), execute('p', 1), sync],
  ),
  pipeline('Describe between', [
    parse(clean, 's'),
    describe('statement', 's'),
    bind('s', 'p'),
    describe('portal', 'p'),
    parse(derived, 't'),
    describe('statement', 't'),
    bind('t', 'q'),
    describe('portal', 'q'),
    execute('q'),
    describe('portal', 'p'),
    execute('p'),
    sync,
  ]),
  pipeline('Describe after Execute', [
    parse(derived),
    bind(),
    execute('', 1),
    describe('portal', ''),
    execute('', 1),
    sync,
  ]),
  pipeline(
    'Describe what is not',
    [describe('statement', 'none'), parse(derived), bind(), execute(), sync],
    [describe('portal', 'none'), sync],
  ),
  pipeline(
    'Execute row by row, past the end',
    [query('BEGIN'), parse(derived), bind(), execute('', 1), execute('', 1), execute('', 1), execute('', 1), sync],
    [execute('', 1), sync],
  ),
  pipeline('Execute with a negative limit', [parse(derived), bind(), execute('', -1), sync]),
  pipeline(
    'Execute twice what has ended',
    [query('BEGIN'), parse(derived), bind(), execute(), execute(), sync],
    [execute(), sync],
  ),
  pipeline('Execute without Bind', [parse(derived), execute(), sync]),
  pipeline('simple queries between', [parse(derived, 's'), query(clean), bind('s'), query(secret), execute(), sync]),
  pipeline(
    'a simple query in a run that failed',
    [parse('SELECT label + 1 FROM wards'), query(derived), sync],
    [query(derived)],
  ),
  pipeline('two simple queries at once', [query(clean), query(derived), query(clean), query(secret)], [], []),
  pipeline(
    'refused and let through by turns',
    [query('COPY patients TO STDOUT'), query(derived), query('CALL x()'), query(secret), query('SELECT 1')],
    [],
    [],
    [],
    [],
  ),
  pipeline(
    'refused and let through by turns, extended',
    [
      parse('CALL x()'),
      sync,
      parse(derived),
      bind(),
      execute(),
      sync,
      parse('COPY patients TO STDOUT'),
      bind(),
      execute(),
      sync,
      parse(secret),
      bind(),
      execute(),
      sync,
    ],
    [],
    [],
    [],
  ),
  pipeline(
    'COPY out in the extended protocol',
    [parse('COPY patients TO STDOUT'), bind(), execute(), sync],
    [parse('COPY late TO STDOUT'), bind(), execute(), sync],
  ),
  pipeline(
    'COPY in, then everything but data',
    [query('COPY wards FROM STDIN'), sync, flush, parse(derived), bind(), execute(), sync],
    [encodeCopyDone(), sync],
    [parse(derived), bind(), execute(), sync],
  ),
  pipeline(
    'COPY in, Sync is swallowed',
    [query('COPY wards FROM STDIN')],
    [sync, sync],
    [encodeCopyDone()],
    [query(derived)],
    [parse(derived), bind(), execute(), sync],
    [sync],
    [sync],
  ),
  pipeline(
    'COPY in by Execute, Sync is swallowed',
    [parse('COPY wards FROM STDIN'), bind(), execute(), flush],
    [sync, sync],
    [encodeCopyDone(), sync],
    [parse(clean), bind(), execute(), sync, parse(derived), bind(), execute(), sync],
    [sync],
  ),
  pipeline(
    'CopyDone and CopyFail nobody waits for',
    [encodeCopyDone(), query(derived)],
    [encodeCopyDone(), parse(derived), bind(), execute(), sync],
  ),
  pipeline(
    'FunctionCall',
    [encodeFunctionCall({ functionOid: 2311, argumentFormats: [], arguments: [Buffer.from('x')], resultFormat: 0 })],
    [query(derived)],
  ),
  pipeline(
    'a row limit per run',
    [query('BEGIN'), parse('SELECT ssn, first FROM patients ORDER BY id', 's'), bind('s', 'p'), execute('p', 1), sync],
    [bind('s', 'q'), execute('q', 1), execute('p', 1), execute('q', 1), sync],
  ),
  pipeline('parameters as columns', [
    parse('SELECT $1::text, ssn || $1 FROM patients WHERE id = $2::int'),
    bind('', '', { parameters: ['', '1'] }),
    execute(),
    sync,
  ]),
  pipeline(
    'parameters of a type of the client',
    [parse('SELECT $1, ssn FROM patients', '', [2205]), bind('', '', { parameters: ['patients'] }), execute(), sync],
    [parse('SELECT $1::text FROM patients', '', [2278]), bind('', '', { parameters: [null] }), execute(), sync],
  ),
  pipeline('a parameter of a row type', [
    parse('SELECT ($1).ssn, $1, ssn FROM patients p'),
    bind('', '', { parameters: ['(1,a,b,c,,,,,)'] }),
    execute(),
    sync,
  ]),
  pipeline('a write, then its RETURNING row by row', [
    query('BEGIN'),
    parse('UPDATE patients SET visits = 1 RETURNING ssn, upper(first)'),
    bind(),
    execute('', 1),
    execute('', 1),
    execute(),
    sync,
  ]),
  pipeline('a rule that answers a write with rows', [
    query('BEGIN'),
    parse("UPDATE ruled SET label = 'y'"),
    bind(),
    describe('portal', ''),
    execute(),
    sync,
  ]),
  pipeline(
    'unfinished frames',
    [parse(derived), bind(), execute(), sync.subarray(0, 3)],
    [sync.subarray(3)],
    [query(derived).subarray(0, 9)],
    [query(derived).subarray(9)],
  ),
  pipeline(
    'a length that lies',
    [Buffer.from([0x51, 0, 0, 0, 8, 0x53, 0x45, 0x4c, 0]), query(derived)],
    [Buffer.from([0x51, 0, 0, 0, 3])],
  ),
  pipeline(
    'text after the NUL',
    [Buffer.concat([Buffer.from([0x51, 0, 0, 0, 38]), Buffer.from('SELECT 1\0SELECT ssn FROM patients\0')])],
    [query(derived)],
  ),
  pipeline(
    'bytes that are no UTF-8',
    [
      Buffer.concat([
        Buffer.from([0x51, 0, 0, 0, 30]),
        Buffer.from('SELECT ssn FROM patients'),
        Buffer.from([0xc0, 0]),
      ]),
    ],
    [query(derived)],
  ),
  pipeline('no text at all', [query(''), parse(''), bind(), execute(), sync], [query(derived)]),
  pipeline('messages of servers', [Buffer.from([0x44, 0, 0, 0, 6, 0, 0]), query(derived)]),
];

export const wireTricks: Family = { name: 'wire tricks', attacks: [...names, ...order] };
