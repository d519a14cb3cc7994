// chartgate policy explain: what the policy would say to a request, and each rule's part in it.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseFacts } from '../config/policy-schema.ts';
import { errors } from '../core/errors.ts';
import type { SqlFacts } from '../core/facts.ts';
import type { Json } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { detectClasses } from '../gateway/detected-classes.ts';
import { classesIn } from '../gateway/mcp-facts.ts';
import { ownDetectors } from '../masking/own-detectors.ts';
import { compilePolicy } from '../policy/compile.ts';
import { entitlementsOf, renderEntitlements } from '../policy/entitlements.ts';
import { explain, renderExplanation } from '../policy/explain.ts';
import { aliasesAmong } from '../policy/spoken-groups.ts';
import { layFacts } from '../policy/test-cases.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export interface ExplainOptions {
  readonly config: string;
  readonly json?: boolean;
  /** A JSON file with some of the facts; the options below are laid over it. */
  readonly facts?: string;
  readonly subject?: string;
  /** Joined by commas. */
  readonly groups?: string;
  readonly connection?: string;
  readonly sql?: string;
  readonly tool?: string;
  /** JSON object. */
  readonly arguments?: string;
}

/** Facts of one statement, without a database: what only its catalog knows is unknown. */
export type Analyze = (sql: string) => Promise<Result<SqlFacts>>;

export async function explainPolicy(io: Io, options: ExplainOptions, analyze?: Analyze): Promise<number> {
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const { config } = loaded.value;
  const next = `Name one of ${options.config} with --connection: ${Object.keys(config.connections).join(', ') || 'it has none'}.`;
  if (options.connection !== undefined && !Object.hasOwn(config.connections, options.connection)) {
    return complain(io, { code: 'unknown_connection', text: errors.unknown_connection.text, next });
  }
  const type = options.connection === undefined ? null : config.connections[options.connection]?.type;
  if ((options.sql !== undefined && type === 'mcp') || (options.tool !== undefined && type === 'postgres')) {
    const text = `${options.connection} is a connection of type ${type}: it takes ${type === 'mcp' ? '--tool' : '--sql'}.`;
    return complain(io, { code: 'wrong_door', text, next: 'Name another connection, or ask in its own words.' });
  }
  const own = ownDetectors(config.detectors.rules);
  const stated = await stateFacts(io, options, (text) => detectClasses(text, own), analyze);
  if (!stated.ok) return complain(io, stated.error);
  const policy = compilePolicy(config.policy);
  if (!policy.ok) return complain(io, { code: 'config_invalid', text: 'The policy does not compile.' });
  const { subject, groups, connection, facts, sql, tool } = options;
  for (const text of aliasesAmong(namesIn(groups), config.policy.groups))
    io.stderr.write(`warning: --groups ${plain(text)}\n`);
  if ((subject ?? groups) !== undefined && [facts, sql, tool].every((each) => each === undefined)) {
    const who = layFacts(stated.value, config.connections).subject;
    const names = connection === undefined ? Object.keys(config.connections) : [connection];
    const entitlements = entitlementsOf(config.policy, policy.value, who, names);
    if (options.json) printJson(io, entitlements);
    else for (const line of renderEntitlements(subject ?? 'them', entitlements)) print(io, plain(line));
    return 0;
  }
  const laid = layFacts(stated.value, config.connections);
  if ((sql ?? tool) !== undefined && laid.connection.name === '') {
    return complain(io, { code: 'usage', text: 'A request is made on a connection, and none is named.', next });
  }
  const explanation = explain(laid, policy.value);
  if (options.json) printJson(io, explanation);
  else for (const line of renderExplanation(explanation)) print(io, plain(line));
  if (!options.json && laid.request.phi.length > 0) print(io, `request.phi ${laid.request.phi.join(', ')}`);
  if (sql !== undefined && explanation.rules.some(({ part, text }) => part === 'error' && text?.includes('sql.')))
    io.stderr.write(`${catalogHint}\n`);
  return 0;
}

function namesIn(list: string | undefined): string[] {
  return (list ?? '').split(',').filter(Boolean);
}

const catalogHint =
  'Without a database, what only its catalog knows is not known here. State it in a file, with --facts in place of --sql: ' +
  '{"sql": {"reads": true, "relations": ["public.patients"]}}. What a running gate decided: chartgate sessions replay.';

async function stateFacts(
  io: Io,
  options: ExplainOptions,
  detect: (text: string) => readonly PhiClass[],
  analyze: Analyze | undefined,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const facts = options.facts === undefined ? ok({}) : readFacts(resolve(io.cwd, options.facts));
  if (!facts.ok) return facts;
  const stated: Record<string, unknown> = { now: Date.now(), ...facts.value };
  const add = (group: string, members: object): void => {
    stated[group] = Object.assign({}, stated[group], members);
  };
  const statesPhi = Object.hasOwn(Object(stated['request']), 'phi');
  if (options.subject !== undefined) add('subject', { id: options.subject });
  if (options.groups !== undefined) add('subject', { groups: namesIn(options.groups) });
  if (options.connection !== undefined) add('connection', { name: options.connection });
  if (options.tool !== undefined) {
    // A tool's annotations are the server's to say; unsaid, it neither only reads nor is harmless (MCP ToolAnnotations).
    add('mcp', { method: 'tools/call', tool: { name: options.tool, readonly: false, destructive: true } });
  }
  if (options.arguments !== undefined) {
    const given = parseJson(options.arguments, 'what --arguments gives');
    if (!given.ok) return given;
    add('mcp', { arguments: given.value });
    if (!statesPhi) add('request', { phi: classesIn(given.value, detect) });
  }
  if (options.sql !== undefined) {
    if (!analyze)
      return refuse('unsupported', 'SQL cannot be analyzed here.', { next: 'State sql facts with --facts.' });
    const analyzed = await analyze(options.sql);
    if (!analyzed.ok) return analyzed;
    stated['sql'] = analyzed.value;
    if (!statesPhi) add('request', { phi: detect(options.sql) });
  }
  return parseFacts(stated);
}

function readFacts(file: string): Result<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return refuse('usage', `There is no readable file of facts at ${file}.`, { next: 'Name it with --facts FILE.' });
  }
  const parsed = parseJson(text, file);
  return parsed.ok ? parseFacts(parsed.value) : parsed;
}

function parseJson(text: string, what: string): Result<Json> {
  try {
    const json: Json = JSON.parse(text);
    return ok(json);
  } catch {
    return refuse('usage', `There is no valid JSON in ${what}.`);
  }
}
