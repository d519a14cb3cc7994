// `chartgate audit verify <dir>`: finds the log's parts, the checkpoints others have kept, and reports what verification says.
// It writes one thing: its memory of the newest checkpoint it has verified for each log, so that a rollback is noticed.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withBundleThreads } from '../adapters/bundle-threads/reader.ts';
import { readOnlyFiles } from '../adapters/log-files/read-only-files.ts';
import { latestFile } from '../adapters/log-files/tree-files.ts';
import { type KnownCheckpoint, type VerifyOptions, type VerifyReport, verifyLog } from '../audit/verify.ts';
import type { BadPlace, LogSources } from '../audit/verify-sources.ts';
import { errors } from '../core/errors.ts';
import { fail, ok, type Refusal, type Result } from '../core/result.ts';
import { type ArchiveFault, guarded, isArchiveUrl, isServed, openArchiveUrl, servedLog } from './archive-place.ts';
import { abridged, locate, nothing, type Place, readKey, readKeys } from './log-place.ts';

export interface AuditVerifyArgs {
  /** The state directory, the public log alone, the URL of an archive, or where the log is served over HTTP. */
  readonly dir: string;
  /** Files or http(s) URLs of checkpoints that somebody else kept; or vkeys of witnesses whose cosignature is wanted. */
  readonly checkpoints: readonly string[];
  /** How many of those witnesses have to have cosigned; all of them without it. */
  readonly quorum?: number;
  /** The log's vkey, or a file that holds it; without one the log's own is taken at its word. */
  readonly key?: string;
  readonly json: boolean;
  /** Where this verifier keeps its memory; null = it has none. */
  readonly home: string | null;
}

/**
 * Exit code: 0 intact, 65 not, 66 no log there, 64 an argument that cannot be used.
 * @param complain takes what was refused before anything was verified; without it, and with `json`, that is said to `out`
 */
export async function auditVerify(
  args: AuditVerifyArgs,
  out: (line: string) => void,
  complain?: (refusal: Refusal) => number,
): Promise<number> {
  const started = performance.now();
  const stop = (refusal: Refusal): number => {
    const { code, text } = refusal;
    if (complain && !args.json) return complain(refusal);
    out(args.json ? JSON.stringify({ ok: false, code, text }) : text);
    return errors[code].exit;
  };
  const archived = isArchiveUrl(args.dir) ? await openArchiveUrl(args.dir) : undefined;
  if (archived && !archived.ok && 'refusal' in archived.error) return stop(archived.error.refusal);
  const place = archived
    ? { sources: archived.ok ? archived.value.sources : { log: nothing }, state: null }
    : isServed(args.dir)
      ? await locateServed(args.dir)
      : await locate(args.dir);
  if (!place) return stop({ code: 'not_found', text: `There is no log in ${args.dir}.`, next: nextPlace });
  const key = args.key === undefined ? ok(undefined) : await readKey(args.key);
  if (!key.ok) return stop({ code: 'usage', text: key.error, next: nextKey });
  const witnesses = await readKeys(args.checkpoints.filter(isVkey));
  if (!witnesses.ok) return stop({ code: 'usage', text: witnesses.error, next: nextWitness });
  const quorum = args.quorum ?? witnesses.value.length;
  if (quorum > witnesses.value.length)
    return stop({ code: 'usage', text: `A quorum of ${quorum} needs as many witnesses.`, next: nextWitness });
  // An archive may be behind its log: what it was seen to hold is remembered apart.
  const memory = await Memory.open(archived && args.home !== null ? join(args.home, 'archives') : args.home);
  const known = await gather(args, place, memory);
  if (!known.ok) return stop({ code: 'usage', text: known.error, next: nextWitness });

  const options = {
    known: known.value,
    witnesses: { keys: witnesses.value, quorum },
    ...(key.value ? { key: key.value } : {}),
  };
  const verified = archived?.ok === false ? archived : await guarded(() => verifyPlace(place, options));
  if (!verified.ok && 'refusal' in verified.error) return stop(verified.error.refusal);
  const result = verified.ok ? verified : fail(badPlaceOf(verified.error));
  const archive = archived?.ok
    ? {
        manifests: archived.value.manifests,
        objects: archived.value.objects,
        newest: archived.value.newest,
        tampering: archived.value.tampering,
      }
    : undefined;
  const seconds = (performance.now() - started) / 1000;
  if (result.ok) await memory.keep(result.value);
  const unguarded = place.sources.journal && !known.value.some(({ from }) => from === theGate);
  const warnings = [...memory.warnings, ...(unguarded ? [`${latestFile} is missing: ${whatItTells}`] : [])];
  if (args.json) {
    const body = result.ok ? { ok: true, ...result.value } : { ok: false, code: 'log_corrupt', bad: result.error };
    out(JSON.stringify({ ...body, ...(archive ? { archive } : {}), selfDeclaredKey: !key.value, seconds, warnings }));
  } else {
    for (const line of result.ok ? describe(result.value, !key.value, seconds) : blame(result.error)) out(line);
    if (archive)
      out(
        `  archive   ${archive.objects} objects in ${archive.manifests} manifests, each in its version; ${archive.newest} of them are the log as it is now, and were read`,
      );
    for (const each of archive?.tampering ?? []) out(`tampered with: ${each}; the version that was archived is sound`);
    for (const warning of warnings) out(`warning: ${warning}`);
  }
  return result.ok && (archive?.tampering ?? []).length === 0 ? 0 : errors.log_corrupt.exit;
}

