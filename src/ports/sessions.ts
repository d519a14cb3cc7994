// The index of sessions: what the log says, arranged for looking things up. Derived, never a source: it can be deleted
// at any time and is rebuilt from the log.

import type { RecordInput } from '../core/record.ts';
import type { LogReader } from './log.ts';

export interface SessionSummary {
  readonly id: string;
  readonly subject: NonNullable<RecordInput['subject']>;
  readonly connection: string;
  readonly door: string;
  readonly client: string;
  /** The session and request that caused this one (a tool call causes SQL). */
  readonly parent: { readonly session: string; readonly request: string | null } | null;
  /** RFC 3339, UTC. `ended` is null while the session is open. */
  readonly started: string;
  readonly ended: string | null;
  /** Requests by what the policy said, and those the gate never learned the end of. */
  readonly allowed: number;
  readonly held: number;
  readonly denied: number;
  readonly unknown: number;
}

export interface SessionFilter {
  readonly subject?: { readonly id: string; readonly issuer?: string };
  readonly connection?: string;
  readonly door?: string;
  /** Only sessions with at least one request that was decided so. */
  readonly decision?: 'allow' | 'hold' | 'deny';
  /** Started at or after / before; RFC 3339, UTC, as the log writes it. */
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

export interface SessionIndex {
  /** Applies what the log has gained since the last time. Calls are queued; each sees every entry confirmed before it. */
  catchUp(reader: LogReader): Promise<void>;
  /** Newest first. */
  list(filter: SessionFilter): readonly SessionSummary[];
  get(id: string): SessionSummary | undefined;
  /** Sessions this one caused, oldest first. */
  childrenOf(id: string): readonly SessionSummary[];
  /** Sequence numbers of the entries of one session, ascending. */
  entriesOf(id: string): readonly number[];
}
