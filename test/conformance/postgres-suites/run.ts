// Runs a suite of others straight and through the gate, and prints where the two differ:
//   node test/conformance/postgres-suites/run.ts <suite> --source DIR [--keep DIR] [--tests NAME,NAME …]
// `--tests`: of PostgreSQL's own suites, these alone, one after the other, behind what they need before them.
// Exit code: 0 = every difference is explained, 1 = one is not, 2 = it did not run.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Explained, explained } from './explained.ts';
import { startStand } from './stand.ts';
import type { Observed, Suite } from './suite.ts';
import { sourceOf, suiteNames, suiteOf } from './suites.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    source: { type: 'string', default: '.' },
    keep: { type: 'string' },
    tests: { type: 'string', default: '' },
  },
});
const [name = ''] = positionals;
const suite = suiteOf(name);
if (!suite) {
  console.error(`a suite of: ${suiteNames.join(', ')}, or the folder of an extension: contrib/hstore`);
  process.exit(2);
}
const source = sourceOf(suite, values.source);
if (source === null) {
  console.log(`skipped: ${suite.proof} is not in ${values.source}; it takes ${suite.needs}`);
  process.exit(2);
}
const tests = values.tests.split(/[\s,]+/).filter((each) => each !== '');
if (tests.length > 0 && suite.groundwork === undefined) {
  console.error(`the tests of ${name} are not run by name`);
  process.exit(2);
}
process.exit(await compare(name, suite, source, values.keep));

async function compare(name: string, suite: Suite, source: string, keep: string | undefined): Promise<number> {
  const root = keep === undefined ? await mkdtemp(join(tmpdir(), 'chartgate-suite-')) : resolve(keep);
  try {
    const direct = await observe(suite, source, join(root, 'direct'), 'direct');
    const gate = await observe(suite, source, join(root, 'gate'), 'gate');
    return report(direct, gate, explained[name] ?? []);
  } finally {
    if (keep === undefined) await rm(root, { recursive: true, force: true });
    else console.log(`kept in ${root}`);
  }
}

async function observe(suite: Suite, source: string, directory: string, way: 'direct' | 'gate'): Promise<Observed> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
  const stand = await startStand({ databases: suite.databases ?? [] });
  try {
    if (suite.prepare !== '') await stand.query(suite.prepare);
    const started = Date.now();
    const observed = await suite.run({ way: stand[way], source, directory, tests });
    console.log(`${way}: ${observed.size} tests in ${Math.round((Date.now() - started) / 1000)} s`);
    await writeFile(join(directory, 'gate.log'), stand.gateOutput());
    return observed;
  } finally {
    await stand.stop();
  }
}

function report(direct: Observed, gate: Observed, reasons: readonly Explained[]): number {
  const names = [...new Set([...direct.keys(), ...gate.keys()])];
  const different = names.filter((test) => direct.get(test) !== gate.get(test));
  const reasonOf = (test: string): string | undefined =>
    reasons.find(({ tests }) => tests.some((each) => (typeof each === 'string' ? each === test : each.test(test))))
      ?.reason;
  const open = different.filter((test) => reasonOf(test) === undefined);
  for (const test of different)
    console.log(`  different  ${test}  ${reasonOf(test) ?? sketch(direct.get(test), gate.get(test))}`);
  console.log(
    `${names.length} tests: ${names.length - different.length} the same, ${different.length} different, ` +
      `of those ${different.length - open.length} explained`,
  );
  if (names.length === 0) console.log('the suite ran no test');
  return names.length === 0 ? 2 : open.length === 0 ? 0 : 1;
}

/** A verdict each, or the first line of two outputs that differs. */
function sketch(direct: string | undefined, gate: string | undefined): string {
  const [ours, theirs] = [(gate ?? 'absent').split('\n'), (direct ?? 'absent').split('\n')];
  const at = theirs.findIndex((line, index) => line !== ours[index]);
  const line = at === -1 ? theirs.length : at;
  return `line ${line + 1}: direct ${JSON.stringify(theirs[line] ?? 'end')}, gate ${JSON.stringify(ours[line] ?? 'end')}`.slice(
    0,
    300,
  );
}
