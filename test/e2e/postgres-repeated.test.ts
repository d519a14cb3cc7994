// A prepared statement is understood, decided and given its masks once, and executed many times: whatever any of that was made of may
// change in between, and the next execution has to notice.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { decodeNoticeFields } from '../../src/wire/postgres/error-fields.ts';
import { encodeClose, encodeSync } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { decodeDataRow } from '../../src/wire/postgres/rows.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { bind as bindTo, execute, parse } from '../parts/extended-messages.ts';
import { logRecords } from '../parts/log-records.ts';
import { type Peer, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    'CREATE VIEW shown AS SELECT id, city AS said FROM patients; GRANT SELECT ON shown TO gate;',
  );
  await clinic.startGate();
});
after(() => clinic.stop());

const signedIn = (person: string): Promise<Peer> => signedInAt(clinic, person);

/** The values of all rows, and the SQLSTATE of what was refused. */
function told(frames: readonly Frame[]): string {
  const said = frames.flatMap(({ type, body }) => {
    if (type === 0x44) return decodeDataRow(body).map((value) => value?.toString() ?? 'NULL');
    return type === 0x45 ? [String(decodeNoticeFields(body).get('C'))] : [];
  });
  return said.join(' ');
}

async function exchange(peer: Peer, messages: readonly Buffer[]): Promise<string> {
  peer.send(Buffer.concat([...messages, encodeSync()]));
  return told(await peer.receiveUntil('Z'));
}

const prepare = (text: string): Buffer => parse(text, 's');
const bind = (value: string | null, portal = '', format: 0 | 1 = 0): Buffer =>
  bindTo('s', portal, value === null ? [] : [value], format);
const run = (value: string | null, format: 0 | 1 = 0): Buffer[] => [bind(value, '', format), execute()];
const ssnOf = 'SELECT ssn FROM patients WHERE id = $1';

/** What the request records said of how many values were masked, newest last. */
async function masked(): Promise<unknown[]> {
  const ends = await logRecords(clinic.state, 'request.end');
  return ends.flatMap(({ data }) => (data?.['rows'] === undefined ? [] : [data['masked']]));
}

it('counts what it masks for each execution alone', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare(ssnOf)]);
  for (const [id, ssn] of [
    ['1', '***-**-6789'],
    ['2', '***-**-4320'],
    ['3', ''],
    ['1', '***-**-6789'],
  ] as const)
    assert.equal(await exchange(peer, run(id)), ssn);
  assert.deepEqual((await masked()).slice(-4), [{ ssn: 1 }, { ssn: 1 }, {}, { ssn: 1 }]);
  peer.close();
});

it('masks a statement whose rows are asked for twice at once', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare('SELECT ssn FROM patients ORDER BY id')]);
  const one = [bind(null, 'one'), execute('one', 1)];
  const other = [bind(null, 'other'), execute('other')];
  const answer = await exchange(peer, [...one, ...other, execute('one')]);
  assert.equal(answer, '***-**-6789 ***-**-6789 ***-**-4320 ***-**-4320');
  assert.equal(await exchange(peer, run(null)), '***-**-6789 ***-**-4320');
  assert.deepEqual((await masked()).slice(-3), [{ ssn: 2 }, { ssn: 2 }, { ssn: 2 }]);
  peer.close();
});

it('takes the formats of each Bind', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare('SELECT birthdate FROM patients WHERE id = $1')]);
  const text = await exchange(peer, run('1'));
  assert.equal(text, '1961-01-01');
  peer.send(Buffer.concat([...run('1', 1), encodeSync()]));
  const row = (await peer.receiveUntil('Z')).find(({ type }) => type === 0x44);
  // Days since 2000-01-01 of the first day of 1961.
  assert.equal(row && decodeDataRow(row.body)[0]?.readInt32BE(), -14_244);
  assert.equal(await exchange(peer, run('1')), text);
  peer.close();
});

it('takes the text that a name stands for now', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare('SELECT id FROM patients WHERE id = $1')]);
  assert.equal(await exchange(peer, run('1')), '1');
  await exchange(peer, [encodeClose({ kind: 'statement', name: 's' }), prepare(ssnOf)]);
  assert.equal(await exchange(peer, run('1')), '***-**-6789');
  peer.send(encodeQuery('DEALLOCATE s'));
  await peer.receiveUntil('Z');
  assert.match(await exchange(peer, run('1')), /^(26000|42501)$/);
  assert.match(await exchange(peer, [prepare('SELECT last FROM patients WHERE id = $1'), ...run('1')]), /^Person-/);
  peer.close();
});

it('masks by what a view shows now', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare('SELECT said FROM shown WHERE id = $1')]);
  const first = await exchange(peer, run('1'));
  assert.equal(await exchange(peer, run('1')), first);
  await clinic.postgres.query('ehr', 'CREATE OR REPLACE VIEW shown AS SELECT id, ssn AS said FROM patients;');
  const now = await exchange(peer, run('1'));
  assert.doesNotMatch(now, /123-45/);
  assert.deepEqual((await masked()).at(-1), { ssn: 1 });
  await clinic.postgres.query('ehr', 'CREATE OR REPLACE VIEW shown AS SELECT id, city AS said FROM patients;');
  assert.equal(await exchange(peer, run('1')), first);
  peer.close();
});

it('masks, and refuses, by the rules in force', async () => {
  const peer = await signedIn('ana');
  await exchange(peer, [prepare(ssnOf)]);
  assert.equal(await exchange(peer, run('1')), '***-**-6789');
  const becomes = async (answer: string, change: (config: string) => string): Promise<void> => {
    await clinic.writeConfig(change);
    await eventually(async () => (await exchange(peer, run('1'))) === answer, `the answer is ${answer}`);
    assert.equal(await exchange(peer, run('1')), answer);
  };
  await becomes('[SSN]', (config) => config.replace('ssn: last4', 'ssn: redact'));
  await becomes('123-45-6789', (config) => config.replace('allow: { rows: 100,', 'allow: { rows: 100, unmask: [ssn],'));
  await becomes('42501', (config) => config.replace('when: sql.reads\n      allow', 'when: sql.writes\n      allow'));
  await becomes('***-**-6789', (config) => config);
  // Parameters decide as soon as a rule reads them.
  await becomes('42501', (config) => config.replace('when: sql.reads\n', 'when: sql.reads && !("1" in sql.params)\n'));
  assert.equal(await exchange(peer, run('2')), '***-**-4320');
  assert.equal(await exchange(peer, run('1')), '42501');
  peer.close();
});
