// The view the masking tests look through.

import type { MaskRules, MaskView } from '../../src/masking/mask.ts';

export function viewOf(rules: Partial<MaskRules> = {}, unmask: MaskView['unmask'] = []): MaskView {
  return {
    rules: { byClass: {}, default: 'redact', ...rules },
    unmask,
    key: new Uint8Array(32).fill(7),
    now: Date.UTC(2026, 10, 21),
  };
}
