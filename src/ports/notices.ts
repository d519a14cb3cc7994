// What people are told, and by what way. A notice says that something waits, where, and for whom; never what was asked.

import type { JsonObject } from '../core/json.ts';
import type { RecordType } from '../core/record.ts';
import type { Result } from '../core/result.ts';
import type { NotTaken } from './not-taken.ts';

/** INVARIANT: names, codes, classes and times only; no statement, argument, reason or row. */
export interface Notice {
  /** Of the thing and what became of it: told once by each way. */
  readonly id: string;
  readonly kind: RecordType;
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  readonly link: string;
  /** The approval to be decided, where there is one. */
  readonly approval: string | null;
  /** Groups it is for. */
  readonly reviewers: readonly string[];
}

/** One way to tell people: a Slack channel, a webhook, a mailbox. */
export interface Notifier {
  /** Stable over restarts, so that what is queued finds its way: type and place in the configuration. */
  readonly name: string;
  /** Only notices for one of these groups; null = all. */
  readonly groups: readonly string[] | null;
  /** Refused: upstream_unavailable (worth another try), upstream_refused (not worth one). Never rejects. */
  send(notice: Notice, now: number): Promise<Result<void, NotTaken>>;
}

export interface QueuedNotice {
  readonly notice: Notice;
  readonly way: string;
  readonly attempts: number;
  readonly queuedMs: number;
  readonly dueMs: number;
}

/** What is still to be told. Durable when a call returns. */
export interface NoticeQueue {
  /** Replaces what is queued under the same notice and way. */
  put(queued: QueuedNotice): void;
  /** Those due at `now`, the oldest first, at most 100. */
  due(now: number): readonly QueuedNotice[];
  remove(notice: string, way: string): void;
}

/** Slack's dialog for a reason, opened for who pressed a button. Never rejects. */
export interface SlackDialogs {
  open(trigger: string, view: JsonObject): Promise<Result<void>>;
}
