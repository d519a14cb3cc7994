// Kept records in state/store.db. Ids are secrets (tokens, codes, cookies): the table holds keyed names of them, of every
// value they are found by, and sealed contents.

import type { DatabaseSync } from 'node:sqlite';
import type { KeptKinds, KeptRecords, RecordIndex } from '../../ports/kept-records.ts';
import { bytesOf, numberOf, transaction } from './database.ts';
import type { Seal } from './seal.ts';

export const keptRecordsTable = `CREATE TABLE kept_records (
     name BLOB PRIMARY KEY,
     expires_ms INTEGER NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX kept_records_by_expiry ON kept_records (expires_ms);
   CREATE TABLE kept_record_indexes (
     value BLOB NOT NULL,
     name BLOB NOT NULL REFERENCES kept_records (name) ON DELETE CASCADE,
     kind BLOB NOT NULL,
     PRIMARY KEY (value, name)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX kept_record_indexes_by_name ON kept_record_indexes (name);`;

type Row = Readonly<Record<string, unknown>>;

const absentMax = 1_000;

export function keptRecordsIn(database: DatabaseSync, seal: Seal): KeptRecords {
  const byName = database.prepare('SELECT name, expires_ms, sealed FROM kept_records WHERE name = ?');
  const byIndex = database.prepare(
    `SELECT r.name, r.expires_ms, r.sealed FROM kept_record_indexes i JOIN kept_records r ON r.name = i.name
     WHERE i.value = ? AND i.kind = ?`,
  );
  const insert = database.prepare('INSERT INTO kept_records (name, expires_ms, sealed) VALUES (?, ?, ?)');
  const insertIndex = database.prepare('INSERT INTO kept_record_indexes (value, name, kind) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM kept_records WHERE name = ?');
  const removeBy = database.prepare(
    'DELETE FROM kept_records WHERE name IN (SELECT name FROM kept_record_indexes WHERE value = ?)',
  );
  const removeExpired = database.prepare('DELETE FROM kept_records WHERE expires_ms <= ?');

  /**
   * What was asked for and is not there: of everybody who comes it is asked whether their tokens were ended, and of next to nobody
   * they were. INVARIANT: nothing but `put` here adds a record while the store is open.
   */
  const absent = new Set<string>();
  const noteAbsent = (key: string): void => {
    if (absent.size >= absentMax) absent.clear();
    absent.add(key);
  };

  const nameOf = (kind: string, id: string): Uint8Array => seal.name(JSON.stringify(['kept', kind, id]));
  const kindOf = (kind: string): Uint8Array => seal.name(JSON.stringify(['kept kind', kind]));
  const valueOf = (index: RecordIndex, value: string): Uint8Array =>
    seal.name(JSON.stringify(['kept by', index, value]));
  const open = <K extends keyof KeptKinds>(_kind: K, row: Row | undefined, now: number): KeptKinds[K] | undefined => {
    if (!row || numberOf(row, 'expires_ms') <= now) return undefined;
    const value: KeptKinds[K] = JSON.parse(seal.open(bytesOf(row, 'sealed'), placeOf(bytesOf(row, 'name'))));
    return value;
  };
  return {
    put: (kind, id, value, expiresMs, indexes = {}) =>
      transaction(database, () => {
        const name = nameOf(kind, id);
        absent.clear();
        remove.run(name);
        insert.run(name, Math.ceil(expiresMs), seal.close(JSON.stringify(value), placeOf(name)));
        for (const index of indexNames) {
          const found = indexes[index];
          if (found !== undefined) insertIndex.run(valueOf(index, found), name, kindOf(kind));
        }
      }),
    get: (kind, id, now) => {
      const key = `${kind}\n${id}`;
      if (absent.has(key)) return undefined;
      const row = byName.get(nameOf(kind, id));
      if (!row) noteAbsent(key);
      return open(kind, row, now);
    },
    take: (kind, id, now) =>
      transaction(database, () => {
        const name = nameOf(kind, id);
        const found = open(kind, byName.get(name), now);
        remove.run(name);
        return found;
      }),
    find: (kind, index, value, now) =>
      byIndex
        .all(valueOf(index, value), kindOf(kind))
        .map((row) => open(kind, row, now))
        .filter((each) => each !== undefined),
    remove: (kind, id) => void remove.run(nameOf(kind, id)),
    removeBy: (index, value) => void removeBy.run(valueOf(index, value)),
    removeExpired: (now) => void removeExpired.run(now),
  };
}

const indexNames: readonly RecordIndex[] = ['grant', 'uid', 'userCode', 'subject', 'session'];

function placeOf(name: Uint8Array): string {
  return `kept ${Buffer.from(name).toString('hex')}`;
}
