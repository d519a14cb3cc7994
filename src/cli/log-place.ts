// Where the parts of a log are when a command is given a directory, and how its keys are named on the command line.
// It only looks.

import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readOnlyFiles } from '../adapters/log-files/read-only-files.ts';
import { type NoteKey, parseVkey } from '../audit/note.ts';
import type { LogSources } from '../audit/verify-sources.ts';
import { fail, ok, type Result } from '../core/result.ts';

export interface Place {
  readonly sources: LogSources;
  /** The directory the log lies in, when it looks like a gate's state. */
  readonly state: string;
}

/** Undefined where there is no log. */
export async function locate(dir: string): Promise<Place | undefined> {
  const inside = await isDirectory(join(dir, 'log'));
  const log = inside ? join(dir, 'log') : dir;
  const state = inside ? dir : dirname(join(dir, '.'));
  const marks = ['checkpoint', 'log.vkey', 'tile'].map((name) => exists(join(log, name)));
  if (!(await Promise.all(marks)).includes(true)) return undefined;
  const part = async (name: 'payloads' | 'keys' | 'journal') =>
    (await isDirectory(join(state, name)))
      ? { [name]: readOnlyFiles(join(state, name), { idle: true, named: `${name}/` }) }
      : {};
  // In a state directory, payloads and keys that are gone are missing; beside a copied log they were never there.
  const whole = (await isDirectory(join(state, 'journal'))) || (await exists(join(state, 'log.key')));
  const sources = {
    log: readOnlyFiles(log, { idle: true }),
    ...(whole ? { payloads: nothing, keys: nothing } : {}),
    ...(await part('payloads')),
    ...(await part('keys')),
    ...(await part('journal')),
  };
  return { sources, state };
}

/** A directory that is not there. */
export const nothing: NonNullable<LogSources['payloads']> = {
  read: async () => undefined,
  readAt: async () => undefined,
  list: async () => [],
};

/** A vkey, or a file that holds some, of which the first counts. */
export async function readKey(key: string): Promise<Result<NoteKey, string>> {
  const keys = await readKeys([key]);
  const [first] = keys.ok ? keys.value : [];
  if (!keys.ok) return keys;
  return first ? ok(first) : fail('The key cannot be used: the file is empty.');
}

/** Of each: a vkey, or the vkeys in a file, one a line. */

export async function readKeys(keys: readonly string[]): Promise<Result<NoteKey[], string>> {
  const found: NoteKey[] = [];
  for (const each of keys) {
    const isFile = await exists(each);
    const text = isFile ? await readFile(each, 'utf8') : each;
    for (const line of text.trim().split('\n')) {
      const key = parseVkey(line);
      if (!key.ok)
        return fail(
          isFile || each.includes('+')
            ? `The key cannot be used: ${key.error}.`
            : `There is no file ${each}, and it is not a verifier key either.`,
        );
      found.push(key.value);
    }
  }
  return ok(found);
}

/** An ML-DSA-44 key fills a screen: its name, its id, and how it begins; --json has the whole of it. */
export function abridged(vkey: string): string {
  const [name = '', id = '', key = ''] = vkey.split('+');
  return `${name}+${id}+${key.slice(0, 16)}… (ML-DSA-44)`;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
