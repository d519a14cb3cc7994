// Routes about sessions: find them, see how one went, read what was said. Reading is itself recorded, before the answer.

import { type Context, Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import type { RecordInput } from '../core/record.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { SessionSummary } from '../ports/sessions.ts';
import { type Caller, isOwn, readsAllSessions } from './access.ts';
import { sessionQuery } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, shapeOf } from './http.ts';
import { timelineOf } from './timeline.ts';

const missing: Refusal = { code: 'not_found', text: 'There is no such session for you.' };
const reasonLengthMax = 500;

type Ask = Context<AdminEnv>;

export function sessionRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.get('/', (c) => list(deps, c));
  routes.get('/:id', (c) => timeline(deps, c));
  routes.get('/:id/replay', (c) => replay(deps, c));
  return routes;
}

async function list({ index, log, reader, readers }: AdminDeps, c: Ask): Promise<Response> {
  const query = shapeOf(c.req.query(), sessionQuery);
  if (!query.ok) return answerRefusal(query.error);
  const caller = c.get('caller');
  const all = readsAllSessions(caller, readers());
  const { subject, connection, door, decision, since, until, limit } = query.value;
  const own = { id: caller.subject.id, issuer: caller.subject.issuer };
  if (!all && subject !== undefined && subject !== own.id)
    return answerRefusal({ code: 'not_an_auditor', text: "Reading other people's sessions needs an auditor." });
  await index.catchUp(reader);
  const sessions = index.list({
    ...(all ? (subject === undefined ? {} : { subject: { id: subject } }) : { subject: own }),
    ...(connection === undefined ? {} : { connection }),
    ...(door === undefined ? {} : { door }),
    ...(decision === undefined ? {} : { decision }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    limit,
  });
  if (all)
    await log.append({
      type: 'audit.read',
      subject: nameOf(caller.subject),
      data: { what: 'sessions', count: sessions.length },
    });
  return c.json(sessions);
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
  const reason = (c.req.query('reason') ?? '').trim();
  const own = isOwn(caller, found.value.subject);
  if (!own && (reason === '' || reason.length > reasonLengthMax))
    return answerRefusal({
      code: 'reason_required',
      text: "Reading what was said in somebody else's session needs a reason, which is recorded.",
    });
  const payload = { reason: reason === '' ? 'own session' : reason };
  await deps.log.append(readOf(caller, found.value, 'replay'), {
    media: 'application/json',
    bytes: new TextEncoder().encode(JSON.stringify(payload)),
  });
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
