// Asks the witnesses of a log for cosignatures of its newest checkpoint, and says what came of it. What they find wrong with the
// log is never retried away. It is no part of the path of a request: nothing waits for it.

import { openCheckpointOf } from '../../audit/checkpoint.ts';
import {
  formatSignature,
  isBy,
  type NoteKey,
  type NoteSignature,
  parseNote,
  parseSignatures,
  verifies,
} from '../../audit/note.ts';
import { subtreeHashes, TileMissing } from '../../audit/tile-hashes.ts';
import { consistencyProof } from '../../audit/tree.ts';
import { holdMoment } from '../../audit/verify-moment.ts';
import type { ReadOnlyFiles } from '../../audit/verify-sources.ts';
import { encodeAddCheckpoint } from '../../audit/witness.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';

const answerMs = 10_000;
const answerBytesMax = 64 * 1024;

export interface Witness {
  /** Its submission prefix. */
  readonly url: string;
  readonly key: NoteKey;
}

/**
 * `rolled_back`: it has cosigned a larger tree of this log; `forked`: another tree. Both are proof that somebody was shown another
 * history. The rest is about the witness: `unknown_log` (404), `untrusted_key` (403), `unreachable`, `unusable`.
 */
export type WitnessOutcome =
  | 'cosigned'
  | 'rolled_back'
  | 'forked'
  | 'unknown_log'
  | 'untrusted_key'
  | 'unreachable'
  | 'unusable';

export interface Round {
  readonly size: number;
  readonly outcomes: ReadonlyMap<string, WitnessOutcome>;
  /** The checkpoint with every cosignature obtained; null when there are fewer than the quorum. */
  readonly cosigned: string | null;
}

interface Answer {
  readonly outcome: WitnessOutcome;
  readonly signature?: NoteSignature;
}

export class Cosigning {
  readonly #log: ReadOnlyFiles;
  readonly #witnesses: readonly Witness[];
  readonly #quorum: number;
  /** What each has cosigned last, as far as is known; the witness itself says so where it is not. */
  readonly #sizes = new Map<string, number>();

  /** `log`: the public log. */
  constructor(log: ReadOnlyFiles, witnesses: readonly Witness[], quorum: number) {
    this.#log = log;
    this.#witnesses = witnesses;
    this.#quorum = quorum;
  }

  /** Under the log's own `keys`. Undefined when there is no checkpoint to be cosigned. */
  async round(keys: readonly NoteKey[]): Promise<Round | undefined> {
    const { note, sources } = await holdMoment({ log: this.#log });
    const text = note && Buffer.from(note).toString();
    const parsed = text === undefined ? undefined : parseNote(text);
    const checkpoint = text === undefined ? undefined : openCheckpointOf(text, keys);
    if (text === undefined || !parsed?.ok || !checkpoint?.ok) return undefined;
    const { size } = checkpoint.value;
    const proofFrom = (old: number) => consistencyProof(old, size, subtreeHashes(sources.log, size));
    const outcomes = new Map<string, WitnessOutcome>();
    const lines: string[] = [];
    await Promise.all(
      this.#witnesses.map(async (witness) => {
        const answer = await this.#ask(witness, text, parsed.value.text, size, proofFrom);
        outcomes.set(witness.key.name, answer.outcome);
        if (answer.signature) lines.push(formatSignature(answer.signature));
      }),
    );
    return { size, outcomes, cosigned: lines.length >= this.#quorum ? text + lines.sort().join('') : null };
  }

  /** A witness that knows another size than was thought says which, once. */
  async #ask(
    witness: Witness,
    checkpoint: string,
    text: string,
    size: number,
    proofFrom: (old: number) => Promise<Uint8Array[]>,
  ): Promise<Answer> {
    const { name } = witness.key;
    for (let attempt = 0; attempt < 2; attempt++) {
      const old = this.#sizes.get(name) ?? 0;
      if (old > size) return { outcome: 'rolled_back' };
      try {
        const body = encodeAddCheckpoint({ old, proof: await proofFrom(old), checkpoint });
        const response = await post(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, body);
        if (response.status === 409) {
          const known = /^\d{1,15}\n$/.test(response.text) ? Number(response.text) : undefined;
          if (known === undefined) return { outcome: 'unusable' };
          this.#sizes.set(name, known);
          if (known === old) return { outcome: 'forked' };
          continue;
        }
        const answer = judgeAnswer(response, text, witness.key);
        if (answer.outcome === 'cosigned') this.#sizes.set(name, size);
        return answer;
      } catch (error) {
        // A tile that went while it was being read is there again, wider, the next time.
        return { outcome: error instanceof TileMissing ? 'unusable' : 'unreachable' };
      }
    }
    return { outcome: (this.#sizes.get(name) ?? 0) > size ? 'rolled_back' : 'unusable' };
  }
}

function judgeAnswer(response: { readonly status: number; readonly text: string }, text: string, key: NoteKey): Answer {
  if (response.status === 422) return { outcome: 'forked' };
  if (response.status === 404) return { outcome: 'unknown_log' };
  if (response.status === 403) return { outcome: 'untrusted_key' };
  const signatures = response.status === 200 ? parseSignatures(response.text) : undefined;
  const own = signatures?.ok
    ? signatures.value.find((each) => isBy(each, key) && verifies(text, key, each.bytes))
    : undefined;
  return own ? { outcome: 'cosigned', signature: own } : { outcome: 'unusable' };
}

async function post(url: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  const signal = AbortSignal.timeout(answerMs);
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  const answer = await boundedBody(response.body, answerBytesMax);
  if (!answer) throw new Error('the answer is too long');
  return { status: response.status, text: answer.toString('utf8') };
}
