// Where uses of break-glass live. A handful; none is ever removed.

import type { Emergency } from '../approvals/break-glass.ts';

export interface EmergencyStore {
  /** Newest first. */
  list(): readonly Emergency[];
  /** Durable when it returns; one with the same id is replaced. */
  save(emergency: Emergency): void;
}
