// `identity.clients.known`: programs the operator knows by name, how each proves itself, and what it may get tokens for.
// A grant that is not written down here is not given.

import { z } from 'zod';
import type { ActorsConfig, KnownClientConfig } from './config.ts';
import { closed, isSafeUrl, type Place, secret, text } from './scalars.ts';

/** RFC 6749 appendix A.1, without the colon that ends it in HTTP Basic; no `__proto__`, no spaces. */
export const clientId: z.ZodType<string, string> = z
  .string()
  .regex(/^[A-Za-z0-9][\w.:/@+-]{0,254}$/, 'a client id of letters, digits and . _ : / @ + -, at most 255')
  .refine((id) => !id.startsWith('chartgate-'), "another id: chartgate-… are the gate's own");

const door = z
  .string()
  .regex(/^(?:api|(?:mcp|postgres)\/[a-z0-9][a-z0-9_-]{0,62})$/, 'mcp/<connection>, postgres/<connection> or api');

/** A key set of the operator's own: a file, or a URL. */
export function keySet(place: Place): z.ZodType<{ readonly file: string } | { readonly url: string }> {
  return text
    .refine((value) => !value.includes('://') || isSafeUrl(value), 'a file, or an https URL (http only on loopback)')
    .transform((value) => (value.includes('://') ? { url: value } : { file: place.resolvePath(value) }));
}

const actors: z.ZodType<ActorsConfig> = closed({
  issuer: text.describe('Under identity.trust.'),
  subjects: z.array(text).min(1, 'at least one subject').describe('`sub` of those who may act, exactly.'),
});

export function knownClient(place: Place): z.ZodType<KnownClientConfig> {
  return closed({
    label: text.optional().describe('What people read. Default: its client id.'),
    jwks: keySet(place)
      .optional()
      .describe('Its public keys, for private_key_jwt (RFC 7523): a file, or an https URL.'),
    secret: secret.optional().describe('Instead of keys: its client secret, as a reference.'),
    workload: closed({
      subject: text.optional().describe('Who it is. Default: its client id.'),
      groups: z.array(text).default([]).describe('What it belongs to.'),
    })
      .optional()
      .describe('It may come in as itself (client_credentials).'),
    exchange: closed({
      subjects: z
        .array(text)
        .min(1, 'at least one issuer')
        .describe("Issuers under identity.trust whose subjects it may act for; public_url: of this gate's own tokens."),
      actors: z
        .array(actors)
        .default([])
        .describe('Who else may act through it, with an actor token. Without one it is the client itself that acts.'),
    })
      .optional()
      .describe('It may exchange a token for one of this gate (RFC 8693).'),
    assertions: z
      .array(text)
      .default([])
      .describe('Issuers of providers or identity.trust that may send people through it (ID-JAG).'),
    doors: z
      .array(door)
      .min(1, 'at least one door')
      .optional()
      .describe('Doors it may get tokens for. Default: those of every connection, and not the api.'),
  }).transform((each, context): KnownClientConfig => {
    const fault = (message: string, path: string[]): never => {
      context.addIssue({ code: 'custom', path, message });
      return z.NEVER;
    };
    const { jwks, secret: shared, workload, exchange } = each;
    if ((jwks === undefined) === (shared === undefined)) return fault('jwks or secret, one of them', ['jwks']);
    if (!workload && !exchange && each.assertions.length === 0)
      return fault('workload, exchange or assertions: what it may get tokens for', []);
    return {
      label: each.label ?? null,
      proof: jwks === undefined ? { secret: shared ?? fault('a secret', ['secret']) } : { jwks },
      workload: workload ? { subject: workload.subject ?? null, groups: workload.groups } : null,
      exchange: exchange ?? null,
      assertions: each.assertions,
      doors: each.doors ?? null,
    };
  });
}
