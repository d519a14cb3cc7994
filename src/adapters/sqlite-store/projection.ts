// The session index in state/index.db, read off the audit log entry by entry. The cursor moves in the transaction that
// applies the entries, so an entry counts once whatever happens; synchronous=NORMAL, as all of it can be rebuilt.

import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { isHousekeeping } from '../../core/decision.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Entry } from '../../core/record.ts';
import { ok, type Result } from '../../core/result.ts';
import { Turns } from '../../core/turns.ts';
import type { LogReader } from '../../ports/log.ts';
import type { SessionFilter, SessionIndex, SessionSummary } from '../../ports/sessions.ts';
import { numberOf, openDatabase, textOf, transaction } from './database.ts';
import { type Disclosed, disclosedIn, disclosureApplier, disclosureQueries } from './disclosures.ts';
import { recordedHoldsIn, recordedHoldsTable } from './holds.ts';

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
  // An index of an older version has not noted these: it reads the log again.
  `CREATE TABLE session_terms (
     kind TEXT NOT NULL, term TEXT NOT NULL, session TEXT NOT NULL, PRIMARY KEY (kind, term, session)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE disclosures (
     seq INTEGER PRIMARY KEY, session TEXT NOT NULL, request TEXT NOT NULL, time TEXT NOT NULL, unnamed INTEGER NOT NULL,
     purpose INTEGER NOT NULL, data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX disclosures_by_session ON disclosures (session);
   CREATE INDEX disclosures_unnamed ON disclosures (time) WHERE unnamed = 1;
   CREATE TABLE disclosed (
     name BLOB NOT NULL, seq INTEGER NOT NULL REFERENCES disclosures (seq) ON DELETE CASCADE, asked INTEGER NOT NULL,
     PRIMARY KEY (name, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX disclosed_by_seq ON disclosed (seq);
   DELETE FROM sessions; DELETE FROM session_entries; UPDATE cursor SET next = 0;`,
  `ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
   ALTER TABLE cursor ADD COLUMN last TEXT NOT NULL DEFAULT '';
   CREATE TABLE set_backs (seq INTEGER PRIMARY KEY) STRICT;
   DELETE FROM sessions; DELETE FROM session_entries; DELETE FROM session_terms; DELETE FROM disclosed; DELETE FROM disclosures;
   UPDATE cursor SET next = 0;`,
  `${recordedHoldsTable}
   DELETE FROM sessions; DELETE FROM session_entries; DELETE FROM session_terms; DELETE FROM disclosed; DELETE FROM disclosures;
   DELETE FROM set_backs; UPDATE cursor SET next = 0, last = '';`,
  `ALTER TABLE sessions ADD COLUMN subject_actors TEXT;
   DELETE FROM sessions; DELETE FROM session_entries; DELETE FROM session_terms; DELETE FROM disclosed; DELETE FROM disclosures;
   DELETE FROM set_backs; DELETE FROM holds; UPDATE cursor SET next = 0, last = '';`,
  `CREATE TABLE shredded_disclosures (seq INTEGER PRIMARY KEY, time TEXT NOT NULL) STRICT;
   CREATE INDEX shredded_disclosures_by_time ON shredded_disclosures (time);
   DELETE FROM sessions; DELETE FROM session_entries; DELETE FROM session_terms; DELETE FROM disclosed; DELETE FROM disclosures;
   DELETE FROM set_backs; DELETE FROM holds; UPDATE cursor SET next = 0, last = '';`,
];

/** And what their rows are in order by. */
const tables = {
  sessions: '1',
  session_entries: '1, 2',
  session_terms: '1, 2, 3',
  disclosures: '1',
  disclosed: '1, 2',
  shredded_disclosures: '1',
  set_backs: '1',
  holds: '1',
  cursor: '1',
} as const;

const entriesPerTransaction = 1000;

interface Read {
  readonly entry: Entry;
  readonly names: Disclosed | null;
}

export interface OwnedSessionIndex extends SessionIndex {
  close(): void;
}

