// What is answered in the language of fetch: the admin API, the pages people meet in a browser, Slack's buttons. It makes Node
// load its own `fetch`, and no door has to wait for it: compose.ts imports it once they are open. Part of the composition root.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { systemClock as clock } from './adapters/system/clock.ts';
import { createAccountPages } from './admin/account-page.ts';
import { type AdminApi, createAdminApi } from './admin/api.ts';
import { createApprovalPages } from './admin/approval-page.ts';
import { approvalPages } from './admin/approval-sheet.ts';
import { breakGlassPages, createBreakGlassPages } from './admin/break-glass-page.ts';
import { createEntrance, entrance, noSuchPage } from './admin/entrance-page.ts';
import { answerSlack, slackPath } from './admin/slack.ts';
import { createToolChangePages } from './admin/tool-change-page.ts';
import { toolChangePages } from './admin/tool-change-sheet.ts';
import { glassFor, mayEnter } from './core/decide.ts';
import { ok, refuse } from './core/result.ts';
import { type AccountDesk, accountPages } from './gateway/account-desk.ts';
import { dsnOf, farAddress } from './gateway/credential-desk.ts';
import { signInPrefix } from './gateway/sign-in-door.ts';
import type { Kernel } from './kernel.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface Front {
  /** For who comes by the socket in the state directory. */
  readonly local: Answer;
  /** For everybody else. */
  readonly outside: Answer;
}

export function openFront(kernel: Kernel, accounts: AccountDesk | null): Front {
  const api = createApi(kernel);
  const { slack } = kernel.decisions;
  const toApi = getRequestListener((request) => api.fetch(request, { local: false }));
  const toSlack = slack && getRequestListener((request) => answerSlack(slack, request));
  const toPages = Object.entries(createPages(kernel, accounts)).map(
    ([place, each]) => [place, getRequestListener((request) => each.fetch(request))] as const,
  );
  const toNowhere = getRequestListener(noSuchPage);
  const listenerFor = ({ method, url = '', headers }: IncomingMessage): Answer => {
    const path = URL.parse(url, 'http://gate')?.pathname ?? '';
    if (toSlack && path === slackPath && method === 'POST') return toSlack;
    const page = toPages.find(([place]) => path === place || path.startsWith(`${place}/`))?.[1];
    if (page) return page;
    return headers.accept?.includes('text/html') && !path.startsWith('/api/') ? toNowhere : toApi;
  };
  return {
    local: getRequestListener((request) => api.fetch(request, { local: true })),
    outside: (request, response) => listenerFor(request)(request, response),
  };
}

/** What people meet in a browser, by its place. */
type Pages = Readonly<Record<string, { fetch(request: Request): Promise<Response> }>>;

function createApi(kernel: Kernel): AdminApi {
  const { loaded, foundation, log, rules, desk, tools, tls, authenticate, issue, postgresAt, onBug } = kernel;
  const { publicUrl } = loaded.config;
  return createAdminApi({
    clock,
    approvals: foundation.store.approvals,
    log,
    reader: log.reader,
    index: foundation.index,
    publicUrl,
    patients: kernel.patients,
    readers: () => rules.readers,
    authenticate: (token) => authenticate(token, { kind: 'api' }),
    desk,
    breakGlass: kernel.decisions.breakGlass,
    tools,
    retention: kernel.retention,
    rotation: foundation.rotation,
    endSubject: kernel.signOuts.endSubject,
    toolReviewersOf: (connection) => rules.reviewersOf(connection),
    issueCredential: async (subject, connection, ttlMs) => {
      if (postgresAt.port === 0) return refuse('wrong_door', 'This gate has no PostgreSQL door.');
      const issued = await issue({ subject, connection, ttlMs });
      if (!issued.ok) return issued;
      const { user, password, expiresMs } = issued.value;
      const at = farAddress(postgresAt, publicUrl, tls !== null);
      return ok({
        user,
        password,
        dsn: dsnOf(issued.value, at, connection),
        expires: new Date(expiresMs).toISOString(),
      });
    },
    connectionsFor: (subject) => rules.connectionsFor(subject),
    onError: onBug,
  });
}

/** What people meet in a browser when something is held. */
function createPages(kernel: Kernel, accounts: AccountDesk | null): Pages {
  const { foundation, loaded, log, rules, desk, people, onBug } = kernel;
  const { approvals } = foundation.store;
  const changing = {
    tools: kernel.tools,
    toolReviewersOf: (connection: string) => rules.reviewersOf(connection),
    log,
    readers: () => rules.readers,
    sessions: people?.desk ?? null,
    onError: onBug,
  };
  const approving = createApprovalPages({ ...changing, clock, approvals, desk });
  const breaking = createBreakGlassPages({
    clock,
    log,
    breakGlass: kernel.decisions.breakGlass,
    readers: () => rules.readers,
    sessions: people?.desk ?? null,
    glassFor: (subject, connection) => glassFor(rules.policy, subject, connection),
    connections: () => Object.keys(rules.config.connections),
    onError: onBug,
  });
  const every = {
    [entrance]: createEntrance(people ? signInPrefix : null),
    [approvalPages]: approving,
    [breakGlassPages]: breaking,
    [toolChangePages]: createToolChangePages(changing),
  };
  if (!accounts || !people) return every;
  const connecting = createAccountPages({
    desk: accounts,
    log,
    sessions: people.desk,
    mayEnter: (subject, connection) => mayEnter(rules.policy, subject, connection),
    hostOf: (name) => {
      const connection = loaded.config.connections[name];
      return connection?.type === 'mcp' && connection.transport === 'http' ? new URL(connection.url).host : '';
    },
    onError: onBug,
  });
  return { ...every, [accountPages]: connecting };
}
