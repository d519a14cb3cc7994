// Retention of a running gate: the desk over what the state directory holds, and its daily round.

import { createHmac } from 'node:crypto';
import type { Logger } from 'pino';
import { systemClock as clock, every } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { Foundation } from './foundation.ts';
import type { PatientNaming } from './gateway/patient-names.ts';
import { createRetentionDesk, type RetentionDesk } from './gateway/retention-desk.ts';

export function openRetention(retainMs: number, foundation: Foundation, patients: PatientNaming): RetentionDesk {
  const { keys, store, log, payloads, index } = foundation;
  const naming = keys.derive('held patients');
  return createRetentionDesk({
    clock,
    random,
    log,
    reader: log.reader,
    keep: payloads,
    holds: store.holds,
    retainMs,
    index,
    patients,
    patientDigest: (patient) => createHmac('sha256', naming).update(patient).digest('hex'),
  });
}

const roundMs = 86_400_000;

/** A round at once and then daily. Returns what stops it. */
export function keepRounds(retention: RetentionDesk, logger: Logger): () => void {
  const round = async (): Promise<void> => {
    try {
      const { sessions, packs, keys, before, leapt } = await retention.shred({ unattended: true });
      if (leapt)
        logger.error(
          { before },
          'the clock is more than 40 days further than at the last round of retention: nothing is destroyed until `chartgate audit shred` is run by a person',
        );
      if (sessions.length + packs > 0)
        logger.info({ before, sessions: sessions.length, keys }, 'payloads past their time were shredded');
    } catch (error) {
      logger.error({ err: error }, 'retention could not be carried out; the next round tries again');
    }
  };
  void round();
  return every(roundMs, () => void round());
}
