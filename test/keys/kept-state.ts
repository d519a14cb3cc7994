// A state directory in which everything is that hangs on the key-encryption key, and what of it opens with a key.

import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeKeys } from '../../src/adapters/key-file/node-keys.ts';
import { openLog } from '../../src/adapters/log-files/open-log.ts';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock as clock } from '../../src/adapters/system/clock.ts';
import { systemRandom as random } from '../../src/adapters/system/random.ts';
import type { Entry, Payload } from '../../src/core/record.ts';
import type { ToolPin } from '../../src/ports/tool-pins.ts';

const subject = { id: 'ana', issuer: 'https://idp.example', kind: 'person' } as const;
const payloadOf = (said: string): Payload => ({ media: 'application/json', bytes: Buffer.from(JSON.stringify(said)) });

export async function makeState(state: string, kek: Uint8Array): Promise<void> {
  await mkdir(state, { recursive: true });
  const opened = await openLog({ directory: state, kek, originHost: 'gate.example', clock, random });
  assert.ok(opened.ok);
  const { log } = opened.value;
  for (const session of ['s_a', 's_b', 's_c']) {
    await log.append({ type: 'session.start', session });
    await log.append(
      { type: 'request', session, request: '1', data: { effect: 'allow' } },
      payloadOf(`SELECT ${session}`),
    );
    await log.append({ type: 'session.end', session });
  }
  await log.append({ type: 'audit.read' }, payloadOf('reason of nobody in particular'));
  await log.close();
  const store = openStore(join(state, 'store.db'), kek);
  assert.ok(store.ok);
  store.value.holds.save({ id: 'h_1', kind: 'session', target: 's_a', by: subject, reason: 'litigation', sinceMs: 1 });
  store.value.records.put('tokens ended', 'idp ana', { atMs: 7 }, Date.now() + 1e9, { subject: 'ana' });
  store.value.toolPins.save([
    { connection: 'notes', tool: 'read', approved: null, seen: { digest: 'd', definition: {} } },
  ] as unknown as ToolPin[]);
  store.value.close();
}

/** What can be read with this key: every payload, or the first thing that does not open. */
export async function readState(state: string, kek: Uint8Array): Promise<string[]> {
  const copy = `${state}.copy`;
  await cp(state, copy, { recursive: true });
  const opened = await openLog({ directory: copy, kek, originHost: 'gate.example', clock, random });
  assert.ok(opened.ok);
  const entries: Entry[] = [];
  for await (const entry of opened.value.log.reader.entries(0)) entries.push(entry);
  const read: string[] = entries.filter(({ type }) => type === 'key.replaced').map(({ type }) => type);
  try {
    for (const entry of entries) {
      const payload = await opened.value.log.reader.payload(entry);
      if (payload) read.push(JSON.parse(Buffer.from(payload.bytes).toString()));
    }
    const keys = nodeKeys(copy, kek);
    assert.ok(keys.ok, 'keys');
    const store = openStore(join(copy, 'store.db'), kek, keys.value.derive('store name v1'));
    assert.ok(store.ok);
    read.push(...store.value.holds.list().map(({ reason }) => reason));
    read.push(`ended ${store.value.records.get('tokens ended', 'idp ana', Date.now())?.atMs}`);
    read.push(...store.value.toolPins.list().map(({ tool }) => tool));
    store.value.close();
  } catch (error) {
    read.push(`stopped: ${error instanceof Error ? error.message : ''}`);
  }
  await opened.value.log.close();
  await rm(copy, { recursive: true });
  return read;
}

/** In the order in which `readState` comes by it. */
export const everything: readonly string[] = [
  'SELECT s_a',
  'SELECT s_b',
  'SELECT s_c',
  'reason of nobody in particular',
  'litigation',
  'ended 7',
  'read',
];