export function openSessionIndex(file: string): Result<OwnedSessionIndex> {
  const opened = openDatabase(file, migrations, 'NORMAL');
  if (!opened.ok) return opened;
  const database = opened.value;
  const holds = recordedHoldsIn(database);
  const apply = applier(database, holds.apply);
  const cursor = database.prepare('SELECT next FROM cursor');
  const byId = database.prepare('SELECT * FROM sessions WHERE id = ?');
  const byParent = database.prepare('SELECT * FROM sessions WHERE parent_session = ? ORDER BY seq');
  const entries = database.prepare('SELECT seq FROM session_entries WHERE session = ? ORDER BY seq');
  const setBacks = database.prepare('SELECT seq FROM set_backs ORDER BY seq');
  const turns = new Turns();

  const catchUp = async (reader: LogReader, end = reader.size): Promise<void> => {
    let from = numberOf(cursor.get() ?? {}, 'next');
    while (from < end) {
      const to = Math.min(end, from + entriesPerTransaction);
      const batch: Read[] = [];
      for await (const entry of reader.entries(from, to)) {
        batch.push({ entry, names: entry.type === 'disclosure' ? await disclosedIn(reader, entry) : null });
      }
      if (batch.length === 0) return;
      apply(batch);
      from += batch.length;
    }
  };
  return ok({
    catchUp: (reader) => turns.take(() => catchUp(reader)),
    rebuild: (reader) =>
      turns.take(async () => {
        await catchUp(reader);
        const before = digestOf(database);
        const size = numberOf(cursor.get() ?? {}, 'next');
        transaction(database, () => {
          for (const table of Object.keys(tables))
            database.exec(table === 'cursor' ? "UPDATE cursor SET next = 0, last = ''" : `DELETE FROM ${table}`);
        });
        await catchUp(reader, size);
        const same = digestOf(database) === before;
        await catchUp(reader);
        const sessions = database.prepare('SELECT count(*) AS count FROM sessions').get();
        return { entries: numberOf(cursor.get() ?? {}, 'next'), sessions: numberOf(sessions ?? {}, 'count'), same };
      }),
    list: (filter) => select(database, filter).map(summaryOf),
    get(id) {
      const row = byId.get(id);
      return row && summaryOf(row);
    },
    childrenOf: (id) => byParent.all(id).map(summaryOf),
    setBacks: () => setBacks.all().map((row) => numberOf(row, 'seq')),
    entriesOf: (id) => entries.all(id).map((row) => numberOf(row, 'seq')),
    heldOnRecord: holds.list,
    ...disclosureQueries(database, summaryOf),
    close: () => database.close(),
  });
}

