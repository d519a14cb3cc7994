// The ways people are told, as configured: Slack, Teams, webhooks, e-mail. Part of the composition root.

import { email } from './adapters/notify/email.ts';
import { slackBot, slackDialogs, slackWebhook } from './adapters/notify/slack.ts';
import { teamsWebhook } from './adapters/notify/teams.ts';
import { webhook, webhookKeys } from './adapters/notify/webhook.ts';
import type { SlackApp } from './admin/slack.ts';
import type { NotifyConfig, SecretString, SlackConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { isSafeUrl } from './config/scalars.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { Notifier } from './ports/notices.ts';

export interface Notifiers {
  readonly notifiers: readonly Notifier[];
  readonly slackApps: readonly SlackApp[];
}

/** Refused: config_invalid, for an address or key that stands in a secret. */
export function openNotifiers({ config, secret }: LoadedConfig): Result<Notifiers> {
  const notifiers: Notifier[] = [];
  const slackApps: SlackApp[] = [];
  for (const [index, each] of config.approvals.notify.entries()) {
    const made = notifierOf(each, `${each.type}-${index + 1}`, secret);
    if (!made.ok) return made;
    notifiers.push(made.value);
    if (each.type === 'slack') slackApps.push(...appsOf(each, secret));
  }
  return ok({ notifiers, slackApps });
}

type Reveal = (secret: SecretString) => string;

function notifierOf(each: NotifyConfig, name: string, secret: Reveal): Result<Notifier> {
  const way = { name, groups: each.groups };
  const to = (address: SecretString, make: (url: string) => Notifier): Result<Notifier> => {
    const url = secret(address).trim();
    return isSafeUrl(url)
      ? ok(make(url))
      : refuse('config_invalid', `approvals.notify: the webhook of ${name} is no https URL (http only on loopback).`);
  };
  switch (each.type) {
    case 'slack':
      if (each.webhook) return to(each.webhook, (url) => slackWebhook(way, url));
      return each.bot
        ? ok(slackBot(way, botOf(each.bot, each, secret)))
        : refuse('config_invalid', `approvals.notify: ${name} has neither a webhook nor a bot and its channel.`);
    case 'teams':
      return to(each.webhook, (url) => teamsWebhook(way, url));
    case 'webhook': {
      const keys = webhookKeys(each.secrets.map((one) => secret(one)));
      return keys.ok ? ok(webhook(way, each.url, keys.value)) : keys;
    }
    case 'email': {
      const { user, password, ...box } = each;
      const login = user !== null && password !== null ? { user, password: secret(password) } : null;
      return ok(email(way, { ...box, login }));
    }
  }
}

function botOf(
  { token, channel, api }: NonNullable<SlackConfig['bot']>,
  { signingSecret }: SlackConfig,
  secret: Reveal,
): Parameters<typeof slackBot>[1] {
  return { api: api.replace(/\/+$/, ''), token: secret(token).trim(), channel, buttons: signingSecret !== null };
}

function appsOf(config: SlackConfig, secret: Reveal): SlackApp[] {
  const { bot, signingSecret, users } = config;
  if (!bot || !signingSecret) return [];
  return [
    {
      signingSecret: secret(signingSecret).trim(),
      dialogs: slackDialogs(botOf(bot, config, secret)),
      personOf: (user) => {
        const known = Object.hasOwn(users, user) ? users[user] : undefined;
        return known ? { ...known, kind: 'person' } : null;
      },
    },
  ];
}
