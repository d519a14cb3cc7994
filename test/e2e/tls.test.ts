// TLS on both legs, seen from outside: who verifies whom, where a password may be said, and cancel requests, which come on
// connections of their own.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, type DatabaseError } from 'pg';
import { encodeCancelRequest } from '../../src/wire/postgres/startup.ts';
import { createAuthority } from '../parts/certificate.ts';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const execute = promisify(execFile);
const stranger = createAuthority('Some other authority');

let clinic: Clinic;
let gate: Gate;
let psqlVersion = 0;
before(async () => {
  psqlVersion = await execute('psql', ['--version']).then(
    ({ stdout }) => Number(/(\d+)/.exec(stdout)?.[1] ?? 0),
    () => 0,
  );
  clinic = await startClinic({ tls: true, postgresHost: '0.0.0.0' });
  await writeFile(join(clinic.directory, 'stranger.pem'), stranger.cert);
  const { port } = clinic.postgres;
  await clinic.writeConfig((config) =>
    config
      .replace(
        'classification:',
        `  distrusted: { type: postgres, url: "postgres://gate@localhost:${port}/ehr", password: "\${env:EHR_PASSWORD}", tls: verify-full, ca: ./stranger.pem }
  misnamed: { type: postgres, url: "postgres://gate@127.0.0.1:${port}/ehr", password: "\${env:EHR_PASSWORD}", tls: verify-full, ca: ./ca.pem }
classification:`,
      )
      .replace(
        'connections: [ehr]\n      when: sql.reads\n',
        'connections: [ehr, distrusted, misnamed]\n      when: sql.reads\n',
      )
      .replace('wait: 1s', 'wait: 20s'),
  );
  gate = await clinic.startGate();
});
after(() => clinic.stop());

interface Way {
  readonly host?: string;
  readonly ssl?: false | { readonly ca?: string; readonly rejectUnauthorized?: boolean };
}

async function connect(person: string, way: Way): Promise<Client> {
  const client = new Client({
    host: way.host ?? '127.0.0.1',
    port: clinic.postgresPort,
    user: person,
    password: await clinic.token(person),
    database: 'ehr',
    ssl: way.ssl ?? { ca: clinic.ca?.cert ?? '' },
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function ssnOf(client: Client): Promise<unknown> {
  const { rows } = await client.query('SELECT ssn FROM patients WHERE id = 1');
  await client.end();
  return rows[0]?.ssn;
}

function psqlEnvironment(credential: { readonly user: string; readonly password: string }): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    PGHOST: '127.0.0.1',
    PGPORT: String(clinic.postgresPort),
    PGDATABASE: 'ehr',
    PGUSER: credential.user,
    PGPASSWORD: credential.password,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: clinic.ca?.file ?? '',
  };
}

describe('TLS', () => {
  it('is verified by the caller at the gate, and by the gate at the database', async () => {
    const client = await connect('ana', {});
    const sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'gate'";
    let legs: unknown[] = [];
    // The session's own, and the one the gate reads the catalog by, which it does again once what it read is a second old.
    await eventually(async () => {
      await client.query('SELECT ssn FROM patients');
      legs = await clinic.postgres.query('ehr', sql);
      return legs.length === 2;
    }, 'both legs');
    assert.deepEqual(legs, [{ ssl: true }, { ssl: true }]);
    assert.equal(await ssnOf(client), '***-**-6789');
    await assert.rejects(connect('ana', { ssl: { ca: stranger.cert } }), /certificate|issuer/);
  });

  it('is not given up where the database shows a certificate of a stranger, or of another name', async () => {
    for (const database of ['distrusted', 'misnamed']) {
      const error = await clinic.connect('ana', { database }).then(
        () => assert.fail('it was let through'),
        (thrown: DatabaseError) => thrown,
      );
      assert.match(error.code ?? '', /^08/, error.message);
    }
    assert.doesNotMatch(gate.output(), /upstream-secret/);
  });

  it('serves psql with verify-full, with a channel-bound credential, and with direct negotiation', async (t) => {
    if (psqlVersion === 0) return t.skip('psql is not installed: apt-get install postgresql-client');
    const sql = ['-X', '-At', '-c', 'SELECT ssn FROM patients WHERE id = 1'];
    const jwt = psqlEnvironment({ user: 'ana', password: await clinic.token('ana') });
    assert.equal((await execute('psql', sql, { env: jwt })).stdout, '***-**-6789\n');

    const printed = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], 'ana');
    assert.equal(printed.code, 0, printed.stderr);
    const asked = (ttl: string) =>
      clinic.chartgate(['connect', 'ehr', '--print', '--ttl', ttl, '-c', clinic.config], 'ana');
    assert.equal((await asked('5m')).stderr, '');
    assert.match((await asked('2h')).stderr, /^chartgate: It is good until 20\S+Z: the gate allows no longer\.\n$/);
    const dsn = new URL(printed.stdout.trim());
    assert.equal(dsn.searchParams.get('sslmode'), 'require');
    const bound = { ...psqlEnvironment({ user: dsn.username, password: dsn.password }), PGCHANNELBINDING: 'require' };
    assert.equal((await execute('psql', sql, { env: bound })).stdout, '***-**-6789\n');
    const stolen = { ...bound, PGPASSWORD: `${dsn.password}x` };
    await assert.rejects(execute('psql', sql, { env: stolen }), /name or password is wrong/);

    if (psqlVersion < 17) return t.diagnostic('psql is older than 17: direct negotiation was not tried');
    const direct = { ...jwt, PGSSLNEGOTIATION: 'direct' };
    assert.equal((await execute('psql', sql, { env: direct })).stdout, '***-**-6789\n');
  });

  it('lets a token be said without it on loopback only', async (t) => {
    assert.equal(await ssnOf(await connect('ana', { ssl: false })), '***-**-6789');
    const host = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find((each) => each.family === 'IPv4' && !each.internal)?.address;
    if (host === undefined) return t.skip('this machine has no address but loopback');
    const error = await connect('ana', { host, ssl: false }).then(
      () => assert.fail('it was let through'),
      (thrown: DatabaseError) => thrown,
    );
    assert.equal(error.code, '28000');
    assert.match(error.message, /TLS/);
    assert.equal(await ssnOf(await connect('ana', { host, ssl: { rejectUnauthorized: false } })), '***-**-6789');
  });

  it('covers the admin API and the command line', async () => {
    const { status, text: body } = await clinic.get('/api/v1/whoami', 'ana');
    assert.equal(status, 200, body);
    const whoami = await clinic.chartgate(['whoami', '--json', '-c', clinic.config], 'ana');
    assert.equal(whoami.code, 0, whoami.stderr);
    assert.match(whoami.stdout, /"ana"/);
  });
});

