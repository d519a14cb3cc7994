// One request at the server, from the request of the client that began it to the one that gets its outcome: a client
// without sessions learns of the server's questions in an answer, and answers them in another request, while the first waits
// at the server. It asks nobody itself.

import type { Result } from '../core/result.ts';
import type { JsonRpcId, JsonRpcOutcome, JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import type { NamedQuestion } from './mcp-input.ts';
import type { LinkRequest } from './mcp-link-request.ts';

const questionsMax = 16;

export type RunStep =
  | { readonly outcome: Result<JsonRpcOutcome> }
  /** What the server wants to know before it goes on. */
  | { readonly questions: readonly NamedQuestion[] };

export class McpRun {
  /** The gate's id of the request. */
  readonly id: number;
  #outcome: Result<JsonRpcOutcome> | undefined;
  /** Whether the server gave its answer as a stream. */
  readonly streamed: () => boolean;
  /** By a name that is the server's id. */
  readonly #questions = new Map<string, JsonRpcRequest>();
  /** It waits for the client to come again; nobody does when the server has given up. */
  parked = false;
  #wake: (() => void) | null = null;

  /** `answered`: told when it has its outcome. */
  constructor(sent: LinkRequest, answered: () => void) {
    this.id = sent.id;
    this.streamed = sent.streamed;
    void sent.outcome.then((outcome) => {
      this.#outcome = outcome;
      answered();
      this.#wake?.();
    });
  }

  /** False when the server asks too much at once. */
  ask(question: JsonRpcRequest): boolean {
    if (this.#questions.size >= questionsMax) return false;
    this.#questions.set(nameOf(question.id), question);
    this.#wake?.();
    return true;
  }

  /** The server does not want the answer any more. */
  withdraw(id: JsonRpcId): void {
    this.#questions.delete(nameOf(id));
  }

  /** The server's id of the question of this name; it is open no longer. */
  answered(name: string): JsonRpcId | undefined {
    const question = this.#questions.get(name);
    this.#questions.delete(name);
    return question?.id;
  }

  /** What comes next: whoever has the outcome waits for no answer any more. Never rejects. */
  async step(): Promise<RunStep> {
    while (!this.#outcome && this.#questions.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#outcome) return { outcome: this.#outcome };
    const questions = [...this.#questions].map(([name, { method, params }]) => ({ name, method, params }));
    return { questions };
  }
}

/** 1 and "1" are two ids. */
function nameOf(id: JsonRpcId): string {
  return JSON.stringify(id);
}

/** What runs at one server, by the gate's id of it; it outlives a call that asks the client. */
export class McpRuns {
  readonly #runs = new Map<number, McpRun>();

  get size(): number {
    return this.#runs.size;
  }

  /** `answered`: told when the server has answered it, or given up. */
  start(sent: LinkRequest, answered: () => void): McpRun {
    const run = new McpRun(sent, () => {
      answered();
      if (run.parked) this.#runs.delete(run.id);
    });
    this.#runs.set(run.id, run);
    return run;
  }

  resume(id: number): McpRun | undefined {
    const run = this.#runs.get(id);
    if (run) run.parked = false;
    return run;
  }

  /** Where it is not said which, the only one there is: nobody's question is taken for another's. */
  find(id: number | undefined): McpRun | undefined {
    if (id !== undefined) return this.#runs.get(id);
    return this.#runs.size === 1 ? [...this.#runs.values()][0] : undefined;
  }

  delete(id: number): boolean {
    return this.#runs.delete(id);
  }

  /** The server does not want the answer any more. */
  withdraw(id: JsonRpcId): void {
    for (const run of this.#runs.values()) run.withdraw(id);
  }
}
