// The commands by which people decide: approvals, break-glass, changed tools. See program.ts for how they are run.

import { type Command, Option } from 'commander';
import { approvalStatuses } from '../approvals/approval.ts';
import { type Common, type Does, examples, withJson } from './command-parts.ts';
import type { Io } from './io.ts';

export function addApprovals(program: Command, io: Io, does: Does): void {
  const group = examples(
    program.command('approvals').description('held requests, and deciding them'),
    'chartgate approvals ls',
    'chartgate approvals approve a_01K… --reason "…"',
  );
  const load = () => import('./approvals.ts');
  does(
    examples(
      withJson(group.command('ls').description('list them')).addOption(
        new Option('--status <status>', 'only those with this status').choices(approvalStatuses),
      ),
      'chartgate approvals ls --status requested',
    ),
    async (options: Common & { readonly status?: string }) => (await load()).listApprovals(io, options),
  );
  does(
    examples(
      withJson(group.command('show').description('one of them, with the exact act').argument('<id>')),
      'chartgate approvals show a_01K…',
    ),
    async (options: Common, [id = '']) => (await load()).showApproval(io, id, options),
  );
  for (const effect of ['approve', 'deny'] as const) {
    const command = group.command(effect).description(`${effect} one of them`).argument('<id>');
    does(
      examples(
        withJson(command).requiredOption('--reason <text>', 'why; it is recorded'),
        `chartgate approvals ${effect} a_01K… --reason "…"`,
      ),
      async (options: Common & { readonly reason: string }, [id = '']) =>
        (await load()).decideApproval(io, id, effect, options),
    );
  }
  const explain = group.command('explain').description('say why you ask, for the reviewers to read').argument('<id>');
  does(
    examples(
      withJson(explain).requiredOption('--reason <text>', 'why; it is recorded'),
      'chartgate approvals explain a_01K… --reason "ticket 4711"',
    ),
    async (options: Common & { readonly reason: string }, [id = '']) => (await load()).explainApproval(io, id, options),
  );
  does(
    examples(
      withJson(group.command('withdraw').description('take a request of your own back').argument('<id>')),
      'chartgate approvals withdraw a_01K…',
    ),
    async (options: Common, [id = '']) => (await load()).withdrawApproval(io, id, options),
  );
}

export function addBreakGlass(program: Command, io: Io, does: Does): void {
  const load = () => import('./break-glass.ts');
  const group = program
    .command('break-glass')
    .description(
      'step past holds for a short time in an emergency; reviewers are told at once, and review it afterwards',
    )
    .argument('<connection>', 'a connection of the gate')
    // Not required by the parser, which would ask the commands below for it too: the gate refuses to go without.
    .option('--reason <text>', 'why; required, and recorded', '')
    .option('--for <time>', 'how long: 10m, 1h; never longer than the policy allows', '30m');
  does(
    examples(withJson(group), 'chartgate break-glass ehr --reason "cardiac arrest, ward 3" --for 30m'),
    async (options: Common & { readonly reason: string; readonly for: string }, [connection = '']) =>
      (await load()).breakGlass(io, connection, options),
  );
  does(
    examples(withJson(group.command('ls').description('list them')), 'chartgate break-glass ls'),
    async (options: Common) => (await load()).listBreakGlass(io, options),
  );
  does(
    examples(
      withJson(group.command('close').description('end your own before its time').argument('<id>')),
      'chartgate break-glass close b_01K…',
    ),
    async (options: Common, [id = '']) => (await load()).closeBreakGlass(io, id, options),
  );
  const review = group
    .command('review')
    .description('sign off what was done under one that is over')
    .argument('<id>')
    .requiredOption('--reason <text>', 'what you found; it is recorded')
    .option('--unjustified', 'it should not have been');
  does(
    examples(
      withJson(review),
      'chartgate break-glass review b_01K… --reason "read the session, patient was in ward 3"',
    ),
    async (options: Common & { readonly reason: string; readonly unjustified?: boolean }, [id = '']) =>
      (await load()).reviewBreakGlass(io, id, options),
  );
}

export function addToolChanges(program: Command, io: Io, does: Does): void {
  const group = examples(
    program
      .command('tools')
      .description('MCP tools, prompts, templates and instructions that changed, and deciding about them'),
    'chartgate tools pending',
  );
  const load = () => import('./tools.ts');
  does(
    examples(withJson(group.command('pending').description('list the changes')), 'chartgate tools pending'),
    async (options: Common) => (await load()).listToolChanges(io, options),
  );
  does(
    examples(
      withJson(group.command('show').description('one change: what was accepted, and what it is now').argument('<id>')),
      'chartgate tools show t_3f…',
    ),
    async (options: Common, [id = '']) => (await load()).showToolChange(io, id, options),
  );
  for (const effect of ['accept', 'refuse'] as const) {
    const command = group.command(effect).description(`${effect} one change`).argument('<id>');
    does(
      examples(
        withJson(command).requiredOption('--reason <text>', 'why; it is recorded'),
        `chartgate tools ${effect} t_3f… --reason "…"`,
      ),
      async (options: Common & { readonly reason: string }, [id = '']) =>
        (await load()).decideToolChange(io, id, effect, options),
    );
  }
}
