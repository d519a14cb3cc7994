// chartgate tools pending|show|accept|refuse: MCP tools whose definition changed, and the people who decide about them.

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
    const headings = ['id', 'status', 'connection', 'tool', 'seen', 'yours to decide'];
    const rows = answer.value.map((each) => [
      each.id,
      each.status,
      each.connection,
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
  const { connection, tool } = answer.value;
  if (options.json) printJson(io, answer.value);
  else if (effect === 'accept')
    print(io, plain(`${tool} on ${connection}: accepted; it is listed and may be called again.`));
  else
    print(
      io,
      plain(`${tool} on ${connection}: refused; it stays shut until the server goes back, or changes it again.`),
    );
  return 0;
}

function present(io: Io, change: ToolChangeView): void {
  const { id, status, connection, tool, seen, reviewers, differences } = change;
  const lines: [string, string][] = [
    ['change', `${id} (${status})`],
    ['tool', `${tool} on ${connection}`],
    ['seen', seen],
    ['reviewers', reviewers.join(', ')],
  ];
  for (const [label, text] of lines) print(io, `${label.padEnd(10)} ${plain(text)}`);
  for (const { at, was, is } of differences ?? []) {
    print(io, `\n@ ${plain(at)}`);
    if (was !== undefined) print(io, `- ${plain(JSON.stringify(was))}`);
    if (is !== undefined) print(io, `+ ${plain(JSON.stringify(is))}`);
  }
}
