// The PostgreSQL door from outside: a real gate process, a real PostgreSQL behind it, the pg driver and psql in front.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Client, DatabaseError } from 'pg';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const execute = promisify(execFile);

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  // One hold that waits long enough for a reviewer; the others tell the caller soon.
  await clinic.writeConfig((config) =>
    config
      .replace('when: sql.writes && !sql.bounded', 'when: sql.writes && !sql.bounded && sql.command != "TRUNCATE"')
      .replace(
        '    - name: no-drops',
        `    - name: truncate
      connections: [ehr]
      when: sql.command == "TRUNCATE"
      hold: { reviewers: [privacy], quorum: 1, wait: 5m, expires: 10m, grants: once }
    - name: no-drops`,
      ),
  );
  gate = await clinic.startGate();
});
after(() => clinic.stop());

async function as<T>(person: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await clinic.connect(person);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function noCanary(value: unknown, what: string): void {
  const text = JSON.stringify(value);
  for (const canary of canaries) assert.ok(!text.includes(canary), `${canary} left through ${what}: ${text}`);
}

async function refusal(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => assert.fail('it was let through'),
    (thrown: DatabaseError) => thrown,
  );
  noCanary({ ...error, message: error.message }, 'an error');
  return error;
}

describe('masking', () => {
  it('masks by class, keeps types, leaves what is clear', async () => {
    const { rows } = await as('ana', (db) =>
      db.query('SELECT id, first, ssn, birthdate::text, visits FROM patients ORDER BY id'),
    );
    noCanary(rows, 'rows');
    assert.equal(rows[0].id, 1);
    assert.equal(rows[0].ssn, '***-**-6789');
    assert.equal(rows[0].visits, 3);
    assert.notEqual(rows[0].first, null);
  });

  it('masks the same in the extended protocol, text and binary', async () => {
    const text = await as('ana', (db) => db.query('SELECT ssn, birthdate, visits FROM patients WHERE id = $1', [1]));
    noCanary(text.rows, 'text rows');
    assert.equal(text.rows[0].ssn, '***-**-6789');
    assert.equal(text.rows[0].birthdate.getFullYear(), 1961);
    assert.equal(text.rows[0].birthdate.getMonth(), 0);
    const binary: { rows: Record<string, unknown>[] } = await as('ana', (db) =>
      db.query({
        text: 'SELECT ssn, birthdate, visits FROM patients WHERE id = $1',
        values: [1],
        binary: true,
      } as never),
    );
    noCanary(binary.rows, 'binary rows');
    assert.equal(binary.rows[0]?.['visits'], 3);
  });

  it('masks what is not a plain column in a statement that touches a protected relation', async () => {
    for (const sql of [
      'SELECT upper(first) AS x FROM patients',
      "SELECT first || ' ' || last AS x FROM patients",
      'SELECT p::text AS x FROM patients p',
      'SELECT row_to_json(p) AS x FROM patients p',
      'SELECT p AS x FROM patients p',
      'SELECT ssn AS id FROM patients',
      'SELECT id::text AS x FROM wards UNION ALL SELECT ssn FROM patients',
      'SELECT array_agg(ssn) AS x FROM patients',
      'WITH q AS (SELECT ssn AS label FROM patients) SELECT label FROM q',
      'SELECT tags, extra FROM patients',
    ]) {
      const result = await as('ana', (db) => db.query(sql)).catch((error: DatabaseError) => ({
        rows: [error.message, error.detail, error.hint],
      }));
      noCanary(result, sql);
    }
  });

  it('finds names and numbers inside notes', async () => {
    const { rows } = await as('ana', (db) => db.query('SELECT body FROM notes'));
    noCanary(rows, 'a note');
    assert.match(rows[0].body, /about the results/);
  });

  it('unmasks by rule, and only those classes', async () => {
    const { rows } = await as('cora', (db) =>
      db.query('SELECT first, ssn, birthdate::text FROM patients WHERE id = 1'),
    );
    assert.equal(rows[0].first, 'Zebulon');
    assert.equal(rows[0].ssn, '***-**-6789');
    const all = await as('dora', (db) => db.query('SELECT ssn FROM patients WHERE id = 1'));
    assert.equal(all.rows[0].ssn, '123-45-6789');
  });

  it('counts', async () => {
    const { rows } = await as('ana', (db) => db.query('SELECT count(*) FROM patients'));
    assert.equal(rows[0].count, '2');
  });

  it('cuts at the row limit and says so', async () => {
    await as('ana', async (db) => {
      const notices: string[] = [];
      db.on('notice', (notice) => notices.push(notice.message ?? ''));
      const { rows, rowCount } = await db.query('SELECT id FROM wards');
      assert.equal(rows.length, 100);
      assert.equal(rowCount, 100);
      assert.match(notices.join(), /row limit of 100/);
    });
  });
});

