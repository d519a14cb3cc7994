// `chartgate detect --config`: the operator's own rules and a Presidio analyzer over HTTP. A text that the analyzer did not answer
// for is not shown, and the command says so.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, test } from 'node:test';
import { detect } from '../../src/cli/detect.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-detect-'));
const servers: ReturnType<typeof createServer>[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(directory, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return `http://127.0.0.1:${address.port}`;
}

function configWith(detectors: string): string {
  const file = join(directory, 'chartgate.yaml');
  writeFileSync(file, `listen: { http: 127.0.0.1:0 }\nconnections: {}\ndetectors: ${detectors}\n`);
  return file;
}

interface Outcome {
  readonly exit: number;
  readonly answers: readonly { readonly text: string; readonly spans: readonly unknown[] }[];
  readonly said: string;
}

function run(config: string, ...texts: readonly string[]): Promise<Outcome> {
  return runOn(
    texts.map((text) => `${JSON.stringify({ text })}\n`),
    config,
  );
}

async function runOn(chunks: readonly (string | Buffer)[], config?: string): Promise<Outcome> {
  const written = ['', ''];
  const [stdout, stderr] = [0, 1].map(
    (at) =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          written[at] += chunk.toString();
          done();
        },
      }),
  );
  assert.ok(stdout && stderr);
  const io = { env: {}, cwd: directory, stdin: Readable.from(chunks), stdout, stderr };
  const exit = await detect(io, config === undefined ? {} : { config });
  const lines = (written[0] ?? '').split('\n').filter((line) => line !== '');
  return { exit, answers: lines.map((line) => JSON.parse(line) as Outcome['answers'][number]), said: written[1] ?? '' };
}

const rule = 'rules: [{ name: bed, pattern: "B\\\\.\\\\d{4}", class: other_id }]';

test('finds what the rules and the analyzer of the configuration name', async () => {
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { text } = JSON.parse(body) as { text: string };
      const start = text.indexOf('copper kettle');
      response.end(JSON.stringify(start < 0 ? [] : [{ entity_type: 'PERSON', start, end: start + 13 }]));
    });
  });
  const file = configWith(`{ ${rule}, presidio: { url: "${url}", timeout: 20s } }`);
  const { exit, answers, said } = await run(file, 'met copper kettle in bed B.4711', 'no edema today');
  assert.deepEqual([exit, said], [0, '']);
  assert.deepEqual(
    answers.map((each) => each.text),
    ['met [NAME] in bed [OTHER_ID]', 'no edema today'],
  );
});

test('slow, away or talking nonsense: the text is not shown, the line is named, and the others go on', async () => {
  let asked = 0;
  const slowOnce = await serve((_request, response) => {
    if (++asked > 1) response.end('[]');
  });
  const nonsense = await serve((_request, response) => response.end('[{"entity_type":"PERSON","start":0,"end":4000}]'));
  for (const [url, why] of [
    [slowOnce, /line 1: .*too slow/],
    ['http://127.0.0.1:9', /line 1: .*away/],
    [nonsense, /line 1: .*makes no sense/],
  ] as const) {
    const { exit, answers, said } = await run(
      configWith(`{ presidio: { url: "${url}", timeout: 1s } }`),
      'met copper kettle at noon',
      'no edema today',
    );
    assert.deepEqual(answers[0], { text: '[NOTE]', spans: [{ start: 0, end: 25, type: 'note' }] });
    assert.equal(answers[1]?.text, url === slowOnce ? 'no edema today' : '[NOTE]');
    assert.match(said, why);
    assert.doesNotMatch(said, /copper/);
    assert.equal(exit, 69);
  }
});

test('a model that is not there, or a configuration that is none, stops it before the first line', async () => {
  const { exit, answers } = await run(configWith('{ onnx: { model: /nowhere } }'), 'met copper kettle at noon');
  assert.notEqual(exit, 0);
  assert.deepEqual(answers, []);
  assert.notEqual((await run(join(directory, 'none.yaml'), 'met copper kettle')).exit, 0);
});

test('a line ends at a line feed and nowhere else, however its bytes come', async () => {
  const texts = ['call\u2028415-555-2671', 'call\u2029\u0085415-555-2671', '😀 call 415-555-2671'];
  const bytes = Buffer.from(`\ufeff${texts.map((text) => JSON.stringify({ text })).join('\r\n\n')}`);
  const { exit, answers, said } = await runOn(Array.from(bytes, (byte) => Buffer.of(byte)));
  assert.deepEqual([exit, said], [0, '']);
  assert.deepEqual(
    answers.map(({ text }) => text),
    texts.map((text) => text.replace('415-555-2671', '[PHONE]')),
  );
});

test('bytes that are no UTF-8 end the run: what they stood for would be lost', async () => {
  const { exit, answers, said } = await runOn([
    '{"text":"fine"}\n',
    Buffer.from([0x7b, 0x22, 0x74, 0x65, 0x78, 0x74, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d, 0x0a]),
  ]);
  assert.deepEqual([exit, answers.length], [65, 1]);
  assert.match(said, /^line 2: expected .* in UTF-8\n$/);
});
