// Which answers were about which patient, by keyed name: part of the index that is read off the log. The names come out of
// encrypted payloads, so of what retention has shredded no more is kept here than that there was an answer, and when.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Entry } from '../../core/record.ts';
import type { LogReader } from '../../ports/log.ts';
import type { Disclosure, DisclosureFilter, SessionIndex, SessionSummary } from '../../ports/sessions.ts';
import { numberOf, textOf } from './database.ts';

/** What the payload of a `disclosure` says. */
export interface Disclosed {
  /** Keyed name, and whether the question named them rather than the answer. */
  readonly names: readonly { readonly name: Buffer; readonly asked: boolean }[];
  readonly purpose: boolean;
}

/** Null = it has been shredded. */
export async function disclosedIn(reader: LogReader, entry: Entry): Promise<Disclosed | null> {
  const payload = await reader.payload(entry);
  if (!payload) return null;
  const said: { readonly names: readonly (readonly [string, string])[]; readonly purpose?: Json } = JSON.parse(
    Buffer.from(payload.bytes).toString('utf8'),
  );
  return {
    names: said.names.map(([name, by]) => ({ name: Buffer.from(name, 'base64url'), asked: by === 'asked' })),
    purpose: said.purpose !== undefined,
  };
}

export function disclosureApplier(database: DatabaseSync): (entry: Entry, disclosed: Disclosed | null) => void {
  const insert = database.prepare(
    'INSERT INTO disclosures (seq, session, request, time, unnamed, purpose, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertName = database.prepare('INSERT OR IGNORE INTO disclosed (name, seq, asked) VALUES (?, ?, ?)');
  const count = database.prepare(
    'INSERT INTO shredded_disclosures (seq, time) SELECT seq, time FROM disclosures WHERE session = ?',
  );
  const forget = database.prepare('DELETE FROM disclosures WHERE session = ?');
  return (entry, disclosed) => {
    const { type, seq, session = '', request = '', time, data = {} } = entry;
    if (type === 'retention.shredded') {
      const sessions = data['sessions'];
      for (const each of Array.isArray(sessions) ? (sessions as readonly Json[]) : []) {
        if (typeof each !== 'string') continue;
        count.run(each);
        forget.run(each);
      }
    }
    if (type !== 'disclosure') return;
    const unnamed = data['unnamed'] === true ? 1 : 0;
    const { names = [], purpose = false } = disclosed ?? {};
    insert.run(seq, session, request, time, unnamed, purpose ? 1 : 0, JSON.stringify(data));
    // Who is in the answer counts as that, also where the question named them.
    for (const { name, asked } of names.toSorted((a, b) => Number(a.asked) - Number(b.asked)))
      insertName.run(name, seq, asked ? 1 : 0);
  };
}

type Row = Readonly<Record<string, unknown>>;

export function disclosureQueries(
  database: DatabaseSync,
  summaryOf: (row: Row) => SessionSummary,
): Pick<SessionIndex, 'disclosuresOf' | 'seenIn' | 'unnamedDisclosures' | 'shreddedDisclosures'> {
  const disclosureOf = (row: Row): Disclosure => {
    const data: JsonObject = JSON.parse(textOf(row, 'data'));
    return {
      seq: numberOf(row, 'disclosure'),
      time: textOf(row, 'time'),
      session: summaryOf(row),
      request: textOf(row, 'request'),
      by: numberOf(row, 'asked') === 1 ? 'asked' : 'row',
      data,
      purpose: numberOf(row, 'purpose') === 1,
    };
  };
  return {
    disclosuresOf(names, filter) {
      if (names.length === 0) return [];
      const { terms, values } = within(filter);
      if (filter.before !== undefined) {
        terms.push('n.seq < ?');
        values.push(filter.before);
      }
      const places = names.map(() => '?').join(', ');
      return database
        .prepare(
          `SELECT s.*, d.seq AS disclosure, d.time, d.request, d.purpose, d.data, min(n.asked) AS asked
           FROM disclosed n JOIN disclosures d ON d.seq = n.seq JOIN sessions s ON s.id = d.session
           WHERE ${[`n.name IN (${places})`, ...terms].join(' AND ')} GROUP BY d.seq ORDER BY d.seq DESC LIMIT ?`,
        )
        .all(...names.map((name) => Buffer.from(name, 'base64url')), ...values, filter.limit)
        .map(disclosureOf);
    },
    seenIn(session, names) {
      const places = names.map(() => '?').join(', ');
      const row = database
        .prepare(
          `SELECT count(DISTINCT CASE WHEN n.asked = 0 THEN n.seq END) AS records, count(*) AS names,
             coalesce(max(n.name IN (${places})), 0) AS found
           FROM disclosures d JOIN disclosed n ON n.seq = d.seq WHERE d.session = ?`,
        )
        .get(...names.map((name) => Buffer.from(name, 'base64url')), session);
      const said = row ?? {};
      return { records: numberOf(said, 'records'), names: numberOf(said, 'names'), any: numberOf(said, 'found') === 1 };
    },
    unnamedDisclosures(filter) {
      const { terms, values } = within(filter);
      const where = ['d.unnamed = 1', ...terms].join(' AND ');
      const row = database.prepare(`SELECT count(*) AS count FROM disclosures d WHERE ${where}`).get(...values);
      return numberOf(row ?? {}, 'count');
    },
    shreddedDisclosures(filter) {
      const { terms, values } = within(filter);
      const where = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
      const row = database.prepare(`SELECT count(*) AS count FROM shredded_disclosures d ${where}`).get(...values);
      return numberOf(row ?? {}, 'count');
    },
  };
}

function within({ since, until }: Pick<DisclosureFilter, 'since' | 'until'>): {
  terms: string[];
  values: SQLInputValue[];
} {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  if (since !== undefined) {
    terms.push('d.time >= ?');
    values.push(since);
  }
  if (until !== undefined) {
    terms.push('d.time < ?');
    values.push(until);
  }
  return { terms, values };
}
