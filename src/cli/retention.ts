// chartgate audit hold add|ls|release and audit shred: what is kept beyond its time, and what goes.

import { holdView, shredView } from '../admin/contract-retention.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { warnOfUnseen } from './sessions.ts';
import { renderTable } from './table.ts';

export interface RetentionOptions {
  readonly config: string;
  readonly json?: boolean;
}

export interface HoldOptions extends RetentionOptions {
  readonly session?: string;
  readonly subject?: string;
  readonly patient?: readonly string[];
  readonly reason: string;
}

export async function addHold(io: Io, options: HoldOptions): Promise<number> {
  const { session, subject, patient, reason } = options;
  const named = Object.entries({ session, subject, patient }).filter(([, target]) => target !== undefined);
  const [kind, target] = named[0] ?? [];
  if (named.length !== 1 || kind === undefined)
    return complain(io, { code: 'usage', text: 'A hold is of one --session, one --subject or one --patient.' });
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/retention/holds', holdView, { kind, target, reason });
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else print(io, `${answer.value.id}: nothing of this ${kind} is shredded until the hold is released.`);
  if (!options.json && kind === 'patient') print(io, extentOf(answer.value.kinds));
  if (kind === 'subject') await warnOfUnseen(io, gate.value, answer.value.target);
  return 0;
}

function extentOf(kinds: readonly string[]): string {
  return kinds.length === 0
    ? 'It keeps every session, as no kind of identifier was named that a connection knows (such as mrn:4711).'
    : `It keeps sessions in which the patient was seen by ${kinds.join(' or ')}, and all of which that cannot be known.`;
}

export async function listHolds(io: Io, options: RetentionOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/retention/holds', holdView.array());
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    io.stderr.write('Nothing is on hold.\n');
  } else {
    const headings = ['id', 'of', 'which', 'since', 'by', 'reason'];
    const rows = answer.value.map((each) => [
      each.id,
      each.kind,
      each.kind === 'patient'
        ? `${each.target.slice(0, 16)}… (${each.kinds.join(', ') || 'every session'})`
        : each.target,
      each.since,
      each.by.id,
      plain(each.reason),
    ]);
    for (const line of renderTable(io, headings, rows)) print(io, line);
  }
  return 0;
}

export async function releaseHold(
  io: Io,
  id: string,
  options: RetentionOptions & { readonly reason: string },
): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const path = `/retention/holds/${encodeURIComponent(id)}/release`;
  const answer = await gate.value.call(path, holdView, { reason: options.reason });
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else print(io, `${answer.value.id}: released; what is past its time goes with the next round.`);
  return 0;
}

export async function shred(io: Io, options: RetentionOptions & { readonly dryRun?: boolean }): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/retention/shred', shredView, { dry_run: options.dryRun ?? false });
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
    return 0;
  }
  const { dry_run: dryRun, before, sessions, packs, kept, keys } = answer.value;
  for (const session of sessions) print(io, session);
  const what = `${sessions.length} sessions and ${packs} groups of payloads without one, older than ${before}`;
  print(io, dryRun ? `Would be shredded: ${what}.` : `Shredded: ${what}; ${keys} keys destroyed.`);
  if (kept > 0) print(io, `Kept beyond their time: ${kept} sessions that are on hold, or not over.`);
  return 0;
}
