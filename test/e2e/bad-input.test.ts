// What goes wrong around a gate: its database is down or too powerful, its disk is full, its configuration is bad, its
// clients talk garbage. Each gets a clear refusal, nothing leaks, and the process lives (or, without a log, is closed).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, DatabaseError } from 'pg';
import { freePort } from '../../demo/ports.ts';
import type { SessionView } from '../../src/admin/contract.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
let relay: Relay;
before(async () => {
  clinic = await startClinic();
  relay = new Relay(await freePort(), clinic.postgres.port);
});
after(async () => {
  await relay.down();
  await clinic.stop();
});

/** The road to the database, which can be closed. */
class Relay {
  readonly port: number;
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(port: number, to: number) {
    this.port = port;
    this.#to = to;
  }

  async up(): Promise<void> {
    const server = createServer((client) => {
      const upstream = connectTcp(this.#to, '127.0.0.1');
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => {}).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    assert.equal((server.address() as AddressInfo).port, this.port);
  }

  async down(): Promise<void> {
    this.cut();
    this.#server?.close();
    this.#server = null;
  }

  /** Ends what is open; new connections are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

async function refusal(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => assert.fail('it was let through'),
    (thrown: DatabaseError) => thrown,
  );
  for (const canary of canaries) assert.ok(!JSON.stringify({ ...error, message: error.message }).includes(canary));
  return error;
}

async function lives(gate: Gate): Promise<void> {
  assert.equal((await clinic.get('/healthz')).status, 200, gate.output());
  assert.doesNotMatch(gate.output(), /broken assertion/);
}

/** `once` would take the error before it for a failure. */
function ended(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.once('end', () => resolve());
  });
}

async function one(client: Client): Promise<void> {
  assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
}

async function recordTypes(): Promise<Record<string, number>> {
  const verified = await clinic.chartgate(['audit', 'verify', clinic.state, '--json'], null);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  return (JSON.parse(verified.stdout) as { types: Record<string, number> }).types;
}

describe('a running gate', () => {
  let gate: Gate;
  const changed = (config: string): string =>
    config
      .replaceAll(`:${clinic.postgres.port}/`, `:${relay.port}/`)
      .replace(
        'classification:',
        `  root: { type: postgres, url: "postgres://postgres@127.0.0.1:${clinic.postgres.port}/ehr", password: "\${file:./superuser}" }
  root-accepted: { type: postgres, url: "postgres://postgres@127.0.0.1:${clinic.postgres.port}/ehr", password: "\${file:./superuser}", accept_privileged_login: true }
  owner: { type: postgres, url: "postgres://owner@127.0.0.1:${clinic.postgres.port}/ehr", password: "\${file:./owner}" }
  wrong: { type: postgres, url: "postgres://gate@127.0.0.1:${clinic.postgres.port}/ehr", password: "\${file:./owner}" }
classification:`,
      )
      .replace(
        'connections: [ehr]\n      when: sql.reads\n',
        'connections: [ehr, root, root-accepted, owner, wrong]\n      when: sql.reads\n',
      );

  before(async () => {
    await writeFile(join(clinic.directory, 'superuser'), clinic.postgres.superuserPassword, { mode: 0o600 });
    await writeFile(join(clinic.directory, 'owner'), 'owner-secret', { mode: 0o600 });
    await clinic.postgres.query(
      'ehr',
      `CREATE ROLE owner LOGIN PASSWORD 'owner-secret'; CREATE TABLE owned (id int); ALTER TABLE owned OWNER TO owner`,
    );
    await clinic.writeConfig(changed);
    gate = await clinic.startGate();
  });

  it('starts while its database is down, says so to callers, and serves them once it is there', async () => {
    const error = await refusal(clinic.connect('ana'));
    assert.equal(error.code, '08001');
    assert.match(error.message, /upstream/i);
    const agent = await clinic.agent('ana');
    const ask = (): Promise<{ isError?: boolean | undefined }> =>
      agent.callTool({ name: 'query', arguments: { sql: 'SELECT 1 AS one' } });
    assert.ok(
      await ask().then(
        ({ isError }) => isError,
        () => true,
      ),
    );
    await lives(gate);
    await relay.up();
    const client = await clinic.connect('ana');
    await one(client);
    await client.end();
    assert.notEqual((await ask()).isError, true);
    await agent.close();
  });

  it('survives a database that dies under a running statement', async () => {
    const client = await clinic.connect('dora');
    const lock = await clinic.lockWards();
    const told = refusal(client.query('SELECT count(*) FROM wards'));
    await lock.wanted();
    relay.cut();
    const error = await told;
    await lock.release();
    assert.match(`${error.code} ${error.message}`, /08006|closed|terminated/);
    const last = async (): Promise<SessionView | undefined> => (await clinic.sessions({ subject: 'dora' }))[0];
    await eventually(async () => typeof (await last())?.ended === 'string', 'the end of the session is on record');
    const { events } = await clinic.replay((await last())?.id ?? '');
    assert.ok(
      events.some((event) => event.type === 'request.end'),
      'the statement has an outcome',
    );
    const next = await clinic.connect('ana');
    await one(next);
    await next.end();
    await lives(gate);
  });

  it('survives a backend that is ended under a running statement', async () => {
    const client = await clinic.connect('dora');
    const lock = await clinic.lockWards();
    const told = refusal(client.query('SELECT count(*) FROM wards'));
    await lock.wanted();
    await clinic.postgres.query(
      'ehr',
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'gate'",
    );
    const error = await told;
    await lock.release();
    assert.match(error.code ?? '', /57P01|08006/);
    await lives(gate);
  });

  it('does not mask behind a login that can do too much, unless told to', async () => {
    const superuser = await refusal(clinic.connect('ana', { database: 'root' }));
    assert.equal(superuser.code, '42501');
    assert.match(superuser.message, /superuser/);
    const owner = await refusal(clinic.connect('ana', { database: 'owner' }));
    assert.equal(owner.code, '42501');
    assert.match(owner.message, /own/);
    const accepted = await clinic.connect('ana', { database: 'root-accepted' });
    const { rows } = await accepted.query('SELECT ssn FROM patients WHERE id = 1');
    for (const canary of canaries) assert.ok(!JSON.stringify(rows).includes(canary));
    await accepted.end();
    assert.match(gate.output(), /root-accepted: accept_privileged_login/);
  });

  it('tells nothing of its own credential when the database refuses it', async () => {
    const error = await refusal(clinic.connect('ana', { database: 'wrong' }));
    assert.equal(error.code, '08004');
    assert.doesNotMatch(
      JSON.stringify({ ...error, message: error.message }) + gate.output(),
      /owner-secret|upstream-secret/,
    );
  });

  it('refuses unknown connections and people without a rule at the command line, by exit code', async () => {
    const connect = async (connection: string, person: string | null): Promise<number> =>
      (await clinic.chartgate(['connect', connection, '--print', '-c', clinic.config], person)).code;
    assert.equal(await connect('nowhere', 'ana'), 68);
    assert.equal(await connect('ehr-tools', 'ana'), 68);
    assert.equal(await connect('root', 'zed'), 77);
    assert.equal(await connect('ehr', null), 77);
  });

  it('takes a credential for as long as it was made for, and no longer', async () => {
    const made = await fetch(`${clinic.url}/api/v1/connections/ehr/credentials`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await clinic.token('ana')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ttl: 3 }),
    });
    const credential = (await made.json()) as { user: string; password: string };
    await (await clinic.connect('ana', credential)).end();
    const printed = await clinic.chartgate(['connect', 'ehr', '--print', '--ttl', '2s', '-c', clinic.config], 'ana');
    assert.equal(printed.code, 0, printed.stderr);
    const { username: user, password } = new URL(printed.stdout.trim());
    await sleep(3_100);
    for (const each of [credential, { user, password }])
      assert.match((await refusal(clinic.connect('ana', each))).code ?? '', /^28/);
  });

  it('ends a session that turns into garbage, and lives', async () => {
    const good = await clinic.connect('ana');
    for (const garbage of [
      Buffer.alloc(64, 0xff),
      Buffer.from('Q\0\0\0\x03'),
      Buffer.from('Z\0\0\0\x04'),
      Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]),
    ]) {
      const client = await clinic.connect('ana');
      const over = ended(client);
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
      stream.write(garbage);
      await over;
    }
    for (const [port, garbage] of [
      [clinic.postgresPort, Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])],
      [clinic.postgresPort, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
      [clinic.httpPort, Buffer.from('POST /mcp/ehr-tools HTTP/1.1\r\ncontent-length: nine\r\n\r\n')],
      [clinic.httpPort, Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])],
    ] as const) {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      socket.resume().end(garbage);
      await once(socket, 'close');
    }
    await one(good);
    await good.end();
    await lives(gate);
  });

  it('takes a changed policy from the file without a restart; a bad file changes nothing and says so', async () => {
    const client = await clinic.connect('ana');
    await one(client);
    await clinic.writeConfig((config) =>
      changed(config).replace(
        '      when: sql.reads\n      allow: { rows: 100',
        '      when: sql.reads\n      deny: Closed today.\n#',
      ),
    );
    const reloaded = (): Promise<DatabaseError | undefined> =>
      client.query('SELECT 1 AS one').then(
        () => undefined,
        (error: DatabaseError) => error,
      );
    let denied: DatabaseError | undefined;
    await eventually(async () => {
      denied = await reloaded();
      return denied !== undefined;
    }, 'the new policy is in force');
    assert.match(denied?.message ?? '', /Closed today/);

    const before = gate.output().length;
    await writeFile(
      clinic.config,
      (await readFile(clinic.config, 'utf8')).replace('deny: Closed today.', 'dny: Closed today.'),
    );
    await eventually(() => /stays/.test(gate.output().slice(before)), 'the gate says that the old one stays');
    assert.match(gate.output().slice(before), /chartgate\.yaml:\d+/);
    assert.match((await refusal(client.query('SELECT 1'))).message, /Closed today/);

    await clinic.writeConfig(changed);
    await eventually(async () => (await reloaded()) === undefined, 'the first policy is in force again');
    await one(client);
    await client.end();
  });

  it('stops in order on SIGTERM: sessions are told, the log says so, the exit code is 0', async () => {
    const client = await clinic.connect('ana');
    const told = once(client, 'error') as Promise<[DatabaseError]>;
    const over = ended(client);
    assert.equal(await gate.stop(), 0, gate.output());
    assert.equal((await told)[0].code, '57P01');
    await over;
    const types = await recordTypes();
    assert.equal(types['node.start'], 1);
    assert.equal(types['node.stop'], 1);
    assert.equal(types['outcome_unknown'], undefined);
    assert.ok((types['policy.changed'] ?? 0) >= 3, 'each policy in force is named');
    assert.equal(types['session.start'], types['session.end']);
  });
});

