// One condition: CEL text → a pure, total function over facts. What is not known is not there, so that touching it is an
// error and never false; `has()` asks. Regular expressions are RE2, linear in their input.
// INVARIANT: no text that leaves here holds a value from a request.

import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { ConditionOutcome } from '../core/decision.ts';
import { type Facts, noMcp, noSql } from '../core/facts.ts';
import { nearest } from '../core/near-word.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { effectiveGroups, type GroupAliases } from './groups.ts';

/** A condition ready to be asked. */
export type Condition = (facts: Facts, aliases: GroupAliases) => Evaluation;

/** Why it could not be evaluated, in words that hold no value; `unknownFact` by its name. */
export type Evaluation =
  | Extract<ConditionOutcome, { kind: 'value' }>
  | { readonly kind: 'error'; readonly text: string; readonly unknownFact?: string };

export interface ConditionProblem {
  readonly text: string;
  /** Characters into the condition. */
  readonly offset: number;
}

const conditionCharsMax = 4_096;
const patternCharsMax = 1_000;
const patternsMax = 500;

/** The built-in `matches` is a backtracking RegExp and cannot be taken away: calls of it are renamed to this. */
const linear = 'matchesInLinearTime';

/** The facts by name; `now` stands beside them. */
const schemas = {
  subject: {
    id: 'string',
    issuer: 'string',
    kind: 'string',
    groups: 'list<string>',
    agent: 'string',
    actors: 'list<string>',
    acr: 'string',
    amr: 'list<string>',
    auth_time: 'google.protobuf.Timestamp',
    scopes: 'list<string>',
  },
  connection: { name: 'string', type: 'string' },
  client: { name: 'string' },
  request: { door: 'string', phi: 'list<string>' },
  sql: {
    command: 'string',
    reads: 'bool',
    writes: 'bool',
    bounded: 'bool',
    relations: 'list<string>',
    columns: 'list<string>',
    filters: 'list<string>',
    functions: 'list<string>',
    phi: 'list<string>',
    opaque: 'bool',
    star: 'bool',
    estimated_rows: 'int',
    params: 'list<dyn>',
  },
  mcp: {
    method: 'string',
    tool: { name: 'string', readonly: 'bool', destructive: 'bool', title: 'string' },
    arguments: 'map<string, dyn>',
    resource: { uri: 'string' },
    prompt: { name: 'string' },
  },
};

const environment = Object.entries(schemas)
  .reduce(
    (made, [name, schema]) => made.registerVariable({ name, schema }),
    new Environment({
      limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 },
    }).registerVariable('now', 'google.protobuf.Timestamp'),
  )
  .registerFunction('matches(string, string): bool', matchesLinearly)
  .registerFunction(`string.${linear}(string): bool`, matchesLinearly);

/** Compiles and type-checks; a condition that cannot give a boolean is a problem. */
export function compileCondition(source: string): Result<Condition, ConditionProblem> {
  if (source.length > conditionCharsMax) {
    return fail({ text: `a condition of more than ${conditionCharsMax} characters`, offset: 0 });
  }
  try {
    const program = environment.parse(source);
    const pattern = prepare(program.ast);
    if (pattern) return fail(pattern);
    const { valid, type, error } = program.check();
    if (!valid) return fail(problemOf(error, source));
    if (type !== 'bool') return fail({ text: `a condition of type ${type ?? 'unknown'}`, offset: 0 });
    return ok((facts, aliases) => evaluate(program, facts, aliases));
  } catch (error) {
    return fail(problemOf(error, source));
  }
}

function problemOf(error: unknown, source: string): ConditionProblem {
  if (error instanceof ParseError || error instanceof CelTypeError) {
    const { summary, range } = error;
    return { text: `an error in the condition (${summary}${hintFor(summary, source)})`, offset: range?.start ?? 0 };
  }
  return { text: 'a condition that cannot be compiled', offset: 0 };
}

/** What was meant by a name that no fact has, or an operator of another language. */
function hintFor(summary: string, source: string): string {
  if (summary.startsWith('Unexpected')) {
    const code = source.replaceAll(/"[^"]*"|'[^']*'/g, '""');
    if (/\b(?:and|or|not)\b/i.test(code)) return '; and is &&, or is ||, not is !';
    return /[^=!<>]=(?!=)/.test(code) ? '; equal is ==' : '';
  }
  const [, what = '', word = ''] = /^(Unknown variable|No such key): (\w+)$/.exec(summary) ?? [];
  if (what === '') return '';
  const roots = ['now', ...Object.keys(schemas)];
  const near = nearest(word, what === 'Unknown variable' ? roots : namesIn(schemas));
  if (near !== undefined) return `; did you mean ${near}?`;
  return what === 'Unknown variable' ? `; facts begin with ${roots.join(', ')}; text stands in quotes` : '';
}

