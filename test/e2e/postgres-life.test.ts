// What goes on around the questions of a masked session: the settings drivers and pools send, clients that vanish while
// a statement runs, portals that are asked again, rows changed through a cursor, tables that change under a statement.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { encodeDescribe, encodeSync } from '../../src/wire/postgres/extended.ts';
import { encodeQuery, encodeTerminate } from '../../src/wire/postgres/query.ts';
import { encodeStartupMessage } from '../../src/wire/postgres/startup.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { bind, execute, parse } from '../parts/extended-messages.ts';
import { hangUp, hear, type Peer, say, scriptedClient, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE TABLE stays (id int PRIMARY KEY, length interval, scan bytea, weight float8);
     INSERT INTO stays VALUES (1, '1 day 02:03:04', 'blue', 0.1);
     CREATE TABLE herons (id int PRIMARY KEY, legs int);
     INSERT INTO herons VALUES (1, 2);
     GRANT SELECT, UPDATE ON stays, herons TO gate;`,
  );
  await clinic.writeConfig((config) =>
    config.replace('masks:', '      public.stays.length: clear\n      public.stays.scan: clear\nmasks:').replace(
      '    - name: no-drops',
      `    - name: much-at-once
      when: sql.command == "UPDATE" && "public.stays" in sql.relations && sql.estimated_rows > 0.0
      hold: { reviewers: [privacy], quorum: 1, wait: 1ms, expires: 10m, grants: once }
    - name: no-drops`,
    ),
  );
  gate = await clinic.startGate();
});
after(() => clinic?.stop());

const signedIn = (person: string, ...settings: [string, string][]): Promise<Peer> =>
  signedInAt(clinic, person, { settings });

async function withClient(person: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = await clinic.connect(person);
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

function assertClean(peer: Peer): void {
  const heard = Buffer.concat(peer.heard).toString('latin1');
  for (const canary of canaries) assert.ok(!heard.includes(canary), `${canary} has left`);
}

const query = encodeQuery;

describe('settings of a masked session', () => {
  it('takes what drivers send, and masks are as they were', () =>
    withClient('ana', async (ana) => {
      const stay = { text: 'SELECT length, scan, weight FROM stays', rowMode: 'array', types: asText } as const;
      for (const [setting, value] of [
        ['intervalstyle', 'iso_8601'],
        ['bytea_output', 'escape'],
        ['extra_float_digits', '-3'],
        ['timezone', 'Asia/Tokyo'],
        ['jit', 'off'],
        ['work_mem', '8MB'],
        ['statement_timeout', '10s'],
        ['lock_timeout', '9s'],
        ['idle_in_transaction_session_timeout', '1min'],
        ['client_min_messages', 'warning'],
        ['application_name', 'ward round'],
        ['enable_seqscan', 'off'],
        ['synchronous_commit', 'off'],
      ]) {
        await ana.query(`SET ${setting} = '${value}'`);
        const { rows } = await ana.query(`SHOW ${setting}`);
        assert.deepEqual(Object.values(rows[0]), [value]);
      }
      assert.deepEqual((await ana.query(stay)).rows, [['P1DT2H3M4S', 'blue', '0.1']]);
      const { rows } = await ana.query({ text: 'SELECT ssn, birthdate FROM patients ORDER BY id', types: asText });
      assert.deepEqual(
        rows.map(({ ssn, birthdate }) => [ssn, String(birthdate).slice(0, 4)]),
        [
          ['***-**-6789', '1961'],
          ['***-**-4320', '1970'],
        ],
      );
    }));

  it('set_config is SET, with a parameter too where any value does', () =>
    withClient('ana', async (ana) => {
      const said = async (text: string, values: string[] = []): Promise<unknown> =>
        (await ana.query({ text, values, rowMode: 'array' })).rows[0]?.[0];
      assert.equal(await said("SELECT set_config('jit', 'off', false)"), 'off');
      assert.equal(await said("SELECT set_config('jit', $1, false)", ['on']), 'on');
      assert.equal(await said("SELECT pg_catalog.set_config('bytea_output', 'hex', false)"), 'hex');
      for (const [text, ...values] of [
        ["SELECT set_config('search_path', 'other', false)"],
        ["SELECT set_config('search_path', $1, false)", 'public'],
        ["SELECT set_config('role', $1, false)", 'none'],
        ["SELECT set_config('app.patient', $1, false)", '1'],
        ['SELECT set_config($1, $2, false)', 'jit', 'on'],
        ["SELECT set_config('application_name', ssn, false) FROM patients"],
      ])
        await assert.rejects(ana.query({ text: text ?? '', values }), { code: '42501' }, text);
    }));

  it('startup parameters follow the same rule', async () => {
    const peer = await signedIn('ana', ['IntervalStyle', 'iso_8601'], ['statement_timeout', '7000'], ['jit', 'off']);
    await peer.converse(say(query('SELECT ssn, length FROM patients, stays')), hear('T D+ C Z'), hangUp);
    assert.match(Buffer.concat(peer.heard).toString('latin1'), /P1DT2H3M4S/);
    assertClean(peer);
    const refused = await scriptedClient(clinic.postgresPort);
    refused.send(
      encodeStartupMessage([
        ['user', 'ana'],
        ['database', 'ehr'],
        ['search_path', 'other'],
      ]),
    );
    await refused.converse(hear('E:42501 !'));
  });

  it('what pools send when a connection is given back', () =>
    withClient('ana', async (ana) => {
      const resets = [
        'SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;',
        'RESET ROLE; RESET SESSION AUTHORIZATION; SET SESSION AUTHORIZATION DEFAULT',
        'DISCARD ALL',
        'ROLLBACK; SELECT 1',
      ];
      for (const each of resets) await ana.query(each);
      const { rows } = await ana.query('SELECT ssn FROM patients WHERE id = 1');
      assert.deepEqual(rows, [{ ssn: '***-**-6789' }]);
    }));

  it('who sees everything keeps the facts of later statements after set_config', () =>
    withClient('dora', async (dora) => {
      await dora.query("SELECT set_config('jit', 'off', false)");
      await dora.query('BEGIN');
      assert.equal((await dora.query('DELETE FROM wards WHERE id = 500')).rowCount, 1);
      await dora.query('ROLLBACK');
    }));
});

/** Values as the server writes them. */
const asText = { getTypeParser: () => (value: string) => value };

/** What runs with this in its text, as the superuser sees it. */
async function running(text: string): Promise<number> {
  const [{ n }] = (await rowsOf(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE state = 'active' AND query LIKE '%${text}%' AND pid <> pg_backend_pid()`,
  )) as [{ n: number }];
  return n;
}

