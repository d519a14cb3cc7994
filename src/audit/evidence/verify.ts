// An evidence package, verified with nothing but itself and a public key: it trusts no number the package says, but makes each
// again from records that are proven, and compares. It names the first place that does not hold.

import { canonicalJson, isJsonObject, type Json } from '../../core/json.ts';
import type { Entry } from '../../core/record.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { cosignaturesBy, openCheckpoint, openCheckpointOf } from '../checkpoint.ts';
import type { Checkpoint } from '../checkpoint-text.ts';
import { decodeEntry, isCount } from '../entry.ts';
import { KeyChain, parseLogKeys } from '../log-keys.ts';
import { formatVkey, isBy, type NoteKey, parseNote } from '../note.ts';
import { decodeProof } from '../tlog-proof.ts';
import { type Hash, leafHash, sameHash, verifyInclusion } from '../tree.ts';
import { type BadPlace, orUnreadable, type ReadOnlyFiles } from '../verify-sources.ts';
import { type Claims, claimsOf, momentOf } from './claims.ts';
import { signaturesOf } from './collect.ts';
import {
  isPackagePath,
  ProofPlan,
  packageFiles,
  packageJson,
  policyPath,
  proofPath,
  verifierFolder,
} from './package.ts';
import { stretchRoot } from './range.ts';
import { digestOf, jsonOf, linesOf, textOf } from './reading.ts';
import { type EvidenceReport, type Making, reportOf } from './report.ts';
import { performAgain, type Sampled } from './sample.ts';
import { Tally } from './tally.ts';

export interface PackageOptions {
  /** One of the log's keys, as known from elsewhere; without it the package is taken at its word. */
  readonly key?: NoteKey;
  /** An ML-DSA-44 key of the log, as known from elsewhere: with it, nobody can leave that signature out. */
  readonly secondKey?: NoteKey;
  readonly witnesses?: { readonly keys: readonly NoteKey[]; readonly quorum: number };
  /** As a report names it. */
  readonly release: string;
  /** The page and the print, made again of the report. */
  readonly page: (report: EvidenceReport) => string;
  /** Null where none can be made: it is not compared. */
  readonly print: ((report: EvidenceReport) => Promise<Uint8Array>) | null;
  /** The verifier that goes into a package, by path; null for that one itself. */
  readonly verifier: ReadonlyMap<string, string> | null;
}

export interface VerifiedPackage {
  readonly report: EvidenceReport;
  readonly files: number;
  readonly proofs: number;
  /** The key in use, whose signature was checked. */
  readonly vkey: string;
  /** The ML-DSA-44 key whose signature was checked too; null where the log has none that is known. */
  readonly secondVkey: string | null;
  /** Signatures in the log's own name of which the package does not hold the key. */
  readonly unchecked: number;
  readonly cosigned: readonly { readonly name: string; readonly time: string }[];
  /** Drawn again, each proven, held against the policies of the package. */
  readonly sample: readonly Sampled[];
  /** Number of the proven record of this export, by which no record of the period is left out; null where none is proven. */
  readonly recorded: number | null;
  /** Of what was made again nothing was held against these. */
  readonly uncompared: readonly string[];
}

export function verifyPackage(
  files: ReadOnlyFiles,
  options: PackageOptions,
): Promise<Result<VerifiedPackage, BadPlace>> {
  return orUnreadable(() => verifyFiles(files, options));
}

