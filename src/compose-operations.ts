// Which listener answers a request that no door wants: the authorization server, operations, and what is loaded later. Part of the
// composition root.

import type { RequestListener } from 'node:http';
import type { Front } from './compose-front.ts';
import type { People } from './compose-sign-in.ts';
import type { Foundation } from './foundation.ts';

// A package that is loaded later fails the start when it is missing, as any other does.
for (const each of ['@hono/node-server', 'hono']) import.meta.resolve(each);

/** What is loaded when somebody asks for it, or when `load` is called. */
export interface Later {
  readonly load: () => void;
  readonly listener: (of: keyof Front) => RequestListener;
  /** Resolves with the reason when it cannot be loaded. */
  readonly failed: Promise<unknown>;
}

export function later(open: () => Promise<Front>): Later {
  const { promise: failed, resolve: fail } = Promise.withResolvers<unknown>();
  let opened: Promise<Front | null> | null = null;
  const load = (): Promise<Front | null> => {
    opened ??= open().catch((error: unknown) => {
      fail(error);
      return null;
    });
    return opened;
  };
  return {
    load: () => void load(),
    listener: (of) => (request, response) => {
      void load().then(async (front) => {
        if (front) await front[of](request, response);
        else response.destroy();
      });
    },
    failed,
  };
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

/** `/healthz`, `/readyz`, `/metrics`; the rest is for others. */
export function operationsAnd(otherwise: RequestListener, { log, metrics }: Foundation): RequestListener {
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
      default:
        otherwise(request, response);
    }
  };
}
