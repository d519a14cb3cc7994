// When the gate did not run, as its records tell: from the last record of a run to the next `node.start`.

import type { Entry } from '../../core/record.ts';

export interface Gap {
  /** The last record of the run before; null where that is before the period. */
  readonly from: string | null;
  readonly to: string;
  readonly how: 'stopped' | 'not stopped in order' | 'not in the period';
}

export class Gaps {
  /** The last entry of the run that is under way, or was the last. */
  #ofRun: Entry | undefined;
  #isFromBeginning = false;
  readonly #found: Gap[] = [];

  get found(): Gap[] {
    return [...this.#found];
  }

  /** Entries in order. */
  see(entry: Entry): void {
    if (entry.seq === 0) this.#isFromBeginning = true;
    if (isBetweenRuns(entry)) return;
    if (entry.type === 'node.start') this.#started(entry);
    this.#ofRun = entry;
  }

  #started({ time }: Entry): void {
    const last = this.#ofRun;
    // With its first run a log begins.
    if (!last && this.#isFromBeginning) return;
    const how = !last ? 'not in the period' : last.type === 'node.stop' ? 'stopped' : 'not stopped in order';
    this.#found.push({ from: last?.time ?? null, to: time, how });
  }
}

/** Written before its `node.start` by a gate that mends what a crash left, or by a command while none runs. */
function isBetweenRuns({ type, subject, data = {} }: Entry): boolean {
  if (type === 'outcome_unknown' || type === 'session.end') return data['reason'] === 'crash';
  // In a run somebody rotates it, and is named.
  return type === 'key.replaced' || ((type === 'key.rotated' || type === 'key.added') && subject === undefined);
}
