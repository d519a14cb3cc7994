// The commands about the policy: explain, simulate, test. See program.ts for how they are run.

import type { Command } from 'commander';
import { type Common, type Does, examples, withJson } from './command-parts.ts';
import type { Io } from './io.ts';
import { moment } from './moment.ts';
import type { Analyze, ExplainOptions } from './policy-explain.ts';
import type { SimulateOptions } from './policy-simulate.ts';

/** `analyze` for `policy explain --sql`. */
export function addPolicy(program: Command, io: Io, does: Does, analyze: Analyze | undefined): void {
  const group = examples(
    program.command('policy').description('what the policy says, and whether it says what it should'),
    'chartgate policy test',
    'chartgate policy explain --subject ana --groups analysts',
  );
  const explain = group
    .command('explain')
    .description('the decision for a request, and the part of each rule in it; without a request, what somebody may do')
    .option('--facts <file>', 'a JSON file of facts; the options below are laid over it')
    .option('--subject <id>', 'who asks')
    .option('--groups <list>', 'their groups, joined by commas')
    .option('--connection <name>', 'on which connection')
    .option('--sql <statement>', 'a statement')
    .option('--tool <name>', 'or an MCP tool')
    .option('--arguments <json>', 'its arguments');
  does(
    examples(
      withJson(explain),
      'chartgate policy explain --subject ana --groups analysts --connection ehr --sql "SELECT 1"',
      'chartgate policy explain --subject ana --groups analysts',
      'chartgate policy explain --facts request.json',
    ),
    async (options: ExplainOptions) => (await import('./policy-explain.ts')).explainPolicy(io, options, analyze),
  );
  does(
    examples(
      withJson(
        group
          .command('simulate')
          .description('what a new policy would have said to the requests the running gate has recorded')
          .argument('<file>', 'a configuration with the new policy, or the policy alone')
          .option('--since <time>', 'requests of so long ago, or since a day or RFC 3339 time (30d)', moment)
          .option('--reason <text>', 'why you read them; recorded', 'simulation from the command line'),
      ),
      'chartgate policy simulate --since 30d new.yaml',
      'chartgate policy simulate --since 2026-11-01T00:00:00Z new.yaml --json',
    ),
    async (options: SimulateOptions, [file = '']) =>
      (await import('./policy-simulate.ts')).simulatePolicy(io, file, options),
  );
  does(
    examples(
      withJson(group.command('test').description("run the policy's own tests")),
      'chartgate policy test -c chartgate.yaml',
    ),
    async (options: Common) => (await import('./policy-test.ts')).testPolicy(io, options),
  );
}
