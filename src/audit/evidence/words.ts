// What the codes of the records mean, for people who have never seen one.

import { errors } from '../../core/errors.ts';
import type { RecordType } from '../../core/record.ts';

export const typeWords: Readonly<Record<RecordType, string>> = {
  'session.start': 'a session began',
  'session.end': 'a session ended',
  request: 'something was asked and decided',
  response: 'a part of an answer left',
  'request.end': 'a request was over',
  outcome_unknown: 'a crash left the outcome of a request unknown',
  disclosure: 'an answer about patients',
  'approval.requested': 'an approval was asked for',
  'approval.explained': 'the reason for a request was given',
  'approval.escalated': 'more people were asked to decide',
  'approval.decided': 'somebody decided about a request',
  'approval.refused': 'a decision did not count',
  'approval.expired': 'a request or an approval ran out of time',
  'approval.used': 'an approval was used',
  'break_glass.opened': 'the glass was broken',
  'break_glass.ended': 'broken glass ended',
  'break_glass.overdue': 'broken glass was not reviewed in time',
  'break_glass.reviewed': 'broken glass was reviewed',
  'break_glass.refused': 'breaking or reviewing was refused',
  'notification.sent': 'people were told',
  'notification.failed': 'people could not be told',
  'auth.accepted': 'a sign-in',
  'auth.refused': 'a refused sign-in',
  'auth.signed_out': 'a sign-in ended',
  'client.registered': 'an OAuth client was registered',
  'credential.issued': 'a short-lived credential was issued',
  'account.connected': 'an account at an MCP server was connected',
  'account.removed': 'an account at an MCP server was removed',
  'account.refused': 'an account at an MCP server was not connected',
  'tool.pinned': 'a definition was seen first',
  'tool.changed': 'a changed definition was held',
  'tool.decided': 'somebody decided about a changed definition',
  'server.stderr': 'an MCP server wrote messages',
  'policy.changed': 'the policy in force',
  'config.changed': 'the configuration in force',
  'audit.read': 'the log was read',
  'audit.reviewed': 'the log was reviewed',
  'evidence.exported': 'an evidence package was made',
  'retention.held': 'a legal hold was added',
  'retention.released': 'a legal hold was released',
  'retention.shredded': 'payloads were destroyed, their time being over',
  'audit.archived': 'the log was copied to the archive',
  'export.set_aside': 'a receiver rejected records',
  'key.rotated': 'the log got a new key',
  'key.added': 'the log got a second signature',
  'key.replaced': 'payload keys were wrapped anew',
  'node.start': 'the gate started',
  'node.stop': 'the gate stopped in order',
  heartbeat: 'the gate was alive',
};

/** By the `status` of a request's end. */
export const endingWords: Readonly<Record<string, string>> = {
  ok: 'answered',
  limited: 'answered up to the limit of rows',
  held: 'held for an approval',
  refused: 'refused by the gate',
  error: 'failed at the server behind the gate',
  canceled: 'canceled, or the caller went away',
};

/** By the `method` of a session's start. */
export const methodWords: Readonly<Record<string, string>> = {
  jwt: 'a token',
  oauthbearer: 'a token, by SASL',
  scram: 'a short-lived credential, by SCRAM',
};

/** By the `effect` of a decision. */
export const effectWords: Readonly<Record<string, string>> = {
  allow: 'let through',
  hold: 'held for an approval',
  deny: 'refused',
};

const refusals: ReadonlyMap<string, { readonly text: string }> = new Map(Object.entries(errors));

/** `counted`: as refusals are counted, `what: code`. Empty for a code that this release does not have. */
export function refusalWords(counted: string): string {
  return refusals.get(counted.slice(counted.indexOf(': ') + 2))?.text ?? '';
}
