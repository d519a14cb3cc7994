// The visit of a reviewer to definitions that changed: for who is signed in, those of the connections they review for, what
// differs in one, and the form to decide it. What it looks like is tool-change-sheet.ts.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Result, refuse } from '../core/result.ts';
import type { BrowserSessions } from '../ports/browser-sessions.ts';
import { type Caller, callerBy } from './access.ts';
import { startOf } from './approval-sheet.ts';
import type { ToolVerdictView } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { away, brokenPage, formBytesMax, html, ownForm, refusalPage, visitorOf } from './page-visit.ts';
import { toolChangePage, toolChangePages, toolChangesCommandLinePage, toolChangesPage } from './tool-change-sheet.ts';
import { createToolChanges, type ToolChangeDeps, type ToolChanges } from './tool-changes.ts';

export type ToolChangePageDeps = ToolChangeDeps &
  Pick<AdminDeps, 'onError'> & {
    /** Null where nobody can sign in with a browser. */
    readonly sessions: BrowserSessions | null;
  };

const all = { href: toolChangePages, label: 'Definitions that changed' };

export function createToolChangePages({ sessions, ...deps }: ToolChangePageDeps): {
  fetch(request: Request): Promise<Response>;
} {
  if (!sessions) return { fetch: () => Promise.resolve(html(toolChangesCommandLinePage())) };
  const changes = createToolChanges(deps);
  const app = new Hono().basePath(toolChangePages);

  app.get('/', (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const accepted = c.req.query('accepted') !== undefined;
    return html(
      toolChangesPage(changes.list(callerBy(session.subject)), { from: startOf(c.req.query('from')), accepted }),
    );
  });

  app.get('/:id', async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const caller = callerBy(session.subject);
    const view = await changes.look(caller, c.req.param('id'));
    if (!view.ok) return refusalPage(view.error, all);
    const next = changes
      .list(caller)
      .find(({ id, yours, status }) => id !== view.value.id && yours && status === 'pending');
    return html(toolChangePage(view.value, session, next?.id ?? null));
  });

  app.post('/:id', bodyLimit({ maxSize: formBytesMax }), async (c) => {
    const session = visitorOf(c, sessions);
    if (session instanceof Response) return session;
    const form = await ownForm(c, session, { sessions, log: deps.log });
    if (!form.ok) return refusalPage(form.error, all);
    const here = `${toolChangePages}/${encodeURIComponent(c.req.param('id'))}`;
    const decided = await decide(changes, callerBy(session.subject), c.req.param('id'), form.value);
    if (!decided.ok) return refusalPage(decided.error, { href: here, label: 'Back to the change' });
    // An accepted change is none any more.
    return away(decided.value.effect === 'accept' ? `${toolChangePages}?accepted` : here);
  });

  app.notFound(() => refusalPage({ code: 'not_found', text: 'There is no such page.' }, all));
  app.onError((error) => brokenPage(error, deps.onError));
  return { fetch: async (request) => app.fetch(request) };
}

function decide(
  changes: ToolChanges,
  caller: Caller,
  id: string,
  form: URLSearchParams,
): Promise<Result<ToolVerdictView>> {
  const effect = form.get('effect');
  return effect === 'accept' || effect === 'refuse'
    ? changes.decide(caller, id, { effect, reason: form.get('reason') ?? '' })
    : Promise.resolve(refuse('invalid_request', 'The form says nothing that can be done.'));
}
