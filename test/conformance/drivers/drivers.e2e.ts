// Drivers of other languages at the gate, each exercised by a program of its own: what somebody who sees everything gets is, line
// by line, what they get straight, however they sign in; what a masked subject gets is masked, in whatever way it is read.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type Clinic, canaries, startClinic } from '../../parts/clinic.ts';
import { type Driver, drivers, notInstalled } from './drivers.ts';

const programMs = 120_000;

/** The variables libpq reads, and most drivers after it. */
type Environment = Readonly<Record<string, string>>;

for (const tls of [true, false]) {
  describe(`drivers of other languages, ${tls ? 'TLS' : 'no TLS'}`, () => {
    let clinic: Clinic;
    before(async () => {
      clinic = await startClinic({ tls });
      await clinic.postgres.query('ehr', 'GRANT CREATE ON SCHEMA public TO gate');
      await clinic.writeConfig((config) =>
        config.replace(
          /^policy:[^]*$/m,
          `policy:
  rules:
    - { name: masked, subjects: { groups: [analysts] }, connections: [ehr], when: sql.reads, allow: { filter: [date] } }
    - { name: sees-all, subjects: { groups: [admins] }, connections: [ehr], allow: { unmask: all, filter: all } }
`,
        ),
      );
      await clinic.startGate();
    });
    after(() => clinic?.stop());

    for (const [name, driver] of Object.entries(drivers)) {
      const skip = notInstalled(driver);
      it(`${name}: through the gate as straight`, { skip }, async () => {
        const straight = await run(driver, at(clinic, clinic.postgres.port, 'gate', 'upstream-secret'), []);
        assert.ok(straight.split('\n').length > 6, straight);
        for (const way of [byToken, byCredential])
          assert.equal(await run(driver, await way(clinic, 'dora'), []), straight, way.name);
      });

      it(`${name}: masked`, { skip }, async () => {
        for (const way of [byToken, byCredential]) {
          const read = await run(driver, await way(clinic, 'ana'), ['masked']);
          assert.ok(read.includes('***-**-6789') && read.includes('***-**-4320'), read);
          for (const canary of canaries) assert.ok(!read.includes(canary), `${canary}: ${read}`);
        }
      });
    }
  });
}

function at({ ca }: Clinic, port: number, user: string, password: string): Environment {
  return {
    PGHOST: ca ? 'localhost' : '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: 'ehr',
    PGSSLMODE: ca ? 'verify-full' : 'disable',
    ...(ca && { PGSSLROOTCERT: ca.file }),
  };
}

async function byToken(clinic: Clinic, person: string): Promise<Environment> {
  return at(clinic, clinic.postgresPort, person, await clinic.token(person));
}

/** By SCRAM, bound to the channel where there is TLS. */
async function byCredential(clinic: Clinic, person: string): Promise<Environment> {
  const { stdout } = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], person);
  const { username, password } = new URL(stdout.trim());
  const environment = at(clinic, clinic.postgresPort, username, password);
  return clinic.ca ? { ...environment, PGCHANNELBINDING: 'require' } : environment;
}

/** What it printed. @throws AssertionError when it failed */
async function run({ command, env }: Driver, way: Environment, more: readonly string[]): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program, [...args, ...more], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      LC_ALL: 'C.UTF-8',
      PGGSSENCMODE: 'disable',
      ...env,
      ...way,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: programMs,
    killSignal: 'SIGKILL',
  });
  const closed = once(child, 'close');
  const [printed, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  assert.equal(code, 0, `${printed}${problems}`);
  return printed;
}
