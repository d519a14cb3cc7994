// The surface of `audit.export`: where the records of the log are sent while the gate runs.

import { z } from 'zod';
import type { ExportConfig } from './config.ts';
import { closed, httpUrl, type Place, parseAddress, path, secret, webhookSecrets } from './scalars.ts';

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'a word of small letters, digits and _')
    .optional()
    .describe('What its place in the log is kept under; default: the type.'),
  format: z
    .enum(['ocsf', 'fhir', 'ndjson'])
    .default('ocsf')
    .describe('OCSF 1.8, FHIR R4 AuditEvent, or the entries as they are.'),
};

export function exports(place: Place): z.ZodType<readonly ExportConfig[]> {
  const target = z.discriminatedUnion(
    'type',
    [
      closed({
        type: z.literal('syslog').describe('RFC 5424 over TLS (RFC 5425).'),
        address: z
          .string()
          .refine((value) => parseAddress(value) !== null, 'host:port')
          .describe('host:port of the receiver.'),
        ca: path(place).optional().describe("PEM file with the receiver's CA; default: the system's."),
        ...common,
      }),
      closed({
        type: z.literal('otlp').describe('OTLP logs over HTTP/JSON.'),
        url: httpUrl.describe('The logs endpoint, …/v1/logs.'),
        token: secret.optional().describe('Sent as a bearer token.'),
        ...common,
      }),
      closed({
        type: z.literal('splunk-hec'),
        url: httpUrl.describe('…/services/collector/event'),
        token: secret.describe('Token of the collector.'),
        ...common,
      }),
      closed({
        type: z.literal('webhook').describe('Standard Webhooks.'),
        url: httpUrl,
        secret: webhookSecrets.describe('whsec_ and the base64 of 24 to 64 bytes; or a list of them: each signs.'),
        ...common,
      }),
      closed({ type: z.literal('ndjson').describe('A file.'), path: path(place), ...common }),
    ],
    { error: 'an export of type syslog, otlp, splunk-hec, webhook or ndjson' },
  );
  return z
    .array(
      target.transform(({ name, format, ...to }): ExportConfig => {
        const known = { name: name ?? to.type.replace('-', '_'), format };
        switch (to.type) {
          case 'syslog': {
            const { host, port } = parseAddress(to.address) ?? { host: '', port: 0 };
            return { ...known, to: { type: to.type, host, port, caFile: to.ca ?? null } };
          }
          case 'otlp':
            return { ...known, to: { ...to, token: to.token ?? null } };
          case 'webhook': {
            const { secret: secrets, ...where } = to;
            return { ...known, to: { ...where, secrets } };
          }
          case 'splunk-hec':
          case 'ndjson':
            return { ...known, to };
        }
      }),
    )
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a name of its own for each export');
}
