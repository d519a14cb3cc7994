// What lies where in an evidence package, and which records get a proof of their own: the same for its maker and its verifier.

import type { Entry, RecordType } from '../../core/record.ts';

/** Paths below the package's directory, with `/`. */
export const packageFiles = {
  manifest: 'manifest.json',
  report: 'report.json',
  page: 'index.html',
  print: 'report.pdf',
  records: 'records.ndjson',
  checkpoint: 'checkpoint',
  keys: 'keys/log.vkey',
} as const;

/** Below it stand the sources of a verifier that needs Node alone. */
export const verifierFolder = 'verifier/';

/** Paths that a package may have besides: nobody signs the manifest, so nothing else is taken into it. */
export function isPackagePath(path: string): boolean {
  const named: readonly string[] = Object.values(packageFiles);
  return (
    ['proofs/', 'policies/', verifierFolder].some((folder) => path.startsWith(folder)) ||
    (named.includes(path) && path !== 'manifest.json')
  );
}

/** What a draw may go by. It stands in the report. */
export const seedForm: RegExp = /^[\w.+/=-]{1,64}$/;

export function proofPath(seq: number): string {
  return `proofs/${seq}.tlog-proof`;
}

export function policyPath(digest: string): string {
  return `policies/${digest}.json`;
}

/** Of each file but the manifest itself. */
export type Manifest = Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;

/** As the report and the manifest stand in the package: to the byte, since readers differ about a member that is there twice. */
export function packageJson(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** From `from` on, and before `to`: milliseconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

export function isIn({ from, to }: Period, { time }: Pick<Entry, 'time'>): boolean {
  const moment = Date.parse(time);
  return moment >= from && moment < to;
}

/** Besides the sample, these many records get a proof file. */
const proofsMax = 2_000;

const provenTypes: ReadonlySet<RecordType> = new Set([
  'approval.requested',
  'approval.explained',
  'approval.escalated',
  'approval.decided',
  'approval.refused',
  'approval.expired',
  'approval.used',
  'break_glass.opened',
  'break_glass.ended',
  'break_glass.overdue',
  'break_glass.reviewed',
  'audit.reviewed',
  'break_glass.refused',
  'policy.changed',
  'config.changed',
  'key.rotated',
  'key.added',
  'key.replaced',
  'retention.held',
  'retention.released',
  'retention.shredded',
]);

/** Which records of the period get a proof of their own, found while they pass. */
export class ProofPlan {
  readonly #wanted: number[] = [];
  #unproven = 0;

  see({ seq, type }: Entry): void {
    if (!provenTypes.has(type)) return;
    if (this.#wanted.length < proofsMax) this.#wanted.push(seq);
    else this.#unproven++;
  }

  get unproven(): number {
    return this.#unproven;
  }

  /**
   * With the sample, the first and the last record, which prove all between them, and their neighbours, which show that the
   * period has no more of them. `first` is the number of entries before the period.
   */
  all(sample: readonly { readonly seq: number }[], first: number, records: number, size: number): number[] {
    const ends = [first - 1, first, first + records - 1, first + records].filter((seq) => seq >= 0 && seq < size);
    const all = new Set([...this.#wanted, ...sample.map(({ seq }) => seq), ...ends]);
    return [...all].sort((a, b) => a - b);
  }
}
