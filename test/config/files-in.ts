// A directory for the files of a test, gone when its tests are over.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export interface Files {
  readonly directory: string;
  /** Writes it; returns its path. */
  readonly file: (name: string, text: string, mode?: number) => string;
}

export function filesIn(prefix: string): Files {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  after(() => rmSync(directory, { recursive: true }));
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  return { directory, file };
}
