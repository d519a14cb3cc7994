// Messages masked as for somebody who sees no class in clear, each value by a token: without a gate, a server or a log.

import type { Decision } from '../../src/core/decision.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type MaskJson, maskMembers } from '../../src/gateway/mcp-masking.ts';
import { maskJson } from '../../src/masking/json.ts';

const rules = { byClass: {}, default: 'redact' as const };
const key = new Uint8Array(32);

export const decision: Decision = {
  effect: 'allow',
  reasons: [{ rule: 'test', code: 'allowed', text: 'Allowed.' }],
  obligations: { unmask: [], filter: [], rowsMax: null },
  hold: null,
  policy: 'test',
};

export const mask: MaskJson = (value, { obligations }, counts, beside = []) =>
  maskJson(value, { rules, unmask: obligations.unmask, key, now: 0, beside }, counts);

export const masked = (message: JsonObject): JsonObject => maskMembers(message, decision, mask, {});

export const text = (words: string): JsonObject => ({ content: [{ type: 'text', text: words }] });

/** Over several items. */
export const texts = (...words: string[]): JsonObject => ({
  content: words.map((each) => ({ type: 'text', text: each })),
});
