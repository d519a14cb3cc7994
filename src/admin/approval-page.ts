// The page behind the link a held request carries: for who is signed in, the exact act and the forms to decide it; for who is
// not, the way to sign in, or the command line, and nothing about the request. Plain HTML without script.

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { objectionToJudge, statusAt } from '../approvals/step.ts';
import type { Subject } from '../core/facts.ts';
import { isJsonObject } from '../core/json.ts';
import { fail, type Refusal, type Result, refuse } from '../core/result.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import { escapeHtml, hidden, page, timeText, visible } from '../wire/http/page.ts';
import { type Caller, isOwn, seesApproval } from './access.ts';
import { lookAt } from './approval-view.ts';
import type { ApprovalView } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { away, brokenPage, formBytesMax, html, ownForm, refusalPage, visitorOf } from './page-visit.ts';

export type ApprovalPageDeps = Pick<AdminDeps, 'approvals' | 'clock' | 'desk' | 'log' | 'readers' | 'onError'> & {
  /** Null where nobody can sign in with a browser. */
  readonly sessions: BrowserSessions | null;
};

export const approvalPages = '/approvals';

const idText = /^a_[0-9A-HJKMNP-TV-Z]{26}$/;
const all = { href: approvalPages, label: 'Requests that wait' };
const gone: Refusal = { code: 'approval_not_found', text: 'There is no such approval for you.' };

export function createApprovalPages(deps: ApprovalPageDeps): { fetch(request: Request): Promise<Response> } {
  const { approvals, clock, sessions } = deps;
  const app = new Hono().basePath(approvalPages);

  /** Who is signed in, or the answer for who is not. */
  function visitor(c: Context): BrowserSession | Response {
    const id = c.req.param('id') ?? null;
    if (!sessions) return id === null ? refusalPage(gone, null) : html(commandLinePage(id));
    return visitorOf(c, sessions);
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
    return html(page({ title: 'Requests that wait', body }));
  });

  app.get('/:id', async (c) => {
    if (!idText.test(c.req.param('id'))) return refusalPage(gone, sessions && all);
    const session = visitor(c);
    if (session instanceof Response) return session;
    const caller = callerOf(session.subject);
    const approval = approvals.get(c.req.param('id'));
    if (!approval || !seesApproval(caller, approval, deps.readers())) return refusalPage(gone, all);
    return html(approvalPage(await lookAt(approval, caller, deps), session, isOwn(caller, approval.act.subject)));
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

/** Each answer has headers of its own: what serves it writes its length among them. */
function approvalPage(view: ApprovalView, { csrf, subject }: BrowserSession, own: boolean): string {
  const { agent, actors = agent === undefined ? [] : [agent] } = view.subject;
  const by = actors
    .toReversed()
    .map((each) => ` through ${each}`)
    .join('');
  const facts: [string, string][] = [
    ['Status', view.status],
    ['Asked by', `${view.subject.id}${by}, ${timeText(view.requested)}`],
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
    ['Ends', timeText(view.expires)],
    ['Known as', view.id],
    ...view.verdicts.map(({ effect, by, at, reason }): [string, string] => [
      effect === 'approve' ? 'Approved' : 'Denied',
      `${by.id}, ${timeText(at)}: ${reason}`,
    ]),
  ];
  const list = facts
    .map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(visible(text))}</dd>`)
    .join('\n');
  const content = view.content === undefined ? '' : exactAct(view.content);
  const history = (view.history ?? []).map(
    ({ id, status, connection, rule, requested }) =>
      `<li>${escapeHtml(`${timeText(requested)}: ${status}, ${connection}, rule ${rule}`)} (<a href="${approvalPages}/${escapeHtml(id)}">look</a>)</li>`,
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
    title: `${view.subject.id} asks, on ${view.connection}`,
    body: `<dl>${list}</dl>\n${content}\n${forms.join('\n')}${idle}\n${past}`,
  });
}

/** Each part of it, its text as it would be read where it runs. */
function exactAct(content: unknown): string {
  const parts = isJsonObject(content) ? content : { act: content };
  const shown = Object.entries(parts).map(([name, part]) => {
    const text = typeof part === 'string' ? part : JSON.stringify(part, null, 2);
    return `<h3>${escapeHtml(names[name] ?? name)}</h3>\n<pre>${escapeHtml(visible(text))}</pre>`;
  });
  return `<h2>The exact act</h2>\n${shown.join('\n')}`;
}

/** What parts of acts are called. */
const names: Readonly<Record<string, string>> = {
  sql: 'Statement',
  params: 'Parameters',
  reason: 'Why, as the requester says',
  estimated_rows: 'Rows, as the planner estimates',
  tool: 'Tool',
  arguments: 'Arguments',
};

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
