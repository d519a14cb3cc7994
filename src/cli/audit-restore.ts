// `chartgate audit restore <url> -o <dir>`: the log and its encrypted payloads out of an archive alone, verified first. Keys are in
// no archive, so payloads can be read again only with the keys directory of the node, and its key-encryption key.

import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withBundleThreads } from '../adapters/bundle-threads/reader.ts';
import { type VerifyReport, verifyLog } from '../audit/verify.ts';
import { errors } from '../core/errors.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type ArchiveFault, guarded, isArchiveUrl, openArchiveUrl } from './archive-place.ts';
import { complain, type Io, print, printJson } from './io.ts';
import { readKey } from './log-place.ts';

export interface RestoreOptions {
  readonly output: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** Exit code: 0 restored, 65 the archive does not verify (nothing is written then), 64 and 69 as the error table says. */
export async function auditRestore(io: Io, url: string, options: RestoreOptions): Promise<number> {
  if (!isArchiveUrl(url)) return complain(io, { code: 'usage', text: 'An archive is named as s3://… or file:///….' });
  const key = options.key === undefined ? ok(undefined) : await readKey(options.key);
  if (!key.ok) return complain(io, { code: 'usage', text: key.error });
  const directory = join(io.cwd, options.output);
  const target = options.output.startsWith('/') ? options.output : directory;
  if ((await readdir(target).catch(() => [])).length > 0)
    return complain(io, { code: 'usage', text: 'The directory to restore into is not empty.' });
  const restored = await guarded(() => restore(url, target, key.value ? { key: key.value } : {}));
  if (!restored.ok) return explain(io, restored.error);
  const { size, origin, files } = restored.value;
  if (options.json) printJson(io, { ok: true, origin, size, files, directory: target });
  else
    print(
      io,
      `Restored ${size} entries of ${origin} in ${files} files. Keys are in no archive: see chartgate audit verify ${options.output}.`,
    );
  return 0;
}

function explain(io: Io, fault: ArchiveFault): number {
  if ('refusal' in fault) return complain(io, fault.refusal);
  const { file, entry, what } = fault.bad;
  const where = entry === null ? file : `${file}, entry ${entry}`;
  return complain(io, {
    code: 'log_corrupt',
    text: `The archive does not verify: ${where}: ${what}.`,
    next: errors.log_corrupt.next,
  });
}

type Restored = Pick<VerifyReport, 'size' | 'origin'> & { readonly files: number };

async function restore(
  url: string,
  target: string,
  options: Parameters<typeof verifyLog>[1],
): Promise<Result<Restored, ArchiveFault>> {
  const opened = await openArchiveUrl(url);
  if (!opened.ok) return opened;
  const { sources } = opened.value;
  const verified = await withBundleThreads((reader) => verifyLog(sources, { ...options, reader }));
  if (!verified.ok) return fail({ bad: verified.error });
  let files = 0;
  for await (const { path, bytes } of opened.value.files()) {
    const file = join(target, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    files++;
  }
  const { size, origin } = verified.value;
  return ok({ size, origin, files });
}
