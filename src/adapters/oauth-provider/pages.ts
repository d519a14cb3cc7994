// The pages of the device flow (RFC 8628 §3.3) and of a request that is wrong, as HTML.

import { escapeHtml, hidden, page, plainText } from '../../wire/http/page.ts';

export function devicePage(xsrf: string, code: string, wrong: boolean): string {
  const problem = wrong
    ? '<p class="problem" role="alert">This code is not known, has been used, or is too old. Ask for a new one.</p>'
    : '';
  return page({
    title: 'Connect a device',
    body: `${problem}<form method="post" action="/device">${hidden('xsrf', xsrf)}
<label for="code">The code your device or terminal shows</label>
<p class="hint" id="shape">Eight letters, with or without the dash. It is good for a few minutes.</p>
<input id="code" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="shape" required${code === '' ? ' autofocus' : ''} value="${escapeHtml(code)}">
<button type="submit" class="first">Continue</button></form>`,
  });
}

export function deviceConfirmPage(xsrf: string, code: string, client: string): string {
  const answer = (label: string, kind: string, fields: string): string =>
    `<form method="post" action="/device">${hidden('xsrf', xsrf)}${hidden('user_code', code)}${fields}<button type="submit"${kind}>${label}</button></form>`;
  return page({
    title: 'Is this your code?',
    body: `<p>${plainText(client)} shows this code:</p>
<p class="code"><code>${escapeHtml(code)}</code></p>
<p>Go on only if you began this yourself and see the same code there. Whoever sent you a link to this page would act in your name.</p>
${answer('It is the same', ' class="first"', hidden('confirm', 'yes'))}
${answer('It is not', '', hidden('abort', 'yes'))}`,
  });
}

export function deviceDonePage(): string {
  return page({
    title: 'Done',
    body: '<p>Your device is signed in, and goes on by itself. You can close this page.</p>',
  });
}

/** The library's words for a client's document that could not be had: it is not the client's fault where this machine has no way out. */
const unread = 'client_id metadata document fetch failed';

/** `client` is the client's id, as it was given. */
export function errorPage(error: string, description: string, client: string): string {
  const refused = `The request of the client was refused: ${escapeHtml(description || error)}.`;
  const again = `Begin again from your client. If it is refused again, tell its maker the error code: <code>${escapeHtml(error)}</code>.`;
  const place = URL.parse(client)?.host ?? '';
  const [problem, next] =
    error === 'invalid_client' && description.startsWith(unread)
      ? [
          `The gate could not read what the client says of itself, at ${plainText(place)}.`,
          `Tell the operator of this gate: either it may reach that address, or <code>identity.clients.metadata_documents: false</code> has clients register here instead. Then sign out in your client, and begin again.`,
        ]
      : [refused, again];
  return page({
    title: 'This did not work',
    body: `<p class="problem" role="alert">${problem}</p>
<p>${next}</p>`,
  });
}
