// The route that ends what somebody has open, on every door: for oneself, for reviewers and for the local operator. When it
// answers, nothing is open any more.

import { Hono } from 'hono';
import { refuse } from '../core/result.ts';
import { isAnyReviewer } from './access.ts';
import { type RevokeView, revokeInput } from './contract-sign-ins.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';

export function signInRoutes({ readers, endSubject }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post('/revoke', async (c) => {
    const caller = c.get('caller');
    const input = await bodyOf(c, revokeInput);
    if (!input.ok) return answerRefusal(input.error);
    const { subject, issuer, reason } = input.value;
    const own = caller.subject.id === subject && (issuer ?? caller.subject.issuer) === caller.subject.issuer;
    if (!caller.local && !own && !isAnyReviewer(caller, readers()))
      return answerRefusal(refuse('not_a_reviewer', 'Signing other people out is for reviewers.').error);
    const ofIssuer = own && !caller.local ? caller.subject.issuer : (issuer ?? null);
    const { signIns } = await endSubject({ id: subject, issuer: ofIssuer, by: caller.subject.id, reason });
    const view: RevokeView = { subject, sign_ins: signIns };
    return c.json(view);
  });
  return routes;
}
