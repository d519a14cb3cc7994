// The visit behind the link a held request carries: for who is signed in, the exact act and the forms to decide it; for who is
// not, the way to sign in, or the command line, and nothing about the request. What it looks like is approval-sheet.ts.

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Approval } from '../approvals/approval.ts';
import { statusAt } from '../approvals/step.ts';
import { fail, type Refusal, type Result, refuse } from '../core/result.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import { type Caller, callerBy, isOwn, mayDecide, mayTakeBack, seesApproval } from './access.ts';
import { approvalPage, approvalPages, commandLinePage, startOf, waitingPage, waitingTitle } from './approval-sheet.ts';
import { lookAt } from './approval-view.ts';
import type { AdminDeps } from './deps.ts';
import { away, brokenPage, formBytesMax, html, ownForm, refusalPage, visitorOf } from './page-visit.ts';
import { createToolChanges, type ToolChangeDeps } from './tool-changes.ts';

export type ApprovalPageDeps = ToolChangeDeps &
  Pick<AdminDeps, 'approvals' | 'clock' | 'desk' | 'onError'> & {
    /** Null where nobody can sign in with a browser. */
    readonly sessions: BrowserSessions | null;
  };

const idText = /^a_[0-9A-HJKMNP-TV-Z]{26}$/;
const all = { href: approvalPages, label: waitingTitle };
const gone: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such request for you.',
  next: 'It is for reviewers its rule names, for who asked, and for auditors. Check the link and who you are signed in as.',
};

export function createApprovalPages(deps: ApprovalPageDeps): { fetch(request: Request): Promise<Response> } {
  const { approvals, clock, sessions } = deps;
  const changes = createToolChanges(deps);
  const app = new Hono().basePath(approvalPages);

  /** Who is signed in, or the answer for who is not. */
  function visitor(c: Context): BrowserSession | Response {
    return sessions ? visitorOf(c, sessions) : html(commandLinePage(c.req.param('id') ?? null));
  }

  /** What the caller sees of what is undecided, the one that ends first at the head. */
  function waiting(caller: Caller): Approval[] {
    return approvals
      .list()
      .filter((each) => statusAt(each, clock.now()) === 'requested' && seesApproval(caller, each, deps.readers()))
      .sort((a, b) => a.expiresMs - b.expiresMs);
  }

  app.get('/', (c) => {
    const session = visitor(c);
    if (session instanceof Response) return session;
    const caller = callerBy(session.subject);
    const look = { caller, now: clock.now(), from: startOf(c.req.query('from')), changes: changes.list(caller) };
    return html(waitingPage(waiting(caller), look));
  });

  app.get('/:id', async (c) => {
    if (!idText.test(c.req.param('id'))) return refusalPage(gone, sessions && all);
    const session = visitor(c);
    if (session instanceof Response) return session;
    const caller = callerBy(session.subject);
    const approval = approvals.get(c.req.param('id'));
    if (!approval || !seesApproval(caller, approval, deps.readers())) return refusalPage(gone, all);
    const view = await lookAt(approval, caller, deps);
    const next = waiting(caller).find((each) => each.id !== approval.id && mayDecide(caller, each, clock.now()));
    const own = isOwn(caller, approval.act.subject);
    const takesBack = mayTakeBack(caller, approval, clock.now());
    return html(approvalPage(view, session, { own, takesBack, now: clock.now(), next: next?.id ?? null }));
  });

  app.post('/:id', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitor(c);
    if (session instanceof Response) return session;
    const id = c.req.param('id');
    const here = `${approvalPages}/${id}`;
    const done = await act(deps, c, session, id);
    if (!done.ok) return refusalPage(done.error, idText.test(id) ? { href: here, label: 'Back to the request' } : null);
    return away(here);
  });

  app.notFound(() => refusalPage(gone, null));
  app.onError((error) => brokenPage(error, deps.onError));
  return { fetch: async (request) => app.fetch(request) };
}

/** What the form asks for. */
async function act(
  { desk, approvals, readers, sessions, log }: ApprovalPageDeps,
  c: Context,
  session: BrowserSession,
  id: string,
): Promise<Result<unknown>> {
  if (!sessions) return fail(gone);
  const own = await ownForm(c, session, { sessions, log });
  if (!own.ok) return own;
  const [form, { subject }] = [own.value, session];
  const approval = approvals.get(id);
  if (!approval || !seesApproval(callerBy(subject), approval, readers())) return fail(gone);
  const reason = form.get('reason') ?? '';
  const effect = form.get('effect') ?? '';
  switch (effect) {
    case 'approve':
    case 'deny':
      return desk.verdict(id, subject, effect, reason);
    case 'withdraw':
      return desk.withdraw(id, subject);
    case 'explain':
      return desk.explain(id, subject, reason);
    default:
      return refuse('invalid_request', 'The form says nothing that can be done.');
  }
}
