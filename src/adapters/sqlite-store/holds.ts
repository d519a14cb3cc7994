// Legal holds: in state/store.db, sealed, as reasons are people's words, and may name anybody; and in state/index.db as the log
// has them, without a word of what they are about.

import type { DatabaseSync } from 'node:sqlite';
import type { Entry } from '../../core/record.ts';
import type { HoldStore, LegalHold, RecordedHold } from '../../ports/holds.ts';
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

export const recordedHoldsTable = 'CREATE TABLE holds (id TEXT PRIMARY KEY, hold TEXT NOT NULL) STRICT, WITHOUT ROWID;';

/** Those that the log has begun and not ended, kept as its entries are applied. */
export function recordedHoldsIn(database: DatabaseSync): {
  readonly apply: (entry: Entry) => void;
  readonly list: () => readonly RecordedHold[];
} {
  const all = database.prepare('SELECT hold FROM holds ORDER BY id');
  const begin = database.prepare('INSERT OR REPLACE INTO holds (id, hold) VALUES (?, ?)');
  const end = database.prepare('DELETE FROM holds WHERE id = ?');
  return {
    apply: ({ type, time, subject, data = {} }) => {
      const { hold: id, kind, target } = data;
      if (typeof id !== 'string' || typeof target !== 'string' || !isKind(kind)) return;
      if (type === 'retention.released') end.run(id);
      if (type !== 'retention.held' || !subject) return;
      const hold: RecordedHold = { id, kind, target, by: subject, sinceMs: Date.parse(time) };
      begin.run(id, JSON.stringify(hold));
    },
    list: () =>
      all.all().map((row) => {
        const hold: RecordedHold = JSON.parse(textOf(row, 'hold'));
        return hold;
      }),
  };
}

function isKind(kind: unknown): kind is LegalHold['kind'] {
  return kind === 'session' || kind === 'subject' || kind === 'patient';
}