describe('refusals', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["COPY patients TO PROGRAM 'cat'", /./],
    ["COPY patients TO STDOUT (ENCODING 'LATIN1')", /options/],
    ['FETCH ALL FROM nobody', /./],
    ['LISTEN news', /./],
    ['SET search_path = other', /pinned/],
    ["SELECT query_to_xml('select * from patients', true, true, '')", /./],
    ["SELECT pg_read_file('/etc/passwd')", /./],
    ['DO $$ BEGIN RAISE NOTICE $q$x$q$; END $$', /./],
    ["SELECT id FROM patients WHERE ssn = '123-45-6789'", /filter/],
    ['SELECT id FROM patients ORDER BY ssn', /filter/],
    ['INSERT INTO wards (id, label) SELECT 1000 + id, ssn FROM patients', /./],
    ['SELECT * FROM pg_stats', /./],
    ["SET client_encoding = 'SQL_ASCII'", /pinned|setting/],
    ['SET standard_conforming_strings = off', /pinned|setting/],
    ['CREATE TABLE copied AS SELECT * FROM patients', /./],
    ['SELECT nothing FROM nowhere', /./],
    ['SELEC 1', /./],
  ];
  for (const [sql, why] of refused) {
    it(`refuses ${sql}`, async () => {
      const error = await refusal(as('ana', (db) => db.query(sql)));
      assert.match(error.message, why);
      assert.ok(error.code);
    });
  }

  it('withholds values from errors', async () => {
    const error = await refusal(as('ana', (db) => db.query('SELECT ssn::int FROM patients')));
    assert.ok(error.code);
  });

  it('refuses writes nobody allowed, and leaves the transaction failed as PostgreSQL would', async () => {
    await as('ana', async (db) => {
      await db.query('BEGIN');
      const error = await refusal(db.query("UPDATE wards SET label = 'x' WHERE id = 1"));
      assert.equal(error.code, '42501');
      const next = await refusal(db.query('SELECT 1'));
      assert.equal(next.code, '25P02');
      await db.query('ROLLBACK');
      assert.equal((await db.query('SELECT 1 AS one')).rows[0].one, 1);
    });
  });

  it('a deny rule speaks in its own words', async () => {
    const error = await refusal(as('dora', (db) => db.query('DROP TABLE wards')));
    assert.match(error.message, /^Nothing is dropped here\. Rule: no-drops\.$/);
    assert.match(error.detail ?? '', /no-drops/);
  });

  it('keeps going after a refusal in a pipeline', async () => {
    await as('ana', async (db) => {
      const results = await Promise.allSettled([
        db.query('SELECT 1 AS n'),
        db.query('CREATE TABLE copied ()'),
        db.query('SELECT $1::int AS n', [3]),
      ]);
      assert.deepEqual(
        results.map((each) => each.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
    });
  });
});

