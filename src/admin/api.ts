// The admin API: people and tools look at approvals, sessions and the log, and decide. Same origin only, nothing cached,
// every answer about other people recorded first. It holds no state of its own.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { nameOf } from '../core/facts.ts';
import { refuse } from '../core/result.ts';
import { DoorRefusals } from '../gateway/door-refusals.ts';
import { LogUnavailable } from '../ports/log.ts';
import { callerBy, isAnyReviewer, isAuditor, localOperator } from './access.ts';
import { approvalRoutes } from './approvals.ts';
import { breakGlassRoutes } from './break-glass.ts';
import { type CheckpointView, credentialInput, type RebuiltView, type WhoamiView } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { exportRoutes } from './export.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { logRoutes } from './log-routes.ts';
import { openApi } from './openapi.ts';
import { retentionRoutes } from './retention.ts';
import { sessionRoutes } from './sessions.ts';
import { signInRoutes } from './sign-ins.ts';
import { simulateRoutes } from './simulate.ts';
import { toolRoutes } from './tools.ts';
import { whoSawRoutes } from './who-saw.ts';

export interface AdminApi {
  /** `local` only for requests that came through the state directory's own socket. Never rejects. */
  fetch(request: Request, origin: { readonly local: boolean }): Promise<Response>;
}

const bodyBytesMax = 65_536;

export function createAdminApi(deps: AdminDeps): AdminApi {
  const app = new Hono<AdminEnv>().basePath('/api/v1');
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
  });
  app.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => answerRefusal({ code: 'too_large', text: 'The body is larger than this API accepts.' }),
    }),
  );
  const refusals = new DoorRefusals(deps.clock, deps.log, 'admin');
  app.get('/openapi.json', (c) => c.json(openApi(deps.publicUrl)));
  app.use(async (c, next) => {
    const header = c.req.header('authorization');
    if (header === undefined && c.env.local) {
      c.set('caller', localOperator);
      return next();
    }
    const authenticated = await deps.authenticate(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '');
    if (!authenticated.ok) {
      const { code } = authenticated.error;
      if (code !== 'token_missing') await refusals.record({ code });
      return answerRefusal(authenticated.error);
    }
    c.set('caller', callerBy(authenticated.value));
    return next();
  });
  app.route('/approvals', approvalRoutes(deps));
  app.route('/break-glass', breakGlassRoutes(deps));
  app.route('/policy', simulateRoutes(deps));
  app.route('/sessions', sessionRoutes(deps));
  app.route('/who-saw', whoSawRoutes(deps));
  app.route('/export', exportRoutes(deps));
  app.route('/tools', toolRoutes(deps));
  app.route('/retention', retentionRoutes(deps));
  app.route('/log', logRoutes(deps));
  app.route('/sign-ins', signInRoutes(deps));
  addOwnRoutes(app, deps);

  app.notFound(() => answerRefusal({ code: 'not_found', text: 'There is no such address in this API.' }));
  app.onError((error) => {
    if (error instanceof LogUnavailable) return answerRefusal(error.refusal);
    deps.onError(error);
    return answerRefusal({ code: 'internal', text: 'The gate met an error of its own.' });
  });
  return { fetch: async (request, origin) => app.fetch(request, origin) };
}

/** What is about the caller, and the log's checkpoint. */
function addOwnRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/whoami', (c) => {
    const caller = c.get('caller');
    const view: WhoamiView = {
      ...nameOf(caller.subject),
      groups: caller.subject.groups,
      connections: caller.local ? [] : deps.connectionsFor(caller.subject),
      reviewer: isAnyReviewer(caller, deps.readers()),
      auditor: isAuditor(caller, deps.readers()),
    };
    return c.json(view);
  });

  app.get('/checkpoint', async (c) => {
    const { size, rootHash } = await deps.log.checkpoint();
    const view: CheckpointView = { origin: deps.log.origin, size, rootHash, vkey: deps.log.vkey };
    return c.json(view);
  });

  app.post('/index/rebuild', async (c) => {
    const caller = c.get('caller');
    if (!isAuditor(caller, deps.readers()))
      return answerRefusal({ code: 'not_an_auditor', text: 'Reading the whole log again needs an auditor.' });
    await deps.log.append({ type: 'audit.read', subject: nameOf(caller.subject), data: { what: 'reindex' } });
    const view: RebuiltView = await deps.index.rebuild(deps.reader);
    return c.json(view);
  });

  app.post('/connections/:name/credentials', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, credentialInput);
    if (!input.ok) return answerRefusal(input.error);
    const { ttl } = input.value;
    const issued = caller.local
      ? refuse('token_missing', 'A credential is made for a person or workload, never for the local operator.', {
          next: 'Set CHARTGATE_TOKEN.',
        })
      : await deps.issueCredential(caller.subject, c.req.param('name'), ttl === undefined ? null : ttl * 1000);
    return issued.ok ? c.json(issued.value, 201) : answerRefusal(issued.error);
  });
}
