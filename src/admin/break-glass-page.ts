// The pages of break-glass: asking for it, closing it, and the review afterwards by somebody else. Plain HTML without script,
// for a phone in a hurry.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Emergency, type Finding, isLive } from '../approvals/break-glass.ts';
import type { BreakGlass } from '../core/decision.ts';
import type { Subject } from '../core/facts.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import { escapeHtml, hidden, page, plainText, timeText } from '../wire/http/page.ts';
import { type Caller, callerBy, isOwn } from './access.ts';
import { seesEmergency, viewOf } from './break-glass.ts';
import type { BreakGlassView } from './contract-break-glass.ts';
import type { AdminDeps } from './deps.ts';
import { away, brokenPage, formBytesMax, html, ownForm, refusalPage, visitorOf } from './page-visit.ts';

export type BreakGlassPageDeps = Pick<AdminDeps, 'breakGlass' | 'clock' | 'log' | 'readers' | 'onError'> & {
  /** Null where nobody can sign in with a browser. */
  readonly sessions: BrowserSessions | null;
  /** What the policy in force has for this person on a connection; null = nothing. */
  readonly glassFor: (subject: Subject, connection: string) => BreakGlass | null;
  readonly connections: () => readonly string[];
};

export const breakGlassPages = '/break-glass';

const idText = /^b_[0-9A-HJKMNP-TV-Z]{26}$/;
const minuteMs = 60_000;
const minutesWished = 30;
const gone: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such break-glass for you.',
  next: 'Check the link and who you are signed in as.',
};
const all = { href: breakGlassPages, label: 'All of break-glass' };

export function createBreakGlassPages({ sessions, ...rest }: BreakGlassPageDeps): {
  fetch(request: Request): Promise<Response>;
} {
  if (!sessions) return { fetch: () => Promise.resolve(html(commandLinePage())) };
  const deps = { ...rest, sessions };
  const { breakGlass, clock, readers } = deps;
  const app = new Hono().basePath(breakGlassPages);
  const seenBy = (caller: Caller): Emergency[] =>
    breakGlass.list().filter((each) => seesEmergency(caller, each, readers()));

  app.get('/', (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const caller = callerBy(session.subject);
    const views = seenBy(caller).map((each) => viewOf(each, caller, clock.now()));
    return html(overviewPage(deps, session, views));
  });

  app.post('/', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const form = await ownForm(c, session, deps);
    if (!form.ok) return refusalPage(form.error, all);
    const minutes = Number(form.value.get('minutes') ?? '');
    const [connection, reason] = [form.value.get('connection') ?? '', form.value.get('reason') ?? ''];
    const opened = await breakGlass.open(session.subject, connection, reason, minutes * minuteMs);
    return opened.ok ? away(`${breakGlassPages}/${opened.value.id}`) : refusalPage(opened.error, all);
  });

  app.get('/:id', (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const caller = callerBy(session.subject);
    const found = idText.test(c.req.param('id')) && seenBy(caller).find((each) => each.id === c.req.param('id'));
    if (!found) return refusalPage(gone, all);
    const live = isLive(found, clock.now());
    return html(onePage(viewOf(found, caller, clock.now()), session, { live, own: isOwn(caller, found.by) }));
  });

  app.post('/:id', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const form = await ownForm(c, session, deps);
    if (!form.ok) return refusalPage(form.error, all);
    const id = c.req.param('id');
    if (!seenBy(callerBy(session.subject)).some((each) => each.id === id)) return refusalPage(gone, all);
    const done = await act(deps, session.subject, id, form.value);
    const here = `${breakGlassPages}/${id}`;
    return done.ok ? away(here) : refusalPage(done.error, { href: here, label: 'Back' });
  });

  app.notFound(() => refusalPage(gone, all));
  app.onError((error) => brokenPage(error, deps.onError));
  return { fetch: async (request) => app.fetch(request) };
}

const findings: Readonly<Record<string, Finding>> = { justified: 'justified', unjustified: 'unjustified' };

async function act(
  { breakGlass }: Pick<BreakGlassPageDeps, 'breakGlass'>,
  subject: Subject,
  id: string,
  form: URLSearchParams,
): Promise<Result<unknown>> {
  const wish = form.get('effect') ?? '';
  if (wish === 'close') return breakGlass.close(id, subject);
  const finding = findings[wish];
  if (finding) return breakGlass.review(id, subject, finding, form.get('reason') ?? '');
  return refuse('invalid_request', 'The form says nothing that can be done.');
}

function overviewPage(
  { glassFor, connections }: Pick<BreakGlassPageDeps, 'glassFor' | 'connections'>,
  { subject, csrf }: BrowserSession,
  views: readonly BreakGlassView[],
): string {
  const may = connections().flatMap((connection) => {
    const glass = glassFor(subject, connection);
    return glass ? [{ connection, maxMs: glass.maxMs }] : [];
  });
  const isWaiting = (view: BreakGlassView): boolean =>
    view.yours && (view.status === 'to review' || view.status === 'overdue');
  const lists = [
    listOf(
      'Open now',
      views.filter(({ status }) => status === 'open'),
    ),
    listOf('For you to review', views.filter(isWaiting)),
    listOf(
      'Others',
      views.filter((view) => view.status !== 'open' && !isWaiting(view)),
    ),
  ];
  const none = `<p>The policy lets you break no glass. Whoever writes it can name your group under <code>break_glass</code>.</p>`;
  const nothing = views.length === 0 && may.length === 0 ? '<p>None is open, and none waits for your review.</p>' : '';
  const form = may.length === 0 ? none : askForm(may, csrf);
  // What is open or waits for somebody, or that nothing is, comes before the form, and what is over after it.
  const [open = '', mine = '', others = ''] = lists;
  const body = [nothing, open, mine, form, others].filter((each) => each !== '').join('\n');
  return page({ title: 'Break the glass', body, at: breakGlassPages });
}

