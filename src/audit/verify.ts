// Verification of a whole log, in steps that only read: checkpoint, entries, tiles, root, payloads, journal, leftovers.
// It names the first bad place, asks nobody, reads no clock, and trusts one thing: the key it is given.

import { fail, ok, type Result } from '../core/result.ts';
import { type BundleReader, readBundle } from './bundle-reading.ts';
import { cosignaturesBy, openCheckpoint, openCheckpointOf } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint-text.ts';
import { type DecodedFrame, scanJournal, segmentName } from './journal-frame.ts';
import { type KeyChain, parseLogKeys } from './log-keys.ts';
import { formatVkey, type NoteKey } from './note.ts';
import { type PackReader, readPack } from './pack-reading.ts';
import { holdMoment, sameBytes } from './verify-moment.ts';
import { PayloadCheck } from './verify-payloads.ts';
import { RecordSense } from './verify-records.ts';
import { type BadPlace, type LogSources, orUnreadable, type ReadOnlyFiles } from './verify-sources.ts';
import { TreeCheck } from './verify-tree.ts';

/** A checkpoint that somebody kept; `from` says who, for the report. */
export interface KnownCheckpoint {
  readonly from: string;
  readonly note: string;
}

/** Where the newest checkpoint that witnesses have cosigned stands, beside the newest one. */
export const cosignedFile = 'checkpoint.cosigned';

export interface VerifyOptions {
  /** One of the log's keys, as known from elsewhere; without it the first of its own `log.vkey` is taken at its word. */
  readonly key?: NoteKey;
  readonly known?: readonly KnownCheckpoint[];
  /** Whose cosignatures count, and how many of them there have to be. */
  readonly witnesses?: { readonly keys: readonly NoteKey[]; readonly quorum: number };
  /** In place of reading the parts of the log one after another, here. */
  readonly reader?: PartReader;
}

/** Reads what says something by itself. */
export interface PartReader {
  readonly bundle: BundleReader;
  readonly pack: PackReader;
}

const readHere: PartReader = {
  bundle: async (...bundle) => readBundle(...bundle),
  pack: async (piece) => readPack(piece),
};

export interface VerifyReport {
  readonly origin: string;
  /** The key in use. */
  readonly vkey: string;
  /** Every key the log has had, oldest first. */
  readonly keys: readonly string[];
  /** The ML-DSA-44 key that signed the checkpoint too; null for a log without one. */
  readonly secondKey: string | null;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly checkpoint: string;
  /** Known checkpoints this log was found to continue. */
  readonly continues: readonly string[];
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly types: Readonly<Record<string, number>>;
  /** Entries where a restart set the clock back. */
  readonly clockSetBack: readonly number[];
  /** Null when there were no payloads to look at. */
  readonly payloads: { readonly sound: number; readonly shredded: number } | null;
  /** Null when there was no journal. `beyond`: entries not in the tree yet. */
  readonly journal: { readonly beyond: number; readonly tornBytes: number } | null;
  /** The newest checkpoint that was cosigned, and by which of the witnesses that were asked for; null when none was kept. */
  readonly cosigned: {
    readonly size: number;
    readonly by: readonly { readonly name: string; readonly time: string }[];
  } | null;
}

export function verifyLog(sources: LogSources, options: VerifyOptions = {}): Promise<Result<VerifyReport, BadPlace>> {
  return orUnreadable(async () => {
    // A gate that outruns even the reading of one moment is given another chance; a log at rest is looked at once.
    for (let attempt = 0; ; attempt++) {
      // Read before the newest checkpoint, so that it is none that this moment has not reached.
      const cosigned = await sources.log.read(cosignedFile);
      const moment = await holdMoment(sources);
      const result = await verifyOnce(moment.sources, moment.note, cosigned, options);
      if (result.ok || attempt === 9 || sameBytes(moment.note, await sources.log.read('checkpoint'))) return result;
    }
  });
}

