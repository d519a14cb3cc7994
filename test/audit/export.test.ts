// Exports: every receiver gets every record, whatever it refuses on the way and wherever the gate stopped.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { freePort } from '../../demo/ports.ts';
import { fileTarget } from '../../src/adapters/export-file/target.ts';
import { otlpTarget, splunkTarget, webhookTarget } from '../../src/adapters/export-http/targets.ts';
import { syslogTarget } from '../../src/adapters/export-syslog/target.ts';
import { post } from '../../src/adapters/notify/post.ts';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock as clock } from '../../src/adapters/system/clock.ts';
import { recordTypes } from '../../src/core/record.ts';
import { ok, refuse } from '../../src/core/result.ts';
import { type ExportQueue, startExport } from '../../src/gateway/export-queue.ts';
import type { ExportTarget } from '../../src/ports/export.ts';
import { MemoryLog, recordSessions } from '../admin/gate-fixture.ts';
import { createAuthority } from '../parts/certificate.ts';
import { eventually } from '../parts/eventually.ts';
import { type ExportedLog, exportedLog } from './exported-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-export-'));
const log = new MemoryLog();
let exports: ExportedLog;

before(async () => {
  await recordSessions(log);
  for (const type of recordTypes) {
    if (type === 'session.start') continue;
    const payload = {
      media: 'application/json',
      bytes: Buffer.from('{"names":[["bmFtZQ","row"]],"said":"Zebulon"}'),
    } as const;
    await log.append({ type, session: 's_child', request: 'r_sql', data: { code: 'denied' } }, payload);
  }
  exports = exportedLog(log, directory);
});
after(() => {
  exports.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Received {
  readonly url: string;
  readonly requests: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[];
  readonly server: Server;
}

/** Answers 503 to the first `refusals` requests. */
async function receiver(refusals = 0, answer = '{}'): Promise<Received> {
  const requests: Received['requests'] = [];
  let left = refusals;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (left-- > 0) response.writeHead(503).end();
      else {
        requests.push({ headers: request.headers, body });
        response.writeHead(200).end(answer);
      }
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests, server };
}

function cursorsIn(name: string): {
  readonly next: (n: string) => number;
  readonly save: (n: string, next: number) => void;
  close(): void;
} {
  const store = openStore(join(directory, `${name}.db`), new Uint8Array(32));
  assert.ok(store.ok);
  return { ...store.value.exports, close: () => store.value.close() };
}

const setAside = (name: string): Promise<void> => Promise.reject(new Error(name));

async function drained(queue: ExportQueue): Promise<void> {
  await eventually(() => queue.lag === 0, 'everything is sent');
  await queue.close();
}

test('a webhook that is down gets everything once it is up, signed; a new start sends nothing twice that was taken', async () => {
  const { url, requests, server } = await receiver(1);
  const key = Buffer.from('0123456789abcdef0123456789abcdef');
  const states: (string | null)[] = [];
  const cursors = cursorsIn('webhook');
  const deps = {
    clock,
    source: exports.source,
    cursors,
    setAside,
    onState: (_: string, failure: string | null) => void states.push(failure),
  };
  await drained(startExport(deps, 'hook', 'ndjson', webhookTarget(post, url, [key], exports.source.origin)));
  assert.deepEqual(states, ['it answered with status 503.', null]);
  const [first] = requests;
  const id = String(first?.headers['webhook-id']);
  const signed = createHmac('sha256', key)
    .update(`${id}.${String(first?.headers['webhook-timestamp'])}.${first?.body}`)
    .digest('base64');
  assert.equal(first?.headers['webhook-signature'], `v1,${signed}`);
  const seqs = requests.flatMap(({ body }) => JSON.parse(body).data.events.map((each: { seq: number }) => each.seq));
  assert.deepEqual(
    seqs,
    log.stored.map(({ seq }) => seq),
  );
  cursors.close();

  const again = cursorsIn('webhook');
  const taken = requests.length;
  await log.append({ type: 'node.stop' });
  await drained(
    startExport({ ...deps, cursors: again }, 'hook', 'ndjson', webhookTarget(post, url, [key], exports.source.origin)),
  );
  assert.deepEqual(
    requests.slice(taken).map(({ body }) => JSON.parse(body).data.events.length),
    [1],
  );
  again.close();
  server.close();
});

test('while a secret takes the place of another a webhook is signed by both, and either verifies', async () => {
  const { url, requests, server } = await receiver();
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
  const batch = [{ seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'warning', event: {} }] as const;
  assert.ok((await webhookTarget(post, url, keys, 'x').send(batch, 0)).ok);
  const [{ headers, body } = assert.fail()] = requests;
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  assert.equal(
    headers['webhook-signature'],
    keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' '),
  );
  server.close();
});

