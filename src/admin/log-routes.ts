// Routes about the log itself. Its keys are for the local operator alone, whoever may use the state directory; that evidence is
// made of it is recorded for an auditor.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { isAuditor } from './access.ts';
import { type EvidenceView, evidenceInput, type RotatedView, rotateInput } from './contract-log.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

export function logRoutes({ rotation, log, readers }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();

  routes.post('/rotate-key', async (c) => {
    const caller = c.get('caller');
    if (!caller.local)
      return answerRefusal({
        code: 'wrong_door',
        text: 'The key of the log is rotated on the machine of the gate.',
        next: 'Run chartgate audit rotate-key there.',
      });
    const input = await bodyOf(c, rotateInput);
    if (!input.ok) return answerRefusal(input.error);
    const view: RotatedView = await rotation.rotate(nameOf(caller.subject), input.value.overlap_ms);
    return c.json(view);
  });

  routes.post('/evidence', async (c) => {
    const caller = c.get('caller');
    if (!isAuditor(caller, readers()))
      return answerRefusal({ code: 'not_an_auditor', text: 'Making evidence of the log needs an auditor.' });
    const input = await bodyOf(c, evidenceInput);
    if (!input.ok) return answerRefusal(input.error);
    const { from, to, seed } = input.value;
    const data = { from, to, ...(seed === undefined ? {} : { seed }) };
    const { seq } = await log.append({ type: 'evidence.exported', subject: nameOf(caller.subject), data });
    await log.checkpoint();
    const view: EvidenceView = { origin: log.origin, seq };
    return c.json(view);
  });

  return routes;
}
