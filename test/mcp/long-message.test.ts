// A long message read as it comes: at every split point the same texts and the same rest; and what is no message is refused,
// however late it shows.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventStreamDecoder, encodeEvent } from '../../src/wire/mcp/event-stream.ts';
import { decodeMessage } from '../../src/wire/mcp/json-rpc.ts';
import { LongMessageReader } from '../../src/wire/mcp/long-message.ts';

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
  mayFlow: (head: string) => boolean = () => true,
): Read | string {
  const reader = new LongMessageReader({ textMin: 50, heldMax: 10_000, depthMax: 64, mayFlow });
  const texts: string[] = [];
  const opened: unknown[] = [];
  for (const [at, from] of [0, ...cuts].entries()) {
    const parts = reader.push(bytes.subarray(from, cuts[at] ?? bytes.length));
    if (!parts.ok) return parts.error.code;
    for (const part of parts.value) {
      if (part.kind === 'opened') {
        opened.push(part.content);
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
      read(bytes, [], () => false),
      { texts: [], opened: [], rest: message },
    );
    const some = read(bytes, [], (head) => !head.startsWith('\u{1f600}'));
    assert.ok(typeof some === 'object' && some.texts.length === 1);
    assert.ok(picture);
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
});