test('Splunk, OTLP and a file get every event; a partial success is none', async () => {
  const [splunk, otlp, partial] = [
    await receiver(0, '{"text":"Success","code":0}'),
    await receiver(),
    await receiver(0, '{"partialSuccess":{"rejectedLogRecords":"2"}}'),
  ];
  const file = join(directory, 'out.ndjson');
  const cursors = cursorsIn('three');
  const deps = { clock, source: exports.source, cursors, setAside, onState: (name: string) => assert.fail(name) };
  const targets: Readonly<Record<string, ExportTarget>> = {
    splunk: splunkTarget(post, splunk.url, 'tok', exports.source.origin, 'ocsf'),
    otlp: otlpTarget(post, otlp.url, {}, exports.source.origin),
    file: fileTarget(file),
  };
  for (const [name, target] of Object.entries(targets)) await drained(startExport(deps, name, 'ocsf', target));
  const count = (await exports.all('ocsf')).length;
  assert.equal(splunk.requests[0]?.headers['authorization'], 'Splunk tok');
  const lines = splunk.requests.flatMap(({ body }) => body.split('\n').map((line) => JSON.parse(line)));
  assert.deepEqual([lines.length, lines[0].sourcetype], [count, 'chartgate:ocsf']);
  const records = otlp.requests.flatMap(({ body }) => JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords);
  assert.equal(records.length, count);
  assert.match(records[0].timeUnixNano, /^\d{19}$/);
  assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, count);
  const batch = [{ seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'warning', event: {} }] as const;
  assert.equal((await otlpTarget(post, partial.url, {}, 'x').send(batch, 0)).ok, false);
  for (const { server } of [splunk, otlp, partial]) server.close();
  cursors.close();
});