async function rowsOf(sql: string): Promise<readonly unknown[]> {
  const result: unknown = await clinic.postgres.query('ehr', sql);
  return Array.isArray(result) ? result : (result as { rows: unknown[] }).rows;
}

describe('a client that vanishes', () => {
  for (const [how, leave] of [
    ['without a word', (peer: Peer) => peer.socket.destroy()],
    ['with half a close', (peer: Peer) => peer.socket.end()],
  ] as const) {
    it(`${how}: what runs is cancelled, and what it has pipelined behind`, async () => {
      const peer = await signedIn('ana');
      peer.send(query(`SELECT pg_sleep(600) AS "first ${how}"`), query(`SELECT pg_sleep(600) AS "second ${how}"`));
      await eventually(async () => (await running(how)) === 1, 'it runs');
      leave(peer);
      await eventually(async () => (await running(how)) === 0, 'it runs no more');
      await sleep(100);
      assert.equal(await running(how), 0, 'what stood behind it runs');
    });
  }

  it('lets go of its locks', async () => {
    const peer = await signedIn('dora');
    await peer.converse(say(query('BEGIN; LOCK TABLE wards')), hear('C C Z'));
    peer.send(query('SELECT pg_sleep(600) AS locked'));
    await eventually(async () => (await running('locked')) === 1, 'it runs');
    peer.socket.destroy();
    await clinic.postgres.query('ehr', "SET lock_timeout = '60s'; LOCK TABLE wards; RESET lock_timeout");
  });

  it('but says Terminate: what it has asked for is done, as without the gate', async () => {
    const peer = await signedIn('dora');
    peer.send(query("SELECT pg_sleep(0.3); UPDATE wards SET label = 'left behind' WHERE id = 3"), encodeTerminate());
    await eventually(
      async () => (await rowsOf("SELECT 1 FROM wards WHERE label = 'left behind'")).length === 1,
      'it is done',
    );
  });
});

