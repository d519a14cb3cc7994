// The add-checkpoint exchange of a witness (https://c2sp.org/tlog-witness), both sides as text, and what a witness may cosign.
// It keeps nothing: INVARIANT of its caller: between the latest size it hands in and the one it stores, nobody else does either.

import { fail, ok, type Result } from '../core/result.ts';
import { type Checkpoint, parseCheckpoint, parseCount, parseHash } from './checkpoint-text.ts';
import { isBy, type NoteKey, parseNote, verifies } from './note.ts';
import { type Hash, verifyConsistency } from './tree.ts';

/** More lines a client must not send. */
const proofLinesMax = 63;

export interface AddCheckpoint {
  /** Size of the checkpoint the witness has cosigned last. */
  readonly old: number;
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

export function encodeAddCheckpoint({ old, proof, checkpoint }: AddCheckpoint): string {
  const lines = [`old ${old}`, ...proof.map((hash) => Buffer.from(hash).toString('base64'))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

export function decodeAddCheckpoint(body: string): Result<AddCheckpoint, string> {
  const split = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(0, split)).split('\n');
  const old = parseCount(/^old (\d+)$/.exec(first)?.[1] ?? '');
  if (old === undefined) return fail('the request does not begin with an old size');
  if (lines.length > proofLinesMax) return fail('the consistency proof is too long');
  const proof: Hash[] = [];
  for (const line of lines) {
    const hash = parseHash(line);
    if (!hash) return fail('a line of the consistency proof is not a hash');
    proof.push(hash);
  }
  return ok({ old, proof, checkpoint: body.slice(split + 2) });
}

export type Judgement =
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly status: 400 | 403 | 404 | 422; readonly why: string }
  /** `size`: of the latest checkpoint cosigned. */
  | { readonly status: 409; readonly size: number; readonly why: string };

/** `keys`: of the logs this witness knows, several where one is rotating. `latest`: what was cosigned last of an origin. */
export function judge(
  { old, proof, checkpoint: note }: AddCheckpoint,
  keys: readonly NoteKey[],
  latest: (origin: string) => Checkpoint | undefined,
): Judgement {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!parsed.ok || !checkpoint.ok) return { status: 400, why: 'the checkpoint is malformed' };
  const { text, signatures } = parsed.value;
  const { origin, size } = checkpoint.value;
  const trusted = keys.filter(({ name }) => name === origin);
  if (trusted.length === 0) return { status: 404, why: 'this log is not known here' };
  const claimed = signatures.flatMap((each) => trusted.filter((key) => isBy(each, key)).map((key) => ({ key, each })));
  if (claimed.length === 0 || !claimed.every(({ key, each }) => verifies(text, key, each.bytes)))
    return { status: 403, why: 'no key of this log has signed it' };
  if (old > size) return { status: 400, why: 'the old size is over that of the checkpoint' };
  const seen = latest(origin);
  if ((seen?.size ?? 0) !== old) return { status: 409, size: seen?.size ?? 0, why: 'the old size is not the latest' };
  if (!seen || old === 0) {
    return proof.length === 0
      ? { status: 200, checkpoint: checkpoint.value, text }
      : { status: 422, why: 'there is nothing to be consistent with' };
  }
  if (verifyConsistency(seen, checkpoint.value, proof)) return { status: 200, checkpoint: checkpoint.value, text };
  return old === size
    ? { status: 409, size: old, why: 'another tree of that size was cosigned' }
    : { status: 422, why: 'the tree does not continue the one that was cosigned' };
}
