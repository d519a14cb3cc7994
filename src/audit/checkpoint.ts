// Checkpoints (https://c2sp.org/tlog-checkpoint): origin, size and root of a tree, as a signed note.

import { fail, ok, type Result } from '../core/result.ts';
import { type NoteKey, type NoteSigner, openNote, signNote } from './note.ts';
import type { Hash } from './tree.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`, signers);
}

/** Accepts extension lines, as the specification asks. The origin has to be the key's name. */
export function openCheckpoint(note: string, key: NoteKey): Result<Checkpoint, string> {
  const opened = openNote(note, key);
  if (!opened.ok) return opened;
  const [origin, size, base64] = opened.value.text.split('\n');
  if (origin !== key.name) return fail('its origin is not that of this log');
  if (size === undefined || !/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size)))
    return fail('its size is not a number');
  const root = Buffer.from(base64 ?? '', 'base64');
  if (root.length !== 32 || root.toString('base64') !== base64) return fail('its root is not a hash');
  return ok({ origin, size: Number(size), root });
}
