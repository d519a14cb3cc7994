// How a refusal reads in MCP. A held tools/call is a result an agent can read and act on (`isError`); everything else
// that is refused is a JSON-RPC error with the code of core/errors.ts.

import { type ErrorCode, errors } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Refusal } from '../core/result.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';

const heldCodes: ReadonlySet<ErrorCode> = new Set(['approval_required', 'approval_denied', 'approval_expired']);

export function errorOutcome(refusal: Refusal): JsonRpcOutcome {
  const row = errors[refusal.code];
  return {
    error: { code: row.jsonrpc, message: `${refusal.text} ${refusal.next ?? row.next}`, data: detailsOf(refusal) },
  };
}

export function toolOutcome(refusal: Refusal): JsonRpcOutcome {
  if (!heldCodes.has(refusal.code)) return errorOutcome(refusal);
  const again =
    refusal.code === 'approval_required' ? ' Call this tool again with the same arguments once it is approved.' : '';
  const text = `${refusal.text} ${refusal.next ?? errors[refusal.code].next}${again}`;
  return { result: { isError: true, content: [{ type: 'text', text }], _meta: { chartgate: detailsOf(refusal) } } };
}

function detailsOf(refusal: Refusal): JsonObject {
  const { code, rule, approval } = refusal;
  return { code, ...(rule === undefined ? {} : { rule }), ...(approval === undefined ? {} : { approval }) };
}