describe('a portal that has run to its end', () => {
  for (const person of ['ana', 'dora']) {
    it(`gives no more rows to ${person}, and is asked for on record`, async () => {
      const peer = await signedIn(person);
      const start = parse('SELECT ssn FROM patients');
      await peer.converse(
        say([query('BEGIN'), start, bind(), execute(), execute(), encodeSync()]),
        hear('C Z 1 2 D D C C Z'),
        say([bind(), execute(), encodeSync()]),
        hear('2 D D C Z'),
        say([execute(), encodeDescribe({ kind: 'portal', name: '' }), execute(), encodeSync()]),
        hear('C T C Z'),
        hangUp,
      );
      const [session] = await clinic.sessions({ subject: person });
      const { events } = await clinic.replay(session?.id ?? '');
      assert.equal(events.filter(({ type }) => type === 'request').length, 5);
      if (person === 'ana') assertClean(peer);
    });
  }

  it('and has changed something: the server refuses to run it again', async () => {
    const peer = await signedIn('dora');
    await peer.converse(
      say([query('BEGIN'), parse('UPDATE wards SET beds = beds + 1 WHERE id = 1'), bind(), execute(), encodeSync()]),
      hear('C Z 1 2 C Z'),
      say([execute(), encodeSync()]),
      hear('E:55000 Z'),
      hangUp,
    );
  });
});

describe('WHERE CURRENT OF', () => {
  it('changes the row a cursor stands on, for who is masked and who is not', async () => {
    for (const person of ['cora', 'dora']) {
      await withClient(person, async (client) => {
        await client.query('BEGIN');
        await client.query('DECLARE here CURSOR FOR SELECT id, first, ssn FROM patients ORDER BY id');
        const { rows } = await client.query('FETCH here');
        const ssn = person === 'dora' ? '123-45-6789' : '***-**-6789';
        assert.deepEqual(rows, [{ id: 1, first: 'Zebulon', ssn }]);
        assert.equal((await client.query('UPDATE patients SET visits = 99 WHERE CURRENT OF here')).rowCount, 1);
        const changed = await client.query('SELECT id FROM patients WHERE visits = 99');
        assert.deepEqual(changed.rows, [{ id: 1 }]);
        await client.query('ROLLBACK');
      });
    }
  });

  it('gives out no more than any other write, and nothing without its cursor', () =>
    withClient('cora', async (cora) => {
      await cora.query('BEGIN');
      await cora.query('DECLARE here CURSOR FOR SELECT id FROM patients ORDER BY id');
      await cora.query('FETCH here');
      const { rows } = await cora
        .query('DELETE FROM notes WHERE CURRENT OF here')
        .catch(({ code }) => ({ rows: code }));
      assert.equal(rows, '24000', 'a cursor over another table');
      await cora.query('ROLLBACK');
      await cora.query('BEGIN');
      await cora.query('DECLARE here CURSOR FOR SELECT id FROM patients ORDER BY id');
      await cora.query('FETCH here');
      const returned = await cora.query('UPDATE patients SET visits = 1 WHERE CURRENT OF here RETURNING ssn, city');
      assert.deepEqual(returned.rows, [{ ssn: '***-**-6789', city: '[ADDRESS]' }]);
      await cora.query('ROLLBACK');
      await assert.rejects(cora.query('DELETE FROM patients WHERE CURRENT OF here'), { code: '34000' });
    }));

  it('is recorded, and approved, with what the cursor was declared for', async () => {
    const [before] = await clinic.sessions({ subject: 'cora' });
    assert.ok(before);
    const { events } = await clinic.replay(before.id);
    const said = JSON.stringify(events);
    assert.match(said, /WHERE CURRENT OF here/);
    assert.match(said, /"names":\{"here":"DECLARE here CURSOR FOR SELECT id FROM patients ORDER BY id"\}/);
  });
});

