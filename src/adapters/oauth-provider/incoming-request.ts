// A request to the authorization server before oidc-provider sees it. The address of the gate is configured, never taken from a
// request.

import type { IncomingMessage } from 'node:http';
import { gateScope } from './grants.ts';

/** The request as one for the configured address, whatever its headers say; with our scope, which there is one of. */
export function asConfigured(request: IncomingMessage, publicUrl: string): IncomingMessage {
  const { protocol, host } = new URL(publicUrl);
  Object.assign(request.headers, { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host });
  delete request.headers['x-forwarded-for'];
  const url = new URL(request.url ?? '/', publicUrl);
  if (request.method === 'GET' && url.pathname === '/oauth/authorize') {
    const scopes = (url.searchParams.get('scope') ?? '').split(' ').filter((each) => each !== '');
    if (!scopes.includes(gateScope)) url.searchParams.set('scope', [...scopes, gateScope].join(' '));
    request.url = `${url.pathname}${url.search}`;
  }
  if (request.method === 'GET' && url.pathname === '/device') {
    // The library would post the code on by script; here it only stands in the form.
    userCodes.set(request, url.searchParams.get('user_code') ?? '');
    request.url = url.pathname;
  }
  return request;
}

const userCodes = new WeakMap<IncomingMessage, string>();

/** The code a person's device gave them, where it came with the address of the page. */
export function userCodeOf(request: IncomingMessage): string {
  return userCodes.get(request) ?? '';
}
