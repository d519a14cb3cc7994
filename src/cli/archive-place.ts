// An archive named on the command line or in the configuration, opened; and the log in it, ready to be verified. Also a
// log that somebody serves over HTTP.

import { fileArchive } from '../adapters/file-archive/archive.ts';
import { type ArchivedLog, ChangedVersion, openArchivedLog } from '../audit/verify-archive.ts';
import type { BadPlace, ReadOnlyFiles } from '../audit/verify-sources.ts';
import type { ArchiveConfig } from '../config/config.ts';
import { fail, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Archive } from '../ports/archive.ts';

/** `check` says whether the place keeps what it is given. */
export async function archiveAt(config: ArchiveConfig): Promise<Archive & { check?(): Promise<Result<void>> }> {
  if (config.type === 'file') return fileArchive(config.directory);
  // The client is large: only who has such an archive pays for it.
  const { s3Archive } = await import('../adapters/s3-archive/archive.ts');
  return s3Archive(config);
}

export function isArchiveUrl(place: string): boolean {
  return /^(?:s3|file):\/\//.test(place);
}

export type ArchiveFault = { readonly refusal: Refusal } | { readonly bad: BadPlace };

/** Refused: usage, upstream_unavailable, upstream_refused. */
export async function openArchiveUrl(url: string): Promise<Result<ArchivedLog, ArchiveFault>> {
  // The schemas of a configuration: who verifies a directory names no archive.
  const { parseArchiveUrl } = await import('../config/archive-schema.ts');
  const config = parseArchiveUrl(url);
  if (!config.ok) return fail({ refusal: refuse('usage', `The archive is to be named as ${config.error}.`).error });
  const archive = await archiveAt(config.value);
  const orThrow = <T>(result: Result<T>): T => {
    // Who verifies has no gate to look into.
    if (!result.ok) throw new Unreadable({ next: nextArchive, ...result.error });
    return result.value;
  };
  return guarded(async () => {
    const opened = await openArchivedLog({
      get: async (path, version) => orThrow(await archive.get(path, version)),
      versions: async () => orThrow(await archive.versions('')),
    });
    return opened.ok ? opened : fail({ bad: opened.error });
  });
}

/**
 * A log served over HTTP (C2SP tlog-tiles: its paths below one prefix). What is not in the tree is not looked for: a prefix
 * cannot be listed. Reading throws what `guarded` catches.
 */
export function servedLog(prefix: string): ReadOnlyFiles {
  const base = prefix.replace(/\/*$/, '/');
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const answer = await fetch(new URL(path, base), { signal: AbortSignal.timeout(30_000) })
      .then(async (response) => ({ status: response.status, bytes: await response.bytes() }))
      .catch(() => ({ status: 0, bytes: new Uint8Array() }));
    if (answer.status === 404) return undefined;
    if (answer.status === 200) return answer.bytes;
    const why = answer.status === 0 ? 'does not answer' : `answers with status ${answer.status}`;
    throw new Unreadable({ code: 'upstream_unavailable', text: `${base}${path} ${why}.`, next: nextServed });
  };
  return {
    read,
    readAt: async (path, offset, bytes) => (await read(path))?.subarray(offset, offset + bytes),
    list: async () => [],
  };
}

export function isServed(place: string): boolean {
  return /^https?:\/\//.test(place);
}

const nextArchive =
  'See that this machine reaches it; region and endpoint belong to the address: s3://bucket/prefix?region=…&endpoint=https://….';
const nextServed = 'See that this machine reaches it, and that the log is served below this address.';

class Unreadable extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

/** What reading an archive may meet on the way, as a result. */
export async function guarded<T>(work: () => Promise<Result<T, ArchiveFault>>): Promise<Result<T, ArchiveFault>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unreadable) return fail({ refusal: error.refusal });
    if (error instanceof ChangedVersion)
      return fail({ bad: { file: error.path, entry: null, what: 'it is not what was archived' } });
    throw error;
  }
}
