// `chartgate audit verify <dir>`: finds the log's parts, the checkpoints others have kept, and reports what verification says.
// It writes one thing: its memory of the newest checkpoint it has verified for each log, so that a rollback is noticed.

import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readOnlyFiles } from '../adapters/log-files/read-only-files.ts';
import { type NoteKey, parseVkey } from '../audit/note.ts';
import { type KnownCheckpoint, type VerifyReport, verifyLog } from '../audit/verify.ts';
import type { BadPlace, LogSources } from '../audit/verify-sources.ts';
import { errors } from '../core/errors.ts';
import { fail, ok, type Result } from '../core/result.ts';

export interface AuditVerifyArgs {
  /** The state directory, or the public log alone. */
  readonly dir: string;
  /** Files or http(s) URLs of checkpoints that somebody else kept. */
  readonly checkpoints: readonly string[];
  /** The log's vkey, or a file that holds it; without one the log's own is taken at its word. */
  readonly key?: string;
  readonly json: boolean;
  /** Where this verifier keeps its memory; null = it has none. */
  readonly home: string | null;
}

/** Exit code: 0 intact, 65 not, 66 no log there, 64 an argument that cannot be used. */
export async function auditVerify(args: AuditVerifyArgs, out: (line: string) => void): Promise<number> {
  const started = performance.now();
  const stop = (code: 'not_found' | 'usage', text: string): number => {
    out(args.json ? JSON.stringify({ ok: false, code, text }) : text);
    return errors[code].exit;
  };
  const place = await locate(args.dir);
  if (!place)
    return stop('not_found', `There is no log in ${args.dir}. Name the state directory, or the log directory in it.`);
  const key = await readKey(args.key);
  if (!key.ok) return stop('usage', key.error);
  const memory = await Memory.open(args.home);
  const known = await gather(args, place, memory);
  if (!known.ok) return stop('usage', known.error);

  const options = { known: known.value, ...(key.value ? { key: key.value } : {}) };
  const result = await verifyLog(place.sources, options);
  const seconds = (performance.now() - started) / 1000;
  if (result.ok) await memory.keep(result.value);
  const warnings = memory.warnings;
  if (args.json) {
    const body = result.ok ? { ok: true, ...result.value } : { ok: false, code: 'log_corrupt', bad: result.error };
    out(JSON.stringify({ ...body, selfDeclaredKey: !key.value, seconds, warnings }));
  } else {
    for (const line of result.ok ? describe(result.value, !key.value, seconds) : blame(result.error)) out(line);
    for (const warning of warnings) out(`warning: ${warning}`);
  }
  return result.ok ? 0 : errors.log_corrupt.exit;
}

interface Place {
  readonly sources: LogSources;
  /** The directory the log lies in, when it looks like a gate's state. */
  readonly state: string;
}

async function locate(dir: string): Promise<Place | undefined> {
  const inside = await isDirectory(join(dir, 'log'));
  const log = inside ? join(dir, 'log') : dir;
  const state = inside ? dir : dirname(join(dir, '.'));
  const marks = ['checkpoint', 'log.vkey', 'tile'].map((name) => exists(join(log, name)));
  if (!(await Promise.all(marks)).includes(true)) return undefined;
  const part = async (name: 'payloads' | 'keys' | 'journal') =>
    (await isDirectory(join(state, name))) ? { [name]: readOnlyFiles(join(state, name)) } : {};
  const whole = await isDirectory(join(state, 'journal'));
  // In a state directory, payloads that are gone are missing; beside a copied log they were never there.
  const payloads =
    whole && !(await isDirectory(join(state, 'payloads'))) ? { payloads: nothing } : await part('payloads');
  const sources = { log: readOnlyFiles(log), ...payloads, ...(await part('keys')), ...(await part('journal')) };
  return { sources, state };
}

const nothing: NonNullable<LogSources['payloads']> = {
  read: async () => undefined,
  readAt: async () => undefined,
  list: async () => [],
};

async function readKey(key: string | undefined): Promise<Result<NoteKey | undefined, string>> {
  if (key === undefined) return ok(undefined);
  const text = (await exists(key)) ? await readFile(key, 'utf8') : key;
  const parsed = parseVkey(text.trim());
  return parsed.ok ? parsed : fail(`The key cannot be used: ${parsed.error}.`);
}

/** Checkpoints named by the caller, the one the gate keeps beside its log, and the one remembered from last time. */
async function gather(args: AuditVerifyArgs, place: Place, memory: Memory): Promise<Result<KnownCheckpoint[], string>> {
  const known: KnownCheckpoint[] = [];
  for (const from of args.checkpoints) {
    try {
      known.push({ from, note: await fetchText(from) });
    } catch {
      return fail(`The checkpoint ${from} cannot be read.`);
    }
  }
  const latest = await readFile(join(place.state, 'checkpoint.latest'), 'utf8').catch(() => undefined);
  if (latest !== undefined) known.push({ from: 'the gate (checkpoint.latest)', note: latest });
  const vkey = await place.sources.log.read('log.vkey');
  const remembered = vkey && memory.find(Buffer.from(vkey).toString().trim());
  if (remembered) known.push({ from: 'this verifier', note: remembered });
  return ok(known);
}

async function fetchText(from: string): Promise<string> {
  if (!/^https?:\/\//.test(from)) return readFile(from, 'utf8');
  const response = await fetch(from, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

/** Logs this verifier has seen, by vkey, and the newest checkpoint it has verified of each. */
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
  async keep({ vkey, checkpoint }: VerifyReport): Promise<void> {
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
  const { payloads, journal } = report;
  const types = Object.entries(report.types).map(([type, count]) => `${count} ${type}`);
  return [
    'The log is intact.',
    `  origin    ${report.origin}`,
    `  entries   ${report.size}${report.firstTime ? `, ${report.firstTime} to ${report.lastTime}` : ''}`,
    `  root      ${report.root}`,
    `  key       ${report.vkey}${selfDeclared ? " (the log's own word; compare it, or pass --key)" : ''}`,
    ...(types.length > 0 ? [`  records   ${types.join(', ')}`] : []),
    `  payloads  ${payloads ? `${payloads.sound} sound, ${payloads.shredded} shredded` : 'not here, not checked'}`,
    ...(journal ? [`  journal   ${journal.beyond} entries not in the tree yet`] : []),
    ...report.continues.map((from) => `  continues the checkpoint kept by ${from}`),
    ...report.clockSetBack.map((seq) => `  the clock was set back before the restart at entry ${seq}`),
    `  verified in ${seconds.toFixed(2)} s`,
  ];
}

function blame({ file, entry, what }: BadPlace): string[] {
  return [
    `The log is NOT intact: ${file}${entry === null ? '' : `, entry ${entry}`}: ${what}.`,
    errors.log_corrupt.next,
  ];
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
