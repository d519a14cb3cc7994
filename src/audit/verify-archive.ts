// An archive as a log that can be verified: the chain of manifests from the newest back to the first, every version they name, and
// whatever else somebody put there or marked as deleted. The log itself is then verified as any other.

import { hash } from 'node:crypto';
import { keepNewest } from '../core/newest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fileAt } from './archive-cut.ts';
import { type Manifest, manifestPath, openManifest, type Pin, parseManifest } from './archive-manifest.ts';
import { parseLogKeys } from './log-keys.ts';
import { formatVkey } from './note.ts';
import { packsAtOnce } from './verify-payloads.ts';
import type { BadPlace, LogSources, ReadOnlyFiles } from './verify-sources.ts';

/** What verification needs of an archive. `get` rejects when the archive cannot be read. */
export interface ArchiveFiles {
  get(path: string, version: string): Promise<Uint8Array | undefined>;
  /** Of everything there; those of one path newest first. */
  versions(): Promise<readonly { readonly path: string; readonly version: string; readonly deletion: boolean }[]>;
}

export interface ArchivedLog {
  readonly sources: LogSources;
  readonly manifests: number;
  readonly objects: number;
  /** How many of them the newest log is made of: these are read. */
  readonly newest: number;
  /** What was done to the archive since, and changes nothing of what is pinned. */
  readonly tampering: readonly string[];
  /** Every file of the log, below the state directory, and its bytes. */
  files(): AsyncIterable<{ readonly path: string; readonly bytes: Uint8Array }>;
}

export async function openArchivedLog(archive: ArchiveFiles): Promise<Result<ArchivedLog, BadPlace>> {
  const versions = await archive.versions();
  const manifests = await readChain(archive, versions);
  if (!manifests.ok) return manifests;
  const newest = manifests.value.at(-1)?.manifest;
  if (!newest) return bad(manifestPath(0), 'there is no manifest: nothing was archived here');
  const pins = new Map<string, Pin>();
  for (const { pin, manifest } of manifests.value)
    for (const each of [pin, manifest.checkpoint, manifest.keys, ...manifest.objects]) pins.set(each.path, each);
  const known = new Set(versions.map(({ path, version }) => `${path}\n${version}`));
  for (const { path, version } of pins.values())
    if (!known.has(`${path}\n${version}`)) return bad(path, 'the version that was archived is not there any more');

  const view = new Map<string, Pin>([
    ['log/checkpoint', newest.checkpoint],
    ['log/log.vkey', newest.keys],
  ]);
  for (const pin of pins.values()) {
    const path = fileAt(pin.path, newest.size);
    if (path !== undefined) view.set(path, pin);
  }
  const read = async (pin: Pin): Promise<Uint8Array> => {
    const bytes = await archive.get(pin.path, pin.version);
    if (!bytes || hash('sha256', bytes) !== pin.sha256) throw new ChangedVersion(pin.path);
    return bytes;
  };
  return ok({
    sources: { log: below('log/', view, read), payloads: below('payloads/', view, read) },
    manifests: manifests.value.length,
    objects: pins.size,
    newest: view.size,
    tampering: await tamperingIn(archive, versions, pins),
    async *files() {
      for (const [path, pin] of view) yield { path, bytes: await read(pin) };
    },
  });
}

/** The archive gave other bytes for a version than were put there. */
export class ChangedVersion extends Error {
  readonly path: string;

  constructor(path: string) {
    super(`${path} is not what was archived`);
    this.path = path;
  }
}

interface Link {
  readonly pin: Pin;
  /** The log's first key, which is its identity. */
  readonly vkey: string;
  readonly manifest: Manifest;
}

type Versions = Awaited<ReturnType<ArchiveFiles['versions']>>;

