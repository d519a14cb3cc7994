// chartgate sessions ls|show|replay: what happened, who asked, what was decided, and what they saw.

import {
  type EventView,
  type SessionQuery,
  type SessionView,
  sessionQueryKeys,
  sessionsPerPage,
  sessionView,
  type TimelineView,
  timelineView,
} from '../admin/contract.ts';
import { searchView } from '../admin/session-search.ts';
import { spokenNameOf } from '../core/facts.ts';
import { ok, type Result } from '../core/result.ts';
import { findGate, type Gate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface SessionsOptions {
  readonly config: string;
  readonly json?: boolean;
}

export type SessionsFilter = { readonly [K in keyof SessionQuery]?: string } & {
  readonly text?: string;
  readonly reason?: string;
};

/** Somebody may not have come yet; what is done to an id that was mistyped is done to nobody. */
export async function warnOfUnseen(io: Io, gate: Gate, subject: string): Promise<void> {
  const query = new URLSearchParams({ subject, limit: '1' });
  const found = await gate.call(`/sessions?${query.toString()}`, sessionView.array());
  if (found.ok && found.value.length === 0)
    io.stderr.write(
      plain(`No session of ${subject} is on record: is that the id, as chartgate sessions ls has it?`).concat('\n'),
    );
}

export async function listSessions(io: Io, options: SessionsOptions & SessionsFilter): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const given = Object.fromEntries(
    sessionQueryKeys.flatMap((key) => {
      const value = options[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const answer =
    options.text === undefined
      ? await listed(gate.value, new URLSearchParams(given))
      : await searched(io, gate.value, options.text, options.reason ?? '', given);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    const unknown = await unknownAmong(gate.value, given);
    const never = unknown.length === 0 ? '' : ` None that you may read has ${unknown.join(', nor ')}, at any time.`;
    io.stderr.write(plain(`No session matches.${never}`).concat('\n'));
  } else {
    const rows = answer.value.map((each) => [
      each.id,
      each.started,
      each.ended === null ? 'open' : 'ended',
      each.subject.id,
      each.connection,
      each.door,
      `${each.allowed}/${each.held}/${each.denied}`,
      each.parent?.session ?? '',
    ]);
    const headings = ['id', 'started', 'state', 'subject', 'connection', 'door', 'allowed/held/denied', 'caused by'];
    for (const line of renderTable(io, headings, rows)) print(io, line);
    const isFull = rows.length === Number(given['limit'] ?? sessionsPerPage);
    if (options.text === undefined && isFull)
      io.stderr.write(`There may be more: --before ${answer.value.at(-1)?.id}\n`);
  }
  return 0;
}

export async function showSession(
  io: Io,
  id: string,
  options: SessionsOptions & { readonly replay?: { readonly reason: string } },
): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const replay = options.replay ? `/replay?reason=${encodeURIComponent(options.replay.reason)}` : '';
  const answer = await gate.value.call(`/sessions/${encodeURIComponent(id)}${replay}`, timelineView);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else for (const line of renderTimeline(io, answer.value)) print(io, line);
  return 0;
}

/** Where the log has nothing of the sort at all, the word may be mistyped: that is not the same as nothing having happened. */
async function unknownAmong(gate: Gate, given: Readonly<Record<string, string>>): Promise<string[]> {
  const named = sessionQueryKeys.filter((key) => wordKeys.has(key) && given[key] !== undefined);
  const unknown: string[] = [];
  for (const key of named) {
    const found = await listed(gate, new URLSearchParams({ [key]: given[key] ?? '', limit: '1' }));
    if (found.ok && found.value.length === 0) unknown.push(`--${key} ${given[key]}`);
  }
  return unknown;
}

const wordKeys: ReadonlySet<keyof SessionQuery> = new Set(['subject', 'group', 'connection', 'tool', 'table', 'rule']);

function listed(gate: Gate, query: URLSearchParams): Promise<Result<readonly SessionView[]>> {
  return gate.call(`/sessions?${query.toString()}`, sessionView.array());
}

/** In a body: what is searched for may be a name, and addresses are written down in many places. */
async function searched(
  io: Io,
  gate: Gate,
  text: string,
  reason: string,
  filter: Readonly<Record<string, string>>,
): Promise<Result<readonly SessionView[]>> {
  const answer = await gate.call('/sessions/search', searchView, { text, reason, filter });
  if (!answer.ok) return answer;
  const { sessions, searched, before } = answer.value;
  io.stderr.write(`Looked into ${searched} sessions.${before ? ` Go on with --before ${before}.` : ''}\n`);
  return ok(sessions);
}

/** What a child session did stands under the request it was done for; the rest of it, at the end. */
function renderTimeline(io: Io, timeline: TimelineView): string[] {
  const lines = [headingOf(timeline)];
  const causes = timeline.children.map((child) => ({ child, parts: partsByCause(child) }));
  const renderDone = (request: string | undefined): void => {
    for (const { child, parts } of causes) {
      const events = parts.get(request);
      parts.delete(request);
      if (events) lines.push(...nested([headingOf(child), ...events.flatMap((event) => renderEvent(io, event))]));
    }
  };
  for (const event of timeline.events) {
    lines.push(...renderEvent(io, event));
    if (event.type === 'request.end') renderDone(event.request);
  }
  for (const { parts } of causes) for (const cause of parts.keys()) renderDone(cause);
  for (const { child } of causes) for (const each of child.children) lines.push(...nested(renderTimeline(io, each)));
  return lines;
}

function headingOf({ session }: TimelineView): string {
  const client = session.client === '' ? '' : `, ${session.client}`;
  return plain(`${session.id}  ${spokenNameOf(session.subject)} → ${session.connection} (${session.door}${client})`);
}

/** The events of a session by the request of its parent that each was done for; undefined = for none that is known. */
function partsByCause({ events }: TimelineView): Map<string | undefined, EventView[]> {
  const causes = new Map<string, string | undefined>();
  const parts = new Map<string | undefined, EventView[]>();
  for (const event of events) {
    const cause = event.parent?.request ?? (event.request === undefined ? undefined : causes.get(event.request));
    if (event.request !== undefined) causes.set(event.request, cause);
    parts.set(cause, [...(parts.get(cause) ?? []), event]);
  }
  return parts;
}
function nested(lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `  └─ ${line}` : `     ${line}`));
}

