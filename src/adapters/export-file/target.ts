// Records appended to a file, a line of JSON each, on disk before they count as taken. Rotate it by renaming: it is opened
// anew for every batch. A line that was cut off stays one line, and what it was to say comes again.

import { type FileHandle, open } from 'node:fs/promises';
import { ok, refuse } from '../../core/result.ts';
import type { ExportTarget } from '../../ports/export.ts';

/** @param path absolute; its directory must exist */
export function fileTarget(path: string): ExportTarget {
  return {
    async send(batch) {
      try {
        const file = await open(path, 'a+', 0o600);
        try {
          const lines = batch.map(({ event }) => `${JSON.stringify(event)}\n`).join('');
          await file.appendFile((await endsInLine(file)) ? `\n${lines}` : lines);
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

/** The last write was cut off: by a crash, or a full disk. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1') !== '\n';
}
