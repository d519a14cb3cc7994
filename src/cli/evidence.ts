// `chartgate evidence`: an evidence package of a period, from a state directory. A running gate is asked first, so that its log
// has a record of the export; nothing else is changed.

import { createHash, type Hash } from 'node:crypto';
import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { withBundleThreads } from '../adapters/bundle-threads/reader.ts';
import { keptPolicies } from '../adapters/log-files/kept-policies.ts';
import { type EvidenceView, evidenceView } from '../admin/contract-log.ts';
import { whoSawView } from '../admin/contract-who-saw.ts';
import { openCheckpointOf } from '../audit/checkpoint.ts';
import { decodeEntry } from '../audit/entry.ts';
import { type Collection, collect, type WriteFile } from '../audit/evidence/collect.ts';
import { isIn, type Manifest, type Period, packageFiles, packageJson, seedForm } from '../audit/evidence/package.ts';
import { verifyPackage } from '../audit/evidence/verify.ts';
import { entriesBetween } from '../audit/log-entries.ts';
import { parseLogKeys } from '../audit/log-keys.ts';
import { cosignedFile, verifyLog } from '../audit/verify.ts';
import { holdMoment } from '../audit/verify-moment.ts';
import type { ReadOnlyFiles } from '../audit/verify-sources.ts';
import { renderProblem } from '../config/problem.ts';
import type { ErrorCode } from '../core/errors.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { compilePolicy, policyText } from '../policy/compile.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print } from './io.ts';
import { parsedConfig } from './load-config.ts';
import { locate } from './log-place.ts';
import { packageMaking } from './package-making.ts';
import { release } from './release.ts';
import { packageIn, placeText } from './verify-package.ts';

export interface EvidenceOptions {
  readonly from: string;
  readonly to: string;
  readonly output: string;
  /** A state directory, or a copy of its log. Without it that of the configuration, whose gate records the export if it runs. */
  readonly dir?: string;
  readonly seed?: string;
  /** Identifiers of one patient, whose accesses are listed; the running gate is asked, and records why. */
  readonly patient?: readonly string[];
  readonly reason?: string;
  /** Whose policy is put in; `chartgate.yaml` where there is no `dir`. */
  readonly config?: string;
}

/** Exit code: 0 written, 64 an argument that cannot be used, 65 the log does not verify, 66 no log there. */
export async function evidence(io: Io, options: EvidenceOptions): Promise<number> {
  const stop = (code: ErrorCode, text: string, next?: string): number =>
    complain(io, { code, text, ...(next === undefined ? {} : { next }) });
  const period = { from: Date.parse(options.from), to: Date.parse(options.to) };
  if (!(period.from < period.to))
    return stop('usage', 'The period is two days or RFC 3339 times, the earlier one first.');
  const output = resolve(io.cwd, options.output);
  const there = await readdir(output).catch(() => []);
  if (there.length > 0) return stop('usage', `There is something in ${options.output}.`, 'Name a new directory.');
  if (options.seed !== undefined && !seedForm.test(options.seed))
    return stop('usage', 'A seed is 1 to 64 letters, digits and . _ + / = -');
  const source = sourceOf(io, options);
  if (!source.ok) return complain(io, source.error);
  const { dir, policies, gate } = source.value;
  const place = await locate(dir);
  if (!place) return stop('not_found', `There is no log in ${dir}.`);
  const patient = await patientAsked(io, gate, period, options);
  if (!patient.ok) return complain(io, patient.error);
  const recorded = gate === null ? ok(null) : await record(io, gate, period, options.seed);
  if (!recorded.ok) return complain(io, recorded.error);
  const opened = await openLog(place.sources.log, period, recorded.value?.seq ?? null);
  if (!opened.ok) return complain(io, opened.error);
  const { checkpoint } = opened.value;
  if (recorded.value && recorded.value.origin !== checkpoint.origin)
    return stop(
      'usage',
      'The gate that answers has another log than this directory.',
      'Name the directory with --dir.',
    );

  const files = new Files(output);
  const collected = await collect(
    {
      ...opened.value,
      period,
      seed: options.seed ?? null,
      making: { made: new Date().toISOString(), by: release, recorded: recorded.value?.seq ?? null },
      patient: patient.value,
      policies,
      earlier: await keptPolicies(place.state),
    },
    files.write,
  );
  if (!collected.ok) return stop('log_corrupt', `The log cannot be read: ${collected.error}.`);
  const report = collected.value;
  const making = await packageMaking();
  await files.write(packageFiles.page, making.page(report));
  await files.write(packageFiles.print, await making.print(report));
  for (const [path, text] of making.verifier) await files.write(path, text);
  await files.write(packageFiles.manifest, packageJson(files.manifest()));
  const verified = await verifyPackage(packageIn(output), making);
  if (!verified.ok) return stop('log_corrupt', `The package does not verify: ${placeText(verified.error)}.`);
  const { before, records, after, size, origin } = report.scope;
  print(
    io,
    plain(`${records} entries of ${origin}, with ${before} before and ${after} after them: ${size} in the tree.`),
  );
  print(
    io,
    plain(`The package is in ${options.output}. Verify it: chartgate verify-evidence ${options.output} --key <vkey>`),
  );
  return 0;
}

