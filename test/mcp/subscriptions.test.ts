// News of a server, of lists that changed and of resources: in each of the four combinations of versions, to whom policy
// lets have them, masked.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { eventually } from '../parts/eventually.ts';
import { phiText, serveFixture } from './fixture-server.ts';
import { at, connect, openGate } from './gate.ts';
import { post } from './raw-client.ts';

const version = '2026-07-28';
const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A server whose news the test makes. */
function newsroom(): {
  readonly create: () => McpServer;
  readonly tell: (method: string, params?: object) => void;
  readonly subscribed: string[];
} {
  const servers: McpServer[] = [];
  const subscribed: string[] = [];
  return {
    subscribed,
    create: () => {
      const server = new McpServer(
        { name: 'newsroom', version: '1' },
        { capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } } },
      );
      server.registerTool('read_chart', { annotations: { readOnlyHint: true } }, () => ({
        content: [{ type: 'text', text: phiText }],
      }));
      server.registerResource('chart', 'chart://one', {}, (uri) => ({ contents: [{ uri: uri.href, text: phiText }] }));
      server.server.setRequestHandler('resources/subscribe', ({ params }) => {
        subscribed.push(params.uri);
        return {};
      });
      server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
        subscribed.splice(subscribed.indexOf(params.uri), 1);
        return {};
      });
      servers.push(server);
      return server;
    },
    tell: (method, params = {}) => {
      for (const server of servers) void server.server.notification({ method, params } as never).catch(() => {});
    },
  };
}

/** Everything said on one `subscriptions/listen`. */
async function listen(
  url: URL,
  notifications: object,
  person = 'ana',
): Promise<{ readonly said: unknown[]; stop: () => void }> {
  const over = new AbortController();
  const method = 'subscriptions/listen';
  const headers = { 'mcp-protocol-version': version, 'mcp-method': method };
  const message = { id: 'news-1', method, params: { _meta: meta, notifications } };
  const response = await post(url, message, { person, headers, signal: over.signal });
  const said: unknown[] = [];
  void (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (response.headers.get('content-type') === 'application/json') {
        said.push(JSON.parse(text));
        return;
      }
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data) said.push(JSON.parse(data));
      }
    }
  })().catch(() => {});
  return { said, stop: () => over.abort() };
}

const marked = (message: unknown): unknown => at(message, 'params', '_meta', 'io.modelcontextprotocol/subscriptionId');

/** What came after the acknowledgement, each kind once. */
function newsIn(said: readonly unknown[]): string[] {
  const kind = (each: unknown): string =>
    [at(each, 'method'), at(each, 'params', 'uri') ?? '', marked(each)].map(String).join(' ');
  return [...new Set(said.slice(1).map(kind))].toSorted();
}

describe('news of a server with sessions', () => {
  it('reaches a client without, under the id of its subscription, as far as it asked and policy lets it', async () => {
    const { create, tell, subscribed } = newsroom();
    const remote = await serveFixture({ create });
    const gate = await openGate({ httpUpstream: remote.url });
    try {
      const wanted = { toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['chart://one'] };
      const { said, stop } = await listen(gate.url('remote'), wanted);
      await eventually(() => said.length > 0, 'it is acknowledged');
      assert.equal(at(said[0], 'method'), 'notifications/subscriptions/acknowledged');
      assert.equal(marked(said[0]), 'news-1');
      assert.deepEqual(at(said[0], 'params', 'notifications'), {
        toolsListChanged: true,
        resourceSubscriptions: ['chart://one'],
      });
      assert.deepEqual(subscribed, ['chart://one']);
      // What is told before the server's own stream is open reaches nobody: so it is told until it does.
      await eventually(() => {
        tell('notifications/resources/list_changed');
        tell('notifications/resources/updated', { uri: 'chart://two' });
        tell('notifications/tools/list_changed');
        tell('notifications/resources/updated', { uri: 'chart://one' });
        return said.length >= 5;
      }, 'the news arrives');
      assert.deepEqual(newsIn(said), [
        'notifications/resources/updated chart://one news-1',
        'notifications/tools/list_changed  news-1',
      ]);
      stop();
      await eventually(() => subscribed.length === 0, 'the server is told that nobody listens');
      const secret = await listen(gate.url('remote'), { resourceSubscriptions: ['secret://one'] });
      await eventually(() => secret.said.length > 0, 'a refusal');
      assert.equal(at(secret.said[0], 'error', 'data', 'code'), 'no_matching_rule');
      assert.deepEqual(subscribed, []);
      const none = await listen(gate.url('remote'), {});
      await eventually(() => none.said.length >= 2, 'nothing to listen for is an end');
      assert.equal(at(none.said[1], 'result', 'resultType'), 'complete');
    } finally {
      await gate.close();
      await remote.close();
    }
  });
});

describe('news of a server without sessions', () => {
  it('reaches clients with sessions and without', async () => {
    const { create } = newsroom();
    const handler = createMcpHandler(create, { legacy: 'reject' });
    const remote = await serveFixture({ handler });
    const gate = await openGate({ httpUpstream: remote.url });
    try {
      const wanted = { toolsListChanged: true, resourceSubscriptions: ['chart://one'] };
      const { said, stop } = await listen(gate.url('remote'), wanted);
      await eventually(() => said.length > 0, 'it is acknowledged');
      await using client = await connect(gate, 'remote');
      const heard: string[] = [];
      client.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('tools'));
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
      await client.subscribeResource({ uri: 'chart://one' });
      await assert.rejects(client.subscribeResource({ uri: 'secret://one' }), /No rule/);
      await eventually(() => {
        handler.notify.toolsChanged();
        handler.notify.resourceUpdated('chart://one');
        handler.notify.resourceUpdated('chart://two');
        return said.length >= 5 && heard.length >= 4;
      }, 'the news arrives');
      assert.deepEqual([...new Set(heard)].toSorted(), ['chart://one', 'tools']);
      assert.deepEqual(newsIn(said), [
        'notifications/resources/updated chart://one news-1',
        'notifications/tools/list_changed  news-1',
      ]);
      stop();
    } finally {
      await gate.close();
      await remote.close();
    }
  });
});
