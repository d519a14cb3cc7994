// What people meet in a browser about their own accounts at MCP servers: which are connected, connecting one, removing
// one; and what the gate is as a client of the authorization servers there. INVARIANT: it acts for whoever is signed in here, and
// for nobody else; a form counts only from a page of that sign-in.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Subject } from '../core/facts.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { type AccountDesk, accountPages, clientDocument } from '../gateway/account-desk.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import type { Log } from '../ports/log.ts';
import { escapeHtml, hidden, page, plainText } from '../wire/http/page.ts';
import { away, brokenPage, formBytesMax, html, ownForm, refusalPage, visitorOf } from './page-visit.ts';

export interface AccountPageDeps {
  readonly desk: AccountDesk;
  readonly sessions: BrowserSessions;
  readonly mayEnter: (subject: Subject, connection: string) => boolean;
  /** Of the MCP server, as configured. */
  readonly hostOf: (connection: string) => string;
  readonly log: Pick<Log, 'append'>;
  readonly onError: (error: unknown) => void;
}

const all = { href: accountPages, label: 'Your accounts' };

export function createAccountPages(deps: AccountPageDeps): { fetch(request: Request): Promise<Response> } {
  const { desk, sessions } = deps;
  const app = new Hono().basePath(accountPages);
  const known = ({ subject }: BrowserSession, connection: string): boolean =>
    desk.connections.includes(connection) && deps.mayEnter(subject, connection);

  app.get('/', (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const items = desk.connections
      .filter((each) => known(session, each))
      .map((each) => {
        const state = desk.since(each, session.subject) === null ? 'not connected' : 'connected';
        return `<li><a href="${accountPages}/${escapeHtml(each)}"><b>${escapeHtml(each)}</b>
<span>${escapeHtml(deps.hostOf(each))}: ${state}</span></a></li>`;
      });
    const body =
      items.length === 0
        ? '<p>No connection you may use wants an account of your own.</p>'
        : `<ul class="rows">${items.join('\n')}</ul>`;
    return html(page({ title: 'Your accounts', body, at: '/signin' }));
  });

  app.get('/:connection', (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const connection = c.req.param('connection');
    if (!known(session, connection)) return refusalPage(notFound, all);
    return html(accountPage(deps, connection, session));
  });

  app.post('/:connection', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const connection = c.req.param('connection');
    if (!known(session, connection)) return refusalPage(notFound, all);
    const form = await ownForm(c, session, deps);
    if (!form.ok) return refusalPage(form.error, all);
    const next = await act(deps, connection, session.subject, form.value.get('do'));
    return next.ok ? away(next.value) : refusalPage(next.error, all);
  });

  // An authorization server reads it, which signs in nowhere.
  app.get(`/:connection/${clientDocument}`, (c) => {
    const document = desk.documentOf(c.req.param('connection'));
    if (document === null) return refusalPage(notFound, all);
    return c.json(document, 200, { 'cache-control': 'max-age=3600' });
  });

  app.get('/:connection/callback', async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response)
      return refusalPage(
        { code: 'signed_out', text: 'You are not signed in any more.', next: 'Sign in, and begin again.' },
        all,
      );
    const connection = c.req.param('connection');
    if (!known(session, connection)) return refusalPage(notFound, all);
    const finished = await desk.finish(connection, session.subject, new URL(c.req.url).search);
    // The answer does not stay in the address.
    return finished.ok ? away(`${accountPages}/${connection}`) : refusalPage(finished.error, all);
  });

  app.notFound(() => refusalPage(notFound, all));
  app.onError((error) => brokenPage(error, deps.onError));
  return { fetch: async (request) => app.fetch(request) };
}

/** The address to go on to. */
async function act(
  { desk }: AccountPageDeps,
  connection: string,
  subject: Subject,
  wish: string | null,
): Promise<Result<string>> {
  if (wish === 'connect') return desk.begin(connection, subject);
  if (wish !== 'remove') return refuse('invalid_request', 'The form says nothing that can be done.');
  await desk.remove(connection, subject, 'person');
  return ok(`${accountPages}/${connection}`);
}

const notFound: Refusal = {
  code: 'not_found',
  text: 'There is no such connection for you, or it wants no account of your own.',
};

function accountPage({ desk, hostOf }: AccountPageDeps, connection: string, { csrf, subject }: BrowserSession): string {
  const since = desk.since(connection, subject);
  const button = (wish: string, label: string, first: boolean): string =>
    `<form method="post" action="${accountPages}/${escapeHtml(connection)}">${hidden('csrf', csrf)}${hidden('do', wish)}<button type="submit"${first ? ' class="first"' : ''}>${label}</button></form>`;
  const state = since === null ? 'not connected' : `connected since ${new Date(since).toISOString().slice(0, 10)}`;
  const who = subject.name === undefined ? subject.id : `${subject.name} (${subject.id})`;
  return page({
    title: `Your account at ${connection}`,
    body: `<dl>
<dt>Connection</dt><dd>${escapeHtml(connection)}, at <strong>${escapeHtml(hostOf(connection))}</strong></dd>
<dt>You are</dt><dd>${plainText(who)}</dd>
<dt>State</dt><dd>${state}</dd>
</dl>
<p>The gate uses your account there for your own calls through this connection, and for nobody else's. Each call is checked by the policy and recorded under your name.</p>
${button('connect', since === null ? 'Connect' : 'Connect again', since === null)}
${since === null ? '' : button('remove', 'Remove', false)}
<p><a href="${accountPages}">${all.label}</a></p>`,
    at: '/signin',
  });
}
