// chartgate break-glass: open it in an emergency, close it, and review what was done under it.

import type { BreakGlassView } from '../admin/contract-break-glass.ts';
import { breakGlassView } from '../admin/contract-break-glass.ts';
import { parseDuration } from '../core/duration.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface BreakGlassOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function breakGlass(
  io: Io,
  connection: string,
  options: BreakGlassOptions & { readonly reason: string; readonly for: string },
): Promise<number> {
  const ms = parseDuration(options.for);
  if (ms === null || ms < 1000)
    return complain(io, { code: 'usage', text: '--for takes a duration.', next: 'Say --for 30m, for example.' });
  return post(io, '', { connection, reason: options.reason, seconds: Math.floor(ms / 1000) }, options);
}

export async function listBreakGlass(io: Io, options: BreakGlassOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/break-glass', breakGlassView.array());
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    io.stderr.write('No glass was broken.\n');
  } else {
    const headings = ['id', 'status', 'subject', 'connection', 'opened', 'until', 'review due', 'yours to review'];
    const rows = answer.value.map((each) => [
      each.id,
      each.status,
      each.subject.id,
      each.connection,
      each.opened,
      each.until,
      each.review_due,
      each.yours ? 'yes' : '',
    ]);
    for (const line of renderTable(io, headings, rows)) print(io, line);
  }
  return 0;
}

export async function closeBreakGlass(io: Io, id: string, options: BreakGlassOptions): Promise<number> {
  return post(io, `/${encodeURIComponent(id)}/close`, {}, options);
}

export async function reviewBreakGlass(
  io: Io,
  id: string,
  options: BreakGlassOptions & { readonly reason: string; readonly unjustified?: boolean },
): Promise<number> {
  const finding = options.unjustified ? 'unjustified' : 'justified';
  return post(io, `/${encodeURIComponent(id)}/review`, { finding, reason: options.reason }, options);
}

async function post(io: Io, path: string, body: object, options: BreakGlassOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call(`/break-glass${path}`, breakGlassView, body);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else present(io, answer.value);
  return 0;
}

function present(io: Io, view: BreakGlassView): void {
  const lines: [string, string][] = [
    ['break-glass', `${view.id} (${view.status})`],
    ['by', view.subject.id],
    ['on', view.connection],
    ['from', view.opened],
    ['until', view.until],
    ['reviewers', `${view.reviewers.join(', ')}, by ${view.review_due}`],
  ];
  if (view.reason !== undefined) lines.push(['reason', view.reason]);
  if (view.review) lines.push(['reviewed', `by ${view.review.by.id}, ${view.review.at}: ${view.review.reason}`]);
  for (const [label, text] of lines) print(io, `${label.padEnd(11)} ${plain(text)}`);
}
