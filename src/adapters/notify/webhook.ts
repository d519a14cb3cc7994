// A webhook of the receiver's own, signed after Standard Webhooks 1.0 (https://www.standardwebhooks.com): `webhook-id`,
// `webhook-timestamp` and `webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`, one for each key, by blanks apart.

import { createHmac } from 'node:crypto';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Notifier } from '../../ports/notices.ts';
import { post } from './post.ts';

/** The keys behind `whsec_<base64>` (24 to 64 bytes each), in their order. Refused: config_invalid. */
export function webhookKeys(secrets: readonly string[]): Result<readonly Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for (const secret of secrets) {
    const [, base64 = ''] = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/.exec(secret.trim()) ?? [];
    const key = Buffer.from(base64, 'base64');
    if (key.length < 24 || key.length > 64)
      return refuse('config_invalid', 'The secret of a webhook is whsec_ and the base64 of 24 to 64 bytes.');
    keys.push(key);
  }
  return ok(keys);
}

export function webhook(way: Pick<Notifier, 'name' | 'groups'>, url: string, keys: readonly Uint8Array[]): Notifier {
  return {
    ...way,
    send: async (notice, now) => {
      const { id, kind, title, facts, link, approval, reviewers } = notice;
      const body = JSON.stringify({
        type: kind,
        timestamp: new Date(now).toISOString(),
        data: {
          title,
          link,
          approval,
          reviewers,
          facts: Object.fromEntries(facts.map(({ label, text }) => [label, text])),
        },
      });
      const timestamp = String(Math.floor(now / 1000));
      const signatures = keys.map(
        (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`,
      );
      const sent = await post(url, body, {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      });
      return sent.ok ? ok(undefined) : sent;
    },
  };
}
