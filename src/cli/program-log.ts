// The commands about the log itself: verify, prove, verify-proof, witness, rotate-key. See program.ts for how they are run.

import type { Command, OptionValues } from 'commander';
import { ok } from '../core/result.ts';
import type { ProveOptions, VerifyProofOptions } from './audit-prove.ts';
import type { RotateKeyOptions } from './audit-rotate-key.ts';
import { counting } from './command-parts.ts';
import { complain, type Io } from './io.ts';
import type { WitnessOptions } from './witness.ts';

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as in program.ts
type Does = <O extends OptionValues>(command: Command, action: (options: O, args: string[]) => Promise<number>) => void;

type Examples = (command: Command, ...lines: readonly string[]) => Command;

export function addLogCommands(program: Command, audit: Command, io: Io, does: Does, examples: Examples): void {
  addVerify(audit, io, does, examples);
  addProofs(audit, io, does, examples);
  const rotate = audit
    .command('rotate-key')
    .description('give the log of a running gate a new signing key, vouched for by the old one')
    .option('-c, --config <file>', 'the configuration', 'chartgate.yaml')
    .option('--overlap <days>', 'how long the old key goes on signing too', '30')
    .option('--json', 'machine-readable output');
  does(
    examples(rotate, 'chartgate audit rotate-key', 'chartgate audit rotate-key --overlap 7'),
    async (options: RotateKeyOptions) => (await import('./audit-rotate-key.ts')).rotateKey(io, options),
  );
  const witness = program
    .command('witness')
    .description('run a witness: cosign the logs of others, so that none of them can be rewritten unseen')
    .requiredOption('--state <dir>', 'its directory: key, and what it has cosigned')
    .requiredOption('--log <vkey...>', 'the logs it cosigns: their keys, or files that hold them')
    .option('--name <name>', 'its name, given once: a URL without a scheme')
    .option('--listen <address>', 'host:port of its HTTP', '127.0.0.1:7072')
    .option('--post-quantum', 'sign with ML-DSA-44 in place of Ed25519; settled the first time');
  does(
    examples(
      witness,
      'chartgate witness --state ./witness --name witness.example/w1 --log "gate.example/chartgate/…+…+…"',
    ),
    async (options: WitnessOptions) => (await import('./witness.ts')).witness(io, options),
  );
}

interface VerifyOptions {
  readonly config: string;
  readonly witness?: string[];
  readonly quorum?: string;
  readonly key?: string;
  readonly json?: boolean;
}

function addVerify(audit: Command, io: Io, does: Does, examples: Examples): void {
  const verify = audit
    .command('verify')
    .description('verify a log offline; exit 0 = intact')
    .argument(
      '[dir]',
      'a state directory, a copy of its log, where it is served (https://…), or an archive: s3://…, file:///…',
    )
    .option('-c, --config <file>', 'without <dir>: the configuration whose state directory it is', 'chartgate.yaml')
    .option('--witness <witness...>', 'a checkpoint saved earlier (a file, an http address), or the vkey of a witness')
    .option('--quorum <count>', 'how many of the witnesses named have to have cosigned (all)', counting(1))
    .option('--key <vkey>', "one of the log's public keys, as known from elsewhere")
    .option('--json', 'machine-readable output');
  does(
    examples(
      verify,
      'chartgate audit verify ./state',
      'chartgate audit verify -c chartgate.yaml',
      'chartgate audit verify ./copy --witness last-month.checkpoint',
    ),
    async (options: VerifyOptions, [given]) => {
      const { auditVerify } = await import('./audit-verify.ts');
      const state = given === undefined ? (await import('./gate.ts')).stateDirectory(io, options.config) : ok(given);
      if (!state.ok) return complain(io, state.error);
      const dir = state.value;
      const home = io.env['CHARTGATE_HOME'] ?? (io.env['HOME'] ? `${io.env['HOME']}/.chartgate` : null);
      return auditVerify(
        {
          dir,
          checkpoints: options.witness ?? [],
          ...(options.quorum === undefined ? {} : { quorum: Number(options.quorum) }),
          ...(options.key === undefined ? {} : { key: options.key }),
          json: options.json ?? false,
          home,
        },
        (line) => io.stdout.write(`${line}\n`),
        (refusal) => complain(io, refusal),
      );
    },
  );
}

function addProofs(audit: Command, io: Io, does: Does, examples: Examples): void {
  const load = () => import('./audit-prove.ts');
  const prove = audit
    .command('prove')
    .description('write a proof that an entry is in the log, to be verified offline')
    .argument('<seq>', 'number of the entry')
    .option('--dir <dir>', 'a state directory, or a copy of its log', './state')
    .option('-o, --output <file>', 'where to; stdout without it')
    .option('--newest', 'under the newest checkpoint, though an older one was cosigned');
  does(
    examples(prove, 'chartgate audit prove 1042 -o entry-1042.tlog-proof'),
    async (options: ProveOptions & { readonly dir: string }, [seq = '']) =>
      (await load()).prove(io, options.dir, seq, options),
  );
  const verify = audit
    .command('verify-proof')
    .description('verify such a proof; exit 0 = proven')
    .argument('<file>', 'a .tlog-proof')
    .requiredOption('--key <vkey...>', "the log's public keys, or files that hold them")
    .option('--witness <vkey...>', 'witnesses whose cosignatures are wanted')
    .option('--quorum <count>', 'how many of them (all)', counting(1))
    .option('--entry <file>', 'the entry, where the proof does not hold it')
    .option('--json', 'machine-readable output');
  does(
    examples(verify, 'chartgate audit verify-proof entry-1042.tlog-proof --key gate.vkey'),
    async (options: VerifyProofOptions, [file = '']) => (await load()).verifyProofFile(io, file, options),
  );
}
