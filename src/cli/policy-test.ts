// chartgate policy test: the policy's own tests, one line each.

import { resolve } from 'node:path';
import { errors } from '../core/errors.ts';
import { compilePolicy } from '../policy/compile.ts';
import { runPolicyTests } from '../policy/test-cases.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export async function testPolicy(
  io: Io,
  options: { readonly config: string; readonly json?: boolean },
): Promise<number> {
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const { config } = loaded.value;
  const policy = compilePolicy(config.policy);
  if (!policy.ok) return complain(io, { code: 'config_invalid', text: 'The policy does not compile.' });
  const results = runPolicyTests(policy.value, config.policy.tests, config.connections);
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
    for (const { name, passed, differences } of results) {
      print(io, plain(`${passed ? 'ok    ' : 'FAILED'}  ${name}`));
      for (const difference of differences) print(io, plain(`        ${difference}`));
    }
    if (results.length === 0) io.stderr.write('The policy has no tests; policy.tests is where they go.\n');
  }
  return results.every((each) => each.passed) ? 0 : errors.check_failed.exit;
}
