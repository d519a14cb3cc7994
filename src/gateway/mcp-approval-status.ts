// The gate's own tool beside the server's: what has become of a held call. It tells whoever asked for the approval, and
// nobody else, and decides nothing.

import type { Approval, ApprovalStatus } from '../approvals/approval.ts';
import { statusAt } from '../approvals/step.ts';
import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';

export interface ApprovalLookup {
  /** Whether anything of this subject's could be held on this connection: else the tool is not there. */
  readonly offered: (subject: Subject, connection: string) => boolean;
  /** Undefined where there is no such approval for this subject. */
  readonly status: (subject: Subject, approval: string) => ApprovalStatus | undefined;
  /** Resolves when the approval has been decided, or the signal says so. Never rejects. */
  readonly settled: (approval: string, signal: AbortSignal) => Promise<void>;
}

export const approvalStatusTool: JsonObject & { readonly name: string } = {
  name: 'approval_status',
  title: 'Status of an approval',
  description:
    'Tells whether a reviewer has decided about a tool call that was held, by the id of the approval the held call named.',
  inputSchema: {
    type: 'object',
    properties: { approval: { type: 'string', description: 'The id, which begins with a_.' } },
    required: ['approval'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
};

const said: Readonly<Record<ApprovalStatus, string>> = {
  requested: 'No reviewer has decided yet. Ask again in a minute.',
  approved: 'Approved. Call the held tool again with exactly the same arguments; the approval is good for one call.',
  denied: 'A reviewer refused it.',
  expired: 'The approval has expired. Call the held tool again to ask for a new one.',
  used: 'It was approved, and the call has run.',
  withdrawn: 'The request was withdrawn.',
};

export function approvalStatusOutcome(status: ApprovalStatus | undefined): JsonRpcOutcome {
  const text = status === undefined ? 'There is no such approval of yours.' : said[status];
  const content = [{ type: 'text', text }];
  return { result: status === undefined ? { isError: true, content } : { content, structuredContent: { status } } };
}

/** The status of an approval for the subject that asked for it. */
export function statusFor(approval: Approval | undefined, subject: Subject, now: number): ApprovalStatus | undefined {
  const asker = approval?.act.subject;
  return approval && asker?.id === subject.id && asker.issuer === subject.issuer ? statusAt(approval, now) : undefined;
}
