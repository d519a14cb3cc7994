// Legal holds in state/store.db, sealed: reasons are people's words, and may name anybody.

import type { DatabaseSync } from 'node:sqlite';
import type { HoldStore, LegalHold } from '../../ports/holds.ts';
import { bytesOf, textOf } from './database.ts';
import type { Seal } from './seal.ts';

export const holdsTable = `CREATE TABLE holds (
     id TEXT PRIMARY KEY,
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;`;

export function holdsIn(database: DatabaseSync, seal: Seal): HoldStore {
  const all = database.prepare('SELECT id, sealed FROM holds ORDER BY id');
  const insert = database.prepare('INSERT INTO holds (id, sealed) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM holds WHERE id = ?');
  return {
    list: () =>
      all.all().map((row) => {
        const hold: LegalHold = JSON.parse(seal.open(bytesOf(row, 'sealed'), `hold ${textOf(row, 'id')}`));
        return hold;
      }),
    save: (hold) => void insert.run(hold.id, seal.close(JSON.stringify(hold), `hold ${hold.id}`)),
    remove: (id) => void remove.run(id),
  };
}
