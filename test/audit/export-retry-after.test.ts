// A receiver of exports that asks for a pause, by a real HTTP server: whatever it speaks, in seconds or by a date, it is not
// asked before that time and gets everything afterwards.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { otlpTarget, splunkTarget, webhookTarget } from '../../src/adapters/export-http/targets.ts';
import { post } from '../../src/adapters/notify/post.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { startExport } from '../../src/gateway/export-queue.ts';
import type { ExportTarget } from '../../src/ports/export.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';
import { eventually } from '../parts/eventually.ts';
import { type ExportedLog, exportedLog } from './exported-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-retry-after-'));
const log = new MemoryLog();
let exports: ExportedLog;
/** What the server says, an answer each; then that it has taken it. */
const answers: ((response: ServerResponse) => void)[] = [];
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const answer = answers.shift();
    if (answer) answer(response);
    else response.writeHead(200).end(request.url?.includes('/ack') ? '{"acks":{"7":true}}' : '{"code":0}');
  });
});
let url = '';

before(async () => {
  for (let at = 0; at < 9; at++) await log.append({ type: 'session.start', session: `s_${at}` });
  exports = exportedLog(log, directory);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
  exports.close();
  rmSync(directory, { recursive: true, force: true });
});

const targets: Readonly<Record<string, () => ExportTarget>> = {
  webhook: () => webhookTarget(post, `${url}/hook`, [Buffer.alloc(32)], 'x'),
  'splunk-hec': () => splunkTarget(post, `${url}/services/collector/event`, 'tok', 'x', 'ocsf'),
  otlp: () => otlpTarget(post, `${url}/v1/logs`, {}, 'x'),
};

/** How long the queue waits each time until the receiver has everything; the waits themselves pass at once. */
async function waitsOf(target: ExportTarget): Promise<readonly number[]> {
  const waits: number[] = [];
  const clock = {
    now: () => Date.now(),
    after: (ms: number, work: () => void) => {
      waits.push(ms);
      return systemClock.after(0, work);
    },
  };
  const deps = {
    clock,
    source: exports.source,
    cursors: { next: () => 0, save: () => {} },
    onState: () => {},
    setAside: (name: string) => Promise.reject(new Error(name)),
  };
  const queue = startExport(deps, 'asked', 'ndjson', target);
  await eventually(() => queue.lag === 0, 'everything is sent');
  await queue.close();
  return waits;
}

function refusal(status: number, retryAfter?: string | ((now: number) => string)) {
  return (response: ServerResponse): void => {
    const now = Date.parse('2031-05-06T07:08:09Z');
    const said = typeof retryAfter === 'function' ? retryAfter(now) : retryAfter;
    // A clock that is years ahead of ours.
    response
      .writeHead(status, said === undefined ? {} : { 'retry-after': said, date: new Date(now).toUTCString() })
      .end();
  };
}

for (const [name, target] of Object.entries(targets)) {
  test(`${name}: no sooner than it says, in seconds or by a date, for an hour at most`, async () => {
    answers.push(
      refusal(429, '17'),
      refusal(503, (now) => new Date(now + 90_000).toUTCString()),
      refusal(503, '86400'),
      refusal(429, 'as soon as you like'),
      refusal(503),
      refusal(401, '0'),
    );
    const waits = await waitsOf(target());
    assert.deepEqual(waits.slice(0, 6), [17_000, 90_000, 3_600_000, 8_000, 16_000, 32_000]);
  });
}

test('indexers of Splunk that ask for a pause instead of acknowledging get it, and the batch again', async () => {
  answers.push((response) => response.end('{"code":0,"ackId":7}'), refusal(503, '40'));
  const waits = await waitsOf(targets['splunk-hec']?.() ?? assert.fail());
  assert.equal(waits[0], 40_000);
});

test('a receiver that is busy and says so by 413 is not asked for half of it at once', async () => {
  answers.push(refusal(413, '25'), refusal(413));
  const waits = await waitsOf(targets['webhook']?.() ?? assert.fail());
  assert.equal(waits[0], 25_000);
  assert.ok(!waits.slice(1).some((ms) => ms > 2_000), String(waits));
});