function renderEvent(io: Io, event: EventView): string[] {
  const lines = [`  ${event.time.slice(11, 23)}  ${event.type.padEnd(18)} ${plain(summaryOf(event))}`.trimEnd()];
  const under = (text: string): void => {
    lines.push(`${' '.repeat(16)}${text}`);
  };
  const said = event.type === 'request' ? fieldOf(event.content, 'content') : event.content;
  if (said !== undefined) for (const line of renderContent(said)) under(line);
  if (event.answer) {
    const { columns, rows, notes } = event.answer;
    if (rows.length > 0) {
      const cells = rows.map((row) => row.map((value) => value ?? '∅'));
      for (const line of renderTable(io, columns, cells)) under(line);
    }
    for (const note of notes) under(plain(note));
  }
  if (event.withheld) under(event.withheld === 'size' ? '(too large for one replay)' : '(shredded)');
  return lines;
}

/** A statement reads as a statement, anything else as JSON. */
function renderContent(content: unknown): string[] {
  const sql = fieldOf(content, 'sql');
  if (typeof sql !== 'string') return JSON.stringify(content, null, 2).split('\n').map(plain);
  const params = fieldOf(content, 'params');
  const bound = Array.isArray(params) && params.length > 0 ? [plain(`with ${JSON.stringify(params)}`)] : [];
  return [...sql.split(/\r?\n/).map(plain), ...bound];
}

const summaryFields = ['effect', 'rule', 'code', 'status', 'rows', 'masked', 'reason', 'what'];

function summaryOf(event: EventView): string {
  const words = summaryFields
    .map((key) => [key, fieldOf(event.data, key)] as const)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([key, value]) => (key === 'effect' || key === 'status' ? String(value) : `${key} ${String(value)}`));
  if (event.approval !== undefined) words.push(`approval ${event.approval}`);
  if (event.subject && event.type.startsWith('approval.')) words.push(`by ${event.subject.id}`);
  return words.join(', ');
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
