// The official conformance suite, direct against a server of ours that passes every scored scenario and again through a gate
// whose one rule allows and unmasks everything: no check may differ. What does is printed, check by check.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, it, type TestContext } from 'node:test';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import { type EverythingServer, serveEverything } from './everything-server.ts';
import { addBearer, runSuite, type Shim, type Suite, type Verdicts } from './suite.ts';

let clinic: Clinic;
let server: EverythingServer;
let shim: Shim;

before(async () => {
  server = await serveEverything();
  clinic = await startClinic();
  await clinic.writeConfig((config) =>
    config
      .replace('classification:', `  everything: { type: mcp, url: "${server.url}" }\nclassification:`)
      .concat(`    - name: everything-as-it-is
      subjects: { groups: [admins] }
      connections: [everything]
      allow: { unmask: all }
`),
  );
  await clinic.startGate();
  shim = await addBearer(new URL('/mcp/everything', clinic.url), () => clinic.token('dora'));
});
after(async () => {
  await shim.close();
  await clinic.stop();
  await server.close();
});

const failed = (verdicts: Verdicts): string[] =>
  [...verdicts].flatMap(([check, { status, words }]) => (status === 'FAILURE' ? [`${check}: ${words}`] : []));

/** Of the tasks extension, which is optional and which nobody here offers. */
const isTasks = (check: string): boolean => check.startsWith('tasks-');

async function compare(test: TestContext, suite: Suite, checksMin: number): Promise<Verdicts> {
  const direct = await runSuite(suite, server.url);
  const gated = await runSuite(suite, shim.url);
  assert.ok(direct.size >= checksMin, `${direct.size} checks ran`);
  assert.deepEqual(
    failed(direct).filter((check) => !isTasks(check)),
    [],
    'the server itself passes',
  );
  const differing = [...new Set([...direct.keys(), ...gated.keys()])].flatMap((check) => {
    const [one, other] = [direct.get(check), gated.get(check)];
    if (one?.status === other?.status) return [];
    return [`${check}: ${one?.status ?? 'absent'} → ${other?.status ?? 'absent'} ${other?.words ?? ''}`];
  });
  test.diagnostic(`${suite}: ${direct.size} checks direct, ${gated.size} through the gate, ${differing.length} differ`);
  for (const each of differing) test.diagnostic(each);
  assert.deepEqual(differing, []);
  return gated;
}

it('0.1.16, active scenarios', async (test) => {
  const gated = await compare(test, '0.1.16', 30);
  assert.deepEqual(failed(gated), []);
});

it('0.2.0-alpha.12, what 2025-11-25 requires', async (test) => {
  const gated = await compare(test, '2025-11-25', 80);
  assert.deepEqual(failed(gated), []);
});

it('0.2.0-alpha.12, what 2026-07-28 requires', async (test) => {
  await compare(test, '2026-07-28', 180);
});

it('the gate itself turns away who was lured to it (DNS rebinding)', async () => {
  const authorization = `Bearer ${await clinic.token('dora')}`;
  const post = (headers: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request(new URL('/mcp/everything', clinic.url), {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
      });
      outgoing.on('response', (answer) => resolve(answer.resume().statusCode ?? 0)).on('error', reject);
      outgoing.end('{}');
    });
  assert.equal(await post({ host: 'evil.example' }), 403);
  assert.equal(await post({ origin: 'http://evil.example' }), 403);
  assert.notEqual(await post({ origin: clinic.url }), 403);
});
