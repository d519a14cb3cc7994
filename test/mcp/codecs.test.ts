// The MCP codecs: total on any bytes, the same at any split point, and strict where two readers could disagree.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Json } from '../../src/core/json.ts';
import { isAddressedToUs } from '../../src/wire/http/addressed.ts';
import { EventStreamDecoder, encodeEvent, type ServerSentEvent } from '../../src/wire/mcp/event-stream.ts';
import { decodeMessage, encodeMessage, type JsonRpcMessage } from '../../src/wire/mcp/json-rpc.ts';
import { parseJsonText } from '../../src/wire/mcp/json-text.ts';
import { accepts, bearerOf, isJson } from '../../src/wire/mcp/streamable-http.ts';

const bounds = { bytesMax: 100_000, depthMax: 64, exactIntegers: true };
const utf8 = new TextEncoder();

function eventsOf(chunks: readonly Uint8Array[]): ServerSentEvent[] | string {
  const decoder = new EventStreamDecoder(10_000);
  const all: ServerSentEvent[] = [];
  for (const chunk of chunks) {
    const events = decoder.push(chunk);
    if (!events.ok) return events.error.code;
    all.push(...events.value);
  }
  return all;
}

describe('EventStreamDecoder', () => {
  const stream =
    '\ufeffevent: message\r\nid: 7\rdata: {"a":"grüße 🎈"}\n\n: comment\n\ndata:one\ndata: two\r\n\r\nevent: other\ndata\n\nretry: 5\nid: 8\n\ndata: last\n\nunfinished: yes';
  const whole: ServerSentEvent[] = [
    { event: 'message', data: '{"a":"grüße 🎈"}', id: '7' },
    { event: 'message', data: 'one\ntwo', id: '7' },
    { event: 'other', data: '', id: '7' },
    { event: 'message', data: 'last', id: '8' },
  ];

  it('finds the same events at every split into two and three', () => {
    const bytes = utf8.encode(stream);
    assert.deepEqual(eventsOf([bytes]), whole);
    for (let a = 0; a <= bytes.length; a++) {
      assert.deepEqual(eventsOf([bytes.subarray(0, a), bytes.subarray(a)]), whole, `split at ${a}`);
      for (let b = a; b <= bytes.length; b += 7) {
        assert.deepEqual(
          eventsOf([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)]),
          whole,
          `split at ${a}, ${b}`,
        );
      }
    }
    assert.deepEqual(eventsOf([...bytes].map((byte) => new Uint8Array([byte]))), whole);
  });

  it('reads back any message that was encoded', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, cut) => {
        const bytes = utf8.encode(encodeEvent(json));
        const at = cut % (bytes.length + 1);
        const events = eventsOf([bytes.subarray(0, at), bytes.subarray(at)]);
        assert.deepEqual(events, [{ event: 'message', data: json, id: null }]);
      }),
    );
  });

  it('is total on any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => void eventsOf(chunks)),
    );
  });

  it('holds no more than its limit', () => {
    assert.equal(eventsOf([utf8.encode(`data: ${'x'.repeat(10_001)}`)]), 'too_large');
    assert.equal(eventsOf(Array.from({ length: 2_000 }, () => utf8.encode('data: xxxxx\n'))), 'too_large');
    assert.equal(eventsOf([new Uint8Array([0xff])]), 'malformed');
  });
});

describe('parseJsonText', () => {
  const parse = (text: string | Uint8Array, more: Partial<typeof bounds> = {}) =>
    parseJsonText(typeof text === 'string' ? utf8.encode(text) : text, { ...bounds, ...more });

  it('agrees with JSON.parse on what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        const parsed = parse(text, { exactIntegers: false });
        if (parsed.ok) assert.deepEqual(parsed.value, JSON.parse(text));
        else assert.match(parsed.error.text, /surrogate/);
      }),
    );
  });

  it('never accepts what JSON.parse would not, whatever is changed in a valid text', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', '[', ',', ':', '\\', '0', '-', '\u0000'),
        (json, where, what) => {
          const at = where % (json.length + 1);
          const text = json.slice(0, at) + what + json.slice(at + (where % 2));
          const parsed = parse(text);
          if (parsed.ok) assert.deepEqual(parsed.value, JSON.parse(text));
        },
      ),
    );
  });

  it('is total on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parse(bytes)));
  });

  it('refuses a member named twice, at any depth and however written, and only then', () => {
    for (const text of ['{"a":1,"a":2}', '[{"b":{"a":1,"\\u0061":2}}]', '{"__proto__":1,"__proto__":2}']) {
      assert.equal(parse(text).ok, false, text);
    }
    for (const text of [
      '{"a":{"a":1},"b":{"a":"a"}}',
      '["a","a"]',
      '{"a":"a","b":["a",{"a":1}]}',
      '{"__proto__":{"x":1}}',
    ]) {
      assert.equal(parse(text).ok, true, text);
    }
    const parsed = parse('{"__proto__":{"x":1}}');
    assert.ok(parsed.ok && Object.hasOwn(Object(parsed.value), '__proto__') && !('x' in Object(parsed.value)));
  });

  it('bounds size and depth before it parses', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.ok(parse(nested(64)).ok);
    const deep = parse(nested(65));
    assert.ok(!deep.ok && deep.error.code === 'too_large');
    const large = parse(`"${'x'.repeat(100_000)}"`);
    assert.ok(!large.ok && large.error.code === 'too_large');
  });

  it('keeps big integers out where they would be forwarded changed', () => {
    assert.equal(parse('[9007199254740993]').ok, false);
    assert.equal(parse('[9007199254740991, -1, 1.5, 1e3]').ok, true);
    assert.equal(parse('[9007199254740993]', { exactIntegers: false }).ok, true);
    assert.equal(parse('[1e999]', { exactIntegers: false }).ok, false);
  });
});

