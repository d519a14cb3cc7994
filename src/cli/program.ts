// The command line: which commands there are, what they take, and how a mistake in them is answered. What a command does
// stands in a file of its own, loaded when it is called.

import { type Argument, Command, CommanderError, Option } from 'commander';
import { errors } from '../core/errors.ts';
import type { ExportOptions } from './audit-export.ts';
import type { RestoreOptions } from './audit-restore.ts';
import type { LiveCheck } from './check.ts';
import type { ClassifyOptions, SurveyDatabase } from './classify.ts';
import { type Common, type Does, examples, withConfig, withJson } from './command-parts.ts';
import type { HardenOptions, OpenHardening } from './harden.ts';
import { complain, type Io } from './io.ts';
import { moment } from './moment.ts';
import type { Analyze } from './policy-explain.ts';
import { addApprovals, addBreakGlass, addToolChanges } from './program-decisions.ts';
import { addEvidence, addReview, addRewrap } from './program-evidence.ts';
import { addLogCommands } from './program-log.ts';
import { addPolicy } from './program-policy.ts';
import { addSessions, addWhoSaw } from './program-sessions.ts';
import type { HoldOptions, RetentionOptions } from './retention.ts';

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

/** Returns the exit code; never exits and never throws for what the caller may do wrong. */
export async function runCli(argv: readonly string[], io: Io, parts: Parts): Promise<number> {
  let exit = 0;
  const program = defineProgram(io, parts, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(readHelp(program, argv), { from: 'user' });
    return exit;
  } catch (error) {
    if (isOfFiles(error))
      return complain(io, {
        code: 'state_unwritable',
        text: `${error.path} cannot be used: ${error.code}.`,
        next: 'Check that it is there, whose it is, and the free space.',
      });
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for; a command that only groups others shows it too, and that is a mistake.
    return error.exitCode === 0 ? 0 : errors.usage.exit;
  }
}

/** Help about a word that is no command would be that of the group, and say nothing of the word: it is told like the word alone. */
function readHelp(program: Command, argv: readonly string[]): readonly string[] {
  const asked = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1), '--help'] : argv;
  let command = program;
  for (const word of asked) {
    const next = command.commands.find((each) => each.name() === word);
    if (next) command = next;
    else if (word === 'help' || word.startsWith('-') || command.registeredArguments.length > 0) return asked;
    else return asked.filter((each) => each !== '--help' && each !== '-h');
  }
  return asked;
}

