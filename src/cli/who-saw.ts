// chartgate who-saw <patient-id>: what left about one patient, when, to whom. The gate records that it was asked, and why.

import { type WhoSawInput, whoSawView } from '../admin/contract-who-saw.ts';
import { findGate } from './gate.ts';
import { complain, type Io, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface WhoSawOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly reason: string;
  readonly from?: string;
  readonly to?: string;
  readonly before?: string;
}

export async function whoSaw(io: Io, patients: readonly string[], options: WhoSawOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const { reason, from, to, before } = options;
  const input: Omit<WhoSawInput, 'limit'> = {
    patients,
    reason,
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
    ...(before === undefined ? {} : { before: Number(before) }),
  };
  const answer = await gate.value.call('/who-saw', whoSawView, input);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
    return 0;
  }
  const { disclosures, unnamed, shredded, label, before: older } = answer.value;
  if (disclosures.length === 0) io.stderr.write('Nothing is on record that names this patient.\n');
  else {
    const headings = [
      'time',
      'recipient',
      'through',
      'connection',
      'what',
      'shown',
      'masked',
      'by',
      'purpose',
      'session',
    ];
    const rows = disclosures.map((each) => [
      each.time,
      each.recipient.id,
      each.recipient.agent ?? each.client,
      each.connection,
      each.what.join(' '),
      each.shown.join(' '),
      each.masked.join(' '),
      each.by === 'row' ? 'in the answer' : 'asked for',
      each.purpose ?? '',
      each.session,
    ]);
    for (const line of renderTable(io, headings, rows)) print(io, line);
  }
  io.stderr.write(`${label}\n`);
  if (unnamed > 0)
    io.stderr.write(
      `${unnamed} more answers of that time, about patients, do not say about which: this one may be in them.\n`,
    );
  if (shredded > 0)
    io.stderr.write(
      `${shredded} more answers of that time are about patients and were given in sessions that retention has shredded: about whom, nobody can tell any more.\n`,
    );
  if (older !== null) io.stderr.write(`There is more: --before ${older}\n`);
  return 0;
}
