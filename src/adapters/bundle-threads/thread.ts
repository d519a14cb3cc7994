// What runs in a thread that reads bundles: the same function that reads them without one. It knows nothing but the bytes it is
// given.

import { isMainThread, parentPort } from 'node:worker_threads';
import { readBundle } from '../../audit/bundle-reading.ts';

/** Where this is, for whoever starts the thread. */
export const bundleThread: URL = new URL(import.meta.url);

export interface BundleTask {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly width: number;
}

if (!isMainThread)
  parentPort?.on('message', ({ bytes, first, width }: BundleTask) => {
    const reading = readBundle(bytes, first, width);
    const { leaves, types, sessions, requests, payloadBytes } = reading;
    // Handed over, not copied: nobody here needs them any more.
    parentPort?.postMessage(reading, [
      leaves.buffer,
      types.buffer,
      sessions.buffer,
      requests.buffer,
      payloadBytes.buffer,
    ]);
  });
