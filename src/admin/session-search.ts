// POST /sessions/search: sessions in which a text was said or shown. There is no index of words, which would be a second copy
// of PHI that no shredding reaches: payloads are decrypted while the question is asked, newest session first, up to a bound.

import { z } from 'zod';
import { nameOf } from '../core/facts.ts';
import type { Entry } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { LogReader } from '../ports/log.ts';
import type { SessionFilter, SessionSummary } from '../ports/sessions.ts';
import { type Caller, readsAllSessions } from './access.ts';
import { answerOf } from './backend-answer.ts';
import { type SessionQuery, type SessionView, sessionQuery, sessionView } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { reasonPayload, usableReason } from './reading.ts';
import { entriesOf } from './timeline.ts';

/** What one search decrypts at most, and the sessions it looks into. */
const bytesMax = 33_554_432;
const sessionsMax = 2_000;
const textLengthMin = 3;

export interface SearchInput {
  /** Looked for without regard to case, in what was asked and in the masked answers. */
  readonly text: string;
  readonly reason: string;
  readonly filter: SessionQuery;
}

export const searchInput: z.ZodType<SearchInput> = z.strictObject({
  text: z.string().max(200),
  reason: z.string(),
  filter: sessionQuery.prefault({ limit: 100 }),
});

export interface SearchView {
  readonly sessions: readonly SessionView[];
  /** Sessions looked into. */
  readonly searched: number;
  /** The search stopped at its bound or its limit: older sessions than this one have not been looked into. Null = all were. */
  readonly before: string | null;
}

export const searchView: z.ZodType<SearchView> = z.object({
  sessions: z.array(sessionView),
  searched: z.int(),
  before: z.string().nullable(),
});

/** Recorded before anything is read. Refused: reason_required, invalid_request. */
export async function searchSessions(
  { index, log, reader, readers }: AdminDeps,
  caller: Caller,
  input: SearchInput,
  filter: SessionFilter,
): Promise<Result<SearchView>> {
  const text = input.text.trim().toLowerCase();
  if (text.length < textLengthMin) return refuse('invalid_request', 'A search needs three characters at least.');
  const reason = usableReason(input.reason);
  if (reason === null)
    return refuse('reason_required', 'Searching in what was said needs a reason, which is recorded.');
  const all = readsAllSessions(caller, readers());
  // The words searched for may be a name: they are part of the payload, as the reason is.
  await log.append(
    { type: 'audit.read', subject: nameOf(caller.subject), data: { what: 'search', all } },
    reasonPayload({ reason, text: input.text }),
  );
  await index.catchUp(reader);
  const budget = { left: bytesMax };
  const found: SessionSummary[] = [];
  const candidates = index.list({ ...filter, limit: sessionsMax + 1 });
  let searched = 0;
  let last: string | null = null;
  for (const session of candidates.slice(0, sessionsMax)) {
    if (budget.left <= 0 || found.length >= filter.limit) return ok({ sessions: found, searched, before: last });
    if (await says({ index, reader }, session.id, text, budget)) found.push(session);
    searched++;
    last = session.id;
  }
  return ok({ sessions: found, searched, before: candidates.length > sessionsMax ? last : null });
}

async function says(
  deps: Pick<AdminDeps, 'index' | 'reader'>,
  session: string,
  text: string,
  budget: { left: number },
): Promise<boolean> {
  for await (const entry of entriesOf(deps, session)) {
    budget.left -= entry.payload?.bytes ?? 0;
    if (entry.payload && (await wordsOf(deps.reader, entry)).toLowerCase().includes(text)) return true;
  }
  return false;
}

/** A payload's words, as a person reads them. */
async function wordsOf(reader: LogReader, entry: Entry): Promise<string> {
  const payload = await reader.payload(entry);
  if (!payload) return '';
  if (payload.media !== 'application/x-postgres-backend') return spoken(Buffer.from(payload.bytes).toString('utf8'));
  const { rows, notes } = answerOf(payload.bytes).view;
  return [...rows.map((row) => row.join('\t')), ...notes].join('\n');
}

/** JSON, and what its strings say without the quoting: who looks for `"Ann"` means these. */
function spoken(text: string): string {
  if (!text.includes('\\')) return text;
  const strings: string[] = [text];
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'string') strings.push(value);
      return null;
    });
  } catch {
    return text;
  }
  return strings.join('\n');
}
