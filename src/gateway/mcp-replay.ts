// What was said on the streams of one session while a call ran, for a client that lost its stream and comes again with
// Last-Event-ID (MCP 2025-11-25, Transports / Resumability and Redelivery). It keeps what has been masked and recorded, and
// no more: the oldest streams are forgotten when there is no room, and all with the session.

import type { HttpStream } from '../ports/http-exchange.ts';
import { encodeEvent, retryOf } from '../wire/mcp/event-stream.ts';

const charsMax = 262_144;
const tracesMax = 256;

export class McpReplay {
  readonly #traces = new Map<string, McpTrace>();
  readonly #primed: boolean;
  #last = 0;

  /** `primed`: the client knows an event without data, which tells it where to begin. */
  constructor(primed: boolean) {
    this.#primed = primed;
  }

  /** Of one more stream. */
  trace(): McpTrace {
    const name = `s${++this.#last}`;
    const trace = new McpTrace(name, this.#primed, {
      began: () => void this.#traces.set(name, trace),
      grew: () => this.#shrink(),
    });
    return trace;
  }

  /** Goes on with a stream on another one; false where nothing is known of it. */
  resume(lastId: string, stream: HttpStream): boolean {
    const [name = ''] = lastId.split('-');
    return this.#traces.get(name)?.resume(lastId, stream) ?? false;
  }

  /** What is oldest goes first, whole. */
  #shrink(): void {
    let chars = 0;
    for (const trace of this.#traces.values()) chars += trace.chars;
    for (const [name, trace] of this.#traces) {
      if (chars <= charsMax && this.#traces.size <= tracesMax) return;
      chars -= trace.chars;
      trace.forget();
      this.#traces.delete(name);
    }
  }
}

interface TraceEvents {
  readonly began: () => void;
  readonly grew: () => void;
}

/** One stream, which may be gone on with on others. */
export class McpTrace {
  chars = 0;
  readonly #name: string;
  /** The client knows an event without data, and to come again when it is told. */
  readonly primed: boolean;
  readonly #events: TraceEvents;
  #resumed: (() => void) | null = null;
  #said: { readonly id: string; readonly text: string }[] = [];
  #last = 0;
  #stream: HttpStream | null = null;
  #kept = false;
  #ended = false;

  constructor(name: string, primed: boolean, events: TraceEvents) {
    this.#name = name;
    this.primed = primed;
    this.#events = events;
  }

  /** Whether what is said now can still be had. */
  get kept(): boolean {
    return this.#kept;
  }

  begin(stream: HttpStream): void {
    this.#stream = stream;
    this.#kept = true;
    this.#events.began();
    if (this.primed) void this.say('');
  }

  get paused(): boolean {
    return this.#kept && this.#stream === null;
  }

  /** Ends the stream, for the client to ask for what follows after so long; resolves when it has. */
  async pause(retryMs: number): Promise<void> {
    const stream = this.#stream;
    this.#stream = null;
    await stream?.write(retryOf(retryMs));
    stream?.end();
    await new Promise<void>((resolve) => {
      this.#resumed = resolve;
    });
  }

  /** False when nobody can have it. */
  async say(text: string): Promise<boolean> {
    const id = `${this.#name}-${++this.#last}`;
    if (this.#kept) {
      this.#said.push({ id, text });
      this.chars += text.length;
      this.#events.grew();
    }
    const written = (await this.#stream?.write(encodeEvent(text, id))) ?? false;
    return written || this.#kept;
  }

  /** The last that is said. */
  async end(text: string): Promise<void> {
    const id = `${this.#name}-${++this.#last}`;
    if (this.#kept) {
      this.#said.push({ id, text });
      this.chars += text.length;
    }
    this.#ended = true;
    this.#events.grew();
    // What a socket took, a client may still not have got: it is kept until there is no room.
    await this.#stream?.write(encodeEvent(text, id));
    this.#stream?.end();
  }

  /** What is said from here on cannot be had again: the stream that it goes on, and the id of what comes next. */
  leave(): { readonly stream: HttpStream; readonly id: string } | null {
    this.forget();
    return this.#stream && { stream: this.#stream, id: `${this.#name}-${++this.#last}` };
  }

  resume(lastId: string, stream: HttpStream): boolean {
    const at = this.#said.findIndex(({ id }) => id === lastId);
    if (at < 0) return false;
    this.#stream?.end();
    this.#stream = stream;
    this.#resumed?.();
    // All at once, so that nothing that is said meanwhile comes before.
    for (const { id, text } of this.#said.slice(at + 1)) void stream.write(encodeEvent(text, id));
    if (this.#ended) stream.end();
    return true;
  }

  forget(): void {
    this.#kept = false;
    this.#said = [];
    this.chars = 0;
  }
}
