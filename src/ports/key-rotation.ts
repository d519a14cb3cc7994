// A new signing key for the log.

import type { RecordInput } from '../core/record.ts';

export interface KeyRotation {
  /**
   * Resolves once the entry that both keys have signed is under a checkpoint that both have signed. Both go on signing for
   * `overlapMs`, until the first start after it. `until` in RFC 3339. @throws LogUnavailable, or an Error when a rotation is
   * under way.
   */
  rotate(
    by: NonNullable<RecordInput['subject']>,
    overlapMs: number,
  ): Promise<{ readonly vkey: string; readonly previous: string; readonly until: string }>;
}
