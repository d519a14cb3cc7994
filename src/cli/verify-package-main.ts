// The verifier in an evidence package: `node verifier [directory] [--key vkey]`, from the package's directory or anywhere.
// `bin/verify-package.cjs` begins it.

import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { complain, endWithReader, type Io, print } from './io.ts';
import { verifyPackageAt } from './verify-package.ts';

const usage = 'node verifier [directory] [--key vkey]… [--witness vkey]… [--quorum n] [--sample] [--json]';

/** Exit code: as of `chartgate verify-evidence`. */
async function main(io: Io, args: readonly string[]): Promise<number> {
  const several = { type: 'string', multiple: true } as const;
  const named = { key: several, witness: several, quorum: { type: 'string' } } as const;
  const flags = {
    sample: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { ...named, ...flags } });
    if (values.help) {
      print(io, usage);
      return 0;
    }
    // Without a directory: the package that this is in.
    const [dir = resolve(import.meta.dirname, '../../..'), ...more] = positionals;
    if (more.length > 0) throw new TypeError('There is one directory.');
    return await verifyPackageAt(io, dir, values, { print: null, verifier: null });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return complain(io, { code: 'usage', text: error.message, next: usage });
  }
}

const { env, stdin, stdout, stderr } = process;
endWithReader(stdout);
process.exitCode = await main({ env, cwd: process.cwd(), stdin, stdout, stderr }, process.argv.slice(2));
