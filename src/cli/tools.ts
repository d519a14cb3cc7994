// chartgate tools pending|show|accept|refuse: MCP tools, prompts, templates and instructions that changed, and the people who
// decide about them.

import { type ToolChangeView, toolChangeView, toolVerdictView } from '../admin/contract.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface ToolsOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function listToolChanges(io: Io, options: ToolsOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/tools/changes', toolChangeView.array());
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    io.stderr.write('No tool has changed.\n');
  } else {
    const headings = ['id', 'status', 'connection', 'kind', 'name', 'seen', 'yours to decide'];
    const rows = answer.value.map((each) => [
      each.id,
      each.status,
      each.connection,
      wordOf(each.kind),
      each.tool,
      each.seen,
      each.yours ? 'yes' : '',
    ]);
    for (const line of renderTable(io, headings, rows)) print(io, line);
  }
  return 0;
}

export async function showToolChange(io: Io, id: string, options: ToolsOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call(`/tools/changes/${encodeURIComponent(id)}`, toolChangeView);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else present(io, answer.value);
  return 0;
}

export async function decideToolChange(
  io: Io,
  id: string,
  effect: 'accept' | 'refuse',
  options: ToolsOptions & { readonly reason?: string },
): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const body = { effect, reason: options.reason ?? '' };
  const answer = await gate.value.call(`/tools/changes/${encodeURIComponent(id)}/verdict`, toolVerdictView, body);
  if (!answer.ok) return complain(io, answer.error);
  const { connection, kind, tool } = answer.value;
  const what =
    kind === 'instructions' ? `The instructions of ${connection}` : `The ${wordOf(kind)} ${tool} on ${connection}`;
  if (options.json) printJson(io, answer.value);
  else if (effect === 'accept')
    print(io, plain(`${what}: accepted; what is described so may be shown and used again.`));
  else print(io, plain(`${what}: refused; it stays shut until the server goes back, or changes it again.`));
  return 0;
}

function wordOf(kind: ToolChangeView['kind']): string {
  return kind.replace('_', ' ');
}

function present(io: Io, change: ToolChangeView): void {
  const { id, status, connection, kind, tool, seen, reviewers, differences } = change;
  const lines: [string, string][] = [
    ['change', `${id} (${status})`],
    [wordOf(kind), `${kind === 'instructions' ? '' : `${tool} `}on ${connection}`],
    ['seen', seen],
    ['reviewers', reviewers.join(', ')],
  ];
  for (const [label, text] of lines) print(io, `${label.padEnd(18)} ${plain(text)}`);
  for (const { at, was, is } of differences ?? []) {
    print(io, `\n@ ${plain(at)}`);
    if (was !== undefined) print(io, `- ${plain(JSON.stringify(was))}`);
    if (is !== undefined) print(io, `+ ${plain(JSON.stringify(is))}`);
  }
}