async function verifyFiles(files: ReadOnlyFiles, options: PackageOptions): Promise<Result<VerifiedPackage, BadPlace>> {
  const listed = await checkManifest(files);
  if (!listed.ok) return listed;
  const keys = parseLogKeys(await textOf(files, packageFiles.keys));
  if (!keys.ok) return bad(packageFiles.keys, null, keys.error);
  const { key: given } = options;
  if (given && !keys.value.some((each) => formatVkey(each) === formatVkey(given)))
    return bad(packageFiles.keys, null, 'the key that was given is none of its keys');
  const note = await textOf(files, packageFiles.checkpoint);
  const checkpoint = openCheckpointOf(note, keys.value);
  if (!checkpoint.ok) return bad(packageFiles.checkpoint, null, checkpoint.error);
  const claims = claimsOf(await textOf(files, packageFiles.report));
  if (!claims) return bad(packageFiles.report, null, 'it is not the report of such a package');

  const proofs = await readProofs(files, listed.value, note, checkpoint.value);
  if (!proofs.ok) return proofs;
  const signed = signedBy(note, keys.value, proofs.value, options.secondKey);
  if (!signed.ok) return signed;
  const records = await readRecords(files, claims, proofs.value);
  if (!records.ok) return records;
  const stray = checkStretch(claims, records.value, proofs.value, checkpoint.value);
  if (stray) return fail(stray);
  const unrecorded = checkRecorded(claims, records.value.leaves.length, proofs.value, checkpoint.value);
  if (unrecorded) return fail(unrecorded);
  const policies = await checkPolicies(files, listed.value);
  if (!policies.ok) return policies;
  const rebuilt = rebuild(claims, records.value, checkpoint.value, note, policies.value);
  const stranger = strangerIn(claims.making, rebuilt);
  if (stranger) return fail(stranger);
  const difference = differenceOf(asJson(rebuilt), claims.report);
  const { by } = claims.making;
  const otherwise =
    by === options.release ? '' : `, as ${options.release} says it; it was made by ${by}, which can tell`;
  if (difference !== null)
    return bad(packageFiles.report, null, `${difference || 'it'} is not what the records come to${otherwise}`);
  if ((await textOf(files, packageFiles.report)) !== packageJson(rebuilt))
    return bad(packageFiles.report, null, `it is not written as such a report is${otherwise}`);
  if ((await textOf(files, packageFiles.page)) !== options.page(rebuilt))
    return bad(packageFiles.page, null, `it does not show what report.json says${otherwise}`);
  const { print, verifier } = options;
  const printed = (await files.read(packageFiles.print)) ?? new Uint8Array();
  if (print && Buffer.compare(printed, await print(rebuilt)) !== 0)
    return bad(packageFiles.print, null, `it does not show what report.json says${otherwise}`);
  const altered = verifier && (await alteredIn(files, listed.value, verifier));
  if (altered) return bad(altered, null, `it is not as in the verifier of ${options.release}${otherwise}`);
  const cosigned = cosignaturesBy(note, options.witnesses?.keys ?? []);
  const quorum = options.witnesses?.quorum ?? 0;
  if (cosigned.length < quorum)
    return bad(
      packageFiles.checkpoint,
      null,
      `it is cosigned by ${cosigned.length} of the witnesses asked for, and ${quorum} are wanted`,
    );
  const texts = new Map<string, string>();
  for (const digest of policies.value) texts.set(digest, await textOf(files, policyPath(digest)));
  const sample = rebuilt.tallies.sample.flatMap(({ seq }) => {
    const proven = proofs.value.get(seq);
    return proven ? [performAgain(proven.entry, (digest) => texts.get(digest))] : [];
  });
  const [count, proven] = [listed.value.length, proofs.value.size];
  const recorded =
    claims.making.recorded !== null && proofs.value.has(claims.making.recorded) ? claims.making.recorded : null;
  const uncompared = [...(print ? [] : [packageFiles.print]), ...(verifier ? [] : [verifierFolder])];
  return ok({ report: rebuilt, files: count, proofs: proven, ...signed.value, cosigned, sample, recorded, uncompared });
}

