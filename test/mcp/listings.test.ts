// Lists as one subject sees them: each item under the rule that its use would be under; and news of lists that changed while
// nobody listened.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/core/decide.ts';
import type { CompiledRule } from '../../src/core/decision.ts';
import type { Facts } from '../../src/core/facts.ts';
import { eventually } from '../parts/eventually.ts';
import { at, connect, connectStateless, openGate, policy } from './gate.ts';
import { greet, heardOn, listen, messagesIn, post } from './raw-client.ts';

const ssn = '123-45-6789';

const script = `
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const tool = (name) => ({ name, description: 'of ${ssn}', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } });
  const lists = {
    'tools/list': { tools: ['shown', 'plain', 'asks', 'late'].map(tool), _meta: { note: 'SSN ${ssn}' } },
    'prompts/list': { prompts: [{ name: 'summarize', description: 'of ${ssn}' }] },
    'resources/list': { resources: ['chart://1', 'chart://2'].map((uri) => ({ uri, name: 'SSN ${ssn}' })) },
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    const capabilities = { tools: { listChanged: true }, resources: { listChanged: true }, prompts: { listChanged: true } };
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'x', version: '1' } } });
    else if (method === 'notifications/initialized') for (const each of ['tools', 'tools', 'prompts', 'tools'])
      say({ method: 'notifications/' + each + '/list_changed', params: { of: '${ssn}' } });
    else if (lists[method]) say({ id, result: lists[method] });
    else if (id !== undefined) say({ id, result: {} });
  });`;

const rule = (name: string, unmask: 'all' | [], when: (facts: Facts) => boolean | null): CompiledRule => ({
  name,
  subjects: null,
  connections: null,
  when: (facts) => {
    const value = when(facts);
    return value === null ? { kind: 'error', text: 'unknown' } : { kind: 'value', value };
  },
  effect: { kind: 'allow', obligations: { unmask, filter: [], rowsMax: null } },
});

const conditional = {
  ...policy,
  rules: [
    rule('everything', [], () => true),
    rule('one tool', 'all', ({ mcp }) => mcp.tool.name === 'shown'),
    rule('one chart', 'all', ({ mcp }) => mcp.resource.uri === 'chart://2'),
    rule('one prompt', 'all', ({ mcp }) => mcp.prompt.name === 'summarize'),
    // What is asked for is not known when it is listed.
    rule('by argument', 'all', ({ mcp }) => (mcp.tool.name === 'asks' ? (mcp.arguments ? true : null) : false)),
  ],
};

describe('a list', () => {
  it('shows of each item what a rule with a condition unmasks of its use, and no more', async () => {
    const gate = await openGate({
      command: [process.execPath, '-e', script],
      preview: (facts) => decide(facts, conditional),
    });
    try {
      for (const enter of [connect, connectStateless]) {
        await using client = await enter(gate, 'other');
        const { tools, _meta: meta } = await client.listTools();
        const shown = tools.filter(({ description }) => description?.includes(ssn)).map(({ name }) => name);
        assert.deepEqual(
          tools.map(({ name }) => name),
          ['shown', 'plain', 'asks', 'late', ...(tools.length > 4 ? ['approval_status'] : [])],
        );
        assert.deepEqual(shown, ['shown']);
        assert.doesNotMatch(JSON.stringify(meta ?? {}), new RegExp(ssn));
        const { resources } = await client.listResources();
        assert.deepEqual(
          resources.map(({ uri, name }) => [uri, name.includes(ssn)]),
          [
            ['chart://1', false],
            ['chart://2', true],
          ],
        );
        assert.match((await client.listPrompts()).prompts[0]?.description ?? '', new RegExp(ssn));
      }
    } finally {
      await gate.close();
    }
  });
});

describe('news of a list', () => {
  it('that comes before anybody listens is told once, when somebody does', async () => {
    const gate = await openGate({ command: [process.execPath, '-e', script] });
    const over = new AbortController();
    try {
      const url = gate.url('other');
      const { headers } = await greet(url, '2025-11-25');
      await (await post(url, { method: 'notifications/initialized' }, { headers })).text();
      // What an answered request is behind of has been said, or, where it came while that was open, told with its answer.
      const besides = await (await post(url, { id: 2, method: 'resources/list' }, { headers })).text();
      const heard = heardOn(await listen(url, { headers, signal: over.signal }));
      const methods = (events: readonly unknown[]): string[] => events.map((each) => String(at(each, 'method')));
      const news = ['notifications/prompts/list_changed', 'notifications/tools/list_changed'];
      const told = new Set(methods(messagesIn(besides)));
      const left = news.filter((each) => !told.has(each));
      await eventually(() => left.every((each) => methods(heard).includes(each)), 'both kinds');
      const once = methods(heard);
      assert.equal(new Set(once).size, once.length, 'each once');
      assert.ok(
        once.every((each) => news.includes(each)),
        once.join(),
      );
      assert.doesNotMatch(JSON.stringify(heard) + besides, new RegExp(ssn));
    } finally {
      over.abort();
      await gate.close();
    }
  });
});
