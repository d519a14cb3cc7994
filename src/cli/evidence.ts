// `chartgate evidence`: an evidence package of a period, from a state directory. A running gate is asked first, so that its log
// has a record of the export; nothing else is changed.

import { createHash, type Hash } from 'node:crypto';
import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { withBundleThreads } from '../adapters/bundle-threads/reader.ts';
import { printReport } from '../adapters/evidence-pdf/print.ts';
import { keptPolicies } from '../adapters/log-files/kept-policies.ts';
import { readOnlyFiles } from '../adapters/log-files/read-only-files.ts';
import { type EvidenceView, evidenceView } from '../admin/contract-log.ts';
import { openCheckpointOf } from '../audit/checkpoint.ts';
import { decodeEntry } from '../audit/entry.ts';
import { type Collection, collect, type WriteFile } from '../audit/evidence/collect.ts';
import { type Manifest, type Period, packageFiles, packageJson, seedForm } from '../audit/evidence/package.ts';
import { verifyPackage } from '../audit/evidence/verify.ts';
import { entryAt } from '../audit/log-entries.ts';
import { parseLogKeys } from '../audit/log-keys.ts';
import { cosignedFile, verifyLog } from '../audit/verify.ts';
import { holdMoment } from '../audit/verify-moment.ts';
import type { ReadOnlyFiles } from '../audit/verify-sources.ts';
import { renderProblem } from '../config/problem.ts';
import type { ErrorCode } from '../core/errors.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { compilePolicy, policyText } from '../policy/compile.ts';
import { evidencePage } from './evidence-page.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print } from './io.ts';
import { loadConfig } from './load-config.ts';
import { locate } from './log-place.ts';
import { release } from './release.ts';
import { placeText } from './verify-evidence.ts';

export interface EvidenceOptions {
  readonly from: string;
  readonly to: string;
  readonly output: string;
  /** A state directory, or a copy of its log. Without it that of the configuration, whose gate records the export if it runs. */
  readonly dir?: string;
  readonly seed?: string;
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
  const source = await sourceOf(io, options);
  if (!source.ok) return complain(io, source.error);
  const { dir, policies, gate } = source.value;
  const place = await locate(dir);
  if (!place) return stop('not_found', `There is no log in ${dir}.`);
  const recorded = gate === null ? ok(null) : await record(io, gate, period, options.seed);
  if (!recorded.ok) return complain(io, recorded.error);
  const opened = await openLog(place.sources.log, period);
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
      policies,
      earlier: await keptPolicies(place.state),
    },
    files.write,
  );
  if (!collected.ok) return stop('log_corrupt', `The log cannot be read: ${collected.error}.`);
  const report = collected.value;
  await files.write(packageFiles.page, evidencePage(report));
  await files.write(packageFiles.print, await printReport(report));
  await files.write(packageFiles.manifest, packageJson(files.manifest()));
  const verified = await verifyPackage(readOnlyFiles(output), { release, page: evidencePage, print: printReport });
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

/** The log is verified as a whole first. The cosigned checkpoint is the one to use, where it covers the period. */
async function openLog(place: ReadOnlyFiles, period: Period): Promise<Result<Opened>> {
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
  // An older checkpoint would leave out what came after it: it serves only where the period was over by then.
  if (cosigned.ok && (await isOver(log, cosigned.value.size, sizeNow, period)))
    return ok({ log, keys, note: witnessed, checkpoint: cosigned.value, sizeNow });
  return ok({ log, keys, note, checkpoint: newest.value, sizeNow });
}

async function isOver(log: ReadOnlyFiles, size: number, sizeNow: number, { to }: Period): Promise<boolean> {
  const bytes = size > 0 && size <= sizeNow ? await entryAt(log, size - 1, sizeNow) : undefined;
  const entry = bytes && decodeEntry(bytes);
  return entry?.ok === true && Date.parse(entry.value.time) >= to;
}

interface Source {
  readonly dir: string;
  /** By their digests. */
  readonly policies: ReadonlyMap<string, string>;
  /** The configuration of a gate that may be running. */
  readonly gate: string | null;
}

async function sourceOf(io: Io, options: EvidenceOptions): Promise<Result<Source>> {
  const dir = options.dir === undefined ? undefined : resolve(io.cwd, options.dir);
  const config = options.config ?? (dir === undefined ? 'chartgate.yaml' : undefined);
  if (dir !== undefined && config === undefined) return ok({ dir, policies: new Map(), gate: null });
  const file = resolve(io.cwd, config ?? '');
  const loaded = await loadConfig(file, io.env, { keys: false });
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
