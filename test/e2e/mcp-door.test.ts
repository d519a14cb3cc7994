// The MCP door from outside: a real gate process, the SDK's client in front, and a PostgreSQL MCP server nobody here wrote
// behind it, whose SQL comes back through the gate's other door.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/client';
import type { EventView, TimelineView } from '../../src/admin/contract.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';

const fixture = fileURLToPath(new URL('../mcp/fixture-server.ts', import.meta.url));

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  await clinic.writeConfig((config) =>
    config
      .replace(
        'classification:',
        `  charts: { type: mcp, command: ["${process.execPath}", "${fixture}"] }\nclassification:`,
      )
      .concat(`    - name: care-team-asks-through-agents
      subjects: { groups: [care-team] }
      connections: [ehr-tools, charts]
      when: mcp.tool.name in ["query", "echo", "wipe_charts"]
      allow: { unmask: [name, mrn, date] }
    - name: analysts-read-charts
      subjects: { groups: [analysts] }
      connections: [charts]
      when: mcp.tool.readonly
      allow: true
    - name: auditors-may-look-around
      subjects: { groups: [auditors] }
      connections: [ehr-tools]
      when: mcp.tool.name == "nothing"
      allow: true
    - name: notes-need-a-nod
      connections: [ehr]
      when: '"public.notes" in sql.relations'
      hold: { reviewers: [privacy], wait: 1s, expires: 10m }
`),
  );
  gate = await clinic.startGate();
});
after(() => clinic.stop());

async function withAgent<T>(person: string, work: (agent: Client) => Promise<T>, connection?: string): Promise<T> {
  const agent = await clinic.agent(person, connection);
  try {
    return await work(agent);
  } finally {
    await agent.close();
  }
}

/** Asks server-postgres; the rows it answers with. */
async function ask(agent: Client, sql: string): Promise<Record<string, unknown>[]> {
  const { content, isError } = await agent.callTool({ name: 'query', arguments: { sql } });
  assert.notEqual(isError, true, JSON.stringify(content));
  const [first] = content;
  assert.ok(first?.type === 'text');
  return JSON.parse(first.text) as Record<string, unknown>[];
}

/** What the agent is told when it may not: a JSON-RPC error or a result that is an error. */
async function refusalOf(agent: Client, sql: string): Promise<string> {
  const told = await agent.callTool({ name: 'query', arguments: { sql } }).then(
    (result) => {
      assert.equal(result.isError, true, `it was let through: ${JSON.stringify(result.content)}`);
      return JSON.stringify(result.content);
    },
    (error: Error) => error.message,
  );
  noCanary(told, 'a refusal');
  return told;
}

function noCanary(value: unknown, what: string): void {
  const text = JSON.stringify(value);
  for (const canary of canaries) assert.ok(!text.includes(canary), `${canary} left through ${what}: ${text}`);
}

function approvalIn(text: string): string {
  const id = /\ba_\w+/.exec(text)?.[0];
  assert.ok(id, `an approval id in: ${text}`);
  return id;
}

async function decide(id: string, person: string, effect: 'approve' | 'deny'): Promise<number> {
  const args = ['approvals', effect, id, '--reason', 'seen', '-c', clinic.config];
  return (await clinic.chartgate(args, person)).code;
}

/** Every timeline of the tree, the root first. */
function flat(timeline: TimelineView): TimelineView[] {
  return [timeline, ...timeline.children.flatMap(flat)];
}

function said(event: EventView): string {
  return JSON.stringify(event.content ?? null);
}

/** The newest MCP session of this person, as `sessions replay --json` prints it. */
async function lastSession(person: string): Promise<TimelineView> {
  const [newest] = await clinic.sessions({ subject: person, door: 'mcp' });
  assert.ok(newest);
  const printed = await clinic.chartgate(['sessions', 'replay', newest.id, '--json', '-c', clinic.config], 'augusto');
  assert.equal(printed.code, 0, printed.stderr);
  return JSON.parse(printed.stdout) as TimelineView;
}

