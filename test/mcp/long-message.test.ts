// A long message read as it comes: at every split point the same texts and the same rest; and what is no message is refused,
// however late it shows.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventStreamDecoder, encodeEvent } from '../../src/wire/mcp/event-stream.ts';
import { decodeMessage } from '../../src/wire/mcp/json-rpc.ts';
import { idAhead, type LongBounds, LongMessageReader } from '../../src/wire/mcp/long-message.ts';

const utf8 = new TextEncoder();
const flowing = 'a\\b"c\n\u{1f600} é '.repeat(9);
const second = '\u{1f600}'.repeat(60);
const message = {
  jsonrpc: '2.0',
  id: 7,
  result: {
    content: [
      { type: 'text', text: 'small "one" \u2603' },
      { type: 'text', text: flowing, annotations: { deep: [1, { text: 'kept' }] } },
      { type: 'text', text: second },
      { type: 'image', data: 'x'.repeat(100) },
    ],
    structuredContent: { content: [{ text: 'y'.repeat(80) }], text: 'y'.repeat(80) },
  },
};

interface Read {
  readonly texts: readonly string[];
  readonly opened: readonly unknown[];
  readonly rest: unknown;
}

/** The code of the refusal, or what came of it. */
function read(
  bytes: Uint8Array,
  cuts: readonly number[],
  fate: LongBounds['fate'] = (_head, name) => (name === 'text' ? 'flow' : 'keep'),
): Read | string {
  const reader = new LongMessageReader({
    list: 'content',
    textMin: 50,
    heldMax: 10_000,
    depthMax: 64,
    valuesMax: 1_000,
    fate,
  });
  const texts: string[] = [];
  const opened: unknown[] = [];
  for (const [at, from] of [0, ...cuts].entries()) {
    const parts = reader.push(bytes.subarray(from, cuts[at] ?? bytes.length));
    if (!parts.ok) return parts.error.code;
    for (const part of parts.value) {
      if (part.kind === 'opened') {
        opened.push(part.items);
        texts.push('');
      } else if (part.kind === 'text') texts.push((texts.pop() ?? '') + part.text);
    }
  }
  const rest = reader.end();
  if (!rest.ok) return rest.error.code;
  const decoded = decodeMessage(rest.value, { bytesMax: 100_000, depthMax: 64, exactIntegers: false });
  return decoded.ok
    ? { texts, opened, rest: JSON.parse(new TextDecoder().decode(rest.value)) }
    : decoded.error.refusal.code;
}

function codeOf(outcome: Read | string): string {
  return typeof outcome === 'string' ? outcome : 'read';
}

