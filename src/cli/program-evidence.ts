// The commands about evidence packages: make one, verify one, sign off that it was reviewed; and the one
// about the key its payloads hang on. See program.ts for how they are run.

import type { Command } from 'commander';
import type { ReviewOptions } from './audit-review.ts';
import { counting, type Does, examples, withJson } from './command-parts.ts';
import type { EvidenceOptions } from './evidence.ts';
import type { Io } from './io.ts';
import { moment } from './moment.ts';
import type { RewrapOptions } from './rewrap.ts';
import type { VerifyPackageOptions } from './verify-package.ts';

export function addEvidence(program: Command, io: Io, does: Does): void {
  const make = program
    .command('evidence')
    .description('an evidence package of a period: report, records and proofs, to be verified offline')
    .requiredOption('--from <time>', 'from this day or RFC 3339 time on', moment)
    .requiredOption('--to <time>', 'before this day or RFC 3339 time', moment)
    .requiredOption('-o, --output <dir>', 'a new directory for it')
    .option('--dir <dir>', 'a state directory, or a copy of its log; without it that of the configuration')
    .option('-c, --config <file>', 'the configuration, whose policy is put in (chartgate.yaml, unless --dir is given)')
    .option('--patient <id...>', 'identifiers of one patient, whose accesses are listed: mrn:4711; needs --reason')
    .option('--reason <text>', 'why the patient is looked up; it is recorded')
    .option('--seed <text>', 'what the sample is drawn by; the root of the tree without it');
  does(
    examples(
      make,
      'chartgate evidence --from 2026-10-01 --to 2026-11-01 -o ./evidence-october',
      'chartgate evidence --from 2026-10-01 --to 2026-11-01 -o ./evidence-october --dir ./copy --seed 4711',
      'chartgate evidence --from 2026-01-01 --to 2027-01-01 -o ./case-77 --patient mrn:4711 --reason "case 77"',
    ),
    async (options: EvidenceOptions) => (await import('./evidence.ts')).evidence(io, options),
  );
  const verify = program
    .command('verify-evidence')
    .description('verify such a package offline; exit 0 = it holds')
    .argument('<dir>', 'the package')
    .option(
      '--key <vkey>',
      "one of the log's public keys, or a file that holds it, as known from elsewhere; again for its ML-DSA-44 key",
      (each: string, before: readonly string[] | undefined) => [...(before ?? []), each],
    )
    .option('--witness <vkey...>', 'witnesses whose cosignatures are wanted')
    .option('--quorum <count>', 'how many of them (all)', counting(1))
    .option('--sample', 'draw the sample again and hold each of it against its proof and the policy in the package')
    .option('--json', 'machine-readable output');
  does(
    examples(verify, 'chartgate verify-evidence ./evidence-october --key gate.vkey'),
    async (options: VerifyPackageOptions, [dir = '']) =>
      (await import('./verify-evidence.ts')).verifyEvidence(io, dir, options),
  );
}

export function addReview(audit: Command, io: Io, does: Does): void {
  const review = audit
    .command('review')
    .description('sign off, under your own name, that you have reviewed a period of the log')
    .option('-c, --config <file>', 'the configuration of the gate', 'chartgate.yaml')
    .option('--from <time>', 'from this day or RFC 3339 time on', moment)
    .option('--to <time>', 'before this day or RFC 3339 time', moment)
    .option('--package <dir>', 'the evidence package that you read; it is verified, and the record names it')
    .requiredOption('--outcome <outcome>', 'in-order or concern')
    .requiredOption('--note <text>', 'what you looked at and found; recorded, encrypted')
    .option('--json', 'machine-readable output');
  does(
    examples(
      review,
      'chartgate audit review --package ./evidence-october --outcome in-order --note "all 25 of the sample replayed"',
      'chartgate audit review --from 2026-10-01 --to 2026-11-01 --outcome concern --note "nightly reads by pia, case 31"',
    ),
    async (options: ReviewOptions) => (await import('./audit-review.ts')).auditReview(io, options),
  );
}

export function addRewrap(audit: Command, io: Io, does: Does): void {
  const command = audit
    .command('rewrap')
    .description("the node's key under the key service of keys.kek, by the newest version of its key")
    .option(
      '--from <key>',
      'what the key is now, where keys.kek names another: state, ${file:…}, ${env:…}, a key service',
    )
    .option('--replace', 'a new key in its place: everything it opened is put under the new one (the gate is stopped)')
    .option(
      '--new-pseudonyms',
      'with --replace: pseudonyms and date shifts change too, as the old key is known to others',
    );
  does(
    examples(
      withJson(command),
      'chartgate audit rewrap',
      'chartgate audit rewrap --from state',
      "chartgate audit rewrap --replace --from '${file:./kek.old}'",
    ),
    async (options: RewrapOptions) => (await import('./rewrap.ts')).rewrap(io, options),
  );
}
