// What runs in a thread that reads parts of a log: the same functions that read them without one. It knows nothing but the bytes
// it is given.

import { isMainThread, parentPort } from 'node:worker_threads';
import { type BundleReading, readBundle } from '../../audit/bundle-reading.ts';
import { type PackReading, readPack } from '../../audit/pack-reading.ts';

/** Where this is, for whoever starts the thread. */
export const readingThread: URL = new URL(import.meta.url);

export type ReadingTask =
  | {
      readonly kind: 'bundle';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly first: number;
      readonly width: number;
    }
  | { readonly kind: 'pack'; readonly bytes: Uint8Array<ArrayBuffer> };

export type ThreadAnswer =
  | { readonly kind: 'bundle'; readonly reading: BundleReading }
  | { readonly kind: 'pack'; readonly reading: PackReading };

/** What a thread says: once that it has started, then what each part says. */
export type ThreadMessage = 'ready' | ThreadAnswer;

if (!isMainThread) {
  const say = (message: ThreadMessage, handedOver: ArrayBuffer[]) => parentPort?.postMessage(message, handedOver);
  const answer = (task: ReadingTask): ThreadAnswer =>
    task.kind === 'bundle'
      ? { kind: 'bundle', reading: readBundle(task.bytes, task.first, task.width) }
      : { kind: 'pack', reading: readPack(task.bytes) };
  parentPort?.on('message', (task: ReadingTask) => {
    const answered = answer(task);
    // Its numbers and bytes stand in one buffer, which nobody here needs any more.
    say(answered, [answered.reading.digests.buffer]);
    // Little is made here otherwise: it would be long before this memory was collected.
    task.bytes.buffer.transfer(0);
  });
  say('ready', []);
}
