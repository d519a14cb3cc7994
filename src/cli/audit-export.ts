// chartgate audit export: a stretch of the log as lines of JSON, in the words of OCSF or FHIR or in its own, on stdout.

import { exportView } from '../admin/contract-export.ts';
import { findGate } from './gate.ts';
import { complain, type Io } from './io.ts';

export interface ExportOptions {
  readonly config: string;
  readonly format: string;
  readonly from?: string;
  readonly to?: string;
  readonly payloads?: boolean;
  readonly reason?: string;
}

export async function auditExport(io: Io, options: ExportOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const { format, from, to, payloads = false, reason } = options;
  const asked = {
    format,
    payloads,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
  };
  let page: { next?: number; end?: number } = {};
  for (;;) {
    const answer = await gate.value.call('/export', exportView, { ...asked, ...page });
    if (!answer.ok) return complain(io, answer.error);
    const { events, next, end } = answer.value;
    for (const event of events) io.stdout.write(`${JSON.stringify(event)}\n`);
    if (next === null) return 0;
    page = { next, end };
  }
}
