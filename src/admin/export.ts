// POST /export: a stretch of the log for another system to keep. Auditors only, each page recorded before it is read.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { exported } from '../gateway/export-events.ts';
import { stretchOf } from '../gateway/log-period.ts';
import { isAuditor } from './access.ts';
import { type ExportView, exportInput } from './contract-export.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { emptyPeriod, reasonPayload, usableReason } from './reading.ts';

const entriesPerPage = 1_000;

export function exportRoutes({ log, reader, index, readers }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post('/', async (c) => {
    const input = await bodyOf(c, exportInput);
    if (!input.ok) return answerRefusal(input.error);
    const caller = c.get('caller');
    if (!isAuditor(caller, readers()))
      return answerRefusal({ code: 'not_an_auditor', text: 'Exporting the log needs an auditor.' });
    const { format, payloads, from, to } = input.value;
    const reason = usableReason(input.value.reason);
    if (payloads && reason === null)
      return answerRefusal({
        code: 'reason_required',
        text: 'Exporting what was said needs a reason, which is recorded.',
      });
    const [since, until] = [
      from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
      to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to),
    ];
    if (since >= until) return answerRefusal(emptyPeriod);
    await index.catchUp(reader);
    const [first, past] = await stretchOf(reader, index.setBacks(), [since, until]);
    const end = Math.min(input.value.end ?? past, reader.size);
    const start = input.value.next ?? first;
    const stop = Math.min(start + entriesPerPage, end);
    const data = { what: 'export', format, payloads, from: start, to: stop };
    const record = { type: 'audit.read', subject: nameOf(caller.subject), data } as const;
    await log.append(record, reason === null ? undefined : reasonPayload({ reason }));
    const events: ExportView['events'][number][] = [];
    for await (const { time, event } of exported(
      { origin: log.origin, reader, index },
      [start, stop],
      format,
      payloads,
    )) {
      const moment = Date.parse(time);
      if (moment >= since && moment < until) events.push(event);
    }
    const view: ExportView = { events, next: stop >= end ? null : stop, end };
    return c.json(view);
  });
  return routes;
}
