// The gate's own durable state in state/store.db: approvals, short-lived credentials, pinned tools. Whatever it returns from
// is on disk. It never holds a password, and nothing of a held request in clear.

import type { DatabaseSync } from 'node:sqlite';
import type { Approval } from '../../approvals/approval.ts';
import type { Subject } from '../../core/facts.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ApprovalStore } from '../../ports/approvals.ts';
import type { Credentials, DatabaseCredential } from '../../ports/credentials.ts';
import type { EmergencyStore } from '../../ports/emergencies.ts';
import type { ExportCursors } from '../../ports/export.ts';
import type { HoldStore } from '../../ports/holds.ts';
import type { KeptRecords } from '../../ports/kept-records.ts';
import type { NoticeQueue } from '../../ports/notices.ts';
import type { ToolPinStore } from '../../ports/tool-pins.ts';
import { bytesOf, type Migrations, numberOf, openDatabase, textOf, transaction } from './database.ts';
import { emergenciesIn, emergenciesTable } from './emergencies.ts';
import { exportCursorsIn, exportCursorsTable } from './export-cursors.ts';
import { holdsIn, holdsTable } from './holds.ts';
import { keptRecordsIn, keptRecordsTable } from './kept-records.ts';
import { noticeQueueIn, noticesTable } from './notice-queue.ts';
import { createSeal, type Seal } from './seal.ts';
import { toolPinsIn, toolPinsTable } from './tool-pins.ts';

export const migrations: Migrations = [
  `CREATE TABLE approvals (
     id TEXT PRIMARY KEY,
     act_name BLOB NOT NULL,
     requested_ms INTEGER NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX approvals_by_act ON approvals (act_name, requested_ms DESC, id DESC);
   CREATE INDEX approvals_by_time ON approvals (requested_ms DESC, id DESC);
   CREATE TABLE credentials (
     user TEXT PRIMARY KEY,
     iterations INTEGER NOT NULL,
     salt BLOB NOT NULL,
     stored_key BLOB NOT NULL,
     server_key BLOB NOT NULL,
     subject TEXT NOT NULL,
     connection TEXT NOT NULL,
     expires_ms INTEGER NOT NULL,
     parent_session TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX credentials_by_expiry ON credentials (expires_ms);`,
  toolPinsTable,
  keptRecordsTable,
  holdsTable,
  emergenciesTable,
  noticesTable,
  exportCursorsTable,
];

export interface Store {
  readonly approvals: ApprovalStore;
  readonly credentials: Credentials;
  readonly toolPins: ToolPinStore;
  readonly records: KeptRecords;
  readonly holds: HoldStore;
  readonly emergencies: EmergencyStore;
  readonly notices: NoticeQueue;
  readonly exports: ExportCursors;
  close(): void;
}

/** @param file its directory must exist; @param kek 32 bytes; @param naming what names are made with, where that is older */
export function openStore(file: string, kek: Uint8Array, naming?: Uint8Array): Result<Store> {
  const opened = openDatabase(file, migrations, 'FULL');
  if (!opened.ok) return opened;
  const database = opened.value;
  const seal = createSeal(kek, naming);
  return ok({
    approvals: approvalsIn(database, seal),
    credentials: credentialsIn(database),
    toolPins: toolPinsIn(database, seal),
    records: keptRecordsIn(database, seal),
    holds: holdsIn(database, seal),
    emergencies: emergenciesIn(database, seal),
    notices: noticeQueueIn(database, seal),
    exports: exportCursorsIn(database),
    close: () => database.close(),
  });
}

function approvalsIn(database: DatabaseSync, seal: Seal): ApprovalStore {
  const byId = database.prepare('SELECT id, sealed FROM approvals WHERE id = ?');
  const byAct = database.prepare(
    'SELECT id, sealed FROM approvals WHERE act_name = ? ORDER BY requested_ms DESC, id DESC LIMIT 1',
  );
  const all = database.prepare('SELECT id, sealed FROM approvals ORDER BY requested_ms DESC, id DESC');
  const write = database.prepare(
    `INSERT INTO approvals (id, act_name, requested_ms, sealed) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`,
  );
  const approvalOf = (row: Readonly<Record<string, unknown>>): Approval => {
    const approval: Approval = JSON.parse(seal.open(bytesOf(row, 'sealed'), textOf(row, 'id')));
    return approval;
  };
  const get = (id: string): Approval | undefined => {
    const row = byId.get(id);
    return row && approvalOf(row);
  };
  return {
    get,
    update: (id, change) =>
      transaction(database, () => {
        const { next, result } = change(get(id));
        if (next) write.run(id, seal.name(next.digest), next.requestedMs, seal.close(JSON.stringify(next), id));
        return result;
      }),
    findByDigest(digest) {
      const row = byAct.get(seal.name(digest));
      return row && approvalOf(row);
    },
    list: () => all.all().map(approvalOf),
  };
}

function credentialsIn(database: DatabaseSync): Credentials {
  const insert = database.prepare(
    `INSERT INTO credentials (user, iterations, salt, stored_key, server_key, subject, connection, expires_ms, parent_session)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const byUser = database.prepare('SELECT * FROM credentials WHERE user = ?');
  const all = database.prepare('SELECT * FROM credentials');
  const remove = database.prepare('DELETE FROM credentials WHERE user = ?');
  const removeExpired = database.prepare('DELETE FROM credentials WHERE expires_ms <= ?');
  return {
    save({ user, verifier, subject, connection, expiresMs, parentSession }) {
      const { iterations, salt, storedKey, serverKey } = verifier;
      const who = JSON.stringify(subject);
      insert.run(user, iterations, salt, storedKey, serverKey, who, connection, expiresMs, parentSession);
    },
    find(user) {
      const row = byUser.get(user);
      return row && credentialOf(row);
    },
    remove(user) {
      remove.run(user);
    },
    removeOf: (which) =>
      transaction(database, () => {
        for (const { user, subject } of all.all().map(credentialOf)) if (which(subject)) remove.run(user);
      }),
    removeExpired: (now) => Number(removeExpired.run(now).changes),
  };
}

function credentialOf(row: Readonly<Record<string, unknown>>): DatabaseCredential {
  const subject: Subject = JSON.parse(textOf(row, 'subject'));
  return {
    user: textOf(row, 'user'),
    verifier: {
      iterations: numberOf(row, 'iterations'),
      salt: bytesOf(row, 'salt'),
      storedKey: bytesOf(row, 'stored_key'),
      serverKey: bytesOf(row, 'server_key'),
    },
    subject,
    connection: textOf(row, 'connection'),
    expiresMs: numberOf(row, 'expires_ms'),
    parentSession: row['parent_session'] === null ? null : textOf(row, 'parent_session'),
  };
}
