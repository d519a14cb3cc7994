// The page behind the link a held request carries: for who is signed in, the exact act and the forms to decide it; for who is
// not, the way to sign in, or the command line, and nothing about the request. Plain HTML without script.

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { objectionToJudge, statusAt } from '../approvals/step.ts';
import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { fail, type Refusal, type Result, refuse } from '../core/result.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import { LogUnavailable } from '../ports/log.ts';
import { escapeHtml, hidden, page, pageHeaders } from '../wire/http/page.ts';
import { type Caller, isOwn, seesApproval } from './access.ts';
import { lookAt } from './approval-view.ts';
import type { ApprovalView } from './contract.ts';
import type { AdminDeps } from './deps.ts';

export type ApprovalPageDeps = Pick<AdminDeps, 'approvals' | 'clock' | 'desk' | 'log' | 'readers' | 'onError'> & {
  /** Null where nobody can sign in with a browser. */
  readonly sessions: BrowserSessions | null;
};

export const approvalPages = '/approvals';

const formBytesMax = 65_536;
const idText = /^a_[0-9A-HJKMNP-TV-Z]{26}$/;
const gone: Refusal = { code: 'approval_not_found', text: 'There is no such approval for you.' };

export function createApprovalPages(deps: ApprovalPageDeps): { fetch(request: Request): Promise<Response> } {
  const { approvals, clock, sessions } = deps;
  const app = new Hono().basePath(approvalPages);

  /** Who is signed in, or the answer for who is not. */
  function visitor(c: Context): BrowserSession | Response {
    const id = c.req.param('id') ?? null;
    if (!sessions) return id === null ? plain(errorPage(gone), 404) : plain(commandLinePage(id));
    return sessions.of(c.req.header('cookie')) ?? c.redirect(sessions.signInPath(c.req.path), 303);
  }

  app.get('/', (c) => {
    const session = visitor(c);
    if (session instanceof Response) return session;
    const caller = callerOf(session.subject);
    const open = approvals
      .list()
      .filter((each) => statusAt(each, clock.now()) === 'requested' && seesApproval(caller, each, deps.readers()));
    const items = open.map(({ id, act, rule }) => {
      const words = `${act.subject.id} on ${act.connection}, held by rule ${rule}`;
      return `<li><a href="${approvalPages}/${id}">${escapeHtml(words)}</a></li>`;
    });
    const body = items.length === 0 ? '<p>Nothing waits for a decision.</p>' : `<ul>${items.join('\n')}</ul>`;
    return plain(page({ title: 'Requests that wait', body }));
  });

  app.get('/:id', async (c) => {
    if (!idText.test(c.req.param('id'))) return plain(errorPage(gone), 404);
    const session = visitor(c);
    if (session instanceof Response) return session;
    const caller = callerOf(session.subject);
    const approval = approvals.get(c.req.param('id'));
    if (!approval || !seesApproval(caller, approval, deps.readers())) return plain(errorPage(gone), 404);
    return plain(approvalPage(await lookAt(approval, caller, deps), session, isOwn(caller, approval.act.subject)));
  });

  app.post('/:id', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitor(c);
    if (session instanceof Response) return session;
    const form = new URLSearchParams(await c.req.text());
    const id = c.req.param('id');
    const done = await act(deps, session, id, form);
    if (!done.ok) return plain(errorPage(done.error, idText.test(id) ? id : null), errors[done.error.code].http);
    return c.redirect(`${approvalPages}/${id}`, 303);
  });

  app.notFound(() => plain(errorPage(gone), 404));
  app.onError((error) => {
    const closed = error instanceof LogUnavailable;
    if (!closed) deps.onError(error);
    const code = closed ? 'log_unavailable' : 'internal';
    return plain(errorPage({ code, text: errors[code].text }), errors[code].http);
  });
  return { fetch: async (request) => app.fetch(request) };
}

