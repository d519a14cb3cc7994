// An MCP server as a process of one session: no shell, a process group of its own, an environment that holds only what it
// was given, newline-delimited JSON on its pipes (MCP 2025-11-25, Transports / stdio).

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import type { LongReply, McpUpstream, McpUpstreamEvents, OutgoingMessage } from '../../ports/mcp-upstream.ts';
import { idAhead } from '../../wire/mcp/long-message.ts';
import type { BackOff } from './back-off.ts';
import type { ProcessGuard } from './process-guard.ts';
import { StderrLines } from './stderr-lines.ts';

export interface StdioServer {
  /** Program and arguments; not read by any shell. */
  readonly command: readonly [string, ...string[]];
  /** Beside the few variables a program needs to run at all. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly guard: ProcessGuard;
  /** Whole lines of its stderr, up to a limit, the last before `closed`. They may hold anything, PHI included: not for a plain log. */
  readonly stderr: (text: string) => void;
  readonly backOff: BackOff;
}

const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'SystemRoot', 'TEMP', 'PATHEXT'];
/** Sent and not read by the server yet. */
const unreadBytesMax = 33_554_432;
/** For its last words, once its output has ended. */
const lastWordsMs = 250;
/** In so many the id of an answer stands, where it stands first. */
const headBytes = 256;
/** What some write before all else: before JSON it may be ignored (RFC 8259 §8.1). */
const byteOrderMark = Buffer.from('\ufeff');
/** From end of stdin to SIGTERM, and from there to SIGKILL. */
const politeMs = 500;
const firmMs = 2_000;

export function createStdioUpstream(server: StdioServer): McpUpstream {
  return new StdioUpstream(server);
}

class StdioUpstream implements McpUpstream {
  readonly transport = 'stdio';
  readonly #server: StdioServer;
  #child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #events: McpUpstreamEvents | undefined;
  #exited: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(server: StdioServer) {
    this.#server = server;
  }

  start(events: McpUpstreamEvents): Promise<Result<void>> {
    this.#events = events;
    const begun = this.#server.backOff.start();
    if (!begun.ok) return Promise.resolve(begun);
    const ended = begun.value;
    const [program, ...args] = this.#server.command;
    const { cwd, guard } = this.#server;
    const env = { ...environment(), ...this.#server.env };
    const child = spawn(program, args, {
      cwd,
      env,
      detached: process.platform !== 'win32',
      shell: false,
      stdio: 'pipe',
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    this.#exited = new Promise((resolve) => child.once('close', () => resolve()));
    return new Promise((resolve) => {
      child.once('error', () => {
        ended(true);
        resolve(refuse('upstream_unavailable', 'The MCP server could not be started.'));
      });
      child.once('spawn', () => {
        const group = child.pid;
        if (group !== undefined) {
          guard.guard(group);
          // A server that ends by itself may leave children of its own behind.
          child.once('exit', () => {
            ended(this.#closing === undefined);
            signalGroup(child.pid, 'SIGKILL');
            guard.release(group);
          });
        }
        this.#readStderr(child.stderr);
        void this.#readLines(child.stdout);
        resolve(ok(undefined));
      });
    });
  }

  send(message: OutgoingMessage): Promise<Result<void>> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) return Promise.resolve(refuse('upstream_closed', 'The MCP server has ended.'));
    if (stdin.writableLength > unreadBytesMax) {
      return Promise.resolve(refuse('upstream_unavailable', 'The MCP server does not read what it is sent.'));
    }
    return new Promise((resolve) => {
      stdin.write(`${message.text}\n`, (error) =>
        resolve(error ? refuse('upstream_closed', 'The MCP server has ended.') : ok(undefined)),
      );
    });
  }

  initialized(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    child.stdin.end();
    // Nobody reads on; a full pipe must not keep the process from ending.
    child.stdout.destroy();
    child.stderr.destroy();
    const timers = [
      setTimeout(() => signalGroup(child.pid, 'SIGTERM'), politeMs),
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), politeMs + firmMs),
    ];
    await this.#exited;
    for (const timer of timers) clearTimeout(timer);
  }

  async #readLines(stdout: Readable): Promise<void> {
    const line = new Line((head) => this.#events?.long?.(idAhead(head), false) ?? null);
    let isFirst = true;
    try {
      for await (const chunk of stdout as AsyncIterable<Buffer>) {
        let from = isFirst && chunk.subarray(0, 3).equals(byteOrderMark) ? byteOrderMark.length : 0;
        isFirst = false;
        for (let end = chunk.indexOf(0x0a, from); end >= 0; end = chunk.indexOf(0x0a, from)) {
          await line.push(chunk.subarray(from, end));
          from = end + 1;
          const { about, rest } = line.end();
          // What could not be taken has been told to whom it was for.
          if (rest.ok && rest.value.length > 0) await this.#events?.message(rest.value, about);
          if (this.#closing) return;
        }
        await line.push(chunk.subarray(from));
        if (line.bytes > limits.mcpStdioLineBytesMax) {
          return this.#lose(
            refuse('upstream_protocol', 'The MCP server sent a line larger than the gate accepts.').error,
          );
        }
      }
    } catch {
      // The pipe broke; that is how a killed process ends.
    }
    await Promise.race([this.#exited, sleep(lastWordsMs, undefined, { ref: false })]);
    this.#lose(refuse('upstream_closed', 'The MCP server ended.').error);
  }

  #lose(reason: Refusal): void {
    if (this.#closing) return;
    this.#events?.closed(reason);
    void this.close();
  }

  #readStderr(stderr: Readable): void {
    const lines = new StderrLines((text) => this.#server.stderr(text));
    stderr.on('data', (chunk: Buffer) => lines.push(chunk));
    stderr.once('end', () => lines.end());
    stderr.on('error', () => {});
  }
}

/** A line that is read: gathered, or taken as it comes where it turns out long. */
class Line {
  readonly #long: (head: Uint8Array) => LongReply | null;
  #reply: LongReply | null = null;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(long: (head: Uint8Array) => LongReply | null) {
    this.#long = long;
  }

  /** So far. */
  get bytes(): number {
    return this.#bytes;
  }

  async push(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    const isShort = this.#bytes <= limits.mcpHeldBytesMax;
    this.#bytes += chunk.length;
    if (this.#reply) return this.#reply.push(chunk);
    this.#parts.push(chunk);
    if (!isShort || this.#bytes <= limits.mcpHeldBytesMax) return;
    const gathered = this.#parts;
    this.#reply = this.#long(Buffer.concat(gathered.slice(0, 8), Math.min(this.#bytes, headBytes)));
    if (!this.#reply) return;
    this.#parts = [];
    for (const part of gathered) await this.#reply.push(part);
  }

  /** Up to its end, and ready for the next; `about`: the request as whose answer it has been taken. */
  end(): { readonly rest: Result<Uint8Array>; readonly about?: number } {
    const [reply, parts] = [this.#reply, this.#parts];
    const [first = Buffer.alloc(0)] = parts;
    this.#reply = null;
    this.#parts = [];
    this.#bytes = 0;
    const rest = reply ? reply.end() : ok(parts.length === 1 ? first : Buffer.concat(parts));
    return typeof reply?.begun === 'number' ? { rest, about: reply.begun } : { rest };
  }
}

function environment(): Record<string, string> {
  const found = inherited.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(found.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It is gone already.
  }
}
