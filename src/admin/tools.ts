// Routes about changed tool definitions: list, look at, decide. A verdict is in the log before it is answered.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { type Refusal, refuse } from '../core/result.ts';
import { differencesOf, pinnedPart } from '../core/tool-definition.ts';
import type { ChangedTool } from '../gateway/tool-desk.ts';
import { type Caller, isAuditor } from './access.ts';
import { type ToolChangeView, type ToolVerdictView, toolVerdictInput } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

const missing: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such change of a tool for you.',
  next: 'List them: chartgate tools pending.',
};

export function toolRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const { tools, toolReviewersOf, readers, log } = deps;
  const routes = new Hono<AdminEnv>();

  routes.get('/changes', (c) => {
    const caller = c.get('caller');
    return c.json(changesFor(caller).map((pin) => viewFor(caller, pin)));
  });

  routes.get('/changes/:id', async (c) => {
    const caller = c.get('caller');
    const pin = changeFor(caller, c.req.param('id'));
    if (!pin) return answerRefusal(missing);
    const view = viewFor(caller, pin);
    if (!view.yours) return c.json(view);
    const { connection, accepted, change } = pin;
    await log.append({
      type: 'audit.read',
      subject: nameOf(caller.subject),
      connection,
      data: { what: 'tool_change', change: change.id },
    });
    const differences = differencesOf(pinnedPart(accepted.definition), pinnedPart(change.definition));
    return c.json({ ...view, differences });
  });

  routes.post('/changes/:id/verdict', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, toolVerdictInput);
    if (!input.ok) return answerRefusal(input.error);
    const id = c.req.param('id');
    if (!changeFor(caller, id)) return answerRefusal(missing);
    const { effect, reason } = input.value;
    const decided = caller.local
      ? refuse('not_a_reviewer', 'The local operator reads, and never decides.', {
          next: 'Set CHARTGATE_TOKEN to the token of a reviewer.',
        })
      : await tools.verdict(id, caller.subject, effect, reason);
    if (!decided.ok) return answerRefusal(decided.error);
    const { connection, kind = 'tool', tool } = decided.value;
    const view: ToolVerdictView = { connection, kind, tool, effect };
    return c.json(view);
  });

  function isReviewer(caller: Caller, connection: string): boolean {
    return !caller.local && caller.subject.groups.some((group) => toolReviewersOf(connection).includes(group));
  }

  function changesFor(caller: Caller): readonly ChangedTool[] {
    return tools.changes().filter((pin) => isReviewer(caller, pin.connection) || isAuditor(caller, readers()));
  }

  function changeFor(caller: Caller, id: string): ChangedTool | undefined {
    return changesFor(caller).find((pin) => pin.change.id === id);
  }

  function viewFor(caller: Caller, pin: ChangedTool): ToolChangeView {
    return viewOf(pin, toolReviewersOf(pin.connection), isReviewer(caller, pin.connection));
  }

  return routes;
}

function viewOf(
  { connection, kind, tool, change }: ChangedTool,
  reviewers: readonly string[],
  yours: boolean,
): ToolChangeView {
  return {
    id: change.id,
    connection,
    kind: kind ?? 'tool',
    tool,
    status: change.status,
    seen: new Date(change.atMs).toISOString(),
    reviewers,
    yours,
  };
}
