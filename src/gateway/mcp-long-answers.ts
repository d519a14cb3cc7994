// Who waits for the answer to a request of the gate's, and so whether and by whom it can be taken as it comes. It reads nothing.

import type { Decision } from '../core/decision.ts';
import type { Json } from '../core/json.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import type { Admission } from './enforce.ts';
import type { McpCall } from './mcp-call.ts';
import { type FlowMasking, McpLongAnswer } from './mcp-long-answer.ts';
import type { Binary, MaskFor } from './mcp-masking.ts';
import type { McpOutlet } from './mcp-outlet.ts';
import type { Seen } from './patients-seen.ts';

/** What any answer is masked and released with. */
export interface Releasing {
  readonly outlet: McpOutlet;
  readonly maskFor: MaskFor;
  /** The masking of texts nobody holds whole; null where there is none under this decision. */
  readonly flowFor: (decision: Decision) => FlowMasking | null;
  readonly binary: Binary;
}

interface LongAnswersParts extends Releasing {
  /** Whom an outcome is about, before it is masked. */
  readonly seen: (call: McpCall, outcome: JsonRpcOutcome) => Seen | null;
  readonly dressed: (call: McpCall, masked: JsonRpcOutcome) => JsonRpcOutcome;
}

export class McpLongAnswers {
  readonly #parts: LongAnswersParts;
  readonly #awaited = new Map<number, { readonly call: McpCall; readonly admission: Admission }>();

  constructor(parts: LongAnswersParts) {
    this.#parts = parts;
  }

  /** From here on the answer to the request of this id is this call's. */
  await(id: number, call: McpCall, admission: Admission): void {
    this.#awaited.set(id, { call, admission });
  }

  over(id: number): void {
    this.#awaited.delete(id);
  }

  /** Null where the answer has to be whole: to fit a schema, or to be masked at all. */
  take(id: number, streamed: boolean): McpLongAnswer | null {
    const { flowFor, maskFor, binary, outlet, seen, dressed } = this.#parts;
    const { call, admission } = this.#awaited.get(id) ?? {};
    const flow = call && admission && call.outputSchema === null ? flowFor(admission.decision) : null;
    // Nobody is there to take it: it is held until somebody is.
    if (!call || !admission || !flow || call.reply.paused) return null;
    const long = new McpLongAnswer({
      call,
      admission,
      flow,
      maskFor,
      binary,
      seen: (content: readonly Json[]) => seen(call, { result: { content } }),
      dressed: (masked) => dressed(call, masked),
      begins: () => {
        if (call.open) outlet.remove(call.open);
        if (streamed && !call.carried) call.reply.open();
        return call.reply.begin();
      },
    });
    call.long = long;
    return long;
  }
}
