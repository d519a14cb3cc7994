// Records appended to a file, a line of JSON each, on disk before they count as taken. Rotate it by renaming: it is opened
// anew for every batch.

import { open } from 'node:fs/promises';
import { ok, refuse } from '../../core/result.ts';
import type { ExportTarget } from '../../ports/export.ts';

/** @param path absolute; its directory must exist */
export function fileTarget(path: string): ExportTarget {
  return {
    async send(batch) {
      try {
        const file = await open(path, 'a', 0o600);
        try {
          await file.appendFile(batch.map(({ event }) => `${JSON.stringify(event)}\n`).join(''));
          await file.sync();
        } finally {
          await file.close();
        }
        return ok(undefined);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        return refuse('state_unwritable', `the file could not be written (${code}).`);
      }
    },
    close: () => Promise.resolve(),
  };
}
