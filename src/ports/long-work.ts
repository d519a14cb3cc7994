// Does what would take too long where everybody waits.

import type { Result } from '../core/result.ts';

export interface LongWork<Task, Done> {
  /**
   * One at a time, in order; `task` is called when its turn has come, and what it gives is cloned. Refused:
   * too_large where it takes more time or memory than there is, or cannot be done; canceled once `over` aborts.
   */
  do(task: () => Task, over?: AbortSignal): Promise<Result<Done>>;
}