const nextPlace = 'Name the state directory, or the log directory in it.';
const nextKey =
  'Give --key the verifier key as the gate printed it when it started, or a file that holds it (log/log.vkey).';
const nextWitness = 'Give --witness a file or http address with a checkpoint kept earlier, or the vkey of a witness.';

/** Undefined where there is none; a server that does not answer is found out when the log is read. */
async function locateServed(url: string): Promise<VerifiedPlace | undefined> {
  const log = servedLog(url);
  const there = await guarded(async () => ok((await log.read('checkpoint')) !== undefined));
  return there.ok && !there.value ? undefined : { sources: { log }, state: null };
}

function badPlaceOf(fault: ArchiveFault): BadPlace {
  return 'bad' in fault ? fault.bad : { file: '', entry: null, what: fault.refusal.text };
}

async function verifyPlace(
  place: { readonly sources: LogSources },
  options: VerifyOptions,
): Promise<Result<VerifyReport, ArchiveFault>> {
  const verified = await withBundleThreads((reader) => verifyLog(place.sources, { ...options, reader }));
  return verified.ok ? verified : fail({ bad: verified.error });
}

/** `state` null: an archive, which has no directory around it. */
type VerifiedPlace = Pick<Place, 'sources'> & { readonly state: string | null };

/** Checkpoints named by the caller, the one the gate keeps beside its log, and the one remembered from last time. */
async function gather(
  args: AuditVerifyArgs,
  place: VerifiedPlace,
  memory: Memory,
): Promise<Result<KnownCheckpoint[], string>> {
  const known: KnownCheckpoint[] = [];
  for (const from of args.checkpoints.filter((each) => !isVkey(each))) {
    try {
      known.push({ from, note: await fetchText(from) });
    } catch (error) {
      return fail(`The checkpoint ${from} cannot be read${error instanceof NotServed ? `: ${error.message}` : ''}.`);
    }
  }
  // What is no file is no checkpoint either, and verification says so.
  const latest =
    place.state === null
      ? undefined
      : await readOnlyFiles(place.state)
          .read(latestFile)
          .catch(() => '');
  if (latest !== undefined) known.push({ from: theGate, note: Buffer.from(latest).toString() });
  // Where it cannot be read, verification itself fails by it.
  const vkey = await place.sources.log.read('log.vkey').catch(() => undefined);
  const [first] = vkey ? Buffer.from(vkey).toString().split('\n') : [];
  const remembered = first === undefined ? undefined : memory.find(first);
  if (remembered) known.push({ from: 'this verifier', note: remembered });
  return ok(known);
}

const theGate = `the gate (${latestFile})`;
const whatItTells = 'the gate keeps it beside its log, so that a rollback of the log alone is noticed.';

/** `name+id+key`: no file is called so. */
function isVkey(text: string): boolean {
  return /^[^+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text);
}

