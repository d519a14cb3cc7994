// Everything in state/store.db that is sealed, under another key-encryption key, in one transaction. Keyed names stay as they are.

import type { DatabaseSync } from 'node:sqlite';
import { assert, ok, type Result, refuse } from '../../core/result.ts';
import { bytesOf, openDatabase, textOf, transaction } from './database.ts';
import { createSeal, type Seal } from './seal.ts';
import { migrations } from './store.ts';

type Row = Readonly<Record<string, unknown>>;

const hexOf = (row: Row): string => Buffer.from(bytesOf(row, 'name')).toString('hex');

/** What each table's rows are sealed to, as the files that write them have it. */
const places: Readonly<Record<string, { readonly key: readonly string[]; readonly place: (row: Row) => string }>> = {
  approvals: { key: ['id'], place: (row) => textOf(row, 'id') },
  holds: { key: ['id'], place: (row) => `hold ${textOf(row, 'id')}` },
  emergencies: { key: ['id'], place: (row) => `emergency ${textOf(row, 'id')}` },
  tool_pins: { key: ['name'], place: (row) => `tool ${hexOf(row)}` },
  kept_records: { key: ['name'], place: (row) => `kept ${hexOf(row)}` },
  notices: { key: ['notice', 'way'], place: (row) => `notice ${textOf(row, 'notice')} ${textOf(row, 'way')}` },
};

/**
 * What opens under `to` already is left alone, so that it can be done again after a crash. With `dryRun` nothing is written.
 * Refused: secret_unresolved where a row opens under neither, state_unwritable.
 */
export function resealStore(
  file: string,
  { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array },
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Result<{ readonly rows: number }> {
  const opened = openDatabase(file, migrations, 'FULL');
  if (!opened.ok) return opened;
  const database = opened.value;
  const [old, next] = [createSeal(from), createSeal(to)];
  try {
    const rows = transaction(database, () =>
      sealedTables(database).reduce((sum, table) => sum + resealTable(database, table, old, next, dryRun), 0),
    );
    // What the log of changes still holds of the old rows goes too.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return ok({ rows });
  } catch (error) {
    if (!(error instanceof NotOurs)) throw error;
    return refuse('secret_unresolved', `${file} was not sealed under the key to start from (${error.message}).`);
  } finally {
    database.close();
  }
}

class NotOurs extends Error {}

/** INVARIANT: a table with sealed rows that is not known here stops the work: its rows would be lost with the old key. */
function sealedTables(database: DatabaseSync): string[] {
  const tables = database
    .prepare(
      "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'sealed'",
    )
    .all()
    .map((row) => textOf(row, 'name'));
  for (const table of tables) assert(Object.hasOwn(places, table), `how rows of ${table} are sealed is known`);
  return tables;
}

function resealTable(database: DatabaseSync, table: string, old: Seal, next: Seal, dryRun: boolean): number {
  const known = places[table];
  assert(known, 'the table is one of those above');
  const { key, place } = known;
  const update = database.prepare(
    `UPDATE ${table} SET sealed = ? WHERE ${key.map((each) => `${each} = ?`).join(' AND ')}`,
  );
  let count = 0;
  for (const row of database.prepare(`SELECT ${key.join(', ')}, sealed FROM ${table}`).all()) {
    const sealed = bytesOf(row, 'sealed');
    if (opened(next, sealed, place(row)) !== undefined) continue;
    const text = opened(old, sealed, place(row));
    if (text === undefined) throw new NotOurs(`a row of ${table}`);
    if (!dryRun) update.run(next.close(text, place(row)), ...key.map((each) => row[each] ?? null));
    count++;
  }
  return count;
}

function opened(seal: Seal, sealed: Uint8Array, place: string): string | undefined {
  try {
    return seal.open(sealed, place);
  } catch {
    return undefined;
  }
}
