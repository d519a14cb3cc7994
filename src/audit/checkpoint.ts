// Checkpoints (https://c2sp.org/tlog-checkpoint) as signed notes.

import { fail, type Result } from '../core/result.ts';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint-text.ts';
import { cosignedAt } from './cosignature.ts';
import { isBy, type NoteKey, type NoteSigner, openNote, parseNote, signNote, verifies } from './note.ts';

export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[], seconds = 0): string {
  return signNote(formatCheckpoint(checkpoint), signers, seconds);
}

/** The origin has to be the key's name. */
export function openCheckpoint(note: string, key: NoteKey): Result<Checkpoint, string> {
  const opened = openNote(note, key);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) return checkpoint;
  return checkpoint.value.origin === key.name ? checkpoint : fail('its origin is not that of this log');
}

/** Under any of these keys of one log: during the overlap of a rotation both sign, before it one and after it the other. */
export function openCheckpointOf(note: string, keys: readonly NoteKey[]): Result<Checkpoint, string> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const signed = keys.filter((key) => parsed.value.signatures.some((each) => isBy(each, key)));
  const opened = signed.map((key) => openCheckpoint(note, key));
  return opened.find((each) => !each.ok) ?? opened[0] ?? fail('it is not signed by a key of this log');
}

/**
 * Which of these witnesses have cosigned a note, and when: RFC 3339. A false signature in one's name counts as none, and a witness
 * counts once, however many keys are given in its name.
 */
export function cosignaturesBy(
  note: string,
  witnesses: readonly NoteKey[],
): { readonly name: string; readonly time: string }[] {
  const parsed = parseNote(note);
  if (!parsed.ok) return [];
  const { text, signatures } = parsed.value;
  const cosigned = witnesses.flatMap((key) => {
    const found = signatures.find((each) => isBy(each, key) && verifies(text, key, each.bytes));
    const seconds = found && key.algorithm !== 'ed25519' ? cosignedAt(found.bytes) : undefined;
    return seconds === undefined ? [] : [{ name: key.name, time: timeText(seconds) }];
  });
  return cosigned.filter(({ name }, at) => cosigned.findIndex((each) => each.name === name) === at);
}

/** Of a time no calendar has, the number. */
function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString().replace('.000', '');
}
