// The command line signs a person in by device code, uses and refreshes the token, and gives it back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { main } from '../parts/clinic.ts';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { UserAgent } from '../parts/user-agent.ts';

let hospital: Hospital;

before(async () => {
  hospital = await startHospital();
  await hospital.clinic.startGate();
});
after(() => hospital?.stop());

test('login shows a code, waits for the browser, and keeps the token for this person alone', async () => {
  const { clinic, provider } = hospital;
  const child = spawn(process.execPath, [main, 'login', '-c', clinic.config], {
    cwd: clinic.directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: clinic.directory },
  });
  let said = '';
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const address = await new Promise<string>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /https?:\/\/\S+user_code=\S+/.exec(said)?.[0];
      if (found) resolve(found);
    });
  });
  const agent = new UserAgent();
  const form = await agent.get(address);
  assert.doesNotMatch(form.html, /<script/);
  const confirm = await agent.submit(form, 'name="user_code"');
  const code = new URL(address).searchParams.get('user_code') ?? '-';
  assert.ok(confirm.html.includes(`<code>${code}</code>`) && said.includes(code), confirm.html);
  const consent = await signInAt(provider, agent, await agent.submit(confirm, 'name="confirm"'), 'ana');
  assert.match(consent.html, /use the commands of Chartgate/);
  const done = await agent.submit(consent, 'value="allow"');
  assert.match(done.html, /Your device is signed in/);
  const [exit] = await once(child, 'exit');
  assert.equal(exit, 0, said);
  assert.match(printed, /^ana \(person\) at http:\/\/127\.0\.0\.1/);
  const file = join(clinic.directory, '.chartgate', 'sign-ins.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('connect runs with it; a token that is about to end is refreshed, by one of two commands at once', async () => {
  const { clinic } = hospital;
  const file = join(clinic.directory, '.chartgate', 'sign-ins.json');
  const kept = JSON.parse(await readFile(file, 'utf8'));
  const before = kept[clinic.url].refresh;
  await writeFile(file, JSON.stringify({ [clinic.url]: { ...kept[clinic.url], expiresMs: Date.now() } }));
  const both = await Promise.all(
    [1, 2].map(() => clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], null)),
  );
  for (const { code, stdout, stderr } of both) {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^postgres:\/\/cg_/);
  }
  const rotated = JSON.parse(await readFile(file, 'utf8'))[clinic.url].refresh;
  assert.notEqual(rotated, before);
});

test('logout revokes: the token opens nothing any more, and what it opened is over', async () => {
  const { clinic } = hospital;
  const file = join(clinic.directory, '.chartgate', 'sign-ins.json');
  const token: string = JSON.parse(await readFile(file, 'utf8'))[clinic.url].access;
  const api = (): Promise<Response> =>
    fetch(`${clinic.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await api()).status, 200);
  const made = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], null);
  const database = new Client({ connectionString: made.stdout.trim() });
  database.on('error', () => {});
  await database.connect();
  const ended = new Promise((resolve) => database.once('end', resolve));
  const { code, stdout } = await clinic.chartgate(['logout', '-c', clinic.config], null);
  assert.equal(code, 0);
  assert.match(stdout, /^Signed out at/);
  assert.equal((await api()).status, 401);
  await ended;
  assert.doesNotMatch(await readFile(file, 'utf8'), new RegExp(token));
});
