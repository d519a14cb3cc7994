// Receivers of records over HTTP: Standard Webhooks 1.0, Splunk's HTTP Event Collector, and OTLP logs as HTTP/JSON. A batch a
// request; a receiver that answers 2xx, in the words of its protocol where it has any, has taken all of it.

import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { Weight } from '../../core/record.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Exported, ExportTarget } from '../../ports/export.ts';
import type { NotTaken } from '../../ports/not-taken.ts';

/** POSTs and gives the body of a 2xx answer, null where that is too long to be looked at. Never rejects. */
export type Post = (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
) => Promise<Result<string | null, NotTaken>>;

/**
 * Signed with `webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`, one for each key, by blanks apart: a receiver takes
 * what one of them has signed. https://www.standardwebhooks.com
 */
export function webhookTarget(post: Post, url: string, keys: readonly Uint8Array[], origin: string): ExportTarget {
  return target(async (batch, now) => {
    const id = `${origin}/${batch[0]?.seq}-${batch.at(-1)?.seq}`;
    const timestamp = String(Math.floor(now / 1000));
    const body = JSON.stringify({
      type: 'audit.records',
      timestamp: new Date(now).toISOString(),
      data: { events: batch.map(({ event }) => event) },
    });
    const signatures = keys.map(
      (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`,
    );
    return taken(
      await post(url, body, {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      }),
    );
  });
}

/** Between two questions whether a batch is acknowledged, and how long it is asked for. */
const ackAgainMs = 500;
const ackWaitMs = 60_000;

/**
 * `url`: the collector's event endpoint, /services/collector/event. Events stand one behind the other in a body. Where the token
 * has indexer acknowledgement, a batch counts as taken once the indexers have it.
 */
export function splunkTarget(post: Post, url: string, token: string, origin: string, format: string): ExportTarget {
  const channel = randomUUID();
  const headers = { authorization: `Splunk ${token}`, 'x-splunk-request-channel': channel };
  const closing = new AbortController();
  const ackUrl = new URL(url);
  ackUrl.pathname = ackUrl.pathname.replace(/\/event(?:\/1\.0)?\/?$/, '').concat('/ack');
  ackUrl.searchParams.set('channel', channel);

  const acknowledged = async (ackId: number): Promise<Result<void, NotTaken>> => {
    for (let waited = 0; waited < ackWaitMs; waited += ackAgainMs) {
      const asked = await post(ackUrl.href, JSON.stringify({ acks: [ackId] }), headers);
      if (!asked.ok) return asked;
      const { acks } = objectIn(asked.value);
      if (objectOf(acks)[String(ackId)] === true) return ok(undefined);
      await sleep(ackAgainMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) break;
    }
    return refuse('upstream_unavailable', 'its indexers have not acknowledged the records.');
  };
  return {
    async send(batch) {
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
      const sent = await post(url, body, headers);
      if (!sent.ok) return sent;
      const { code, ackId } = objectIn(sent.value);
      // INVARIANT: a proxy that answers for the collector has taken nothing, whatever its status.
      if (code !== 0) return refuse('upstream_unavailable', 'its answer is not that of an event collector.');
      return typeof ackId === 'number' ? acknowledged(ackId) : ok(undefined);
    },
    async close() {
      closing.abort();
    },
  };
}

/** Severity numbers of the OpenTelemetry logs data model, as its appendix has those of syslog (https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/). */
const severities: Readonly<Record<Weight, { readonly severityNumber: number; readonly severityText: string }>> = {
  info: { severityNumber: 9, severityText: 'INFO' },
  notice: { severityNumber: 10, severityText: 'INFO2' },
  warning: { severityNumber: 13, severityText: 'WARN' },
};

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
    const logRecords = batch.map(({ time, type, weight, event, seq }) => ({
      timeUnixNano: `${Date.parse(time)}000000`,
      observedTimeUnixNano: `${now}000000`,
      ...severities[weight],
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
    // Some collectors say nothing; one that says something else than OTLP does is none.
    const answer = sent.value === '' ? {} : jsonIn(sent.value);
    if (answer === undefined || !isJsonObject(answer))
      return refuse('upstream_unavailable', 'its answer is not that of a collector.');
    const rejected = objectOf(answer['partialSuccess'])['rejectedLogRecords'];
    return Number(rejected ?? 0) === 0 ? ok(undefined) : refuse('invalid_request', 'it rejected some of the records.');
  });
}

/** Undefined where it is not JSON, or was too long to be read. */
function jsonIn(text: string | null): Json | undefined {
  try {
    const value: Json = JSON.parse(text ?? '');
    return value;
  } catch {
    return undefined;
  }
}

function objectIn(text: string | null): JsonObject {
  return objectOf(jsonIn(text));
}

function attributesOf(members: Readonly<Record<string, string>>): unknown[] {
  return Object.entries(members).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function target(send: (batch: readonly Exported[], now: number) => Promise<Result<void, NotTaken>>): ExportTarget {
  return { send, close: () => Promise.resolve() };
}

function taken(sent: Result<string | null, NotTaken>): Result<void, NotTaken> {
  return sent.ok ? ok(undefined) : sent;
}
