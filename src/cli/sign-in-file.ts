// Where the command line keeps the sign-ins of this person, one a gate: a file only they can read. Writers take turns, so
// that of two commands one refreshes a token and the other reads the new one.

import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Io } from './io.ts';

export interface SavedSignIn {
  readonly access: string;
  /** ms since the epoch. */
  readonly expiresMs: number;
  readonly refresh: string | null;
}

const shape: z.ZodType<Readonly<Record<string, SavedSignIn>>> = z.record(
  z.string(),
  z.object({ access: z.string(), expiresMs: z.number(), refresh: z.string().nullable() }),
);

const lockMs = 15_000;

/** Null: this person has no folder of their own. */
function folderOf({ env }: Io): string | null {
  const home = env['HOME'] ?? env['USERPROFILE'];
  return env['CHARTGATE_HOME'] ?? (home === undefined ? null : join(home, '.chartgate'));
}

/** @param gate the origin of a gate */
export function readSignIn(io: Io, gate: string): SavedSignIn | undefined {
  return readAll(io)[gate];
}

function readAll(io: Io): Readonly<Record<string, SavedSignIn>> {
  const folder = folderOf(io);
  if (folder === null) return {};
  try {
    const parsed = shape.safeParse(JSON.parse(readFileSync(join(folder, 'sign-ins.json'), 'utf8')));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** Undefined removes it. @throws when the folder cannot be written */
export function writeSignIn(io: Io, gate: string, signIn: SavedSignIn | undefined): void {
  const folder = folderOf(io);
  if (folder === null) throw new Error('neither HOME nor CHARTGATE_HOME is set');
  const { [gate]: _, ...others } = readAll(io);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'sign-ins.json');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(signIn ? { ...others, [gate]: signIn } : others, null, 2)}\n`, {
    mode: 0o600,
  });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** Runs `work` while no other command does. */
export async function inTurn<T>(io: Io, work: () => Promise<T>): Promise<T> {
  const folder = folderOf(io);
  if (folder === null) return work();
  const lock = join(folder, 'sign-ins.lock');
  const until = Date.now() + lockMs;
  while (!takes(lock) && Date.now() < until) await sleep(50);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takes(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch {
    // Whoever held it for so long is gone.
    if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > lockMs)
      rmSync(lock, { force: true });
    return false;
  }
}
