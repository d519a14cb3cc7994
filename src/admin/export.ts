// POST /export: a stretch of the log for another system to keep. Auditors only, each page recorded before it is read.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { exported } from '../gateway/export-events.ts';
import type { LogReader } from '../ports/log.ts';
import { isAuditor } from './access.ts';
import { type ExportView, exportInput } from './contract-export.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { reasonPayload, usableReason } from './reading.ts';

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
    const end = Math.min(input.value.end ?? reader.size, reader.size);
    const start = input.value.next ?? (from === undefined ? 0 : await firstAt(reader, Date.parse(from), end));
    const stop = Math.min(start + entriesPerPage, end);
    const data = { what: 'export', format, payloads, from: start, to: stop };
    const record = { type: 'audit.read', subject: nameOf(caller.subject), data } as const;
    await log.append(record, reason === null ? undefined : reasonPayload({ reason }));
    const until = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
    const events: ExportView['events'][number][] = [];
    let over = stop >= end;
    for await (const each of exported({ origin: log.origin, reader, index }, [start, stop], format, payloads)) {
      over ||= Date.parse(each.time) >= until;
      if (Date.parse(each.time) >= until) break;
      events.push(each.event);
    }
    const view: ExportView = { events, next: over ? null : stop, end };
    return c.json(view);
  });
  return routes;
}

/** Times in the log never go back: the first entry at or after a moment is found by halving. */
async function firstAt(reader: LogReader, moment: number, end: number): Promise<number> {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let time = Number.POSITIVE_INFINITY;
    for await (const entry of reader.entries(middle, middle + 1)) time = Date.parse(entry.time);
    if (time < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
