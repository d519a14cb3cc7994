// The manifest of an archive: a chain of signed notes, each naming what was archived since the one before, by path, version and
// digest. What no manifest names is not part of the archive; what one names has to be there, in exactly that version.

import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type NoteKey, openNote } from './note.ts';

/** One version of one object, as it was archived. */
export interface Pin {
  readonly path: string;
  readonly version: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Manifest {
  /** From 0. */
  readonly number: number;
  readonly origin: string;
  /** Entries of the log that are whole in the archive with this manifest. */
  readonly size: number;
  readonly previous: Pin | null;
  readonly checkpoint: Pin;
  /** The log's keys: its `log.vkey`. */
  readonly keys: Pin;
  readonly objects: readonly Pin[];
}

const title = 'chartgate archive manifest v1';

export function manifestPath(number: number): string {
  return `manifests/${String(number).padStart(12, '0')}`;
}

/** The text to be signed. Its first line keeps it apart from everything else the log's key signs. */
export function formatManifest(manifest: Manifest): string {
  const { number, origin, size, previous, checkpoint, keys, objects } = manifest;
  const pin = (each: Pin): JsonObject => ({ ...each });
  return `${title}\n${canonicalJson({
    number,
    origin,
    size,
    previous: previous && pin(previous),
    checkpoint: pin(checkpoint),
    keys: pin(keys),
    objects: objects.map(pin),
  })}\n`;
}

/** Signed by one of these keys. */
export function openManifest(note: string, keys: readonly NoteKey[]): Result<Manifest, string> {
  const opened = keys.map((key) => openNote(note, key)).find((each) => each.ok);
  return opened ? parseManifest(note) : fail('it is not signed by a key of this log');
}

/** Whoever signed it. */
export function parseManifest(note: string): Result<Manifest, string> {
  const [first, line] = note.split('\n');
  if (first !== title || line === undefined) return fail('it is not a manifest');
  try {
    const manifest: Manifest = JSON.parse(line);
    return isManifest(manifest) ? ok(manifest) : fail('it is not a manifest');
  } catch {
    return fail('it is not a manifest');
  }
}

export function pinOf(path: string, version: string, bytes: Uint8Array): Pin {
  return { path, version, bytes: bytes.length, sha256: hash('sha256', bytes) };
}

function isManifest({ number, origin, size, previous, checkpoint, keys, objects }: Manifest): boolean {
  const pins = [checkpoint, keys, ...objects, ...(previous ? [previous] : [])];
  return Number.isSafeInteger(number) && Number.isSafeInteger(size) && typeof origin === 'string' && pins.every(isPin);
}

function isPin({ path, version, bytes, sha256 }: Pin): boolean {
  return (
    typeof path === 'string' &&
    typeof version === 'string' &&
    Number.isSafeInteger(bytes) &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    // A path from an archive becomes a path on the disk of who restores it.
    /^[\w.-]+(?:\/[\w.-]+)*$/.test(path) &&
    !path.split('/').includes('..')
  );
}
