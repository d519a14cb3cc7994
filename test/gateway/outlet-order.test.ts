// Two notifications in a row while a recognizer is asked: they leave in the order they came, whichever answer is there first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { McpOutgoing } from '../../src/gateway/mcp-outgoing.ts';
import { McpOutlet, type OpenCall } from '../../src/gateway/mcp-outlet.ts';

const unexpected = (error: unknown): void => {
  throw error;
};

test('a short message does not overtake a long one', async () => {
  const sent: unknown[] = [];
  const outlet = new McpOutlet(
    systemClock,
    async (message) => {
      const { wait: ms } = message as { wait: number };
      await wait(ms);
      return (value) => value;
    },
    unexpected,
  );
  const call = {
    reply: {
      outgoing: new McpOutgoing(),
      send: async (message: { params: { wait: number } }) => sent.push(message.params.wait) > 0,
    },
    admission: { decision: { obligations: { unmask: [] } }, record: async () => {} },
  } as unknown as OpenCall;
  outlet.add(call);
  const say = (ms: number): Promise<boolean> =>
    outlet.release({ kind: 'notification', method: 'notifications/message', params: { wait: ms } }, call);
  assert.deepEqual(await Promise.all([say(40), say(1), say(10)]), [true, true, true]);
  assert.deepEqual(sent, [40, 1, 10]);
});

test('one that cannot be masked holds up nobody', async () => {
  const outlet = new McpOutlet(
    systemClock,
    async (message) => {
      if ((message as { bad?: boolean }).bad) throw new Error('bad');
      return (value) => value;
    },
    unexpected,
  );
  const sent: unknown[] = [];
  const call = {
    reply: { outgoing: new McpOutgoing(), send: async (message: unknown) => sent.push(message) > 0 },
    admission: { decision: { obligations: { unmask: [] } }, record: async () => {} },
  } as unknown as OpenCall;
  outlet.add(call);
  const say = (params: { bad?: boolean }): Promise<boolean> =>
    outlet.release({ kind: 'notification', method: 'notifications/message', params }, call);
  await assert.rejects(say({ bad: true }), /bad/);
  assert.equal(await say({}), true);
  assert.equal(sent.length, 1);
});
