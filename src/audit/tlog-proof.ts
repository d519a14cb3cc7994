// Offline proof that one entry is in the log (https://c2sp.org/tlog-proof): index, inclusion proof, checkpoint as it was signed.
// The entry itself travels as the extra data, which proves nothing until its hash does.

import { fail, ok, type Result } from '../core/result.ts';
import { cosignaturesBy, openCheckpointOf } from './checkpoint.ts';
import { type Checkpoint, parseCount, parseHash } from './checkpoint-text.ts';
import type { NoteKey } from './note.ts';
import { type Hash, leafHash, verifyInclusion } from './tree.ts';

const header = 'c2sp.org/tlog-proof@v1';

export interface TlogProof {
  /** The entry, or nothing where the proof comes without. */
  readonly extra: Uint8Array | null;
  readonly index: number;
  /** Sibling hashes from the leaf up. */
  readonly hashes: readonly Hash[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

export function encodeProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [
    header,
    ...(extra ? [`extra ${Buffer.from(extra).toString('base64')}`] : []),
    `index ${index}`,
    ...hashes.map((hash) => Buffer.from(hash).toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

export function decodeProof(text: string): Result<TlogProof, string> {
  const split = text.indexOf('\n\n');
  if (split < 0) return fail('it has no checkpoint');
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== header) return fail(`it does not begin with ${header}`);
  let extra: Uint8Array | null = null;
  if (lines[0]?.startsWith('extra ')) {
    const base64 = lines.shift()?.slice('extra '.length) ?? '';
    extra = Buffer.from(base64, 'base64');
    if (Buffer.from(extra).toString('base64') !== base64) return fail('its extra data is not base64');
  }
  const index = parseCount(/^index (\d+)$/.exec(lines.shift() ?? '')?.[1] ?? '');
  if (index === undefined) return fail('it has no index');
  const hashes: Hash[] = [];
  for (const line of lines) {
    const hash = parseHash(line);
    if (!hash) return fail('a line of its inclusion proof is not a hash');
    hashes.push(hash);
  }
  return ok({ extra, index, hashes, checkpoint: text.slice(split + 2) });
}

export interface ProvenEntry {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** By which of the given witnesses the checkpoint is cosigned, and when. */
  readonly cosigned: readonly { readonly name: string; readonly time: string }[];
}

/** `keys` of the log, `witnesses` whose cosignatures count; `entry` where it is known from elsewhere. */
export function verifyProof(
  { extra, index, hashes, checkpoint }: TlogProof,
  keys: readonly NoteKey[],
  witnesses: readonly NoteKey[] = [],
  entry: Uint8Array | null = extra,
): Result<ProvenEntry, string> {
  const opened = openCheckpointOf(checkpoint, keys);
  if (!opened.ok) return fail(`its checkpoint: ${opened.error}`);
  if (!entry) return fail('it does not hold the entry, and none was given');
  const { size, root } = opened.value;
  if (!verifyInclusion(leafHash(entry), index, size, hashes, root))
    return fail(`entry ${index} of this log is not the one it is said to be`);
  return ok({ entry, index, checkpoint: opened.value, cosigned: cosignaturesBy(checkpoint, witnesses) });
}
