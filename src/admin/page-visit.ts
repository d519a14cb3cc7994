// A visit to a page of a person who is signed in with a browser: who it is, whether a form is one of theirs, how an answer goes
// out. INVARIANT: a form counts only from a page of that very sign-in; any other goes on record.

import type { Context } from 'hono';
import { errors } from '../core/errors.ts';
import { nameOf } from '../core/facts.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import { type Log, LogUnavailable } from '../ports/log.ts';
import { escapeHtml, page, pageHeaders } from '../wire/http/page.ts';

export const formBytesMax = 65_536;

/** Who is signed in, or the way there. */
export function visitorOf(c: Context, sessions: BrowserSessions): BrowserSession | Response {
  return sessions.of(c.req.header('cookie')) ?? away(sessions.signInPath(c.req.path));
}

/** Refused: invalid_request. @throws LogUnavailable */
export async function ownForm(
  c: Context,
  session: BrowserSession,
  { sessions, log }: { readonly sessions: BrowserSessions; readonly log: Pick<Log, 'append'> },
): Promise<Result<URLSearchParams>> {
  const form = new URLSearchParams(await c.req.text());
  if (sessions.accepts(session, form.get('csrf'))) return ok(form);
  const data = { door: 'admin', code: 'invalid_request' };
  await log.append({ type: 'auth.refused', subject: nameOf(session.subject), data });
  return refuse('invalid_request', 'The form does not come from a page of this sign-in.', {
    next: 'Open the page again.',
  });
}

/** Each answer has headers of its own: what serves it writes its length among them. */
export function html(text: string, status = 200): Response {
  return new Response(text, { status, headers: { ...pageHeaders } });
}

export function away(location: string): Response {
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  return new Response(null, { status: 303, headers });
}

export interface WayBack {
  readonly href: string;
  readonly label: string;
}

export function refusalPage({ code, text, next }: Refusal, back: WayBack | null): Response {
  const link = back === null ? '' : `\n<p><a href="${escapeHtml(back.href)}">${escapeHtml(back.label)}</a></p>`;
  const problem = `<p class="problem" role="alert">${escapeHtml(text)}</p>\n<p>${escapeHtml(next ?? errors[code].next)}</p>`;
  return html(page({ title: 'This cannot be done', body: problem + link }), errors[code].http);
}

/** What was thrown, as a page; a bug is the operator's to know. */
export function brokenPage(error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof LogUnavailable) return refusalPage(error.refusal, null);
  onError(error);
  return refusalPage({ code: 'internal', text: errors.internal.text }, null);
}