/** What a form asks for. INVARIANT: only one from a page of this very session is listened to. */
async function act(
  { desk, approvals, readers, sessions }: ApprovalPageDeps,
  session: BrowserSession,
  id: string,
  form: URLSearchParams,
): Promise<Result<unknown>> {
  if (!sessions?.accepts(session, form.get('csrf')))
    return refuse('invalid_request', 'The form does not come from a page of this sign-in.', {
      next: 'Open the page of the request again.',
    });
  const { subject } = session;
  const approval = approvals.get(id);
  if (!approval || !seesApproval(callerOf(subject), approval, readers())) return fail(gone);
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

function callerOf(subject: Subject): Caller {
  return { subject, local: false };
}

function plain(html: string, status = 200): Response {
  return new Response(html, { status, headers: pageHeaders });
}

function approvalPage(view: ApprovalView, { csrf, subject }: BrowserSession, own: boolean): string {
  const by = view.subject.agent === undefined ? '' : ` through ${view.subject.agent}`;
  const facts: [string, string][] = [
    ['Status', view.status],
    ['Asked by', `${view.subject.id}${by}, ${view.requested}`],
    ['On', view.connection],
    ['Held by rule', view.rule],
    ['PHI it touches', view.phi.join(', ') || 'none the gate knows of'],
    ['Decided by', `${view.quorum} of ${view.reviewers.join(', ')}`],
    [
      'Good for',
      view.grant === undefined
        ? 'one run of exactly this'
        : `${Math.round(view.grant / 60)} minutes, whatever is alike but for its values`,
    ],
    ['Ends', view.expires],
    ...view.verdicts.map(({ effect, by, at, reason }): [string, string] => [
      effect === 'approve' ? 'Approved' : 'Denied',
      `${by.id}, ${at}: ${reason}`,
    ]),
  ];
  const list = facts.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`).join('\n');
  const content =
    view.content === undefined
      ? ''
      : `<h2>The exact act</h2>\n<pre>${escapeHtml(JSON.stringify(view.content, null, 2))}</pre>`;
  const history = (view.history ?? []).map(
    ({ id, status, connection, rule, requested }) =>
      `<li>${escapeHtml(`${requested}: ${status}, ${connection}, rule ${rule}`)} (<a href="${approvalPages}/${escapeHtml(id)}">look</a>)</li>`,
  );
  const past = history.length === 0 ? '' : `<h2>Earlier requests</h2>\n<ul>${history.join('\n')}</ul>`;
  const forms = [
    ...(view.yours
      ? [
          reasonForm(view.id, csrf, 'Why?', [
            ['approve', 'Approve'],
            ['deny', 'Deny'],
          ]),
        ]
      : []),
    ...(own && view.status === 'requested'
      ? [reasonForm(view.id, csrf, 'Why do you ask?', [['explain', 'Tell the reviewers']])]
      : []),
    ...(own && (view.status === 'requested' || view.status === 'approved') ? [withdrawForm(view.id, csrf)] : []),
  ];
  const idle = view.status === 'requested' && !view.yours ? `<p>${escapeHtml(whyNotYours(subject, own))}</p>` : '';
  return page({
    title: `Approval ${view.id}`,
    body: `<dl>${list}</dl>\n${content}\n${forms.join('\n')}${idle}\n${past}`,
  });
}

function whyNotYours(subject: Subject, own: boolean): string {
  if (own) return 'This is your own request: somebody else decides it.';
  return objectionToJudge(subject)?.text ?? 'It is not yours to decide.';
}

function reasonForm(id: string, csrf: string, label: string, buttons: readonly (readonly [string, string])[]): string {
  const made = buttons.map(([effect, text]) => `<button name="effect" value="${effect}">${text}</button>`).join('\n');
  return `<form method="post" action="${approvalPages}/${escapeHtml(id)}">
${hidden('csrf', csrf)}
<label>${label} It is recorded.<input type="text" name="reason" required maxlength="2000"></label>
${made}
</form>`;
}

function withdrawForm(id: string, csrf: string): string {
  return `<form method="post" action="${approvalPages}/${escapeHtml(id)}">
${hidden('csrf', csrf)}
<button name="effect" value="withdraw">Take it back</button>
</form>`;
}

function errorPage({ code, text, next }: Refusal, id: string | null = null): string {
  const back = id === null ? '' : `<p><a href="${approvalPages}/${id}">Back to the request</a></p>`;
  return page({
    title: 'This cannot be done',
    body: `<p class="problem">${escapeHtml(text)} ${escapeHtml(next ?? errors[code].next)}</p>\n${back}`,
  });
}

function commandLinePage(id: string): string {
  const named = escapeHtml(id);
  return page({
    title: 'A request waits for approval',
    body: `<p>A reviewer named by its rule looks at it and decides on the command line, with a token of their own in <code>CHARTGATE_TOKEN</code>:</p>
<pre>chartgate approvals show ${named}
chartgate approvals approve ${named} --reason "…"
chartgate approvals deny ${named} --reason "…"</pre>
<p>Who asked for it sends exactly the same request again once it is approved. Nobody approves their own.</p>`,
  });
}
