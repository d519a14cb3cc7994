// Microsoft Teams: an Adaptive Card posted to a workflow's webhook ("Post to a channel when a webhook request is received").
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using

import { ok } from '../../core/result.ts';
import type { Notice, Notifier } from '../../ports/notices.ts';
import { post } from './post.ts';

export function teamsWebhook(way: Pick<Notifier, 'name' | 'groups'>, url: string): Notifier {
  return {
    ...way,
    send: async (notice) => {
      const card = {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: cardOf(notice),
      };
      const sent = await post(url, JSON.stringify({ type: 'message', attachments: [card] }));
      return sent.ok ? ok(undefined) : sent;
    },
  };
}

function cardOf({ title, facts, link }: Notice): object {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: title, weight: 'bolder', size: 'medium', wrap: true },
      { type: 'FactSet', facts: facts.map(({ label, text }) => ({ title: plain(label), value: plain(text) })) },
    ],
    actions: [{ type: 'Action.OpenUrl', title: 'Look at it', url: link }],
  };
}

/** A card reads Markdown: a name must not become a link. */
function plain(text: string): string {
  return text.replaceAll(/[[\]()*_`#~|<>\\]/g, '\\$&');
}
