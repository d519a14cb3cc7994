// Routes about approvals: list, look at, decide. A verdict is in the log before it is answered.

import { Hono } from 'hono';
import type { Approval } from '../approvals/approval.ts';
import { statusAt } from '../approvals/step.ts';
import { nameOf } from '../core/facts.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { type Caller, mayDecide, seesApproval, seesContent } from './access.ts';
import { type ApprovalView, verdictInput } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

const missing: Refusal = { code: 'approval_not_found', text: 'There is no such approval for you.' };

export function approvalRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const { clock, approvals, readers } = deps;
  const routes = new Hono<AdminEnv>();

  routes.get('/', (c) => {
    const caller = c.get('caller');
    const now = clock.now();
    const status = c.req.query('status');
    const visible = approvals
      .list()
      .filter((each) => seesApproval(caller, each, readers()))
      .filter((each) => status === undefined || statusAt(each, now) === status);
    return c.json(visible.map((each) => viewOf(each, caller, now)));
  });

  routes.get('/:id', async (c) => {
    const caller = c.get('caller');
    const approval = approvals.get(c.req.param('id'));
    if (!approval || !seesApproval(caller, approval, readers())) return answerRefusal(missing);
    const view = viewOf(approval, caller, clock.now());
    if (!seesContent(caller, approval)) return c.json(view);
    await deps.log.append({
      type: 'audit.read',
      approval: approval.id,
      subject: nameOf(caller.subject),
      connection: approval.act.connection,
      data: { what: 'approval' },
    });
    return c.json({ ...view, content: { ...approval.act.content, ...approval.act.known } });
  });

  routes.post('/:id/verdict', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, verdictInput);
    if (!input.ok) return answerRefusal(input.error);
    const found = approvalFor(caller, c.req.param('id'));
    if (!found.ok) return answerRefusal(found.error);
    const { effect, reason } = input.value;
    const decided = await deps.verdict(found.value.id, caller.subject, effect, reason);
    return decided.ok ? c.json(viewOf(decided.value, caller, clock.now())) : answerRefusal(decided.error);
  });

  /** The approval, if the caller may know of it and is a person the gate has authenticated. */
  function approvalFor(caller: Caller, id: string): Result<Approval> {
    const approval = approvals.get(id);
    if (!approval || !seesApproval(caller, approval, readers())) return { ok: false, error: missing };
    if (caller.local)
      return refuse('not_a_reviewer', 'The local operator reads, and never decides.', {
        next: 'Set CHARTGATE_TOKEN to the token of a reviewer.',
      });
    return ok(approval);
  }

  return routes;
}

function viewOf(approval: Approval, caller: Caller, now: number): ApprovalView {
  const { id, act, rule, reviewers, quorum, phi, session, request, verdicts, usedBy } = approval;
  const { groups: _, ...subject } = act.subject;
  return {
    id,
    status: statusAt(approval, now),
    rule,
    subject,
    connection: act.connection,
    reviewers,
    quorum,
    phi,
    session,
    request,
    requested: timeOf(approval.requestedMs),
    expires: timeOf(approval.expiresMs),
    verdicts: verdicts.map(({ by, effect, reason, atMs }) => ({ by, effect, reason, at: timeOf(atMs) })),
    used: usedBy && { session: usedBy.session, request: usedBy.request, at: timeOf(usedBy.atMs) },
    yours: mayDecide(caller, approval, now),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
