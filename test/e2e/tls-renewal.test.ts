// The doors' certificate is renewed while the gate runs: new connections get the new one, what is open goes on, a channel is bound
// to the certificate the client saw, and files that do not belong together change nothing.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createAuthority } from '../parts/certificate.ts';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const execute = promisify(execFile);
const authority = createAuthority('The next authority');
const next = authority.issue(['localhost', '127.0.0.1']);
const other = authority.issue(['localhost', '127.0.0.1']);
const hasPsql = await execute('psql', ['--version']).then(
  () => true,
  () => false,
);

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic({ tls: true });
  await writeFile(join(clinic.directory, 'next-ca.pem'), authority.cert);
  await clinic.writeConfig();
  gate = await clinic.startGate();
});
after(() => clinic.stop());

function put(files: { readonly cert?: string; readonly key?: string }): Promise<unknown> {
  return Promise.all(
    Object.entries(files).map(([what, pem]) => writeFile(join(clinic.directory, `gate.${what}.pem`), pem)),
  );
}

/** Fingerprints of what the doors show: HTTP's, and PostgreSQL's by direct negotiation. */
function shown(): Promise<string[]> {
  return Promise.all(
    [clinic.httpPort, clinic.postgresPort].map(async (port) => {
      const ALPNProtocols = port === clinic.postgresPort ? ['postgresql'] : [];
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    }),
  );
}

function fingerprints(cert: string): string[] {
  const { fingerprint256 } = new X509Certificate(cert);
  return [fingerprint256, fingerprint256];
}

async function healthBy(agent: Agent, ca: string): Promise<string> {
  const asked = request(`${clinic.url}/healthz`, { agent, ca }).end();
  const [answer] = await once(asked, 'response');
  return `${answer.statusCode} ${await text(answer)}`;
}

it('new connections get the new one by both doors, and what is open goes on', async (t) => {
  const { cert: oldCa = '' } = clinic.ca ?? {};
  const printed = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], 'ana');
  const dsn = new URL(printed.stdout.trim());
  const open = new Client({
    host: '127.0.0.1',
    port: clinic.postgresPort,
    user: 'ana',
    password: await clinic.token('ana'),
    database: 'ehr',
    ssl: { ca: oldCa },
  });
  await open.connect();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.match(await healthBy(agent, oldCa), /^200/);

  await put(next);
  await eventually(async () => (await shown()).join() === fingerprints(next.cert).join(), 'both doors show it');
  assert.match(
    gate.output(),
    /"fingerprint":"[0-9A-F:]{95}","until":"20\S+Z","msg":"the doors show another certificate"/,
  );

  const { rows } = await open.query('SELECT ssn FROM patients WHERE id = 1');
  assert.equal(rows[0].ssn, '***-**-6789');
  await open.end();
  assert.match(await healthBy(agent, oldCa), /^200/, 'a connection that was kept open');
  const fresh = new Agent();
  await assert.rejects(healthBy(fresh, oldCa), /certificate|issuer/);
  assert.match(await healthBy(fresh, authority.cert), /^200/);

  if (!hasPsql) return t.diagnostic('psql is not installed: channel binding was not tried');
  const env = {
    PATH: process.env['PATH'] ?? '',
    PGHOST: '127.0.0.1',
    PGPORT: String(clinic.postgresPort),
    PGDATABASE: 'ehr',
    PGUSER: dsn.username,
    PGPASSWORD: dsn.password,
    PGSSLMODE: 'verify-full',
    PGCHANNELBINDING: 'require',
  };
  const sql = ['-X', '-At', '-c', 'SELECT ssn FROM patients WHERE id = 1'];
  const bound = { ...env, PGSSLROOTCERT: join(clinic.directory, 'next-ca.pem') };
  assert.equal((await execute('psql', sql, { env: bound })).stdout, '***-**-6789\n');
  const old = { ...env, PGSSLROOTCERT: clinic.ca?.file ?? '' };
  await assert.rejects(execute('psql', sql, { env: old }), /certificate verify failed/);
});

it('files that do not belong together change nothing, and what comes with them neither', async () => {
  const before = await shown();
  const since = gate.output().length;
  const said = (what: RegExp): Promise<unknown> =>
    eventually(() => what.test(gate.output().slice(since)), String(what));
  await put({ cert: other.cert });
  await clinic.writeConfig((config) => config.replace('- name: ', '- { name: closed, deny: Closed. }\n    - name: '));
  await said(
    /"problems":\["tls: the key in \S+gate\.key\.pem is not that of the first certificate in .*the certificate cannot be used/,
  );
  process.kill(gate.pid, 'SIGHUP');
  await said(/the certificate cannot be used[^]*the certificate cannot be used/);
  assert.deepEqual(await shown(), before);
  const client = new Client({
    host: '127.0.0.1',
    port: clinic.postgresPort,
    user: 'ana',
    password: await clinic.token('ana'),
    database: 'ehr',
    ssl: { ca: authority.cert },
  });
  await client.connect();
  assert.equal((await client.query('SELECT ssn FROM patients WHERE id = 1')).rows[0].ssn, '***-**-6789');

  await put({ key: other.key });
  await eventually(async () => (await shown()).join() === fingerprints(other.cert).join(), 'both doors show it');
  await assert.rejects(client.query('SELECT ssn FROM patients WHERE id = 1'), /Closed/);
  await client.end();
});
