// Buttons in Slack: who presses one is asked for a reason in a dialog, and what they send is a verdict like any other.
// https://docs.slack.dev/authentication/verifying-requests-from-slack, …/interactivity/handling-user-interaction
// INVARIANT: nothing is read that Slack has not signed within five minutes; a Slack user counts as the person configured.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApprovalDesk } from '../gateway/approval-desk.ts';
import type { DoorRefusals } from '../gateway/door-refusals.ts';
import type { Clock } from '../ports/clock.ts';
import type { SlackDialogs } from '../ports/notices.ts';
import { boundedBody } from '../wire/http/bounded-body.ts';

export const slackPath = '/slack/interactivity';

export interface SlackDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly refusals: Pick<DoorRefusals, 'record'>;
  readonly desk: Pick<ApprovalDesk, 'verdict'>;
  /** An app each: its signing secret, its dialogs, and who its users are. */
  readonly apps: readonly SlackApp[];
  readonly onFailure: (text: string) => void;
}

export interface SlackApp {
  readonly signingSecret: string;
  readonly dialogs: SlackDialogs;
  readonly personOf: (user: string) => Subject | null;
}

const signatureMs = 300_000;
const bodyBytesMax = 262_144;

const effects = z.enum(['approve', 'deny']);
const user = z.object({ id: z.string() });
const pressed = z.object({
  type: z.literal('block_actions'),
  user,
  trigger_id: z.string(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});
const submitted = z.object({
  type: z.literal('view_submission'),
  user,
  view: z.object({
    private_metadata: z.string(),
    state: z.object({ values: z.object({ why: z.object({ reason: z.object({ value: z.string().nullable() }) }) }) }),
  }),
});
const asked = z.object({ approval: z.string(), effect: effects });

/** Answers one request of Slack's. @throws LogUnavailable */
export async function answerSlack(deps: SlackDeps, request: Request): Promise<Response> {
  // Whoever sends it is nobody until it has been read.
  const body = (await boundedBody(request.body, bodyBytesMax))?.toString('utf8');
  const app = body === undefined ? undefined : signerOf(deps, request.headers, body);
  if (body === undefined || !app) {
    await deps.refusals.record({ code: 'token_invalid' });
    return new Response('The signature of this request is not valid.\n', { status: 401 });
  }
  const payload = payloadOf(body);
  const press = pressed.safeParse(payload);
  if (press.success) return ask(deps, app, press.data);
  const submission = submitted.safeParse(payload);
  if (submission.success) return decide(deps, app, submission.data);
  // Whatever else Slack tells of (a link was opened): nothing to do.
  return new Response(null, { status: 200 });
}

function signerOf({ apps, clock }: SlackDeps, headers: Headers, body: string): SlackApp | undefined {
  const timestamp = headers.get('x-slack-request-timestamp') ?? '';
  const given = Buffer.from(headers.get('x-slack-signature') ?? '', 'utf8');
  const isRecent = /^\d{1,12}$/.test(timestamp) && Math.abs(clock.now() - Number(timestamp) * 1000) <= signatureMs;
  return apps.find(({ signingSecret }) => {
    const hash = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`, 'utf8').digest('hex');
    const expected = Buffer.from(`v0=${hash}`, 'utf8');
    return isRecent && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function payloadOf(body: string): unknown {
  try {
    return JSON.parse(new URLSearchParams(body).get('payload') ?? '');
  } catch {
    return null;
  }
}

async function ask(
  deps: SlackDeps,
  app: SlackApp,
  { actions, trigger_id }: z.infer<typeof pressed>,
): Promise<Response> {
  const [action] = actions;
  const effect = effects.safeParse(action?.action_id);
  if (effect.success && action?.value !== undefined) {
    // Slack wants its answer within three seconds, and the dialog too.
    const opened = await app.dialogs.open(trigger_id, dialogFor(action.value, effect.data));
    if (!opened.ok) deps.onFailure(`a Slack dialog did not open: ${opened.error.text}`);
  }
  return new Response(null, { status: 200 });
}

async function decide(deps: SlackDeps, app: SlackApp, { user, view }: z.infer<typeof submitted>): Promise<Response> {
  let metadata: unknown = null;
  try {
    metadata = JSON.parse(view.private_metadata);
  } catch {
    // It is none of ours; the next line says so.
  }
  const what = asked.safeParse(metadata);
  if (!what.success) return new Response(null, { status: 200 });
  const person = app.personOf(user.id);
  if (!person) {
    await deps.refusals.record({ code: 'not_a_reviewer' });
    return problem('You are nobody the gate knows: ask its operator to add you under approvals.notify users.');
  }
  const { approval, effect } = what.data;
  const decided = await deps.desk.verdict(approval, person, effect, view.state.values.why.reason.value ?? '');
  return decided.ok ? Response.json({ response_action: 'clear' }) : problem(decided.error.text);
}

/** Shown in the dialog, below the reason. */
function problem(text: string): Response {
  return Response.json({ response_action: 'errors', errors: { why: text } });
}

function dialogFor(approval: string, effect: z.infer<typeof effects>): JsonObject {
  const text = (said: string): JsonObject => ({ type: 'plain_text', text: said });
  const title = effect === 'approve' ? 'Approve' : 'Deny';
  return {
    type: 'modal',
    title: text(`${title} a request`),
    submit: text(title),
    close: text('Cancel'),
    private_metadata: JSON.stringify({ approval, effect }),
    blocks: [
      { type: 'section', text: text(`Approval ${approval}. Look at the exact act at the gate before you decide.`) },
      {
        type: 'input',
        block_id: 'why',
        label: text('Why? It is recorded.'),
        element: { type: 'plain_text_input', action_id: 'reason', multiline: true, max_length: 2000 },
      },
    ],
  };
}
