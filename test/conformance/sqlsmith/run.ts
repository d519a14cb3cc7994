// The long run: `node test/conformance/sqlsmith/run.ts [queries] [seed]`. Exit code 1 if anything leaked or crashed.

import { notInstalled, playSqlsmith, report } from './sqlsmith.ts';

const missing = notInstalled();
if (missing) {
  console.error(missing);
  process.exit(1);
}
const queries = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1_000_000 + Math.floor(Math.random() * 1_000_000));
const tally = await playSqlsmith(queries, seed);
console.log(report(tally, seed));
for (const each of [...tally.leaks, ...tally.crashes]) console.log(`\n${each}`);
process.exitCode = tally.leaks.length + tally.crashes.length > 0 ? 1 : 0;
