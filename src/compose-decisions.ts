// The desks where people decide: approvals and break-glass, and the clock that ends and escalates what nobody attends to.
// Part of the composition root; a rule about requests has no business here.

import type { Logger } from 'pino';
import { systemClock as clock, every } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { SlackDeps } from './admin/slack.ts';
import { openNotifiers } from './compose-notices.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { type ApprovalDesk, createApprovalDesk } from './gateway/approval-desk.ts';
import { type BreakGlassDesk, createBreakGlassDesk } from './gateway/break-glass-desk.ts';
import { DoorRefusals } from './gateway/door-refusals.ts';
import { noticeOfApproval, noticeOfEmergency } from './gateway/notice-text.ts';
import { createNotificationDesk } from './gateway/notification-desk.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';
import type { Notice } from './ports/notices.ts';

export interface Decisions {
  readonly desk: ApprovalDesk;
  readonly breakGlass: BreakGlassDesk;
  /** Who answers Slack's buttons; null where no app is configured. */
  readonly slack: SlackDeps | null;
  /** Starts the clock; what it returns stops it. */
  readonly keepTime: () => () => void;
}

/** An escalation, or an end in the log, is never later than that. */
const tickMs = 5_000;

/** Refused: config_invalid. */
export function openDecisions(
  loaded: LoadedConfig,
  { store, log }: Foundation,
  rules: RulesInForce,
  logger: Logger,
): Result<Decisions> {
  const ways = openNotifiers(loaded);
  if (!ways.ok) return ways;
  const { notifiers, slackApps } = ways.value;
  const { publicUrl } = loaded.config;
  const onFailure = (text: string): void => logger.warn(text);
  const notifications = createNotificationDesk({ clock, log, queue: store.notices, notifiers, onFailure });
  const tell = (notice: Notice | null): void => {
    if (notice) notifications.tell(notice);
  };
  const desk = createApprovalDesk({
    clock,
    random,
    log,
    store: store.approvals,
    onMove: (approval, move) => tell(noticeOfApproval(approval, move, publicUrl)),
  });
  const breakGlass = createBreakGlassDesk({
    clock,
    random,
    log,
    store: store.emergencies,
    policy: () => rules.policy,
    isConnection: (name) => Object.hasOwn(loaded.config.connections, name),
    onMove: (emergency, move) => tell(noticeOfEmergency(emergency, move, publicUrl)),
  });
  const tick = async (): Promise<void> => {
    await desk.tick();
    await breakGlass.tick();
    await notifications.deliver();
  };
  return ok({
    desk,
    breakGlass,
    slack:
      slackApps.length === 0
        ? null
        : { clock, refusals: new DoorRefusals(clock, log, 'slack'), desk, apps: slackApps, onFailure },
    // A log that is closed closes the doors by itself.
    keepTime: () => every(tickMs, () => void tick().catch(() => {})),
  });
}
