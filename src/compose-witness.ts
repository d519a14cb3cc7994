// Witnesses of a running gate: once a minute they are asked for cosignatures, what a quorum has cosigned is kept beside the
// checkpoint, and what they find wrong is told. No request ever waits for this.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { diskStorage } from './adapters/log-files/disk.ts';
import { DurableFiles } from './adapters/log-files/durable-files.ts';
import { readOnlyFiles } from './adapters/log-files/read-only-files.ts';
import type { Metrics } from './adapters/metrics/metered-log.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { Cosigning, type Round, type Witness } from './adapters/witness-client/cosigning.ts';
import { parseLogKeys } from './audit/log-keys.ts';
import { parseVkey } from './audit/note.ts';
import { cosignedFile } from './audit/verify.ts';
import type { Config } from './config/config.ts';
import { ok, type Result, refuse } from './core/result.ts';

const roundMs = 60_000;

/** Refused: config_invalid. */
export function witnessesOf({ audit }: Config): Result<Witness[]> {
  const witnesses: Witness[] = [];
  for (const { url, key } of audit.witnesses) {
    const parsed = parseVkey(key);
    if (!parsed.ok || parsed.value.algorithm === 'ed25519')
      return refuse('config_invalid', `audit.witnesses: the key of ${url} is none of a witness.`);
    witnesses.push({ url, key: parsed.value });
  }
  return ok(witnesses);
}

/** Returns what stops it. Refused: config_invalid. The log is open. */
export function keepWitnesses(config: Config, metrics: Metrics, logger: Logger): Result<() => Promise<void>> {
  const { state, audit } = config;
  const found = witnessesOf(config);
  if (!found.ok) return found;
  const witnesses = found.value;
  if (witnesses.length === 0) return ok(async () => {});
  const files = new DurableFiles(diskStorage(state));
  const log = readOnlyFiles(join(state, 'log'));
  const asked = new Cosigning(log, witnesses, audit.quorum);
  let stopped = false;
  let cancel = (): void => {};
  let lacking = false;
  const round = async (): Promise<void> => {
    try {
      const keys = parseLogKeys(Buffer.from((await log.read('log.vkey')) ?? '').toString());
      const result = keys.ok ? await asked.round(keys.value) : undefined;
      if (!result) return;
      // Kept before it is told of. What fewer have cosigned does not take the place of what a quorum has.
      if (result.cosigned !== null)
        await files.replace(`log/${cosignedFile}`, Buffer.from(result.cosigned), { temporary: `${cosignedFile}.next` });
      metrics.witnessed(result.outcomes, result.cosigned === null ? null : result.size);
      lacking = tell(result, lacking, audit.quorum, logger);
    } catch (error) {
      logger.error({ err: error }, 'what the witnesses cosigned could not be kept; the next round tries again');
    } finally {
      if (!stopped) cancel = clock.after(roundMs, () => void (running = round()));
    }
  };
  let running = round();
  return ok(async () => {
    stopped = true;
    cancel();
    await running;
  });
}

/** Whether the quorum is lacking: said once. What shows another history is said every time. */
function tell({ outcomes, cosigned, size }: Round, was: boolean, quorum: number, logger: Logger): boolean {
  for (const [witness, outcome] of outcomes)
    if (outcome === 'rolled_back' || outcome === 'forked')
      logger.fatal(
        { witness, outcome, size },
        'a witness has cosigned another history of this log than the one kept here',
      );
  if (cosigned === null && !was)
    logger.error(
      { quorum, outcomes: Object.fromEntries(outcomes) },
      'too few witnesses cosign: audit.witness_policy is not met',
    );
  if (cosigned !== null && was) logger.info({ size }, 'enough witnesses cosign again');
  return cosigned === null;
}
