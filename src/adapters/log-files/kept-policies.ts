// The texts of the policies a gate has had, beside its log: records name a policy by its digest, and evidence of them wants its words.
// A file a policy, `policies/<SHA-256>.json`, written once. They hold rules and names of groups, no secret and nobody's data.

import { createHash } from 'node:crypto';
import { diskStorage } from './disk.ts';
import { DurableFiles } from './durable-files.ts';

const directoryName = 'policies';

/** Durable when it resolves. Rejects with the system's error. */
export async function keepPolicy(state: string, text: string): Promise<void> {
  const storage = diskStorage(state);
  const path = `${directoryName}/${digestOf(text)}.json`;
  const bytes = Buffer.from(text);
  const kept = await storage.read(path);
  if (kept && Buffer.from(kept).equals(bytes)) return;
  await new DurableFiles(storage).replace(path, bytes, { temporary: 'policy.next', secret: true });
}

/** By digest. A file that is not what its name says is left out. */
export async function keptPolicies(state: string): Promise<ReadonlyMap<string, string>> {
  const storage = diskStorage(state);
  const found = new Map<string, string>();
  for (const name of await storage.list(directoryName)) {
    const text = Buffer.from((await storage.read(`${directoryName}/${name}`)) ?? []).toString();
    if (name === `${digestOf(text)}.json`) found.set(digestOf(text), text);
  }
  return found;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
