// Shapes of messages from a real server through a real gate, in every kind of message there is.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isJsonObject, type Json, type JsonObject, listOf } from '../../../src/core/json.ts';
import { openGate, type TestGate } from '../gate.ts';
import { greet, post } from '../raw-client.ts';
import { type Saying, type SayingServer, sayingServer } from './saying-server.ts';
import { leftOf, type Shape } from './written.ts';

/** The one text or value of a shape, where it has no more than that. */
function sayingOf(message: JsonObject): Saying | null {
  const { content, structuredContent, ...more } = message;
  if (Object.keys(more).length > 0) return null;
  if (structuredContent !== undefined && listOf(content).length === 0)
    return { text: JSON.stringify(structuredContent), value: structuredContent };
  const [item, ...others] = listOf(content);
  if (others.length > 0 || structuredContent !== undefined || item === undefined || !isJsonObject(item)) return null;
  const { type, text: words, ...besides } = item;
  return type === 'text' && typeof words === 'string' && Object.keys(besides).length === 0
    ? { text: words, value: words }
    : null;
}

/** A short number may be an id's, too. */
function withoutIds(message: string): string {
  return message.replace(/"id":(?:"[^"]*"|\d+)|^id: .*$/gm, '');
}

/** Each kind gets one of so many of them, another kind others. */
export function describeThroughGate(shapes: readonly Shape[], oneOf: number): void {
  describe('through a gate, in every kind of message', () => throughGate(shapes, oneOf));
}

function throughGate(shapes: readonly Shape[], oneOf: number): void {
  const said = shapes.flatMap(([name, message, gone]) => {
    const saying = sayingOf(message);
    return saying ? [{ name, saying, gone }] : [];
  });
  let server: SayingServer;
  let gate: TestGate;
  let headers: Record<string, string> = {};
  let id = 0;

  const say = (message: object): Promise<Response> => post(gate.url('remote'), message, { headers });

  /** All that the client was sent; `answer`: what it answers when it is asked. */
  const exchange = async (method: string, params: object, answer: object = {}): Promise<string> => {
    const response = await say({ id: ++id, method, params });
    let all = '';
    for await (const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(
      new TextDecoderStream(),
    )) {
      all += chunk;
      const asked = /"id":"(gate-\d+)"/.exec(chunk)?.[1];
      if (asked !== undefined) await (await say({ id: asked, result: answer })).text();
    }
    return all;
  };

  before(async () => {
    server = await sayingServer(said.map(({ saying }) => saying));
    gate = await openGate({ httpUpstream: server.url });
    ({ headers } = await greet(gate.url('remote'), '2025-06-18', { capabilities: { sampling: {}, elicitation: {} } }));
  });
  after(async () => {
    await gate.close();
    server.close();
  });

  const call = (name: string, at: number, answer?: object): Promise<string> =>
    exchange('tools/call', { name, arguments: { at }, _meta: { progressToken: 't' } }, answer);
  const kinds: Readonly<Record<string, (at: number, saying: Saying) => Promise<string>>> = {
    text: (at) => call('text', at),
    structuredContent: (at) => call('structured', at),
    'a failed tool': (at) => call('failed', at),
    'an error': (at) => call('refused', at),
    progress: (at) => call('progress', at),
    'a log message': (at) => call('log', at),
    'an elicitation': (at) => call('ask', at, { action: 'decline' }),
    'a sampling request': (at) =>
      call('sample', at, { role: 'assistant', model: 'm', content: { type: 'text', text: '' } }),
    'a resource': (at) => exchange('resources/read', { uri: `chart:${at}` }),
    'a prompt': (at) => exchange('prompts/get', { name: 'summarize', arguments: { at: String(at) } }),
    'a completion': (at) =>
      exchange('completion/complete', {
        ref: { type: 'ref/prompt', name: 'summarize' },
        argument: { name: 'at', value: '' },
        arguments: { at },
      }),
    'a sampled answer': async (at, { text: words }) => {
      const from = server.told.length;
      await call('sample', at, { role: 'assistant', model: 'm', content: { type: 'text', text: words } });
      return server.told.slice(from).join('\n');
    },
    'an elicited answer': async (at, { text: words }) => {
      const from = server.told.length;
      await call('ask', at, { action: 'accept', content: { a: words } });
      return server.told.slice(from).join('\n');
    },
  };
  for (const [turn, [kind, sent]] of Object.entries(kinds).entries()) {
    it(`is gone from ${kind}`, async () => {
      const left: Json[] = [];
      for (const [at, { name, saying, gone }] of said.entries()) {
        if ((at + turn) % oneOf !== 0) continue;
        const got = withoutIds(await sent(at, saying));
        assert.ok(got.length > 0, `${kind} of ${name}`);
        const shown = leftOf(got, gone).filter((each) => !each.includes('\\'));
        if (shown.length > 0) left.push([name, ...shown]);
      }
      assert.deepEqual(left, []);
    });
  }
}
