// Runs the benchmarks named on the command line, or all of them, one after the other: `npm run bench -- log detect`.
// What begins with `--` is for the benchmark itself.
// Each prints ratios against a floor or a peer measured in the same run; see docs/reference/performance.md.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(directory)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => basename(file, '.ts'))
  .sort();
const flags = process.argv.slice(2).filter((each) => each.startsWith('--'));
const named = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const unknown = named.filter((each) => !all.includes(each));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  process.exitCode = 64;
} else {
  for (const each of named.length > 0 ? named : all) {
    console.log(`\n# ${each}`);
    const { status } = spawnSync(process.execPath, [join(directory, `${each}.ts`), ...flags], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
