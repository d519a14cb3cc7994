// Routes about retention: legal holds, and shredding what is past its time. For auditors and the local operator; whatever is
// changed is in the log before it is answered.

import { Hono } from 'hono';
import { type Refusal, refuse } from '../core/result.ts';
import type { RetentionDesk } from '../gateway/retention-desk.ts';
import type { LegalHold } from '../ports/holds.ts';
import { type Caller, isAuditor } from './access.ts';
import { type HoldView, holdInput, releaseInput, type ShredView, shredInput } from './contract-retention.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

const notForThem: Refusal = { code: 'not_an_auditor', text: 'Retention and legal holds are for auditors.' };

const noSession: Refusal = {
  code: 'not_found',
  text: 'There is no such session on record.',
  next: 'Find it: chartgate sessions ls.',
};

export function retentionRoutes({ retention, readers, index, reader }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  const mayAct = (caller: Caller): boolean => isAuditor(caller, readers());

  routes.use(async (c, next) => (mayAct(c.get('caller')) ? next() : answerRefusal(notForThem)));

  routes.get('/holds', (c) => c.json(retention.holds().map((hold) => viewOf(hold, retention))));

  routes.post('/holds', async (c) => {
    const input = await bodyOf(c, holdInput);
    if (!input.ok) return answerRefusal(input.error);
    const { kind, target, reason } = input.value;
    if (kind === 'session') {
      await index.catchUp(reader);
      // A hold of it would keep nothing, and read as if it did.
      if (!index.get([target].flat().join('').trim())) return answerRefusal(noSession);
    }
    const held = await retention.hold(kind, [target].flat(), c.get('caller').subject, reason);
    return held.ok ? c.json(viewOf(held.value, retention), 201) : answerRefusal(held.error);
  });

  routes.post('/holds/:id/release', async (c) => {
    const input = await bodyOf(c, releaseInput);
    if (!input.ok) return answerRefusal(input.error);
    const released = await retention.release(c.req.param('id'), c.get('caller').subject, input.value.reason);
    return released.ok ? c.json(viewOf(released.value, retention)) : answerRefusal(released.error);
  });

  routes.post('/shred', async (c) => {
    const input = await bodyOf(c, shredInput);
    if (!input.ok) return answerRefusal(input.error);
    const dryRun = input.value.dry_run;
    try {
      const { leapt: _, ...report } = await retention.shred({ dryRun });
      const view: ShredView = { ...report, dry_run: dryRun };
      return c.json(view);
    } catch (error) {
      const failed = refuse('state_unwritable', 'The payloads could not all be destroyed; the next round goes on.');
      if (error instanceof Error && 'code' in error) return answerRefusal(failed.error);
      throw error;
    }
  });

  return routes;
}

function viewOf(hold: LegalHold, retention: Pick<RetentionDesk, 'kindsOf'>): HoldView {
  const { id, kind, target, reason } = hold;
  const by = { id: hold.by.id, issuer: hold.by.issuer };
  return { id, kind, target, kinds: retention.kindsOf(hold), by, reason, since: new Date(hold.sinceMs).toISOString() };
}