function applier(database: DatabaseSync, applyHold: (entry: Entry) => void): (batch: readonly Read[]) => void {
  const applyDisclosure = disclosureApplier(database);
  const member = database.prepare('INSERT INTO session_entries (session, seq) VALUES (?, ?)');
  const start = database.prepare(
    `INSERT INTO sessions (id, seq, subject_id, subject_issuer, subject_kind, subject_agent, subject_actors, connection, door, client,
       parent_session, parent_request, started, address) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const end = database.prepare('UPDATE sessions SET ended = ? WHERE id = ?');
  const unknown = database.prepare('UPDATE sessions SET unknown = unknown + 1 WHERE id = ?');
  const counts: Readonly<Record<string, StatementSync>> = {
    allow: database.prepare('UPDATE sessions SET allowed = allowed + 1 WHERE id = ?'),
    hold: database.prepare('UPDATE sessions SET held = held + 1 WHERE id = ?'),
    deny: database.prepare('UPDATE sessions SET denied = denied + 1 WHERE id = ?'),
  };
  const advance = database.prepare('UPDATE cursor SET next = ?, last = ?');
  const lastTime = database.prepare('SELECT last FROM cursor');
  const noteSetBack = database.prepare('INSERT INTO set_backs (seq) VALUES (?)');

  const note = database.prepare('INSERT OR IGNORE INTO session_terms (kind, term, session) VALUES (?, ?, ?)');
  const applyEntry = ({ type, session, seq, time, subject, connection, parent, data }: Entry): void => {
    if (session === undefined) return;
    member.run(session, seq);
    for (const [kind, term] of termsOf(type, data)) note.run(kind, term, session);
    if (type === 'session.start') {
      const { id = '', issuer = '', kind = 'workload', agent = null, actors } = subject ?? {};
      const [door, client] = [wordOf(data, 'door'), wordOf(data, 'client')];
      const cause = [parent?.session ?? null, parent?.request ?? null] as const;
      start.run(
        session,
        seq,
        id,
        issuer,
        kind,
        agent,
        actors ? JSON.stringify(actors) : null,
        connection ?? '',
        door,
        client,
        ...cause,
        time,
        wordOf(data, 'address'),
      );
    } else if (type === 'session.end') {
      end.run(time, session);
    } else if (type === 'outcome_unknown') {
      unknown.run(session);
    } else if (type === 'request' && !isHousekept(data)) {
      counts[wordOf(data, 'effect')]?.run(session);
    }
  };
  return (batch) =>
    transaction(database, () => {
      let last = textOf(lastTime.get() ?? {}, 'last');
      for (const { entry, names } of batch) {
        if (entry.time < last) noteSetBack.run(entry.seq);
        last = entry.time;
        applyEntry(entry);
        applyDisclosure(entry, names);
        applyHold(entry);
      }
      const newest = batch.at(-1);
      if (newest) advance.run(newest.entry.seq + 1, last);
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
  for (const kind of ['group', 'tool', 'table', 'rule', 'phi'] as const) {
    const having = 'EXISTS (SELECT 1 FROM session_terms WHERE kind = ? AND term = ? AND session = sessions.id)';
    if (filter[kind] === undefined) continue;
    terms.push(having);
    values.push(kind, filter[kind]);
  }
  where('(started, seq) < (SELECT started, seq FROM sessions WHERE id = ?)', filter.before);
  if (filter.decision) terms.push({ allow: 'allowed > 0', hold: 'held > 0', deny: 'denied > 0' }[filter.decision]);
  const condition = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
  return database
    .prepare(`SELECT * FROM sessions ${condition} ORDER BY started DESC, seq DESC LIMIT ?`)
    .all(...values, filter.limit);
}

function summaryOf(row: Readonly<Record<string, unknown>>): SessionSummary {
  const optional = (column: string): string | null => (row[column] === null ? null : textOf(row, column));
  const parent = optional('parent_session');
  const [agent, actors] = [optional('subject_agent'), optional('subject_actors')];
  return {
    id: textOf(row, 'id'),
    subject: {
      id: textOf(row, 'subject_id'),
      issuer: textOf(row, 'subject_issuer'),
      kind: textOf(row, 'subject_kind') === 'person' ? 'person' : 'workload',
      ...(agent === null ? {} : { agent }),
      ...(actors === null ? {} : { actors: listOf(JSON.parse(actors)) }),
    },
    connection: textOf(row, 'connection'),
    door: textOf(row, 'door'),
    client: textOf(row, 'client'),
    address: textOf(row, 'address'),
    parent: parent === null ? null : { session: parent, request: optional('parent_request') },
    started: textOf(row, 'started'),
    ended: optional('ended'),
    allowed: numberOf(row, 'allowed'),
    held: numberOf(row, 'held'),
    denied: numberOf(row, 'denied'),
    unknown: numberOf(row, 'unknown'),
  };
}

/** What a session can be found by besides its own row. Names only, as the entries hold them. */
function termsOf(type: Entry['type'], data: JsonObject | undefined): [kind: string, term: string][] {
  if (type === 'session.start') return listOf(data?.['groups']).map((group) => ['group', group]);
  if (type === 'request' && !isHousekept(data)) {
    const tables = listOf(data?.['relations']);
    return [
      ...[...tables, ...tables.map((name) => name.slice(name.indexOf('.') + 1))].map((name): [string, string] => [
        'table',
        name,
      ]),
      ...listOf(data?.['phi']).map((cls): [string, string] => ['phi', cls]),
      ...(['tool', 'rule'] as const).flatMap((kind): [string, string][] =>
        wordOf(data, kind) === '' ? [] : [[kind, wordOf(data, kind)]],
      ),
    ];
  }
  if (type !== 'response' && type !== 'request.end') return [];
  const masked = data?.['masked'];
  return isJsonObject(masked) ? Object.keys(masked).map((cls) => ['phi', cls]) : [];
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each: Json): each is string => typeof each === 'string') : [];
}

/** Every row of every table, in the order of their keys. */
function digestOf(database: DatabaseSync): string {
  const digest = createHash('sha256');
  for (const [table, order] of Object.entries(tables)) {
    const rows = database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`);
    rows.setReturnArrays(true);
    for (const row of rows.iterate()) digest.update(JSON.stringify(row)).update('\n');
  }
  return digest.digest('hex');
}

/** In the timeline, but no question anybody asked. */
function isHousekept(data: JsonObject | undefined): boolean {
  return isHousekeeping(data?.['effect'], data?.['rule']);
}

function wordOf(data: JsonObject | undefined, key: string): string {
  const value = data?.[key];
  return typeof value === 'string' ? value : '';
}
