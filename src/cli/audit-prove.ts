// `chartgate audit prove` and `chartgate audit verify-proof`: one entry, proven to somebody who has nothing but the file and a key.
// Proving reads a log's public part only; verifying reads nothing but the proof.

import { readFile, writeFile } from 'node:fs/promises';
import { openCheckpointOf } from '../audit/checkpoint.ts';
import { decodeEntry } from '../audit/entry.ts';
import { entryAt } from '../audit/log-entries.ts';
import { parseLogKeys } from '../audit/log-keys.ts';
import { subtreeHashes } from '../audit/tile-hashes.ts';
import { decodeProof, encodeProof, verifyProof } from '../audit/tlog-proof.ts';
import { inclusionProof } from '../audit/tree.ts';
import { cosignedFile } from '../audit/verify.ts';
import { holdMoment } from '../audit/verify-moment.ts';
import type { ReadOnlyFiles } from '../audit/verify-sources.ts';
import type { ErrorCode } from '../core/errors.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { complain, type Io, print, printJson } from './io.ts';
import { locate, readKeys } from './log-place.ts';

export interface ProveOptions {
  readonly output?: string;
  /** Under the newest checkpoint, even where an older one has cosignatures. */
  readonly newest?: boolean;
}

/** Writes a `.tlog-proof` of entry `seq` to the file named, or to stdout. */
export async function prove(io: Io, dir: string, seq: string, options: ProveOptions): Promise<number> {
  const place = await locate(dir);
  const stop = (code: ErrorCode, text: string): number => complain(io, { code, text });
  if (!place) return stop('not_found', `There is no log in ${dir}.`);
  if (!/^\d{1,15}$/.test(seq)) return stop('usage', 'An entry is named by its number, from 0.');
  const proof = await proofOf(place.sources.log, Number(seq), options.newest ?? false);
  if (!proof.ok) return complain(io, proof.error);
  if (options.output === undefined) io.stdout.write(proof.value);
  else await writeFile(options.output, proof.value);
  return 0;
}

/** Under the cosigned checkpoint where it covers the entry, so that the proof carries the witnesses' word too. */
async function proofOf(log: ReadOnlyFiles, seq: number, newest: boolean): Promise<Result<string>> {
  const keys = parseLogKeys(Buffer.from((await log.read('log.vkey')) ?? '').toString());
  if (!keys.ok) return refuse('log_corrupt', `log.vkey: ${keys.error}.`);
  const cosigned = newest ? undefined : await log.read(cosignedFile);
  // The edge of a log that is being written is read at one moment; whatever is older than it stays as it is.
  const { note, sources } = await holdMoment({ log });
  for (const bytes of [cosigned, note]) {
    const text = bytes && Buffer.from(bytes).toString();
    if (text === undefined) continue;
    const checkpoint = openCheckpointOf(text, keys.value);
    if (!checkpoint.ok) return refuse('log_corrupt', `The checkpoint does not verify: ${checkpoint.error}.`);
    const { size } = checkpoint.value;
    if (seq >= size) continue;
    const now = sizeNow(note, keys.value);
    const hashes = await inclusionProof(seq, size, subtreeHashes(sources.log, now));
    const extra = await entryAt(sources.log, seq, now);
    if (!extra) return refuse('log_corrupt', `Entry ${seq} is not in its bundle.`);
    const proof = { extra, index: seq, hashes, checkpoint: text };
    const verified = verifyProof(proof, keys.value);
    return verified.ok ? ok(encodeProof(proof)) : refuse('log_corrupt', `The log does not add up: ${verified.error}.`);
  }
  return refuse('not_found', `Entry ${seq} is not in the tree: no checkpoint covers it yet.`, {
    next: `The newest checkpoint covers ${sizeNow(note, keys.value)} entries, the first of which is 0.`,
  });
}

function sizeNow(note: Uint8Array | undefined, keys: Parameters<typeof openCheckpointOf>[1]): number {
  const checkpoint = openCheckpointOf(Buffer.from(note ?? '').toString(), keys);
  return checkpoint.ok ? checkpoint.value.size : 0;
}

export interface VerifyProofOptions {
  readonly key: readonly string[];
  readonly witness?: readonly string[];
  readonly quorum?: string;
  /** A file with the entry, where the proof does not hold it. */
  readonly entry?: string;
  readonly json?: boolean;
}

/** Exit code: 0 proven, 65 not, 64 an argument that cannot be used. */
export async function verifyProofFile(io: Io, file: string, options: VerifyProofOptions): Promise<number> {
  const stop = (code: ErrorCode, text: string): number => complain(io, { code, text });
  const keys = await readKeys(options.key);
  if (!keys.ok) return stop('usage', keys.error);
  const witnesses = await readKeys(options.witness ?? []);
  if (!witnesses.ok) return stop('usage', witnesses.error);
  const quorum = Number(options.quorum ?? witnesses.value.length);
  if (!(quorum <= witnesses.value.length)) return stop('usage', 'A quorum needs as many witnesses.');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const entry = options.entry === undefined ? undefined : await readFile(options.entry).catch(() => null);
  if (text === undefined || entry === null) return stop('usage', `The file ${file} or the entry cannot be read.`);
  const proof = decodeProof(text);
  const verified = proof.ok ? verifyProof(proof.value, keys.value, witnesses.value, entry ?? proof.value.extra) : proof;
  if (!verified.ok) return stop('log_corrupt', `The proof does not hold: ${verified.error}.`);
  const { checkpoint, index, cosigned } = verified.value;
  if (cosigned.length < quorum)
    return stop(
      'log_corrupt',
      `The proof is cosigned by ${cosigned.length} of the witnesses named, and ${quorum} are wanted.`,
    );
  const decoded = decodeEntry(verified.value.entry);
  if (options.json) {
    const body = decoded.ok ? decoded.value : null;
    printJson(io, { ok: true, origin: checkpoint.origin, index, size: checkpoint.size, cosigned, entry: body });
    return 0;
  }
  print(io, `Entry ${index} of ${checkpoint.origin} is proven, in a tree of ${checkpoint.size} entries.`);
  for (const { name, time } of cosigned) print(io, `  witness   ${name} cosigned it at ${time}`);
  print(io, Buffer.from(verified.value.entry).toString());
  return 0;
}