describe('an agent', () => {
  it('sees the tools its subject may use, and no more', async () => {
    const toolsOf = (person: string, connection: string): Promise<string[]> =>
      withAgent(person, async (agent) => (await agent.listTools()).tools.map((tool) => tool.name).sort(), connection);
    assert.deepEqual(await toolsOf('ana', 'ehr-tools'), ['query']);
    assert.deepEqual(await toolsOf('augusto', 'ehr-tools'), []);
    assert.deepEqual(await toolsOf('cora', 'charts'), ['echo', 'wipe_charts']);
    const analysts = await toolsOf('ana', 'charts');
    assert.ok(analysts.includes('read_chart') && !analysts.includes('wipe_charts'));
    await assert.rejects(toolsOf('zed', 'ehr-tools'));
  });

  it('may not call what it is not shown', async () => {
    await withAgent(
      'cora',
      async (agent) => {
        await assert.rejects(agent.callTool({ name: 'read_chart' }), { code: -32003 });
      },
      'charts',
    );
  });

  it('gets masked rows, and the same rows unmasked where a rule says so', async () => {
    const sql = 'SELECT first, ssn, birthdate, visits FROM patients WHERE id = 1';
    const [masked] = await withAgent('ana', (agent) => ask(agent, sql));
    noCanary(masked, 'a tool result');
    assert.equal(masked?.['ssn'], '***-**-6789');
    assert.equal(masked['visits'], 3);
    const [seen] = await withAgent('cora', (agent) => ask(agent, sql));
    assert.equal(seen?.['first'], 'Zebulon');
    assert.match(String(seen['birthdate']), /^1961-07-2[234]/);
    assert.equal(seen['ssn'], '***-**-6789');
  });

  it('has its SQL in the log under the tool call that caused it, with the human as subject', async () => {
    const asked = ["SELECT 'first' AS call, count(*) FROM patients", "SELECT 'second' AS call, ssn FROM patients"];
    await withAgent('ana', async (agent) => {
      for (const sql of asked) await ask(agent, sql);
    });
    const root = await lastSession('ana');
    assert.equal(root.session.door, 'mcp');
    const [child, ...others] = root.children;
    assert.ok(child);
    assert.equal(others.length, 0, 'the server kept one database session');
    assert.deepEqual(
      [child.session.subject.id, child.session.door, child.session.connection],
      ['ana', 'postgres', 'ehr'],
    );
    const first = root.events.find((event) => said(event).includes("'first'"));
    assert.deepEqual(child.session.parent, { session: root.session.id, request: first?.request });
    for (const sql of asked) {
      const call = root.events.find((event) => event.type === 'request' && said(event).includes(sql));
      const statement: EventView | undefined = child.events.find(
        (event) => event.type === 'request' && said(event).includes(sql),
      );
      assert.ok(call?.request && statement?.request);
      assert.deepEqual(statement.parent, { session: root.session.id, request: call.request });
      assert.equal(statement.subject?.id, 'ana');
    }
    const answers = child.events.filter((event) => event.answer?.columns.includes('ssn'));
    assert.deepEqual(
      answers.flatMap((event) => event.answer?.rows),
      [
        ['second', '***-**-6789'],
        ['second', '***-**-4320'],
      ],
    );
    noCanary(root, 'a replay');
    const shown = await clinic.chartgate(['sessions', 'replay', root.session.id, '-c', clinic.config], 'augusto');
    const { stdout } = shown;
    const second = stdout.indexOf("'second'");
    const places = [stdout.indexOf("'first'"), stdout.indexOf('└─'), second, stdout.indexOf('└─', second)];
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      stdout,
    );
    assert.ok(!places.includes(-1), stdout);
  });
});

describe('a tool call whose SQL is held', () => {
  const sql = 'SELECT id, body FROM notes';

  it('tells the agent the approval, runs once when another approves, and not when altered', async () => {
    await withAgent('ana', async (agent) => {
      const id = approvalIn(await refusalOf(agent, sql));
      assert.notEqual(await decide(id, 'ana', 'approve'), 0, 'nobody approves their own');
      assert.equal(await decide(id, 'pia', 'approve'), 0);
      const altered = approvalIn(await refusalOf(agent, `${sql} WHERE id = 1`));
      assert.notEqual(altered, id);
      const other = approvalIn(await withAgent('cora', (hers) => refusalOf(hers, sql)));
      assert.notEqual(other, id, 'what ana was granted is not for cora');
      const rows = await ask(agent, sql);
      assert.equal(rows.length, 1);
      noCanary(rows, 'an approved answer');
      assert.notEqual(approvalIn(await refusalOf(agent, sql)), id, 'it was good for one run');
    });
    const listed = await clinic.chartgate(
      ['approvals', 'ls', '--json', '--status', 'used', '-c', clinic.config],
      'pia',
    );
    assert.equal((JSON.parse(listed.stdout) as unknown[]).length, 1, listed.stdout);
  });

  it('a denied one stays denied', async () => {
    await withAgent('ana', async (agent) => {
      const denied = `${sql} WHERE id = 2`;
      assert.equal(await decide(approvalIn(await refusalOf(agent, denied)), 'piet', 'deny'), 0);
      assert.match(await refusalOf(agent, denied), /refused/);
    });
  });

  it("holds the escape out of the server's own read-only transaction", async () => {
    await withAgent('ana', async (agent) => {
      const told = await refusalOf(agent, 'COMMIT; DELETE FROM wards');
      assert.match(told, /unbounded-write/);
      approvalIn(told);
      await refusalOf(agent, 'COMMIT; DELETE FROM wards WHERE id < 100');
      assert.deepEqual(await ask(agent, 'SELECT count(*) FROM wards'), [{ count: '500' }]);
    });
    assert.deepEqual(await clinic.postgres.query('ehr', 'SELECT count(*) FROM wards'), [{ count: '500' }]);
  });
});

