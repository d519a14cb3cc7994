// What an exporter knows of one entry of the log: the entry, and the session it belongs to. Payloads are not part of it: what
// was said leaves the gate only where somebody asks for it, with a reason.

import type { Json, JsonObject } from '../../core/json.ts';
import type { Entry, RecordInput, RecordType, Weight } from '../../core/record.ts';

export interface ExportEvent {
  readonly entry: Entry;
  /** The log's origin. */
  readonly origin: string;
  /** Null for what belongs to no session. */
  readonly session: {
    readonly subject: NonNullable<RecordInput['subject']>;
    readonly connection: string;
    readonly door: string;
    readonly client: string;
    readonly address: string;
  } | null;
  /** Decrypted payload, where it was asked for. */
  readonly payload?: Json;
}

/** One entry in the words of a format: none where it has no word for it, several where it wants one for each patient. */
export type Format = (event: ExportEvent) => readonly JsonObject[];

export function subjectOf({ entry, session }: ExportEvent): RecordInput['subject'] {
  return entry.subject ?? session?.subject;
}

export function wordIn(data: JsonObject | undefined, key: string): string {
  const value = data?.[key];
  return typeof value === 'string' ? value : '';
}

/** Stays the same however often it is sent: receivers drop what they have. */
export function idOf({ entry, origin }: ExportEvent): string {
  return `${origin}/${entry.seq}`;
}

/** The entry as it stands in the log; this format leaves nothing out. */
export const asRecord: Format = (event) => [
  {
    id: idOf(event),
    ...event.entry,
    ...(event.session ? { of: sessionIn(event.session) } : {}),
    ...(event.payload === undefined ? {} : { content: event.payload }),
  },
];

/** What never changes about it: an event that is sent again is the same. */
function sessionIn({ subject, connection, door, client, address }: NonNullable<ExportEvent['session']>): JsonObject {
  return { subject: { ...subject }, connection, door, client, address };
}

/** The client's IP address, where the log has one. */
export function addressOf({ entry, session }: ExportEvent): string | null {
  const address = session?.address ?? wordIn(entry.data, 'address');
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$/.test(address) ? address : null;
}

/** It waits for an approval, or was given up: neither done nor refused. */
export function undoneIn({ entry }: ExportEvent): 'held' | 'canceled' | null {
  const [effect, status] = [wordIn(entry.data, 'effect'), wordIn(entry.data, 'status')];
  if (entry.type === 'request' && effect === 'hold') return 'held';
  if (entry.type !== 'request.end') return null;
  return status === 'held' || status === 'canceled' ? status : null;
}

/** Somebody asked for something that is not theirs. */
const refusals: ReadonlySet<RecordType> = new Set([
  'auth.refused',
  'account.refused',
  'approval.refused',
  'break_glass.refused',
]);
const failures: ReadonlySet<RecordType> = new Set(['outcome_unknown', 'notification.failed']);

/** All is in order, and yet somebody has to look at it. */
const significant: ReadonlySet<RecordType> = new Set(['break_glass.opened', 'break_glass.overdue', 'tool.changed']);

export function weightOf(event: ExportEvent): Weight {
  const { type, data } = event.entry;
  if (troubleIn(event)) return 'warning';
  const isFound = wordIn(data, 'finding') === 'unjustified' || wordIn(data, 'outcome') === 'concern';
  return significant.has(type) || isFound ? 'notice' : 'info';
}

/** Something was not let through, or went wrong; null where neither. */
export function troubleIn({ entry }: ExportEvent): 'refused' | 'failed' | null {
  const [effect, status] = [wordIn(entry.data, 'effect'), wordIn(entry.data, 'status')];
  if (refusals.has(entry.type) || effect === 'deny' || status === 'refused') return 'refused';
  return failures.has(entry.type) || status === 'error' ? 'failed' : null;
}
