// Routes about changed definitions: list, look at, decide. A verdict is in the log before it is answered.

import { Hono } from 'hono';
import { toolVerdictInput } from './contract.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { createToolChanges } from './tool-changes.ts';

export function toolRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const changes = createToolChanges(deps);
  const routes = new Hono<AdminEnv>();

  routes.get('/changes', (c) => c.json(changes.list(c.get('caller'))));

  routes.get('/changes/:id', async (c) => {
    const view = await changes.look(c.get('caller'), c.req.param('id'));
    return view.ok ? c.json(view.value) : answerRefusal(view.error);
  });

  routes.post('/changes/:id/verdict', async (c) => {
    const input = await bodyOf(c, toolVerdictInput);
    if (!input.ok) return answerRefusal(input.error);
    const decided = await changes.decide(c.get('caller'), c.req.param('id'), input.value);
    return decided.ok ? c.json(decided.value) : answerRefusal(decided.error);
  });

  return routes;
}
