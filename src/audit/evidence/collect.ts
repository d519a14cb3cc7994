// From a log that verifies to the files of an evidence package, all but the readable copies and the manifest. It reads the
// public part of the log only; no payload, no key that is secret.

import type { Entry } from '../../core/record.ts';
import { assert, fail, ok, type Result } from '../../core/result.ts';
import type { Checkpoint } from '../checkpoint-text.ts';
import { decodeEntry } from '../entry.ts';
import { entriesBetween, entryAt } from '../log-entries.ts';
import { parseNote } from '../note.ts';
import { subtreeHashes } from '../tile-hashes.ts';
import { encodeProof } from '../tlog-proof.ts';
import { inclusionProof } from '../tree.ts';
import type { ReadOnlyFiles } from '../verify-sources.ts';
import { isIn, type Period, ProofPlan, packageFiles, packageJson, policyPath, proofPath } from './package.ts';
import { type EvidenceReport, type Making, type PatientAsked, reportOf } from './report.ts';
import { ShreddableAnswers, Tally } from './tally.ts';

export interface Collection {
  /** A log that was verified, at one moment. */
  readonly log: ReadOnlyFiles;
  /** Its `log.vkey`, verbatim. */
  readonly keys: string;
  /** The signed note everything is proven under, and what it says. */
  readonly note: string;
  readonly checkpoint: Checkpoint;
  /** Of the log as it is now; not smaller than the checkpoint's. */
  readonly sizeNow: number;
  readonly period: Period;
  /** Null draws by the root of the tree. */
  readonly seed: string | null;
  readonly making: Omit<Making, 'patient'>;
  /** What the gate knew of the one patient that was asked for; null where none was. */
  readonly patient: Pick<PatientAsked, 'entries' | 'unnamed'> | null;
  /** Texts of policies by their digest: put in whatever the period says. */
  readonly policies: ReadonlyMap<string, string>;
  /** Those of earlier times: put in where requests of the period name them. */
  readonly earlier: ReadonlyMap<string, string>;
}

/** What is written to a path a second time is added to it. */
export type WriteFile = (path: string, text: string | Uint8Array) => Promise<void>;

/** The error says what could not be read. */
export async function collect(from: Collection, write: WriteFile): Promise<Result<EvidenceReport, string>> {
  const { period, note, checkpoint } = from;
  const found = await survey(from);
  if (!found.ok) return found;
  const { first, records, keyChanges } = found.value;
  const root = Buffer.from(checkpoint.root).toString('base64');
  const seed = from.seed ?? root;
  const [tally, plan] = [new Tally(seed, from.patient?.entries), new ProofPlan()];
  const times: [first: string | null, last: string | null] = [null, null];
  await write(packageFiles.records, '');
  for await (const bundle of entriesBetween(from.log, first, first + records, from.sizeNow)) {
    await write(packageFiles.records, Buffer.concat(bundle.flatMap((entry) => [entry, Buffer.from('\n')])));
    for (const bytes of bundle) {
      const entry = decodeEntry(bytes);
      if (!entry.ok) return entry;
      tally.see(entry.value);
      plan.see(entry.value);
      times[0] ??= entry.value.time;
      times[1] = entry.value.time;
    }
  }
  const tallies = tally.tallies();
  if (tallies.records !== records) return fail('a bundle of entries is gone');
  const proven = plan.all(tallies.sample, first, records, checkpoint.size);
  const { recorded } = from.making;
  const itself = recorded !== null && recorded < checkpoint.size ? [recorded] : [];
  for (const seq of new Set([...proven, ...keyChanges, ...itself]))
    await write(proofPath(seq), await proofOf(from, seq));
  await write(packageFiles.checkpoint, note);
  await write(packageFiles.keys, from.keys);
  const named = [...from.earlier].filter(([digest]) => digest in tallies.policies);
  const policies = new Map([...named, ...from.policies]);
  for (const [digest, text] of policies) await write(policyPath(digest), text);
  const scope = {
    origin: checkpoint.origin,
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    size: checkpoint.size,
    root,
    before: first,
    records,
    after: checkpoint.size - first - records,
    firstTime: times[0],
    lastTime: times[1],
    seed,
    signatures: signaturesOf(note),
    policies: [...policies.keys()].sort(),
    unproven: plan.unproven,
  };
  const shredded = from.patient && (await shreddedSince(from, first, first + records));
  if (shredded && !shredded.ok) return shredded;
  const patient = from.patient && shredded ? { ...from.patient, shredded: shredded.value } : null;
  const report = reportOf(scope, tallies, { ...from.making, patient });
  await write(packageFiles.report, packageJson(report));
  return ok(report);
}

export function signaturesOf(note: string): string[] {
  const parsed = parseNote(note);
  return parsed.ok ? parsed.value.signatures.map(({ name }) => name) : [];
}

interface Survey {
  /** How many entries are before the period, and in it. */
  readonly first: number;
  readonly records: number;
  /** Every change of the log's keys, ever: they lead from the key one knows to those in use. */
  readonly keyChanges: readonly number[];
}

/** Reads the whole log: a clock set back at a restart can put an entry of the period anywhere. */
async function survey({ log, checkpoint: { size }, sizeNow, period }: Collection): Promise<Result<Survey, string>> {
  let [first, end, seen] = [-1, -1, 0];
  /** Behind the last entry of before the period: where an empty one would be. */
  let earlier = 0;
  const keyChanges: number[] = [];
  for await (const bundle of entriesBetween(log, 0, size, sizeNow)) {
    for (const bytes of bundle) {
      const decoded = decodeEntry(bytes);
      if (!decoded.ok) return decoded;
      const entry: Entry = decoded.value;
      seen++;
      if (entry.type === 'key.rotated' || entry.type === 'key.added') keyChanges.push(entry.seq);
      const isBefore = Date.parse(entry.time) < period.from;
      if (isBefore) earlier = entry.seq + 1;
      if (isIn(period, entry)) {
        if (first < 0) first = earlier;
        end = entry.seq + 1;
        // Where the clock was set back, the period is over only when it comes to its end.
      } else if (isBefore && end === entry.seq) end = entry.seq + 1;
    }
  }
  if (seen !== size) return fail('a bundle of entries is gone');
  const [start, records] = first < 0 ? [earlier, 0] : [first, end - first];
  return ok({ first: start, records, keyChanges });
}

/** Of the answers about patients among the entries from `first` on and before `end`: how many are shredded by now. */
async function shreddedSince(
  { log, sizeNow }: Collection,
  first: number,
  end: number,
): Promise<Result<number, string>> {
  const answers = new ShreddableAnswers();
  let shredded = 0;
  for await (const bundle of entriesBetween(log, first, sizeNow, sizeNow)) {
    for (const bytes of bundle) {
      const entry = decodeEntry(bytes);
      if (!entry.ok) return entry;
      const { seq, type } = entry.value;
      if (seq < end || type !== 'disclosure') shredded += answers.see(entry.value);
    }
  }
  return ok(shredded);
}

async function proofOf({ log, checkpoint: { size }, sizeNow, note }: Collection, seq: number): Promise<string> {
  const extra = await entryAt(log, seq, sizeNow);
  assert(extra, 'an entry that was read is still there');
  const hashes = await inclusionProof(seq, size, subtreeHashes(log, sizeNow));
  return encodeProof({ extra, index: seq, hashes, checkpoint: note });
}
