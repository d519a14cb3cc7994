// A gate that is killed (kill -9) again and again while it sends its log to receivers of every kind: one that is away, one that is
// slow, one that rejects a single record, one that drops connections, and a file. Every record arrives, and in order.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { freePort } from '../../demo/ports.ts';
import { readOnlyFiles } from '../../src/adapters/log-files/read-only-files.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { createAuthority } from '../parts/certificate.ts';
import { eventually } from '../parts/eventually.ts';

const rounds = 6;
const poison = 57;
const seqsIn = (body: string): number[] => [...body.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));

interface Receiver {
  readonly port: number;
  /** Every seq it has taken, as often as it came. */
  readonly got: number[];
  close(): Promise<void>;
}

async function httpReceiver(port: number, answer: (seqs: readonly number[]) => Promise<number>): Promise<Receiver> {
  const got: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const seqs = body.includes('chartgate.seq')
        ? [...body.matchAll(/"chartgate\.seq","value":\{"intValue":"(\d+)"/g)].map(([, seq]) => Number(seq))
        : seqsIn(body);
      const status = await answer(seqs);
      if (status === 200) got.push(...seqs);
      response.writeHead(status).end(status === 200 ? '{"text":"Success","code":0}' : '{}');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    got,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Drops every third connection soon after it came. */
async function syslogReceiver(port: number, authority: ReturnType<typeof createAuthority>): Promise<Receiver> {
  const got: number[] = [];
  const open = new Set<TLSSocket>();
  let connections = 0;
  const server = createTlsServer({ ...authority.issue(['localhost']) }, (socket) => {
    open.add(socket);
    let rest = Buffer.alloc(0);
    if (++connections % 3 === 0) setTimeout(() => socket.destroy(), 30);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const [frame = '', length] = /^(\d+) /.exec(rest.subarray(0, 12).toString('latin1')) ?? [];
        const end = frame.length + Number(length);
        if (length === undefined || rest.length < end) break;
        got.push(...seqsIn(rest.subarray(frame.length, end).toString()).slice(0, 1));
        rest = rest.subarray(end);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    port,
    got,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const gates: ChildProcess[] = [];

async function startGate(file: string, port: number): Promise<ChildProcess> {
  const gate = spawn(process.execPath, ['src/main.ts', 'serve', '-c', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  gates.push(gate);
  const isAlive = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.ok === true;
  await eventually(isAlive, 'the gate starts');
  return gate;
}

/** Requests that are refused and recorded, until the gate is gone. */
async function load(port: number): Promise<void> {
  for (;;) {
    const headers = { authorization: 'Bearer nonsense' };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/sessions`, { headers }).catch(() => null);
    if (!answer) return;
    await answer.arrayBuffer();
  }
}

/** Where a seq came for the first time, the ones before it had come. */
function assertOrdered(got: readonly number[], name: string): void {
  let highest = -1;
  const missing = new Set<number>();
  for (const seq of got) {
    for (let each = highest + 1; each < seq; each++) missing.add(each);
    missing.delete(seq);
    highest = Math.max(highest, seq);
    const early = [...missing].filter((each) => each !== poison);
    assert.deepEqual(early, [], `${name}: ${seq} came before ${early.join()}`);
  }
}

void test('at least once and in order, whatever is killed', { timeout: 300_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-export-crash-'));
  const authority = createAuthority();
  await writeFile(join(directory, 'ca.pem'), authority.cert);
  await writeFile(join(directory, 'hook'), `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'hec'), 'token\n', { mode: 0o600 });
  const [port, away] = [await freePort(), await freePort()];
  const slow = await httpReceiver(await freePort(), async () => sleep(300, 200));
  const picky = await httpReceiver(await freePort(), async (seqs) => (seqs.includes(poison) ? 400 : 200));
  const dropping = await syslogReceiver(await freePort(), authority);
  const file = join(directory, 'gate.yaml');
  const out = join(directory, 'out.ndjson');
  await writeFile(
    file,
    `listen: { http: 127.0.0.1:${port} }
state: ./state
connections: {}
audit:
  export:
    - { type: webhook, url: "http://127.0.0.1:${away}/", secret: "\${file:./hook}", format: ndjson }
    - { type: splunk-hec, url: "http://127.0.0.1:${slow.port}/", token: "\${file:./hec}", format: ndjson }
    - { type: otlp, url: "http://127.0.0.1:${picky.port}/v1/logs", format: ndjson }
    - { type: syslog, address: "localhost:${dropping.port}", ca: ./ca.pem, format: ndjson }
    - { type: ndjson, path: ./out.ndjson, format: ndjson }
`,
  );
  let webhook: Receiver | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      const gate = await startGate(file, port);
      const callers = [load(port), load(port)];
      // Longer than a back-off, so that also what waits is cut off in the middle.
      await sleep(700 + 650 * round);
      gate.kill('SIGKILL');
      await once(gate, 'exit');
      await Promise.all(callers);
      if (round === 3) webhook = await httpReceiver(away, async () => 200);
      // A line that was cut off.
      if (round === 1) await writeFile(out, '{"v":1,"seq":3', { flag: 'a' });
    }
    const last = await startGate(file, port);
    const wanted = async (): Promise<number> => Number(/chartgate_log_entries (\d+)/.exec(await metrics(port))?.[1]);
    await eventually(
      async () => {
        const said = await metrics(port);
        const isBehind = /^chartgate_export_lag_entries_\w+ [1-9]\d*$/m.test(said);
        return !isBehind && said.includes('chartgate_export_lag_entries_otlp 0');
      },
      'every receiver has taken everything',
      90_000,
    );
    const size = await wanted();
    const lines = (await readFile(out, 'utf8')).split('\n').filter((line) => line.endsWith('}'));
    const receivers: Readonly<Record<string, readonly number[]>> = {
      webhook: webhook?.got ?? [],
      'splunk-hec': slow.got,
      otlp: picky.got,
      syslog: dropping.got,
      ndjson: lines.map((line) => Number(JSON.parse(line).seq)),
    };
    for (const [name, got] of Object.entries(receivers)) {
      const set = new Set(got);
      const missing = Array.from({ length: size }, (_, seq) => seq).filter((seq) => !set.has(seq));
      assert.deepEqual(missing, name === 'otlp' ? [poison] : [], name);
      assertOrdered(got, name);
      process.stderr.write(`${name}: ${size} records, ${got.length - set.size} came twice\n`);
    }
    assert.equal(lines.filter((line) => line.includes('export.set_aside')).length > 0, true);
    last.kill('SIGTERM');
    await once(last, 'exit');
    const verified = await verifyLog({ log: readOnlyFiles(join(directory, 'state', 'log')) });
    assert.ok(verified.ok);
  } finally {
    for (const gate of gates) gate.kill('SIGKILL');
    await Promise.all([webhook?.close(), slow.close(), picky.close(), dropping.close()]);
    await rm(directory, { recursive: true, force: true });
  }
});

async function metrics(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}
