// The audit log as the doors see it. INVARIANT: nothing is released that `append` has not confirmed.

import { errors } from '../core/errors.ts';
import type { Entry, Payload, RecordInput } from '../core/record.ts';
import type { Refusal } from '../core/result.ts';

export interface Log {
  /**
   * Adds one record. Resolves once it and its payload are on disk (fsync), in the order of the calls. A `patient` one, which
   * nobody waits for yet, shares the write of the next that is not, and waits 5 ms for that at most.
   * Record and payload are read when their group is written: they must not change after the call.
   * @throws LogUnavailable when it cannot be made durable. From then on every call throws it: the gate is closed. And, of some
   * records only, while the log is {@link scarce}.
   */
  append(record: RecordInput, payload?: Payload, patient?: boolean): Promise<{ readonly seq: number }>;
  /** False once a write or fsync has failed, or after close. */
  readonly open: boolean;
  /** The disk is nearly full: nothing is asked of an upstream or released but under a break-glass; such records are refused. */
  readonly scarce?: boolean;
  /** Called once when the log fails, so that the doors close. */
  onFailure(callback: (reason: string) => void): void;
  /** Integrates everything appended so far into the tree and signs a checkpoint. */
  checkpoint(): Promise<{ readonly size: number; readonly rootHash: string }>;
  /** Note text of the log's public key (C2SP signed-note vkey). */
  readonly vkey: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** The same log, but for what `over` says of it. What a log says of itself changes, so it is asked each time. */
export function logWith<T extends Log & { readonly reader: LogReader }>(
  log: T,
  over: { readonly append: Log['append']; readonly isOpen?: () => boolean },
): Log & { readonly reader: T['reader'] } {
  return {
    append: over.append,
    get open() {
      return log.open && (over.isOpen?.() ?? true);
    },
    get scarce() {
      return log.scarce ?? false;
    },
    onFailure: (callback) => log.onFailure(callback),
    checkpoint: () => log.checkpoint(),
    get vkey() {
      return log.vkey;
    },
    origin: log.origin,
    close: () => log.close(),
    reader: log.reader,
  };
}

/** What is told while the disk of the log is nearly full. */
export const diskFull: Refusal = { code: 'disk_full', text: errors.disk_full.text, next: errors.disk_full.next };

/** Its message is the operator's. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  /** What is told to whoever cannot be served. */
  readonly refusal: Refusal;

  /** `told`: where it is not the log itself that cannot be written. */
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly told?: Pick<Refusal, 'text' | 'next'> & Partial<Refusal> } = {},
  ) {
    super(message, options);
    this.refusal = { code: 'log_unavailable', ...(options.told ?? { text: errors.log_unavailable.text }) };
  }
}

/** Reading back: for search, replay and evidence. Sees every entry that `append` has confirmed. */
export interface LogReader {
  readonly size: number;
  /** Entries from `from` (inclusive) to `to` (exclusive). */
  entries(from: number, to?: number): AsyncIterable<Entry>;
  /** The decrypted payload of an entry; null when it has none or its session was shredded. */
  payload(entry: Entry): Promise<Payload | null>;
}
