// Servers that die, lie, flood or never answer: the call gets a named error, the session or the process is contained, and
// nothing is left behind.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BackOff, BackOffs } from '../../src/adapters/mcp-stdio/back-off.ts';
import { createProcessGuard } from '../../src/adapters/mcp-stdio/process-guard.ts';
import { StderrLines } from '../../src/adapters/mcp-stdio/stderr-lines.ts';
import { createStdioUpstream } from '../../src/adapters/mcp-stdio/upstream.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { limits } from '../../src/core/limits.ts';
import { eventually } from '../parts/eventually.ts';
import { connect, giveUp, openGate, type TestGate } from './gate.ts';

const bad = fileURLToPath(new URL('bad-server.ts', import.meta.url));

async function withGate(work: (gate: TestGate) => Promise<void>, ...args: string[]): Promise<void> {
  const gate = await openGate({ command: [process.execPath, bad, ...args] });
  try {
    await work(gate);
  } finally {
    await gate.close();
  }
}

/** A server of these words. */
async function withScript(script: string, work: (gate: TestGate) => Promise<void>): Promise<void> {
  const gate = await openGate({ command: [process.execPath, '-e', script] });
  try {
    await work(gate);
  } finally {
    await gate.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\S+ \(.*\) Z/.test(execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' }));
  } catch {
    return false;
  }
}

describe('a server that misbehaves', () => {
  it('may print what is no message, and answer nobody, and still be understood', () =>
    withGate(async (gate) => {
      await using client = await connect(gate, 'other');
      assert.deepEqual((await client.callTool({ name: 'garbage_first' })).content, [{ type: 'text', text: 'fine' }]);
    }));

  it('is heard once', () =>
    withGate(async (gate) => {
      await using client = await connect(gate, 'other');
      assert.deepEqual((await client.callTool({ name: 'answer_twice' })).content, [{ type: 'text', text: 'first' }]);
      assert.equal(gate.ledger.records.filter((record) => record.text?.includes('second')).length, 0);
    }));

  it('that answers against the protocol fails that call alone', () =>
    withGate(async (gate) => {
      await using client = await connect(gate, 'other');
      await assert.rejects(client.callTool({ name: 'answer_badly' }), /rule of the protocol/);
      assert.equal((await client.callTool({ name: 'answer_twice' })).isError, undefined);
    }));

  for (const tool of ['flood_garbage', 'oversize', 'die_mid_line']) {
    it(`that does ${tool} loses the session, with a named error and an ended request`, () =>
      withGate(async (gate) => {
        await using client = await connect(gate, 'other');
        await assert.rejects(client.callTool({ name: tool }), { code: -32006 });
        const last = gate.ledger.of('request').at(-1)?.request;
        assert.ok(gate.ledger.of('end').some((record) => record.request === last && record.status === 'error'));
        await eventually(() => gate.ledger.of('session.end').length === 1, 'the end of the session');
        await assert.rejects(client.ping());
      }));
  }

  it('that floods is read no faster than the log and the client take it', () =>
    withGate(async (gate) => {
      await using client = await connect(gate, 'other');
      let heard = 0;
      client.setNotificationHandler('notifications/message', () => void heard++);
      assert.deepEqual((await client.callTool({ name: 'flood_logs' })).content, [{ type: 'text', text: 'flooded' }]);
      await eventually(() => heard === 2_000, 'all lines');
    }));

  it('that says or asks more than a client may is not heard, and is told so', () =>
    withScript(
      `const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
      const long = 'x'.repeat(${limits.mcpRequestBytesMax});
      let asker;
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, error } = JSON.parse(line);
        const results = {
          initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} }, serverInfo: { name: 's', version: '1' } },
          'tools/list': { tools: [{ name: 'say', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] },
        };
        if (results[method]) return say({ id, result: results[method] });
        if (error) return say({ id: asker, result: { content: [{ type: 'text', text: error.data.code }] } });
        if (method !== 'tools/call') return;
        asker = id;
        say({ method: 'notifications/message', params: { level: 'info', data: long } });
        say({ id: 'q', method: 'elicitation/create', params: { message: long, requestedSchema: { type: 'object', properties: {} } } });
      });`,
      async (gate) => {
        await using client = await connect(gate, 'other', 'ana', { elicitation: {} });
        let heard = 0;
        client.setNotificationHandler('notifications/message', () => void heard++);
        client.setRequestHandler('elicitation/create', () => ({ action: 'cancel' }));
        const { content } = await client.callTool({ name: 'say', arguments: {} });
        assert.deepEqual(content, [{ type: 'text', text: 'too_large' }]);
        assert.equal(heard, 0);
      },
    ));

  it('that never answers is told when the client gives up, and the next call works', () =>
    withGate(async (gate) => {
      await using client = await connect(gate, 'other');
      await giveUp(gate, client, { name: 'never' });
      await eventually(
        () => gate.ledger.of('end').some((record) => record.status === 'canceled'),
        'the canceled request',
      );
      assert.equal((await client.callTool({ name: 'answer_twice' })).isError, undefined);
    }));

  it('that never answers runs into the time limit', async () => {
    const hasty = {
      now: () => systemClock.now(),
      after: (ms: number, then: () => void) => systemClock.after(ms >= 300_000 ? 100 : ms, then),
    };
    const gate = await openGate({ command: [process.execPath, bad], clock: hasty });
    try {
      await using client = await connect(gate, 'other');
      await assert.rejects(client.callTool({ name: 'never' }), /did not answer in time/);
    } finally {
      await gate.close();
    }
  });

  it('that never initializes, speaks another version, or does not exist, opens no session', async () => {
    const hasty = {
      now: () => systemClock.now(),
      after: (ms: number, then: () => void) => systemClock.after(Math.min(ms, 800), then),
    };
    const commands: [string, ...string[]][] = [
      [process.execPath, bad, 'mute'],
      [process.execPath, bad, 'old'],
      ['/no/such/program'],
    ];
    for (const command of commands) {
      const gate = await openGate({ command, clock: hasty });
      await assert.rejects(connect(gate, 'other'), { code: -32006 });
      assert.equal(gate.ledger.of('session.end').length, 1);
      await gate.close();
    }
  });

  it('that cannot be reached over HTTP opens no session', async () => {
    const gate = await openGate({ httpUpstream: 'http://127.0.0.1:9/mcp' });
    await assert.rejects(connect(gate, 'remote'), { code: -32006 });
    await gate.close();
  });

  const replies: [string, (request: IncomingMessage, response: ServerResponse, elsewhere: string) => void][] = [
    ['redirects', (_request, response, elsewhere) => void response.writeHead(307, { location: elsewhere }).end()],
    ['wants another credential', (_request, response) => void response.writeHead(401).end()],
    ['speaks HTML', (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    [
      'breaks off its event stream',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"jsonrpc":"2.0","id":1,"resu', () => response.destroy());
      },
    ],
    [
      'answers another request',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","id":4711,"result":{}}');
      },
    ],
  ];
  for (const [what, reply] of replies) {
    it(`that ${what} over HTTP opens no session, and the credential goes nowhere else`, async () => {
      const seen: string[] = [];
      const other = createServer((request, response) => {
        seen.push(request.headers.authorization ?? '');
        response.end();
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const elsewhere = `http://127.0.0.1:${portOf(other)}/`;
      const server = createServer((request, response) => reply(request, response, elsewhere));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const gate = await openGate({ httpUpstream: `http://127.0.0.1:${portOf(server)}/mcp` });
      await assert.rejects(connect(gate, 'remote'), { code: -32006 });
      await gate.close();
      for (const each of [server, other]) {
        each.closeAllConnections();
        each.close();
      }
      assert.deepEqual(seen, []);
    });
  }
});

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

describe('a server that does not stay', () => {
  it('is not started again at once when it keeps ending, and its last words are kept', () =>
    withScript(`console.error('no table of SSN 219-09-9999'); process.exit(1)`, async (gate) => {
      for (let attempt = 0; attempt < 3; attempt++) {
        await assert.rejects(connect(gate, 'other'), /server ended/);
        assert.equal(gate.ledger.stderr.length, attempt + 1, 'said before the session ended');
      }
      assert.equal(gate.ledger.stderr[0], 'no table of SSN 219-09-9999\n');
      await assert.rejects(connect(gate, 'other'), /ended by itself 3 times in a row.*started again in 1 s/);
      assert.equal(gate.ledger.stderr.length, 3, 'it was not started');
    }));

  it('that does not read is not sent more and more', async () => {
    const guard = createProcessGuard();
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)'] as const;
    const upstream = createStdioUpstream({
      command: [...command],
      env: {},
      cwd: process.cwd(),
      guard,
      backOff: new BackOff(systemClock),
      stderr: () => {},
    });
    assert.ok((await upstream.start({ message: () => Promise.resolve(null), closed: () => {} })).ok);
    const text = 'x'.repeat(8_388_608);
    const sent = Array.from({ length: 6 }, (_, id) => upstream.send({ text, id }));
    const last = await sent.at(-1);
    assert.equal(last?.ok === false && last.error.text, 'The MCP server does not read what it is sent.');
    await upstream.close();
    guard.close();
  });

  it('that writes a line without end is cut off at the limit, and no more of it is kept', async () => {
    const guard = createProcessGuard();
    const endless = `const line = 'x'.repeat(1_048_576); const more = () => process.stdout.write(line, more); more();`;
    const upstream = createStdioUpstream({
      command: [process.execPath, '-e', endless],
      env: {},
      cwd: process.cwd(),
      guard,
      backOff: new BackOff(systemClock),
      stderr: () => {},
    });
    const before = process.memoryUsage.rss();
    const ended = await new Promise<string>((resolve) => {
      void upstream.start({ message: () => Promise.resolve(null), closed: ({ code }) => resolve(code) });
    });
    assert.equal(ended, 'upstream_protocol');
    assert.ok(process.memoryUsage.rss() - before < 4 * limits.mcpStdioLineBytesMax);
    await upstream.close();
    guard.close();
  });

  it('waits longer each time, for its own caller alone, and is forgiven once it stays', () => {
    let now = 0;
    const backOffs = new BackOffs({ now: () => now });
    const of = (id: string): BackOff => backOffs.of({ connection: 'tools', subject: { issuer: 'i', id } });
    const run = (id: string, livedMs: number, byItself = true): boolean => {
      const begun = of(id).start();
      now += livedMs;
      if (begun.ok) begun.value(byItself);
      return begun.ok;
    };
    assert.deepEqual([run('ana', 5), run('ana', 5), run('ana', 5), run('ana', 5)], [true, true, true, false]);
    assert.equal(run('bob', 5), true);
    now += 1_000;
    assert.equal(run('ana', 5), true, 'after a second');
    now += 1_100;
    assert.equal(run('ana', 5), false, 'then after two');
    now += 1_000;
    assert.equal(run('ana', 20_000), true);
    assert.deepEqual([run('ana', 5), run('ana', 5), run('ana', 5, false), run('ana', 5)], [true, true, true, true]);
  });

  it('is kept in whole lines, of whole characters, up to a limit', () => {
    const lines: string[] = [];
    const stderr = new StderrLines((text) => lines.push(text));
    const bytes = Buffer.from('José 219-09-9999\nnext');
    for (const byte of bytes) stderr.push(Buffer.of(byte));
    assert.deepEqual(lines, ['José 219-09-9999\n']);
    stderr.end();
    assert.deepEqual(lines, ['José 219-09-9999\n', 'next']);
    for (let chunk = 0; chunk < 40; chunk++) stderr.push(Buffer.alloc(65_536, 'x'));
    assert.equal(lines.join('').length, bytes.length - 1 + 1_048_576 - bytes.length);
  });
});

describe('processes', () => {
  const events = { message: () => Promise.resolve(null), closed: () => {} };

  it('end with the session, the stubborn ones too, and a whole group of them', async () => {
    const guard = createProcessGuard();
    const script = `"${process.execPath}" "${bad}" stubborn & echo $! >&2; wait`;
    let noise = '';
    const upstream = createStdioUpstream({
      command: ['/bin/sh', '-c', script],
      env: {},
      cwd: process.cwd(),
      guard,
      backOff: new BackOff(systemClock),
      stderr: (text) => {
        noise += text;
      },
    });
    assert.ok((await upstream.start(events)).ok);
    await eventually(() => /^\d+$/m.test(noise), 'the process id');
    const pid = Number.parseInt(noise, 10);
    assert.ok(isAlive(pid));
    await upstream.close();
    await eventually(() => !isAlive(pid), 'its end');
    guard.close();
  });

  it('do not outlive a gate that was killed with -9', { skip: process.platform === 'win32' }, async () => {
    const program = `
      import { createProcessGuard } from ${JSON.stringify(import.meta.resolve('../../src/adapters/mcp-stdio/process-guard.ts'))};
      import { createStdioUpstream } from ${JSON.stringify(import.meta.resolve('../../src/adapters/mcp-stdio/upstream.ts'))};
      const guard = createProcessGuard();
      const backOff = { start: () => ({ ok: true, value: () => {} }) };
      const command = ['/bin/sh', '-c', 'trap "" TERM HUP; echo $$ >&2; while :; do sleep 1; done'];
      const upstream = createStdioUpstream({ command, env: {}, cwd: '/', guard, backOff, stderr: (text) => process.stdout.write(text) });
      await upstream.start({ message: async () => null, closed: () => {} });
      setInterval(() => {}, 1000);`;
    const gate = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    gate.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await eventually(() => /\d+\n/.test(printed), 'the process id');
    const pid = Number.parseInt(printed, 10);
    assert.ok(isAlive(pid));
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.kill('SIGKILL');
    await eventually(() => !isAlive(pid), 'the end of the orphan');
  });
});
