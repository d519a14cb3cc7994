// One SQLite file: opened for durability (WAL, synchronous=FULL), brought to the schema it should have, and closed.

import { DatabaseSync } from 'node:sqlite';
import { assert, ok, type Result, refuse } from '../../core/result.ts';

/** Each statement list is applied once, in order, in one transaction; what has shipped is never edited. */
export type Migrations = readonly string[];

export function openDatabase(
  file: string,
  migrations: Migrations,
  synchronous: 'FULL' | 'NORMAL',
): Result<DatabaseSync> {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 5000 });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA secure_delete = ON;`);
    migrate(database, migrations);
    return ok(database);
  } catch (error) {
    database?.close();
    return refuse('state_unwritable', `The database ${file} cannot be opened: ${reasonOf(error)}.`);
  }
}

/** All of it or none of it, on disk when it returns. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** A text column of a row. Another type there means the schema is not ours. */
export function textOf(row: Readonly<Record<string, unknown>>, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `column ${column} holds no text`);
  return value;
}

export function numberOf(row: Readonly<Record<string, unknown>>, column: string): number {
  const value = row[column];
  assert(typeof value === 'number', `column ${column} holds no number`);
  return value;
}

export function bytesOf(row: Readonly<Record<string, unknown>>, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `column ${column} holds no bytes`);
  return value;
}

function migrate(database: DatabaseSync, migrations: Migrations): void {
  transaction(database, () => {
    database.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY) STRICT');
    const row = database.prepare('SELECT coalesce(max(version), 0) AS version FROM migrations').get();
    const version = numberOf(row ?? {}, 'version');
    if (version > migrations.length) throw new Error('it was written by a newer version of chartgate');
    for (const [index, sql] of migrations.entries()) {
      if (index < version) continue;
      database.exec(sql);
      database.prepare('INSERT INTO migrations (version) VALUES (?)').run(index + 1);
    }
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown cause';
}