describe('a cancel request', () => {
  const running = 'SELECT count(*) FROM wards';

  async function cancel(client: Client, wrongKey = false): Promise<void> {
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const key = Buffer.alloc(4);
    key.writeInt32BE(wrongKey ? ~secretKey : secretKey);
    const socket = connectTcp(clinic.postgresPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.resume().end(encodeCancelRequest(processID, key));
    await once(socket, 'close');
  }

  const codeOf = (query: Promise<unknown>): Promise<string | undefined> =>
    query.then(
      () => 'it ran',
      (error: DatabaseError) => error.code,
    );

  it('with the right key ends the statement, and not the session', async () => {
    const client = await connect('dora', {});
    const lock = await clinic.lockWards();
    const outcome = codeOf(client.query(running));
    await lock.wanted();
    await cancel(client, true);
    assert.equal(await Promise.race([outcome, sleep(300, 'still running')]), 'still running');
    await cancel(client);
    assert.equal(await outcome, '57014');
    await lock.release();
    assert.equal((await client.query(running)).rows[0].count, '500');
    await client.end();
  });

  it('ends the wait for a reviewer, and what was asked never runs', async () => {
    const client = await connect('ana', {});
    const noticed = new Promise<string>((resolve) => {
      client.once('notice', (notice) => resolve(notice.message ?? ''));
    });
    const outcome = codeOf(client.query('DELETE FROM wards'));
    const approval = /\ba_\w+/.exec(await noticed)?.[0] ?? '';
    await cancel(client);
    assert.equal(await outcome, '57014');
    const args = ['approvals', 'approve', approval, '--reason', 'late', '-c', clinic.config];
    await clinic.chartgate(args, 'pia');
    assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1);
    assert.deepEqual(await clinic.postgres.query('ehr', running), [{ count: '500' }]);
    await client.end();
  });

  it('is what Ctrl-C in psql sends', async (t) => {
    if (psqlVersion === 0) return t.skip('psql is not installed: apt-get install postgresql-client');
    const lock = await clinic.lockWards();
    const env = psqlEnvironment({ user: 'dora', password: await clinic.token('dora') });
    const psql = spawn('psql', ['-X', '-c', running], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    await lock.wanted();
    psql.kill('SIGINT');
    const [said] = await Promise.all([text(psql.stderr), once(psql, 'close')]);
    await lock.release();
    assert.match(said, /canceling statement due to user request/);
  });
});
