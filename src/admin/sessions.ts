// Routes about sessions: find them, see how one went, read what was said. Reading is itself recorded, before the answer.

import { type Context, Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import type { RecordInput } from '../core/record.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { SessionFilter, SessionSummary } from '../ports/sessions.ts';
import { type Caller, isOwn, readsAllSessions } from './access.ts';
import { type SessionQuery, sessionQuery } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf, shapeOf } from './http.ts';
import { emptyPeriod, reasonPayload, usableReason } from './reading.ts';
import { searchInput, searchSessions } from './session-search.ts';
import { timelineOf } from './timeline.ts';

const missing: Refusal = { code: 'not_found', text: 'There is no such session for you.' };

type Ask = Context<AdminEnv>;

export function sessionRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.get('/', (c) => list(deps, c));
  routes.post('/search', (c) => search(deps, c));
  routes.get('/:id', (c) => timeline(deps, c));
  routes.get('/:id/replay', (c) => replay(deps, c));
  return routes;
}

async function list({ index, log, reader, readers }: AdminDeps, c: Ask): Promise<Response> {
  const query = shapeOf(c.req.query(), sessionQuery);
  if (!query.ok) return answerRefusal(query.error);
  const caller = c.get('caller');
  const all = readsAllSessions(caller, readers());
  const filter = filterFor(caller, all, query.value);
  if (!filter.ok) return answerRefusal(filter.error);
  await index.catchUp(reader);
  // A page after a session that is not there would read as the end of the list.
  if (query.value.before !== undefined && !index.get(query.value.before)) return answerRefusal(missing);
  const sessions = index.list(filter.value);
  if (all)
    await log.append({
      type: 'audit.read',
      subject: nameOf(caller.subject),
      data: { what: 'sessions', count: sessions.length },
    });
  return c.json(sessions);
}

async function search(deps: AdminDeps, c: Ask): Promise<Response> {
  const input = await bodyOf(c, searchInput);
  if (!input.ok) return answerRefusal(input.error);
  const caller = c.get('caller');
  const filter = filterFor(caller, readsAllSessions(caller, deps.readers()), input.value.filter);
  if (!filter.ok) return answerRefusal(filter.error);
  const found = await searchSessions(deps, caller, input.value, filter.value);
  return found.ok ? c.json(found.value) : answerRefusal(found.error);
}

/** What the caller asks for, within what they may see. */
function filterFor(caller: Caller, all: boolean, query: SessionQuery): Result<SessionFilter> {
  const { subject, since, until, limit, ...others } = query;
  const own = { id: caller.subject.id, issuer: caller.subject.issuer };
  if (!all && subject !== undefined && subject !== own.id)
    return refuse('not_an_auditor', "Reading other people's sessions needs an auditor.");
  if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until)) return fail(emptyPeriod);
  const who = all ? subject !== undefined && { id: subject } : own;
  return ok({
    ...defined(others),
    ...(who ? { subject: who } : {}),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    limit,
  });
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(given: T): Defined<T> {
  const members: Defined<T> = {};
  return Object.assign(members, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
}

async function timeline(deps: AdminDeps, c: Ask): Promise<Response> {
  const found = await sessionFor(deps, c);
  if (!found.ok) return answerRefusal(found.error);
  const caller = c.get('caller');
  if (!isOwn(caller, found.value.subject)) await deps.log.append(readOf(caller, found.value, 'timeline'));
  return c.json(await timelineOf(deps, found.value, false));
}

async function replay(deps: AdminDeps, c: Ask): Promise<Response> {
  const found = await sessionFor(deps, c);
  if (!found.ok) return answerRefusal(found.error);
  const caller = c.get('caller');
  const reason = usableReason(c.req.query('reason'));
  const own = isOwn(caller, found.value.subject);
  if (!own && reason === null)
    return answerRefusal({
      code: 'reason_required',
      text: "Reading what was said in somebody else's session needs a reason, which is recorded.",
    });
  await deps.log.append(readOf(caller, found.value, 'replay'), reasonPayload({ reason: reason ?? 'own session' }));
  return c.json(await timelineOf(deps, found.value, true));
}

/** The session, if the caller may read it. */
async function sessionFor({ index, reader, readers }: AdminDeps, c: Ask): Promise<Result<SessionSummary>> {
  await index.catchUp(reader);
  const caller = c.get('caller');
  const session = index.get(c.req.param('id') ?? '');
  if (session && isOwn(caller, session.subject)) return ok(session);
  // Whoever reads only their own does not learn which others there are.
  if (!readsAllSessions(caller, readers()))
    return refuse('not_an_auditor', "Reading other people's sessions needs an auditor.");
  return session ? ok(session) : fail(missing);
}

function readOf(caller: Caller, { id, connection }: SessionSummary, what: 'timeline' | 'replay'): RecordInput {
  return { type: 'audit.read', session: id, subject: nameOf(caller.subject), connection, data: { what } };
}
