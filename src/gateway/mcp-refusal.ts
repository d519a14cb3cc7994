// How a refusal reads in MCP. A held tools/call is a result an agent can read and act on (`isError`), or, for a client that
// can show it, a URL; everything else that is refused is a JSON-RPC error with the code of core/errors.ts.

import { type ErrorCode, errors, isErrorCode } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Refusal } from '../core/result.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { statelessVersion } from '../wire/mcp/stateless.ts';
import { clientVersions } from '../wire/mcp/streamable-http.ts';
import { approvalStatusTool } from './mcp-approval-status.ts';

/** What an agent can do something about, or tell its person. */
const readableCodes: ReadonlySet<ErrorCode> = new Set([
  'approval_required',
  'approval_denied',
  'approval_expired',
  'account_required',
]);

/** `more` is said besides the refusal itself. */
export function errorOutcome(refusal: Refusal, more: JsonObject = {}): JsonRpcOutcome {
  const row = errors[refusal.code];
  return {
    error: {
      code: row.jsonrpc,
      message: `${refusal.text} ${refusal.next ?? row.next}`,
      data: { ...detailsOf(refusal), ...more },
    },
  };
}

export function toolOutcome(refusal: Refusal): JsonRpcOutcome {
  if (!readableCodes.has(refusal.code)) return errorOutcome(refusal);
  const content = [{ type: 'text', text: wordsOf(refusal) }];
  return { result: { isError: true, content, _meta: { chartgate: detailsOf(refusal) } } };
}

/** All that an agent needs to know to go on. */
function wordsOf(refusal: Refusal): string {
  const words = `${refusal.text} ${refusal.next ?? errors[refusal.code].next}`;
  if (refusal.code !== 'approval_required') return words;
  const status = refusal.approval === undefined ? '' : ` The tool ${approvalStatusTool.name} tells whether it is.`;
  return `${words} Call again with the same arguments once it is approved.${status}`;
}

/** MCP 2025-11-25, Elicitation / URL Elicitation Required Error. */
const urlElicitationRequired = -32042;

/** Where the caller, or somebody else, does what is missing; the same call is made again afterwards. */
export interface RefusalPage {
  /** Of the elicitation. */
  readonly id: string;
  readonly url: string;
  readonly message: string;
}

/** Null where no page would help. `session` tells callers apart who are sent to the same page. */
export function pageOf(refusal: Refusal, publicUrl: string, session: string): RefusalPage | null {
  const { code, text, approval, page } = refusal;
  if (code === 'account_required' && page !== undefined) {
    return { id: `account-${session}`, url: page, message: `${text} Once you have allowed it, call again.` };
  }
  if (code !== 'approval_required' || approval === undefined) return null;
  const message = `${text} Once it is approved, call this tool again with the same arguments.`;
  return { id: approval, url: `${publicUrl}/approvals/${approval}`, message };
}

/** Whether an error that names this code of the closed table reads as one of the gate: it has its number, or sends people somewhere. */
export function isOwnCode(code: Json | undefined, jsonrpc: number): boolean {
  return typeof code === 'string' && isErrorCode(code) && (errors[code].jsonrpc === jsonrpc || readableCodes.has(code));
}

/** For a client with a session that shows people a URL. The message alone is enough for one that only passes it on. */
export function urlOutcome(refusal: Refusal, { id, url, message }: RefusalPage): JsonRpcOutcome {
  const elicitation = { mode: 'url', elicitationId: id, url, message };
  return {
    error: {
      code: urlElicitationRequired,
      message: wordsOf(refusal),
      data: { ...detailsOf(refusal), elicitations: [elicitation] },
    },
  };
}

/** No name of a server's question has a colon by the time a client sees it. */
export const ownQuestion = 'chartgate:page';

/** For such a client without a session (MCP 2026-07-28): it comes again with the answer, which says nothing. */
export function pageQuestion({ url, message }: RefusalPage): JsonRpcOutcome {
  const question = { method: 'elicitation/create', params: { mode: 'url', url, message } };
  return { result: { resultType: 'input_required', inputRequests: { [ownQuestion]: question } } };
}

function detailsOf(refusal: Refusal): JsonObject {
  const { code, rule, approval } = refusal;
  return {
    code,
    ...(rule === undefined ? {} : { rule }),
    ...(approval === undefined ? {} : { approval }),
    ...(code === 'unsupported_version' ? { supported: [statelessVersion, ...clientVersions] } : {}),
  };
}
