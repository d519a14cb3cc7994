// Hostile JSON and event streams through the MCP codecs, for as long as it is given. What a text has wrong with it is known, as
// it was made here: it must be refused exactly then; and an event stream gives the same events at every split point.
// `FUZZ_SEED` and `FUZZ_MS` repeat a run; both are printed.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EventStreamDecoder } from '../../src/wire/mcp/event-stream.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/mcp/json-rpc.ts';
import { parseJsonText } from '../../src/wire/mcp/json-text.ts';
import { LongMessageReader } from '../../src/wire/mcp/long-message.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
const forMs = Number(process.env['FUZZ_MS'] ?? 60_000);
const bounds = { bytesMax: 1_000_000, depthMax: 16, exactIntegers: true };
const utf8 = new TextEncoder();

/** Mulberry32. */
function randomOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Writes a JSON text, now and then with a fault, and knows whether it has one. */
class Writer {
  readonly #random: (below: number) => number;
  readonly #faulty: boolean;
  faults = 0;

  constructor(random: (below: number) => number, faulty: boolean) {
    this.#random = random;
    this.#faulty = faulty;
  }

  #fault(oneIn: number): boolean {
    const comes = this.#faulty && this.#random(oneIn) === 0;
    if (comes) this.faults++;
    return comes;
  }

  value(depth: number): string {
    if (depth === bounds.depthMax) return this.#scalar();
    switch (this.#random(7)) {
      case 0:
        return `[${this.#many(() => this.value(depth + 1))}]`;
      case 1:
      case 2:
        return this.object(depth);
      case 3:
        if (!this.#fault(12)) return this.#scalar();
        return `${'['.repeat(bounds.depthMax + 1)}${']'.repeat(bounds.depthMax + 1)}`;
      default:
        return this.#scalar();
    }
  }

  object(depth: number): string {
    const names = new Set<string>();
    const members = this.#many(() => {
      let name = `${['a', '__proto__', 'é', '\u{1f388}', '', 'constructor'][this.#random(6)]}${names.size}`;
      if (names.size > 0 && this.#fault(10)) name = [...names][this.#random(names.size)] ?? name;
      names.add(name);
      return `${this.#written(name)}${this.#space()}:${this.value(depth + 1)}`;
    });
    return `{${this.#space()}${members}}`;
  }

  #many(one: () => string): string {
    const wide = this.#random(40) === 0 ? 2000 : 5;
    return Array.from({ length: this.#random(wide === 5 ? 5 : 3) }, one).join(`,${this.#space()}`);
  }

  #scalar(): string {
    switch (this.#random(6)) {
      case 0:
        if (this.#fault(8)) return ['9007199254740993', '-9007199254740992', '1e999', '-1e400'][this.#random(4)] ?? '';
        return ['0', '-1', '9007199254740991', '1.5', '1e3', '-0.1e-7'][this.#random(6)] ?? '0';
      case 1:
        return ['true', 'false', 'null'][this.#random(3)] ?? 'null';
      case 2:
        if (this.#fault(8)) return ['"\\ud83c"', '"x\\udf88"', '"\\ud83c\\ud83c"'][this.#random(3)] ?? '';
        return '"\\ud83c\\udf88 \\u00e9 \\\\ \\" \\/"';
      default:
        return this.#written('text { [ , : " \\ \n '.repeat(this.#random(4)));
    }
  }

  /** A string of so many pieces, some of them escaped. */
  text(pieces: number): string {
    return `"${Array.from({ length: pieces }, () => this.#string().slice(1, -1)).join('')}"`;
  }

  #string(): string {
    return this.#fault(30) ? '"\\ud83c x"' : this.#written(['{ [ , " \\ \n', '\u{1f388} é'][this.#random(2)] ?? '');
  }

  /** As JSON.stringify has it, or with its characters escaped: another spelling of the same name. */
  #written(text: string): string {
    if (this.#random(3) > 0) return JSON.stringify(text);
    const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
    return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
  }

  #space(): string {
    return ['', '', ' ', '\n\t\r '][this.#random(4)] ?? '';
  }
}

function json(random: (below: number) => number): 'accepted' | 'refused' {
  const writer = new Writer(random, random(2) === 0);
  const params = writer.object(1);
  const text = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`;
  const bytes = utf8.encode(text);
  const parsed = parseJsonText(bytes, bounds);
  const decoded = decodeMessage(bytes, bounds);
  assert.equal(parsed.ok, writer.faults === 0, text);
  assert.equal(decoded.ok, parsed.ok, text);
  if (!parsed.ok || !decoded.ok) return 'refused';
  assert.deepEqual(parsed.value, JSON.parse(text), text);
  const again = decodeMessage(utf8.encode(encodeMessage(decoded.value)), bounds);
  assert.ok(again.ok, text);
  assert.deepEqual(again.value, decoded.value, text);
  const cut = random(bytes.length);
  assert.equal(decodeMessage(bytes.subarray(0, cut), bounds).ok, false, `cut at ${cut}: ${text}`);
  return 'accepted';
}

function eventsAt(bytes: Uint8Array, cuts: readonly number[]): unknown {
  const decoder = new EventStreamDecoder(2000);
  const events: unknown[] = [];
  for (const [at, from] of [0, ...cuts].entries()) {
    const pushed = decoder.push(bytes.subarray(from, cuts[at] ?? bytes.length));
    if (!pushed.ok) return pushed.error.code;
    events.push(...pushed.value);
  }
  return events;
}

function stream(random: (below: number) => number): void {
  const pieces = [
    'data: ',
    'data:',
    'data',
    'event: x',
    'id: 7',
    'id: \0',
    'retry: 5',
    ': note',
    '{"a":1}',
    'é',
    '\u{1f388}',
  ];
  const ends = ['\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n', ''];
  let text = random(4) === 0 ? '\ufeff' : '';
  for (let count = random(12); count >= 0; count--) {
    text += (pieces[random(pieces.length)] ?? '') + (ends[random(ends.length)] ?? '');
  }
  const bytes = utf8.encode(text);
  if (random(10) === 0 && bytes.length > 0) bytes[random(bytes.length)] = 0xff;
  const whole = eventsAt(bytes, []);
  for (let at = 0; at <= bytes.length; at++) {
    const split = eventsAt(bytes, [at]);
    assert.deepEqual(split, whole, `${JSON.stringify(text)} split at ${at}`);
  }
  const everywhere = Array.from({ length: Math.max(bytes.length - 1, 0) }, (_, at) => at + 1);
  assert.deepEqual(eventsAt(bytes, everywhere), whole, `${JSON.stringify(text)} byte by byte`);
}

function longAt(bytes: Uint8Array, cuts: readonly number[]): unknown {
  const reader = new LongMessageReader({
    list: 'content',
    textMin: 20,
    heldMax: 100_000,
    depthMax: 64,
    valuesMax: 100_000,
    fate: (_head, name) => (name === 'text' ? 'flow' : 'keep'),
  });
  const texts: string[] = [];
  for (const [at, from] of [0, ...cuts].entries()) {
    const parts = reader.push(bytes.subarray(from, cuts[at] ?? bytes.length));
    if (!parts.ok) return 'refused';
    for (const part of parts.value) {
      if (part.kind === 'opened') texts.push('');
      else if (part.kind === 'text') texts.push((texts.pop() ?? '') + part.text);
    }
  }
  const rest = reader.end();
  const decoded = rest.ok && decodeMessage(rest.value, bounds);
  return decoded && decoded.ok ? { texts, outcome: decoded.value } : 'refused';
}

/** A result with long texts: read as it comes it is what it is when it is read whole, and refused for the same faults. */
function long(random: (below: number) => number): void {
  const writer = new Writer(random, random(3) === 0);
  const items = Array.from({ length: random(5) }, () =>
    random(3) === 0
      ? writer.value(4)
      : `{"type":"text",${random(2) === 0 ? '"x":[1],' : ''}"text":${writer.text(random(12))}}`,
  );
  const text = `{"jsonrpc":"2.0","id":7,"result":{"a":${writer.value(4)},"content":[${items.join(',')}],"b":${writer.value(4)}}}`;
  const bytes = utf8.encode(text);
  if (random(10) === 0) bytes[random(bytes.length)] = random(256);
  const strict = decodeMessage(bytes, bounds);
  const whole = longAt(bytes, []);
  assert.equal(whole === 'refused', !strict.ok, text);
  for (let tries = 0; tries < 20; tries++) {
    const cuts = Array.from({ length: 1 + random(4) }, () => random(bytes.length + 1)).toSorted((a, b) => a - b);
    assert.deepEqual(longAt(bytes, cuts), whole, `${text} split at ${cuts.join()}`);
  }
}

it(`decodes or refuses, and for the right reason (seed ${seed}, ${forMs} ms)`, { timeout: forMs + 60_000 }, (t) => {
  const until = Date.now() + forMs;
  const seen = { accepted: 0, refused: 0 };
  let runs = 0;
  for (; Date.now() < until; runs++) {
    try {
      const random = randomOf(seed + runs);
      seen[json(random)]++;
      stream(random);
      long(random);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed + runs}`, { cause: error });
    }
  }
  assert.ok(seen.accepted > 0 && seen.refused > 0);
  t.diagnostic(
    `FUZZ_SEED=${seed} FUZZ_MS=${forMs}: ${runs} runs, ${seen.accepted} texts accepted, ${seen.refused} refused`,
  );
});