describe('sign-in', () => {
  it('refuses wrong, expired, foreign and missing tokens, wrong users, connections and subjects without a rule', async () => {
    const cases: readonly (readonly [string, Parameters<Clinic['connect']>[1], RegExp])[] = [
      ['ana', { password: 'not-a-token' }, /JWT/],
      ['ana', { password: await clinic.issuer.sign({ sub: 'ana' }, { expiresIn: -3600 }) }, /expired/],
      ['ana', { password: await clinic.issuer.sign({ sub: 'ana' }, { audience: 'elsewhere' }) }, /audience/],
      [
        'ana',
        { password: await clinic.issuer.sign({ sub: 'ana' }, { issuer: 'https://elsewhere.example' }) },
        /issuer/,
      ],
      ['ana', { password: await clinic.issuer.sign({ sub: 'ana' }, { wrongKey: true }) }, /signature/],
      ['ana', { user: 'cora' }, /user name/],
      ['ana', { database: 'nowhere' }, /no such connection/],
      ['ana', { database: 'ehr-tools' }, /door/],
    ];
    for (const [person, options, expected] of cases) {
      await assert.rejects(clinic.connect(person, options), expected);
    }
  });

  it('lets nobody do what no rule speaks of', async () => {
    const error = await refusal(as('zed', (db) => db.query('SELECT 1')));
    assert.match(error.message, /No rule/);
  });

  it('gives and takes short-lived credentials', async () => {
    const printed = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], 'ana');
    assert.equal(printed.code, 0, printed.stderr);
    const dsn = new URL(printed.stdout.trim());
    assert.match(dsn.username, /^cg_/);
    const client = await clinic.connect('ana', { user: dsn.username, password: decodeURIComponent(dsn.password) });
    const { rows } = await client.query('SELECT ssn FROM patients WHERE id = 1');
    assert.equal(rows[0].ssn, '***-**-6789');
    await client.end();
    await assert.rejects(clinic.connect('ana', { user: dsn.username, password: 'wrong' }));
  });

  it('serves psql: a question, \\d, and an error', async (t) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      PGPASSWORD: await clinic.token('ana'),
      PGHOST: '127.0.0.1',
      PGPORT: String(clinic.postgresPort),
      PGUSER: 'ana',
      PGDATABASE: 'ehr',
    };
    const psql = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
      execute('psql', ['-X', ...args], { env });
    try {
      await execute('psql', ['--version']);
    } catch {
      return t.skip('psql is not installed: apt-get install postgresql-client');
    }
    const question = await psql('-At', '-c', 'SELECT ssn FROM patients WHERE id = 1');
    assert.equal(question.stdout.trim(), '***-**-6789');
    const tables = await psql('-c', '\\dt');
    assert.match(tables.stdout, /patients/);
    const described = await psql('-c', '\\d patients');
    assert.match(described.stdout, /birthdate/);
    await assert.rejects(psql('-c', 'SELECT nothing FROM patients'), /nothing/);
  });

  it('passes on the settings of PGOPTIONS that a client may set', async () => {
    const client = await clinic.connect('ana', { options: '-c statement_timeout=5s --application-name=night\\ shift' });
    const { rows } = await client.query(
      "SELECT current_setting('statement_timeout') AS t, current_setting('application_name') AS a",
    );
    assert.deepEqual(rows, [{ t: '5s', a: 'night shift' }]);
    await client.end();
    await assert.rejects(
      clinic.connect('ana', { options: '-c search_path=pg_temp' }),
      /"search_path" cannot be given at startup/,
    );
  });

  it('keeps a name that a client gives itself on record, without whoever is named in it', async () => {
    const client = await clinic.connect('ana', { options: '--application-name=report\\ on\\ SSN\\ 219-09-9999' });
    await client.end();
    const [latest] = await clinic.sessions();
    assert.equal(latest?.client, 'report on SSN [SSN]');
  });

  it('answers garbage with an error or silence, and stays alive', async () => {
    for (const garbage of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(64, 0xff),
      Buffer.from([0, 0, 0, 8, 0, 0, 0, 0]),
      Buffer.from([0, 0, 0]),
    ]) {
      const socket = connectTcp(clinic.postgresPort, '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => {});
      socket.resume();
      socket.end(garbage);
      await once(socket, 'close');
    }
    assert.equal((await as('ana', (db) => db.query('SELECT 1 AS one'))).rows[0].one, 1);
  });
});