/** Every file is in the manifest and is what it says; and the other way round. */
async function checkManifest(files: ReadOnlyFiles): Promise<Result<readonly string[], BadPlace>> {
  const text = await textOf(files, packageFiles.manifest);
  const manifest = jsonOf(text);
  if (!isJsonObject(manifest)) return bad(packageFiles.manifest, null, 'it is missing, or not a JSON object');
  if (text !== packageJson(manifest)) return bad(packageFiles.manifest, null, 'it is not written as a manifest is');
  const present = new Set(await files.list());
  for (const [path, said] of Object.entries(manifest)) {
    if (!isPackagePath(path)) return bad(path, null, 'nothing of that name belongs to a package');
    if (!present.delete(path)) return bad(path, null, 'the manifest names it, and it is missing');
    const { sha256, bytes } = await digestOf(files, path);
    if (canonicalJson(said) !== canonicalJson({ sha256, bytes }))
      return bad(path, null, 'it is not the file that the manifest names');
  }
  const extra = [...present].find((path) => path !== packageFiles.manifest);
  return extra === undefined
    ? ok(Object.keys(manifest))
    : bad(extra, null, 'it is in the directory, and not in the manifest');
}

/** The first file of the verifier that is missing, more, or other than it should be. */
async function alteredIn(
  files: ReadOnlyFiles,
  paths: readonly string[],
  verifier: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const there = paths.filter((path) => path.startsWith(verifierFolder));
  for (const path of new Set([...there, ...verifier.keys()]))
    if (!there.includes(path) || (await textOf(files, path)) !== verifier.get(path)) return path;
  return undefined;
}

interface Proven {
  readonly leaf: Hash;
  readonly entry: Entry;
  readonly hashes: readonly Hash[];
}

type Proofs = ReadonlyMap<number, Proven>;

async function readProofs(
  files: ReadOnlyFiles,
  paths: readonly string[],
  note: string,
  { size, root }: Checkpoint,
): Promise<Result<Proofs, BadPlace>> {
  const proofs = new Map<number, Proven>();
  for (const path of paths.filter((each) => each.startsWith('proofs/'))) {
    const proof = decodeProof(await textOf(files, path));
    if (!proof.ok) return bad(path, null, proof.error);
    const { index, hashes, extra, checkpoint } = proof.value;
    if (proofPath(index) !== path) return bad(path, index, 'it is the proof of another entry');
    if (checkpoint !== note) return bad(path, index, 'it is under another checkpoint than this package');
    const entry = extra && decodeEntry(extra);
    if (!entry?.ok || entry.value.seq !== index) return bad(path, index, 'it does not hold the entry');
    const leaf = leafHash(extra ?? new Uint8Array());
    if (!verifyInclusion(leaf, index, size, hashes, root))
      return bad(path, index, 'the entry it holds is not the one in the log');
    proofs.set(index, { leaf, entry: entry.value, hashes });
  }
  return ok(proofs);
}

type Signed = Pick<VerifiedPackage, 'vkey' | 'secondVkey' | 'unchecked'>;

/** From the first key through every change that is proven, to those that signed the checkpoint. */
function signedBy(
  note: string,
  keys: readonly [NoteKey, ...NoteKey[]],
  proofs: Proofs,
  givenSecond: NoteKey | undefined,
): Result<Signed, BadPlace> {
  const chain = new KeyChain(keys[0]);
  const seconds: string[] = [];
  for (const [seq, { entry }] of [...proofs].sort(([a], [b]) => a - b)) {
    const fault =
      entry.type === 'key.rotated' ? chain.see(entry) : entry.type === 'key.added' ? chain.seeAdded(entry) : undefined;
    if (fault !== undefined) return bad(proofPath(seq), seq, fault);
    if (entry.type === 'key.added' && chain.second) seconds.push(formatVkey(chain.second));
  }
  if (!chain.agrees(keys)) return bad(packageFiles.keys, null, 'its keys are not those the proven entries lead to');
  const current = chain.keys.at(-1);
  if (!current || !openCheckpoint(note, current).ok)
    return bad(packageFiles.checkpoint, null, 'it is not signed by the key that the proven entries lead to');
  if (givenSecond && seconds.length > 0 && !seconds.includes(formatVkey(givenSecond)))
    return bad(packageFiles.keys, null, 'the ML-DSA-44 key that was given is none that the proven entries add');
  const second = chain.second ?? givenSecond;
  if (second && !openCheckpoint(note, second).ok)
    return bad(packageFiles.checkpoint, null, 'the ML-DSA-44 signature, which it has to have, is missing or not valid');
  const parsed = parseNote(note);
  const known = [...keys, ...(second ? [second] : [])];
  const unchecked = (parsed.ok ? parsed.value.signatures : []).filter(
    (each) => each.name === current.name && !known.some((key) => isBy(each, key)),
  );
  const secondVkey = second ? formatVkey(second) : null;
  return ok({ vkey: formatVkey(current), secondVkey, unchecked: unchecked.length });
}

