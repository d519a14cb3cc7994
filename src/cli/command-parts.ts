// What the definitions of commands have in common: options, examples, and how an action is bound to one.

import { type Command, InvalidArgumentError, type OptionValues } from 'commander';

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

/** For commander: a whole number from `min` to `max`, kept as it was written. */
export function counting(min: number, max: number = Number.MAX_SAFE_INTEGER): (given: string) => string {
  return (given) => {
    const count = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (count >= min && count <= max) return given;
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER ? `Say a number from ${min}.` : `Say a number from ${min} to ${max}.`,
    );
  };
}
