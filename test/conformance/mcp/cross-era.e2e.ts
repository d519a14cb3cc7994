// One client of each era of MCP against one server of each, through a real gate: what passes, and what is refused by which
// name. The outcome is the table of docs/reference/mcp-eras.md; `WRITE_TABLE=1` writes it there, without it must stand there.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, it } from 'node:test';
import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import { eventually } from '../../parts/eventually.ts';
import { type EverythingServer, serveEverything } from './everything-server.ts';

type Era = 'sessions' | 'stateless';
const eras: readonly Era[] = ['sessions', 'stateless'];
const versions: Readonly<Record<Era, string>> = { sessions: '2025-11-25', stateless: '2026-07-28' };

let clinic: Clinic;
let servers: EverythingServer[];

before(async () => {
  servers = await Promise.all(eras.map((era) => serveEverything([era])));
  clinic = await startClinic();
  const connections = eras.map((era, at) => `  ${era}: { type: mcp, url: "${servers[at]?.url}" }\n`).join('');
  await clinic.writeConfig((config) =>
    config.replace('classification:', `${connections}classification:`).concat(`    - name: everything-as-it-is
      subjects: { groups: [admins] }
      connections: [sessions, stateless]
      allow: { unmask: all }
`),
  );
  await clinic.startGate();
});
after(async () => {
  await clinic.stop();
  for (const server of servers) await server.close();
});

interface Pair {
  readonly client: Client;
  readonly from: Era;
  readonly to: Era;
  /** Methods of notifications and requests the client got. */
  readonly got: string[];
}

/** Says in a word what came of it; what throws is told by its code. */
type Scenario = (pair: Pair) => Promise<string | boolean>;

const tool = async ({ client }: Pair, name: string, given: Record<string, unknown> = {}): Promise<string> => {
  const { content, isError } = await client.callTool({ name, arguments: given });
  return `${isError ? 'isError ' : ''}${JSON.stringify(content)}`;
};

/** The tool that asks, by what a server of this era calls it. */
const asking = (pair: Pair, pushed: string, required: string, given: Record<string, unknown>): Promise<string> =>
  pair.to === 'sessions' ? tool(pair, pushed, given) : tool(pair, required);

const scenarios: Readonly<Record<string, Scenario>> = {
  'tools/list': async ({ client }) => (await client.listTools()).tools.length > 10,
  'tools/call: text': async (pair) => (await tool(pair, 'test_simple_text')).includes('simple text response'),
  'tools/call: image': async (pair) => (await tool(pair, 'test_image_content')).includes('image/png'),
  'tools/call: embedded resource': async (pair) =>
    (await tool(pair, 'test_embedded_resource')).includes('test://embedded-resource'),
  'tools/call: a tool that fails': async (pair) => (await tool(pair, 'test_error_handling')).startsWith('isError'),
  'tools/call: no such tool': async (pair) => tool(pair, 'nobody'),
  'resources/list, resources/templates/list': async ({ client }) =>
    (await client.listResources()).resources.length === 3 &&
    (await client.listResourceTemplates()).resourceTemplates.length === 1,
  'resources/read': async ({ client }) =>
    JSON.stringify(await client.readResource({ uri: 'test://template/7/data' })).includes('Data for ID: 7'),
  'resources/read: no such resource': async ({ client }) =>
    JSON.stringify(await client.readResource({ uri: 'test://nothing' })),
  'prompts/list, prompts/get': async ({ client }) => {
    const [one] = (await client.listPrompts()).prompts;
    const got = await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } });
    return one !== undefined && JSON.stringify(got).includes("arg1='a'");
  },
  'completion/complete': async ({ client }) => {
    const ref = { type: 'ref/prompt' as const, name: 'test_prompt_with_arguments' };
    return (await client.complete({ ref, argument: { name: 'arg1', value: 'pa' } })).completion.values.length === 3;
  },
  progress: async ({ client }) => {
    const steps: number[] = [];
    await client.callTool({ name: 'test_tool_with_progress' }, { onprogress: ({ progress }) => steps.push(progress) });
    return steps.join() === '0,50,100';
  },
  'log messages': async (pair) => {
    const level = pair.from === 'sessions' ? {} : { _meta: { 'io.modelcontextprotocol/logLevel': 'info' } };
    if (pair.from === 'sessions') await pair.client.setLoggingLevel('info');
    await pair.client.callTool({ name: 'test_tool_with_logging', ...level });
    return pair.got.filter((method) => method === 'notifications/message').length >= 3;
  },
  cancellation: async (pair) => {
    const over = new AbortController();
    const onprogress = (): void => over.abort();
    const call = pair.client.callTool({ name: 'test_tool_with_progress' }, { signal: over.signal, onprogress });
    await assert.rejects(call);
    return (await tool(pair, 'test_simple_text')).includes('simple text');
  },
  elicitation: async (pair) =>
    (await asking(pair, 'test_elicitation', 'test_input_required_result_elicitation', { message: '?' })).includes(
      'Ada',
    ),
  sampling: async (pair) =>
    (await asking(pair, 'test_sampling', 'test_input_required_result_sampling', { prompt: '?' })).includes('Paris'),
  'two rounds of questions': async (pair) =>
    pair.to === 'sessions'
      ? 'no such tool there'
      : (await tool(pair, 'test_input_required_result_multi_round')).includes('Both steps'),
  'resources/subscribe': async ({ client }) => {
    await client.subscribeResource({ uri: 'test://watched-resource' });
    return true;
  },
  'news of changed lists': async (pair) => {
    const listening = pair.from === 'stateless' ? await pair.client.listen({ toolsListChanged: true }) : null;
    await tool(pair, 'test_trigger_tool_change');
    await eventually(() => pair.got.includes('notifications/tools/list_changed'), 'the news');
    await listening?.close();
    return true;
  },
  ping: async ({ client }) => {
    await client.ping();
    return true;
  },
};