describe('a disk that is full', () => {
  it('closes the gate and then ends it: nothing is released that is not on record', async () => {
    const state = join(clinic.directory, 'full');
    await clinic.writeConfig((config) => config.replace('state: ./state', 'state: ./full'));
    const gate = await clinic.startGate({ fileBlocksMax: 400 });
    const client = await clinic.connect('cora');
    const idle = await clinic.connect('ana');
    const told = once(idle, 'error') as Promise<[DatabaseError]>;
    let answered = 0;
    let error: DatabaseError | undefined;
    for (let n = 0; n < 500 && !error; n++) {
      await client.query(`SELECT ${n} AS mark, label FROM wards`).then(
        () => answered++,
        (thrown: DatabaseError) => {
          error = thrown;
        },
      );
    }
    assert.ok(answered > 0);
    // Between a write that found no room and the one after it that found none either, the disk is nearly full.
    assert.match(error?.code ?? '', /^(?:58030|53100)$/, String(error));
    await eventually(() => /audit log cannot be written/.test(gate.output()), 'the log has failed');
    const readiness = await clinic.get('/readyz');
    assert.equal(readiness.status, 503, readiness.text);
    assert.equal((await clinic.get('/healthz')).status, 200);
    assert.equal((await refusal(clinic.connect('ana'))).code, '58030');
    const asked = idle.query('SELECT 1').catch((thrown: DatabaseError) => thrown);
    assert.equal(((await Promise.race([asked, told.then(([first]) => first)])) as DatabaseError).code, '58030');
    await assert.rejects(clinic.agent('ana'));
    assert.equal(await gate.ended(), 74, 'whoever supervises it starts it anew');

    const again = await clinic.startGate();
    const [session] = await clinic.sessions({ subject: 'cora' });
    assert.ok(session);
    const { events } = await clinic.replay(session.id);
    const recorded = new Set(events.flatMap((event) => event.answer?.rows.map(([mark]) => mark) ?? []));
    for (let n = 0; n < answered; n++) assert.ok(recorded.has(String(n)), `answer ${n} of ${answered} is on record`);
    assert.equal(await again.stop(), 0);
    const verified = await clinic.chartgate(['audit', 'verify', state], null);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
});

describe('a gate that must not start', () => {
  const serve = (): Promise<{ code: number; stdout: string; stderr: string }> =>
    clinic.chartgate(['serve', '-c', clinic.config], null, { EHR_PASSWORD: 'upstream-secret' });

  it('says that its state directory cannot be written', async () => {
    await writeFile(join(clinic.directory, 'file'), '');
    await clinic.writeConfig((config) => config.replace('state: ./state', 'state: ./file/state'));
    const below = await serve();
    assert.equal(below.code, 73, below.stderr);
    assert.match(below.stderr, /state directory/);
    assert.doesNotMatch(below.stderr, /^ {4}at /m);

    await mkdir(join(clinic.directory, 'half'));
    await writeFile(join(clinic.directory, 'half', 'log'), 'in the way');
    await clinic.writeConfig((config) => config.replace('state: ./state', 'state: ./half'));
    const inTheWay = await serve();
    assert.ok([65, 73, 74].includes(inTheWay.code), `${inTheWay.code} ${inTheWay.stderr}`);
    assert.doesNotMatch(inTheWay.stderr, /^ {4}at /m);
  });

  it('says that its log does not verify', async () => {
    await clinic.writeConfig();
    const checkpoint = join(clinic.state, 'log', 'checkpoint');
    const good = await readFile(checkpoint, 'utf8');
    const [origin, size, root, ...rest] = good.split('\n');
    await writeFile(
      checkpoint,
      [origin, size, root?.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), ...rest].join('\n'),
    );
    const refused = await serve();
    assert.equal(refused.code, 65, refused.stderr);
    assert.match(refused.stderr, /checkpoint/);
    await writeFile(checkpoint, good);
  });

  it('says that a port is taken, a secret is missing, a key is unknown', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await clinic.writeConfig((config) => config.replaceAll(`127.0.0.1:${clinic.postgresPort}`, `127.0.0.1:${port}`));
    const busy = await serve();
    taken.close();
    assert.equal(busy.code, 69, busy.stderr);
    assert.match(busy.stderr, new RegExp(String(port)));

    await clinic.writeConfig();
    const bare = await clinic.chartgate(['serve', '-c', clinic.config], null);
    assert.equal(bare.code, 78, bare.stderr);
    assert.match(bare.stderr, /EHR_PASSWORD/);

    await clinic.writeConfig((config) => config.replace('identity:', 'identty:'));
    const misspelt = await serve();
    assert.equal(misspelt.code, 78, misspelt.stderr);
    assert.match(misspelt.stderr, /chartgate\.yaml:\d+.*identty/s);
  });
});

describe('the end of the database', () => {
  it('is told to the session it cuts, and to whoever comes after', async () => {
    await clinic.writeConfig();
    const gate = await clinic.startGate();
    const client = await clinic.connect('dora');
    // Busy by itself: who waits for another's lock is answered when the stopping server ends the other first.
    const copies = Array.from({ length: 8 }, (_, n) => `wards w${n}`);
    const told = refusal(client.query(`SELECT count(*) FROM ${copies.join(', ')}`));
    const running = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%wards w7'";
    await eventually(async () => (await clinic.postgres.query('ehr', running)).length > 0, 'the statement runs');
    await clinic.postgres.stop();
    assert.match((await told).code ?? 'closed', /57P0|08006|closed/);
    assert.equal((await refusal(clinic.connect('ana'))).code, '08001');
    assert.equal((await refusal(clinic.connect('ana'))).code, '08001');
    const said = /"connection":"ehr","code":"upstream_unavailable",.*the database does not let the gate in/g;
    assert.equal(gate.output().match(said)?.length, 1, 'the operator reads it where the hint says, once');
    await lives(gate);
    assert.equal(await gate.stop(), 0);
  });
});
