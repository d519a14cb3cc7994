// Where approvals live. The machine itself is in src/approvals; a store only keeps its state, one row an approval.

import type { Approval } from '../approvals/approval.ts';

export interface ApprovalStore {
  /**
   * Reads, steps and writes in one transaction, durable when it returns: two decisions at once cannot both win.
   * `change` gets the current state (undefined = none) and returns the next one, or undefined to leave it.
   */
  update<T>(id: string, change: (current: Approval | undefined) => { readonly next?: Approval; readonly result: T }): T;
  get(id: string): Approval | undefined;
  /** The newest approval for this act, whatever its state. */
  findByDigest(digest: string): Approval | undefined;
  list(): readonly Approval[];
}
