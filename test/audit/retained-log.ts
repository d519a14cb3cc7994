// A log on a disk in memory with the desk that retains and shreds it, at a time of its own.

import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Subject } from '../../src/core/facts.ts';
import { createRetentionDesk, type RetentionDeps, type RetentionDesk } from '../../src/gateway/retention-desk.ts';
import type { HoldStore, LegalHold } from '../../src/ports/holds.ts';
import { openedLog } from '../parts/opened-log.ts';
import type { MemoryDisk } from './log-storage.ts';

const yearMs = 366 * 86_400_000;
export const start: number = Date.parse('2020-01-01T00:00:00.000Z');
export const later: number = start + 6.5 * yearMs;
export const augusto: Subject = { id: 'augusto', issuer: 'x', kind: 'person', groups: ['auditors'], aliases: [] };

export interface Moment {
  now: number;
}

export class Holds implements HoldStore {
  #holds: LegalHold[] = [];
  list(): readonly LegalHold[] {
    return this.#holds;
  }
  save(hold: LegalHold): void {
    this.#holds.push(hold);
  }
  remove(id: string): void {
    this.#holds = this.#holds.filter((each) => each.id !== id);
  }
}

export interface Node extends OpenedLog {
  readonly desk: RetentionDesk;
}

type PatientParts = Pick<RetentionDeps, 'index' | 'patients'>;

const noPatients: PatientParts = {
  index: {
    catchUp: () => Promise.resolve(),
    seenIn: () => ({ records: 0, names: 0, any: false }),
    heldOnRecord: () => [],
  },
  patients: { kinds: () => [], namesOf: () => [] },
};

export async function open(
  disk: MemoryDisk,
  moment: Moment,
  holds: HoldStore = new Holds(),
  parts: PatientParts = noPatients,
): Promise<Node> {
  const clock = { now: () => moment.now, after: () => () => {} };
  const opened = await openedLog(disk, { clock });
  const { log, payloads: keep } = opened;
  const desk = createRetentionDesk({
    clock,
    random: systemRandom,
    log,
    reader: log.reader,
    keep,
    holds,
    retainMs: 6 * yearMs,
    patientDigest: (patient) => `digest of ${patient.length}`,
    ...parts,
  });
  return { ...opened, desk };
}

export function said(text: string): { readonly media: 'application/json'; readonly bytes: Uint8Array } {
  return { media: 'application/json', bytes: Buffer.from(`{"said":"${text}"}`) };
}
