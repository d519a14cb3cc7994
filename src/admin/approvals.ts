// Routes about approvals: list, look at, decide. A verdict is in the log before it is answered.

import { Hono } from 'hono';
import { type Approval, approvalStatuses } from '../approvals/approval.ts';
import { statusAt } from '../approvals/step.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { type Caller, seesApproval } from './access.ts';
import { lookAt, viewOf } from './approval-view.ts';
import { approvalStatus, reasonInput, verdictInput } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

const missing: Refusal = { code: 'approval_not_found', text: 'There is no such approval for you.' };
const noSuchStatus: Refusal = {
  code: 'invalid_params',
  text: 'There is no such status.',
  next: `Ask for one of ${approvalStatuses.join(', ')}.`,
};

export function approvalRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const { clock, approvals, readers } = deps;
  const routes = new Hono<AdminEnv>();

  routes.get('/', (c) => {
    const caller = c.get('caller');
    const now = clock.now();
    const wanted = approvalStatus.optional().safeParse(c.req.query('status'));
    if (!wanted.success) return answerRefusal(noSuchStatus);
    const status = wanted.data;
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
    return c.json(await lookAt(approval, caller, deps));
  });

  routes.post('/:id/verdict', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, verdictInput);
    if (!input.ok) return answerRefusal(input.error);
    const found = approvalFor(caller, c.req.param('id'), 'a reviewer');
    if (!found.ok) return answerRefusal(found.error);
    const { effect, reason } = input.value;
    const decided = await deps.desk.verdict(found.value.id, caller.subject, effect, reason);
    return decided.ok ? c.json(viewOf(decided.value, caller, clock.now())) : answerRefusal(decided.error);
  });

  routes.post('/:id/withdraw', async (c) => {
    const caller = c.get('caller');
    const found = approvalFor(caller, c.req.param('id'), 'who asked');
    if (!found.ok) return answerRefusal(found.error);
    const withdrawn = await deps.desk.withdraw(found.value.id, caller.subject);
    return withdrawn.ok ? c.json(viewOf(withdrawn.value, caller, clock.now())) : answerRefusal(withdrawn.error);
  });

  routes.post('/:id/reason', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, reasonInput);
    if (!input.ok) return answerRefusal(input.error);
    const found = approvalFor(caller, c.req.param('id'), 'who asked');
    if (!found.ok) return answerRefusal(found.error);
    const explained = await deps.desk.explain(found.value.id, caller.subject, input.value.reason);
    return explained.ok ? c.json(viewOf(explained.value, caller, clock.now())) : answerRefusal(explained.error);
  });

  /** The approval, if the caller may know of it and is a person the gate has authenticated. */
  function approvalFor(caller: Caller, id: string, whose: 'a reviewer' | 'who asked'): Result<Approval> {
    const approval = approvals.get(id);
    if (!approval || !seesApproval(caller, approval, readers())) return { ok: false, error: missing };
    if (caller.local)
      return refuse('not_a_reviewer', 'The local operator reads, and never decides.', {
        next: `Set CHARTGATE_TOKEN to the token of ${whose}.`,
      });
    return ok(approval);
  }

  return routes;
}
