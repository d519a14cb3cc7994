// What runs in a thread that reads bundles: the same function that reads them without one. It knows nothing but the bytes it is
// given.

import { isMainThread, parentPort } from 'node:worker_threads';
import { type BundleReading, readBundle } from '../../audit/bundle-reading.ts';

/** Where this is, for whoever starts the thread. */
export const bundleThread: URL = new URL(import.meta.url);

export interface BundleTask {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly width: number;
}

/** What a thread says: once that it has started, then what each bundle says. */
export type ThreadMessage = 'ready' | BundleReading;

if (!isMainThread) {
  const say = (message: ThreadMessage, handedOver: ArrayBuffer[]) => parentPort?.postMessage(message, handedOver);
  parentPort?.on('message', ({ bytes, first, width }: BundleTask) => {
    const reading = readBundle(bytes, first, width);
    // Its numbers and bytes stand in one buffer, which nobody here needs any more.
    say(reading, [reading.leaves.buffer]);
  });
  say('ready', []);
}
