// The session index in state/index.db, read off the audit log entry by entry. The cursor moves in the transaction that
// applies the entries, so an entry counts once whatever happens; synchronous=NORMAL, as all of it can be rebuilt.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { JsonObject } from '../../core/json.ts';
import type { Entry } from '../../core/record.ts';
import { ok, type Result } from '../../core/result.ts';
import type { LogReader } from '../../ports/log.ts';
import type { SessionFilter, SessionIndex, SessionSummary } from '../../ports/sessions.ts';
import { numberOf, openDatabase, textOf, transaction } from './database.ts';

const migrations = [
  `CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     seq INTEGER NOT NULL,
     subject_id TEXT NOT NULL,
     subject_issuer TEXT NOT NULL,
     subject_kind TEXT NOT NULL,
     subject_agent TEXT,
     connection TEXT NOT NULL,
     door TEXT NOT NULL,
     client TEXT NOT NULL,
     parent_session TEXT,
     parent_request TEXT,
     started TEXT NOT NULL,
     ended TEXT,
     allowed INTEGER NOT NULL DEFAULT 0,
     held INTEGER NOT NULL DEFAULT 0,
     denied INTEGER NOT NULL DEFAULT 0,
     unknown INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_by_time ON sessions (started, seq);
   CREATE INDEX sessions_by_subject ON sessions (subject_id, started, seq);
   CREATE INDEX sessions_by_parent ON sessions (parent_session, seq);
   CREATE TABLE session_entries (session TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (session, seq)) STRICT, WITHOUT ROWID;
   CREATE TABLE cursor (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL) STRICT;
   INSERT INTO cursor (one, next) VALUES (1, 0);`,
];

const entriesPerTransaction = 1000;

export interface OwnedSessionIndex extends SessionIndex {
  close(): void;
}

export function openSessionIndex(file: string): Result<OwnedSessionIndex> {
  const opened = openDatabase(file, migrations, 'NORMAL');
  if (!opened.ok) return opened;
  const database = opened.value;
  const apply = applier(database);
  const cursor = database.prepare('SELECT next FROM cursor');
  const byId = database.prepare('SELECT * FROM sessions WHERE id = ?');
  const byParent = database.prepare('SELECT * FROM sessions WHERE parent_session = ? ORDER BY seq');
  const entries = database.prepare('SELECT seq FROM session_entries WHERE session = ? ORDER BY seq');
  let queue: Promise<void> = Promise.resolve();

  const catchUp = async (reader: LogReader): Promise<void> => {
    let from = numberOf(cursor.get() ?? {}, 'next');
    while (from < reader.size) {
      const to = Math.min(reader.size, from + entriesPerTransaction);
      const batch: Entry[] = [];
      for await (const entry of reader.entries(from, to)) batch.push(entry);
      if (batch.length === 0) return;
      apply(batch);
      from += batch.length;
    }
  };
  return ok({
    catchUp(reader) {
      const turn = queue.then(() => catchUp(reader));
      queue = turn.catch(() => {});
      return turn;
    },
    list: (filter) => select(database, filter).map(summaryOf),
    get(id) {
      const row = byId.get(id);
      return row && summaryOf(row);
    },
    childrenOf: (id) => byParent.all(id).map(summaryOf),
    entriesOf: (id) => entries.all(id).map((row) => numberOf(row, 'seq')),
    close: () => database.close(),
  });
}

function applier(database: DatabaseSync): (batch: readonly Entry[]) => void {
  const member = database.prepare('INSERT INTO session_entries (session, seq) VALUES (?, ?)');
  const start = database.prepare(
    `INSERT INTO sessions (id, seq, subject_id, subject_issuer, subject_kind, subject_agent, connection, door, client,
       parent_session, parent_request, started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const end = database.prepare('UPDATE sessions SET ended = ? WHERE id = ?');
  const unknown = database.prepare('UPDATE sessions SET unknown = unknown + 1 WHERE id = ?');
  const counts: Readonly<Record<string, StatementSync>> = {
    allow: database.prepare('UPDATE sessions SET allowed = allowed + 1 WHERE id = ?'),
    hold: database.prepare('UPDATE sessions SET held = held + 1 WHERE id = ?'),
    deny: database.prepare('UPDATE sessions SET denied = denied + 1 WHERE id = ?'),
  };
  const advance = database.prepare('UPDATE cursor SET next = ?');

  const applyEntry = ({ type, session, seq, time, subject, connection, parent, data }: Entry): void => {
    if (session === undefined) return;
    member.run(session, seq);
    if (type === 'session.start') {
      const { id = '', issuer = '', kind = 'workload', agent = null } = subject ?? {};
      const [door, client] = [wordOf(data, 'door'), wordOf(data, 'client')];
      const cause = [parent?.session ?? null, parent?.request ?? null] as const;
      start.run(session, seq, id, issuer, kind, agent, connection ?? '', door, client, ...cause, time);
    } else if (type === 'session.end') {
      end.run(time, session);
    } else if (type === 'outcome_unknown') {
      unknown.run(session);
    } else if (type === 'request' && !isHousekeeping(data)) {
      counts[wordOf(data, 'effect')]?.run(session);
    }
  };
  return (batch) =>
    transaction(database, () => {
      for (const entry of batch) applyEntry(entry);
      const last = batch.at(-1);
      if (last) advance.run(last.seq + 1);
    });
}

function select(database: DatabaseSync, filter: SessionFilter): Readonly<Record<string, unknown>>[] {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (term: string, value: string | undefined): void => {
    if (value === undefined) return;
    terms.push(term);
    values.push(value);
  };
  where('subject_id = ?', filter.subject?.id);
  where('subject_issuer = ?', filter.subject?.issuer);
  where('connection = ?', filter.connection);
  where('door = ?', filter.door);
  where('started >= ?', filter.since);
  where('started < ?', filter.until);
  if (filter.decision) terms.push({ allow: 'allowed > 0', hold: 'held > 0', deny: 'denied > 0' }[filter.decision]);
  const condition = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
  return database
    .prepare(`SELECT * FROM sessions ${condition} ORDER BY started DESC, seq DESC LIMIT ?`)
    .all(...values, filter.limit);
}

function summaryOf(row: Readonly<Record<string, unknown>>): SessionSummary {
  const optional = (column: string): string | null => (row[column] === null ? null : textOf(row, column));
  const parent = optional('parent_session');
  const agent = optional('subject_agent');
  return {
    id: textOf(row, 'id'),
    subject: {
      id: textOf(row, 'subject_id'),
      issuer: textOf(row, 'subject_issuer'),
      kind: textOf(row, 'subject_kind') === 'person' ? 'person' : 'workload',
      ...(agent === null ? {} : { agent }),
    },
    connection: textOf(row, 'connection'),
    door: textOf(row, 'door'),
    client: textOf(row, 'client'),
    parent: parent === null ? null : { session: parent, request: optional('parent_request') },
    started: textOf(row, 'started'),
    ended: optional('ended'),
    allowed: numberOf(row, 'allowed'),
    held: numberOf(row, 'held'),
    denied: numberOf(row, 'denied'),
    unknown: numberOf(row, 'unknown'),
  };
}

/** What is part of every session (BEGIN, initialize) is in the timeline, but is no question anybody asked. */
function isHousekeeping(data: JsonObject | undefined): boolean {
  return wordOf(data, 'effect') === 'allow' && wordOf(data, 'rule').startsWith('builtin:');
}

function wordOf(data: JsonObject | undefined, key: string): string {
  const value = data?.[key];
  return typeof value === 'string' ? value : '';
}
