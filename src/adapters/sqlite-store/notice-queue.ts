// Notices that are still to be told, in state/store.db, sealed: they survive a restart, and name people.

import type { DatabaseSync } from 'node:sqlite';
import type { NoticeQueue, QueuedNotice } from '../../ports/notices.ts';
import { bytesOf, textOf } from './database.ts';
import type { Seal } from './seal.ts';

export const noticesTable = `CREATE TABLE notices (
     notice TEXT NOT NULL,
     way TEXT NOT NULL,
     due_ms INTEGER NOT NULL,
     sealed BLOB NOT NULL,
     PRIMARY KEY (notice, way)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX notices_by_time ON notices (due_ms);`;

export function noticeQueueIn(database: DatabaseSync, seal: Seal): NoticeQueue {
  const write = database.prepare(
    `INSERT INTO notices (notice, way, due_ms, sealed) VALUES (?, ?, ?, ?)
     ON CONFLICT (notice, way) DO UPDATE SET due_ms = excluded.due_ms, sealed = excluded.sealed`,
  );
  const due = database.prepare('SELECT notice, way, sealed FROM notices WHERE due_ms <= ? ORDER BY due_ms LIMIT 100');
  const remove = database.prepare('DELETE FROM notices WHERE notice = ? AND way = ?');
  const placeOf = (notice: string, way: string): string => `notice ${notice} ${way}`;
  return {
    put(queued) {
      const { notice, way, dueMs } = queued;
      write.run(notice.id, way, dueMs, seal.close(JSON.stringify(queued), placeOf(notice.id, way)));
    },
    due: (now) =>
      due.all(now).map((row) => {
        const place = placeOf(textOf(row, 'notice'), textOf(row, 'way'));
        const queued: QueuedNotice = JSON.parse(seal.open(bytesOf(row, 'sealed'), place));
        return queued;
      }),
    remove: (notice, way) => void remove.run(notice, way),
  };
}
