// Routes about break-glass: open it, close it, look at those there were, review them. Each move is in the log before it is
// answered.

import { Hono } from 'hono';
import { type Emergency, isLive, mayReview, reviewDueMs } from '../approvals/break-glass.ts';
import { nameOf } from '../core/facts.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import { type Caller, isAuditor, isOwn, type Readers } from './access.ts';
import { type BreakGlassView, breakGlassInput, reviewInput } from './contract-break-glass.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

const missing: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such break-glass for you.',
  next: 'List those you may see: chartgate break-glass ls.',
};

export function breakGlassRoutes({ breakGlass, clock, readers }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();

  const sees = (caller: Caller, each: Emergency): boolean => seesEmergency(caller, each, readers());

  /** What the caller may know of and act on as a person. */
  function objection(caller: Caller, id: string): Refusal | null {
    if (caller.local)
      return {
        code: 'token_missing',
        text: 'Break-glass is for people.',
        next: 'Set CHARTGATE_TOKEN to a token of your own.',
      };
    return breakGlass.list().some((each) => each.id === id && sees(caller, each)) ? null : missing;
  }

  const answer = (done: Result<Emergency>, caller: Caller, status: 200 | 201 = 200): Response =>
    done.ok ? Response.json(viewOf(done.value, caller, clock.now()), { status }) : answerRefusal(done.error);

  routes.get('/', (c) => {
    const caller = c.get('caller');
    const seen = breakGlass.list().filter((each) => sees(caller, each));
    return c.json(seen.map((each) => viewOf(each, caller, clock.now())));
  });

  routes.post('/', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, breakGlassInput);
    if (!input.ok) return answerRefusal(input.error);
    const { connection, reason, seconds } = input.value;
    const opened = caller.local
      ? refuse('token_missing', 'The local operator breaks no glass.', {
          next: 'Set CHARTGATE_TOKEN to a token of your own.',
        })
      : await breakGlass.open(caller.subject, connection, reason, seconds * 1000);
    return answer(opened, caller, 201);
  });

  routes.post('/:id/close', async (c) => {
    const caller = c.get('caller');
    const id = c.req.param('id');
    const refusal = objection(caller, id);
    return refusal ? answerRefusal(refusal) : answer(await breakGlass.close(id, caller.subject), caller);
  });

  routes.post('/:id/review', async (c) => {
    const caller = c.get('caller');
    const id = c.req.param('id');
    const input = await bodyOf(c, reviewInput);
    if (!input.ok) return answerRefusal(input.error);
    const refusal = objection(caller, id);
    if (refusal) return answerRefusal(refusal);
    const { finding, reason } = input.value;
    return answer(await breakGlass.review(id, caller.subject, finding, reason), caller);
  });

  return routes;
}

export function seesEmergency(caller: Caller, each: Emergency, readers: Readers): boolean {
  return readsReason(caller, each) || isAuditor(caller, readers);
}

/** The words of a person are for who has to judge them, and for who wrote them. */
function readsReason(caller: Caller, each: Emergency): boolean {
  return !caller.local && (isOwn(caller, each.by) || mayReview(each, caller.subject));
}

export function viewOf(each: Emergency, caller: Caller, now: number): BreakGlassView {
  const { id, by, connection, reason, openedMs, untilMs, endedMs, reviewers, review } = each;
  return {
    id,
    subject: nameOf(by),
    connection,
    status: statusOf(each, now),
    opened: timeOf(openedMs),
    until: timeOf(endedMs ?? untilMs),
    reviewers,
    review_due: timeOf(reviewDueMs(each)),
    yours: !caller.local && !review && mayReview(each, caller.subject),
    ...(readsReason(caller, each) ? { reason } : {}),
    ...(review && readsReason(caller, each)
      ? { review: { by: review.by, reason: review.reason, at: timeOf(review.atMs) } }
      : {}),
  };
}

function statusOf(each: Emergency, now: number): BreakGlassView['status'] {
  if (each.review) return each.review.finding;
  if (isLive(each, now)) return 'open';
  return now >= reviewDueMs(each) ? 'overdue' : 'to review';
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
