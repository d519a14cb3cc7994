// Held calls over a gate that is killed, clients that hang up, and clients of both versions. INVARIANT under test: one
// approval is one run of exactly what was approved, and whoever is gone runs nothing.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { logRecords } from '../parts/log-records.ts';
import { addWards } from '../parts/wards.ts';
import { at } from './gate.ts';

const versions = ['2025-11-25', '2026-07-28'] as const;

let clinic: Clinic;
let gate: Gate;
let runsFile: string;
const open: Client[] = [];

before(async () => {
  clinic = await startClinic();
  runsFile = await addWards(clinic, '3s');
  gate = await clinic.startGate();
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close().catch(() => {});
});
after(() => clinic?.stop());

async function agent(version: string, signal?: AbortSignal): Promise<Client> {
  const pinned = version === '2026-07-28' ? { versionNegotiation: { mode: { pin: version } } } : {};
  const client = new Client({ name: 'agent', version: '1' }, pinned);
  const headers = { authorization: `Bearer ${await clinic.token('ana')}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp/wards', clinic.url), {
      requestInit: { headers },
      // Whoever hangs up this way sends no word: the connection is gone.
      ...(signal ? { fetch: (url, init) => fetch(url, { ...init, signal }) } : {}),
    }),
  );
  open.push(client);
  return client;
}

/** With progress, the answer is a stream from the moment it is held. */
const wipe = (client: Client, ward: number, onprogress?: () => void): Promise<unknown> =>
  client.callTool({ name: 'wipe', arguments: { ward } }, onprogress ? { onprogress } : {});
const runs = async (): Promise<string[]> =>
  (await readFile(runsFile, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\d+ /, ''));

interface Listed {
  readonly id: string;
  readonly status: string;
}

async function approvals(): Promise<readonly Listed[]> {
  const { status, text } = await clinic.get('/api/v1/approvals', 'pia');
  assert.equal(status, 200, text);
  return JSON.parse(text) as Listed[];
}

/** The one that nobody has decided, once there is one. */
async function pending(): Promise<string> {
  let found: Listed | undefined;
  await eventually(async () => {
    found = (await approvals()).find((each) => each.status === 'requested');
    return found !== undefined;
  }, 'something is held');
  return found?.id ?? '';
}

/** The approvals that held requests waited for until their callers hung up. */
async function givenUp(): Promise<unknown[]> {
  const ended = await logRecords(clinic.state, 'request.end');
  return ended.flatMap(({ data }) => (data?.['code'] === 'canceled' ? [data['approval']] : []));
}

async function decide(id: string, effect: 'approve' | 'deny'): Promise<void> {
  const decided = await fetch(new URL(`/api/v1/approvals/${id}/verdict`, clinic.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ effect, reason: 'fine' }),
  });
  assert.equal(decided.status, 200, await decided.text());
}

async function restart(): Promise<void> {
  await gate.kill();
  gate = await clinic.startGate();
}

for (const [number, version] of versions.entries()) {
  describe(`a client of ${version}`, () => {
    const base = 100 * (number + 1);

    it('killed while it is held: the approval stays, runs once, and for exactly this', async () => {
      const held = wipe(await agent(version), base).catch((error: unknown) => error);
      const id = await pending();
      await restart();
      assert.ok((await held) instanceof Error, 'the client lost its connection');
      assert.equal((await approvals()).find((each) => each.id === id)?.status, 'requested', 'it outlives the gate');
      await decide(id, 'approve');
      await restart();
      const client = await agent(version);
      const altered = await wipe(client, base + 1);
      assert.equal(at(altered, '_meta', 'chartgate', 'code'), 'approval_required', 'another ward is another act');
      const [once, twice] = await Promise.all([wipe(client, base), wipe(client, base)]);
      const refused = [once, twice].filter((each) => at(each, '_meta', 'chartgate', 'code') === 'approval_required');
      assert.equal(refused.length, 1);
      assert.deepEqual((await runs()).filter((each) => each === `wipe ${base}`).length, 1);
      assert.ok(!(await runs()).includes(`wipe ${base + 1}`));
      for (const each of await approvals()) if (each.status === 'requested') await decide(each.id, 'deny');
    });

    for (const [how, streamed] of [
      ['', false],
      [' from a stream', true],
    ] as const) {
      it(`never runs after the client is gone${how}, and the approval is there for whoever comes again`, async () => {
        const ward = base + (streamed ? 2 : 3);
        let told = 0;
        const gone = new AbortController();
        // The SDK waits for an answer that cannot come until its own time is over.
        void wipe(await agent(version, gone.signal), ward, streamed ? () => void told++ : undefined).catch(() => {});
        const id = await pending();
        if (streamed) await eventually(() => told > 0, 'that it is held');
        gone.abort();
        await eventually(async () => (await givenUp()).includes(id), 'the gate knows that nobody is there');
        await decide(id, 'approve');
        assert.ok(!(await runs()).includes(`wipe ${ward}`), 'nobody is there');
        assert.match(JSON.stringify(await wipe(await agent(version), ward)), /wiped ward/);
        assert.equal((await approvals()).find((each) => each.id === id)?.status, 'used');
        assert.equal((await runs()).filter((each) => each === `wipe ${ward}`).length, 1);
      });
    }

    it('killed while it runs: the outcome is unknown and says so, and no server is left', async () => {
      const client = await agent(version);
      const before = (await runs()).length;
      const running = client.callTool({ name: 'slow' }).catch((error: unknown) => error);
      await eventually(async () => (await runs()).length > before, 'it runs');
      const pid = Number(/(\d+) slow\n$/.exec(await readFile(runsFile, 'utf8'))?.[1]);
      await restart();
      assert.ok((await running) instanceof Error);
      await eventually(() => !isAlive(pid), 'the server ends with the gate');
      const [session] = await clinic.sessions({ connection: 'wards' });
      const { events } = await clinic.replay(session?.id ?? '');
      assert.ok(
        events.some((each) => each.type === 'outcome_unknown'),
        JSON.stringify(events.map((each) => each.type)),
      );
      const verified = await clinic.chartgate(['audit', 'verify', join(clinic.state, 'log')], null);
      assert.equal(verified.code, 0, verified.stderr);
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
