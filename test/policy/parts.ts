// Facts and policies for tests: neutral unless said otherwise.

import type { Policy } from '../../src/core/decision.ts';
import type { Facts } from '../../src/core/facts.ts';
import type { PolicyConfig, RuleConfig } from '../../src/core/policy-text.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { layFacts } from '../../src/policy/test-cases.ts';

export function factsWith(stated: Readonly<Record<string, unknown>>): Facts {
  return layFacts(stated, { ehr: { type: 'postgres' }, tools: { type: 'mcp' } });
}

export function policyOf(rules: readonly RuleConfig[], groups: PolicyConfig['groups'] = {}): Policy {
  const compiled = compilePolicy({ groups, rules, tests: [] });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}

const anyone = { subjects: null, connections: null, risk: [] } as const;

export function allows(name: string, when: string | null, more: Partial<RuleConfig> = {}): RuleConfig {
  return { name, ...anyone, when, effect: { kind: 'allow', unmask: [], filter: [], rows: null }, ...more };
}

export function denies(name: string, when: string | null, more: Partial<RuleConfig> = {}): RuleConfig {
  return { name, ...anyone, when, effect: { kind: 'deny', text: `${name} says no` }, ...more };
}

export function holds(name: string, when: string | null, reviewers: readonly string[] = ['privacy']): RuleConfig {
  const terms = { reviewers, quorum: 1, waitMs: 45_000, expiresMs: 1_800_000, grants: 'once' } as const;
  return { name, ...anyone, when, effect: { kind: 'hold', ...terms } };
}
