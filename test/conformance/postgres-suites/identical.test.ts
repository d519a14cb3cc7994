// What somebody who sees everything gets from psql, pgbench and pg_dump through the gate is, byte for byte, what they get
// straight. The larger proof is run.ts, which takes sources this project does not hold.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { notInstalled, type PostgresVersion } from '../../parts/postgres.ts';
import { scripts } from './scripts.ts';
import { libpqEnvironment, type Stand, startStand, type Way } from './stand.ts';

const noPsql =
  spawnSync('psql', ['--version']).status === 0 ? false : 'psql is not installed: apt-get install postgresql-client';
const noPgbench = spawnSync('pgbench', ['--version']).status === 0 ? false : 'pgbench is not installed';
const pgDump = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
const dumpMajor = Number(/(\d+)/.exec(pgDump.stdout ?? '')?.[1] ?? 0);

for (const version of ['15', '18'] as const satisfies PostgresVersion[]) {
  describe(`through the gate as straight, PostgreSQL ${version}`, { skip: notInstalled(version) || noPsql }, () => {
    let stand: Stand;
    before(async () => {
      stand = await startStand({ version });
    });
    after(() => stand?.stop());

    for (const [name, script] of Object.entries(scripts)) {
      test(`psql: ${name}`, async () => {
        const [direct, gate] = await onBoth(stand, (way) => psql(way, script));
        assert.notEqual(direct.output, '', 'the script says nothing, so it proves nothing');
        assert.equal(gate.output, direct.output);
        assert.equal(gate.code, direct.code);
      });
    }

    test('pgbench: initialization and the three query modes', { skip: noPgbench }, async () => {
      const run = async (way: Way): Promise<string> => {
        await execute(way, 'pgbench', ['--initialize', '--scale=1', '--quiet']);
        const tallies: string[] = [];
        for (const mode of ['simple', 'extended', 'prepared']) {
          const { output, code } = await execute(way, 'pgbench', [
            `--protocol=${mode}`,
            '--client=2',
            '--transactions=10',
            '--no-vacuum',
          ]);
          tallies.push(`${mode} ${code}`, ...(output.match(/^number of .*$/gm) ?? []));
        }
        return tallies.join('\n');
      };
      const [direct, gate] = await onBoth(stand, run);
      assert.match(direct, /number of transactions actually processed: 20\/20/);
      assert.equal(gate, direct);
    });

    // pg_dump does not read servers newer than itself.
    test('pg_dump, and psql restoring it', { skip: dumpMajor < Number(version) && 'pg_dump is older' }, async () => {
      await stand.query(dumped);
      const [direct, gate] = await onBoth(stand, (way) => execute(way, 'pg_dump', ['--schema=kept']));
      assert.equal(direct.code, 0, direct.output);
      assert.match(direct.output, /COPY kept\.things/);
      assert.equal(withoutSecrets(gate.output), withoutSecrets(direct.output));
      const restored = await onBoth(stand, async (way) => {
        await stand.query('DROP SCHEMA kept CASCADE');
        return psql(way, direct.output);
      });
      assert.equal(restored[1].output, restored[0].output);
      const again = await execute(stand.direct, 'pg_dump', ['--schema=kept']);
      assert.equal(withoutSecrets(again.output), withoutSecrets(direct.output));
    });
  });
}

const dumped = `
CREATE SCHEMA kept;
CREATE TABLE kept.things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text DEFAULT 'none', at timestamptz, raw bytea);
INSERT INTO kept.things (label, at, raw) VALUES ('a	tab', '2020-02-02 12:00+00', '\\x00ff'), (NULL, 'infinity', ''), (E'two\\nlines', NULL, NULL);
CREATE INDEX ON kept.things (lower(label));
CREATE VIEW kept.labels AS SELECT label, count(*) FROM kept.things GROUP BY label;
CREATE FUNCTION kept.one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
COMMENT ON TABLE kept.things IS 'kept as it was';
`;

/** Since the fixes of August 2025 a dump is framed by \restrict with a key made anew each time. */
function withoutSecrets(dump: string): string {
  return dump.replace(/^\\(un)?restrict .*$/gm, '');
}

interface Ran {
  readonly output: string;
  readonly code: number;
}

/** One after the other: each finds the database as the other did. */
async function onBoth<T>(stand: Stand, run: (way: Way) => Promise<T>): Promise<[T, T]> {
  const direct = await run(stand.direct);
  return [direct, await run(stand.gate)];
}

function psql(way: Way, script: string): Promise<Ran> {
  return execute(way, 'psql', ['--no-psqlrc', '--echo-all', '--set=VERBOSITY=verbose'], script);
}

/** stdout and then stderr, as the order between the two is not the program's to give. */
async function execute(way: Way, program: string, args: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(program, args, { env: libpqEnvironment(way), stdio: 'pipe' });
  const stuck = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const closed = once(child, 'close');
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  clearTimeout(stuck);
  return { output: out + problems, code: Number(code ?? -1) };
}
