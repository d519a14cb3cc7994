// chartgate policy simulate: what a new policy would have said to the requests the running gate has recorded.

import { resolve } from 'node:path';
import { readConfigFile } from '../adapters/config-file/files.ts';
import { type SimulationView, simulationView } from '../admin/contract-simulate.ts';
import { readPolicyFile } from '../config/parse.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { fail, type Result } from '../core/result.ts';
import { compileCondition } from '../policy/condition.ts';
import { lookupWords } from '../policy/lookup-words.ts';
import type { Outcome } from '../policy/simulate.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig } from './load-config.ts';
import { moment } from './moment.ts';

export interface SimulateOptions {
  readonly config: string;
  /** RFC 3339; default 30 days ago. */
  readonly since?: string;
  readonly reason: string;
  readonly json?: boolean;
}

/** @param file a configuration with a `policy`, or the policy alone */
export async function simulatePolicy(io: Io, file: string, options: SimulateOptions): Promise<number> {
  const policy = readPolicy(resolve(io.cwd, file));
  if (!policy.ok) return complainOfConfig(io, policy.error);
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const body = { policy: policy.value, since: options.since ?? moment('30d'), reason: options.reason };
  const answer = await gate.value.call('/policy/simulate', simulationView, body);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else for (const line of render(answer.value)) print(io, plain(line));
  return 0;
}

function readPolicy(file: string): Result<unknown, readonly ConfigProblem[]> {
  const text = readConfigFile(file);
  if (text.ok) return readPolicyFile(text.value, file, { checkCondition: compileCondition });
  const expected = 'a configuration with a policy, or the policy alone';
  return fail([{ code: 'config_invalid', file, line: 1, column: 1, path: '', found: text.error, expected }]);
}

function render(view: SimulationView): readonly string[] {
  const { requests, unchanged, changes, unused, unreadable, complete, since, until } = view;
  const lines = [`${requests} requests since ${since}: ${unchanged} decided as before, ${requests - unchanged} not`];
  for (const { was, is, direction, count, examples } of changes) {
    lines.push(`${String(count).padStart(6)}  ${direction.padEnd(8)}  ${outcomeText(was)}  →  ${outcomeText(is)}`);
    for (const { request, time, subject, connection, what } of examples)
      lines.push(`        e.g. ${time}  ${subject} on ${connection}: ${what}  (${request})`);
  }
  for (const rule of unused) lines.push(`warning: rule ${rule} was met by no request`);
  if (unreadable > 0) lines.push(`warning: the facts of ${unreadable} requests cannot be read any more`);
  if (!complete) lines.push(`warning: time ran out; this covers what was recorded until ${until ?? since}`);
  return lines;
}

function outcomeText({ effect, rule, unmask, filter, lookup, rows, approval }: Outcome): string {
  if (effect === 'deny') return `deny by ${rule}`;
  const words = (set: Outcome['unmask']): string => (set === 'all' ? 'all' : set.join('+') || 'none');
  const rates = lookupWords(lookup);
  const looksUp = rates === '' ? '' : `, look up ${rates}`;
  const asks = approval ? `, asks ${approval.quorum} of ${approval.reviewers.join('+')}` : '';
  return `${effect} by ${rule} (unmask ${words(unmask)}, filter ${words(filter)}${looksUp}, rows ${rows ?? 'any'}${asks})`;
}