describe('whole rows', () => {
  it('of a table that changes before the statement gets to it do not leave', async () => {
    const peer = await signedIn('ana');
    await peer.converse(say(query('SELECT h FROM herons h')), hear('T D C Z'));
    assert.match(Buffer.concat(peer.heard).toString('latin1'), /\(1,2\)/);
    const { superuser, superuserPassword } = clinic.postgres;
    const owner = new Client({ connectionString: clinic.postgres.url(superuser, superuserPassword, 'ehr') });
    await owner.connect();
    for (const ask of [
      [query('SELECT h FROM herons h')],
      [parse('SELECT h FROM herons h'), bind(), execute(), encodeSync()],
      // Its rows could be fetched by SQL whenever it likes.
      [query('BEGIN'), parse('SELECT h FROM herons h'), bind('', 'p'), encodeSync()],
    ]) {
      const asking = await signedIn('ana');
      await owner.query(`BEGIN; ALTER TABLE herons ADD COLUMN whose text DEFAULT 'grey feathers'`);
      asking.send(...ask);
      await eventually(async () => (await running('FROM herons h')) + (await waiting()) > 0, 'it waits');
      await owner.query('COMMIT');
      await asking.converse(hear('C* Z* 1* 2* E !'));
      const heard = Buffer.concat(asking.heard).toString('latin1');
      assert.match(heard, /have changed while the statement ran/);
      assert.doesNotMatch(heard, /grey feathers/);
      await owner.query('ALTER TABLE herons DROP COLUMN whose');
    }
    await owner.end();
    await peer.converse(
      say([query('BEGIN'), parse('SELECT h FROM herons h'), bind('', 'p'), encodeSync(), query('FETCH ALL FROM p')]),
      hear('C Z 1 2 Z T D C Z'),
      hangUp,
    );
  });
});

it('a reviewer sees the parameters as they are typed and what the planner expects; only the act itself is approved', () =>
  withClient('dora', async (dora) => {
    const act = {
      text: 'UPDATE stays SET weight = $1::float8, length = $2::interval, scan = $3::bytea WHERE id = $4::int',
      values: [0.5, '2 days', Buffer.of(0xff), 1],
    };
    const [refused] = await Promise.allSettled([dora.query(act)]);
    assert.ok(refused?.status === 'rejected');
    const id = /a_[0-9A-Z]{26}/.exec(String(refused.reason))?.[0] ?? '';
    const { stdout } = await clinic.chartgate(['approvals', 'show', id, '-c', clinic.config], 'pia');
    const content = JSON.parse(stdout.slice(stdout.indexOf('{')));
    assert.equal(content.sql, act.text);
    assert.deepEqual(content.params, ['0.5', '2 days', { base64: '/w==' }, '1']);
    assert.equal(content.estimated_rows, 1);
    const page = await (await fetch(`${clinic.url}/approvals/${id}`)).text();
    assert.ok(
      page.includes(`chartgate approvals show ${id}`) && !page.includes('2 days'),
      'it shows who has signed in',
    );
    const approved = await clinic.chartgate(
      ['approvals', 'approve', id, '--reason', 'seen', '-c', clinic.config],
      'pia',
    );
    assert.equal(approved.code, 0, approved.stderr);
    // The planner learns that there are more: it is the same act.
    await clinic.postgres.query(
      'ehr',
      'ALTER TABLE stays DROP CONSTRAINT stays_pkey; INSERT INTO stays SELECT 1 FROM generate_series(1, 999); ANALYZE stays',
    );
    await assert.rejects(dora.query({ ...act, values: [0.6, '2 days', Buffer.of(0xff), 1] }), /holds this/);
    assert.equal((await dora.query(act)).rowCount, 1000);
  }));

describe('time limits', () => {
  before(async () => {
    await gate.stop();
    await clinic.writeConfig((config) => config.replace('identity:', 'identity:\n  sessions: { idle: 2s }'));
    await clinic.startGate();
  });

  it('who says nothing is sent away; who waits for an answer is not', async () => {
    const [silent, patient] = [await signedIn('ana'), await signedIn('cora')];
    patient.send(query('SELECT pg_sleep(3.5)'));
    await silent.converse(hear('E:57P05 !'));
    await patient.converse(hear('T D C Z'), hangUp);
  });

  it('who asks and does not read is sent away, and holds no lock any more', async () => {
    const peer = await signedIn('dora');
    await peer.converse(say(query('BEGIN; LOCK TABLE wards')), hear('C C Z'));
    peer.socket.pause();
    peer.send(query("SELECT repeat('unread', 10000) FROM generate_series(1, 20000)"));
    await eventually(async () => (await running('unread')) === 1, 'it runs');
    await clinic.postgres.query('ehr', "SET lock_timeout = '60s'; LOCK TABLE wards; RESET lock_timeout");
    assert.equal(await running('unread'), 0);
    peer.socket.destroy();
  });
});

async function waiting(): Promise<number> {
  const [{ n }] = (await rowsOf('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted')) as [{ n: number }];
  return n;
}
