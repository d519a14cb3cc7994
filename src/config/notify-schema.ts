// The surface of `approvals`: whom to tell of held requests and broken glass, and how.

import { z } from 'zod';
import { isLoopback } from '../core/loopback.ts';
import type { NotifyConfig } from './config.ts';
import { closed, httpUrl, secret, text, webhookSecrets } from './scalars.ts';

const groups = z
  .array(text)
  .min(1, 'at least one group')
  .optional()
  .describe('Only what one of these groups (or aliases) is to review. Default everything.');

const slackUser = closed({
  id: text.describe("The person's id at the gate (`sub`)."),
  issuer: text.describe('Who vouches for that id: `iss` of their tokens.'),
  groups: z.array(text).default([]).describe('Groups they act for when they press a button.'),
  aliases: z.array(text).default([]).describe('Other names of theirs, such as e-mail addresses.'),
});

const slack = closed({
  type: z.literal('slack'),
  webhook: secret.optional().describe('Incoming webhook; messages have a link and no buttons.'),
  bot: secret.optional().describe('Token of a bot (xoxb-…) with chat:write; instead of a webhook.'),
  channel: text.optional().describe('Channel id the bot writes to.'),
  signing_secret: secret.optional().describe('Signing secret of the app: buttons work with it and `users`.'),
  users: z.record(text, slackUser).default({}).describe('Slack user id → who that is at the gate.'),
  api: httpUrl.default('https://slack.com/api').describe("Slack's API."),
  groups,
})
  .refine((each) => (each.webhook === undefined) !== (each.bot === undefined && each.channel === undefined), {
    error: 'either a webhook, or a bot and its channel',
  })
  .refine((each) => (each.bot === undefined) === (each.channel === undefined), {
    error: 'a bot and its channel together',
  });

const smtpUrl = z
  .string()
  .refine((value) => smtpOf(value) !== null, 'smtps://user@host:port, or smtp:// (STARTTLS, or loopback)');

const notification = z.discriminatedUnion(
  'type',
  [
    slack,
    closed({ type: z.literal('teams'), webhook: secret.describe('Webhook of a Teams workflow.'), groups }),
    closed({
      type: z.literal('webhook'),
      url: httpUrl,
      secret: webhookSecrets.describe('Standard Webhooks secret, whsec_…; or a list of them: each signs.'),
      groups,
    }),
    closed({
      type: z.literal('email'),
      smtp: smtpUrl.describe('The relay: smtps://user@host:465, smtp://host:587.'),
      password: secret.optional().describe('Of the user in `smtp`.'),
      from: text,
      to: z.array(text).min(1, 'at least one address'),
      groups,
    }),
  ],
  { error: 'a notification of type slack, teams, webhook or email' },
);

export const approvals: z.ZodType<{ readonly notify: readonly NotifyConfig[] }> = closed({
  notify: z
    .array(notification.transform(configOf))
    .default([])
    .describe('Whom to tell of held requests and broken glass; never with PHI.'),
});

function configOf(each: z.infer<typeof notification>): NotifyConfig {
  const common = { groups: each.groups ?? null };
  switch (each.type) {
    case 'slack':
      return {
        ...common,
        type: 'slack',
        webhook: each.webhook ?? null,
        bot: each.bot && each.channel ? { token: each.bot, channel: each.channel, api: each.api } : null,
        signingSecret: each.signing_secret ?? null,
        users: each.users,
      };
    case 'teams':
      return { ...common, type: 'teams', webhook: each.webhook };
    case 'webhook':
      return { ...common, type: 'webhook', url: each.url, secrets: each.secret };
    case 'email': {
      const { host = '', port = 0, tls = true, user = null } = smtpOf(each.smtp) ?? {};
      const { from, to, password = null } = each;
      return { ...common, type: 'email', host, port, tls, loopback: isLoopback(host), user, password, from, to };
    }
  }
}

function smtpOf(value: string): { host: string; port: number; tls: boolean; user: string | null } | null {
  const url = URL.parse(value);
  if (!url || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.password !== '' || url.hostname === '')
    return null;
  const tls = url.protocol === 'smtps:';
  const port = url.port === '' ? (tls ? 465 : 587) : Number(url.port);
  return { host: url.hostname, port, tls, user: url.username === '' ? null : decodeURIComponent(url.username) };
}
