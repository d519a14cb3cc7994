// Who waits for the answer to a request of the gate's, and so whether and by whom it can be taken as it comes. It reads nothing.

import type { Decision } from '../core/decision.ts';
import type { Json } from '../core/json.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import type { LongReply } from '../ports/mcp-upstream.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import type { ItemList } from '../wire/mcp/long-message.ts';
import type { Admission } from './enforce.ts';
import type { AnswerMasking } from './masked-answer.ts';
import type { McpCall } from './mcp-call.ts';
import type { HeldBytes } from './mcp-held-bytes.ts';
import { HeldReply } from './mcp-held-reply.ts';
import { type FlowMasking, McpLongAnswer } from './mcp-long-answer.ts';
import type { Binary } from './mcp-masking.ts';
import type { McpOutlet } from './mcp-outlet.ts';
import type { Seen } from './patients-seen.ts';

/** What any answer is masked and released with. */
export interface Releasing {
  readonly outlet: McpOutlet;
  readonly maskFor: AnswerMasking;
  /** The masking of texts nobody holds whole; null where there is none under this decision. */
  readonly flowFor: (decision: Decision) => FlowMasking | null;
  readonly binary: Binary;
  readonly held: HeldBytes;
  /** Where it is said which patient something is about; null = nobody has said. */
  readonly patientPlaces: () => PatientPlaces | null;
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

  /** As it comes, or held whole within what the door may hold: where there is no other way to mask it, or nobody is there to take it. */
  take(id: number, streamed: boolean): LongReply {
    const { flowFor, held, maskFor, binary, outlet, seen, dressed, patientPlaces } = this.#parts;
    const { call, admission } = this.#awaited.get(id) ?? {};
    if (!call || !admission) return new HeldReply(held.open(), true);
    call.holding ??= held.open();
    const list = lists[call.method];
    const flow = list && !call.reply.paused ? flowFor(admission.decision) : null;
    if (!list || !flow) return new HeldReply(call.holding, false);
    const long = new McpLongAnswer({
      id,
      list,
      call,
      admission,
      holding: call.holding,
      flow,
      maskFor,
      binary,
      seen: patientPlaces() && ((items: readonly Json[]) => seen(call, { result: { [list]: items } })),
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

/** Where the texts of an answer are, by its method. */
const lists: Readonly<Record<string, ItemList>> = {
  'tools/call': 'content',
  'resources/read': 'contents',
  'prompts/get': 'messages',
};
