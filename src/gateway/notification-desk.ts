// Tells people, by every way that is configured, until each way has taken it or a day has passed. What is to be told is in
// the store first, so that a restart forgets nothing. A way that does not answer never holds up a request.

import { ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { type Log, LogUnavailable } from '../ports/log.ts';
import type { Notice, NoticeQueue, Notifier, QueuedNotice } from '../ports/notices.ts';

export interface NotificationDesk {
  /** Queues it, durably, and sends it soon. Never throws for a way that fails. */
  tell(notice: Notice): void;
  /** Sends what is due. Calls join the round that is under way. */
  deliver(): Promise<void>;
}

export interface NotificationDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'append'>;
  readonly queue: NoticeQueue;
  readonly notifiers: readonly Notifier[];
  readonly onFailure: (text: string) => void;
}

const firstPauseMs = 5_000;
const longestPauseMs = 3_600_000;
const giveUpMs = 86_400_000;

export function createNotificationDesk(deps: NotificationDeps): NotificationDesk {
  const { clock, log, queue, notifiers, onFailure } = deps;
  const byName = new Map(notifiers.map((each) => [each.name, each]));
  /** Until when a way has asked for nothing, ms since the epoch. */
  const quietUntil = new Map<string, number>();
  let round: Promise<void> | null = null;

  async function deliverDue(): Promise<void> {
    for (let due = queue.due(clock.now()); due.length > 0; due = queue.due(clock.now()))
      await Promise.all(due.map(deliverOne));
  }

  async function deliverOne(queued: QueuedNotice): Promise<void> {
    const { notice, way, attempts } = queued;
    const notifier = byName.get(way);
    const quietMs = quietUntil.get(way) ?? 0;
    if (quietMs > clock.now()) return queue.put({ ...queued, dueMs: quietMs });
    const sent = notifier ? await notifier.send(notice, clock.now()) : ok(undefined);
    const now = clock.now();
    const hopeless = !sent.ok && (sent.error.code === 'upstream_refused' || now - queued.queuedMs >= giveUpMs);
    if (!sent.ok && !hopeless) {
      onFailure(`${way} does not take a notice: ${sent.error.text}`);
      const { retryAfterMs = 0 } = sent.error;
      quietUntil.set(way, now + retryAfterMs);
      const pauseMs = Math.max(Math.min(firstPauseMs * 2 ** attempts, longestPauseMs), retryAfterMs);
      queue.put({ ...queued, attempts: attempts + 1, dueMs: now + pauseMs });
      return;
    }
    if (!sent.ok) onFailure(`${way} did not take a notice, and will not: ${sent.error.text}`);
    queue.remove(notice.id, way);
    // A way that is no longer configured: there is nobody left to tell by it.
    if (!notifier) return;
    await log.append({
      type: sent.ok ? 'notification.sent' : 'notification.failed',
      ...(notice.approval === null ? {} : { approval: notice.approval }),
      data: { notice: notice.id, way, attempts: attempts + 1 },
    });
  }

  const desk: NotificationDesk = {
    tell(notice) {
      const now = clock.now();
      for (const { name, groups } of notifiers) {
        if (groups && !groups.some((group) => notice.reviewers.includes(group))) continue;
        queue.put({ notice, way: name, attempts: 0, queuedMs: now, dueMs: now });
      }
      void desk.deliver();
    },
    deliver() {
      round ??= deliverDue()
        .catch((error: unknown) => {
          // A log that is closed closes the gate by itself.
          if (!(error instanceof LogUnavailable)) onFailure('The notices that wait could not be read or written.');
        })
        .finally(() => {
          round = null;
        });
      return round;
    },
  };
  return desk;
}
