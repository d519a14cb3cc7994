// Why a receiver of records or notices did not take what it was sent.

import type { Refusal } from '../core/result.ts';

export interface NotTaken extends Refusal {
  /** It wants to be left alone for so long: 0 to an hour. */
  readonly retryAfterMs?: number;
}