test('syslog: octet-counted RFC 5424 messages over verified TLS; an untrusted receiver gets none', async () => {
  const authority = createAuthority();
  let got = '';
  const server = createTlsServer({ ...authority.issue(['localhost']) }, (socket) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      got += chunk;
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cursors = cursorsIn('syslog');
  const deps = { clock, source: exports.source, cursors, setAside, onState: (name: string) => assert.fail(name) };
  await drained(
    startExport(deps, 'syslog', 'ocsf', syslogTarget({ host: 'localhost', port, ca: authority.cert }, 'gate.example')),
  );
  await eventually(() => got.includes('"node.stop"'), 'the last message arrives');
  const messages: string[] = [];
  for (let rest = Buffer.from(got); rest.length > 0; ) {
    const [digits = ''] = /^\d+/.exec(rest.toString('latin1')) ?? [];
    messages.push(rest.subarray(digits.length + 1, digits.length + 1 + Number(digits)).toString());
    rest = rest.subarray(digits.length + 1 + Number(digits));
  }
  assert.equal(messages.length, (await exports.all('ocsf')).length);
  assert.match(messages[0] ?? '', /^<110>1 \S+Z gate\.example chartgate - session\.start - \{/);
  const batch = [{ seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'warning', event: {} }] as const;
  const untrusted = syslogTarget({ host: 'localhost', port, ca: null }, 'gate.example');
  const sent = await untrusted.send(batch, 0);
  assert.ok(!sent.ok && sent.error.code === 'upstream_unavailable');
  server.close();
  cursors.close();
});

test('a Splunk token with indexer acknowledgement: taken when the indexers have it, and not before', async () => {
  const batch = [{ seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'warning', event: {} }] as const;
  const asked: string[] = [];
  let answers: [number, string][] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = (request.url ?? '').split('?')[0];
      assert.match(String(request.headers['x-splunk-request-channel']), /^[0-9a-f-]{36}$/);
      asked.push(path === '/services/collector/ack' ? `ack ${body}` : String(path));
      const [status, answer] = answers.shift() ?? [200, '{"acks":{"7":true}}'];
      response.writeHead(status).end(answer);
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/collector/event`;
  const target = splunkTarget(post, url, 'tok', 'x', 'ocsf');
  answers = [
    [200, '{"text":"Success","code":0,"ackId":7}'],
    [200, '{"acks":{"7":false}}'],
  ];
  assert.ok((await target.send(batch, 0)).ok);
  assert.deepEqual(asked.splice(0), ['/services/collector/event', 'ack {"acks":[7]}', 'ack {"acks":[7]}']);
  answers = [[503, '{"text":"Server is busy","code":9}']];
  const busy = await target.send(batch, 0);
  assert.ok(!busy.ok && busy.error.code === 'upstream_unavailable');
  answers = [
    [200, '{"text":"Success","code":0,"ackId":8}'],
    [503, '{"text":"Server is busy","code":9}'],
  ];
  assert.equal((await target.send(batch, 0)).ok, false);
  // A gate that stops does not wait for the indexers, and believes nothing.
  answers = [[200, '{"text":"Success","code":0,"ackId":9}']];
  const late = target.send(batch, 0);
  await eventually(() => asked.at(-1) === 'ack {"acks":[9]}', 'it asks');
  await target.close();
  assert.equal((await late).ok, false);
  server.close();
});

test('whoever answers in the place of a collector has taken nothing: a proxy, a login page, an answer without end', async () => {
  const batch = [{ seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'warning', event: {} }] as const;
  const page = await receiver(0, '<html>Please sign in</html>');
  const endless = await receiver(0, `{"a":"${'x'.repeat(1_000_000)}"}`);
  const away = createServer((_, response) => response.writeHead(302, { location: page.url }).end());
  away.listen(0, '127.0.0.1').unref();
  await once(away, 'listening');
  const redirect = `http://127.0.0.1:${(away.address() as AddressInfo).port}/`;
  for (const url of [page.url, endless.url, redirect])
    for (const target of [splunkTarget(post, url, 'tok', 'x', 'ocsf'), otlpTarget(post, url, {}, 'x')]) {
      const sent = await target.send(batch, 0);
      assert.equal(
        sent.ok ? null : sent.error.code,
        url === redirect ? 'upstream_refused' : 'upstream_unavailable',
        url,
      );
    }
  // Of a webhook nothing but the status counts, and a redirect is no 2xx.
  const hook = (url: string): ExportTarget => webhookTarget(post, url, [Buffer.alloc(32)], 'x');
  assert.ok((await hook(page.url).send(batch, 0)).ok && (await hook(endless.url).send(batch, 0)).ok);
  assert.equal((await hook(redirect).send(batch, 0)).ok, false);
  for (const server of [page.server, endless.server, away]) server.close();
});

test('why a receiver takes nothing is told: a redirect, a certificate nobody knows, a port where nobody is', async () => {
  const away = createServer((_, response) => response.writeHead(308, { location: 'https://x.test/' }).end());
  const authority = createAuthority();
  const unknown = createTlsServer({ ...authority.issue(['localhost']) }, (socket) => socket.on('error', () => {}));
  const portOf = async (server: Server | ReturnType<typeof createTlsServer>): Promise<number> => {
    server.listen(0, 'localhost').unref();
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const [redirecting, distrusted, closed] = [await portOf(away), await portOf(unknown), await freePort()];
  const told = async (url: string): Promise<unknown> => {
    const sent = await post(url, '{}', {});
    return sent.ok ? null : [sent.error.code, sent.error.text];
  };
  assert.deepEqual(await told(`http://localhost:${redirecting}/`), [
    'upstream_refused',
    'it answered with status 308.',
  ]);
  assert.deepEqual(await told(`https://localhost:${distrusted}/`), [
    'upstream_unavailable',
    'it could not be reached (UNABLE_TO_VERIFY_LEAF_SIGNATURE).',
  ]);
  assert.match(String(await told(`http://localhost:${closed}/`)), /could not be reached \(ECONNREFUSED\)/);
  away.close();
  unknown.close();
});

/** Waits pass at once. */
const eager = { now: () => Date.now(), after: (_: number, work: () => void) => clock.after(0, work) };

interface Poisoned {
  readonly seqs: readonly number[];
  readonly aside: readonly number[];
  readonly states: readonly (string | null)[];
  readonly lag: number;
}

/** What a receiver has got that rejects batches in which `isPoison` says so. */
async function sendTo(isPoison: (seq: number) => boolean, rounds: number): Promise<Poisoned> {
  const seqs: number[] = [];
  const aside: number[] = [];
  const states: (string | null)[] = [];
  const target: ExportTarget = {
    send: async (batch) => {
      if (batch.some(({ seq }) => isPoison(seq))) return refuse('invalid_request', 'it answered with status 400.');
      seqs.push(...batch.map(({ seq }) => seq));
      return ok(undefined);
    },
    close: () => Promise.resolve(),
  };
  const deps = {
    clock: eager,
    source: exports.source,
    cursors: { next: () => 0, save: () => {} },
    onState: (_: string, failure: string | null) => void states.push(failure),
    setAside: async (_: string, entries: readonly number[]) => void aside.push(...entries),
  };
  const queue = startExport(deps, 'poisoned', 'ndjson', target);
  await eventually(() => queue.lag === 0 || states.length >= rounds, 'everything is sent, or tried often enough');
  const { lag } = queue;
  await queue.close();
  return { seqs, aside, states, lag };
}

test('an entry that a receiver rejects is found, tried again, set aside; every other one arrives in order', async () => {
  const poison = new Set([0, 7, 8, 9, log.size - 3]);
  const { seqs, aside, states, lag } = await sendTo((seq) => poison.has(seq), 1000);
  assert.equal(lag, 0);
  assert.deepEqual(aside, [...poison]);
  const first = [...new Set(seqs)];
  assert.deepEqual(
    first,
    log.stored.map(({ seq }) => seq).filter((seq) => !poison.has(seq)),
  );
  // 0; 7 with 8 and 9 behind it; the last one: three waits each before it is passed by.
  assert.deepEqual(states.filter((each) => each !== null).length, 9);
});

test('a receiver that rejects everything gets everything later: nothing is set aside', async () => {
  const { seqs, aside, lag } = await sendTo(() => true, 12);
  assert.deepEqual([seqs, aside, lag], [[], [], log.size]);
  // The newest entry alone: nothing behind it says that it is the entry.
  const last = log.size - 1;
  const newest = await sendTo((seq) => seq === last, 12);
  assert.deepEqual([newest.aside, newest.lag], [[], 1]);
});

test('a place that is in no log of this gate is the beginning', async () => {
  for (const next of [-3, log.size + 1, Number.NaN]) {
    const seqs: number[] = [];
    const target: ExportTarget = {
      send: async (batch) => {
        seqs.push(...batch.map(({ seq }) => seq));
        return ok(undefined);
      },
      close: () => Promise.resolve(),
    };
    const cursors = { next: () => next, save: () => {} };
    await drained(
      startExport({ clock, source: exports.source, cursors, setAside, onState: () => {} }, 'x', 'ndjson', target),
    );
    assert.equal(seqs.length, log.size);
  }
});
