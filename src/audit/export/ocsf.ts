// Entries as OCSF 1.8 events (https://schema.ocsf.io/1.8.0): API Activity 6003, Datastore Activity 6005, Authentication 3002,
// Authorize Session 3003, Account Change 3001, Detection Finding 2004. Names and counts only, as the entries hold them.

import { spokenNameOf } from '../../core/facts.ts';
import type { JsonObject } from '../../core/json.ts';
import type { RecordType } from '../../core/record.ts';
import { addressOf, type ExportEvent, type Format, idOf, subjectOf, troubleIn, undoneIn, wordIn } from './event.ts';

type ClassUid = 2004 | 3001 | 3002 | 3003 | 6003 | 6005;

const names: Readonly<Record<ClassUid, readonly [category: number, className: string, categoryName: string]>> = {
  2004: [2, 'Detection Finding', 'Findings'],
  3001: [3, 'Account Change', 'Identity & Access Management'],
  3002: [3, 'Authentication', 'Identity & Access Management'],
  3003: [3, 'Authorize Session', 'Identity & Access Management'],
  6003: [6, 'API Activity', 'Application Activity'],
  6005: [6, 'Datastore Activity', 'Application Activity'],
};

/** Captions of the activities we use; 99 is told in the words of the entry. */
const activities: Readonly<Record<ClassUid, Readonly<Record<number, string>>>> = {
  2004: { 1: 'Create', 2: 'Update', 3: 'Close' },
  3001: { 1: 'Create', 6: 'Delete' },
  3002: { 1: 'Logon', 2: 'Logoff' },
  3003: { 1: 'Assign Privileges' },
  6003: { 2: 'Read', 3: 'Update' },
  6005: { 2: 'Update', 4: 'Query', 5: 'Write', 7: 'Delete' },
};

interface Kind {
  readonly uid: ClassUid;
  /** `activity_id` of that class. */
  readonly activity: number;
  readonly severity: number;
}

/** `severity_id`: no action; the user decides; action, but nothing serious at this time; action, immediately. */
const informational = 1;
const low = 2;
const medium = 3;
const high = 4;
const other = 99;
const create = 1;
const update = 3;
/** Of a finding: it is still the one that was created, and somebody has looked at it or should have; it is settled. */
const modify = 2;
const close = 3;
/** Account Change: Delete. */
const remove = 6;

/** `response` says what its `request.end` says too; a heartbeat says nothing. */
const kinds: Readonly<Partial<Record<RecordType, Kind>>> = {
  'session.start': { uid: 3003, activity: 1, severity: informational },
  'session.end': { uid: 3002, activity: 2, severity: informational },
  'auth.accepted': { uid: 3002, activity: 1, severity: informational },
  'auth.refused': { uid: 3002, activity: 1, severity: low },
  'auth.signed_out': { uid: 3002, activity: 2, severity: informational },
  'credential.issued': { uid: 3001, activity: create, severity: informational },
  'account.connected': { uid: 3001, activity: create, severity: informational },
  'account.removed': { uid: 3001, activity: remove, severity: informational },
  'account.refused': { uid: 3002, activity: 1, severity: low },
  'client.registered': { uid: 3001, activity: create, severity: low },
  'break_glass.opened': { uid: 2004, activity: create, severity: high },
  'break_glass.overdue': { uid: 2004, activity: modify, severity: high },
  'break_glass.reviewed': { uid: 2004, activity: close, severity: informational },
  'tool.changed': { uid: 2004, activity: create, severity: medium },
  outcome_unknown: { uid: 2004, activity: create, severity: medium },
  'audit.read': { uid: 6003, activity: 2, severity: informational },
  'policy.changed': { uid: 6003, activity: update, severity: low },
  'config.changed': { uid: 6003, activity: update, severity: low },
  'export.set_aside': { uid: 6003, activity: other, severity: low },
};

/** Reviews that find what somebody has to act on. */
const unjustified: Kind = { uid: 2004, activity: modify, severity: high };
const concern: Kind = { uid: 2004, activity: create, severity: medium };

const unsent: ReadonlySet<RecordType> = new Set(['response', 'heartbeat']);

export const asOcsf: Format = (event) => {
  const { entry } = event;
  if (unsent.has(entry.type)) return [];
  const kind = kindOf(event);
  const [category, className, categoryName] = names[kind.uid];
  const isTrouble = troubleIn(event) !== null;
  const activity = activities[kind.uid][kind.activity] ?? entry.type;
  return [
    {
      category_uid: category,
      category_name: categoryName,
      class_uid: kind.uid,
      class_name: className,
      activity_id: kind.activity,
      activity_name: activity,
      type_uid: kind.uid * 100 + kind.activity,
      type_name: `${className}: ${kind.activity === other ? 'Other' : activity}`,
      time: Date.parse(entry.time),
      severity_id: isTrouble ? Math.max(kind.severity, low) : kind.severity,
      ...statusOf(event, kind),
      ...(wordIn(entry.data, 'code') === '' ? {} : { status_code: wordIn(entry.data, 'code') }),
      metadata: {
        version: '1.8.0',
        uid: idOf(event),
        sequence: entry.seq,
        product: { name: 'Chartgate', vendor_name: 'Chartgate' },
        log_name: event.origin,
        event_code: entry.type,
        ...(entry.request === undefined ? {} : { correlation_uid: entry.request }),
      },
      ...ofClass(event, kind),
      unmapped: { ...entry.data, ...(event.payload === undefined ? {} : { content: event.payload }) },
    },
  ];
};

