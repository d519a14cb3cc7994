// The command line: which commands there are, what they take, and how a mistake in them is answered. What a command does
// stands in a file of its own, loaded when it is called.

import { Command, CommanderError, type OptionValues } from 'commander';
import { errors } from '../core/errors.ts';
import type { LiveCheck } from './check.ts';
import type { ClassifyOptions, SurveyDatabase } from './classify.ts';
import type { HardenOptions, OpenHardening } from './harden.ts';
import type { Io } from './io.ts';
import type { Analyze, ExplainOptions } from './policy-explain.ts';

/** What only the composition root can do. */
export interface Parts {
  readonly serve: (io: Io, config: string) => Promise<number>;
  /** For `check`: a look at the connections as they are now. */
  readonly live?: LiveCheck;
  /** For `harden`: a session with the database of a connection. */
  readonly openHardening: OpenHardening;
  /** For `classify`. */
  readonly survey: SurveyDatabase;
  /** For `policy explain --sql`. */
  readonly analyze?: Analyze;
  readonly version: string;
}

interface Common {
  readonly config: string;
  readonly json?: boolean;
}

/** Returns the exit code; never exits and never throws for what the caller may do wrong. */
export async function runCli(argv: readonly string[], io: Io, parts: Parts): Promise<number> {
  let exit = 0;
  const program = defineProgram(io, parts, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const asked = ['commander.helpDisplayed', 'commander.version', 'commander.help'].includes(error.code);
    return asked && argv.length > 0 ? 0 : errors.usage.exit;
  }
}

/** All commands. `settle` gets the exit code of the one that was run. */
export function defineProgram(io: Io, parts: Parts, settle: (exit: number) => void): Command {
  const program = new Command('chartgate')
    .description('The audited gate between AI agents and patient data.')
    .version(parts.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text.replace(/^error: /, 'chartgate: ')),
      getOutHasColors: () => io.stdout.isTTY === true && io.env['NO_COLOR'] === undefined,
      getErrHasColors: () => io.stderr.isTTY === true && io.env['NO_COLOR'] === undefined,
    })
    .showHelpAfterError('See --help.')
    .enablePositionalOptions();
  /** Defines one command: its action's result is the exit code. */
  const does: Does = (command, action) => {
    command.action(async () => {
      settle(await action(command.opts(), command.args));
    });
  };
  addGateCommands(program, io, parts, does);
  addHarden(program, io, parts, does);
  addClassify(program, io, parts, does);
  addPolicy(program, io, parts, does);
  addApprovals(program, io, does);
  addToolChanges(program, io, does);
  addSessions(program, io, does);
  addTools(program, io, does);
  return program;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- commander cannot know its options' types; each definition names them
type Does = <O extends OptionValues>(command: Command, action: (options: O, args: string[]) => Promise<number>) => void;

function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'the configuration', 'chartgate.yaml');
}

function withJson(command: Command): Command {
  return withConfig(command).option('--json', 'machine-readable output');
}

function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}

function addGateCommands(program: Command, io: Io, parts: Parts, does: Does): void {
  does(
    examples(
      withConfig(program.command('serve').description('run the gate')),
      'chartgate serve',
      'chartgate serve -c /etc/chartgate/chartgate.yaml',
    ),
    (options: Common) => parts.serve(io, options.config),
  );
  does(
    examples(
      withJson(program.command('check').description('validate configuration, policy and classification')),
      'chartgate check',
      'chartgate check -c chartgate.yaml --json',
    ),
    async (options: Common) => (await import('./check.ts')).check(io, options, parts.live),
  );
  does(
    examples(
      withConfig(program.command('init').description('write a commented configuration')).option(
        '-y, --yes',
        'ask nothing, take every default',
      ),
      'chartgate init',
      'chartgate init --yes -c chartgate.yaml',
    ),
    async (options: Common & { readonly yes?: boolean }) => (await import('./init.ts')).init(io, options),
  );
  does(
    examples(
      withJson(program.command('whoami').description('who the gate takes you for')),
      'CHARTGATE_TOKEN=… chartgate whoami',
    ),
    async (options: Common) => (await import('./whoami.ts')).whoami(io, options),
  );
  const connect = program
    .command('connect')
    .description('a short-lived database credential: print its DSN, or run a command with it (default: psql)')
    .argument('<connection>', 'a postgres connection of the gate')
    .argument('[command...]', 'what to run, after --')
    .option('--print', 'print the DSN and nothing else')
    .option('--ttl <time>', 'how long it lasts: 90s, 15m; never longer than the gate allows');
  does(
    examples(
      withConfig(connect),
      'chartgate connect ehr',
      'chartgate connect ehr -- psql -c "SELECT count(*) FROM patients"',
      'psql "$(chartgate connect ehr --print)"',
    ),
    async (options: Common & { readonly print?: boolean; readonly ttl?: string }, [connection = '', ...command]) =>
      (await import('./connect.ts')).connect(io, connection, command, options),
  );
}

function addHarden(program: Command, io: Io, parts: Parts, does: Does): void {
  const command = program
    .command('harden')
    .description('masked roles and views in the database itself: print, apply, verify or undo them')
    .argument('<connection>', 'a postgres connection of the gate')
    .option('--print', 'write the SQL to stdout and change nothing (the default); with --undo, that of undoing it')
    .option('--apply', 'run it, in one transaction')
    .option('--verify', 'check the live server; exit 0 = the posture holds')
    .option('--undo', 'remove what was made and restore what was taken away')
    .option('--admin <url>', 'who does it: postgres://owner@host:port/database, password in CHARTGATE_ADMIN_PASSWORD');
  does(
    examples(
      withJson(command),
      'chartgate harden ehr | less',
      'chartgate harden ehr | psql "postgres://postgres@db/ehr"',
      'CHARTGATE_ADMIN_PASSWORD=… chartgate harden ehr --apply --admin postgres://postgres@db:5432/ehr',
      'chartgate harden ehr --verify',
    ),
    async (options: HardenOptions, [connection = '']) =>
      (await import('./harden.ts')).harden(io, connection, options, parts.openHardening),
  );
}

