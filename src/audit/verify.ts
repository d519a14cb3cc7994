// Verification of a whole log, in steps that only read: checkpoint, entries, tiles, root, payloads, journal, leftovers.
// It names the first bad place, asks nobody, reads no clock, and trusts one thing: the key it is given.

import { fail, ok, type Result } from '../core/result.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { type DecodedFrame, scanJournal, segmentName } from './journal-frame.ts';
import { formatVkey, type NoteKey, parseVkey } from './note.ts';
import { holdMoment, sameBytes } from './verify-moment.ts';
import { verifyPayloads } from './verify-payloads.ts';
import { RecordSense } from './verify-records.ts';
import type { BadPlace, LogSources, ReadOnlyFiles } from './verify-sources.ts';
import { TreeCheck } from './verify-tree.ts';

/** A checkpoint that somebody kept; `from` says who, for the report. */
export interface KnownCheckpoint {
  readonly from: string;
  readonly note: string;
}

export interface VerifyReport {
  readonly origin: string;
  readonly vkey: string;
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
}

/** `key`: what the checkpoint has to be signed with; without it the log's own `log.vkey` is taken at its word. */
export async function verifyLog(
  sources: LogSources,
  { key, known = [] }: { readonly key?: NoteKey; readonly known?: readonly KnownCheckpoint[] } = {},
): Promise<Result<VerifyReport, BadPlace>> {
  // A gate that outruns even the reading of one moment is given another chance; a log at rest is looked at once.
  for (let attempt = 0; ; attempt++) {
    const moment = await holdMoment(sources);
    const result = await verifyOnce(moment.sources, moment.note, key, known);
    if (result.ok || attempt === 9 || sameBytes(moment.note, await sources.log.read('checkpoint'))) return result;
  }
}

async function verifyOnce(
  sources: LogSources,
  note: Uint8Array | undefined,
  given: NoteKey | undefined,
  known: readonly KnownCheckpoint[],
): Promise<Result<VerifyReport, BadPlace>> {
  const key = await keyOf(sources.log, given);
  if (!key.ok) return key;
  const text = note && Buffer.from(note).toString();
  const opened = text === undefined ? fail('it is missing') : openCheckpoint(text, key.value);
  if (!opened.ok) return bad('checkpoint', null, opened.error);
  const checkpoint = opened.value;
  const files = await sources.log.list();
  const past = openKnown(known, key.value, checkpoint);
  if (!past.ok) return past;

  const sense = new RecordSense();
  const tree = new TreeCheck(sources.log, checkpoint, past.value);
  const walked = await tree.walk((entry) => sense.see(entry));
  if (!walked.ok) return walked;
  const nonsense = sense.bad();
  if (nonsense) return fail(nonsense);

  const payloads = sources.payloads && (await verifyPayloads(sources.payloads, sources.keys, sense));
  if (payloads && !payloads.ok) return payloads;
  const journal = sources.journal && (await readJournal(sources.journal, checkpoint.size, tree));
  if (journal && !journal.ok) return journal;
  const beyond = journal?.value.beyond ?? [];
  if (payloads) {
    const stray = await payloads.value.checkTails(beyond);
    if (stray) return fail(stray);
  }
  const stray = await tree.account(files, beyond);
  if (stray) return fail(stray);

  return ok({
    origin: checkpoint.origin,
    vkey: formatVkey(key.value),
    size: checkpoint.size,
    root: Buffer.from(checkpoint.root).toString('base64'),
    checkpoint: text ?? '',
    continues: past.value.map(({ from }) => from),
    firstTime: sense.firstTime,
    lastTime: sense.lastTime,
    types: sense.types(),
    clockSetBack: sense.clockSetBack,
    payloads: payloads ? { sound: payloads.value.sound, shredded: payloads.value.shredded } : null,
    journal: journal ? { beyond: beyond.length, tornBytes: journal.value.tornBytes } : null,
  });
}

async function keyOf(log: ReadOnlyFiles, given: NoteKey | undefined): Promise<Result<NoteKey, BadPlace>> {
  const bytes = await log.read('log.vkey');
  if (!bytes) return given ? ok(given) : bad('log.vkey', null, 'it is missing, and no key was given');
  const text = Buffer.from(bytes).toString();
  const own = parseVkey(text.replace(/\n$/, ''));
  if (!own.ok) return bad('log.vkey', null, own.error);
  if (given && formatVkey(given) !== formatVkey(own.value))
    return bad('log.vkey', null, 'it is not the key that was given');
  return ok(own.value);
}

interface PastCheckpoint extends Checkpoint {
  readonly from: string;
}

function openKnown(
  known: readonly KnownCheckpoint[],
  key: NoteKey,
  now: Checkpoint,
): Result<PastCheckpoint[], BadPlace> {
  const past: PastCheckpoint[] = [];
  for (const { from, note } of known) {
    const opened = openCheckpoint(note, key);
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
