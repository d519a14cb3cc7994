// The words every door uses to mask: an operator per class, a key for pseudonyms, and what this subject may see.

import type { ClassSet, Operator, PhiClass } from '../core/phi.ts';

export interface MaskRules {
  readonly byClass: Readonly<Partial<Record<PhiClass, Operator>>>;
  readonly default: Operator;
}

/** One subject's view: the rules, less the classes it sees as they are. */
export interface MaskView {
  readonly rules: MaskRules;
  readonly unmask: ClassSet;
  /** 32 bytes, per tenant: keys pseudonyms and shifts. */
  readonly key: Uint8Array;
}

/** A found identifier; offsets are UTF-16 code units, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: PhiClass;
}