const json = JSON.stringify(message);
const escaped = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('a long message', () => {
  const left = structuredClone(message);
  for (const at of [1, 2]) Object.assign(left.result.content[at] ?? {}, { text: '' });
  const [small, , , picture] = left.result.content;
  const whole: Read = {
    texts: [flowing, second],
    opened: [
      [small, { type: 'text', text: '' }],
      [small, left.result.content[1], { type: 'text', text: '' }],
    ],
    rest: left,
  };

  for (const [name, text] of [
    ['in UTF-8', json],
    ['in escapes', escaped],
  ] as const) {
    it(`gives the same at every split point (${name})`, () => {
      const bytes = utf8.encode(text);
      for (let at = 0; at <= bytes.length; at++) assert.deepEqual(read(bytes, [at]), whole, `split at ${at}`);
      assert.deepEqual(
        read(
          bytes,
          Array.from({ length: bytes.length - 1 }, (_, at) => at + 1),
        ),
        whole,
      );
    });
  }

  it('keeps a text that may not flow', () => {
    const bytes = utf8.encode(json);
    assert.deepEqual(
      read(bytes, [], () => 'keep'),
      { texts: [], opened: [], rest: message },
    );
    const some = read(bytes, [], (head, name) => (name === 'text' && !head.startsWith('\u{1f600}') ? 'flow' : 'keep'));
    assert.ok(typeof some === 'object' && some.texts.length === 1);
    assert.ok(picture);
  });

  it('keeps nothing of what will not be needed, whose holder it tells', () => {
    const skipped = { ...message, result: structuredClone(message.result) };
    Object.assign(skipped.result.content[3] ?? {}, { data: 'AAAA' });
    const bytes = utf8.encode(json);
    for (let at = 0; at <= bytes.length; at += 7) {
      const holders: unknown[] = [];
      const outcome = read(bytes, [at], (_head, name, holder) => {
        if (name !== 'data') return 'keep';
        holders.push(holder());
        return 'skip';
      });
      assert.deepEqual(outcome, { texts: [], opened: [], rest: skipped });
      assert.deepEqual(holders, [{ type: 'image', data: '' }]);
    }
  });

  it('is refused where it holds more values than letters are worth', () => {
    const crowd = utf8.encode(`{"jsonrpc":"2.0","id":7,"result":{"a":[${'[],'.repeat(999)}[]]}}`);
    assert.equal(read(crowd, []), 'too_large');
  });

  it('says whose answer it is as soon as it can be told', () => {
    const starts: Readonly<Record<string, number | 'unsaid' | null>> = {
      '{"jsonrpc":"2.0","id":7,"result":{"content":[': 7,
      ' { "id" : 12 , "jsonrpc" : "2.0" , "result" : [': 12,
      '{"result":{"content":[': 'unsaid',
      '{"jsonrpc":"2.0","result":{': 'unsaid',
      '{"jsonrpc":"2.0","id":7,"method":"x","params":{': null,
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"result":': null,
      '{"jsonrpc":"2.0","id":"7","result":{': null,
      '{"id":7,"x":1,"result":{': null,
      '[{"id":7,"result":{': null,
    };
    for (const [start, id] of Object.entries(starts)) assert.equal(idAhead(utf8.encode(start)), id, start);
  });

  it('refuses what is no message, also after its texts have gone', () => {
    const spoilt: readonly string[] = [
      json.slice(0, -1),
      `${json}}`,
      json.replace('"structuredContent"', '"content":[],"content"'),
      json.replace('"type":"image"', '"text":"twice","text":"twice"'),
      json.replace('"x', '"\\u12'),
      escaped.replace('\\ud83d\\ude00', '\\ud83d'),
      escaped.replace('\\ud83d\\ude00', '\\ude00'),
      json.replace('a\\\\b', 'a\\x'),
      json.replace('a\\\\b', 'a\u0001'),
      json.replace('{"text":"kept"}', '['.repeat(70)),
      '{"jsonrpc":"2.0","id":7,"result":{"content":[{"text":"',
    ];
    for (const text of spoilt) {
      const bytes = utf8.encode(text);
      for (const cuts of [[], [bytes.length >> 1], Array.from({ length: bytes.length - 1 }, (_, at) => at + 1)])
        assert.ok(['malformed', 'too_large'].includes(codeOf(read(bytes, cuts))), text);
    }
    assert.equal(read(utf8.encode(json).fill(0xff, 200, 201), []), 'malformed');
  });
});

describe('a long event', () => {
  it('comes in pieces that are the whole, at every split point', () => {
    const stream = utf8.encode(
      `${encodeEvent('{"a":1}', 'e1')}${encodeEvent(json, 'e2')}data: one\ndata: two\n\ndata: ${json}\r\ndata: more\r\n\r\nevent: other\ndata: ${json}\n\n`,
    );
    const whole = [
      ['message', '{"a":1}', 'e1'],
      ['message', json, 'e2'],
      ['message', 'one\ntwo', 'e2'],
      ['message', `${json}\nmore`, 'e2'],
      ['other', json, 'e2'],
    ];
    for (let at = 0; at <= stream.length; at++) {
      const decoder = new EventStreamDecoder(100_000, 60);
      const events: (string | null)[][] = [];
      let begun = '';
      let pieces = 0;
      for (const chunk of [stream.subarray(0, at), stream.subarray(at)]) {
        const pushed = decoder.push(chunk);
        assert.ok(pushed.ok);
        for (const { event, data, id, more } of pushed.value) {
          begun += data;
          if (more) pieces++;
          else events.push([event, begun, id]);
          if (!more) begun = '';
        }
      }
      assert.deepEqual(events, whole, `split at ${at}`);
      const isWithinLong = at > 300 && at < 500;
      assert.ok(!isWithinLong || pieces > 0, `${pieces} pieces when split at ${at}`);
    }
  });

  it('has no other field as long as its data, nor data of nothing but lines', () => {
    for (const piece of ['event: ', 'id: ', ': ', 'x']) {
      const decoder = new EventStreamDecoder(100_000, 60);
      assert.ok(decoder.push(utf8.encode(piece)).ok);
      const refused = decoder.push(utf8.encode('x'.repeat(61)));
      assert.equal(refused.ok || refused.error.code, 'too_large', piece);
    }
    const lines = new EventStreamDecoder(100_000).push(utf8.encode('data\n'.repeat(10_000)));
    assert.equal(lines.ok || lines.error.code, 'too_large');
  });
});
