// The structuredContent of a tool, masked, and still what its outputSchema promises (MCP 2025-11-25, Tools / Output Schema):
// a result that cannot be made to follow it is an `isError` result, which need not. Must never bring a masked value back.

import { canonicalJson, type JsonObject } from '../core/json.ts';
import { fitToSchema } from '../masking/schema-fit.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { objectAt } from './mcp-facts.ts';

/**
 * The masked outcome, its structuredContent made to fit. `answered` is the outcome as the server gave it; `shown` masks
 * members of a message for this caller, who holds the answer against the schema that they were shown.
 */
export function fitStructured(
  answered: JsonRpcOutcome,
  masked: JsonRpcOutcome,
  outputSchema: JsonObject | null,
  shown: (members: JsonObject) => JsonObject,
): JsonRpcOutcome {
  if (outputSchema === null || !('result' in answered) || !('result' in masked)) return masked;
  const [was, now] = [answered.result['structuredContent'], masked.result['structuredContent']];
  if (was === undefined || now === undefined || masked.result['isError'] === true) return masked;
  if (canonicalJson(was) === canonicalJson(now)) return masked;
  // INVARIANT: not the server's own, whose constants would bring back what has been masked.
  const fitted = fitToSchema(objectAt(shown({ outputSchema }), 'outputSchema'), was, now);
  if (!fitted) return { result: withheld(masked.result) };
  const result = { ...masked.result, structuredContent: fitted.value };
  if (fitted.places.length === 0) return { result };
  return { result: { ...result, _meta: { ...objectAt(result, '_meta'), chartgate: { fitted: fitted.places } } } };
}

function withheld(result: JsonObject): JsonObject {
  const { structuredContent: _, content, ...rest } = result;
  const text =
    '[structuredContent withheld by the gate: masked, it would not follow the outputSchema of this tool. The tool itself ran.]';
  const parts = Array.isArray(content) ? content : [];
  return { ...rest, isError: true, content: [...parts, { type: 'text', text }] };
}