interface Records {
  readonly leaves: readonly Hash[];
  readonly tally: Tally;
  readonly plan: ProofPlan;
  readonly first: Entry | null;
  readonly last: Entry | null;
}

async function readRecords(files: ReadOnlyFiles, claims: Claims, proofs: Proofs): Promise<Result<Records, BadPlace>> {
  const leaves: Hash[] = [];
  const [tally, plan] = [new Tally(claims.seed, claims.making.patient?.entries), new ProofPlan()];
  const ends: [first: Entry | null, last: Entry | null] = [null, null];
  for await (const line of linesOf(files, packageFiles.records)) {
    const seq = claims.before + leaves.length;
    const entry = decodeEntry(line);
    if (!entry.ok) return bad(packageFiles.records, seq, entry.error);
    if (entry.value.seq !== seq)
      return bad(packageFiles.records, seq, `the record in its place is number ${entry.value.seq}`);
    const leaf = leafHash(line);
    const proof = proofs.get(seq);
    if (proof && !sameHash(proof.leaf, leaf))
      return bad(packageFiles.records, seq, `it is not the entry that ${proofPath(seq)} proves`);
    leaves.push(leaf);
    tally.see(entry.value);
    plan.see(entry.value);
    ends[0] ??= entry.value;
    ends[1] = entry.value;
  }
  return ok({ leaves, tally, plan, first: ends[0], last: ends[1] });
}

/** That the records are the log's, every one; that they are the whole period; and that nothing that has to be proven is not. */
function checkStretch(
  { period, before }: Claims,
  { leaves, tally, plan, first, last }: Records,
  proofs: Proofs,
  { size, root }: Checkpoint,
): BadPlace | null {
  const end = before + leaves.length;
  const fault = (entry: number | null, what: string): BadPlace => ({ file: packageFiles.records, entry, what });
  if (end > size) return fault(size, `the tree has ${size} entries`);
  const missing = plan.all(tally.tallies().sample, before, leaves.length, size).find((seq) => !proofs.has(seq));
  if (missing !== undefined) return { file: proofPath(missing), entry: missing, what: 'it is missing' };
  const [head, tail] = [proofs.get(before), proofs.get(end - 1)];
  if (leaves.length > 0 && head && tail) {
    const made = stretchRoot(leaves, { ...head, index: before }, { ...tail, index: end - 1 }, size);
    if (!made || !sameHash(made, root)) return fault(null, 'its records do not make the root of the tree');
  }
  const timeOf = (entry: Entry): number => Date.parse(entry.time);
  if (first && timeOf(first) < period.from) return fault(first.seq, 'it begins with a record of before the period');
  if (last && timeOf(last) >= period.to) return fault(last.seq, 'it ends with a record of after the period');
  // Every record whose time has come and is not over would stand between these two.
  const [left, right] = [proofs.get(before - 1)?.entry, proofs.get(end)?.entry];
  if (left && timeOf(left) >= period.from) return fault(left.seq, 'this record of the period is left out');
  if (right && timeOf(right) < period.to) return fault(right.seq, 'this record of the period is left out');
  return null;
}

/**
 * The record that is said to be of this export, where the checkpoint covers it. The gate says there which entries of its log are
 * the first and the last of the period: where a clock ran ahead and was set back, their neighbours do not tell.
 */