function namesIn(schema: object): string[] {
  return Object.entries(schema).flatMap(([name, each]: [string, unknown]) => [
    name,
    ...(typeof each === 'object' && each !== null ? namesIn(each) : []),
  ]);
}

/** Sends every `x.matches(re)` and `matches(x, re)` to RE2, and compiles the patterns that are written out. */
function prepare(node: ASTNode): ConditionProblem | undefined {
  for (const child of childrenOf(node)) {
    const problem = prepare(child);
    if (problem) return problem;
  }
  let pattern: ASTNode | undefined;
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    node.args[0] = linear;
    pattern = node.args[2][0];
  } else if (node.op === 'call' && node.args[0] === 'matches') {
    pattern = node.args[1][1];
  }
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string' || compilePattern(pattern.args)) return undefined;
  return { text: 'a pattern RE2 does not accept', offset: pattern.start };
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const children: ASTNode[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (isNode(value)) children.push(value);
  };
  collect(node.args);
  return children;
}

function isNode(value: unknown): value is ASTNode {
  return value !== null && typeof value === 'object' && 'op' in value && 'args' in value;
}

const patterns = new Map<string, RE2JS | null>();

/** Null for what RE2 does not accept. */
function compilePattern(pattern: string): RE2JS | null {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  let compiled: RE2JS | null = null;
  try {
    if (pattern.length <= patternCharsMax) compiled = RE2JS.compile(pattern);
  } catch {
    // Not a pattern: null says so.
  }
  if (patterns.size >= patternsMax) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

function matchesLinearly(text: string, pattern: string): boolean {
  const compiled = compilePattern(pattern);
  if (!compiled) throw new EvaluationError({ code: 'invalid_regular_expression', message: 'invalid pattern' });
  return compiled.matcher(text).find();
}

function evaluate(program: (context: object) => unknown, facts: Facts, aliases: GroupAliases): Evaluation {
  try {
    const value = program(contextOf(facts, aliases));
    if (typeof value === 'boolean') return { kind: 'value', value };
    return { kind: 'error', text: 'gave neither true nor false' };
  } catch (error) {
    if (!(error instanceof EvaluationError)) return { kind: 'error', text: 'could not be evaluated' };
    const fact = error.code === 'no_such_key' ? nameOf(error.node) : null;
    if (fact !== null) return { kind: 'error', text: `depends on ${fact}, which is not known`, unknownFact: fact };
    return { kind: 'error', text: `could not be evaluated (${error.code})` };
  }
}

/** The dotted name of a fact as the rule wrote it; null where it is computed. */
function nameOf(node: ASTNode | undefined): string | null {
  if (node?.op === 'id') return node.args;
  if (node?.op !== '.') return null;
  const object = nameOf(node.args[0]);
  return object === null ? null : `${object}.${node.args[1]}`;
}

/** The rules of a policy are asked one after the other about the same facts; nothing in a context is ever written. */
const contexts = new WeakMap<Facts, { readonly aliases: GroupAliases; readonly context: object }>();

function contextOf(facts: Facts, aliases: GroupAliases): object {
  const made = contexts.get(facts);
  if (made?.aliases === aliases) return made.context;
  const context = known(facts, aliases);
  contexts.set(facts, { aliases, context });
  return context;
}

function known(facts: Facts, aliases: GroupAliases): object {
  const { subject, connection, client, request, sql, mcp } = facts;
  return {
    now: new Date(facts.now),
    subject: subjectOf(subject, aliases),
    connection,
    client,
    request,
    sql: sql === noSql ? neutral.sql : sqlOf(sql),
    mcp: mcp === noMcp ? neutral.mcp : knownOf(mcp),
  };
}

/** What is known of the door that a request did not come by. */
const neutral = { sql: sqlOf(noSql), mcp: knownOf(noMcp) };

/** CEL's int is a bigint. */
function sqlOf(sql: Facts['sql']): object {
  return knownOf({ ...sql, estimated_rows: sql.estimated_rows === null ? null : BigInt(sql.estimated_rows) });
}

/** Nobody acting, and no scope met, is known. How and when somebody proved themselves is not, where nobody has said. */
function subjectOf({ auth_time: at, ...subject }: Facts['subject'], aliases: GroupAliases): object {
  const { groups, agent, scopes = [] } = subject;
  const { actors = agent === undefined ? [] : [agent] } = subject;
  const proven = at === undefined ? {} : { auth_time: new Date(at) };
  return { ...subject, agent: agent ?? '', actors, scopes, groups: effectiveGroups(groups, aliases), ...proven };
}

function knownOf(facts: object): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}
