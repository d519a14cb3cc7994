// A CancelRequest that comes right behind its statement, as drivers send it, reaches the database behind it: PostgreSQL
// forgets one that comes before.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, it } from 'node:test';
import type { Client } from 'pg';
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
before(async () => {
  clinic = await startClinic();
  const port = await freePort();
  const { port: to } = clinic.postgres;
  road = await openRoad(port, to, (gate, database) => {
    gate.on('data', (chunk: Buffer) => {
      if (chunk.length >= 8 && chunk.readInt32BE(4) === cancelRequestCode) arrived.push('cancel');
      else if (chunk.includes('pg_sleep')) arrived.push('statement');
    });
    gate.pipe(database).pipe(gate);
  });
  await clinic.writeConfig((config) => config.replace(`127.0.0.1:${to}/ehr`, `127.0.0.1:${port}/ehr`));
  await clinic.startGate();
});
after(async () => {
  await clinic?.stop();
  await road?.[Symbol.asyncDispose]();
});

/** Resolves when the gate has dealt with it and closed. */
async function cancel(client: Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
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
