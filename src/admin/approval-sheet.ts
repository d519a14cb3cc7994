// What reviewers and requesters read in a browser: the requests that wait, and one of them with the exact act and the forms to
// decide it. Plain HTML without script; must never show what the view does not hold.

import type { Approval } from '../approvals/approval.ts';
import { objectionToJudge } from '../approvals/step.ts';
import { type Subject, spokenNameOf } from '../core/facts.ts';
import { isJsonObject } from '../core/json.ts';
import type { BrowserSession } from '../ports/browser-sessions.ts';
import { escapeHtml, hidden, page, plainText, timeText } from '../wire/http/page.ts';
import { type Caller, isOwn, mayDecide } from './access.ts';
import type { ApprovalView, ToolChangeView } from './contract.ts';
import { toolChangePages } from './tool-change-sheet.ts';

export const approvalPages = '/approvals';
export const waitingTitle = 'Requests that wait';

/** On one page of the list. */
const rowsMax = 200;
const minuteMs = 60_000;

/** Of `?from=`: how many requests stand on the pages before. */
export function startOf(from: string | undefined): number {
  return /^\d{1,6}$/.test(from ?? '') ? Number(from) : 0;
}

interface WaitingLook {
  readonly caller: Caller;
  readonly now: number;
  readonly from: number;
  readonly changes: readonly ToolChangeView[];
}

/** `waiting` in the order in which they end. */
export function waitingPage(waiting: readonly Approval[], { caller, now, from, changes }: WaitingLook): string {
  const groups: readonly (readonly [string, (each: Approval) => boolean])[] = [
    ['For you to decide', (each) => mayDecide(caller, each, now)],
    ['Your own', (each) => !mayDecide(caller, each, now) && isOwn(caller, each.act.subject)],
    ['Of others', (each) => !mayDecide(caller, each, now) && !isOwn(caller, each.act.subject)],
  ];
  const shown: string[] = [];
  let before = 0;
  for (const [heading, belongs] of groups) {
    const members = waiting.filter(belongs);
    const rows = members.slice(Math.max(0, from - before), Math.max(0, from + rowsMax - before));
    before += members.length;
    if (rows.length === 0) continue;
    const items = rows.map((each) => rowOf(each, now)).join('\n');
    shown.push(`<h2>${heading} (${members.length})</h2>\n<ul class="rows">${items}</ul>`);
  }
  if (from > 0) shown.push(`<p><a href="${approvalPages}">Back to the first ${rowsMax}</a></p>`);
  if (waiting.length > from + rowsMax)
    shown.push(`<p><a href="${approvalPages}?from=${from + rowsMax}">Those that end later</a></p>`);
  const empty = `<p>Nothing waits for a decision.</p>
<p class="hint">When a rule holds a request that you may decide, or one of your own, it stands here until it is decided or ends.</p>`;
  if (changes.length > 0) shown.push(changesText(changes));
  return page({ title: waitingTitle, body: shown.length === 0 ? empty : shown.join('\n'), at: approvalPages });
}

/** They have pages of their own: nothing of them ends by itself. */
function changesText(changes: readonly ToolChangeView[]): string {
  const yours = changes.filter(({ yours, status }) => yours && status === 'pending').length;
  return `<h2>Definitions that changed (${changes.length})</h2>
<ul class="rows"><li><a href="${toolChangePages}"><b>${yours === 0 ? 'None' : yours} for you to decide</b>
<span>What a server describes otherwise than it was accepted is shut until somebody decides.</span></a></li></ul>`;
}

function rowOf({ id, act, rule, phi, requestedMs, expiresMs }: Approval, now: number): string {
  const touches = phi.length === 0 ? '' : `, touches ${phi.join(', ')}`;
  const asked = timeText(new Date(requestedMs).toISOString());
  return `<li><a href="${approvalPages}/${id}"><b>${plainText(act.subject.id)} on ${plainText(act.connection)}</b>
<span>Rule ${plainText(rule)}${touches}. Asked ${asked}, ends ${remaining(expiresMs, now)}.</span></a></li>`;
}

