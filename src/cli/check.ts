// chartgate check: is this configuration sound, does its policy do what its tests say, and do its connections hold up?
// Exit 0 or 1, whatever does not hold; only a mistake on the command line itself ends otherwise.

import { resolve } from 'node:path';
import type { Config, ConnectionConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/resolve.ts';
import { errors } from '../core/errors.ts';
import { compilePolicy } from '../policy/compile.ts';
import { lintPolicy } from '../policy/lint.ts';
import { lintTests, type TestWarning } from '../policy/spoken-groups.ts';
import { runPolicyTests, type TestResult } from '../policy/test-cases.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

/** What a look at a live connection found, or (`connection` null) at what the gate would start with; `text` is one line without values. */
export interface LiveFinding {
  readonly connection: string | null;
  readonly ok: boolean;
  /** Absent: it was looked at. */
  readonly checked?: false;
  /** It goes, and somebody should look at it all the same. */
  readonly warning?: true;
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
}

export type LiveCheck = (loaded: LoadedConfig) => Promise<readonly LiveFinding[]>;

export interface CheckOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function check(io: Io, options: CheckOptions, live?: LiveCheck): Promise<number> {
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) {
    if (options.json) printJson(io, { ok: false, problems: loaded.error });
    else complainOfConfig(io, loaded.error);
    return errors.check_failed.exit;
  }
  const { config, at } = loaded.value;
  const policy = compilePolicy(config.policy);
  // Conditions were compiled once already, where they have a line; this cannot fail but for a bug.
  if (!policy.ok) return complain(io, { code: 'check_failed', text: 'The policy does not compile.' });
  const tests = runPolicyTests(policy.value, config.policy, config.connections);
  const warnings = lintPolicy(config.policy, policy.value);
  const ofTests = lintTests(config.policy);
  const findings = live ? await live(loaded.value) : [];
  const sound = tests.every((each) => each.passed) && findings.every((each) => each.ok);
  if (options.json) {
    printJson(io, {
      ok: sound,
      policy: policy.value.digest,
      tests: tests.map(viewOf),
      connections: findings,
      warnings: [...warnings, ...ofTests],
    });
  } else {
    for (const line of summary(loaded.value, policy.value.digest, tests, findings)) print(io, plain(line));
    for (const { rule, text } of warnings) {
      const index = config.policy.rules.findIndex(({ name }) => name === rule);
      print(io, plain(`warning: rule ${rule} ${text} (${at(['policy', 'rules', index])})`));
    }
    for (const line of warningsOf(ofTests, loaded.value)) print(io, plain(line));
    if (!sound) complain(io, { code: 'check_failed', text: errors.check_failed.text });
  }
  return sound ? 0 : errors.check_failed.exit;
}

export function warningsOf(warnings: readonly TestWarning[], { config, at }: LoadedConfig): string[] {
  return warnings.map(({ test, text }) => {
    const index = config.policy.tests.findIndex(({ name }) => name === test);
    return `warning: test ${test} ${text} (${at(['policy', 'tests', index])})`;
  });
}

function viewOf({ name, passed, differences, decision }: TestResult): object {
  return { name, passed, differences, effect: decision.effect, rule: decision.reasons[0].rule };
}

function summary(
  { config, at }: LoadedConfig,
  digest: string,
  tests: readonly TestResult[],
  findings: readonly LiveFinding[],
): readonly string[] {
  const lines = [`${config.file} is valid.`];
  const own = findings.filter(({ connection }) => connection === null);
  if (own.length > 0) lines.push('gate', ...own.flatMap((each) => linesOf(each, '  ')));
  lines.push('connections');
  for (const [name, connection] of Object.entries(config.connections)) {
    lines.push(`  ${name}  ${describe(connection)}${posture(config, name, connection)}`);
    lines.push(...findings.filter((each) => each.connection === name).flatMap((each) => linesOf(each, '    ')));
  }
  lines.push(`policy ${digest.slice(0, 12)}: ${count(config.policy.rules.length, 'rule')}`);
  const width = Math.max(5, ...config.policy.rules.map(({ effect }) => effect.kind.length));
  for (const rule of config.policy.rules) lines.push(`  ${rule.effect.kind.padEnd(width)}  ${rule.name}`);
  if (!config.policy.rules.some(({ effect }) => effect.kind === 'allow' || effect.kind === 'hold'))
    lines.push('  no rule lets anything pass');
  const passed = tests.filter((each) => each.passed).length;
  lines.push(`tests: ${passed} of ${tests.length} passed`);
  for (const [index, each] of tests.entries()) {
    const place = at(['policy', 'tests', index]);
    for (const difference of each.differences) lines.push(`  FAILED  ${each.name}: ${difference} (${place})`);
  }
  return lines;
}

function linesOf({ ok, checked, warning, text, next }: LiveFinding, indent: string): string[] {
  const word = !ok ? 'FAILED' : warning ? 'warning' : checked === false ? 'not checked' : 'ok';
  return [`${indent}${word}  ${text}`, ...(next === undefined ? [] : [`${indent}  ${next}`])];
}

function describe(connection: ConnectionConfig): string {
  if (connection.type === 'postgres') {
    const { host, port, database, user, tls } = connection;
    return `postgres ${host}:${port}/${database} as ${user}, tls ${tls}`;
  }
  if (connection.type === 'mcp' && connection.transport === 'stdio') return 'mcp over stdio';
  return `${connection.type} at ${new URL(connection.url).origin}`;
}

function posture(config: Config, name: string, connection: ConnectionConfig): string {
  if (connection.type !== 'postgres') return '';
  const given = config.classification[name];
  if (!given) return ', not classified: all text is masked';
  const pack = given.pack === null ? '' : `, pack ${given.pack}`;
  return `, posture ${given.posture}${pack}, ${count(Object.keys(given.columns).length, 'column')} classified`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
