// The log over a disk in memory that may have failed, and what has to be in it: all that was acknowledged, and nothing that does not verify.

import assert from 'node:assert/strict';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import type { MemoryDisk } from '../audit/log-storage.ts';
import { openedLog } from '../parts/opened-log.ts';

const kek = new Uint8Array(32).fill(7);

export function open(disk: MemoryDisk): Promise<OpenedLog> {
  return openedLog(disk, { kek });
}

/** `acknowledged`: seq → request. */
export async function check(disk: MemoryDisk, acknowledged: ReadonlyMap<number, string>, what: string): Promise<void> {
  const { log } = await open(disk).catch((error: unknown) => {
    throw new Error(`${what}: ${String(error)}`);
  });
  const found = new Map<number, string | undefined>();
  for await (const entry of log.reader.entries(0)) {
    found.set(entry.seq, entry.request);
    if (!entry.payload || !acknowledged.has(entry.seq)) continue;
    const payload = await log.reader.payload(entry);
    assert.ok(
      payload &&
        Buffer.from(payload.bytes)
          .toString()
          .startsWith(entry.request ?? '?'),
      `${what}: payload ${entry.seq}`,
    );
  }
  for (const [seq, request] of acknowledged) assert.equal(found.get(seq), request, `${what}: entry ${seq}`);
  await log.close();
  const result = await verifyLog({
    log: disk.files('log'),
    payloads: disk.files('payloads'),
    keys: disk.files('keys'),
    journal: disk.files('journal'),
  });
  assert.deepEqual(result.ok || result.error, true, what);
}