describe('holds', () => {
  const open = async (): Promise<{ id: string; rule: string; subject: { id: string } }[]> => {
    const listed = await clinic.chartgate(
      ['approvals', 'ls', '--status', 'requested', '--json', '-c', clinic.config],
      'pia',
    );
    assert.equal(listed.code, 0, listed.stderr);
    return JSON.parse(listed.stdout);
  };

  it('holds, is approved by another, runs once, and not when altered', async () => {
    await as('ana', async (db) => {
      const held = await refusal(db.query('DELETE FROM wards'));
      assert.equal(held.code, '42501');
      const [approval] = await open();
      assert.ok(approval);
      assert.match(held.message, new RegExp(approval.id));
      assert.equal(approval.subject.id, 'ana');
      const page = await fetch(`${clinic.url}/approvals/${approval.id}`);
      assert.equal(page.status, 200);
      assert.match(await page.text(), new RegExp(`chartgate approvals approve ${approval.id}`));
      assert.equal((await fetch(`${clinic.url}/approvals/%3Cscript%3E`)).status, 404);

      const own = await clinic.chartgate(
        ['approvals', 'approve', approval.id, '--reason', 'mine', '-c', clinic.config],
        'ana',
      );
      assert.notEqual(own.code, 0);
      const outsider = await clinic.chartgate(
        ['approvals', 'approve', approval.id, '--reason', 'why not', '-c', clinic.config],
        'cora',
      );
      assert.notEqual(outsider.code, 0);
      const approved = await clinic.chartgate(
        ['approvals', 'approve', approval.id, '--reason', 'cleared with the ward', '-c', clinic.config],
        'pia',
      );
      assert.equal(approved.code, 0, approved.stderr);

      await refusal(db.query('DELETE FROM wards WHERE true'));
      await refusal(as('cora', (other) => other.query('DELETE FROM wards')));
      const ran = await db.query('DELETE FROM wards');
      assert.equal(ran.rowCount, 500);
      await refusal(db.query('DELETE FROM wards'));
    });
  });

  it('an approval during the wait lets the waiting statement through', async () => {
    await as('ana', async (db) => {
      const running = db.query('TRUNCATE wards');
      const asked = async (): Promise<{ id: string } | undefined> =>
        (await fetchApprovals()).find((each) => each.status === 'requested' && each.content?.sql === 'TRUNCATE wards');
      await eventually(async () => (await asked()) !== undefined, 'it is held');
      const approval = await asked();
      assert.ok(approval);
      const verdict = await fetch(`${clinic.url}/api/v1/approvals/${approval.id}/verdict`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ effect: 'approve', reason: 'now' }),
      });
      assert.equal(verdict.status, 200);
      await running;
    });
  });

  it('a denied act stays denied', async () => {
    await as('ana', async (db) => {
      await refusal(db.query('UPDATE wards SET beds = 0'));
      const approval = (await open()).find((each) => each.rule === 'unbounded-write');
      assert.ok(approval);
      const denied = await clinic.chartgate(
        ['approvals', 'deny', approval.id, '--reason', 'no', '-c', clinic.config],
        'piet',
      );
      assert.equal(denied.code, 0, denied.stderr);
      const again = await refusal(db.query('UPDATE wards SET beds = 0'));
      assert.match(again.message, /refused/);
    });
  });

  async function fetchApprovals(): Promise<{ id: string; status: string; content?: { sql: string } }[]> {
    const headers = { authorization: `Bearer ${await clinic.token('pia')}` };
    const list = (await (await fetch(`${clinic.url}/api/v1/approvals`, { headers })).json()) as { id: string }[];
    return Promise.all(
      list.map(async ({ id }) => {
        const response = await fetch(`${clinic.url}/api/v1/approvals/${id}`, { headers });
        return (await response.json()) as { id: string; status: string; content?: { sql: string } };
      }),
    );
  }
});

describe('the log', () => {
  it('tells the session, replays masked rows, verifies', async () => {
    const listed = await clinic.chartgate(
      ['sessions', 'ls', '--subject', 'ana', '--json', '-c', clinic.config],
      'augusto',
    );
    assert.equal(listed.code, 0, listed.stderr);
    const sessions: { id: string; door: string }[] = JSON.parse(listed.stdout);
    assert.ok(sessions.length > 5);
    const own = await clinic.chartgate(['sessions', 'ls', '--json', '-c', clinic.config], 'cora');
    assert.ok((JSON.parse(own.stdout) as { subject: { id: string } }[]).every((each) => each.subject.id === 'cora'));
    const replayed = await Promise.all(
      sessions
        .slice(-3)
        .map((each) => clinic.chartgate(['sessions', 'replay', each.id, '-c', clinic.config], 'augusto')),
    );
    assert.ok(
      replayed.every((each) => each.code === 0),
      replayed[0]?.stderr,
    );
    assert.ok(replayed.some((each) => each.stdout.includes('***-**-6789')));
    const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });

  it('is held by one process only', async () => {
    const second = await clinic.chartgate(['serve', '-c', clinic.config], null, { EHR_PASSWORD: 'upstream-secret' });
    assert.equal(second.code, 75);
    assert.match(second.stderr, new RegExp(String(gate.pid)));
  });

  it('shows no PHI in the gate own output', () => {
    noCanary(gate.output(), 'the operator log');
  });
});
