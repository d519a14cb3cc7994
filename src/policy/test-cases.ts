// The policy's own tests: some facts, laid over neutral ones, and the decision they must lead to.

import { decide } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import { type Facts, noMcp, noSql } from '../core/facts.ts';
import type { ClassSet } from '../core/phi.ts';
import type { PolicyTestConfig } from '../core/policy-text.ts';

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
  tests: readonly PolicyTestConfig[],
  connections: Readonly<Record<string, { readonly type: ConnectionType }>>,
): readonly TestResult[] {
  return tests.map(({ name, facts, expect }) => {
    const decision = decide(layFacts(facts, connections), policy);
    const differences = differ(decision, expect);
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

function differ(decision: Decision, expect: PolicyTestConfig['expect']): readonly string[] {
  const [reason] = decision.reasons;
  const differences: string[] = [];
  if (decision.effect !== expect.effect) {
    differences.push(`expected ${expect.effect}, the decision is ${decision.effect} by ${reason.rule}: ${reason.text}`);
  }
  if (expect.rule !== null && reason.rule !== expect.rule) {
    differences.push(`expected rule ${expect.rule}, the deciding rule is ${reason.rule}`);
  }
  if (expect.unmask !== null && wordsOf(decision.obligations.unmask) !== wordsOf(expect.unmask)) {
    differences.push(`expected unmask ${wordsOf(expect.unmask)}, it is ${wordsOf(decision.obligations.unmask)}`);
  }
  return differences;
}

function wordsOf(set: ClassSet): string {
  return set === 'all' ? 'all' : set.length === 0 ? 'nothing' : [...new Set(set)].toSorted().join(', ');
}
