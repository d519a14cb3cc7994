// The state directory as archiving sees it: files to copy, the log's signature, and a place for its progress.

import { signNote } from '../../audit/note.ts';
import type { ArchiveSource } from '../../ports/archive-source.ts';
import type { Storage } from '../../ports/storage.ts';
import { DurableFiles } from './durable-files.ts';
import type { SigningKeys } from './signing-keys.ts';

const progressFile = 'archive.json';

export function archiveSource(storage: Storage, keys: Pick<SigningKeys, 'signers'>): ArchiveSource {
  const files = new DurableFiles(storage);
  return {
    read: (path) => storage.read(path),
    sign: (text) => signNote(text, keys.signers),
    async readProgress() {
      const bytes = await storage.read(progressFile);
      return bytes && Buffer.from(bytes).toString();
    },
    saveProgress: (text) => files.replace(progressFile, Buffer.from(text), { temporary: `${progressFile}.next` }),
  };
}