function addClassify(program: Command, io: Io, parts: Parts, does: Does): void {
  const command = program
    .command('classify')
    .description(
      'propose what each column of a database holds, from its catalog and some rows; exit 1 = something is shown that should not be',
    )
    .argument('<connection>', 'a postgres connection of the configuration')
    .option('--sample <rows>', 'look at so many rows of each table at most; no value is printed or kept', '200')
    .option('-o, --output <file>', 'write the YAML there, if there is no such file yet, and the differences to stdout');
  does(
    examples(
      withJson(command),
      'chartgate classify ehr',
      'chartgate classify ehr -o proposed.yaml',
      'chartgate classify ehr --sample 1000 --json',
    ),
    async (options: ClassifyOptions, [connection = '']) =>
      (await import('./classify.ts')).classify(io, connection, options, parts.survey),
  );
}

function addPolicy(program: Command, io: Io, parts: Parts, does: Does): void {
  const group = program.command('policy').description('what the policy says, and whether it says what it should');
  const explain = group
    .command('explain')
    .description('the decision for a request, and the part of each rule in it')
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
      'chartgate policy explain --facts request.json',
    ),
    async (options: ExplainOptions) => (await import('./policy-explain.ts')).explainPolicy(io, options, parts.analyze),
  );
  does(
    examples(
      withJson(group.command('test').description("run the policy's own tests")),
      'chartgate policy test -c chartgate.yaml',
    ),
    async (options: Common) => (await import('./policy-test.ts')).testPolicy(io, options),
  );
}

function addApprovals(program: Command, io: Io, does: Does): void {
  const group = program.command('approvals').description('held requests, and deciding them');
  const load = () => import('./approvals.ts');
  does(
    examples(
      withJson(group.command('ls').description('list them')).option('--status <status>', 'only those with this status'),
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
        withJson(command).option('--reason <text>', 'why; it is recorded ("no reason given" without it)'),
        `chartgate approvals ${effect} a_01K… --reason "…"`,
      ),
      async (options: Common & { readonly reason?: string }, [id = '']) =>
        (await load()).decideApproval(io, id, effect, options),
    );
  }
}

function addToolChanges(program: Command, io: Io, does: Does): void {
  const group = program.command('tools').description('MCP tools whose definition changed, and deciding about them');
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

function addSessions(program: Command, io: Io, does: Does): void {
  const group = program.command('sessions').description('what happened, and what was seen');
  const load = () => import('./sessions.ts');
  const ls = group
    .command('ls')
    .description('list them, newest first')
    .option('--subject <id>', 'only of this subject')
    .option('--connection <name>', 'only on this connection')
    .option('--decision <effect>', 'only with a request that was: allow, hold, deny')
    .option('--since <time>', 'started at or after this RFC 3339 time')
    .option('--until <time>', 'started before this RFC 3339 time')
    .option('--limit <count>', 'at most so many (1000)');
  does(
    examples(withJson(ls), 'chartgate sessions ls --subject ana', 'chartgate sessions ls --decision hold --json'),
    async (options: Common) => (await load()).listSessions(io, options),
  );
  does(
    examples(
      withJson(group.command('show').description('how one went, without what was said').argument('<id>')),
      'chartgate sessions show s_01K…',
    ),
    async (options: Common, [id = '']) => (await load()).showSession(io, id, options),
  );
  const replay = group
    .command('replay')
    .description('how one went: question, decision, and the masked answer as the caller saw it')
    .argument('<id>')
    .option('--reason <text>', 'why you read it; recorded', 'replay from the command line');
  does(
    examples(withJson(replay), 'chartgate sessions replay s_01K… --reason "quarterly review"'),
    async (options: Common & { readonly reason: string }, [id = '']) =>
      (await load()).showSession(io, id, { ...options, replay: { reason: options.reason } }),
  );
}

function addTools(program: Command, io: Io, does: Does): void {
  const verify = program
    .command('audit')
    .description('the audit log')
    .command('verify')
    .description('verify a log offline; exit 0 = intact')
    .argument('<dir>', 'a state directory, or a copy of its log')
    .option('--witness <checkpoint...>', 'a signed checkpoint saved earlier: a file or an http address')
    .option('--key <vkey>', "the log's public key, as known from elsewhere")
    .option('--json', 'machine-readable output');
  does(
    examples(verify, 'chartgate audit verify ./state', 'chartgate audit verify ./copy --witness last-month.checkpoint'),
    async (options: { readonly witness?: string[]; readonly key?: string; readonly json?: boolean }, [dir = '']) => {
      const { auditVerify } = await import('./audit-verify.ts');
      const home = io.env['CHARTGATE_HOME'] ?? (io.env['HOME'] ? `${io.env['HOME']}/.chartgate` : null);
      return auditVerify(
        {
          dir,
          checkpoints: options.witness ?? [],
          ...(options.key === undefined ? {} : { key: options.key }),
          json: options.json ?? false,
          home,
        },
        (line) => io.stdout.write(`${line}\n`),
      );
    },
  );
  const detect = program
    .command('detect')
    .description('mask PHI in text: JSONL {"text"} on stdin, {"text", "spans"} on stdout');
  does(examples(detect, 'echo \'{"text":"call 555-0100"}\' | chartgate detect'), async () =>
    (await import('./detect.ts')).detect(io.stdin, io.stdout, io.stderr),
  );
}