type Opened = Pick<Collection, 'log' | 'keys' | 'note' | 'checkpoint' | 'sizeNow'>;

/**
 * The log is verified as a whole first. The cosigned checkpoint is the one to use, where it covers the period, and the record of the
 * export too if a clock was ever set back: then that record alone says where the period is.
 */
async function openLog(place: ReadOnlyFiles, period: Period, recorded: number | null): Promise<Result<Opened>> {
  const verified = await withBundleThreads((reader) => verifyLog({ log: place }, { reader }));
  if (!verified.ok) return refuse('log_corrupt', `The log does not verify: ${placeText(verified.error)}.`);
  // Verifying took a while: the moment to read is now, and the package is verified again against it.
  const moment = await holdMoment({ log: place });
  const { log } = moment.sources;
  const keys = Buffer.from((await log.read('log.vkey')) ?? '').toString();
  const parsed = parseLogKeys(keys);
  if (!parsed.ok) return refuse('log_corrupt', `log.vkey: ${parsed.error}.`);
  const note = Buffer.from(moment.note ?? '').toString();
  const newest = openCheckpointOf(note, parsed.value);
  if (!newest.ok) return refuse('log_corrupt', `The checkpoint does not verify: ${newest.error}.`);
  const sizeNow = newest.value.size;
  if (sizeNow === 0) return refuse('not_found', 'The log has no entry yet.');
  const witnessed = Buffer.from((await log.read(cosignedFile)) ?? '').toString();
  const cosigned = openCheckpointOf(witnessed, parsed.value.slice(-1));
  const wanted = verified.value.clockSetBack.length > 0 ? (recorded ?? -1) : -1;
  if (cosigned.ok && cosigned.value.size > wanted && (await holdsAll(log, cosigned.value.size, sizeNow, period)))
    return ok({ log, keys, note: witnessed, checkpoint: cosigned.value, sizeNow });
  return ok({ log, keys, note, checkpoint: newest.value, sizeNow });
}

/** An older checkpoint serves where no entry of the period came after it, also not by a clock that was set back. */
async function holdsAll(log: ReadOnlyFiles, size: number, sizeNow: number, period: Period): Promise<boolean> {
  if (size === 0 || size > sizeNow) return false;
  let seen = size;
  for await (const bundle of entriesBetween(log, size, sizeNow, sizeNow)) {
    for (const bytes of bundle) {
      const entry = decodeEntry(bytes);
      if (!entry.ok || isIn(period, entry.value)) return false;
      seen++;
    }
  }
  return seen === sizeNow;
}

