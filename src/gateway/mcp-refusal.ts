// How a refusal reads in MCP. A held tools/call is a result an agent can read and act on (`isError`), or, for a client that
// can show it, a URL; everything else that is refused is a JSON-RPC error with the code of core/errors.ts.

import { type ErrorCode, errors } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Refusal } from '../core/result.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { statelessVersion } from '../wire/mcp/stateless.ts';
import { clientVersions } from '../wire/mcp/streamable-http.ts';
import { approvalStatusTool } from './mcp-approval-status.ts';

const heldCodes: ReadonlySet<ErrorCode> = new Set(['approval_required', 'approval_denied', 'approval_expired']);

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
  if (!heldCodes.has(refusal.code)) return errorOutcome(refusal);
  const again =
    refusal.code === 'approval_required' ? ' Call this tool again with the same arguments once it is approved.' : '';
  const status =
    refusal.code === 'approval_required' && refusal.approval !== undefined
      ? ` The tool ${approvalStatusTool.name} tells whether it is.`
      : '';
  const text = `${refusal.text} ${refusal.next ?? errors[refusal.code].next}${again}${status}`;
  return { result: { isError: true, content: [{ type: 'text', text }], _meta: { chartgate: detailsOf(refusal) } } };
}

/** MCP 2025-11-25, Elicitation / URL Elicitation Required Error. */
const urlElicitationRequired = -32042;

/**
 * For a client that shows people a URL: the page of the approval, and the same call again afterwards. Other clients, and
 * other refusals, get what `toolOutcome` says.
 */
export function urlOutcome(refusal: Refusal, publicUrl: string): JsonRpcOutcome {
  const { code, approval } = refusal;
  if (code !== 'approval_required' || approval === undefined) return toolOutcome(refusal);
  const message = `${refusal.text} Once it is approved, call this tool again with the same arguments.`;
  const elicitation = { mode: 'url', elicitationId: approval, url: `${publicUrl}/approvals/${approval}`, message };
  return {
    error: { code: urlElicitationRequired, message, data: { ...detailsOf(refusal), elicitations: [elicitation] } },
  };
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
