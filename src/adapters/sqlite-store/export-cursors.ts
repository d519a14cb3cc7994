// How far each receiver of exported records has got, in state/store.db. Numbers only.

import type { DatabaseSync } from 'node:sqlite';
import type { ExportCursors } from '../../ports/export.ts';
import { numberOf } from './database.ts';

export const exportCursorsTable = `CREATE TABLE export_cursors (
     name TEXT PRIMARY KEY,
     next INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`;

export function exportCursorsIn(database: DatabaseSync): ExportCursors {
  const find = database.prepare('SELECT next FROM export_cursors WHERE name = ?');
  const write = database.prepare(
    'INSERT INTO export_cursors (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = excluded.next',
  );
  return {
    next(name) {
      const row = find.get(name);
      return row ? numberOf(row, 'next') : 0;
    },
    save: (name, next) => void write.run(name, next),
  };
}
