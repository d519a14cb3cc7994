// What reviewers read in a browser about definitions that changed: the list, and one change with what differs and the form to
// decide it. Plain HTML without script; must never show what the view does not hold.

import type { BrowserSession } from '../ports/browser-sessions.ts';
import { escapeHtml, hidden, page, plainText, timeText } from '../wire/http/page.ts';
import type { ChangeKind, ToolChangeView } from './contract.ts';

export const toolChangePages = '/tools';

/** Where the way to these pages is. */
const at = '/approvals';
/** On one page of the list. */
const rowsMax = 200;

/** `from`: how many stand on the pages before; `accepted`: who reads has just accepted one. */
export function toolChangesPage(
  views: readonly ToolChangeView[],
  { from, accepted }: { readonly from: number; readonly accepted: boolean },
): string {
  const groups: readonly (readonly [string, (view: ToolChangeView) => boolean])[] = [
    ['For you to decide', ({ yours, status }) => yours && status === 'pending'],
    ['Refused, and shut', ({ yours, status }) => yours && status === 'refused'],
    ['For others to decide', ({ yours }) => !yours],
  ];
  const shown: string[] = accepted
    ? ['<p role="status">Accepted. It is open again, as it is described now; agents see it when they list anew.</p>']
    : [];
  let before = 0;
  for (const [heading, belongs] of groups) {
    const members = views.filter(belongs);
    const rows = members.slice(Math.max(0, from - before), Math.max(0, from + rowsMax - before));
    before += members.length;
    if (rows.length > 0)
      shown.push(`<h2>${heading} (${members.length})</h2>\n<ul class="rows">${rows.map(rowOf).join('\n')}</ul>`);
  }
  if (from > 0) shown.push(`<p><a href="${toolChangePages}">Back to the first ${rowsMax}</a></p>`);
  if (views.length > from + rowsMax)
    shown.push(`<p><a href="${toolChangePages}?from=${from + rowsMax}">The next of them</a></p>`);
  if (views.length === 0)
    shown.push(`<p>No definition waits for a decision.</p>
<p class="hint">When a server describes a tool, a prompt or itself otherwise than before, and you review for its connection, the change stands here until somebody decides.</p>`);
  return page({ title: 'Definitions that changed', body: shown.join('\n'), at });
}

function rowOf({ id, connection, kind, tool, status, seen }: ToolChangeView): string {
  const state = status === 'refused' ? ' Refused.' : '';
  return `<li><a href="${toolChangePages}/${escapeHtml(id)}"><b>${plainText(titleOf(kind, tool, connection))}</b>
<span>Changed as of ${timeText(seen)}.${state}</span></a></li>`;
}

const words: Readonly<Record<ChangeKind, string>> = {
  tool: 'Tool',
  prompt: 'Prompt',
  resource_template: 'Resource template',
  instructions: 'Instructions',
};

function titleOf(kind: ChangeKind, tool: string, connection: string): string {
  return `${words[kind]}${kind === 'instructions' ? '' : ` ${tool}`} of ${connection}`;
}

/** `next`: another one for who looks to decide. */
export function toolChangePage(view: ToolChangeView, { csrf }: BrowserSession, next: string | null): string {
  const { id, connection, kind, tool, status, seen, reviewers, yours, differences } = view;
  const facts: readonly (readonly [string, string])[] = [
    ['Status', status === 'pending' ? 'shut; waits for a decision' : 'refused; it stays shut'],
    ['Changed as of', timeText(seen)],
    ['Decided by', `one of ${reviewers.join(', ')}`],
    ['Known as', id],
  ];
  const list = facts.map(([term, text]) => `<dt>${term}</dt><dd>${plainText(text)}</dd>`).join('\n');
  const parts = [
    `<p>${meaning[kind]}</p>`,
    ...(differences ? [`<h2>What differs (${differences.length})</h2>`, ...differences.map(differenceText)] : []),
    `<h2>The change</h2>\n<dl>${list}</dl>`,
    yours ? form(view, csrf) : '<p>You may look. What differs is shown to who decides.</p>',
    ...(next === null
      ? []
      : [`<p><a href="${toolChangePages}/${escapeHtml(next)}">The next one for you to decide</a></p>`]),
    `<p><a href="${toolChangePages}">Definitions that changed</a></p>`,
  ];
  return page({ title: titleOf(kind, tool, connection), body: parts.join('\n'), at });
}

const meaning: Readonly<Record<ChangeKind, string>> = {
  tool: 'The server describes this tool otherwise than it was accepted. Meanwhile it is neither listed nor run.',
  prompt: 'The server describes this prompt otherwise than it was accepted. Meanwhile it is neither listed nor given.',
  resource_template: 'The server describes this template otherwise than it was accepted. Meanwhile it is not listed.',
  instructions: 'The server tells models otherwise how to use it than was accepted. Meanwhile they are told nothing.',
};

function form({ id, status }: ToolChangeView, csrf: string): string {
  const refuse = '<button name="effect" value="refuse" class="danger">Refuse</button>';
  const accept = '<button name="effect" value="accept" class="first">Accept</button>';
  return `<h2>Your decision</h2>
<p class="hint">Accepted, it is open again as it is described now, and the old description is no longer. Refused, it stays shut until the server goes back to what was accepted, or changes it again.</p>
<form method="post" action="${toolChangePages}/${escapeHtml(id)}">
${hidden('csrf', csrf)}
<label for="reason">Why? It is recorded.</label>
<textarea id="reason" name="reason" rows="2" required maxlength="2000"></textarea>
${status === 'refused' ? accept : `<div class="pair">${accept}\n${refuse}</div>`}
</form>`;
}

function differenceText({ at, was, is }: NonNullable<ToolChangeView['differences']>[number]): string {
  const where = `<code>${plainText(at)}</code>`;
  if (was === undefined) return `<h3>${where}, new</h3>\n<pre>${plainText(textOf(is))}</pre>`;
  if (is === undefined) return `<h3>${where}, gone</h3>\n<pre>${plainText(textOf(was))}</pre>`;
  const [before, now] =
    typeof was === 'string' && typeof is === 'string'
      ? marked(was, is)
      : [was, is].map((each) => plainText(json(each)));
  return `<h3>${where}, as accepted</h3>\n<pre>${before}</pre>\n<h3>${where}, now</h3>\n<pre>${now}</pre>`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : json(value);
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Both as HTML, with all from the first character that differs to the last one marked. */
function marked(was: string, is: string): readonly [string, string] {
  const [before, now] = [Array.from(was), Array.from(is)];
  const shorter = Math.min(before.length, now.length);
  let head = 0;
  while (head < shorter && before[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const show = (text: readonly string[]): string => {
    const [start, middle, end] = [
      text.slice(0, head),
      text.slice(head, text.length - tail),
      text.slice(text.length - tail),
    ].map((part) => plainText(part.join('')));
    return `${start}${middle === '' ? '' : `<mark>${middle}</mark>`}${end}`;
  };
  return [show(before), show(now)];
}

export function toolChangesCommandLinePage(): string {
  return page({
    title: 'Definitions that changed',
    body: `<p>Nobody signs in here with a browser. A reviewer of the connection looks at a change and decides on the command line, with a token of their own in <code>CHARTGATE_TOKEN</code>:</p>
<pre>chartgate tools pending
chartgate tools show &lt;id&gt;
chartgate tools accept &lt;id&gt; --reason "…"
chartgate tools refuse &lt;id&gt; --reason "…"</pre>`,
  });
}