/** The status of a finding is its way through review; of anything else, how it ended. */
function statusOf(event: ExportEvent, kind: Kind): JsonObject {
  if (kind === unjustified) return { status_id: 2, status: 'In Progress' };
  if (kind.uid === 2004)
    return kind.activity === close ? { status_id: 4, status: 'Resolved' } : { status_id: 1, status: 'New' };
  if (troubleIn(event)) return { status_id: 2, status: 'Failure' };
  const undone = undoneIn(event);
  if (undone !== null) return { status_id: 99, status: undone === 'held' ? 'Held' : 'Canceled' };
  return { status_id: 1, status: 'Success' };
}

function kindOf(event: ExportEvent): Kind {
  const { entry, session } = event;
  if (entry.type === 'break_glass.reviewed' && wordIn(entry.data, 'finding') === 'unjustified') return unjustified;
  if (entry.type === 'audit.reviewed' && wordIn(entry.data, 'outcome') === 'concern') return concern;
  const known = kinds[entry.type];
  if (known) return known;
  const isAbout = entry.type.startsWith('request') || entry.type === 'disclosure';
  if (!isAbout) return { uid: 6003, activity: other, severity: informational };
  return session?.door === 'postgres'
    ? { uid: 6005, activity: doneWith(wordIn(entry.data, 'command')), severity: informational }
    : { uid: 6003, activity: other, severity: informational };
}

/** What a statement does with the data; of several, what changes most. What does neither, or is not said again, is other. */
function doneWith(command: string): number {
  const has = (words: RegExp): boolean => command.split('; ').some((each) => words.test(each));
  if (has(/^(?:DELETE|TRUNCATE)/)) return 7;
  if (has(/^UPDATE/)) return 2;
  if (has(/^(?:INSERT|MERGE|COPY FROM)/)) return 5;
  return has(/^(?:SELECT|COPY|FETCH|EXECUTE|DECLARE)/) ? 4 : other;
}

function ofClass(event: ExportEvent, { uid, activity }: Kind): JsonObject {
  const { entry, session } = event;
  const connection = entry.connection ?? session?.connection ?? '';
  const gate = { name: event.origin };
  const ip = addressOf(event);
  const named = session?.client === '' ? 'unknown' : (session?.client ?? 'chartgate');
  const from = { name: named, ...(ip === null ? {} : { ip }) };
  const actor = { user: userOf(event), ...(entry.session === undefined ? {} : { session: { uid: entry.session } }) };
  const service = { name: connection === '' ? 'chartgate' : connection };
  switch (uid) {
    case 2004:
      return {
        finding_info: {
          title: entry.type,
          // A broken glass is one finding until it is reviewed.
          uid: wordIn(entry.data, 'break_glass') || idOf(event),
          [activity === create ? 'created_time' : 'modified_time']: Date.parse(entry.time),
        },
        is_alert: activity !== close,
        evidences: [{ actor, src_endpoint: from, dst_endpoint: gate }],
      };
    case 3001:
      return { user: userOf(event), actor, src_endpoint: from };
    case 3002:
      return { user: userOf(event), actor, service, src_endpoint: from, dst_endpoint: gate };
    case 3003:
      return {
        user: userOf(event),
        privileges: [service.name],
        session: { uid: entry.session ?? idOf(event) },
        src_endpoint: from,
        dst_endpoint: gate,
      };
    case 6003:
      return { actor, api: { operation: operationOf(event), service }, src_endpoint: from, dst_endpoint: gate };
    case 6005:
      // Database type 1: relational.
      return {
        actor,
        src_endpoint: from,
        dst_endpoint: gate,
        database: { name: service.name, type_id: 1 },
        type_id: 1,
      };
  }
}

function operationOf({ entry }: ExportEvent): string {
  const words = [wordIn(entry.data, 'method'), wordIn(entry.data, 'tool')].filter((each) => each !== '');
  return words.length > 0 ? words.join(' ') : entry.type;
}

/** Account types: 1 user, 3 system, 4 service. */
function userOf(event: ExportEvent): JsonObject {
  const subject = subjectOf(event);
  if (!subject) return { uid: 'chartgate', name: 'chartgate', type_id: 3 };
  const { id, issuer, kind, agent } = subject;
  return {
    uid: id,
    name: id,
    domain: issuer,
    type_id: kind === 'person' ? 1 : 4,
    ...(agent === undefined ? {} : { display_name: spokenNameOf(subject) }),
  };
}
