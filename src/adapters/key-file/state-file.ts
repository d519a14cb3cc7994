// Small files of the state directory, as keys need them: replaced in one step and on disk when that returns, or erased so that
// nothing of them is left there.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';

/** Undefined when there is no such file. Refused: state_unwritable. */
export function readText(directory: string, name: string): Result<string | undefined> {
  try {
    return ok(readFileSync(join(directory, name), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(undefined);
    return refuse('state_unwritable', `${join(directory, name)} cannot be read.`);
  }
}

/** In one step, for its owner alone, and on disk when it returns; the directory is made where there is none. Refused: state_unwritable. */
export function replaceFile(directory: string, name: string, text: string): Result<void> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const next = join(directory, `${name}.new`);
    writeFileSync(next, text, { mode: 0o600, flush: true });
    renameSync(next, join(directory, name));
    syncOf(directory);
    return ok(undefined);
  } catch {
    return refuse('state_unwritable', `${join(directory, name)} cannot be written.`);
  }
}

/** Overwritten where it lies, then removed; out of its name first, as half overwritten it would read as damaged. */
export function eraseFile(directory: string, name: string): void {
  const [path, erased] = [join(directory, name), join(directory, `${name}.erased`)];
  if (existsSync(path)) {
    renameSync(path, erased);
    syncOf(directory);
  }
  if (!existsSync(erased)) return;
  writeFileSync(erased, Buffer.alloc(statSync(erased).size), { flag: 'r+', flush: true });
  rmSync(erased);
  syncOf(directory);
}

/** Puts `next`, where it is there, in the place of `name`, of which nothing is left on the disk. */
export function takePlace(directory: string, next: string, name: string): void {
  if (!existsSync(join(directory, next))) return;
  eraseFile(directory, name);
  renameSync(join(directory, next), join(directory, name));
  syncOf(directory);
}

function syncOf(directory: string): void {
  const parent = openSync(directory, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}