/** The message says with which status. */
class NotServed extends Error {}

/** @throws NotServed, or what the file or the network said. */
async function fetchText(from: string): Promise<string> {
  if (!/^https?:\/\//.test(from)) return readFile(from, 'utf8');
  const response = await fetch(from, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new NotServed(`it answered with status ${response.status}`);
  return response.text();
}

/** Logs this verifier has seen, by their first vkey, and the newest checkpoint it has verified of each. */
class Memory {
  readonly warnings: string[] = [];
  readonly #path: string | null;
  #logs: Record<string, string> = {};

  constructor(path: string | null) {
    this.#path = path;
  }

  static async open(home: string | null): Promise<Memory> {
    const memory = new Memory(home === null ? null : join(home, 'known-logs.json'));
    if (memory.#path === null) return memory;
    try {
      const parsed: unknown = JSON.parse(await readFile(memory.#path, 'utf8'));
      memory.#logs = Object.fromEntries(
        Object.entries(parsed ?? {}).filter((each): each is [string, string] => typeof each[1] === 'string'),
      );
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        memory.warnings.push(
          `${memory.#path} cannot be read, so a rollback below what was verified before is not noticed.`,
        );
    }
    return memory;
  }

  find(vkey: string): string | undefined {
    return Object.hasOwn(this.#logs, vkey) ? this.#logs[vkey] : undefined;
  }

  /** The verified checkpoint continues the remembered one, so it takes its place. */
  async keep({ keys: [vkey = ''], checkpoint }: VerifyReport): Promise<void> {
    if (this.#path === null || this.warnings.length > 0 || this.#logs[vkey] === checkpoint) return;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(`${this.#path}.next`, `${JSON.stringify({ ...this.#logs, [vkey]: checkpoint }, null, 2)}\n`);
      await rename(`${this.#path}.next`, this.#path);
    } catch {
      this.warnings.push(`${this.#path} cannot be written, so this result is not remembered.`);
    }
  }
}

function describe(report: VerifyReport, selfDeclared: boolean, seconds: number): string[] {
  const { payloads, journal, cosigned } = report;
  const types = Object.entries(report.types).map(([type, count]) => `${count} ${type}`);
  return [
    'The log is intact.',
    `  origin    ${report.origin}`,
    `  entries   ${report.size}${report.firstTime ? `, ${report.firstTime} to ${report.lastTime}` : ''}`,
    `  root      ${report.root}`,
    `  key       ${report.vkey}${selfDeclared ? " (the log's own word; compare it, or pass --key)" : ''}`,
    ...(report.secondKey === null ? [] : [`  second    ${abridged(report.secondKey)}`]),
    ...(types.length > 0 ? [`  records   ${types.join(', ')}`] : []),
    `  payloads  ${payloads ? `${payloads.sound} sound, ${payloads.shredded} shredded` : 'not here, not checked'}`,
    ...(journal ? [`  journal   ${journal.beyond} entries not in the tree yet`] : []),
    ...(report.keys.length > 1
      ? [`  rotated   the key in use is number ${report.keys.length}; the first was ${report.keys[0]}`]
      : []),
    ...(cosigned
      ? cosigned.by.map(({ name, time }) => `  witness   ${name} cosigned ${cosigned.size} entries at ${time}`)
      : []),
    ...uncosignedLines(report),
    ...report.continues.map((from) => `  continues the checkpoint kept by ${from}`),
    ...report.clockSetBack.map((seq) => `  the clock was set back before the restart at entry ${seq}`),
    `  verified in ${seconds.toFixed(2)} s`,
  ];
}

/** What is said of the entries that no witness has seen. */
function uncosignedLines({ size, cosigned }: VerifyReport): string[] {
  if (!cosigned || cosigned.by.length === 0 || cosigned.size === size) return [];
  return [
    `  not cosigned: the ${size - cosigned.size} entries from ${cosigned.size} on, for which the log's key alone speaks`,
  ];
}

function blame({ file, entry, what }: BadPlace): string[] {
  return [
    `The log is NOT intact: ${file}${entry === null ? '' : `, entry ${entry}`}: ${what}.`,
    errors.log_corrupt.next,
  ];
}
