// A recognizer of identifiers outside of this process: a model, a service. It gets what nobody has masked yet, so it must
// stand where PHI may be.

import type { Result } from '../core/result.ts';
import type { Span } from '../masking/mask.ts';

export interface Recognizer {
  /** What it finds in each text, in their order; UTF-16 offsets. Fails when it is too slow, away, or makes no sense. */
  find(texts: readonly string[]): Promise<Result<readonly (readonly Span[])[]>>;
}
