// Short-lived buffers do not make V8 collect the whole heap again and again, once it has been asked to count them with it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const file = new URL('../../src/adapters/system/buffer-accounting.ts', import.meta.url).href;

/** Collections of the whole heap during half a gigabyte of buffers that nobody keeps. */
async function collections(counted: boolean): Promise<number> {
  const script = `
    import { constants, PerformanceObserver } from 'node:perf_hooks';
    import { setTimeout as sleep } from 'node:timers/promises';
    ${counted ? `(await import('${file}')).countBuffersWithHeap();` : ''}
    let major = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) major++;
    }).observe({ entryTypes: ['gc'] });
    for (let round = 0; round < 32; round++) {
      for (let each = 0; each < 16; each++) Buffer.allocUnsafeSlow(1024 * 1024).fill(each);
      await sleep(1);
    }
    await sleep(50);
    console.log(major);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return Number(stdout);
}

test('half a gigabyte of short-lived buffers costs a few collections of the heap, not one for each 64 MB', async () => {
  const [before, now] = [await collections(false), await collections(true)];
  assert.ok(before >= 4, `V8 by itself: ${before}; if it has changed its mind, this is not needed any more`);
  assert.ok(now <= before / 2, `${now} of ${before} remain`);
});
