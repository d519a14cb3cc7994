// The configuration's view of this machine: its text, the variables it names and the files it points at. Nothing here
// knows what the configuration means, and no error holds a file's content.

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Lookups } from '../../config/resolve.ts';
import type { Place } from '../../config/scalars.ts';
import { fail, ok, type Result } from '../../core/result.ts';

const configBytesMax = 4_194_304;
const secretBytesMax = 1_048_576;

/** The text of a configuration file; the error is a phrase that says why not. */
export function readConfigFile(file: string): Result<string, string> {
  const bytes = readBytes(file, configBytesMax);
  if (!bytes.ok) return bytes;
  const text = textOf(bytes.value);
  return text === null ? fail(`the file ${file}, which is no UTF-8`) : ok(text);
}

export function placeOf(file: string): Place {
  const absolute = resolve(file);
  const directory = dirname(absolute);
  return { file: absolute, directory, resolvePath: (relative) => resolve(directory, relative) };
}

export function lookupsOf(place: Place, env: Readonly<Record<string, string | undefined>>): Lookups {
  return { variable: (name) => env[name], secretFile, unreadable, resolvePath: place.resolvePath };
}

function secretFile(path: string): Result<string, string> {
  try {
    // Who can change a secret can become its owner. (Who can read it is often a group, as with mounted secrets.)
    if (process.platform !== 'win32' && (statSync(path).mode & 0o022) !== 0) {
      return fail(`the file ${path}, which others than its owner can change`);
    }
  } catch (error) {
    return fail(why(path, error));
  }
  const bytes = readBytes(path, secretBytesMax);
  if (!bytes.ok) return bytes;
  // A key is often kept as raw bytes; as text it is their base64.
  const value = textOf(bytes.value)?.replace(/\r?\n$/, '') ?? bytes.value.toString('base64');
  return value === '' ? fail(`the file ${path}, which is empty`) : ok(value);
}

/** Whether everybody on this machine can read the file: by its own mode, and that of every directory on the way to it. */
export function isOpenToAll(path: string): boolean {
  if (process.platform === 'win32') return false;
  try {
    if ((statSync(path).mode & 0o004) === 0) return false;
    for (let above = dirname(path); ; above = dirname(above)) {
      if ((statSync(above).mode & 0o001) === 0) return false;
      if (above === dirname(above)) return true;
    }
  } catch {
    return false;
  }
}

function unreadable(path: string): string | null {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? null : `${path}, which is no file`;
  } catch (error) {
    return why(path, error);
  }
}

function readBytes(path: string, bytesMax: number): Result<Buffer, string> {
  try {
    const { size } = statSync(path);
    if (size > bytesMax) return fail(`the file ${path} of more than ${bytesMax} bytes`);
    return ok(readFileSync(path));
  } catch (error) {
    return fail(why(path, error));
  }
}

/** Null for what is not UTF-8. */
function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function why(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  if (code === 'ENOENT') return `no file ${path}`;
  if (code === 'EACCES' || code === 'EPERM') return `no permission to read ${path}`;
  return `the file ${path}, which cannot be read (${code})`;
}