async function verifyOnce(
  sources: LogSources,
  note: Uint8Array | undefined,
  cosigned: Uint8Array | undefined,
  { key: given, known = [], witnesses, reader = readHere }: VerifyOptions,
): Promise<Result<VerifyReport, BadPlace>> {
  const keys = await keysOf(sources.log, given);
  if (!keys.ok) return keys;
  const text = note && Buffer.from(note).toString();
  const opened = text === undefined ? fail('it is missing') : openCheckpointOf(text, keys.value);
  if (!opened.ok) return bad('checkpoint', null, opened.error);
  const checkpoint = opened.value;
  const files = await sources.log.list();
  const past = openKnown(known, keys.value, checkpoint);
  if (!past.ok) return past;
  const witnessed = openCosigned(cosigned, keys.value, checkpoint, witnesses);
  if (!witnessed.ok) return witnessed;
  const fixed = witnessed.value ? [...past.value, witnessed.value] : past.value;

  const sense = new RecordSense(keys.value[0]);
  const payloads = sources.payloads && new PayloadCheck(sources.payloads, sources.keys, reader.pack);
  // Bundles are read ahead of the one that is looked at, and their packs with them.
  const tree = new TreeCheck(sources.log, checkpoint, fixed, async (...bundle) => {
    const reading = await reader.bundle(...bundle);
    payloads?.foresee(reading);
    return reading;
  });
  const walked = await tree.walk(async (reading) => {
    sense.see(reading);
    await payloads?.see(reading);
  });
  if (!walked.ok) return walked;
  const nonsense = sense.bad();
  if (nonsense) return fail(nonsense);
  const current = keyInUse(text ?? '', keys.value, sense.keys);
  if (!current.ok) return current;

  const paid = payloads?.verdict(sense);
  if (paid && !paid.ok) return paid;
  const journal = sources.journal && (await readJournal(sources.journal, checkpoint.size, tree));
  if (journal && !journal.ok) return journal;
  const beyond = journal?.value.beyond ?? [];
  if (payloads) {
    const stray = await payloads.checkTails(beyond);
    if (stray) return fail(stray);
  }
  const stray = await tree.account(files, beyond);
  if (stray) return fail(stray);

  return ok({
    origin: checkpoint.origin,
    vkey: formatVkey(current.value),
    keys: sense.keys.keys.map(formatVkey),
    secondKey: sense.keys.second ? formatVkey(sense.keys.second) : null,
    size: checkpoint.size,
    root: Buffer.from(checkpoint.root).toString('base64'),
    checkpoint: text ?? '',
    continues: past.value.map(({ from }) => from),
    firstTime: sense.times().first,
    lastTime: sense.times().last,
    types: sense.types(),
    clockSetBack: sense.clockSetBack,
    payloads: paid?.value ?? null,
    journal: journal ? { beyond: beyond.length, tornBytes: journal.value.tornBytes } : null,
    cosigned: witnessed.value ? { size: witnessed.value.size, by: witnessed.value.by } : null,
  });
}

async function keysOf(
  log: ReadOnlyFiles,
  given: NoteKey | undefined,
): Promise<Result<readonly [NoteKey, ...NoteKey[]], BadPlace>> {
  const bytes = await log.read('log.vkey');
  if (!bytes) return given ? ok([given]) : bad('log.vkey', null, 'it is missing, and no key was given');
  const own = parseLogKeys(Buffer.from(bytes).toString());
  if (!own.ok) return bad('log.vkey', null, own.error);
  const known = !given || own.value.some((key) => formatVkey(key) === formatVkey(given));
  return known ? ok(own.value) : bad('log.vkey', null, 'the key that was given is none of its keys');
}

