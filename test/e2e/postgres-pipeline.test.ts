// What drivers do with the extended protocol, message by message: pipelines, names used twice, errors in between. The gate
// has to answer as a server would, and must never lose count of which answer belongs to which question.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { encodeClose, encodeDescribe, encodeFlush, encodeSync } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { bind, execute, parse, told } from '../parts/extended-messages.ts';
import { logRecords } from '../parts/log-records.ts';
import { type Peer, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
before(async () => {
  clinic = await startClinic();
  await clinic.startGate();
});
after(() => clinic.stop());

const ask = (text: string): Buffer[] => [parse(text), bind(), execute()];

const signedIn = (person: string): Promise<Peer> => signedInAt(clinic, person);

async function exchange(peer: Peer, messages: readonly Buffer[], syncs = 1): Promise<string> {
  peer.send(Buffer.concat([...messages]));
  const frames: Frame[] = [];
  for (let each = 0; each < syncs; each++) frames.push(...(await peer.receiveUntil('Z')));
  return told(frames);
}

it('answers a pipeline in order, with masked rows', async () => {
  const peer = await signedIn('ana');
  const answer = await exchange(peer, [
    ...ask('SELECT 1'),
    ...ask('SELECT ssn FROM patients WHERE id = 1'),
    ...ask('SELECT 2'),
    encodeSync(),
  ]);
  assert.equal(answer, '1 2 D(1) C 1 2 D(***-**-6789) C 1 2 D(2) C Z');
  peer.close();
});

it('skips to Sync after a refusal, as a server does, and goes on behind it in the same packet', async () => {
  const peer = await signedIn('ana');
  const answer = await exchange(
    peer,
    [
      ...ask('SELECT 1'),
      ...ask('CREATE TABLE copied ()'),
      ...ask('SELECT 2'),
      encodeSync(),
      ...ask('SELECT 3'),
      encodeSync(),
    ],
    2,
  );
  assert.equal(answer, '1 2 D(1) C 1 E(42501) Z 1 2 D(3) C Z');
  peer.close();
});

it('goes on behind an error of the server in the same packet', async () => {
  const peer = await signedIn('ana');
  const answer = await exchange(
    peer,
    [...ask('SELECT 1/0'), ...ask('SELECT 2'), encodeSync(), ...ask('SELECT 3'), encodeSync()],
    2,
  );
  assert.match(answer, /^1 (2 )?E\(22012\) Z 1 2 D\(3\) C Z$/);
  peer.close();
});

it('a name that failed to parse cannot be bound, nor can it hide an older text', async () => {
  const peer = await signedIn('ana');
  assert.equal(await exchange(peer, [parse('SELECT 1', 's'), encodeSync()]), '1 Z');
  assert.equal(await exchange(peer, [parse('SELECT ssn FROM patients', 's'), encodeSync()]), 'E(42P05) Z');
  assert.equal(await exchange(peer, [bind('s'), execute(), encodeSync()]), '2 D(1) C Z');
  assert.equal(
    await exchange(peer, [parse('SELECT broken FROM wards', 't'), encodeSync(), bind('t'), execute(), encodeSync()], 2),
    'E(42703) Z E(26000) Z',
  );
  assert.equal(
    await exchange(peer, [
      encodeClose({ kind: 'statement', name: 's' }),
      parse('SELECT 7', 's'),
      bind('s'),
      execute(),
      encodeSync(),
    ]),
    '3 1 2 D(7) C Z',
  );
  peer.close();
});

it('DEALLOCATE takes the name it names, and only that', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [parse('SELECT 1', 'one'), parse('SELECT 2', 'two'), encodeSync()]);
  await exchange(peer, [encodeQuery('DEALLOCATE one')]);
  assert.equal(await exchange(peer, [bind('one'), execute(), encodeSync()]), 'E(26000) Z');
  assert.equal(await exchange(peer, [bind('two'), execute(), encodeSync()]), '2 D(2) C Z');
  assert.equal(await exchange(peer, [parse('SELECT 3', 'one'), bind('one'), execute(), encodeSync()]), '1 2 D(3) C Z');
  peer.close();
});

it('serves portals in pieces, with masks in each', async () => {
  const peer = await signedIn('ana');
  const answer = await exchange(peer, [encodeQuery('BEGIN')]);
  assert.equal(answer, 'C Z');
  assert.equal(
    await exchange(peer, [parse('SELECT ssn FROM patients', 'q'), bind('q', 'p'), execute('p', 1), encodeSync()]),
    '1 2 D(***-**-6789) s Z',
  );
  assert.equal(await exchange(peer, [execute('p', 1), encodeSync()]), 'D(***-**-4320) s Z');
  assert.equal(await exchange(peer, [execute('p', 1), encodeSync()]), 'C Z');
  assert.equal(await exchange(peer, [execute('p', 1), encodeSync()]), 'C Z');
  peer.close();
});

it('describes, closes and flushes without being asked for more', async () => {
  const peer = await signedIn('ana');
  const answer = await exchange(peer, [
    parse('SELECT first FROM patients WHERE id = $1', 'd'),
    encodeDescribe({ kind: 'statement', name: 'd' }),
    encodeFlush(),
    encodeSync(),
  ]);
  assert.equal(answer, '1 t T Z');
  assert.equal(await exchange(peer, [encodeClose({ kind: 'portal', name: 'nothing' }), encodeSync()]), '3 Z');
  assert.equal(await exchange(peer, [encodeDescribe({ kind: 'portal', name: 'nothing' }), encodeSync()]), 'E(34000) Z');
  peer.close();
});

it('a simple query amid a skipped run is skipped with it', async () => {
  const peer = await signedIn('ana');
  assert.equal(
    await exchange(peer, [...ask('DROP TABLE wards'), encodeQuery('SELECT 1'), encodeSync()]),
    '1 E(42501) Z',
  );
  assert.equal(
    await exchange(peer, [encodeQuery('SELECT 1; SELECT ssn FROM patients WHERE id = 2; SELECT 3')]),
    'T D(1) C T D(***-**-4320) C T D(3) C Z',
  );
  peer.close();
});

it('records an answer with its end, and nothing of it behind that, however its portal goes', async () => {
  const peer = await signedIn('cora');
  const many = parse('SELECT id FROM patients ORDER BY id');
  for (const ending of [
    [execute()],
    [execute('', 1)],
    [execute('', 1), encodeClose({ kind: 'portal', name: '' })],
    [execute('', 1), bind(), execute()],
    [execute('', 1), parse('SELECT 1/0'), bind(), execute()],
  ])
    await exchange(peer, [many, bind(), ...ending, encodeSync()]);
  const all = await logRecords(clinic.state);
  const session = all.findLast(({ type }) => type === 'session.start')?.session;
  const requests = all.filter((each) => each.session === session && each.request !== undefined);
  const answers = [...Map.groupBy(requests, ({ request }) => request).values()];
  assert.equal(answers.length, 7);
  for (const each of answers)
    assert.deepEqual(
      each.map(({ type }) => type),
      ['request', 'request.end'],
    );
  peer.close();
});