function commandLinePage(): string {
  return page({
    title: 'Break the glass',
    body: `<p>Nobody signs in here with a browser. It is opened and reviewed on the command line, with a token of one's own in <code>CHARTGATE_TOKEN</code>:</p>
<pre>chartgate break-glass &lt;connection&gt; --reason "…" --for 30m
chartgate break-glass ls
chartgate break-glass review &lt;id&gt; --reason "…"</pre>`,
  });
}

function askForm(may: readonly { readonly connection: string; readonly maxMs: number }[], csrf: string): string {
  const most = Math.floor(Math.max(...may.map(({ maxMs }) => maxMs)) / minuteMs);
  const choices = may.map(
    ({ connection }, index) =>
      `<label class="choice"><input type="radio" name="connection" value="${escapeHtml(connection)}" required${index === 0 && may.length === 1 ? ' checked' : ''}> ${escapeHtml(connection)}</label>`,
  );
  return `<h2>Open one</h2>
<p>For when somebody would come to harm by waiting. Reviewers are told at once, everything you do under it is marked, and somebody else reviews it afterwards. What the policy denies stays denied.</p>
<form method="post" action="${breakGlassPages}">
${hidden('csrf', csrf)}
<fieldset><legend>Where</legend>
${choices.join('\n')}
</fieldset>
<label for="reason">Why? It is recorded.</label>
<textarea id="reason" name="reason" rows="3" required maxlength="2000"></textarea>
<label for="minutes">For how many minutes? ${most} at most.</label>
<input id="minutes" name="minutes" type="number" inputmode="numeric" min="1" max="${most}" value="${Math.min(minutesWished, most)}" required>
<button type="submit" class="danger">Break the glass</button>
</form>`;
}

function listOf(title: string, views: readonly BreakGlassView[]): string {
  if (views.length === 0) return '';
  const items = views.map(
    ({ id, subject, connection, status, opened, until }) =>
      `<li><a href="${breakGlassPages}/${id}"><b>${plainText(`${subject.id} on ${connection}`)}</b>
<span>${escapeHtml(`${timeText(opened)} to ${timeText(until)}: ${status}`)}</span></a></li>`,
  );
  return `<h2>${title}</h2>\n<ul class="rows">${items.join('\n')}</ul>`;
}

/** To be pasted into a shell as one word, whatever is in it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

interface Standing {
  readonly live: boolean;
  /** Of who looks. */
  readonly own: boolean;
}

function onePage(view: BreakGlassView, { csrf }: BrowserSession, { live, own }: Standing): string {
  const facts: [string, string][] = [
    ['Status', live ? `open until ${timeText(view.until)}` : view.status],
    ['By', view.subject.id],
    ['On', view.connection],
    ['From', `${timeText(view.opened)} to ${timeText(view.until)}`],
    ...(view.reason === undefined ? [] : [['Because', view.reason] satisfies [string, string]]),
    ['Reviewed by', `somebody of ${view.reviewers.join(', ')}, before ${timeText(view.review_due)}`],
    ...(view.review
      ? [
          ['Reviewed', `${view.review.by.id}, ${timeText(view.review.at)}: ${view.review.reason}`] satisfies [
            string,
            string,
          ],
        ]
      : []),
  ];
  const list = facts.map(([term, text]) => `<dt>${term}</dt><dd>${plainText(text)}</dd>`).join('\n');
  const at = `<form method="post" action="${breakGlassPages}/${escapeHtml(view.id)}">\n${hidden('csrf', csrf)}`;
  const close = `${at}
<p>It holds from your next request on, in what you have open already too. Close it as soon as you can.</p>
<button name="effect" value="close" class="first">Close it</button>
</form>`;
  const review = `<h2>Review</h2>
<p>What was done under it is listed by</p>
<pre>chartgate sessions ls --subject ${plainText(shellWord(view.subject.id))} --since ${view.opened}</pre>
<p>and shown, one session at a time, by <code>chartgate sessions replay</code>.</p>
${at}
<label for="reason">What have you found? It is recorded.</label>
<textarea id="reason" name="reason" rows="3" required maxlength="2000"></textarea>
<div class="pair"><button name="effect" value="justified">It was justified</button>
<button name="effect" value="unjustified">It was not justified</button></div>
</form>`;
  const mayReview = view.yours && !live && !view.review;
  const forms = [...(live && own ? [close] : []), ...(mayReview ? [review] : [])];
  const idle = view.yours && live ? '<p>You review it when it has ended.</p>' : '';
  return page({
    title: `Break-glass of ${view.subject.id}`,
    body: `<dl>${list}</dl>\n${forms.join('\n')}${idle}`,
    at: breakGlassPages,
  });
}
