// What the log still takes when its disk is nearly full: what breaking the glass needs, refusals, and how things ended. It looks at
// no disk; it only knows which record is worth the last of it.

import type { RecordInput } from '../core/record.ts';

/**
 * `ample`: everything. `low`: nothing is asked of an upstream and nothing released, but under a break-glass. `last`, when the
 * reserve has been given up: no refusals either, which a client that asks again and again could fill it with.
 */
export type Room = 'ample' | 'low' | 'last';

/** Data of requests: what fills disks. */
const released: ReadonlySet<RecordInput['type']> = new Set(['response', 'disclosure', 'server.stderr']);
const refusals: ReadonlySet<RecordInput['type']> = new Set(['auth.refused', 'account.refused', 'approval.refused']);

export class Rationing {
  /** Requests under a break-glass that have not ended. */
  readonly #emergencies = new Set<string>();
  /** Requests that were turned away: nothing more is said of them, as nothing was said of their beginning. */
  readonly #turnedAway = new Set<string>();

  /** Every record is shown, also while there is room, in order. */
  admits(record: RecordInput, hasPayload: boolean, room: Room): boolean {
    const { type, request, data } = record;
    if (request === undefined) return room === 'ample' || isAdmitted(record, hasPayload, room);
    if (type === 'request' && data?.['break_glass'] !== undefined) this.#emergencies.add(request);
    const isEmergency = this.#emergencies.has(request);
    const isTurnedAway = this.#turnedAway.has(request);
    if (type === 'request.end') {
      this.#emergencies.delete(request);
      this.#turnedAway.delete(request);
    }
    if (isTurnedAway) return false;
    if (room === 'ample' || isEmergency) return true;
    const admitted = isAdmitted(record, hasPayload, room);
    if (type === 'request' && !admitted) this.#turnedAway.add(request);
    return admitted;
  }
}

function isAdmitted({ type, data }: RecordInput, hasPayload: boolean, room: Room): boolean {
  if (refusals.has(type) || (type === 'request' && data?.['effect'] === 'deny')) return room === 'low';
  return type === 'request.end' ? !hasPayload : type !== 'request' && !released.has(type);
}
