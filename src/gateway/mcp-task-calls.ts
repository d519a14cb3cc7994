// What a client asks about tasks (MCP 2025-11-25, Tasks): a call as a task, and tasks/get, list, result and cancel. Offered where
// something of the client's may be held, so that it need not wait on an open request for people to decide.

import { isJsonObject, type JsonObject } from '../core/json.ts';
import { refuse } from '../core/result.ts';
import type { JsonRpcOutcome, JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import type { McpCall } from './mcp-call.ts';
import type { McpExchange } from './mcp-exchange.ts';
import { stringAt } from './mcp-facts.ts';
import type { McpIntents } from './mcp-intents.ts';
import { type McpTasks, ofTask, type Task, taskView } from './mcp-tasks.ts';

export interface McpTaskCallsParts {
  readonly tasks: McpTasks;
  readonly exchange: McpExchange;
  readonly intents: McpIntents;
  /** Runs a request of the session that answers where the task says. */
  readonly run: (message: JsonRpcRequest, task: Task) => void;
}

const methods: ReadonlySet<string> = new Set(['tasks/get', 'tasks/list', 'tasks/result', 'tasks/cancel']);

export function isTaskMethod(method: string): boolean {
  return methods.has(method);
}

/** Whether this call asks to be a task. */
export function asksForTask({ method, params }: McpCall): boolean {
  return method === 'tools/call' && isJsonObject(params['task']);
}

export class McpTaskCalls {
  readonly #parts: McpTaskCallsParts;

  constructor(parts: McpTaskCallsParts) {
    this.#parts = parts;
  }

  /** @throws LogUnavailable */
  async begin(call: McpCall): Promise<void> {
    const { tasks, exchange, run } = this.#parts;
    const { task: asked, ...params } = call.params;
    const made = tasks.create(isJsonObject(asked) ? asked : {});
    if (!made.ok) return exchange.refused(call, made.error, { method: call.method, tool: stringAt(params, 'name') });
    const task = made.value;
    run({ kind: 'request', id: call.id, method: call.method, params }, task);
    await this.#say(call, { task: taskView(task) }, task);
  }

  /** @throws LogUnavailable */
  async answer(call: McpCall): Promise<void> {
    const { tasks, exchange } = this.#parts;
    const { method, params } = call;
    if (method === 'tasks/list') return this.#say(call, { tasks: tasks.all.map(taskView) });
    const task = tasks.find(params['taskId']);
    if (!task) {
      return exchange.refused(call, refuse('invalid_params', 'There is no such task in this session.').error, {
        method,
      });
    }
    if (method === 'tasks/get') return this.#say(call, taskView(task), task);
    if (method === 'tasks/result') return this.#result(call, task);
    if (!tasks.cancel(task)) {
      return exchange.refused(call, refuse('invalid_params', 'This task has ended already.').error, { method });
    }
    return this.#say(call, taskView(task), task);
  }

  /** The call's own answer, which is masked and on record by then. */
  async #result(call: McpCall, task: Task): Promise<void> {
    const gone = new Promise<null>((resolve) => {
      call.signal.addEventListener('abort', () => resolve(null), { once: true });
      if (call.signal.aborted) resolve(null);
    });
    const outcome = await Promise.race([task.answered, gone]);
    if (outcome) {
      await this.#give(call, ofTask(outcome, task), task);
      task.fetched = true;
      return;
    }
    await this.#parts.exchange.refused(call, refuse('canceled', 'It was canceled before the task ended.').error, {});
  }

  #say(call: McpCall, result: JsonObject, about?: Task): Promise<void> {
    return this.#give(call, { result }, about);
  }

  /** What is said of tasks is the gate's own. */
  #give(call: McpCall, outcome: JsonRpcOutcome, about?: Task): Promise<void> {
    const { exchange, intents } = this.#parts;
    const tool = stringAt(call.params, 'name');
    const content = { ...(about ? { task: about.id } : {}), ...(tool === '' ? {} : { tool }) };
    const intent = { ...intents.builtin('builtin:task', call.method, content), overlap: true };
    return exchange.submitted(call, intent, async (admission) => {
      await admission.end('ok');
      await exchange.dismiss(call, outcome);
    });
  }
}
