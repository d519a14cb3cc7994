// chartgate policy test: the policy's own tests, one line each.

import { resolve } from 'node:path';
import { errors } from '../core/errors.ts';
import type { Refusal } from '../core/result.ts';
import { compilePolicy } from '../policy/compile.ts';
import { lintTests } from '../policy/spoken-groups.ts';
import { runPolicyTests } from '../policy/test-cases.ts';
import { warningsOf } from './check.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

const failedTests: Refusal = {
  code: 'check_failed',
  text: errors.check_failed.text,
  next: 'Correct the rule named there, or the test; chartgate policy explain shows the part of each rule.',
};

export async function testPolicy(
  io: Io,
  options: { readonly config: string; readonly json?: boolean },
): Promise<number> {
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const { config, at } = loaded.value;
  const policy = compilePolicy(config.policy);
  if (!policy.ok) return complain(io, { code: 'config_invalid', text: 'The policy does not compile.' });
  const results = runPolicyTests(policy.value, config.policy, config.connections);
  if (options.json) {
    printJson(
      io,
      results.map(({ name, passed, differences, decision }) => ({
        name,
        passed,
        differences,
        effect: decision.effect,
      })),
    );
  } else {
    for (const [index, { name, passed, differences }] of results.entries()) {
      print(io, plain(passed ? `ok      ${name}` : `FAILED  ${name} (${at(['policy', 'tests', index])})`));
      for (const difference of differences) print(io, plain(`        ${difference}`));
    }
    for (const line of warningsOf(lintTests(config.policy), loaded.value)) print(io, plain(line));
    if (results.length === 0) io.stderr.write('The policy has no tests; policy.tests is where they go.\n');
  }
  return results.every((each) => each.passed) ? 0 : complain(io, failedTests);
}
