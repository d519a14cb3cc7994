// An archive in a directory, for those without object storage: another disk, a mounted share. It never overwrites; that nobody
// else does is up to the file system.

import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Archive, ArchivedVersion } from '../../ports/archive.ts';

const version = 'only';

export function fileArchive(directory: string): Archive {
  const failed = (error: unknown): Result<never> => {
    const code = codeOf(error);
    return refuse('upstream_unavailable', `The archive directory ${directory} cannot be used (${code}).`);
  };
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(join(directory, path));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    place: `file://${directory}`,
    async put(path, bytes) {
      try {
        const there = await read(path);
        // Cut short by a crash, it is written again.
        if (there && there.length > 0 && Buffer.compare(there, bytes.subarray(0, there.length)) !== 0)
          return refuse('upstream_refused', `The archive holds something else as ${path}.`);
        if (there?.length !== bytes.length) await write(directory, path, bytes);
        return ok(version);
      } catch (error) {
        return failed(error);
      }
    },
    async get(path) {
      try {
        return ok(await read(path));
      } catch (error) {
        return failed(error);
      }
    },
    async versions(prefix) {
      try {
        const names = await readdir(directory, { recursive: true, withFileTypes: true });
        const paths = names
          .filter((each) => each.isFile())
          .map((each) => join(each.parentPath, each.name).slice(directory.length + 1))
          .filter((path) => path.startsWith(prefix));
        return ok(paths.sort().map((path): ArchivedVersion => ({ path, version, deletion: false })));
      } catch (error) {
        return codeOf(error) === 'ENOENT' ? ok([]) : failed(error);
      }
    },
  };
}

async function write(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'w', 0o444).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error;
    throw Object.assign(new Error('read-only'), { code: 'EACCES' });
  });
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const parent = await open(dirname(file), constants.O_RDONLY);
  await parent.sync();
  await parent.close();
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
