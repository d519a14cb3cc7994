// Slack: an incoming webhook, or a bot whose messages carry buttons. https://docs.slack.dev/reference/methods/chat.postMessage
// Everything is plain_text: no name from a token becomes a link or a mention.

import type { JsonObject } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { NotTaken } from '../../ports/not-taken.ts';
import type { Notice, Notifier, SlackDialogs } from '../../ports/notices.ts';
import { post } from './post.ts';

export interface SlackBot {
  /** `https://slack.com/api`. */
  readonly api: string;
  readonly token: string;
  readonly channel: string;
  /** Whether somebody listens to buttons. */
  readonly buttons: boolean;
}

type Way = Pick<Notifier, 'name' | 'groups'>;

export function slackWebhook(way: Way, url: string): Notifier {
  return {
    ...way,
    send: async (notice) => {
      const sent = await post(url, JSON.stringify({ text: notice.title, blocks: blocksOf(notice, false) }));
      return sent.ok ? ok(undefined) : sent;
    },
  };
}

export function slackBot(way: Way, bot: SlackBot): Notifier {
  return {
    ...way,
    send: (notice) =>
      call(bot, 'chat.postMessage', {
        channel: bot.channel,
        text: notice.title,
        unfurl_links: false,
        blocks: blocksOf(notice, bot.buttons),
      }),
  };
}

export function slackDialogs(bot: SlackBot): SlackDialogs {
  return { open: (trigger, view) => call(bot, 'views.open', { trigger_id: trigger, view }) };
}

/** Slack says what went wrong in the body of a 200. */
async function call({ api, token }: SlackBot, method: string, body: JsonObject): Promise<Result<void, NotTaken>> {
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` };
  const answer = await post(`${api}/${method}`, JSON.stringify(body), headers);
  if (!answer.ok) return answer;
  let said: unknown;
  try {
    said = JSON.parse(answer.value ?? '');
  } catch {
    return refuse('upstream_unavailable', 'it answered with what is no JSON.');
  }
  if (typeof said === 'object' && said !== null && 'ok' in said && said.ok === true) return ok(undefined);
  const error = typeof said === 'object' && said !== null && 'error' in said ? String(said.error) : '';
  const passing = ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];
  const code = passing.includes(error) ? 'upstream_unavailable' : 'upstream_refused';
  return refuse(code, `Slack said ${/^[a-z_]{1,60}$/.test(error) ? error : 'no'}.`);
}

function blocksOf({ title, facts, link, approval }: Notice, buttons: boolean): JsonObject[] {
  const text = (said: string): JsonObject => ({ type: 'plain_text', text: said.slice(0, 2_000), emoji: false });
  const button = (label: string, more: JsonObject): JsonObject => ({ type: 'button', text: text(label), ...more });
  const decide =
    buttons && approval !== null
      ? [
          button('Approve…', { action_id: 'approve', value: approval, style: 'primary' }),
          button('Deny…', { action_id: 'deny', value: approval, style: 'danger' }),
        ]
      : [];
  return [
    { type: 'header', text: text(title.slice(0, 150)) },
    { type: 'section', fields: facts.slice(0, 10).map(({ label, text: said }) => text(`${label}\n${said}`)) },
    { type: 'actions', elements: [button('Look at it', { action_id: 'look', url: link }), ...decide] },
  ];
}
