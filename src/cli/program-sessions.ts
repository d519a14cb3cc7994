// The commands that ask what happened: sessions, who-saw. See program.ts for how they are run.

import { type Command, Option } from 'commander';
import { phiClasses } from '../core/phi.ts';
import { type Common, counting, type Does, examples, withJson } from './command-parts.ts';
import type { Io } from './io.ts';
import { moment } from './moment.ts';
import type { RevokeOptions } from './sessions-revoke.ts';
import type { WhoSawOptions } from './who-saw.ts';

export function addSessions(program: Command, io: Io, does: Does): void {
  const group = examples(
    program.command('sessions').description('what happened, and what was seen'),
    'chartgate sessions ls --subject ana',
    'chartgate sessions replay s_01K…',
  );
  const load = () => import('./sessions.ts');
  const ls = group
    .command('ls')
    .description('list them, newest first')
    .option('--subject <id>', 'only of this subject')
    .option('--group <name>', 'only of subjects in this group')
    .option('--connection <name>', 'only on this connection')
    .addOption(new Option('--door <door>', 'only by this door').choices(['postgres', 'mcp']))
    .option('--tool <name>', 'only with a call of this MCP tool')
    .option('--table <name>', 'only with a statement about this table')
    .addOption(new Option('--phi <class>', 'only with data of this PHI class').choices([...phiClasses]))
    .option('--rule <name>', 'only with a request this rule decided')
    .option('--text <words>', 'only where this was asked or shown; needs --reason')
    .option('--reason <text>', 'why you look into what was said; recorded')
    .addOption(new Option('--decision <effect>', 'only with such a request').choices(['allow', 'hold', 'deny']))
    .option('--since <time>', 'started at or after this day or RFC 3339 time', moment)
    .option('--until <time>', 'started before this day or RFC 3339 time', moment)
    .option('--before <id>', 'older than this session: the next page')
    .option('--limit <count>', 'at most so many, up to 1000 (100)', counting(1, 1000));
  does(
    examples(
      withJson(ls),
      'chartgate sessions ls --subject ana',
      'chartgate sessions ls --decision hold --json',
      'chartgate sessions ls --group analysts --table patients --phi ssn',
      'chartgate sessions ls --text "discharge summary" --reason "incident 2026-31"',
    ),
    async (options: Common) => (await load()).listSessions(io, options),
  );
  does(
    examples(
      withJson(group.command('show').description('how one went, without what was said').argument('<id>')),
      'chartgate sessions show s_01K…',
    ),
    async (options: Common, [id = '']) => (await load()).showSession(io, id, options),
  );
  const revoke = group
    .command('revoke')
    .description('sign somebody out: end what they have open on every door, now')
    .argument('<subject>', 'the id of a person or workload, as the log has it')
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--issuer <url>', 'where two issuers know the same id');
  does(
    examples(withJson(revoke), 'chartgate sessions revoke ana --reason "left the hospital"'),
    async (options: RevokeOptions, [subject = '']) =>
      (await import('./sessions-revoke.ts')).revokeSessions(io, subject, options),
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

export function addWhoSaw(program: Command, io: Io, does: Does): void {
  const command = program
    .command('who-saw')
    .description('what left about one patient, when and to whom')
    .argument('<patient-id...>', 'identifiers of the patient: 12345, or mrn:12345')
    .option('--reason <text>', 'why you look it up; it is recorded', 'look-up from the command line')
    .option('--from <time>', 'from this day or RFC 3339 time on', moment)
    .option('--to <time>', 'before this day or RFC 3339 time', moment)
    .option('--before <seq>', 'older than this: the next page', counting(0));
  does(
    examples(
      withJson(command),
      'chartgate who-saw mrn:4711 --reason "request of the patient, 2026-03-02"',
      'chartgate who-saw 4711 --from 2026-01-01 --json --reason "incident 31"',
    ),
    async (options: WhoSawOptions, ids) => (await import('./who-saw.ts')).whoSaw(io, ids, options),
  );
}
