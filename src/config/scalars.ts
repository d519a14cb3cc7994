// The small values of the configuration: durations, addresses, names, paths, URLs, references, closed mappings.

import { z } from 'zod';
import { durationText, parseDuration } from '../core/duration.ts';
import { isPotentiallyTrustworthy } from '../core/loopback.ts';
import { type ClassSet, type PhiClass, phiClasses } from '../core/phi.ts';
import type { Address, SecretString } from './config.ts';

/** Where the file stands: relative paths start from its directory. */
export interface Place {
  readonly file: string;
  readonly directory: string;
  readonly resolvePath: (relative: string) => string;
}

const aDuration = 'a duration such as 500ms, 45s, 15m, 8h, 30d or 6y';
const timeText: z.ZodString = z.string(aDuration).regex(durationText, aDuration);
const msOf = (text: string): number => parseDuration(text) ?? 0;

export function duration(standard: string): z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<number, string>> {
  return timeText.default(standard).transform(msOf);
}

/** A time that has to be one: at 0 nothing would be kept, open or valid. */
export function lasting(standard: string): ReturnType<typeof duration> {
  return timeText
    .refine((each) => parseDuration(each) !== 0, 'a duration that is not 0')
    .default(standard)
    .transform(msOf);
}

/** As a pack is known here: `C-CDA` and `HL7 v2` are written in many ways. */
export function packName(written: string): string {
  return written.toLowerCase().replaceAll(/[-_. ]/g, '');
}

const addressText = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/;

export function parseAddress(text: string): Address | null {
  const match = addressText.exec(text);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: match[1] ?? match[2] ?? '', port } : null;
}

export const address: z.ZodType<Address> = z
  .string()
  .refine((text) => parseAddress(text) !== null, 'host:port, such as 127.0.0.1:7070 or [::1]:7070')
  .transform((text) => parseAddress(text) ?? { host: '', port: 0 });

export const text: z.ZodType<string> = z.string().min(1, 'a text that is not empty');

export const connectionName: z.ZodType<string, string> = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a name of lower case letters, digits, - and _, at most 63 characters');

export const columnName: z.ZodType<string, string> = z.string().regex(/^[^.]+\.[^.]+\.[^.]+$/, 'schema.table.column');

export const secret: z.ZodType<SecretString> = z
  .string()
  .min(1, 'a text that is not empty')
  .transform((raw) => ({ raw }));

/** The secret of a webhook, or several while one takes the place of another: each signs, in this order. */
export const webhookSecrets: z.ZodType<readonly SecretString[]> = z
  .union([secret, z.array(secret).min(1, 'at least one secret').max(4, 'at most 4 secrets')], {
    error: 'a secret, or a list of them',
  })
  .transform((given) => (Array.isArray(given) ? given : [given]));

export function path(place: Place): z.ZodType<string> {
  return z
    .string()
    .min(1, 'a path')
    .transform((relative) => place.resolvePath(relative));
}

/** An http(s) URL without credentials in it; http only on this machine. */
export const httpUrl: z.ZodType<string> = z.string().refine(isSafeUrl, 'an https URL (http only on loopback)');

/** Where a web application comes from, as browsers say it in Origin (RFC 6454 §6.2). */
export const webOrigin: z.ZodType<string> = z
  .string()
  .refine(
    (each) => isSafeUrl(each) && parseUrl(each)?.origin === each && !each.includes('*'),
    'an origin as browsers write it, such as https://app.example (http only on loopback)',
  );

/** An http(s) URL inside the operator's own network. */
export const upstreamUrl: z.ZodType<string> = z
  .string()
  .refine((each) => /^https?:$/.test(parseUrl(each)?.protocol ?? ''), 'an http or https URL');

export function isSafeUrl(value: string): boolean {
  const url = parseUrl(value);
  return url !== null && isPotentiallyTrustworthy(url);
}

export function parseUrl(value: string): URL | null {
  return URL.parse(value);
}

const phiClass: z.ZodType<PhiClass> = z.enum(phiClasses);

export const classSet: z.ZodType<ClassSet> = z.union([z.literal('all'), z.array(phiClass)], {
  error: `a list of PHI classes (${phiClasses.join(', ')}) or all`,
});

/** A mapping with these keys and no other. The message of an unknown key is the list of the known ones. */
export function closed<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: knownKeys(Object.keys(shape)) });
}

function knownKeys(keys: readonly string[]): (issue: { readonly code?: string }) => string | undefined {
  return (issue) => (issue.code === 'unrecognized_keys' ? keys.join(' ') : undefined);
}