async function connect(from: Era, to: Era): Promise<Pair> {
  const got: string[] = [];
  const client = new Client(
    { name: 'cross-era', version: '1' },
    {
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      ...(from === 'stateless' ? { versionNegotiation: { mode: { pin: versions.stateless } } } : {}),
    },
  );
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept' as const,
    content: { name: 'Ada', username: 'Ada', email: 'a@b.example', color: 'red' },
  }));
  client.setRequestHandler('sampling/createMessage', () => ({
    model: 'm',
    role: 'assistant' as const,
    content: { type: 'text' as const, text: 'Paris' },
  }));
  for (const method of ['notifications/message', 'notifications/tools/list_changed'] as const) {
    client.setNotificationHandler(method, () => void got.push(method));
  }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`/mcp/${to}`, clinic.url), {
      requestInit: { headers: { authorization: `Bearer ${await clinic.token('dora')}` } },
    }),
  );
  return { client, from, to, got };
}

async function outcomeOf(scenario: Scenario, pair: Pair): Promise<string> {
  try {
    const came = await scenario(pair);
    return typeof came === 'string' ? came : came ? 'yes' : 'no';
  } catch (error) {
    if (error instanceof SdkError && error.code === SdkErrorCode.MethodNotSupportedByProtocolVersion) {
      return 'the client itself refuses';
    }
    if (!(error instanceof ProtocolError)) throw error;
    const code: unknown = Object(error.data)['code'];
    return `refused: ${error.code}${typeof code === 'string' ? ` \`${code}\`` : ''}`;
  }
}

const page = new URL('../../../docs/reference/mcp-eras.md', import.meta.url);
const [begin, end] = ['<!-- cross-era -->', '<!-- /cross-era -->'];

it('each era of client with each era of server', { timeout: 180_000 }, async (test) => {
  const pairs = eras.flatMap((from) => eras.map((to) => ({ from, to })));
  const rows = [
    `| scenario | ${pairs.map(({ from, to }) => `client ${versions[from]}, server ${versions[to]}`).join(' | ')} |`,
    `| --- | ${pairs.map(() => '---').join(' | ')} |`,
  ];
  const open = await Promise.all(pairs.map(({ from, to }) => connect(from, to)));
  for (const [name, scenario] of Object.entries(scenarios)) {
    const outcomes: string[] = [];
    for (const pair of open) outcomes.push(await outcomeOf(scenario, pair));
    rows.push(`| ${name} | ${outcomes.join(' | ')} |`);
  }
  await Promise.all(open.map(({ client }) => client.close()));
  for (const row of rows) test.diagnostic(row);
  const text = await readFile(page, 'utf8');
  const table = `${begin}\n${rows.join('\n')}\n${end}`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  assert.ok(from >= 0 && to > from, 'the page has the markers');
  if (process.env['WRITE_TABLE']) return writeFile(page, text.slice(0, from) + table + text.slice(to + end.length));
  assert.equal(text.slice(from, to + end.length), table);
});
