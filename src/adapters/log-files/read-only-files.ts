// A directory as verification sees it: it can be read and listed, and nothing else. Whoever made it may mean ill: what is no file
// where one should be is named, and keeps nobody waiting.

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ReadOnlyFiles, Unreadable } from '../../audit/verify-sources.ts';
import { errorCode, isAbsent } from './error-code.ts';

/** A pipe is opened at once, whether or not anybody writes to it. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK;
/** Of what is read whole: no file of a log comes near it. */
const wholeBytesMax = 1 << 30;

export interface Reading {
  /** A process that has nothing else to do may as well wait for each file, which takes a fifth of its time. */
  readonly idle?: boolean;
  /** What stands before a path where it is named: `keys/`. */
  readonly named?: string;
}

export function readOnlyFiles(directory: string, { idle = false, named = '' }: Reading = {}): ReadOnlyFiles {
  /** A running gate removes what it has outgrown, also while this looks: what is absent is undefined. */
  const look = async <T>(path: string, work: (place: string) => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work(join(directory, path));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw unreadable(named + path, error);
    }
  };
  const list = async (below: string): Promise<string[]> => {
    const found: string[] = [];
    for (const each of (await look(below, (place) => readdir(place, { withFileTypes: true }))) ?? []) {
      const path = `${below}${each.name}`;
      if (each.isDirectory()) found.push(...(await list(`${path}/`)));
      else found.push(path);
    }
    return found;
  };
  return {
    read: (path) => look(path, idle ? readNow : read),
    readAt: (path, offset, bytes) => look(path, (place) => readPart(place, offset, bytes)),
    list: () => list(''),
  };
}

function readNow(place: string): Uint8Array {
  const file = openSync(place, flags);
  try {
    expectFile(fstatSync(file), wholeBytesMax);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function read(place: string): Promise<Uint8Array> {
  return withFile(place, wholeBytesMax, (file) => file.readFile());
}

function readPart(place: string, offset: number, bytes: number): Promise<Uint8Array> {
  return withFile(place, Number.POSITIVE_INFINITY, async (file) => {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(buffer, 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  });
}

async function withFile<T>(place: string, bytesMax: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(place, flags);
  try {
    expectFile(await file.stat(), bytesMax);
    return await work(file);
  } finally {
    await file.close();
  }
}

class NoFile extends Error {}

function expectFile(found: Stats, bytesMax: number): void {
  if (!found.isFile()) throw new NoFile('it is no file');
  if (found.size > bytesMax) throw new NoFile('it is larger than any file of a log');
}

function unreadable(path: string, error: unknown): Error {
  if (error instanceof NoFile) return new Unreadable(path, error.message);
  const code = errorCode(error);
  return code === undefined
    ? error instanceof Error
      ? error
      : new Error('unknown cause')
    : new Unreadable(path, `it cannot be read (${code})`);
}
