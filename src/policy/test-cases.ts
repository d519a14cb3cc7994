// The policy's own tests: some facts, laid over neutral ones, and the decision they must lead to.

import { decide } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import { type Facts, noMcp, noSql } from '../core/facts.ts';
import type { PolicyConfig, PolicyTestConfig } from '../core/policy-text.ts';
import { type GroupAliases, resolveGroups } from './groups.ts';
import { lookupWords } from './lookup-words.ts';

type ConnectionType = Facts['connection']['type'];

export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What differs, in words; empty when it passed. */
  readonly differences: readonly string[];
  readonly decision: Decision;
}

/** @param connections the configured connections, which know their type */
export function runPolicyTests(
  policy: Policy,
  { tests, groups }: Pick<PolicyConfig, 'tests' | 'groups'>,
  connections: Readonly<Record<string, { readonly type: ConnectionType }>>,
): readonly TestResult[] {
  return tests.map(({ name, facts, expect }) => {
    const decision = decide(layFacts(facts, connections), policy);
    const differences = differ(decision, expect, groups);
    return { name, passed: differences.length === 0, differences, decision };
  });
}

/** Facts as a person states them, over facts that say nothing; the connection's type follows from its name. */
export function layFacts(
  stated: Readonly<Record<string, unknown>>,
  connections: Readonly<Record<string, { readonly type: ConnectionType }>>,
): Facts {
  const { name, type = typeOf(name, connections) } = groupOf(stated['connection']);
  const door = isConnectionType(type) ? type : 'postgres';
  const neutral: Facts = {
    now: 0,
    subject: { id: 'somebody', issuer: 'https://issuer.example', kind: 'person', groups: [] },
    connection: { name: '', type: door },
    client: { name: '' },
    request: { door, phi: [] },
    sql: noSql,
    mcp: noMcp,
  };
  return lay(neutral, stated);
}

function typeOf(name: unknown, connections: Readonly<Record<string, { readonly type: ConnectionType }>>): unknown {
  return typeof name === 'string' && Object.hasOwn(connections, name) ? connections[name]?.type : undefined;
}

function isConnectionType(word: unknown): word is ConnectionType {
  return word === 'postgres' || word === 'mcp' || word === 'http';
}

/** Deep for facts that are groups of facts; a list, a value or `mcp.arguments` replaces what was there. */
function lay<T extends object>(under: T, over: Readonly<Record<string, unknown>>): T {
  const before = new Map<string, unknown>(Object.entries(under));
  const laid = Object.entries(over).map(([key, value]) => {
    const group = before.get(key);
    return [key, key !== 'arguments' && isGroup(group) && isGroup(value) ? lay(group, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(laid) };
}

function groupOf(value: unknown): Readonly<Record<string, unknown>> {
  return isGroup(value) ? value : {};
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function differ(decision: Decision, expect: PolicyTestConfig['expect'], aliases: GroupAliases): readonly string[] {
  const { effect, obligations, hold } = decision;
  const [reason] = decision.reasons;
  if (effect !== expect.effect)
    return [`expected ${expect.effect}, the decision is ${effect} by ${reason.rule}: ${reason.text}`];
  const rows = obligations.rowsMax ?? 'unlimited';
  const reviewers = expect.reviewers && resolveGroups(expect.reviewers, aliases);
  const compared: readonly (readonly [string, string | undefined, string])[] = [
    ['rule', expect.rule, reason.rule],
    ['unmask', expect.unmask && wordsOf(expect.unmask), wordsOf(obligations.unmask)],
    ['filter', expect.filter && wordsOf(expect.filter), wordsOf(obligations.filter)],
    [
      'lookup',
      expect.lookup && (lookupWords(expect.lookup) || 'nothing'),
      lookupWords(obligations.lookup) || 'nothing',
    ],
    ['rows', expect.rows === undefined ? undefined : String(expect.rows), String(rows)],
    ['reviewers', reviewers && wordsOf(reviewers), wordsOf(hold?.reviewers ?? [])],
  ];
  return compared.flatMap(([what, said, found]) =>
    said === undefined || said === found ? [] : [`expected ${what} ${said}, it is ${found}`],
  );
}

function wordsOf(set: readonly string[] | 'all'): string {
  return set === 'all' ? 'all' : set.length === 0 ? 'nothing' : [...new Set(set)].toSorted().join(', ');
}
