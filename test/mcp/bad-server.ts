// A server that breaks the protocol on demand. Speaks stdio; what it does wrong is the name of the tool that is called.

import { createInterface } from 'node:readline';

const say = (message: unknown): boolean =>
  process.stdout.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
const result = (id: unknown, value: object): unknown => ({ jsonrpc: '2.0', id, result: value });
const tools = 'garbage_first flood_garbage answer_twice answer_badly never die_mid_line oversize flood_logs'.split(' ');
const mode = process.argv[2];

const answers: Readonly<Record<string, (id: number) => void>> = {
  garbage_first: (id) => {
    say('Debugger attached.');
    say(result(999_999, { content: [] }));
    say(result(id, { content: [{ type: 'text', text: 'fine' }] }));
  },
  flood_garbage: () => {
    for (let line = 0; line < 500; line++) say('not json');
  },
  answer_twice: (id) => {
    say(result(id, { content: [{ type: 'text', text: 'first' }] }));
    say(result(id, { content: [{ type: 'text', text: 'second' }] }));
  },
  answer_badly: (id) => say(`{"jsonrpc":"2.0","id":${id},"result":"a string"}`),
  never: () => {},
  die_mid_line: (id) => process.stdout.write(`{"jsonrpc":"2.0","id":${id},"resu`, () => process.exit(1)),
  oversize: (id) => say(`{"jsonrpc":"2.0","id":${id},"result":{"deep":${'['.repeat(100_000)}`),
  flood_logs: (id) => {
    for (let n = 0; n < 2_000; n++) {
      say({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: `line ${n}` } });
    }
    say(result(id, { content: [{ type: 'text', text: 'flooded' }] }));
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const request: { id: number; method: string; params?: { name?: string } } = JSON.parse(line);
  const { id, method, params } = request;
  if (method === 'initialize') {
    if (mode === 'old') say(result(id, { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: {} }));
    else if (mode !== 'mute')
      say(
        result(id, {
          protocolVersion: '2024-11-05',
          capabilities: { tools: {} },
          serverInfo: { name: 'bad', version: '0' },
        }),
      );
  } else if (method === 'tools/list') {
    say(
      result(id, {
        tools: tools.map((name) => ({ name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } })),
      }),
    );
  } else if (method === 'tools/call') {
    answers[params?.name ?? '']?.(id);
  }
});
if (mode === 'stubborn') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1_000);
}
