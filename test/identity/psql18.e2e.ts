// A real psql 18 signs its person in by OAUTHBEARER: it finds the gate's authorization server, shows a code, waits for the
// browser, and runs a statement.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { UserAgent } from '../parts/user-agent.ts';

const psql = process.env['CHARTGATE_TEST_PSQL18'] ?? 'psql';
const version = Number(/(\d+)\./.exec(spawnSync(psql, ['--version']).stdout?.toString() ?? '')?.[1] ?? 0);
const options = version >= 18 ? {} : { skip: 'no psql 18 (apt install postgresql-client-18 libpq-oauth)' };
let hospital: Hospital;

before(async () => {
  if (options.skip !== undefined) return;
  hospital = await startHospital();
  await hospital.clinic.startGate();
});
after(() => hospital?.stop());

interface Psql {
  /** The address and the code it shows. */
  readonly shown: Promise<{ url: string; code: string }>;
  readonly ended: Promise<{ code: number; stdout: string; stderr: string }>;
}

function start(sql: string, more = ''): Psql {
  const { clinic } = hospital;
  const target = `host=127.0.0.1 port=${clinic.postgresPort} dbname=ehr user=oauth oauth_issuer=${clinic.url} oauth_client_id=chartgate-psql`;
  const child = spawn(psql, ['-X', '-A', '-t', '-c', sql, `${target} ${more}`], {
    // In clear on loopback: libpq asks for https otherwise.
    env: { PATH: process.env['PATH'] ?? '', HOME: clinic.directory, PGOAUTHDEBUG: 'UNSAFE' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const shown = new Promise<{ url: string; code: string }>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const [, url, code] = /Visit (\S+) and enter the code: (\S+)/.exec(stderr) ?? [];
      if (url !== undefined && code !== undefined) resolve({ url, code });
    });
  });
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), stdout, stderr }));
  return { shown, ended };
}

test('psql 18: code, browser, masked rows', options, async () => {
  const { clinic, provider } = hospital;
  const child = start('SELECT ssn FROM patients WHERE id = 1');
  const { url, code } = await child.shown;
  const agent = new UserAgent();
  const confirm = await agent.submit(await agent.get(url), 'name="user_code"', { user_code: code });
  const consent = await signInAt(provider, agent, await agent.submit(confirm, 'name="confirm"'), 'ana');
  assert.match(consent.html, /open the database ehr/);
  await agent.submit(consent, 'value="allow"');
  const { code: exit, stdout, stderr } = await child.ended;
  assert.equal(exit, 0, stderr);
  assert.match(stdout, /^\*\*\*-\*\*-6789$/m);
  const [session] = await clinic.sessions({ subject: 'ana', connection: 'ehr' });
  assert.equal(session?.subject.issuer, provider.issuer);
});

test('psql 18: what the person does not allow, and an issuer that is not the gate', options, async () => {
  const { provider } = hospital;
  const child = start('SELECT 1');
  const { url, code } = await child.shown;
  const agent = new UserAgent();
  const confirm = await agent.submit(await agent.get(url), 'name="user_code"', { user_code: code });
  const consent = await signInAt(provider, agent, await agent.submit(confirm, 'name="confirm"'), 'ana');
  await agent.submit(consent, 'value="deny"');
  const refused = await child.ended;
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /access_denied/);

  const foreign = await start('SELECT 1', 'oauth_issuer=http://127.0.0.1:1').ended;
  assert.equal(foreign.code, 2);
  assert.match(foreign.stderr, /incompatible with oauth_issuer/);
});