describe('JSON-RPC messages', () => {
  const params = fc.dictionary(fc.string(), fc.constantFrom<Json>(1, 'x', null, true, [1], { a: 'b' }));
  const id = fc.oneof(fc.string(), fc.integer());
  const message: fc.Arbitrary<JsonRpcMessage> = fc.oneof(
    fc.record({ kind: fc.constant('request' as const), id, method: fc.string({ minLength: 1 }), params }),
    fc.record({ kind: fc.constant('notification' as const), method: fc.string({ minLength: 1 }), params }),
    fc.record({ kind: fc.constant('response' as const), id, outcome: fc.record({ result: params }) }),
    fc.record({
      kind: fc.constant('response' as const),
      id,
      outcome: fc.record({ error: fc.record({ code: fc.integer(), message: fc.string() }) }),
    }),
  );

  it('survive encoding and decoding', () => {
    fc.assert(
      fc.property(message, (original) => {
        const decoded = decodeMessage(utf8.encode(encodeMessage(original)), bounds);
        assert.ok(decoded.ok);
        assert.equal(encodeMessage(decoded.value), encodeMessage(original));
      }),
    );
  });

  it('are one line', () => {
    fc.assert(fc.property(message, (original) => assert.doesNotMatch(encodeMessage(original), /[\n\r]/)));
  });

  it('are refused at every truncation', () => {
    const bytes = utf8.encode('{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"x"}}');
    for (let end = 0; end < bytes.length; end++) assert.equal(decodeMessage(bytes.subarray(0, end), bounds).ok, false);
  });
});

describe('header rules', () => {
  it('follow RFC 9110 for Accept and Content-Type', () => {
    assert.ok(accepts('application/json;q=0.9, text/event-stream', 'text/event-stream'));
    assert.ok(
      accepts('*/*', 'text/event-stream') && accepts('text/*', 'text/event-stream') && accepts(undefined, 'a/b'),
    );
    assert.ok(
      !accepts('application/json', 'text/event-stream') && !accepts('text/event-stream; q=0.0', 'text/event-stream'),
    );
    assert.ok(isJson('application/json') && isJson('Application/JSON; charset="UTF-8"'));
    assert.ok(!isJson(undefined) && !isJson('application/jsonp') && !isJson('text/plain, application/json'));
    assert.equal(bearerOf('bearer  abc.def'), 'abc.def');
    assert.equal(bearerOf('Bearer a b'), undefined);
  });

  it('know their own name from a rebound one', () => {
    const gate = 'https://gate.example';
    const to = (host: string | undefined, origin: string | undefined, loopback: boolean): boolean =>
      isAddressedToUs({ host, origin }, gate, loopback);
    assert.ok(to('gate.example', undefined, false) && to('gate.example:443', 'https://gate.example', false));
    assert.ok(to('localhost:7070', 'http://127.0.0.1:5173', true) && to('[::1]:7070', undefined, true));
    assert.ok(
      !to('localhost', undefined, false) && !to('evil.example', undefined, true) && !to(undefined, undefined, true),
    );
    assert.ok(
      !to('gate.example', 'https://gate.example.evil.example', false) &&
        !to('gate.example', 'http://gate.example', false),
    );
    for (const host of ['evil.example@gate.example', 'gate.example/x', 'gate.example?', 'gate.example, evil.example']) {
      assert.ok(!to(host, undefined, false), host);
    }
    assert.ok(!to('localhost', 'file://', true) && !to('gate.example@evil.example', undefined, true));
  });
});
