// The archive of a running gate: which place, its pace, what is told when it lags, and the gate closing when it lags too far.

import type { Logger } from 'pino';
import { systemClock as clock, every } from './adapters/system/clock.ts';
import { archiveAt } from './cli/archive-place.ts';
import type { ArchiveConfig } from './config/config.ts';
import { ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { createArchiveDesk } from './gateway/archive-desk.ts';
import { type Log, LogUnavailable, logWith } from './ports/log.ts';

/** A lag is told so often at the least. */
const alarmMs = 600_000;

/**
 * Starts archiving. The foundation that comes back is the one the doors get: its log takes no new session or request while the
 * archive is further behind than `close` allows. Refused: upstream_refused, when the place cannot keep what it is given.
 */
export async function openArchive(
  { config, retainMs }: { readonly config: ArchiveConfig; readonly retainMs: number },
  foundation: Foundation,
  logger: Logger,
  onClose: (close: () => unknown) => void,
): Promise<Result<Foundation>> {
  const archive = await archiveAt(config);
  const checked = (await archive.check?.()) ?? ok(undefined);
  // A place that cannot be reached now may be reached later; one that does not lock never will.
  if (!checked.ok && checked.error.code !== 'upstream_unavailable') return checked;
  const { log, metrics } = foundation;
  const desk = createArchiveDesk({
    clock,
    log,
    reader: log.reader,
    source: foundation.archiveSource,
    archive,
    retainMs,
    everyMs: config.everyMs,
    onState: (failure) =>
      failure
        ? logger.warn(
            { archive: archive.place, error: failure.text },
            'the log could not be archived; it is tried again',
          )
        : logger.info({ archive: archive.place }, 'the log is archived again'),
  });
  metrics.watch('chartgate_archive_lag_seconds', 'Age of the oldest entry that may not be in the archive.', () =>
    Math.round(desk.lagMs() / 1000),
  );
  metrics.watch('chartgate_archive_entries', 'Entries in the archive.', () => desk.size);
  metrics.watch('chartgate_archive_failures', 'Cuts that failed since the last that did not.', () => desk.failures);
  const stop = desk.start();
  const stopAlarm = every(Math.min(config.warnMs, alarmMs), () => {
    const lagMs = desk.lagMs();
    if (lagMs > config.warnMs)
      logger.error({ archive: archive.place, lagSeconds: Math.round(lagMs / 1000) }, 'the archive lags behind');
  });
  onClose(async () => {
    stopAlarm();
    await stop();
  });
  const { closeMs } = config;
  if (closeMs === null) return ok(foundation);
  return ok({ ...foundation, log: closedWhile(log, () => desk.lagMs() > closeMs) });
}

const lagging = {
  text: 'The archive of the audit log is too far behind, so the gate begins nothing new.',
  next: 'Try again once it has caught up; the operator should look at the storage of audit.archive.',
};

/** What runs goes on and is recorded to its end; nothing new begins. */
function closedWhile(log: Foundation['log'], isTooFar: () => boolean): Foundation['log'] {
  const append: Log['append'] = (record, payload, patient) =>
    (record.type === 'session.start' || record.type === 'request') && isTooFar()
      ? Promise.reject(new LogUnavailable('the archive of the audit log is too far behind', { told: lagging }))
      : log.append(record, payload, patient);
  return logWith(log, { append, isOpen: () => !isTooFar() });
}
