// The sign-in page of the demo's identity provider: a form, and what becomes of it. Must never tell whether a name exists.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import type { Person } from './people.ts';

export async function interaction(
  provider: Provider,
  accounts: readonly Person[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Throws when the cookie of this browser's sign-in is missing or old.
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return page(response, 200, '');
  const form = new URLSearchParams(await text(request));
  const person = accounts.find((each) => each.id === form.get('name'));
  if (!same(form.get('password') ?? '', person?.password ?? '') || !person) {
    return page(response, 403, 'That name and password do not match.');
  }
  await provider.interactionFinished(request, response, { login: { accountId: person.id } });
}

function same(a: string, b: string): boolean {
  const digest = (word: string): Buffer => createHash('sha256').update(word).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function page(response: ServerResponse, status: number, notice: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  const problem = notice === '' ? '' : `<p class="problem" role="alert">${notice}</p>`;
  response.end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in · Demo hospital</title>
<style>:root{color-scheme:light dark}*{box-sizing:border-box}body{font:1rem/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25}label{display:block;margin:1rem 0 .25rem;font-weight:600}.problem{padding-left:.75rem;border-left:4px solid #c5372c}
input,button{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;border:1px solid #7a7f87;border-radius:.375rem}button{margin-top:1.5rem;cursor:pointer}
:focus-visible{outline:3px solid #b06000;outline-offset:2px}</style></head>
<body><main><h1>Sign in</h1><p>At the demo's identity provider, which is not the gate. Names and passwords stand in the terminal where it was started.</p>
${problem}<form method="post">
<label for="name">Name</label><input id="name" name="name" autocomplete="username" autofocus required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form></main></body></html>`);
}