describe('two people at once', () => {
  it('are never mixed up: ten agents, each with many calls in flight', async () => {
    const people = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? 'ana' : 'cora'));
    const before = new Set((await clinic.sessions({ door: 'mcp' })).map(({ id }) => id));
    const agents = await Promise.all(people.map((person) => clinic.agent(person)));
    try {
      await Promise.all(
        agents.flatMap((agent, n) =>
          Array.from({ length: 5 }, async (_, call) => {
            const rows = await ask(agent, `SELECT 'mark-${n}-${call}' AS mark, first, ssn FROM patients WHERE id = 1`);
            assert.equal(rows.length, 1);
            assert.equal(rows[0]?.['mark'], `mark-${n}-${call}`);
            assert.equal(rows[0]['ssn'], '***-**-6789');
            if (people[n] === 'ana') noCanary(rows, `an answer for ana, agent ${n}`);
            else assert.equal(rows[0]['first'], 'Zebulon');
          }),
        ),
      );
    } finally {
      await Promise.all(agents.map((agent) => agent.close()));
    }
    const opened = (await clinic.sessions({ door: 'mcp' })).filter(({ id }) => !before.has(id));
    assert.equal(opened.length, 10);
    let attributed = 0;
    for (const { id, subject } of opened) {
      const tree = await clinic.replay(id);
      const own = new Set([...JSON.stringify(tree).matchAll(/mark-(\d+)-\d/g)].map((match) => match[1]));
      assert.equal(own.size, 1, 'a session tree holds the calls of one agent');
      const [agent = ''] = own;
      assert.equal(people[Number(agent)], subject.id);
      for (const { session, events } of flat(tree).slice(1)) {
        assert.equal(session.subject.id, subject.id);
        for (const event of events) {
          const mark = event.type === 'request' ? /mark-\d+-\d/.exec(said(event))?.[0] : undefined;
          if (!mark) continue;
          const call = tree.events.find((each) => each.type === 'request' && said(each).includes(mark));
          assert.deepEqual(event.parent, { session: id, request: call?.request }, mark);
          attributed++;
        }
      }
    }
    assert.equal(attributed, 50);
  });
});

describe('the door', () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };
  const post = (token: string | null, body: unknown, session?: string, connection = 'ehr-tools'): Promise<Response> =>
    fetch(`${clinic.url}/mcp/${connection}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('says where to sign in (RFC 9728) to whoever brings no good token', async () => {
    const sign = clinic.issuer.sign;
    const ana = { sub: 'ana', groups: ['analysts'] };
    const tokens: Record<string, string | null> = {
      none: null,
      garbage: 'not-a-token',
      expired: await sign(ana, { expiresIn: -3600 }),
      'for another audience': await sign(ana, { audience: 'elsewhere' }),
      'of another issuer': await sign(ana, { issuer: 'https://elsewhere.example' }),
      forged: await sign(ana, { wrongKey: true }),
    };
    for (const [what, token] of Object.entries(tokens)) {
      const response = await post(token, initialize);
      assert.equal(response.status, 401, what);
      const challenge = response.headers.get('www-authenticate') ?? '';
      const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
      assert.match(challenge, token === null ? /^Bearer resource_metadata/ : /error="invalid_token"/, what);
      const document = (await (await fetch(metadata)).json()) as Record<string, unknown>;
      assert.equal(document['resource'], `${clinic.url}/mcp/ehr-tools`);
      assert.deepEqual(document['authorization_servers'], ['https://ci.example']);
      if (token) assert.ok(!(await response.text()).includes(token), 'a token is not echoed');
    }
  });

  it('refuses unknown connections, and those of the other door', async () => {
    const token = await clinic.token('ana');
    for (const connection of ['nowhere', 'ehr']) {
      assert.equal((await post(token, initialize, undefined, connection)).status, 404, connection);
    }
  });

  it("answers another subject's session id like one that never was", async () => {
    await withAgent('ana', async (agent) => {
      const id = agent.transport?.sessionId;
      assert.ok(id);
      const list = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
      const stolen = await post(await clinic.token('cora'), list, id);
      const invented = await post(await clinic.token('cora'), list, 'A'.repeat(43));
      assert.deepEqual([stolen.status, await stolen.text()], [invented.status, await invented.text()]);
      assert.equal(stolen.status, 404);
      const sameNameOtherGroups = await clinic.issuer.sign({ sub: 'ana', groups: ['admins'] });
      assert.equal((await post(sameNameOtherGroups, list, id)).status, 404);
      assert.equal((await post(await clinic.token('ana'), list, id)).status, 200);
    });
  });

  it('answers garbage with an error, and stays alive', async () => {
    const token = await clinic.token('ana');
    for (const garbage of [
      '{',
      '[]',
      '{"jsonrpc":"2.0"}',
      '\u0000',
      '['.repeat(5_000),
      '{"jsonrpc":"1.0","id":1,"method":"x"}',
    ]) {
      const response = await post(token, garbage);
      assert.ok(response.status >= 400 && response.status < 500, `${response.status} for ${garbage.slice(0, 20)}`);
    }
    const socket = connectTcp(clinic.httpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    socket.resume();
    socket.end(Buffer.alloc(4096, 0xff));
    await once(socket, 'close');
    await withAgent('ana', async (agent) => assert.deepEqual(await ask(agent, 'SELECT 1 AS one'), [{ one: 1 }]));
  });

  it('shows no PHI in the gate own output, and leaves a log that verifies', async () => {
    noCanary(gate.output(), 'the operator log');
    const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
});
