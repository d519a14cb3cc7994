// A tool that runs as a task of its server and no other way (MCP 2025-11-25, Tasks), called like any other: the task is begun, its
// result is waited for, and it is canceled when nobody waits any more. INVARIANT: no client learns of a task of the server.

import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { relatedToNone } from '../wire/mcp/related-task.ts';
import type { LinkOptions, LinkRequest } from './mcp-link-request.ts';

/** As McpLink has it. */
type Ask = (method: string, params: JsonObject, ms: number, options?: LinkOptions) => LinkRequest;

interface ServerTask {
  /** The gate's id of the request about it that is open now: what began it, or what waits for its result. */
  open: number;
  /** Told when nobody waits for it any more. */
  readonly giveUp: () => void;
  givenUp: boolean;
}

const cancelMs = 10_000;
const canceled = refuse('canceled', 'The request was canceled.');

export class ServerTasks {
  readonly #ask: Ask;
  /** By the gate's id of the request that began it. */
  readonly #tasks = new Map<number, ServerTask>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** One request to whoever waits for it. A server that begins no task has answered. */
  begin(method: string, params: JsonObject, ms: number, options: LinkOptions): LinkRequest {
    const { long, asTask: _, ...others } = options;
    const begun = this.#ask(method, { ...params, task: { ttl: ms } }, ms, others);
    const { id } = begun;
    const { promise: givenUp, resolve } = Promise.withResolvers<Result<JsonRpcOutcome>>();
    const task: ServerTask = { open: id, giveUp: () => resolve(canceled), givenUp: false };
    this.#tasks.set(id, task);
    let { streamed } = begun;
    const follow = async (): Promise<Result<JsonRpcOutcome>> => {
      const created = await begun.outcome;
      const taskId = taskIn(created);
      if (taskId === null) return created;
      if (task.givenUp) {
        this.#cancel(taskId);
        return canceled;
      }
      const awaited = this.#ask(
        'tasks/result',
        { taskId },
        ms,
        long ? { long: (_id, asStream) => long(id, asStream) } : {},
      );
      task.open = awaited.id;
      ({ streamed } = awaited);
      const outcome = await awaited.outcome;
      if (!outcome.ok) this.#cancel(taskId);
      return outcome.ok && 'result' in outcome.value ? ok({ result: relatedToNone(outcome.value.result) }) : outcome;
    };
    const followed = follow().finally(() => this.#tasks.delete(id));
    return { id, outcome: Promise.race([followed, givenUp]), streamed: () => streamed() };
  }

  /**
   * The request that is open for what `id` began, which is not waited for any more; null while a task is being begun: to be canceled
   * it has to have a name.
   */
  giveUp(id: number): number | null {
    const task = this.#tasks.get(id);
    if (!task) return id;
    task.givenUp = true;
    if (task.open !== id) return task.open;
    task.giveUp();
    return null;
  }

  /** The request that began what the open request `id` is about. */
  beginningOf(id: number): number {
    for (const [beginning, { open }] of this.#tasks) if (open === id) return beginning;
    return id;
  }

  #cancel(taskId: string): void {
    void this.#ask('tasks/cancel', { taskId }, cancelMs);
  }
}

/** The id of the task that a server has begun. */
function taskIn(created: Result<JsonRpcOutcome>): string | null {
  const result = created.ok && 'result' in created.value ? created.value.result : {};
  const { task } = result;
  const taskId = isJsonObject(task) ? task['taskId'] : null;
  return typeof taskId === 'string' ? taskId : null;
}
