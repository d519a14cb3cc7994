// What a server says beside its answers, where a view runs code that has read what is masked: settings that have changed, and
// notices of planning. A masked subject hears no value from them, in whatever order the statements come.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { encodeSync } from '../../src/wire/postgres/extended.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { type Clinic, canaries, startClinic } from '../parts/clinic.ts';
import { bind, execute, parse } from '../parts/extended-messages.ts';
import { hear, type Peer, type Step, say, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;

before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE VIEW setting AS SELECT set_config('application_name', ssn, false) AS x FROM patients;
     CREATE FUNCTION noticed() RETURNS text IMMUTABLE LANGUAGE plpgsql AS
       $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM patients WHERE id = 1); RETURN 'x'; END $$;
     CREATE VIEW noticing AS SELECT noticed() AS x FROM patients;
     GRANT SELECT ON setting, noticing TO gate`,
  );
  await clinic.startGate();
});
after(() => clinic?.stop());

const sync = encodeSync();
const query = encodeQuery;
const run = (sql: string): Buffer[] => [parse(sql), bind(), execute()];
const set = "SET TimeZone = 'UTC'";

function says(peer: Peer, canary: string): boolean {
  return Buffer.concat(peer.heard).includes(canary);
}

/** What is masked for ana is told to dora, or the server would say nothing that could leak. */
async function bothHear(ana: readonly Step[], dora: readonly Step[] = ana, isTold = true): Promise<void> {
  for (const [person, steps] of [
    ['ana', ana],
    ['dora', dora],
  ] as const) {
    const peer = await signedInAt(clinic, person);
    await peer.converse(...steps);
    peer.close();
    if (person === 'ana') for (const canary of canaries) assert.ok(!says(peer, canary), `${canary} has left`);
    else if (isTold) assert.ok(says(peer, '-'), 'nothing was said');
  }
}

it('a setting that a view has changed, told behind a SET of the client', async () => {
  await bothHear(
    [say([...run('SELECT x FROM setting'), ...run(set), sync]), hear('1 2 D+ C 1 2 C Z')],
    [say([...run('SELECT x FROM setting'), ...run(set), sync]), hear('1 2 D+ C 1 2 C S Z')],
  );
});

it('and in the middle of its portal, at COMMIT, and at a ROLLBACK that brings it back', async () => {
  const middle = [parse('SELECT x FROM setting'), bind(), execute('', 1), ...run(set), sync];
  await bothHear([say(middle), hear('1 2 D s 1 2 C Z')], [say(middle), hear('1 2 D s 1 2 C S Z')]);
  const commit = [...run('BEGIN'), ...run('SELECT x FROM setting'), ...run('COMMIT'), sync];
  await bothHear([say(commit), hear('1 2 C 1 2 D+ C 1 2 C Z')], [say(commit), hear('1 2 C 1 2 D+ C 1 2 C S Z')]);
  const turns = (own: string): Step[] => [
    say(query('SELECT x FROM setting')),
    hear(`T D+ C ${own}Z`),
    say(query("BEGIN; SET LOCAL application_name = 'own'")),
    hear(`C C ${own}Z`),
    say(query('ROLLBACK')),
    hear(`C ${own}Z`),
  ];
  await bothHear(turns(''), turns('S '));
});

it('DISCARD ALL undoes what was asked before it, not what is asked behind it without waiting', async () => {
  const both = say([query('DISCARD ALL'), query('SELECT x FROM setting')]);
  const show = say(query('SHOW application_name'));
  await bothHear(
    [both, hear('C S* Z T D+ C Z'), show, hear('E:42501 Z')],
    [both, hear('C S* Z T D+ C S Z'), show, hear('T D C Z')],
  );
  const undone = [say(query('SELECT x FROM setting')), hear('T D+ C S* Z'), say(query('DISCARD ALL')), hear('C S* Z')];
  const own = [
    say(query("SET application_name = 'own'")),
    hear('C S Z'),
    say(query('SHOW application_name')),
    hear('T D C Z'),
  ];
  await bothHear([...undone, ...own]);
});

it('a notice of planning, which comes before the answer it belongs to', async () => {
  for (const first of ['BEGIN', 'SHOW application_name']) {
    const piped = [...run(first), ...run('SELECT x FROM noticing'), sync];
    await bothHear([say(piped), hear('1 2 D* C 1 N 2 D+ C Z')]);
    await bothHear([
      say(query(first)),
      hear('T* D* C Z'),
      say([...run('SELECT x FROM noticing'), sync]),
      hear('1 N 2 D+ C Z'),
    ]);
  }
});

it('a setting of the client is told, whatever it asks behind it that changes none', async () => {
  const piped = [...run("SET application_name = 'own'"), ...run('SHOW application_name'), sync];
  await bothHear([say(piped), hear('1 2 C 1 2 D C S Z')], [say(piped), hear('1 2 C 1 2 D C S Z')], false);
});
