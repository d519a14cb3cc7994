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
  response.end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title>
<style>body{font:16px system-ui;max-width:20rem;margin:15vh auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box}
input,button{font:inherit;padding:.5rem;margin:.25rem 0 1rem}</style></head>
<body><h1>Sign in</h1><p>At the demo's identity provider. Names and passwords stand in the terminal where it was started.</p>
<p role="alert">${notice}</p><form method="post">
<label for="name">Name</label><input id="name" name="name" autocomplete="username" autofocus required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form></body></html>`);
}