/** As of when the page was made: it has no script to count on. */
function remaining(thenMs: number, now: number): string {
  const minutes = Math.floor((thenMs - now) / minuteMs);
  if (minutes < 1) return 'in less than a minute';
  if (minutes < 120) return minutes === 1 ? 'in a minute' : `in ${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `in ${hours} hours` : `in ${Math.round(hours / 24)} days`;
}

interface Look {
  /** Whether who looks is who asked. */
  readonly own: boolean;
  /** Whether they may end what was approved and is not used up. */
  readonly takesBack: boolean;
  readonly now: number;
  /** Another one that who looks may decide. */
  readonly next: string | null;
}

export function approvalPage(view: ApprovalView, { csrf, subject }: BrowserSession, look: Look): string {
  const { own, now, next } = look;
  const list = factsOf(view, now)
    .map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${plainText(text)}</dd>`)
    .join('\n');
  const history = (view.history ?? []).map(
    ({ id, status, connection, rule, requested }) =>
      `<li><a href="${approvalPages}/${escapeHtml(id)}"><b>${timeText(requested)}</b>
<span>${plainText(`${connection}, rule ${rule}: ${statusText[status]}`)}</span></a></li>`,
  );
  const parts = [
    exactAct(view),
    `<h2>The request</h2>\n<dl>${list}</dl>`,
    formsOf(view, csrf, look),
    view.status === 'requested' && !view.yours ? `<p>${escapeHtml(whyNotYours(view, subject, own))}</p>` : '',
    next === null ? '' : `<p><a href="${approvalPages}/${escapeHtml(next)}">The next one for you to decide</a></p>`,
    history.length === 0 ? '' : `<h2>Other requests of theirs</h2>\n<ul class="rows">${history.join('\n')}</ul>`,
  ];
  return page({
    title: `${view.subject.id} asks, on ${view.connection}`,
    body: parts.filter((each) => each !== '').join('\n'),
    at: approvalPages,
  });
}

const statusText: Readonly<Record<ApprovalView['status'], string>> = {
  requested: 'waits for a decision',
  approved: 'approved, not used yet',
  denied: 'denied',
  expired: 'ended undecided or unused',
  used: 'approved and used',
  withdrawn: 'taken back',
};

function factsOf(view: ApprovalView, now: number): readonly (readonly [string, string])[] {
  const { tables, rows } = actOf(view);
  const open = view.status === 'requested' || view.status === 'approved';
  const left = open ? ` (${remaining(Date.parse(view.expires), now)})` : '';
  return [
    ['Status', statusText[view.status]],
    ['Asked by', `${spokenNameOf(view.subject)}, ${timeText(view.requested)}`],
    ['On', view.connection],
    ...(tables === null ? [] : [['Tables', tables] as const]),
    ...(rows === null ? [] : [['Rows', `${rows}, as the planner estimates`] as const]),
    ['PHI it touches', view.phi.join(', ') || 'none the gate knows of'],
    ['Held by rule', view.rule],
    ['Decided by', `${view.quorum} of ${view.reviewers.join(', ')}`],
    [
      'Good for',
      view.grant === undefined
        ? 'one run of exactly this'
        : `${Math.round(view.grant / 60)} minutes, whatever is alike but for its values`,
    ],
    ['Ends', timeText(view.expires) + left],
    ['Known as', view.id],
    ...view.verdicts.map(
      ({ effect, by, at, reason }) =>
        [effect === 'approve' ? 'Approved' : 'Denied', `${by.id}, ${timeText(at)}: ${reason}`] as const,
    ),
  ];
}

interface ActParts {
  /** What runs, by name. */
  readonly parts: readonly (readonly [string, unknown])[];
  readonly reason: string | null;
  readonly tables: string | null;
  readonly rows: number | null;
}

/** What runs, apart from what somebody says about it and what is known of it. */
function actOf({ content }: ApprovalView): ActParts {
  if (content === undefined) return { parts: [], reason: null, tables: null, rows: null };
  const act: Readonly<Record<string, unknown>> = isJsonObject(content) ? content : { act: content };
  const { reason, relations, estimated_rows: rows, ...rest } = act;
  const tables = Array.isArray(relations) && relations.length > 0 ? relations.map(textOf).join(', ') : null;
  return {
    parts: Object.entries(rest).filter(([, part]) => !(Array.isArray(part) && part.length === 0)),
    reason: typeof reason === 'string' ? reason : null,
    tables,
    rows: typeof rows === 'number' ? rows : null,
  };
}

