// The words every door uses to mask: an operator per class, a key for pseudonyms, and what this subject may see.

import type { ClassSet, Operator, PhiClass } from '../core/phi.ts';
import type { Find } from './detectors/detector.ts';

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
  /** Days `shift` moves a date by, where it is known whose it is; else those of the tenant. */
  readonly shiftDays?: number;
  /** Detectors of the operator's own, beside the built-in ones. */
  readonly own?: readonly Find[];
  /** Texts that say what values of this one are: they are read for it, and are no part of it. */
  readonly beside?: readonly string[];
  /** Milliseconds since 1970: which years tell an age over 89. */
  readonly now: number;
}

/** A found identifier; offsets are UTF-16 code units, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: PhiClass;
}
