// The least that it costs to put records on disk before anybody hears of them: one write and one sync for all who wait.

import type { FileHandle } from 'node:fs/promises';

export interface BareJournal {
  /** Resolves once a record is on disk. */
  append(): Promise<void>;
  settle(): Promise<void>;
}

export interface BareJournalOptions {
  readonly recordBytes: number;
  /** So many bytes of the file are there already, to be written over and over, and each write is a sync (`O_DSYNC`). Without it the file grows. */
  readonly within?: number;
}

export function bareJournal(file: FileHandle, { recordBytes, within }: BareJournalOptions): BareJournal {
  const record = Buffer.alloc(recordBytes, 'x');
  let queue: (() => void)[] = [];
  let flushing: Promise<void> | undefined;
  let position = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    if (within === undefined) {
      await file.write(bytes);
      await file.datasync();
      return;
    }
    if (position + bytes.length > within) position = 0;
    await file.write(bytes, 0, bytes.length, position);
    position += bytes.length;
  };
  const flush = async (): Promise<void> => {
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      await write(Buffer.concat(group.map(() => record)));
      for (const done of group) done();
      await new Promise(setImmediate);
    }
    flushing = undefined;
  };
  return {
    append: () =>
      new Promise<void>((resolve) => {
        queue.push(resolve);
        flushing ??= flush();
      }),
    settle: async () => flushing,
  };
}
