// Tool calls that a client asked for as tasks (MCP 2025-11-25, Tasks, experimental): the call goes its usual way, held, decided,
// masked and recorded, and its answer waits here for the client to fetch it. INVARIANT: a task is of its session, and ends with it.

import { isJsonObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpExchange, HttpHeaders, HttpStream } from '../ports/http-exchange.ts';
import type { Random } from '../ports/random.ts';
import type { JsonRpcMessage, JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { relatedTo } from '../wire/mcp/related-task.ts';
import { mediaOf } from '../wire/mcp/streamable-http.ts';
import { errorOutcome } from './mcp-refusal.ts';

const tasksMax = 16;
/** Answers of a session that wait together. */
const keptCharactersMax = 16_777_216;
const ttlMsDefault = 600_000;
const ttlMsMax = 1_800_000;
const pollMs = 5_000;
const dataField = 'data: ';

/** What the gate says it can do, where something of the client's may be held. */
export const tasksCapability: JsonObject = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

type Status = 'working' | 'completed' | 'failed' | 'cancelled';

export interface Task {
  readonly id: string;
  readonly createdMs: number;
  readonly ttlMs: number;
  /** How long it may be held: whoever asks shortly before its end learns which approval is missing. */
  readonly holdMs: number;
  /** Where the call answers. */
  readonly exchange: HttpExchange;
  /** Resolves when there is an answer. Never rejects. */
  readonly answered: Promise<JsonRpcOutcome>;
  updatedMs: number;
  status: Status;
  /** What it waits for. */
  message: string | undefined;
  /** Of the answer. */
  characters: number;
  /** The client has the answer, or wants none. */
  fetched: boolean;
  /** Gives the call up. */
  cancel: () => void;
}

export class McpTasks {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #changed: (task: Task) => void;
  readonly #tasks = new Map<string, { readonly task: Task; readonly stopTimer: () => void }>();

  /** `changed` is told of a task that waits for somebody, or has ended by itself. */
  constructor(clock: Clock, random: Random, changed: (task: Task) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
  }

  /** `asked` is the member `task` of the call. What has been fetched makes room, oldest first. Refused: too_many. */
  create(asked: JsonObject): Result<Task> {
    const fetched = this.all.filter((task) => task.fetched);
    for (let next = fetched.shift(); next && this.#isFull(); next = fetched.shift()) this.#forget(next);
    if (this.#isFull()) {
      return refuse('too_many', 'Too many tasks of this session are kept.', {
        next: 'Fetch what has ended, by tasks/result; tasks/list tells which there are.',
      });
    }
    const { ttl } = asked;
    const ttlMs = typeof ttl === 'number' && ttl >= 0 ? Math.min(ttl, ttlMsMax) : ttlMsDefault;
    const now = this.#clock.now();
    const { promise, resolve } = Promise.withResolvers<JsonRpcOutcome>();
    const task: Task = {
      id: Buffer.from(this.#random.bytes(24)).toString('base64url'),
      createdMs: now,
      updatedMs: now,
      ttlMs,
      holdMs: Math.max(0, ttlMs - pollMs),
      exchange: new TaskExchange((text) => resolve(this.#settle(task, text))),
      answered: promise,
      status: 'working',
      message: undefined,
      characters: 0,
      fetched: false,
      cancel: () => {},
    };
    this.#tasks.set(task.id, { task, stopTimer: this.#clock.after(ttlMs, () => this.#forget(task)) });
    return ok(task);
  }

  find(id: Json | undefined): Task | undefined {
    return typeof id === 'string' ? this.#tasks.get(id)?.task : undefined;
  }

  get all(): readonly Task[] {
    return [...this.#tasks.values()].map(({ task }) => task);
  }

  /** It waits; `words` say for what. */
  waits(task: Task, words: string): void {
    task.message = words;
    task.updatedMs = this.#clock.now();
    this.#changed(task);
  }

  /** False where it has ended already. */
  cancel(task: Task): boolean {
    if (task.status !== 'working') return false;
    task.status = 'cancelled';
    task.fetched = true;
    task.message = undefined;
    task.updatedMs = this.#clock.now();
    task.cancel();
    return true;
  }

  close(): void {
    for (const { stopTimer } of this.#tasks.values()) stopTimer();
    this.#tasks.clear();
  }

  #settle(task: Task, text: string): JsonRpcOutcome {
    const outcome = outcomeIn(text);
    task.characters = text.length;
    if (task.status !== 'working') return outcome;
    task.status = 'error' in outcome || outcome.result['isError'] === true ? 'failed' : 'completed';
    task.message = undefined;
    task.updatedMs = this.#clock.now();
    this.#changed(task);
    return outcome;
  }

  #isFull(): boolean {
    const kept = this.all.reduce((sum, { characters }) => sum + characters, 0);
    return this.#tasks.size >= tasksMax || kept > keptCharactersMax;
  }

  #forget(task: Task): void {
    this.#tasks.get(task.id)?.stopTimer();
    this.#tasks.delete(task.id);
    if (task.status === 'working') task.cancel();
  }
}

/** MCP 2025-11-25, Tasks / Task. */
export function taskView({ id, status, message, createdMs, updatedMs, ttlMs }: Task): JsonObject {
  return {
    taskId: id,
    status,
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt: new Date(createdMs).toISOString(),
    lastUpdatedAt: new Date(updatedMs).toISOString(),
    ttl: ttlMs,
    pollInterval: pollMs,
  };
}

/** A message besides the answer, so that the client knows of which task it is. */
export function aboutTask(message: JsonRpcMessage, { id }: Task): JsonRpcMessage {
  if (message.kind === 'response') return message;
  return { ...message, params: relatedTo(id, message.params) };
}

/** The answer of the call itself, as tasks/result gives it. */
export function ofTask(outcome: JsonRpcOutcome, { id }: Task): JsonRpcOutcome {
  return 'result' in outcome ? { result: relatedTo(id, outcome.result) } : outcome;
}

/**
 * Tools as a client may call them: as tasks of the gate those whose call may be held, by `mayBeHeld` in order, as there are clients that
 * call whatever can be a task as one; as tasks of their server none.
 */
export function asTasks(tools: readonly Json[], mayBeHeld: readonly boolean[]): readonly Json[] {
  return tools.map((tool, at) => {
    if (!isJsonObject(tool)) return tool;
    const { execution, ...rest } = tool;
    const { taskSupport, ...known } = isJsonObject(execution) ? execution : {};
    if (mayBeHeld[at] === true) return { ...tool, execution: { ...known, taskSupport: 'optional' } };
    if (taskSupport !== 'required') return tool;
    return Object.keys(known).length > 0 ? { ...rest, execution: known } : rest;
  });
}

/** Takes the answer of a call whose client has been answered already. */
class TaskExchange implements HttpExchange {
  readonly method = 'POST';
  readonly target = '';
  readonly remoteAddress = '';
  readonly loopback = false;
  /** Nobody hangs up here: a task is canceled. */
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #answered: (text: string) => void;

  constructor(answered: (text: string) => void) {
    this.#answered = answered;
  }

  header(): undefined {
    return undefined;
  }

  body(): Promise<Result<Uint8Array>> {
    return Promise.resolve(ok(new Uint8Array()));
  }

  respond(_status: number, _headers: HttpHeaders, body: string): void {
    this.#answered(body);
  }

  stream(_status: number, headers: HttpHeaders): HttpStream {
    const isEvents = mediaOf(headers['content-type'] ?? null) === 'text/event-stream';
    const pieces: string[] = [];
    return {
      write: (text) => {
        pieces.push(text);
        return Promise.resolve(true);
      },
      end: () => this.#answered(isEvents ? lastEvent(pieces.join('')) : pieces.join('')),
    };
  }
}

/** An event of ours has one line of data. */
function lastEvent(text: string): string {
  return (
    text
      .split('\n')
      .findLast((line) => line.startsWith(dataField))
      ?.slice(dataField.length) ?? ''
  );
}

/** What the gate itself has encoded; a call that was cut short has no answer. */
function outcomeIn(text: string): JsonRpcOutcome {
  try {
    const message = parseJson(text);
    if (isJsonObject(message) && isJsonObject(message['result'])) return { result: message['result'] };
    if (isJsonObject(message) && isJsonObject(message['error'])) {
      const { code, message: said, data } = message['error'];
      return {
        error: {
          code: Number(code),
          message: typeof said === 'string' ? said : '',
          ...(data === undefined ? {} : { data }),
        },
      };
    }
  } catch {
    // It was cut off.
  }
  return errorOutcome(refuse('canceled', 'The call ended without an answer.').error);
}