function checkRecorded(
  { period, before, seed, making: { recorded } }: Claims,
  records: number,
  proofs: Proofs,
  { size, root }: Checkpoint,
): BadPlace | null {
  if (recorded === null || recorded >= size) return null;
  const { entry } = proofs.get(recorded) ?? {};
  if (!entry) return { file: proofPath(recorded), entry: recorded, what: 'it is missing' };
  const { from, to, seed: chosen = Buffer.from(root).toString('base64') } = entry.data ?? {};
  const said = [from, to].map((each) => momentOf(each));
  const isIt = said[0] === period.from && said[1] === period.to && chosen === seed;
  if (entry.type !== 'evidence.exported' || !isIt)
    return { file: packageFiles.report, entry: recorded, what: 'this entry is no record of such an export' };
  const { first, last } = entry.data ?? {};
  const left = [first, last].filter(isCount).find((seq) => seq < before || seq >= before + records);
  const what = `entry ${recorded} says that this record is of the period, and it is left out`;
  return left === undefined ? null : { file: packageFiles.records, entry: left, what };
}

/** An entry that is said to be about the patient has to be an answer of the period; and of what is shredded no less is said than the records do. */
function strangerIn({ patient }: Making, { tallies }: EvidenceReport): BadPlace | null {
  if (!patient) return null;
  const file = packageFiles.report;
  const known = new Set(tallies.patient.map(({ seq }) => seq));
  const entry = patient.entries.find((seq) => !known.has(seq));
  if (entry !== undefined)
    return { file, entry, what: 'this entry, which is said to be about the patient, is no answer of the period' };
  const what = `of the answers about patients ${tallies.disclosures.shredded} are shredded by its records, and it says ${patient.shredded}`;
  return patient.shredded < tallies.disclosures.shredded ? { file, entry: null, what } : null;
}

/** Digests of the policies, each the SHA-256 of its file. */
async function checkPolicies(
  files: ReadOnlyFiles,
  paths: readonly string[],
): Promise<Result<readonly string[], BadPlace>> {
  const digests: string[] = [];
  for (const path of paths.filter((each) => each.startsWith('policies/'))) {
    const { sha256 } = await digestOf(files, path);
    if (policyPath(sha256) !== path) return bad(path, null, 'it is not the policy of the digest in its name');
    digests.push(sha256);
  }
  return ok(digests.sort());
}

function rebuild(
  { period, before, seed, making }: Claims,
  { leaves, tally, plan, first, last }: Records,
  { origin, size, root }: Checkpoint,
  note: string,
  policies: readonly string[],
): EvidenceReport {
  const scope = {
    origin,
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    size,
    root: Buffer.from(root).toString('base64'),
    before,
    records: leaves.length,
    after: size - before - leaves.length,
    firstTime: first?.time ?? null,
    lastTime: last?.time ?? null,
    seed,
    signatures: signaturesOf(note),
    policies,
    unproven: plan.unproven,
  };
  return reportOf(scope, tally.tallies(), making);
}

/** The path of the first member that differs; null where none does. */
function differenceOf(wanted: Json, found: Json | undefined, path = ''): string | null {
  if (found === undefined) return path;
  if (typeof wanted !== 'object' || wanted === null || typeof found !== 'object' || found === null)
    return wanted === found ? null : path;
  const [a, b] = [Object.entries(wanted), new Map(Object.entries(found))];
  for (const [name, value] of a) {
    const difference = differenceOf(value, b.get(name), path === '' ? name : `${path}.${name}`);
    if (difference !== null) return difference;
  }
  return a.length === b.size && canonicalJson(wanted) === canonicalJson(found) ? null : path;
}

function asJson(report: EvidenceReport): Json {
  const value: Json = JSON.parse(JSON.stringify(report));
  return value;
}

function bad(file: string, entry: number | null, what: string): { readonly ok: false; readonly error: BadPlace } {
  return fail({ file, entry, what });
}
