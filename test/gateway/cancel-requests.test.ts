// However many cancel requests come, one at a time is sent, and one after the last of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CancelRequests } from '../../src/gateway/cancel-requests.ts';

test('one at a time, and always one after the last that was asked for', async () => {
  const arrivals = fc.array(fc.constantFrom('ask', 'answer'), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(arrivals, async (events) => {
      let sent = 0;
      let most = 0;
      const open: (() => void)[] = [];
      const requests = new CancelRequests(() => {
        sent++;
        return new Promise<void>((resolve) => {
          open.push(resolve);
          most = Math.max(most, open.length);
        });
      });
      const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      const asked: { readonly before: number; readonly done: Promise<unknown> }[] = [];
      for (const event of events) {
        if (event === 'ask') asked.push({ before: sent, done: requests.ask() });
        else open.shift()?.();
        await settle();
      }
      while (open.length > 0) {
        open.shift()?.();
        await settle();
      }
      await Promise.all(asked.map((each) => each.done));
      assert.ok(most <= 1, `${most} at once`);
      assert.ok(sent <= asked.length);
      for (const { before } of asked) assert.ok(sent > before, 'nothing was sent after it');
    }),
  );
});

test('a flood while one is under way is one more', async () => {
  let sent = 0;
  let answer: () => void = () => {};
  const requests = new CancelRequests(() => {
    sent++;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  const flood = Array.from({ length: 1000 }, () => requests.ask());
  assert.equal(sent, 1);
  answer();
  await flood[0];
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent, 2);
  answer();
  await Promise.all(flood);
  assert.equal(sent, 2);
});
