// One gate a state directory. The lock is SQLite's exclusive lock on state/lock, which the operating system gives back
// whenever the process ends, kill -9 included: there is no stale lock to clean up.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ok, type Result, refuse } from '../../core/result.ts';

export interface StateLock {
  release(): void;
}

/** Creates the directory (mode 0700) when it is not there. Refused: state_locked, state_unwritable. */
export function lockState(directory: string): Result<StateLock> {
  const owner = join(directory, 'lock.pid');
  let database: DatabaseSync | undefined;
  try {
    makeStateDirectory(directory);
    // SQLite would only say that it cannot open its file.
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    // Beside the lock, as nobody else can read the file that is locked. It only helps to find the other process.
    writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    return isBusy(error) ? refuseLocked(directory, owner) : refuseUnwritable(directory, error);
  }
  const held = database;
  return ok({
    release() {
      if (held.isOpen) held.close();
    },
  });
}

/**
 * The directory and those above it, mode 0700. Step by step: Node's own `recursive` tries for ever where a directory that is
 * there may hold none (/proc). @throws what mkdir says
 */
export function makeStateDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeStateDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/** SQLITE_BUSY; extended codes keep the primary one in their low byte (https://sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

function refuseLocked(directory: string, owner: string): Result<StateLock> {
  let pid = '';
  try {
    pid = readFileSync(owner, 'utf8').trim();
  } catch {
    // Whoever holds the lock has not said so yet.
  }
  const who = pid === '' ? 'Another process' : `Process ${pid}`;
  return refuse('state_locked', `${who} is using the state directory ${directory}.`, {
    next: 'Stop that gate, or give this one a directory of its own.',
  });
}

function refuseUnwritable(directory: string, error: unknown): Result<StateLock> {
  const why = error instanceof Error ? error.message : 'unknown cause';
  return refuse('state_unwritable', `The state directory ${directory} cannot be used: ${why}.`);
}
