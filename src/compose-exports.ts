// Exports of a running gate: a receiver each, sent to from where it has got to in the log. Part of the composition root.

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { fileTarget } from './adapters/export-file/target.ts';
import { otlpTarget, splunkTarget, webhookTarget } from './adapters/export-http/targets.ts';
import { syslogTarget } from './adapters/export-syslog/target.ts';
import { post } from './adapters/notify/post.ts';
import { webhookKeys } from './adapters/notify/webhook.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import type { ExportConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import type { RecordType } from './core/record.ts';
import { ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { startExport } from './gateway/export-queue.ts';
import type { ExportTarget } from './ports/export.ts';
import type { LogReader } from './ports/log.ts';

/** Returns what stops them all. Refused: config_invalid. */
export function startExports(
  loaded: LoadedConfig,
  { log, index, store, metrics }: Foundation,
  logger: Logger,
): Result<() => Promise<void>> {
  const targets: (readonly [ExportConfig, ExportTarget])[] = [];
  for (const each of loaded.config.audit.exports) {
    const target = targetOf(each, loaded, log.origin);
    if (!target.ok) return target;
    targets.push([each, target.value]);
  }
  const source = { origin: log.origin, reader: log.reader, index };
  const onState = (name: string, failure: string | null): void => {
    if (failure === null) logger.info({ export: name }, 'records are taken again');
    else logger.warn({ export: name, failure }, 'records are not taken; they are kept and sent again');
  };
  let setAside = 0;
  const watchSetAside = (): number => setAside;
  metrics.watch(
    'chartgate_export_set_aside_entries',
    'Entries that a receiver rejected for what is in them, since the start.',
    watchSetAside,
  );
  const keepAside = async (name: string, entries: readonly number[]): Promise<void> => {
    setAside += entries.length;
    logger.error({ export: name, entries }, 'the receiver rejects these entries and takes others: they are set aside');
    // What is said about such a record would be rejected like it, for ever.
    const told = await typesOf(log.reader, entries);
    if (told.some((type) => type !== 'export.set_aside'))
      await log.append({ type: 'export.set_aside', data: { export: name, entries: [...entries] } });
  };
  const queues = targets.map(([{ name, format }, target]) => {
    const queue = startExport(
      { clock, source, cursors: store.exports, onState, setAside: keepAside },
      name,
      format,
      target,
    );
    metrics.watch(
      `chartgate_export_lag_entries_${name}`,
      `Entries of the log that ${name} has not taken.`,
      () => queue.lag,
    );
    return queue;
  });
  return ok(async () => {
    await Promise.all(queues.map((each) => each.close()));
  });
}

async function typesOf(reader: LogReader, entries: readonly number[]): Promise<RecordType[]> {
  const types: RecordType[] = [];
  for (const seq of entries) for await (const { type } of reader.entries(seq, seq + 1)) types.push(type);
  return types;
}

function targetOf({ to, format }: ExportConfig, { secret }: LoadedConfig, origin: string): Result<ExportTarget> {
  switch (to.type) {
    case 'syslog': {
      const { host, port, caFile } = to;
      const ca = caFile === null ? null : readFileSync(caFile, 'utf8');
      const sender = new URL(`http://${origin}`).hostname.replace(/^\[|\]$/g, '');
      return ok(syslogTarget({ host, port, ca }, sender));
    }
    case 'otlp': {
      const headers = to.token === null ? {} : { authorization: `Bearer ${secret(to.token)}` };
      return ok(otlpTarget(post, to.url, headers, origin));
    }
    case 'splunk-hec':
      return ok(splunkTarget(post, to.url, secret(to.token), origin, format));
    case 'webhook': {
      const keys = webhookKeys(to.secrets.map((each) => secret(each)));
      return keys.ok ? ok(webhookTarget(post, to.url, keys.value, origin)) : keys;
    }
    case 'ndjson':
      return ok(fileTarget(to.path));
  }
}
