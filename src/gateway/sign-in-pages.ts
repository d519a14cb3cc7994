// The pages of signing in, as HTML: which provider, whether a client may act for you, what went wrong. Whatever a client or
// provider said of itself is escaped, and shown beside what is known for certain.

import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import type { Refusal } from '../core/result.ts';
import type { PendingAuthorization } from '../ports/sign-in.ts';
import { escapeHtml, hidden, page, plainText } from '../wire/http/page.ts';

export interface Choice {
  readonly name: string;
  readonly label: string;
}

/** `to` goes back with the choice, to `action`. `byAddress` where some provider is known by the domain of e-mail addresses. */
export function choicePage(
  choices: readonly Choice[],
  { action, to }: { readonly action: string; readonly to: string },
  byAddress: boolean,
  problem: string | null,
): string {
  const ways = choices
    .map(
      ({ name, label }) =>
        `<form method="post" action="${escapeHtml(action)}">${hidden('provider', name)}${hidden('to', to)}<button type="submit">${escapeHtml(label)}</button></form>`,
    )
    .join('\n');
  const address = byAddress
    ? `<form method="post" action="${escapeHtml(action)}">${hidden('to', to)}
<label for="email">Or by your e-mail address at work</label>
<input id="email" name="email" type="email" autocomplete="email" required>
<button type="submit" class="first">Continue</button></form>`
    : '';
  const said = problem === null ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`;
  return page({
    title: 'Sign in',
    body: `${said}<p>Choose where you sign in.</p>\n${ways}\n${address}`,
  });
}

const doors: Readonly<Record<string, string>> = {
  mcp: 'call tools of',
  postgres: 'open the database',
};

export function consentPage(pending: PendingAuthorization, person: Subject, publicUrl: string, csrf: string): string {
  const { client, resources, id } = pending;
  const wishes = resources.map((each) => {
    const [kind = '', name = ''] = each.slice(publicUrl.length + 1).split('/');
    return kind === 'api' ? 'use the commands of Chartgate' : `${doors[kind] ?? 'use'} ${decodeURIComponent(name)}`;
  });
  const form = (answer: string, label: string, kind: string): string =>
    `<form method="post" action="/signin/a/${escapeHtml(id)}">${hidden('csrf', csrf)}${hidden('answer', answer)}<button type="submit"${kind}>${label}</button></form>`;
  return page({
    title: 'Let this client act for you?',
    body: `<dl>
<dt>Client</dt><dd>${plainText(client.name)}<br>It calls itself so. It is known as <code>${plainText(client.id)}</code> and sends you back to <strong>${plainText(client.host)}</strong>.</dd>
<dt>In your name it may</dt><dd>${wishes.map(plainText).join('<br>')}</dd>
<dt>You are</dt><dd>${plainText(nameOfPerson(person))}</dd>
</dl>
<p>Each of its requests is checked by the policy and recorded under your name. Allow it only if you began this yourself.</p>
${form('allow', 'Allow', ' class="first"')}
${form('deny', 'Do not allow', '')}`,
  });
}

/** `accounts`: where they connect accounts of their own at MCP servers; null where nobody does. */
export function accountPage(person: Subject, csrf: string, accounts: string | null): string {
  const link = accounts === null ? '' : `<p><a href="${escapeHtml(accounts)}">Your accounts at MCP servers</a></p>\n`;
  return page({
    title: 'You are signed in',
    body: `<dl><dt>You are</dt><dd>${plainText(nameOfPerson(person))}</dd>
<dt>Groups</dt><dd>${plainText(person.groups.join(', ')) || 'none: most rules will not concern you'}</dd></dl>
${link}<p>Signing out ends this sign-in everywhere: its clients, its database credentials, its open sessions.</p>
<form method="post" action="/signin/out">${hidden('csrf', csrf)}<button type="submit">Sign out</button></form>`,
    at: '/signin',
  });
}

export function signedOutPage(): string {
  return page({
    title: 'You are signed out',
    body: '<p>Clients, database credentials and sessions that hung on that sign-in have ended too.</p>\n<p><a class="button" href="/signin">Sign in again</a></p>',
  });
}

export function refusalPage({ code, text, next }: Refusal, again: string | null): string {
  const link = again === null ? '' : `\n<p><a class="button" href="${escapeHtml(again)}">Sign in again</a></p>`;
  return page({
    title: 'This did not work',
    body: `<p class="problem" role="alert">${escapeHtml(text)}</p>\n<p>${escapeHtml(next ?? errors[code].next)}</p>${link}`,
  });
}

function nameOfPerson({ name, id, aliases }: Subject): string {
  const known = name ?? aliases[0];
  return known === undefined ? id : `${known} (${id})`;
}
