// Where records of the log are sent while the gate runs, and how far each receiver has got.

import type { JsonObject } from '../core/json.ts';
import type { RecordType, Weight } from '../core/record.ts';
import type { Result } from '../core/result.ts';
import type { NotTaken } from './not-taken.ts';

/** One entry of the log in the words of a format. */
export interface Exported {
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly type: RecordType;
  readonly weight: Weight;
  readonly event: JsonObject;
}

export interface ExportTarget {
  /**
   * Resolves when the receiver has taken all of it; the same events may come again. Refused: invalid_request where it rejects what
   * is in them, any other code where it cannot be reached or does not let us. Never rejects. `now`: ms since the epoch.
   */
  send(batch: readonly Exported[], now: number): Promise<Result<void, NotTaken>>;
  /** The first entry that it has counted as taken and that may not have arrived; null = none. */
  doubtful?(now: number): number | null;
  close(): Promise<void>;
}

export interface ExportCursors {
  /** The first entry that has not been taken; 0 for a receiver nobody has sent to. */
  next(name: string): number;
  /** Durable when it returns. */
  save(name: string, next: number): void;
}
