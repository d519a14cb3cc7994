// Which listener answers a request that no door wants: the authorization server, operations, pages, the admin API. Part of the
// composition root.

import type { RequestListener } from 'node:http';
import type { getRequestListener } from '@hono/node-server';
import type { AdminApi } from './admin/api.ts';
import { answerSlack, slackPath } from './admin/slack.ts';
import { type Decisions } from './compose-decisions.ts';
import type { People } from './compose-sign-in.ts';
import type { Foundation } from './foundation.ts';

/**
 * What answers a `Request`, as a listener of node:http. What lies between the two makes Node load its own `fetch`, which no door
 * has to wait for: it comes once the doors are open (`loadBridge`), or with who asks before that.
 */
export function listenerOf(fetch: (request: Request) => Promise<Response>): RequestListener {
  const bridged = async () => (await loadBridge()).getRequestListener(fetch);
  let listener: ReturnType<typeof bridged> | null = null;
  return (request, response) => {
    listener ??= bridged();
    void listener.then((answer) => answer(request, response));
  };
}

export function loadBridge(): Promise<{ getRequestListener: typeof getRequestListener }> {
  return import('@hono/node-server');
}

/** The authorization server's addresses, and all others. */
export function signInAnd(people: People | null, otherwise: RequestListener): RequestListener {
  if (!people) return otherwise;
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (people.server.serves(path)) people.server.listener(request, response);
    else otherwise(request, response);
  };
}

/** What people meet in a browser, by its place. */
export type Pages = Readonly<Record<string, { fetch(request: Request): Promise<Response> }>>;

/** `/healthz`, `/readyz`, `/metrics`; whatever else no door wants is the admin API's. */
export function operationsAnd(
  api: AdminApi,
  pages: Pages,
  slack: Decisions['slack'],
  { log, metrics }: Foundation,
): RequestListener {
  const toApi = listenerOf((request) => api.fetch(request, { local: false }));
  const toPages = Object.entries(pages).map(
    ([place, each]) => [place, listenerOf((request) => each.fetch(request))] as const,
  );
  const toSlack = slack && listenerOf((request) => answerSlack(slack, request));
  return (request, response) => {
    switch (request.url ?? '') {
      case '/healthz':
        return void response.end('alive\n');
      case '/readyz':
        return void response
          .writeHead(log.open ? 200 : 503)
          .end(log.open ? 'ready\n' : 'the audit log cannot be written\n');
      case '/metrics':
        return void metrics
          .text()
          .then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text));
      default: {
        const path = URL.parse(request.url ?? '', 'http://gate')?.pathname ?? '';
        if (toSlack && path === slackPath && request.method === 'POST') return toSlack(request, response);
        const toPage = toPages.find(([place]) => path === place || path.startsWith(`${place}/`))?.[1];
        return (toPage ?? toApi)(request, response);
      }
    }
  };
}