interface Source {
  readonly dir: string;
  /** By their digests. */
  readonly policies: ReadonlyMap<string, string>;
  /** The configuration of a gate that may be running. */
  readonly gate: string | null;
}

function sourceOf(io: Io, options: EvidenceOptions): Result<Source> {
  const dir = options.dir === undefined ? undefined : resolve(io.cwd, options.dir);
  const config = options.config ?? (dir === undefined ? 'chartgate.yaml' : undefined);
  if (dir !== undefined && config === undefined) return ok({ dir, policies: new Map(), gate: null });
  const file = resolve(io.cwd, config ?? '');
  const loaded = parsedConfig(file);
  const next = { next: 'Run chartgate check; or name the state directory with --dir.' };
  if (!loaded.ok) {
    const [problem] = loaded.error;
    return refuse('config_invalid', problem ? renderProblem(problem) : `${file} is not a valid configuration.`, next);
  }
  const policy = compilePolicy(loaded.value.config.policy);
  if (!policy.ok) return refuse('config_invalid', `${file} has a policy that cannot be put to work.`, next);
  const policies = new Map([[policy.value.digest, policyText(loaded.value.config.policy)]]);
  return ok({ dir: dir ?? loaded.value.config.state, policies, gate: dir === undefined ? file : null });
}

/** Null where no patient is asked for. */
async function patientAsked(
  io: Io,
  config: string | null,
  { from, to }: Period,
  { patient: patients, reason }: EvidenceOptions,
): Promise<Result<Collection['patient']>> {
  if (patients === undefined) return ok(null);
  if (config === null || reason === undefined)
    return refuse('usage', 'Accesses to a patient are known to the running gate alone, which wants a reason.', {
      next: config === null ? 'Leave out --dir, and say --reason.' : 'Add --reason "…".',
    });
  const gate = findGate(io, config);
  if (!gate.ok) return gate;
  const [since, until] = [from, to].map((each) => new Date(each).toISOString());
  const entries: number[] = [];
  for (let before: number | undefined; ; ) {
    const input = { patients, reason, since, until, ...(before === undefined ? {} : { before }) };
    const answer = await gate.value.call('/who-saw', whoSawView, input);
    if (!answer.ok) return answer;
    const { disclosures, unnamed, before: older } = answer.value;
    entries.push(...disclosures.map(({ seq }) => seq));
    if (older === null) return ok({ entries: entries.toReversed(), unnamed });
    before = older;
  }
}

/** Null where no gate runs. One that runs and refuses is obeyed. */
async function record(
  io: Io,
  config: string,
  { from, to }: Period,
  seed: string | undefined,
): Promise<Result<EvidenceView | null>> {
  const gate = findGate(io, config);
  const [start, end] = [from, to].map((each) => new Date(each).toISOString());
  const asked = { from: start, to: end, ...(seed === undefined ? {} : { seed }) };
  const answer = gate.ok ? await gate.value.call('/log/evidence', evidenceView, asked) : gate;
  if (answer.ok || !['gate_unreachable', 'token_missing'].includes(answer.error.code)) return answer;
  io.stderr.write('No gate answers, so this export is in no log; the report says so.\n');
  return ok(null);
}

/** The files of the package on disk, and what the manifest will say of them. */
class Files {
  readonly #directory: string;
  readonly #written = new Map<string, { readonly hash: Hash; bytes: number }>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  readonly write: WriteFile = async (path, text) => {
    const content = Buffer.from(text);
    const written = this.#written.get(path) ?? { hash: createHash('sha256'), bytes: 0 };
    this.#written.set(path, written);
    written.hash.update(content);
    written.bytes += content.length;
    const file = join(this.#directory, path);
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, content);
  };

  manifest(): Manifest {
    const files = [...this.#written].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      files.map(([path, { hash, bytes }]) => [path, { sha256: hash.copy().digest('hex'), bytes }]),
    );
  }
}
