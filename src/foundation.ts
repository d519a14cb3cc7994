// What stands when the state directory is open, and everything else is composed of.

import type { NodeKeys } from './adapters/key-file/node-keys.ts';
import type { OpenedLog } from './adapters/log-files/open-log.ts';
import type { Metrics } from './adapters/metrics/metered-log.ts';
import type { OwnedSessionIndex } from './adapters/sqlite-store/projection.ts';
import type { Store } from './adapters/sqlite-store/store.ts';
import type { ArchiveSource } from './ports/archive-source.ts';
import type { KeyRotation } from './ports/key-rotation.ts';
import type { PayloadKeep } from './ports/payload-keep.ts';

/** What the state directory holds, open. */
export interface Foundation {
  readonly kek: Uint8Array;
  /** Names that outlive the KEK they were first made under. */
  readonly keys: NodeKeys;
  readonly store: Store;
  readonly index: OwnedSessionIndex;
  readonly log: OpenedLog['log'];
  readonly metrics: Metrics;
  /** For retention. */
  readonly payloads: PayloadKeep;
  readonly archiveSource: ArchiveSource;
  readonly rotation: KeyRotation;
}
