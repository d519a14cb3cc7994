// chartgate classify: proposes what each column of a live database holds, with what speaks for it, as YAML to review. It
// prints names and counts, and never a value.

import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ClassificationConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/resolve.ts';
import { errors } from '../core/errors.ts';
import type { Result } from '../core/result.ts';
import type { Survey } from '../gateway/column-samples.ts';
import { privateSchema } from '../gateway/posture-names.ts';
import { type Proposal, type ProposedColumn, propose, type Said } from '../masking/proposal.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

/** Looks into a database, at so many rows a table. Refused: unknown_connection, and whatever the upstream refuses. */
export type SurveyDatabase = (loaded: LoadedConfig, connection: string, rows: number) => Promise<Result<Survey>>;

export interface ClassifyOptions {
  readonly config: string;
  readonly sample: string;
  readonly output?: string;
  readonly json?: boolean;
}

const rowsMax = 10_000;

export async function classify(
  io: Io,
  connection: string,
  options: ClassifyOptions,
  survey: SurveyDatabase,
): Promise<number> {
  const rows = Number(options.sample);
  if (!/^\d{1,5}$/.test(options.sample) || rows < 1 || rows > rowsMax)
    return complain(io, { code: 'usage', text: `--sample takes a number of rows from 1 to ${rowsMax}.` });
  const output = options.output === undefined ? null : resolve(io.cwd, options.output);
  // Said before a database is read for minutes.
  if (output !== null && existsSync(output))
    return complain(io, {
      code: 'usage',
      text: `${options.output} is there already, and stays as it is.`,
      next: 'Name another file with -o, or remove that one.',
    });
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  if (io.stderr.isTTY)
    io.stderr.write(`reading the catalog of ${plain(connection)}, and ${rows} rows a table at most …\n`);
  const surveyed = await survey(loaded.value, connection, rows);
  if (!surveyed.ok) return complain(io, surveyed.error);
  const { columns, names, notSampled } = withoutOurs(surveyed.value, privateSchema(connection));
  const rules = loaded.value.config.classification[connection];
  const proposal = propose(columns, names, rules);
  const yaml = yamlOf(connection, proposal, rules);
  if (output !== null && !written(output, yaml))
    return complain(io, {
      code: 'usage',
      text: `${options.output} cannot be written.`,
      next: 'Name a file in a directory that is there and yours to write with -o.',
    });
  if (options.json) printJson(io, jsonOf(proposal, notSampled));
  else if (options.output === undefined) io.stdout.write(yaml);
  if (!options.json) report(io, proposal, notSampled, options.output);
  return proposal.columns.some((each) => each.exposed) ? errors.check_failed.exit : 0;
}

/** What the enforced posture keeps for itself is nobody's to classify. */
function withoutOurs({ columns, names, notSampled }: Survey, schema: string): Survey {
  return {
    columns: columns.filter((each) => each.schema !== schema),
    names,
    notSampled: notSampled.filter((text) => !text.startsWith(`${schema}.`)),
  };
}

/** A classification somebody has worked on is never written over. */
function written(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

interface Changes {
  readonly added: readonly ProposedColumn[];
  readonly changed: readonly ProposedColumn[];
}

/** Against what the configuration and its pack say today. */
function changesOf({ columns }: Proposal): Changes {
  const decided = columns.filter(isDecided);
  return {
    added: decided.filter((each) => each.today === null),
    changed: decided.filter((each) => each.today !== null && !isDeepStrictEqual(each.today, each.said)),
  };
}

function report(io: Io, proposal: Proposal, notSampled: readonly string[], file: string | undefined): void {
  const say = (text: string): void => {
    // What was asked for as a result goes to stdout, once the YAML does not.
    if (file === undefined) io.stderr.write(`${plain(text)}\n`);
    else print(io, plain(text));
  };
  const { added, changed } = changesOf(proposal);
  for (const { name, said, evidence } of added) say(`+ ${name}: ${wordOf(said)}  (${evidence.join('; ')})`);
  for (const { name, said, today, evidence } of changed)
    say(`~ ${name}: ${wordOf(today)} → ${wordOf(said)}  (${evidence.join('; ')})`);
  for (const name of proposal.gone) say(`- ${name}: not in the database`);
  const unknown = proposal.columns.filter((each) => !isDecided(each));
  for (const each of unknown) say(`? ${each.name}: unknown, stays masked  (${unknownFor(each)})`);
  for (const text of notSampled) say(`not sampled  ${text}`);
  for (const { name, evidence } of proposal.columns.filter((each) => each.exposed))
    say(`LOOK  ${name} is shown as it is today: ${evidence.join('; ')}`);
  say(
    `${added.length} added, ${changed.length} changed, ${proposal.gone.length} removed, ${unknown.length} unknown${file === undefined ? '' : `; written to ${file}`}. Review it before you use it.`,
  );
}

function jsonOf(proposal: Proposal, notSampled: readonly string[]): object {
  const { added, changed } = changesOf(proposal);
  const names = (columns: readonly ProposedColumn[]): string[] => columns.map((each) => each.name);
  return {
    pack: proposal.pack,
    columns: proposal.columns,
    added: names(added),
    changed: names(changed),
    removed: proposal.gone,
    unknown: names(proposal.columns.filter((each) => !isDecided(each))),
    exposed: names(proposal.columns.filter((each) => each.exposed)),
    not_sampled: notSampled,
  };
}

/** To be pasted into chartgate.yaml; what speaks for a line stands behind it. */
function yamlOf(connection: string, proposal: Proposal, rules: ClassificationConfig | undefined): string {
  const lines = ['classification:', `  ${connection}:`];
  if (rules && rules.posture !== 'inline') lines.push(`    posture: ${rules.posture}`);
  if (proposal.pack) lines.push(`    pack: ${proposal.pack.name}  # ${proposal.pack.evidence}`);
  const decided = proposal.columns.filter(isDecided);
  lines.push(decided.length === 0 ? '    columns: {}' : '    columns:');
  for (const { name, said, evidence } of decided)
    lines.push(`      ${JSON.stringify(name)}: ${wordOf(said)}  # ${evidence.join('; ')}`.replace(plainKey, '$1$2'));
  const others = proposal.columns.filter((each) => !isDecided(each));
  if (others.length > 0) lines.push('    # Unknown, and masked until you say what they are:');
  for (const each of others) lines.push(`    #   ${plain(each.name)}:  # ${unknownFor(each)}`);
  lines.push(`    unknown_text: ${rules?.unknownText ?? 'mask'}`);
  return `${lines.join('\n')}\n`;
}

/** Keys that need no quotes. */
const plainKey = /^( *)"([a-z_][\w$]*\.[a-z_][\w$]*\.[a-z_][\w$]*)"/i;

/** The configuration cannot name a column with a dot in one of its names: nothing can be said of it. */
function isDecided({ name, said }: ProposedColumn): boolean {
  return said !== null && name.split('.').length === 3;
}

function unknownFor({ said, evidence }: ProposedColumn): string {
  const why = said === null ? [] : ['a dot in its name, so it cannot be classified'];
  return [...evidence, ...why].join('; ');
}

function wordOf(said: Said | null): string {
  return typeof said === 'string' ? said : said === null ? 'unknown' : JSON.stringify(said);
}
