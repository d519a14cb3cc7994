// What a session remembers, on both levels: prepared statements and cursors of SQL and of the protocol, COPY out, settings; and
// that who sees everything is answered as the database itself would.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { encodeBind, encodeDescribe, encodeSync } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { decodeDataRow, decodeRowDescription } from '../../src/wire/postgres/rows.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { bind, execute, parse, told } from '../parts/extended-messages.ts';
import { type Peer, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE TABLE visits (id int PRIMARY KEY, patient int REFERENCES patients DEFERRABLE INITIALLY DEFERRED);
     
     CREATE PROCEDURE noisy() LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'heard %', (SELECT ssn FROM patients WHERE id = 1); END $$;
     GRANT SELECT, INSERT, DELETE ON visits TO gate;`,
  );
  // Nothing but who sees everything: a rule that asks for facts would refuse what has none.
  await clinic.writeConfig((config) =>
    config
      .replace(/ {4}- name: unbounded-write\n(?: {6}.*\n)+/, '')
      .replace('masks:', '      public.visits.id: clear\nmasks:')
      .replace(
        '    - name: care-team-sees-names',
        `    - name: ana-sets-what-she-likes
      subjects: { ids: [ana] }
      connections: [ehr]
      when: sql.command == "SET"
      allow: { unmask: all, filter: all }
    - name: care-team-sees-names`,
      ),
  );
  gate = await clinic.startGate();
});
after(() => clinic.stop());

const signedIn = (person: string): Promise<Peer> => signedInAt(clinic, person);

async function frames(peer: Peer, messages: readonly Buffer[], syncs = 1): Promise<Frame[]> {
  peer.send(Buffer.concat([...messages]));
  const got: Frame[] = [];
  for (let each = 0; each < syncs; each++) got.push(...(await peer.receiveUntil('Z')));
  return got;
}

async function exchange(peer: Peer, messages: readonly Buffer[], syncs = 1): Promise<string> {
  const got = await frames(peer, messages, syncs);
  const bytes = Buffer.concat(got.map((each) => each.whole)).toString('latin1');
  for (const canary of canaries) assert.ok(!bytes.includes(canary), `${canary} in ${bytes}`);
  return told(got);
}

const q = encodeQuery;

describe('one namespace for prepared statements', () => {
  it('what SQL prepares is executed by SQL and bound by the protocol, masked', async () => {
    const peer = await signedIn('ana');
    assert.equal(await exchange(peer, [q('PREPARE x (int) AS SELECT id, ssn FROM patients WHERE id = $1')]), 'C Z');
    assert.equal(await exchange(peer, [q('EXECUTE x(1)')]), 'T D(1,***-**-6789) C Z');
    assert.equal(await exchange(peer, [q('EXECUTE x(1 + 1)')]), 'T D(2,***-**-4320) C Z');
    assert.equal(await exchange(peer, [bind('x', '', ['1']), execute(), encodeSync()]), '2 D(1,***-**-6789) C Z');
    assert.equal(
      await exchange(peer, [parse('EXECUTE x(2)'), bind(), execute(), encodeSync()]),
      '1 2 D(2,***-**-4320) C Z',
    );
    assert.equal(await exchange(peer, [q('DEALLOCATE x')]), 'C Z');
    assert.equal(await exchange(peer, [q('EXECUTE x(1)')]), 'E(42501) Z');
    assert.equal(await exchange(peer, [bind('x', '', ['1']), execute(), encodeSync()]), 'E(26000) Z');
    peer.close();
  });

  it('what the protocol parses is executed by SQL, masked', async () => {
    const peer = await signedIn('ana');
    assert.equal(await exchange(peer, [parse('SELECT ssn FROM patients WHERE id = 1', 's'), encodeSync()]), '1 Z');
    assert.equal(await exchange(peer, [q('EXECUTE s')]), 'T D(***-**-6789) C Z');
    peer.close();
  });

  it('the arguments of EXECUTE are a closed world of their own', async () => {
    const peer = await signedIn('ana');
    await exchange(peer, [q('PREPARE x (text) AS SELECT label FROM wards WHERE label = $1')]);
    assert.equal(await exchange(peer, [q("EXECUTE x(pg_read_file('/etc/passwd'))")]), 'E(42501) Z');
    assert.equal(await exchange(peer, [q("EXECUTE x('ward 7')")]), 'T D(ward 7) C Z');
    peer.close();
  });

  it('a rule decides when it runs, by what was prepared', async () => {
    const peer = await signedIn('ana');
    assert.equal(await exchange(peer, [q("PREPARE w AS UPDATE wards SET label = 'x' WHERE id = 1")]), 'C Z');
    assert.equal(await exchange(peer, [q('EXECUTE w')]), 'E(42501) Z');
    assert.equal(await exchange(peer, [bind('w'), execute(), encodeSync()]), 'E(42501) Z');
    peer.close();
  });

  it('survives ROLLBACK, and one that failed defines nothing and hides nothing', async () => {
    const peer = await signedIn('ana');
    await exchange(peer, [q('BEGIN'), q('PREPARE x AS SELECT 1'), q('ROLLBACK')], 3);
    assert.equal(await exchange(peer, [q('EXECUTE x')]), 'T D(1) C Z');
    assert.equal(await exchange(peer, [q('PREPARE x AS SELECT ssn FROM patients')]), 'E(42P05) Z');
    assert.equal(await exchange(peer, [q('EXECUTE x')]), 'T D(1) C Z');
    assert.equal(
      await exchange(peer, [q('DEALLOCATE x; PREPARE x AS SELECT ssn FROM patients WHERE id = 1; EXECUTE x')]),
      'C C T D(***-**-6789) C Z',
    );
    assert.equal(
      await exchange(peer, [q('SELECT 1/0; PREPARE y AS SELECT 2'), q('EXECUTE y')], 2),
      'E(22012) Z E(42501) Z',
    );
    peer.close();
  });

  it('keeps order in a pipeline', async () => {
    const peer = await signedIn('ana');
    assert.equal(
      await exchange(
        peer,
        [q('PREPARE x AS SELECT ssn FROM patients WHERE id = 1'), bind('x'), execute(), encodeSync()],
        2,
      ),
      'C Z 2 D(***-**-6789) C Z',
    );
    peer.close();
  });
});

describe('cursors', () => {
  it('masks what is fetched, in text and binary, by SQL and by the protocol', async () => {
    const peer = await signedIn('ana');
    await exchange(peer, [q('BEGIN')]);
    assert.equal(await exchange(peer, [q('DECLARE c CURSOR FOR SELECT ssn FROM patients ORDER BY id')]), 'C Z');
    assert.equal(await exchange(peer, [q('FETCH 1 FROM c')]), 'T D(***-**-6789) C Z');
    assert.equal(await exchange(peer, [encodeDescribe({ kind: 'portal', name: 'c' }), encodeSync()]), 'T Z');
    assert.equal(await exchange(peer, [execute('c', 1), encodeSync()]), 'D(***-**-4320) s Z');
    assert.equal(await exchange(peer, [parse('FETCH BACKWARD 1 FROM c'), encodeSync()]), '1 Z');
    assert.equal(
      await exchange(peer, [q('DECLARE b BINARY CURSOR FOR SELECT birthdate FROM patients WHERE id = 1')]),
      'C Z',
    );
    const got = await frames(peer, [q('FETCH ALL FROM b')]);
    const described = got.find((each) => each.type === 'T'.charCodeAt(0));
    assert.equal(described && decodeRowDescription(described.body)[0]?.format, 1);
    const row = got.find((each) => each.type === 'D'.charCodeAt(0));
    // 1961-01-01, in days since 2000-01-01.
    assert.equal(row && decodeDataRow(row.body)[0]?.readInt32BE(0), -14_244);
    assert.equal(await exchange(peer, [q('CLOSE c'), q('FETCH c')], 2), 'C Z E(42501) Z');
    peer.close();
  });

  it('a cursor without hold ends with its transaction, one with hold does not', async () => {
    const peer = await signedIn('ana');
    await exchange(
      peer,
      [
        q('BEGIN'),
        q('DECLARE c CURSOR FOR SELECT ssn FROM patients'),
        q('DECLARE h SCROLL CURSOR WITH HOLD FOR SELECT ssn FROM patients ORDER BY id'),
        q('COMMIT'),
      ],
      4,
    );
    assert.equal(await exchange(peer, [q('FETCH c')]), 'E(42501) Z');
    assert.equal(
      await exchange(peer, [q('FETCH h; MOVE LAST IN h; FETCH PRIOR FROM h')]),
      'T D(***-**-6789) C C T D(***-**-6789) C Z',
    );
    assert.equal(await exchange(peer, [q('CLOSE ALL'), q('FETCH h')], 2), 'C Z E(42501) Z');
    peer.close();
  });

  it('SQL fetches from a portal of the protocol, masked', async () => {
    const peer = await signedIn('ana');
    await exchange(peer, [q('BEGIN')]);
    await exchange(peer, [
      parse('SELECT ssn FROM patients ORDER BY id', 's'),
      bind('s', 'p'),
      execute('p', 1),
      encodeSync(),
    ]);
    assert.equal(await exchange(peer, [q('FETCH ALL FROM p')]), 'T D(***-**-4320) C Z');
    peer.close();
  });

  it('a name that means another cursor than when it was bound is not executed', async () => {
    const peer = await signedIn('ana');
    await exchange(peer, [q('BEGIN; DECLARE c CURSOR FOR SELECT id, label FROM wards')]);
    assert.equal(await exchange(peer, [parse('FETCH c', 'f'), bind('f', 'p'), encodeSync()]), '1 2 Z');
    await exchange(peer, [q('CLOSE c; DECLARE c CURSOR FOR SELECT id, ssn FROM patients')]);
    assert.equal(await exchange(peer, [execute('p'), encodeSync()]), 'E(08P01) Z');
    peer.close();
  });

  it('counts rows over its whole life', async () => {
    const ana = await clinic.connect('ana');
    const notices: string[] = [];
    ana.on('notice', (notice) => notices.push(notice.message ?? ''));
    await ana.query('BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM wards');
    assert.equal((await ana.query('FETCH 60 FROM c')).rows.length, 60);
    const second = await ana.query('FETCH 60 FROM c');
    assert.deepEqual([second.rows.length, second.rowCount], [40, 40]);
    assert.equal((await ana.query('FETCH BACKWARD 10 FROM c')).rows.length, 0);
    assert.match(notices.join(), /row limit of 100/);
    await ana.end();
  });
});

describe('COPY TO STDOUT', () => {
  it('masks rows in text and csv', async () => {
    const peer = await signedIn('ana');
    assert.equal(
      await exchange(peer, [q('COPY patients (id, ssn, birthdate) TO STDOUT')]),
      'H d(1\t***-**-6789\t1961-01-01) d(2\t***-**-4320\t1970-01-01) c C Z',
    );
    assert.equal(
      await exchange(peer, [q("COPY patients (id, ssn) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *, DELIMITER '|')")]),
      'H d(id|ssn) d("1"|"***-**-6789") d("2"|"***-**-4320") c C Z',
    );
    assert.match(await exchange(peer, [q('COPY patients TO STDOUT')]), /^H d\(.*\) d\(.*\) c C Z$/);
    assert.match(await exchange(peer, [q('COPY patients TO STDOUT (FORMAT csv)')]), /^H d\(.*\) d\(.*\) c C Z$/);
    assert.match(
      await exchange(peer, [q('COPY (SELECT id, ssn, birthdate, upper(ssn), ssn::varchar FROM patients) TO STDOUT')]),
      /^H d\(1\t\*{3}-\*\*-6789\t1961-01-01\t\\N\t\S+\) d\(2\t/,
      'a column as it is keeps its mask',
    );
    assert.equal(await exchange(peer, [q('COPY (SELECT 1, count(*) FROM patients) TO STDOUT')]), 'H d(1\t2) c C Z');
    assert.equal(
      await exchange(peer, [parse('COPY patients (ssn) TO STDOUT'), bind(), execute(), encodeSync()]),
      '1 2 H d(***-**-6789) d(***-**-4320) c C Z',
    );
    peer.close();
  });

  it('masks rows in binary, and what it leaves is a good COPY', async () => {
    const peer = await signedIn('ana');
    const got = await frames(peer, [q('COPY patients (id, ssn) TO STDOUT (FORMAT binary)')]);
    const data = Buffer.concat(got.filter((each) => each.type === 'd'.charCodeAt(0)).map((each) => each.body));
    const text = data.toString('latin1');
    assert.ok(text.startsWith('PGCOPY\n\xff\r\n\0') && text.endsWith('\xff\xff'));
    assert.ok(text.includes('***-**-6789') && !text.includes('123-45-6789'));
    peer.close();
  });

  it('cuts at the row limit and says so', async () => {
    const peer = await signedIn('ana');
    const got = await frames(peer, [q('COPY wards TO STDOUT')]);
    assert.equal(got.filter((each) => each.type === 'd'.charCodeAt(0)).length, 100);
    assert.equal(got.find((each) => each.type === 'C'.charCodeAt(0))?.body.toString(), 'COPY 100\0');
    assert.equal(got.filter((each) => each.type === 'N'.charCodeAt(0)).length, 1);
    peer.close();
  });
});

describe('EXPLAIN', () => {
  it('tells the plan of what may run, and of nothing else', async () => {
    const ana = await clinic.connect('ana');
    assert.match(JSON.stringify((await ana.query('EXPLAIN SELECT ssn FROM patients WHERE id = 1')).rows), /Scan/);
    assert.match(
      JSON.stringify((await ana.query('EXPLAIN (ANALYZE, FORMAT json) SELECT label FROM wards')).rows),
      /Actual/,
    );
    await assert.rejects(ana.query("EXPLAIN SELECT id FROM patients WHERE ssn = '1'"), /filters/);
    await assert.rejects(ana.query('EXPLAIN ANALYZE DELETE FROM wards WHERE id = 1'), /rule/);
    await ana.end();
  });
});

describe('who sees everything', () => {
  it('is answered as the database answers, message by message', async () => {
    const { superuser, superuserPassword } = clinic.postgres;
    const direct = new Client({ connectionString: clinic.postgres.url('gate', 'upstream-secret', 'ehr') });
    assert.ok(superuser && superuserPassword);
    await direct.connect();
    const dora = await clinic.connect('dora');
    const scripts = [
      'SELEC 1',
      'SELECT 1; SELEC 2',
      'SELECT 1 +',
      '',
      ';',
      '-- nothing',
      'SELECT 1; SELECT 1/0; SELECT 2',
      "SELECT 'x'::int",
      'FETCH ALL FROM nobody',
      'EXECUTE nobody',
      'DEALLOCATE nobody',
      'PREPARE p AS SELECT $1::int; EXECUTE p(3); DEALLOCATE p',
      "SET DateStyle = 'German'; SELECT date '2001-02-03'::text; RESET DateStyle",
      'SET search_path = pg_catalog; SHOW search_path; RESET search_path',
      "SET IntervalStyle = 'iso_8601'; SELECT interval '1 day'::text; RESET ALL",
      'SET work_mem = 65536; SHOW work_mem; DISCARD ALL',
      'DISCARD ALL',
      'SET my.setting = 1; SHOW my.setting',
      'SHOW no_such_setting',
      "SET work_mem = 'much'",
      'LISTEN news',
      'UNLISTEN *',
      'CHECKPOINT',
      'SET ROLE nobody_at_all',
      'BEGIN; INSERT INTO visits VALUES (1, 4711); COMMIT',
      'ROLLBACK',
      'INSERT INTO visits VALUES (1, 4712)',
      'CALL noisy()',
      "DO $$ BEGIN RAISE WARNING 'w' USING DETAIL = 'd', HINT = 'h'; END $$",
      'EXPLAIN (COSTS off) SELECT ssn FROM patients',
      'COMMIT',
      'SAVEPOINT a',
      'MOVE c',
    ];
    for (const sql of scripts) {
      const [want, got] = await Promise.all([outcome(direct, sql), outcome(dora, sql)]);
      assert.deepEqual(got, want, sql);
    }
    await Promise.all([direct.end(), dora.end()]);
  });

  it('keeps the pins that decide how text is read', async () => {
    const dora = await clinic.connect('dora');
    await assert.rejects(dora.query("SET client_encoding = 'LATIN1'"), /pinned/);
    await assert.rejects(dora.query('SET standard_conforming_strings = off'), /pinned/);
    await dora.end();
  });

  it('hears what it listens to', async () => {
    const dora = await clinic.connect('dora');
    const heard = Promise.withResolvers<string | undefined>();
    dora.on('notification', (message) => heard.resolve(message.payload));
    await dora.query('LISTEN news');
    await dora.query("NOTIFY news, 'Zebulon'");
    await dora.query('SELECT 1');
    assert.equal(await heard.promise, 'Zebulon');
    await dora.end();
  });
});

it('nothing is masked in a session that has left the pins, until DISCARD ALL', async () => {
  const ana = await clinic.connect('ana');
  await ana.query("SET DateStyle = 'German'");
  await assert.rejects(ana.query('SELECT birthdate FROM patients'), /nothing can be masked/);
  await ana.query('BEGIN; COMMIT');
  await ana.query('DISCARD ALL');
  assert.equal((await ana.query('SELECT ssn FROM patients WHERE id = 1')).rows[0].ssn, '***-**-6789');
  await ana.end();
});

/** Everything the driver was told. */
async function outcome(client: Client, sql: string): Promise<unknown> {
  const notices: unknown[] = [];
  const note = (notice: object): void => void notices.push(plain(notice));
  client.on('notice', note);
  try {
    const result = (await client.query({ text: sql, rowMode: 'array' })) as unknown;
    const results = Array.isArray(result) ? result : [result];
    return { results: results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows })), notices };
  } catch (error) {
    return { error: plain(error as object), notices };
  } finally {
    client.off('notice', note);
  }
}

/** Positions, texts, routines and all. */
function plain(message: object): object {
  return Object.fromEntries(
    Object.entries({ ...message, text: (message as Error).message }).filter(([name]) => name !== 'length'),
  );
}

it('a rule may speak of what the planner expects, and of typed parameters', async () => {
  const ana = await clinic.connect('ana');
  await clinic.writeConfig((config) =>
    config.replace(/ {4}- name: unbounded-write\n(?: {6}.*\n)+/, '').replace(
      '    - name: care-team-sees-names',
      `    - name: no-bulk
      subjects: { ids: [ana] }
      when: sql.estimated_rows > 400.0
      deny: Ask for less.
    - name: not-ward-seven
      subjects: { ids: [ana] }
      when: '"7" in sql.params'
      deny: Not that ward.
    - name: care-team-sees-names`,
    ),
  );
  process.kill(gate.pid, 'SIGHUP');
  const refusal = (): Promise<string> => ana.query('SELECT id FROM wards').then(() => 'answered', String);
  await eventually(async () => /Ask for less/.test(await refusal()), 'the new policy is in force');
  assert.equal((await ana.query('SELECT id FROM wards WHERE id = 8')).rows.length, 1);
  assert.equal((await ana.query('SELECT id FROM wards WHERE id = $1', [9])).rows.length, 1);
  await assert.rejects(ana.query('SELECT id FROM wards WHERE id = $1', [7]), /Not that ward/);
  await ana.end();
  const peer = await signedIn('ana');
  const seven = encodeBind({
    portal: '',
    statement: 's',
    parameterFormats: [1],
    parameters: [Buffer.of(0, 0, 0, 7)],
    resultFormats: [],
  });
  assert.equal(await exchange(peer, [parse('SELECT id FROM wards WHERE id = $1', 's'), encodeSync()]), '1 Z');
  assert.equal(await exchange(peer, [seven, execute(), encodeSync()]), 'E(42501) Z');
  peer.close();
});
