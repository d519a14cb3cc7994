// Mutated conversations thrown at a real gate: it has to stay alive, close what it cannot follow, and never let a protected
// value out. `FUZZ_SEED` and `FUZZ_RUNS` repeat a run; both are printed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, it } from 'node:test';
import { encodePasswordMessage } from '../../src/wire/postgres/authentication.ts';
import {
  encodeBind,
  encodeClose,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  encodeSync,
} from '../../src/wire/postgres/extended.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { encodeStartupMessage } from '../../src/wire/postgres/startup.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { mutated, randomFrom } from './codecs.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const runs = Number(process.env['FUZZ_RUNS'] ?? 400);

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  gate = await clinic.startGate();
});
after(() => clinic.stop());

const texts = [
  'SELECT ssn FROM patients',
  'SELECT * FROM patients',
  'SELECT body FROM notes',
  'SELECT 1',
  'BEGIN',
  'ROLLBACK',
  'SELECT first || ssn FROM patients',
  'COPY wards TO STDOUT',
  '',
];
const names = ['', 'a', 'b'];
const formatChoices: readonly (0 | 1)[][] = [[], [0], [1]];

function message(random: () => number): Buffer {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const kind = random() < 0.5 ? ('statement' as const) : ('portal' as const);
  const resultFormats = pick(formatChoices);
  return pick([
    () => encodeQuery(pick(texts)),
    () => encodeParse({ name: pick(names), text: pick(texts), parameterTypes: [] }),
    () =>
      encodeBind({ portal: pick(names), statement: pick(names), parameterFormats: [], parameters: [], resultFormats }),
    () => encodeExecute({ portal: pick(names), rowsMax: Math.floor(random() * 2) }),
    () => encodeDescribe({ kind, name: pick(names) }),
    () => encodeClose({ kind, name: pick(names) }),
    () => encodeSync(),
  ])();
}

it(`survives mutated conversations (seed ${seed}, ${runs} runs)`, { timeout: 600_000 }, async (t) => {
  t.diagnostic(`FUZZ_SEED=${seed} FUZZ_RUNS=${runs}`);
  const password = await clinic.token('ana');
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed + run);
    const messages = Array.from({ length: 2 + Math.floor(random() * 12) }, () => message(random));
    const conversation = Buffer.concat([...messages, encodeSync()]);
    const socket = connect(clinic.postgresPort, '127.0.0.1');
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      encodeStartupMessage([
        ['user', 'ana'],
        ['database', 'ehr'],
      ]),
    );
    socket.write(encodePasswordMessage(password));
    socket.write(random() < 0.7 ? mutated(conversation, random) : conversation);
    const closed = once(socket, 'close');
    setTimeout(() => socket.end(), 60).unref();
    setTimeout(() => socket.destroy(), 3_000).unref();
    await closed;
    const text = Buffer.concat(heard).toString('latin1');
    for (const canary of canaries) assert.ok(!text.includes(canary), `run ${run}: ${canary} left`);
  }
  const db = await clinic.connect('ana');
  assert.equal((await db.query('SELECT 1 AS one')).rows[0].one, 1);
  await db.end();
  assert.ok(!gate.output().includes('"level":50'), gate.output());
});
