// check against a live database: a classification that speaks of columns that are not there protects nothing, and is told so.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { checkConnections } from '../../src/live-check.ts';
import { type PostgresServer, startPostgres } from '../parts/postgres.ts';

const cwd = mkdtempSync(join(tmpdir(), 'chartgate-check-'));
let server: PostgresServer;
before(async () => {
  server = await startPostgres();
  await server.query(
    'postgres',
    `CREATE ROLE gate LOGIN PASSWORD 'p'; CREATE TABLE patients (id int, born date, score int);
     GRANT SELECT ON patients TO gate`,
  );
});
after(async () => {
  await server.stop();
  rmSync(cwd, { recursive: true });
});

async function checked(columns: string, posture = 'inline'): Promise<{ readonly exit: number; readonly out: string }> {
  writeFileSync(
    join(cwd, 'gate.yaml'),
    `listen: { http: 127.0.0.1:0 }
connections: { ehr: { type: postgres, url: "postgres://gate@127.0.0.1:${server.port}/postgres", password: "\${env:P}" } }
classification: { ehr: { posture: ${posture}, columns: { ${columns} } } }
`,
  );
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const io = { env: { P: 'p' }, cwd, stdin, stdout, stderr };
  const exit = await check(io, { config: 'gate.yaml' }, checkConnections);
  return { exit, out: String(stdout.read()) };
}

test('a column that is classified is there, or check fails and says which may be meant', async () => {
  const sound = await checked('public.patients.born: date, public.patients.score: mrn');
  assert.equal(sound.exit, 0, sound.out);
  const stray = await checked('public.patients.born: date, public.patients.scroe: mrn');
  assert.equal(stray.exit, 1, stray.out);
  assert.match(
    stray.out,
    /FAILED {2}classification\.ehr\.columns: there is no column public\.patients\.scroe; did you mean public\.patients\.score\?\n +Correct/,
  );
  const table = await checked('public.patient.score: mrn, public.patients.zzz: ssn, other.things.name: name');
  assert.match(table.out, /no column public\.patient\.score; did you mean public\.patients\.score\?\n/);
  assert.match(table.out, /no column public\.patients\.zzz\n/);
  assert.match(table.out, /no column other\.things\.name\n/);
  const enforced = await checked('public.patients.scroe: mrn', 'enforced');
  assert.match(enforced.out, /FAILED {2}classification\.ehr\.columns: there is no column public\.patients\.scroe;/);
});
