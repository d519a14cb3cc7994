// Page cursors belong to the server and may hold anything, a patient's name included; masked they would not work. The
// client gets a token of ours instead.

import type { Json } from '../core/json.ts';
import { keepNewest } from '../core/newest.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';

const cursorsMax = 1_000;

export class CursorTable {
  readonly #cursors = new Map<string, string>();
  #last = 0;

  /** The server's cursor behind one of ours. */
  open(cursor: Json): string | undefined {
    return typeof cursor === 'string' ? this.#cursors.get(cursor) : undefined;
  }

  /** The outcome with its `nextCursor` replaced. */
  seal(outcome: JsonRpcOutcome): JsonRpcOutcome {
    if (!('result' in outcome) || typeof outcome.result['nextCursor'] !== 'string') return outcome;
    const token = `page-${++this.#last}`;
    this.#cursors.set(token, outcome.result['nextCursor']);
    keepNewest(this.#cursors, cursorsMax);
    return { result: { ...outcome.result, nextCursor: token } };
  }
}
