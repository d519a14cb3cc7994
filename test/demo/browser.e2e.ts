// npm start, and then a browser: the people of the demo sign in at the gate's pages with the passwords it printed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../demo/ports.ts';
import { eventually } from '../parts/eventually.ts';
import { UserAgent } from '../parts/user-agent.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('Pia finds the requests that wait, Cora breaks the glass, and nobody comes in by a wrong password', async (t) => {
  const [http, postgres] = [await freePort(), await freePort()];
  const ports = ['--http-port', String(http), '--postgres-port', String(postgres)];
  const demo = spawn(
    process.execPath,
    ['bin/preflight.mjs', 'demo/main.ts', '--no-tour', '--patients', '20', ...ports],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const over = once(demo, 'exit');
  t.after(async () => {
    demo.kill('SIGTERM');
    await over;
  });
  let said = '';
  demo.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  await eventually(() => said.includes('Running until') || demo.exitCode !== null, 'the demo stands', 120_000);
  const passwordOf = (name: string): string => new RegExp(`^ +${name} +(\\S+)`, 'm').exec(said)?.[1] ?? '';
  const arrive = async (name: string, password: string, path: string): ReturnType<UserAgent['get']> => {
    const agent = new UserAgent();
    return agent.submit(await agent.get(`http://127.0.0.1:${http}${path}`), 'name="password"', { name, password });
  };
  assert.match((await arrive('pia', passwordOf('pia'), '/approvals')).html, /Requests that wait/);
  assert.match((await arrive('cora', passwordOf('cora'), '/break-glass')).html, /<textarea|<input[^>]+name="reason"/);
  assert.match((await arrive('pia', 'wrong', '/approvals')).html, /do not match/);
});