function textOf(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part, null, 2);
}

/** What parts of acts are called. */
const names: Readonly<Record<string, string>> = {
  sql: 'Statement',
  params: 'Parameters',
  tool: 'Tool',
  arguments: 'Arguments',
  definition: 'Definition of the tool (SHA-256)',
};

/** Arguments of several lines, which JSON has in one, once more as lines. */
function linesOf(given: unknown): string {
  return (isJsonObject(given) ? Object.entries(given) : [])
    .map(([name, value]) =>
      typeof value === 'string' && value.includes('\n')
        ? `\n<h3>${plainText(name)}, line by line</h3>\n<pre>${plainText(value)}</pre>`
        : '',
    )
    .join('');
}

function exactAct(view: ApprovalView): string {
  const { parts, reason } = actOf(view);
  if (parts.length === 0) return '';
  const shown = parts.map(
    ([name, part]) =>
      `<h3>${escapeHtml(names[name] ?? name)}</h3>\n<pre>${plainText(textOf(part))}</pre>${name === 'arguments' ? linesOf(part) : ''}`,
  );
  const why =
    reason === null
      ? ''
      : `\n<h3>Why, as the requester says</h3>\n<blockquote dir="auto">${plainText(reason)}</blockquote>`;
  return `<h2>The exact act</h2>\n${shown.join('\n')}${why}`;
}

function whyNotYours({ reviewers }: ApprovalView, subject: Subject, own: boolean): string {
  if (own) return 'This is your own request: somebody else decides it.';
  const objection = objectionToJudge(subject);
  if (objection) return objection.text;
  return subject.groups.some((group) => reviewers.includes(group))
    ? 'You share a name with who asked: somebody else decides it.'
    : `You may look. It is decided by people of ${reviewers.join(', ')}.`;
}

function formsOf({ id, status, yours }: ApprovalView, csrf: string, { own, takesBack }: Look): string {
  const form = (inner: string): string =>
    `<form method="post" action="${approvalPages}/${escapeHtml(id)}">\n${hidden('csrf', csrf)}\n${inner}\n</form>`;
  // A text area: Enter in a line of text would press the first button.
  const reason = (label: string): string =>
    `<label for="reason">${label}</label>\n<textarea id="reason" name="reason" rows="2" required maxlength="2000"></textarea>`;
  const decide = `<h2>Your decision</h2>
${form(`${reason('Why? It is recorded.')}
<div class="pair"><button name="effect" value="approve" class="first">Approve</button>
<button name="effect" value="deny" class="danger">Deny</button></div>`)}`;
  const takeBack = `<h2>Take the approval back</h2>
${form(`${reason('Why? It is recorded.')}
<button name="effect" value="deny" class="danger">Deny after all</button>`)}`;
  const explain = form(`${reason('Why do you ask? Reviewers read it; it is recorded.')}
<button name="effect" value="explain" class="first">Tell the reviewers</button>`);
  const withdraw = form('<button name="effect" value="withdraw">Take the request back</button>');
  const undecided = status === 'requested';
  return [
    ...(yours ? [decide] : []),
    ...(takesBack ? [takeBack] : []),
    ...(own && undecided ? [explain] : []),
    ...(own && (undecided || status === 'approved') ? [withdraw] : []),
  ].join('\n');
}

/** Where nobody can sign in with a browser. `id` null: of all requests. */
export function commandLinePage(id: string | null): string {
  const named = id === null ? '&lt;id&gt;' : escapeHtml(id);
  const list = id === null ? 'chartgate approvals ls\n' : '';
  return page({
    title: id === null ? waitingTitle : 'A request waits for approval',
    body: `<p>Nobody signs in here with a browser. A reviewer named by its rule looks at a request and decides on the command line, with a token of their own in <code>CHARTGATE_TOKEN</code>:</p>
<pre>${list}chartgate approvals show ${named}
chartgate approvals approve ${named} --reason "…"
chartgate approvals deny ${named} --reason "…"</pre>
<p>Who asked for it sends exactly the same request again once it is approved. Nobody approves their own.</p>`,
  });
}
