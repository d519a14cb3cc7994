// A CancelRequest that comes right behind its statement, as drivers send it, reaches the database behind it: PostgreSQL
// forgets one that comes before. Where the statement comes to be held, it ends the wait for people.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, it } from 'node:test';
import type { Client, DatabaseError } from 'pg';
import { freePort } from '../../demo/ports.ts';
import { encodeCancelRequest } from '../../src/wire/postgres/startup.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { openRoad, type Road } from '../parts/road.ts';

const cancelRequestCode = 80877102;

let clinic: Clinic;
let road: Road;
/** What came to the database, in order. */
const arrived: ('statement' | 'cancel')[] = [];
/** What the database has said while it is not passed on; null = it is. */
let withheld: (() => void)[] | null = null;
before(async () => {
  clinic = await startClinic();
  const port = await freePort();
  const { port: to } = clinic.postgres;
  road = await openRoad(port, to, (gate, database) => {
    gate.on('data', (chunk: Buffer) => {
      if (chunk.length >= 8 && chunk.readInt32BE(4) === cancelRequestCode) arrived.push('cancel');
      else if (chunk.includes('pg_sleep')) arrived.push('statement');
    });
    gate.pipe(database);
    database.on('data', (chunk: Buffer) => {
      if (withheld) withheld.push(() => gate.write(chunk));
      else gate.write(chunk);
    });
  });
  await clinic.writeConfig((config) =>
    config.replace(`127.0.0.1:${to}/ehr`, `127.0.0.1:${port}/ehr`).replace('wait: 1s', 'wait: 20s'),
  );
  await clinic.startGate();
});
after(async () => {
  await clinic?.stop();
  await road?.[Symbol.asyncDispose]();
});

/** Resolves when the gate has dealt with it and closed. */
async function cancel(client: Client, instead: { readonly secretKey?: number } = {}): Promise<void> {
  const known = client as unknown as { readonly processID: number; readonly secretKey: number };
  const { processID, secretKey } = { ...known, ...instead, processID: known.processID };
  const key = Buffer.alloc(4);
  key.writeInt32BE(secretKey);
  const socket = connectTcp(clinic.postgresPort, '127.0.0.1');
  socket.resume();
  socket.end(encodeCancelRequest(processID, key));
  await once(socket, 'close');
}

for (const [protocol, parameters] of [
  ['simple', []],
  ['extended', ['60']],
] as const)
  it(`comes behind a statement that the gate has looked into meanwhile, ${protocol} protocol`, async () => {
    const client = await clinic.connect('dora');
    // The catalog has to be read again before the next statement.
    await client.query(`CREATE TEMP TABLE ${protocol} (a int)`);
    arrived.length = 0;
    const asked = client.query(`SELECT pg_sleep(${parameters.length > 0 ? '$1' : '60'})`, [...parameters]);
    const ended = asked.then(
      () => assert.fail('it ran to its end'),
      (error: Error) => error,
    );
    await cancel(client);
    assert.deepEqual(arrived, ['statement', 'cancel']);
    // The server itself may not have begun the statement yet.
    let over = false;
    void ended.then(() => (over = true));
    await eventually(async () => {
      if (!over) await cancel(client);
      return over;
    }, 'the statement is canceled');
    assert.match((await ended).message, /due to user request/);
    await client.end();
  });

it('ends the wait of a statement that is held only once the gate has looked into it', async () => {
  const [ana, dora] = [await clinic.connect('ana'), await clinic.connect('dora')];
  // The catalog has to be read again before the next statement.
  await dora.query('CREATE TEMP TABLE before_it (a int)');
  const passed: (() => void)[] = [];
  withheld = passed;
  const asked = ana.query('DELETE FROM wards').then(
    () => assert.fail('it ran'),
    (error: DatabaseError) => error,
  );
  await eventually(async () => passed.length > 0, 'the gate has asked about the catalog');
  const canceled = cancel(ana);
  // What comes behind it and is answered at once: by then the gate has heard it.
  await cancel(ana, { secretKey: 0 });
  withheld = null;
  for (const pass of passed) pass();
  assert.equal((await asked).code, '57014');
  await canceled;
  assert.deepEqual((await ana.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await Promise.all([ana.end(), dora.end()]);
});