/** The list of keys has to be what the entries say, and the checkpoint signed by the last key they lead to. */
function keyInUse(note: string, listed: readonly NoteKey[], chain: KeyChain): Result<NoteKey, BadPlace> {
  if (!chain.agrees(listed)) return bad('log.vkey', null, 'its keys are not those the entries lead to');
  const current = chain.keys.at(-1);
  const opened = current && openCheckpoint(note, current);
  if (!current || !opened?.ok) return bad('checkpoint', null, 'it is not signed by the key that the entries lead to');
  // Who does not know of it ignores it; who has read the entries does not let it be left out.
  return !chain.second || openCheckpoint(note, chain.second).ok
    ? ok(current)
    : bad('checkpoint', null, 'the ML-DSA-44 signature, which the entries say it has, is missing or not valid');
}

interface PastCheckpoint extends Checkpoint {
  readonly from: string;
}

function openKnown(
  known: readonly KnownCheckpoint[],
  keys: readonly NoteKey[],
  now: Checkpoint,
): Result<PastCheckpoint[], BadPlace> {
  const past: PastCheckpoint[] = [];
  for (const { from, note } of known) {
    const opened = openCheckpointOf(note, keys);
    if (!opened.ok)
      return bad('checkpoint', null, `the one kept by ${from} does not belong to this log: ${opened.error}`);
    const { size } = opened.value;
    if (size > now.size)
      return bad(
        'checkpoint',
        now.size,
        `it covers ${now.size} entries, the one kept by ${from} ${size}: the log was rolled back`,
      );
    past.push({ ...opened.value, from });
  }
  return ok(past);
}

interface Witnessed extends PastCheckpoint {
  readonly by: readonly { readonly name: string; readonly time: string }[];
}

function openCosigned(
  note: Uint8Array | undefined,
  keys: readonly NoteKey[],
  now: Checkpoint,
  witnesses: VerifyOptions['witnesses'],
): Result<Witnessed | null, BadPlace> {
  const quorum = witnesses?.quorum ?? 0;
  if (!note)
    return quorum === 0 ? ok(null) : bad(cosignedFile, null, 'it is missing: no witness has cosigned this log');
  const text = Buffer.from(note).toString();
  const opened = openKnown([{ from: 'the witnesses (checkpoint.cosigned)', note: text }], keys, now);
  if (!opened.ok) return fail({ ...opened.error, file: cosignedFile });
  const by = cosignaturesBy(text, witnesses?.keys ?? []);
  if (by.length < quorum)
    return bad(
      cosignedFile,
      null,
      `it is cosigned by ${by.length} of the witnesses asked for, and ${quorum} are wanted`,
    );
  const [past] = opened.value;
  return ok(past ? { ...past, by } : null);
}

interface JournalCheck {
  readonly beyond: readonly DecodedFrame[];
  readonly tornBytes: number;
}

async function readJournal(
  journal: ReadOnlyFiles,
  size: number,
  tree: TreeCheck,
): Promise<Result<JournalCheck, BadPlace>> {
  const names = [...(await journal.list())].sort();
  const segments = [];
  for (const file of names) {
    if (segmentName(Number.parseInt(file, 10)) !== file)
      return bad(`journal/${file}`, null, 'it is no journal segment');
    const bytes = await journal.read(file);
    if (bytes) segments.push({ file, bytes });
  }
  const scan = scanJournal(segments, size);
  if (scan.bad) return bad(`journal/${scan.bad.file}`, scan.bad.entry, scan.bad.what);
  for (const frame of scan.frames) {
    if (frame.seq >= size) continue;
    if (!(await tree.isLeaf(frame.seq, frame.entry)))
      return bad(`journal/${segmentName(scan.frames[0]?.seq ?? 0)}`, frame.seq, 'the journal and the tree differ');
  }
  const covered = (scan.frames.at(-1)?.seq ?? size - 1) + 1;
  if (scan.torn && covered < size)
    return bad(`journal/${scan.torn.file}`, covered, 'a journal frame of an entry in the tree is damaged');
  return ok({ beyond: scan.frames.filter(({ seq }) => seq >= size), tornBytes: scan.torn?.bytes ?? 0 });
}

function bad(file: string, entry: number | null, what: string): { readonly ok: false; readonly error: BadPlace } {
  return fail({ file, entry, what });
}
