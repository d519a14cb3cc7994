// Claude Code itself, where CLAUDE_CODE names its program, with a stand-in for the model that asks for calls: what its agent
// reads of a masked answer, of a refusal and of a held call, and that the same call runs once it is approved.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { at } from '../mcp/gate.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { addWards } from '../parts/wards.ts';

const program = process.env['CLAUDE_CODE'];
const options =
  program === undefined ? { skip: 'CLAUDE_CODE=<path of claude>: npm install @anthropic-ai/claude-code' } : {};

interface Call {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

let clinic: Clinic;
let model: Server;
let modelUrl = '';
/** What it asks for, one after another. */
let plan: readonly Call[] = [];
/** What the agent told the model of each call. */
let told: string[] = [];
let runsFile: string;

before(async () => {
  if (program === undefined) return;
  clinic = await startClinic();
  runsFile = await addWards(clinic, '1s');
  await clinic.startGate();
  model = createServer((request, response) => {
    // It looks first whether anybody is there.
    if (request.method !== 'POST') return void response.end();
    void json(request).then((body) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [event, data] of turn(body)) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      response.end();
    });
  });
  await once(model.listen(0, '127.0.0.1'), 'listening');
  const address = model.address();
  modelUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const header = { Authorization: `Bearer ${await clinic.token('ana')}` };
  const server = (name: string): object => ({ type: 'http', url: `${clinic.url}/mcp/${name}`, headers: header });
  const servers = { ehr: server('ehr-tools'), wards: server('wards') };
  await writeFile(join(clinic.directory, 'mcp.json'), JSON.stringify({ mcpServers: servers }));
});

after(async () => {
  model?.close();
  await clinic?.stop();
});

/** One turn of the Messages API, streamed: the next call of the plan, or the end. */
function turn(body: unknown): [string, object][] {
  const messages = at(body, 'messages');
  const results = (Array.isArray(messages) ? messages : [])
    .flatMap((each: unknown) => at(each, 'content'))
    .filter((each) => at(each, 'type') === 'tool_result');
  told = results.map((each) => JSON.stringify(at(each, 'content')));
  const offered = at(body, 'tools');
  const call = Array.isArray(offered) && offered.length > 0 ? plan[results.length] : undefined;
  const [block, delta, stop] = call
    ? [
        { type: 'tool_use', id: `toolu_${results.length}`, name: call.name, input: {} },
        { type: 'input_json_delta', partial_json: JSON.stringify(call.input) },
        'tool_use',
      ]
    : [{ type: 'text', text: '' }, { type: 'text_delta', text: 'done' }, 'end_turn'];
  const usage = { input_tokens: 1, output_tokens: 1 };
  const empty = { id: 'msg_1', type: 'message', role: 'assistant', model: 'stand-in', content: [], usage };
  return [
    ['message_start', { type: 'message_start', message: { ...empty, stop_reason: null, stop_sequence: null } }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: block }],
    ['content_block_delta', { type: 'content_block_delta', index: 0, delta }],
    ['content_block_stop', { type: 'content_block_stop', index: 0 }],
    ['message_delta', { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage }],
    ['message_stop', { type: 'message_stop' }],
  ];
}

/** A person's wish, without a terminal. */
async function ask(...calls: readonly Call[]): Promise<void> {
  plan = calls;
  told = [];
  const given = ['-p', 'go on', '--mcp-config', join(clinic.directory, 'mcp.json'), '--strict-mcp-config'];
  const child = spawn(program ?? '', [...given, '--allowedTools', 'mcp__ehr,mcp__wards'], {
    cwd: clinic.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: clinic.directory,
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: 'stand-in',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // Its tools are given to the model at once, not searched for.
      ENABLE_TOOL_SEARCH: 'false',
    },
    timeout: 60_000,
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.match(out, /done/, errors);
}

test('an answer is masked, and a refusal is read as it was said', options, async () => {
  const query = (sql: string): Call => ({ name: 'mcp__ehr__query', input: { sql } });
  await ask(query('SELECT first, ssn FROM patients WHERE id = 1'), query("SELECT id FROM patients WHERE ssn = '1'"));
  const [masked = '', refused = ''] = told;
  assert.match(masked, /\*\*\*-\*\*-6789/);
  assert.doesNotMatch(masked, /Zebulon|123-45-6789/);
  assert.match(refused, /class ssn, which rule analysts-read-masked does not grant/);
});

test('a held call is read with its approval, and the same call runs once it is approved', options, async () => {
  const wipe = { name: 'mcp__wards__wipe', input: { ward: 7 } };
  await ask(wipe);
  const [held = ''] = told;
  const [id = ''] = /a_[0-9A-Z]{26}/.exec(held) ?? [];
  assert.ok(held.includes(`/approvals/${id}`) && /same arguments once it is approved/.test(held), held);
  const decided = await fetch(new URL(`/api/v1/approvals/${id}/verdict`, clinic.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ effect: 'approve', reason: 'fine' }),
  });
  assert.equal(decided.status, 200, await decided.text());
  assert.equal(await readFile(runsFile, 'utf8'), '', 'nobody has called since');
  await ask(wipe);
  assert.match(told[0] ?? '', /wiped ward 7/);
  assert.match(await readFile(runsFile, 'utf8'), /^\d+ wipe 7\n$/);
});
