// What the definitions of commands have in common: options, examples, and how an action is bound to one.

import type { Command, OptionValues } from 'commander';

export interface Common {
  readonly config: string;
  readonly json?: boolean;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- commander cannot know its options' types; each definition names them
export type Does = <O extends OptionValues>(
  command: Command,
  action: (options: O, args: string[]) => Promise<number>,
) => void;

export function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'the configuration', 'chartgate.yaml');
}

export function withJson(command: Command): Command {
  return withConfig(command).option('--json', 'machine-readable output');
}

export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}
