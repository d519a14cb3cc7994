// How V8 counts the memory of buffers: with the heap's, so that it collects when the whole has grown by its share.

import { setFlagsFromString } from 'node:v8';

/**
 * V8 13 otherwise marks the whole heap after every 64 MB of buffers, however short their lives: of a large result, which is read,
 * masked, encrypted, journaled and sent in buffers of its own, that was two thirds of the time. What may lie uncollected follows the
 * heap's limit (`--max-old-space-size`, or the container's memory). V8 13 has it as an experiment: of no other version is it asked.
 */
export function countBuffersWithHeap(): void {
  if (Number.parseInt(process.versions.v8, 10) === 13)
    setFlagsFromString('--external-memory-accounted-in-global-limit');
}
