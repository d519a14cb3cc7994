// Names that a server or a client gives, as records have them: an entry is bounded and cannot be taken back, so that nobody is named
// in one, and no name is too long for one.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { boundedName, recordedName } from '../../src/gateway/recorded-name.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { greet, post } from './raw-client.ts';

const ssn = '219-09-9999';
const long = 'x'.repeat(70_000);

describe('a name in a record', () => {
  it('names nobody', () => {
    for (const name of [
      `chart of ${ssn}`,
      `chart:{${ssn}}`,
      `chart:${ssn}`,
      `https://h.example/${ssn}/{id}`,
      `data:,SSN ${ssn}`,
    ])
      assert.doesNotMatch(recordedName(name), /9999/, name);
    assert.doesNotMatch(recordedName('https://h.example/Zebulon%20Quartermain/{id}'), /Quartermain/);
  });

  it('is as it was where it is a name of something', () => {
    for (const name of [
      'get_weather',
      'API-post-search',
      'ui://widget/index.html',
      'file:///{path}',
      'postgres://ehr/{table}',
      '',
    ])
      assert.equal(recordedName(name), name);
  });

  it('is bounded, and a text', () => {
    const odd = `${'x'.repeat(255)}\u{1f600}${'x'.repeat(255)}`;
    assert.ok(boundedName(odd).isWellFormed());
    for (const name of [long, odd, `x://${long}`]) assert.ok(recordedName(name).length < 300);
  });
});

const script = `
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const tool = (name) => ({ name, annotations: { readOnlyHint: true }, inputSchema: { type: 'object' } });
const results = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {}, prompts: {}, resources: {} }, serverInfo: { name: 'odd', version: '1' } },
  'tools/list': { tools: [tool('chart of ${ssn}'), tool('x'.repeat(70000))] },
  'prompts/list': { prompts: [{ name: 'letter to ${ssn}' }, { name: 'x'.repeat(70000) }] },
  'resources/templates/list': { resourceTemplates: [{ name: 'a', uriTemplate: 'chart:{${ssn}}' }] },
  'tools/call': { content: [] },
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id !== undefined) say({ id, result: results[method] });
});`;

describe('the log', () => {
  let clinic: Clinic;
  before(async () => {
    clinic = await startClinic();
    const command = JSON.stringify([process.execPath, '-e', script]);
    await clinic.writeConfig((config) =>
      config
        .replace(/ {2}ehr-tools: .*\n/, `  ehr-tools: { type: mcp, command: ${command} }\n`)
        .replace(/^( *)rules:\n/m, '$1rules:\n$1  - { name: any-tool, connections: [ehr-tools], allow: true }\n'),
    );
    await clinic.startGate();
  });
  after(() => clinic.stop());

  it('has no identifier in clear that a server or a client made a name of, and no name ends a session', async () => {
    const url = `${clinic.url}/mcp/ehr-tools`;
    const person = await clinic.token('ana');
    const { headers } = await greet(url, '2025-11-25', { person, clientInfo: { name: long, version: '1' } });
    const asked: readonly (readonly [method: string, params: object])[] = [
      ['tools/list', {}],
      ['prompts/list', {}],
      ['resources/templates/list', {}],
      ['tools/call', { name: `chart of ${ssn}` }],
      ['tools/call', { name: long }],
    ];
    for (const [id, [method, params]] of asked.entries()) {
      const answer = await post(url, { id, method, params }, { person, headers });
      assert.equal(answer.status, 200, method);
      assert.match(await answer.text(), /"result"/, method);
    }
    await greet(url, '2025-11-25', { person, clientInfo: { name: `Claude of ${ssn}`, version: ssn } });
    const files = await readdir(clinic.state, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((each) => each.isFile()).map((each) => readFile(join(each.parentPath, each.name), 'latin1')),
    );
    assert.ok(texts.some((each) => each.includes('"client":"Claude of [SSN]"')));
    assert.ok(texts.some((each) => each.includes('"tool.pinned"') && each.includes('chart of [')));
    assert.deepEqual(
      texts.filter((each) => each.includes(ssn)),
      [],
    );
  });
});
