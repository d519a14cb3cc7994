// A Presidio analyzer, as an HTTP server that speaks its /analyze: what it names is masked wherever it recurs; when it is slow,
// away or talks nonsense, sentences do not pass.

import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { after, afterEach, test } from 'node:test';
import { createPresidio } from '../../src/adapters/presidio/recognizer.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { Json } from '../../src/core/json.ts';
import { maskingWith } from '../../src/gateway/recognition.ts';
import { RulesInForce } from '../../src/gateway/rules-in-force.ts';
import { operatorFor } from '../../src/masking/operators.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { parse, problemsOf } from '../config/parts.ts';

interface Question {
  readonly text: string;
  readonly language: string;
  readonly score_threshold: number;
}

const servers: Server[] = [];
const failures: string[] = [];
afterEach(() => failures.splice(0));
after(() => servers.forEach((server) => server.close().closeAllConnections()));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return `http://127.0.0.1:${address.port}`;
}

/** Answers as the analyzer does: offsets in code points. */
function analyzer(find: (question: Question) => unknown): RequestListener {
  return (request, response) => {
    assert.equal(`${request.method} ${request.url}`, 'POST /analyze');
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify(find(JSON.parse(body)))));
  };
}

function person(name: string, entity = 'PERSON'): (question: Question) => unknown {
  return ({ text, language }) => {
    assert.equal(language, 'en');
    const start = Array.from(text.slice(0, Math.max(0, text.indexOf(name)))).length;
    return text.includes(name)
      ? [{ entity_type: entity, start, end: start + Array.from(name).length, score: 0.85 }]
      : [];
  };
}

async function rulesFor(url: string, more = '', timeout = '20s'): Promise<RulesInForce> {
  const parsed = parse(
    `listen: { http: 127.0.0.1:0 }\nconnections: {}\ndetectors: { presidio: { url: "${url}", timeout: ${timeout}${more} } }\n`,
  );
  assert.ok(parsed.ok, JSON.stringify(!parsed.ok && parsed.error));
  const policy = compilePolicy(parsed.value.config.policy);
  assert.ok(policy.ok);
  return new RulesInForce(parsed.value.config, policy.value, new Uint8Array(32), { now: () => Date.UTC(2026, 0, 1) });
}

async function masked(
  url: string,
  message: Json,
  unmask: Decision['obligations']['unmask'] = [],
  more = '',
  timeout = '20s',
): Promise<Json> {
  const rules = await rulesFor(url, more, timeout);
  const maskFor = maskingWith({
    viewOf: (decision) => rules.viewOf(decision),
    recognizers: () => (rules.config.detectors.presidio ? [createPresidio(rules.config.detectors.presidio)] : []),
    onFailure: (text) => failures.push(text),
  });
  const decision: Decision = {
    effect: 'allow',
    rule: null,
    obligations: { unmask, filter: [], rowsMax: null },
  } as never;
  const counts = {};
  return (await maskFor(message))(message, decision, counts);
}

const message = {
  content: [{ type: 'text', text: '🏥 met by copper kettle at noon, then copper kettle left' }],
  other: 'copper kettle',
};

test('what it names is masked wherever it stands, by its class, for who does not see the class', async () => {
  const url = await serve(analyzer(person('copper kettle')));
  const [plain, named] = [
    JSON.stringify(message).replaceAll('copper kettle', '[NAME]'),
    JSON.stringify(await masked(url, message)),
  ];
  assert.equal(named, plain);
  assert.deepEqual(await masked(url, message, ['name']), message);
  assert.equal(JSON.stringify(await masked(url, message, [], ', classes: { PERSON: clear }')), JSON.stringify(message));
  const other = await serve(analyzer(person('copper kettle', 'SOMETHING_NEW')));
  assert.match(JSON.stringify(await masked(other, message)), /met by \[OTHER_ID\] at noon/);
  assert.deepEqual(failures, []);
});

test('what it names is a word of its own, and nothing within another', async () => {
  const url = await serve(analyzer(person('zib')));
  assert.deepEqual(await masked(url, ['zib and zibber, (zib)']), ['[NAME] and zibber, ([NAME])']);
});

test('slow, away, or nonsense: no sentence passes, and the gate says so', async () => {
  const slow = await serve(() => {});
  const nonsense = [
    'null',
    '[{}]',
    '[{"entity_type":"PERSON","start":0,"end":4000}]',
    '[{"entity_type":"PERSON","start":3,"end":1}]',
    '<html>',
    '['.repeat(5_000_000),
  ];
  const urls = [slow, 'http://127.0.0.1:9'];
  for (const body of nonsense) urls.push(await serve((_request, response) => response.end(body)));
  urls.push(await serve((_request, response) => response.writeHead(500).end('[]')));
  urls.push(await serve((_request, response) => response.writeHead(302, { location: slow }).end()));
  for (const [at, url] of urls.entries()) {
    const told = await masked(url, message, [], '', '300ms');
    assert.deepEqual(told, { content: [{ type: 'text', text: '[NOTE]' }], other: 'copper kettle' }, String(at));
    assert.match(failures.at(-1) ?? '', at === 0 ? /is too slow/ : /^The Presidio analyzer is /);
    assert.doesNotMatch(failures.join(''), /copper/);
  }
  assert.deepEqual(await masked(slow, message, ['note'], '', '300ms'), message, 'who sees notes sees them');
  const long = await masked(slow, ['word '.repeat(50_000)], [], '', '300ms');
  assert.deepEqual(long, ['[NOTE]']);
});

test('rows are not asked about: a note in them is redacted while an analyzer is configured', async () => {
  const rules = await rulesFor('http://127.0.0.1:9');
  const view = rules.viewOf({ obligations: { unmask: [], filter: [], rowsMax: null } });
  assert.equal(operatorFor('note', view.rules), 'redact');
});

test('the configuration: an address, classes there are, a score from 0 to 1', () => {
  const at = (text: string): string[] =>
    problemsOf(`listen: { http: 127.0.0.1:0 }\nconnections: {}\ndetectors: { presidio: ${text} }\n`).map(
      (each) => each.path,
    );
  assert.deepEqual(at('{ url: ftp://x }'), ['detectors.presidio.url']);
  assert.deepEqual(at('{ url: http://p, score: 2 }'), ['detectors.presidio.score']);
  assert.deepEqual(at('{ url: http://p, classes: { PERSON: nmae } }'), ['detectors.presidio.classes.PERSON']);
});
