// `audit.archive`: one URL that says where the log is copied to, under which lock, how often, and what lagging behind means.

import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ArchiveConfig } from './config.ts';
import { isSafeUrl } from './scalars.ts';

const locks = ['compliance', 'governance', 'none'] as const;
const common = ['every', 'warn', 'close'];
const ofS3 = ['lock', 'endpoint', 'region'];

export const archive: z.ZodType<ArchiveConfig, string> = z.string().transform((text, context) => {
  const parsed = parseArchiveUrl(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.error });
  return z.NEVER;
});

/** The error says what there should be. */
export function parseArchiveUrl(text: string): Result<ArchiveConfig, string> {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 's3:' && url.protocol !== 'file:') || url.username !== '' || url.hash !== '')
    return fail('s3://bucket/prefix?lock=compliance, or file:///directory');
  const isS3 = url.protocol === 's3:';
  const known = isS3 ? [...common, ...ofS3] : common;
  const keys = [...url.searchParams.keys()];
  if (keys.some((key) => !known.includes(key)) || new Set(keys).size < keys.length)
    return fail(`of ${known.join(', ')} each at most once`);
  const option = (key: string): string | null => url.searchParams.get(key);
  const [everyMs, warnMs] = [parseDuration(option('every') ?? '5m'), parseDuration(option('warn') ?? '1h')];
  const closeMs = option('close') === null ? null : parseDuration(option('close') ?? '');
  if (!everyMs || !warnMs || closeMs === 0 || (option('close') !== null && closeMs === null))
    return fail('every, warn and close as durations such as 5m');
  const pace = { everyMs, warnMs, closeMs };
  if (!isS3)
    return url.host === '' && url.pathname !== '/'
      ? ok({ type: 'file', directory: decodeURI(url.pathname), ...pace })
      : fail('file:///directory, absolute');
  const lock = locks.find((each) => each === (option('lock') ?? 'compliance'));
  if (!lock) return fail(`lock as one of ${locks.join(', ')}`);
  const endpoint = option('endpoint');
  if (endpoint !== null && !isSafeUrl(endpoint)) return fail('endpoint as an https URL (http only on loopback)');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.host)) return fail('s3:// and the name of a bucket');
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '');
  return ok({ type: 's3', bucket: url.host, prefix, lock, endpoint, region: option('region'), ...pace });
}