/** Oldest first. The newest is found by its number, each one before by what the next says of it. */
async function readChain(archive: ArchiveFiles, versions: Versions): Promise<Result<Link[], BadPlace>> {
  const candidates = versions.filter(({ path, deletion }) => path.startsWith('manifests/') && !deletion);
  const numbers = [...new Set(candidates.map(({ path }) => path))].sort();
  const last = numbers.at(-1);
  if (last === undefined) return ok([]);
  if (last !== manifestPath(numbers.length - 1)) {
    const gap = numbers.findIndex((path, index) => path !== manifestPath(index));
    return bad(manifestPath(gap), 'this manifest is missing, and there are later ones');
  }
  // Somebody else may have written over it: the first version that the log has signed is the one.
  const signed = [];
  for (const { version } of candidates.filter(({ path }) => path === last)) {
    const link = await readLink(archive, last, version);
    if (link.ok) signed.push(link.value);
  }
  let link = signed.at(-1);
  if (!link) return bad(last, 'it is not a manifest signed by the key of this log');
  const chain: Link[] = [];
  for (;;) {
    const { manifest }: Link = link;
    chain.unshift(link);
    if (manifest.number !== numbers.length - chain.length) return bad(link.pin.path, 'its number is not its own');
    const { previous } = manifest;
    if (manifest.number === 0 || !previous)
      return manifest.number === 0 && !previous ? ok(chain) : bad(link.pin.path, 'it does not say what is before it');
    const before = await readLink(archive, previous.path, previous.version);
    if (!before.ok) return before;
    if (before.value.vkey !== link.vkey) return bad(link.pin.path, 'it is of another log than the manifest before it');
    if (before.value.pin.sha256 !== previous.sha256 || before.value.manifest.size > manifest.size)
      return bad(previous.path, 'it is not the manifest that the next one continues');
    link = before.value;
  }
}

async function readLink(archive: ArchiveFiles, path: string, version: string): Promise<Result<Link, BadPlace>> {
  const bytes = await archive.get(path, version);
  if (!bytes) return bad(path, 'the version that was archived is not there any more');
  const note = Buffer.from(bytes).toString();
  const parsed = parseManifest(note);
  if (!parsed.ok) return bad(path, parsed.error);
  const { keys: pin } = parsed.value;
  const text = await archive.get(pin.path, pin.version);
  const keys = parseLogKeys(Buffer.from(text ?? []).toString());
  if (!keys.ok) return bad(pin.path, keys.error);
  const opened = openManifest(note, keys.value);
  if (!opened.ok) return bad(path, opened.error);
  return ok({
    pin: { path, version, bytes: bytes.length, sha256: hash('sha256', bytes) },
    vkey: formatVkey(keys.value[0]),
    manifest: opened.value,
  });
}

/** Versions no manifest names. Our own second try of a put whose answer was lost holds the same bytes, and is none. */
async function tamperingIn(
  archive: ArchiveFiles,
  versions: Versions,
  pins: ReadonlyMap<string, Pin>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, version, deletion } of versions) {
    const pin = pins.get(path);
    // What no manifest names at all may be on its way into the next one.
    if (!pin || pin.version === version) continue;
    if (deletion) found.push(`${path} was marked as deleted`);
    else if (hash('sha256', (await archive.get(path, version)) ?? new Uint8Array()) !== pin.sha256)
      found.push(`${path} was written over`);
  }
  return found;
}

function below(
  directory: string,
  view: ReadonlyMap<string, Pin>,
  read: (pin: Pin) => Promise<Uint8Array>,
): ReadOnlyFiles {
  // A pack is asked for piece by piece, a few packs at once: each is fetched once.
  const kept = new Map<string, Promise<Uint8Array>>();
  const whole = async (path: string): Promise<Uint8Array | undefined> => {
    const pin = view.get(directory + path);
    if (!pin) return undefined;
    const fetched = kept.get(path) ?? read(pin);
    kept.set(path, fetched);
    keepNewest(kept, packsAtOnce);
    return fetched;
  };
  return {
    read: whole,
    readAt: async (path, offset, bytes) => (await whole(path))?.subarray(offset, offset + bytes),
    list: async () =>
      [...view.keys()].filter((path) => path.startsWith(directory)).map((path) => path.slice(directory.length)),
  };
}

function bad(file: string, what: string): { readonly ok: false; readonly error: BadPlace } {
  return fail({ file, entry: null, what });
}
