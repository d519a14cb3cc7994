// A log with an index of its sessions, and what its exports say of all of it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type ExportSource, exported } from '../../src/gateway/export-events.ts';
import type { MemoryLog } from '../admin/gate-fixture.ts';

export interface ExportedLog {
  readonly source: ExportSource;
  all(format: 'ocsf' | 'fhir' | 'ndjson', payloads?: boolean): Promise<JsonObject[]>;
  close(): void;
}

/** `directory`: where the index goes. */
export function exportedLog(log: MemoryLog, directory: string): ExportedLog {
  const index = openSessionIndex(join(directory, 'index.db'));
  assert.ok(index.ok);
  const source = { origin: 'gate.example/chartgate/1', reader: log, index: index.value };
  return {
    source,
    async all(format, payloads = false) {
      const events: JsonObject[] = [];
      for await (const each of exported(source, [0, log.size], format, payloads)) events.push(each.event);
      return events;
    },
    close: () => index.value.close(),
  };
}