/** What the system said of a file or directory somebody named, and no command had an answer of its own for. */
function isOfFiles(error: unknown): error is { readonly code: string; readonly path: string } {
  return (
    error instanceof Error &&
    'syscall' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'path' in error &&
    typeof error.path === 'string'
  );
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
    // Without `[options]`, which all of them take: what they do has room beside it on 80 columns, and is wrapped.
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
    })
    .showHelpAfterError('See --help.')
    .enablePositionalOptions();
  /** Defines one command: its action's result is the exit code. */
  const does: Does = (command, action) => {
    command.action(async () => {
      settle(await action(command.opts(), command.args));
    });
  };
  examples(program, 'chartgate demo', 'chartgate init', 'chartgate check', 'chartgate serve -c chartgate.yaml');
  does(
    examples(
      program
        .command('demo')
        .description('a hospital on this machine, embedded: URLs, people and a tour; Ctrl-C ends it')
        .argument('[options...]', 'those of npm start --, such as --exit, --no-tour, --patients 100')
        .allowUnknownOption(),
      'chartgate demo',
      'chartgate demo --exit',
    ),
    async (_, args) => (await import('./demo.ts')).demo(io, args),
  );
  addGateCommands(program, io, parts, does);
  addHarden(program, io, parts, does);
  addClassify(program, io, parts, does);
  addPolicy(program, io, does, parts.analyze);
  addApprovals(program, io, does);
  addBreakGlass(program, io, does);
  addToolChanges(program, io, does);
  addSessions(program, io, does);
  addWhoSaw(program, io, does);
  addTools(program, io, does);
  return program;
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
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
      withJson(
        program
          .command('check')
          .description('validate the configuration, run the tests of its policy, look at every place it names'),
      ),
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
  addSignIn(program, io, does);
  does(
    examples(
      withJson(program.command('whoami').description('who the gate takes you for')),
      'chartgate whoami',
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

function addSignIn(program: Command, io: Io, does: Does): void {
  does(
    examples(
      withConfig(
        program
          .command('login')
          .description('sign in at the gate, in a browser on any device')
          .option('--scope <names...>', 'what a refusal asked for: a stronger or newer sign-in (identity.step_up)'),
      ),
      'chartgate login',
      'chartgate login --scope strong',
      'CHARTGATE_URL=https://gate.hospital.example chartgate login',
    ),
    async (options: Common & { readonly scope?: readonly string[] }) => (await import('./login.ts')).login(io, options),
  );
  does(
    examples(
      withConfig(program.command('logout').description('revoke the tokens of login, and forget them')),
      'chartgate logout',
    ),
    async (options: Common) => (await import('./logout.ts')).logout(io, options),
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

function addRestore(audit: Command, io: Io, does: Does): void {
  const restore = audit
    .command('restore')
    .description('the log and its encrypted payloads out of an archive alone, verified first')
    .argument('<url>', 's3://bucket/prefix?…, as in audit.archive, or file:///directory')
    .requiredOption('-o, --output <dir>', 'a directory that is empty or not there')
    .option('--key <vkey>', "the log's public key, as known from elsewhere")
    .option('--json', 'machine-readable output');
  does(
    examples(
      restore,
      'chartgate audit restore "s3://evidence/gate-1?region=eu-central-1" -o ./restored',
      'chartgate audit restore file:///mnt/archive -o ./restored --json',
    ),
    async (options: RestoreOptions, [url = '']) => (await import('./audit-restore.ts')).auditRestore(io, url, options),
  );
}

function addRetention(audit: Command, io: Io, does: Does): void {
  const load = () => import('./retention.ts');
  const shred = audit
    .command('shred')
    .description('destroy the keys and payloads of sessions past audit.retain, now; the gate does it daily')
    .option('--dry-run', 'only say what that would be');
  does(
    examples(withJson(shred), 'chartgate audit shred --dry-run', 'chartgate audit shred --json'),
    async (options: RetentionOptions & { readonly dryRun?: boolean }) => (await load()).shred(io, options),
  );
  const hold = examples(
    audit.command('hold').description('legal holds: what is not shredded, whatever its age'),
    'chartgate audit hold ls',
  );
  const add = hold
    .command('add')
    .description('hold a session, what a person or workload did, or what concerns a patient')
    .option('--session <id>', 'one session')
    .option('--subject <id>', 'every session of this subject')
    .option(
      '--patient <identifier...>',
      'every session this patient may be in, by all identifiers they have, such as mrn:4711 id:7',
    )
    .requiredOption('--reason <text>', 'why; it is recorded');
  does(
    examples(
      withJson(add),
      'chartgate audit hold add --subject ana --reason "litigation 2026-114"',
      'chartgate audit hold add --patient mrn:4711 id:7 --reason "litigation 2026-114"',
    ),
    async (options: HoldOptions) => (await load()).addHold(io, options),
  );
  does(
    examples(withJson(hold.command('ls').description('list them')), 'chartgate audit hold ls'),
    async (options: RetentionOptions) => (await load()).listHolds(io, options),
  );
  const release = hold.command('release').description('release one').argument('<id>');
  does(
    examples(
      withJson(release).requiredOption('--reason <text>', 'why; it is recorded'),
      'chartgate audit hold release h_01K… --reason "case closed"',
    ),
    async (options: RetentionOptions & { readonly reason: string }, [id = '']) =>
      (await load()).releaseHold(io, id, options),
  );
}

function addTools(program: Command, io: Io, does: Does): void {
  const audit = examples(
    program.command('audit').description('the audit log'),
    'chartgate audit verify ./state',
    'chartgate audit export --format ocsf --from 2026-03-01 --to 2026-04-01',
  );
  addRetention(audit, io, does);
  addRestore(audit, io, does);
  addRewrap(audit, io, does);
  addReview(audit, io, does);
  const give = audit
    .command('export')
    .description('a stretch of the log as lines of JSON, on stdout')
    .addOption(
      new Option('--format <format>', 'of the lines').choices(['ocsf', 'fhir', 'ndjson']).makeOptionMandatory(),
    )
    .option('--from <time>', 'from this day or RFC 3339 time on', moment)
    .option('--to <time>', 'before this day or RFC 3339 time', moment)
    .option('--payloads', 'with what was said, decrypted; needs --reason')
    .option('--reason <text>', 'why; it is recorded');
  does(
    examples(
      withConfig(give),
      'chartgate audit export --format ocsf --from 2026-03-01 --to 2026-04-01 > march.ndjson',
      'chartgate audit export --format fhir --payloads --reason "accounting, case 77"',
    ),
    async (options: ExportOptions) => (await import('./audit-export.ts')).auditExport(io, options),
  );
  const reindex = audit.command('reindex').description('read the index of sessions off the log again, and compare');
  does(examples(withJson(reindex), 'chartgate audit reindex'), async (options: Common) =>
    (await import('./audit-reindex.ts')).reindex(io, options),
  );
  addLogCommands(program, audit, io, does, examples);
  addEvidence(program, io, does);
  const detect = program
    .command('detect')
    .description('mask PHI in text: JSONL {"text"} on stdin, {"text", "spans"} on stdout')
    .option(
      '-c, --config <file>',
      'also the rules and recognizers of this configuration (unless given: the built-in detectors)',
    );
  does(
    examples(
      detect,
      'echo \'{"text":"call 555-0100"}\' | chartgate detect',
      'chartgate detect --config chartgate.yaml < notes.jsonl',
    ),
    async (options: { config?: string }) => (await import('./detect.ts')).detect(io, options),
  );
}
