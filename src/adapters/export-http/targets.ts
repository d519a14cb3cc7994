// Receivers of records over HTTP: Standard Webhooks 1.0, Splunk's HTTP Event Collector, and OTLP logs as HTTP/JSON. A batch a
// request; a receiver that answers 2xx has taken all of it.

import { createHmac } from 'node:crypto';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Exported, ExportTarget } from '../../ports/export.ts';

/** POSTs and gives the body of a 2xx answer. Never rejects. */
export type Post = (url: string, body: string, headers: Readonly<Record<string, string>>) => Promise<Result<string>>;

/** Signed with `webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`. https://www.standardwebhooks.com */
export function webhookTarget(post: Post, url: string, key: Uint8Array, origin: string): ExportTarget {
  return target(async (batch, now) => {
    const id = `${origin}/${batch[0]?.seq}-${batch.at(-1)?.seq}`;
    const timestamp = String(Math.floor(now / 1000));
    const body = JSON.stringify({
      type: 'audit.records',
      timestamp: new Date(now).toISOString(),
      data: { events: batch.map(({ event }) => event) },
    });
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
    return taken(
      await post(url, body, {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      }),
    );
  });
}

/** `url`: the collector's event endpoint, /services/collector/event. Events stand one behind the other in a body. */
export function splunkTarget(post: Post, url: string, token: string, origin: string, format: string): ExportTarget {
  return target(async (batch) => {
    const body = batch
      .map(({ time, event }) =>
        JSON.stringify({
          time: Date.parse(time) / 1000,
          host: origin,
          source: 'chartgate',
          sourcetype: `chartgate:${format}`,
          event,
        }),
      )
      .join('\n');
    return taken(await post(url, body, { authorization: `Splunk ${token}` }));
  });
}

/** Severity numbers of the OpenTelemetry logs data model. */
const info = { severityNumber: 9, severityText: 'INFO' } as const;
const warning = { severityNumber: 13, severityText: 'WARN' } as const;

/**
 * `url`: the logs endpoint, /v1/logs. A partial success is not taken for one, as a record of this log is not to be lost: the
 * batch is sent again in parts, until it is clear which ones the collector rejects.
 */
export function otlpTarget(
  post: Post,
  url: string,
  headers: Readonly<Record<string, string>>,
  origin: string,
): ExportTarget {
  return target(async (batch, now) => {
    const logRecords = batch.map(({ time, type, refused, event, seq }) => ({
      timeUnixNano: `${Date.parse(time)}000000`,
      observedTimeUnixNano: `${now}000000`,
      ...(refused ? warning : info),
      eventName: type,
      body: { stringValue: JSON.stringify(event) },
      attributes: [
        { key: 'chartgate.seq', value: { intValue: String(seq) } },
        { key: 'chartgate.type', value: { stringValue: type } },
      ],
    }));
    const resource = { attributes: attributesOf({ 'service.name': 'chartgate', 'service.instance.id': origin }) };
    const scopeLogs = [{ scope: { name: 'chartgate.audit' }, logRecords }];
    const sent = await post(url, JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }), headers);
    if (!sent.ok) return sent;
    return /"rejectedLogRecords"\s*:\s*"?[1-9]/.test(sent.value)
      ? refuse('invalid_request', 'it rejected some of the records.')
      : ok(undefined);
  });
}

function attributesOf(members: Readonly<Record<string, string>>): unknown[] {
  return Object.entries(members).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function target(send: (batch: readonly Exported[], now: number) => Promise<Result<void>>): ExportTarget {
  return { send, close: () => Promise.resolve() };
}

function taken(sent: Result<string>): Result<void> {
  return sent.ok ? ok(undefined) : sent;
}
