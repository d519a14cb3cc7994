// The commands about evidence packages: make one, verify one. See program.ts for how they are run.

import type { Command } from 'commander';
import { type Does, examples } from './command-parts.ts';
import type { EvidenceOptions } from './evidence.ts';
import type { Io } from './io.ts';
import type { VerifyEvidenceOptions } from './verify-evidence.ts';

export function addEvidence(program: Command, io: Io, does: Does): void {
  const make = program
    .command('evidence')
    .description('an evidence package of a period: report, records and proofs, to be verified offline')
    .requiredOption('--from <time>', 'from this day or RFC 3339 time on')
    .requiredOption('--to <time>', 'before this day or RFC 3339 time')
    .requiredOption('-o, --output <dir>', 'a new directory for it')
    .option('--dir <dir>', 'a state directory, or a copy of its log; without it that of the configuration')
    .option('-c, --config <file>', 'the configuration, whose policy is put in (chartgate.yaml, unless --dir is given)')
    .option('--seed <text>', 'what the sample is drawn by; the root of the tree without it');
  does(
    examples(
      make,
      'chartgate evidence --from 2026-10-01 --to 2026-11-01 -o ./evidence-october',
      'chartgate evidence --from 2026-10-01 --to 2026-11-01 -o ./evidence-october --dir ./copy --seed 4711',
    ),
    async (options: EvidenceOptions) => (await import('./evidence.ts')).evidence(io, options),
  );
  const verify = program
    .command('verify-evidence')
    .description('verify such a package offline; exit 0 = it holds')
    .argument('<dir>', 'the package')
    .option('--key <vkey>', "one of the log's public keys, or a file that holds it, as known from elsewhere")
    .option('--witness <vkey...>', 'witnesses whose cosignatures are wanted')
    .option('--quorum <count>', 'how many of them (all)')
    .option('--json', 'machine-readable output');
  does(
    examples(verify, 'chartgate verify-evidence ./evidence-october --key gate.vkey'),
    async (options: VerifyEvidenceOptions, [dir = '']) =>
      (await import('./verify-evidence.ts')).verifyEvidence(io, dir, options),
  );
}
