// A webhook of the receiver's own, signed after Standard Webhooks 1.0 (https://www.standardwebhooks.com): `webhook-id`,
// `webhook-timestamp` and `webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`.

import { createHmac } from 'node:crypto';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Notifier } from '../../ports/notices.ts';
import { post } from './post.ts';

/** The key behind `whsec_<base64>` (24 to 64 bytes). Refused: config_invalid. */
export function webhookKey(secret: string): Result<Uint8Array> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return key.length >= 24 && key.length <= 64
    ? ok(key)
    : refuse('config_invalid', 'The secret of a webhook is whsec_ and the base64 of 24 to 64 bytes.');
}

export function webhook(way: Pick<Notifier, 'name' | 'groups'>, url: string, key: Uint8Array): Notifier {
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
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
      const sent = await post(url, body, {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      });
      return sent.ok ? ok(undefined) : sent;
    },
  };
}
