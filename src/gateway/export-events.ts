// Entries of the log as exporters see them: with the session each belongs to, and its payload only where that was asked for.

import { asRecord, type ExportEvent, type Format, weightOf } from '../audit/export/event.ts';
import { asFhir } from '../audit/export/fhir.ts';
import { asOcsf } from '../audit/export/ocsf.ts';
import { type Json, parseJson } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import type { Exported } from '../ports/export.ts';
import type { LogReader } from '../ports/log.ts';
import type { SessionIndex } from '../ports/sessions.ts';

export interface ExportSource {
  readonly origin: string;
  readonly reader: LogReader;
  readonly index: Pick<SessionIndex, 'get' | 'catchUp'>;
}

export type FormatName = 'ocsf' | 'fhir' | 'ndjson';

const formats: Readonly<Record<FormatName, Format>> = { ocsf: asOcsf, fhir: asFhir, ndjson: asRecord };

/** Entries [from, to) in the words of a format, without those it has none for. */
export async function* exported(
  source: ExportSource,
  [from, to]: readonly [number, number],
  format: FormatName,
  withPayloads: boolean,
): AsyncGenerator<Exported> {
  const { reader, index, origin } = source;
  await index.catchUp(reader);
  for await (const entry of reader.entries(from, to)) {
    const payload = withPayloads ? await contentOf(reader, entry) : undefined;
    const session = entry.session === undefined ? undefined : index.get(entry.session);
    const known: ExportEvent = {
      entry,
      origin,
      session: session ?? null,
      ...(payload === undefined ? {} : { payload }),
    };
    const { seq, time, type } = entry;
    for (const event of formats[format](known)) yield { seq, time, type, weight: weightOf(known), event };
  }
}

/** JSON as it is; the messages of a PostgreSQL server in base64. */
async function contentOf(reader: LogReader, entry: Entry): Promise<Json | undefined> {
  const payload = await reader.payload(entry);
  if (!payload) return undefined;
  const bytes = Buffer.from(payload.bytes.buffer, payload.bytes.byteOffset, payload.bytes.byteLength);
  if (payload.media !== 'application/json') return { media: payload.media, base64: bytes.toString('base64') };
  return parseJson(bytes.toString('utf8'));
}
