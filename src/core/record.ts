// What the audit log says: one entry, small. INVARIANT: it is free of PHI; the words of a request and its masked answer are
// payload, encrypted and kept apart, and the entry holds only the digest of the ciphertext.

import type { Named } from './facts.ts';
import type { JsonObject } from './json.ts';

export const recordTypes = [
  'session.start',
  'session.end',
  'request',
  'response',
  'request.end',
  'outcome_unknown',
  'disclosure',
  'approval.requested',
  'approval.explained',
  'approval.escalated',
  'approval.decided',
  'approval.refused',
  'approval.expired',
  'approval.used',
  'break_glass.opened',
  'break_glass.ended',
  'break_glass.overdue',
  'break_glass.reviewed',
  'break_glass.refused',
  'notification.sent',
  'notification.failed',
  'auth.accepted',
  'auth.refused',
  'auth.signed_out',
  'client.registered',
  'credential.issued',
  'account.connected',
  'account.removed',
  'account.refused',
  'tool.pinned',
  'tool.changed',
  'tool.decided',
  'server.stderr',
  'policy.changed',
  'config.changed',
  'audit.read',
  'audit.reviewed',
  'evidence.exported',
  'retention.held',
  'retention.released',
  'retention.shredded',
  'audit.archived',
  'export.set_aside',
  'key.rotated',
  'key.added',
  'key.replaced',
  'node.start',
  'node.stop',
  'heartbeat',
] as const;

export type RecordType = (typeof recordTypes)[number];

/** What a caller of the log hands over; the log adds `v`, `seq`, `time` and `payload`. */
export interface RecordInput {
  readonly type: RecordType;
  readonly session?: string;
  /** The session and request that caused this session (a tool call causes SQL). */
  readonly parent?: { readonly session: string; readonly request?: string };
  readonly request?: string;
  readonly approval?: string;
  readonly subject?: Named;
  readonly connection?: string;
  /** Counts, codes, rule names, class names, digests of nothing guessable. Never a value from a request or a row. */
  readonly data?: JsonObject;
}

/** `media` says how the plaintext is to be read: `application/json`, or `application/x-postgres-backend` (raw messages). */
export interface Payload {
  readonly media: 'application/json' | 'application/x-postgres-backend';
  readonly bytes: Uint8Array;
}

const utf8 = new TextEncoder();

/** Of JSON, as text. */
export function jsonPayload(json: string): Payload {
  return { media: 'application/json', bytes: utf8.encode(json) };
}

/** An entry as it stands in the log, in canonical JSON. */
export interface Entry extends RecordInput {
  readonly v: 1;
  /** Index in the tree, from 0. */
  readonly seq: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** SHA-256 (hex) and length of the encrypted blob. */
  readonly payload?: { readonly sha256: string; readonly bytes: number; readonly media: Payload['media'] };
}

/** To whoever watches: something was refused or failed; all is in order, and somebody has to look at it; anything else. */
export type Weight = 'warning' | 'notice' | 'info';
