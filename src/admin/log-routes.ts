// Routes about the log itself. Its keys are for the local operator alone, whoever may use the state directory; that evidence is
// made of it is recorded for an auditor, and so are the reviews that people sign off.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { stretchOf } from '../gateway/log-period.ts';
import { isAuditor } from './access.ts';
import {
  type EvidenceView,
  evidenceInput,
  type LogReviewView,
  logReviewInput,
  type RotatedView,
  rotateInput,
} from './contract-log.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { reasonPayload } from './reading.ts';

export function logRoutes({ rotation, log, reader, index, readers }: AdminDeps): Hono<AdminEnv> {
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
    await index.catchUp(reader);
    const [first, past] = await stretchOf(reader, index.setBacks(), [Date.parse(from), Date.parse(to)]);
    // What a package has to hold: its verifier sees nothing of the log beyond it.
    const whole = first < past ? { first, last: past - 1 } : {};
    const data = { from, to, ...whole, ...(seed === undefined ? {} : { seed }) };
    const { seq } = await log.append({ type: 'evidence.exported', subject: nameOf(caller.subject), data });
    await log.checkpoint();
    const view: EvidenceView = { origin: log.origin, seq };
    return c.json(view);
  });

  routes.post('/reviews', async (c) => {
    const caller = c.get('caller');
    if (caller.local || caller.subject.kind !== 'person' || !isAuditor(caller, readers()))
      return answerRefusal({
        code: 'not_an_auditor',
        text: 'A review is signed off by a person among the auditors, under their own name.',
      });
    const input = await bodyOf(c, logReviewInput);
    if (!input.ok) return answerRefusal(input.error);
    const { from, to, outcome, note, manifest } = input.value;
    if (!(Date.parse(from) < Date.parse(to)))
      return answerRefusal({ code: 'invalid_request', text: 'A review is of a period, the earlier time first.' });
    if (note.trim() === '')
      return answerRefusal({ code: 'reason_required', text: 'A review says what was looked at and found.' });
    const data = { from, to, outcome, ...(manifest === undefined ? {} : { manifest }) };
    const record = { type: 'audit.reviewed', subject: nameOf(caller.subject), data } as const;
    const { seq } = await log.append(record, reasonPayload({ note: note.trim() }));
    await log.checkpoint();
    const view: LogReviewView = { origin: log.origin, seq };
    return c.json(view);
  });

  return routes;
}
