// `chartgate serve`: opens the state directory, then the doors, and closes them in the reverse order when told to stop.

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { destination, type Logger, pino } from 'pino';
import { watchFiles } from './adapters/config-file/watch.ts';
import { keyFromText, keyInState } from './adapters/key-file/kek.ts';
import { keepKekId, type NodeKeys, nodeKeys } from './adapters/key-file/node-keys.ts';
import { refuseUnfinished } from './adapters/key-file/replacement.ts';
import { openLog } from './adapters/log-files/open-log.ts';
import { meter } from './adapters/metrics/metered-log.ts';
import { openSessionIndex } from './adapters/sqlite-store/projection.ts';
import { openStore } from './adapters/sqlite-store/store.ts';
import { lockState } from './adapters/state-lock/lock.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { lookBeforeStart } from './before-start.ts';
import { complain, type Io, plain, print } from './cli/io.ts';
import { complainOfConfig, loadConfig } from './cli/load-config.ts';
import { type Gate, openDoors } from './compose.ts';
import { keepWitnesses } from './compose-witness.ts';
import { renderProblem } from './config/problem.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { errors } from './core/errors.ts';
import { limits } from './core/limits.ts';
import { fail, ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { LogUnavailable } from './ports/log.ts';

/** Less than this is a clock that was put right as it ran. */
const clockDriftMs = 1_000;

/** So long a gate whose log has failed says why nothing is let through. Then it ends, since only a start recovers the log. */
const closedMs = 10_000;

/** Runs the gate until it is told to stop, or has to. Returns the exit code. */
export async function serve(io: Io, configFile: string, version: string): Promise<number> {
  const file = resolve(io.cwd, configFile);
  const loaded = await loadConfig(file, io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const logger = pino({ base: null }, destination({ fd: 2, sync: true }));
  const { problems, warnings } = lookBeforeStart(loaded.value);
  for (const each of problems) complain(io, each);
  if (problems.length > 0) return errors.config_invalid.exit;
  for (const { text, next } of warnings) logger.warn({ next }, text);
  // From here on, as what has been opened has to be closed in order: who asks while it still opens waits for that.
  const signal = new Promise<string>((stop) => {
    for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, () => stop(each));
  });
  let reload = async (): Promise<void> => {};
  const reloadOrSay = (): void => {
    reload().catch((err: unknown) => logger.error({ err }, 'the configuration could not be put in force'));
  };
  process.on('SIGHUP', reloadOrSay);
  const opened = new Opened();
  const gate = await openGate(loaded.value, logger, opened).catch((error: unknown) => {
    if (error instanceof LogUnavailable)
      return fail({ ...error.refusal, text: `The gate cannot start: ${error.message}.` });
    throw error;
  });
  if (!gate.ok) {
    await opened.close();
    return complain(io, gate.error);
  }
  print(io, `chartgate ${version}: ${gate.value.addresses.join(', ')}`);
  print(io, `log ${gate.value.vkey}`);

  const watch = watchFiles(reloadOrSay);
  const follow = ({ tls }: LoadedConfig['config']): void =>
    watch.follow([file, ...(tls ? [tls.certFile, tls.keyFile] : [])]);
  follow(loaded.value.config);
  reload = async () => {
    const next = await loadConfig(file, io.env);
    if (next.ok) {
      follow(next.value.config);
      return gate.value.reload(next.value);
    }
    const problems = next.error.map((each) => plain(renderProblem(each)));
    logger.error({ problems }, 'the configuration in the file is not valid; the one in force stays');
  };
  opened.add(() => watch.close());
  const exitCode = await Promise.race([
    signal.then((signal) => {
      logger.info({ signal }, 'stopping');
      return 0;
    }),
    gate.value.failed.then((err) => {
      logger.fatal({ err }, 'a part of the gate cannot be loaded: is what is installed whole? stopping');
      return 1;
    }),
    gate.value.logFailed
      .then(() => sleep(closedMs))
      .then(() => {
        logger.fatal('stopping, since only a start recovers the audit log');
        return errors.log_unavailable.exit;
      }),
  ]);
  await opened.close();
  return exitCode;
}

/** What has been opened so far, closed in reverse. */
class Opened {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

async function openGate(loaded: LoadedConfig, logger: Logger, opened: Opened): Promise<Result<Gate>> {
  const foundation = await openFoundation(loaded, logger, opened);
  if (!foundation.ok) return foundation;
  const { archive, retainMs } = loaded.config.audit;
  const archived = archive
    ? await (await import('./compose-archive.ts')).openArchive(
        { config: archive, retainMs },
        foundation.value,
        logger,
        (close) => opened.add(close),
      )
    : foundation;
  if (!archived.ok) return archived;
  const witnesses = keepWitnesses(loaded.config, foundation.value.metrics, logger);
  if (!witnesses.ok) return witnesses;
  opened.add(witnesses.value);
  return openDoors(loaded, archived.value, logger, (close) => opened.add(close));
}

/** The state directory: lock, key, log, store, index. INVARIANT: the lock comes first, so that nobody else writes here. */
async function openFoundation(loaded: LoadedConfig, logger: Logger, opened: Opened): Promise<Result<Foundation>> {
  const { state: directory, publicUrl } = loaded.config;
  const lock = lockState(directory);
  if (!lock.ok) return lock;
  opened.add(() => lock.value.release());
  const kek = keyOf(loaded, logger);
  if (!kek.ok) return kek;
  const keys = keysOf(directory, kek.value);
  if (!keys.ok) return keys;
  const openedLog = await openLog({
    directory,
    kek: kek.value,
    originHost: new URL(publicUrl).host,
    clock,
    random,
    secondSignature: loaded.config.audit.signatures.includes('ml-dsa-44'),
    reserveBytes: limits.logReserveBytes,
    onRoom: (room, freeBytes) => {
      const seen = { room, freeMiB: Math.floor(freeBytes / 2 ** 20), directory };
      if (room === 'ample') logger.warn(seen, 'the disk of the audit log has room again');
      else logger.error(seen, `${errors.disk_full.text} ${errors.disk_full.next}`);
    },
  });
  if (!openedLog.ok) return openedLog;
  const { recovered, clockBehindMs } = openedLog.value;
  const metrics = meter(openedLog.value.log);
  const { log } = metrics;
  opened.add(async () => {
    await log.append({ type: 'node.stop' }).catch(() => {});
    await log.close();
  });
  metrics.watch('chartgate_log_scarce', '1 while the disk of the log is nearly full: only break-glass goes on.', () =>
    log.scarce ? 1 : 0,
  );
  log.onFailure((reason) => logger.fatal({ reason }, 'the audit log cannot be written: the gate is closed'));
  await log.append({ type: 'node.start', data: { ...recovered } });
  if (recovered.closed > 0) {
    logger.warn(recovered, 'the last run did not end in order; what it left open is recorded as outcome_unknown');
  }
  if (clockBehindMs > clockDriftMs) {
    logger.warn(
      { behindSeconds: Math.round(clockBehindMs / 1000) },
      'the clock is behind the newest record of the log: what is recorded from here on is dated before it',
    );
  }
  const store = openStore(join(directory, 'store.db'), kek.value, keys.value.derive('store name v1'));
  if (!store.ok) return store;
  opened.add(() => store.value.close());
  const index = openSessionIndex(join(directory, 'index.db'));
  if (!index.ok) return index;
  opened.add(() => index.value.close());
  return ok({
    kek: kek.value,
    keys: keys.value,
    store: store.value,
    index: index.value,
    log,
    metrics,
    payloads: openedLog.value.payloads,
    archiveSource: openedLog.value.archiveSource,
    rotation: openedLog.value.rotation,
  });
}

/** A replacement that was cut off has left keys of two KEKs behind: only its command knows how to go on. */
function keysOf(directory: string, kek: Uint8Array): Result<NodeKeys> {
  const unfinished = refuseUnfinished(directory);
  if (!unfinished.ok) return unfinished;
  const keys = nodeKeys(directory, kek);
  const kept = keys.ok ? keepKekId(directory, kek) : keys;
  return kept.ok ? keys : kept;
}

function keyOf(loaded: LoadedConfig, logger: Logger): Result<Uint8Array> {
  const { config, secret } = loaded;
  if (config.keys.kek) return keyFromText(secret(config.keys.kek));
  const kept = keyInState(config.state);
  if (!kept.ok) return kept;
  if (kept.value.made) {
    logger.warn(
      `keys.kek is not configured: a key was made in ${config.state}/kek; keep it apart from copies of the log`,
    );
  }
  return ok(kept.value.key);
}
