// What runs in the thread that writes an integration's files: the same functions that write them without one.
// It holds no key and decides nothing.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { bulkFiles, type HashedBundle } from './bundle-file.ts';
import { errorCode } from './error-code.ts';
import { type NewFile, NewFiles } from './new-files.ts';
import { threadDisk } from './thread-disk.ts';

/** Where this is, for whoever starts the thread. */
export const bulkModule: URL = new URL(import.meta.url);

/** Several are under way at once; `id` tells whose answer it is. */
export type BulkTask = { readonly id: number } & BulkWork;

/** In memory that both threads see, or in memory that becomes this thread's. */
export type LentPiece = Uint8Array<SharedArrayBuffer> | Uint8Array<ArrayBuffer>;

export type BulkWork =
  | ({ readonly kind: 'file'; readonly pieces: readonly LentPiece[] } & Omit<NewFile, 'pieces'>)
  | { readonly kind: 'bundle'; readonly index: number; readonly pieces: readonly LentPiece[] }
  | { readonly kind: 'settle' };

export type BulkAnswer =
  | { readonly id: number; readonly ok: true; readonly bundle: HashedBundle | undefined }
  /** The system's name for what went wrong, where it has one. */
  | { readonly id: number; readonly ok: false; readonly code: string | undefined };

export function isShared(piece: Uint8Array): piece is Uint8Array<SharedArrayBuffer> {
  return piece.buffer instanceof SharedArrayBuffer;
}

/** Of the pieces that are not shared. */
export function ownBuffers(pieces: readonly LentPiece[]): readonly ArrayBuffer[] {
  return pieces.flatMap((piece) => (isShared(piece) ? [] : [piece.buffer]));
}

if (!isMainThread) {
  const files = bulkFiles(new NewFiles(threadDisk(String(workerData)), { together: true }));
  const done = async (task: BulkTask): Promise<HashedBundle | undefined> => {
    if (task.kind === 'bundle') return files.putBundle(task.index, task.pieces);
    if (task.kind === 'settle') await files.settle();
    else await files.put(task);
    return undefined;
  };
  const answer = async (task: BulkTask): Promise<BulkAnswer> => {
    try {
      return { id: task.id, ok: true, bundle: await done(task) };
    } catch (error) {
      return { id: task.id, ok: false, code: errorCode(error) };
    } finally {
      // Little is made here otherwise: it would be long before this memory was collected.
      if (task.kind !== 'settle') for (const buffer of ownBuffers(task.pieces)) buffer.transfer(0);
    }
  };
  parentPort?.on('message', (task: BulkTask) => {
    void answer(task).then((answered) => parentPort?.postMessage(answered));
  });
}
