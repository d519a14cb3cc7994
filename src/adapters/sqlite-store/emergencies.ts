// Uses of break-glass in state/store.db, sealed: reasons are people's words, and may name anybody.

import type { DatabaseSync } from 'node:sqlite';
import type { Emergency } from '../../approvals/break-glass.ts';
import type { EmergencyStore } from '../../ports/emergencies.ts';
import { bytesOf, textOf } from './database.ts';
import type { Seal } from './seal.ts';

export const emergenciesTable = `CREATE TABLE emergencies (
     id TEXT PRIMARY KEY,
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;`;

export function emergenciesIn(database: DatabaseSync, seal: Seal): EmergencyStore {
  const all = database.prepare('SELECT id, sealed FROM emergencies ORDER BY id DESC');
  const write = database.prepare(
    'INSERT INTO emergencies (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
  );
  return {
    list: () =>
      all.all().map((row) => {
        const emergency: Emergency = JSON.parse(seal.open(bytesOf(row, 'sealed'), `emergency ${textOf(row, 'id')}`));
        return emergency;
      }),
    save: (emergency) =>
      void write.run(emergency.id, seal.close(JSON.stringify(emergency), `emergency ${emergency.id}`)),
  };
}
