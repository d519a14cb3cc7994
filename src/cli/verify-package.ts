// An evidence package in a directory, verified and told about. It only reads, and goes into each package itself: it imports nothing but
// Node's own modules and what does not either.

import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { readOnlyFiles } from '../adapters/log-files/read-only-files.ts';
import type { Sampled } from '../audit/evidence/sample.ts';
import { type PackageOptions, type VerifiedPackage, verifyPackage } from '../audit/evidence/verify.ts';
import { type BadPlace, type ReadOnlyFiles, Unreadable } from '../audit/verify-sources.ts';
import { type ErrorCode, errors } from '../core/errors.ts';
import { evidencePage } from './evidence-page.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { abridged, readKeys } from './log-place.ts';
import { release } from './release.ts';

export interface VerifyPackageOptions {
  readonly key?: readonly string[] | undefined;
  readonly witness?: readonly string[] | undefined;
  readonly quorum?: string | undefined;
  readonly sample?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Exit code: 0 holds, 65 not, 66 no package there, 64 an argument that cannot be used. */
export async function verifyPackageAt(
  io: Io,
  dir: string,
  options: VerifyPackageOptions,
  { print: makePrint, verifier }: Pick<PackageOptions, 'print' | 'verifier'>,
): Promise<number> {
  const stop = (code: ErrorCode, text: string, next = errors[code].next): number => complain(io, { code, text, next });
  const place = resolve(io.cwd, dir);
  const there = await stat(place).catch(() => undefined);
  if (!there?.isDirectory())
    return stop('not_found', `There is no directory ${dir}.`, 'Name the directory of the package.');
  const given = await readKeys(options.key ?? []);
  if (!given.ok) return stop('usage', given.error);
  const key = given.value.find(({ algorithm }) => algorithm === 'ed25519');
  const secondKey = given.value.find(({ algorithm }) => algorithm === 'subtree/v1');
  if (options.key && !key) return stop('usage', "The log's Ed25519 key is wanted; an ML-DSA-44 key comes besides it.");
  const witnesses = await readKeys(options.witness ?? []);
  if (!witnesses.ok) return stop('usage', witnesses.error);
  const quorum = Number(options.quorum ?? witnesses.value.length);
  if (!(quorum <= witnesses.value.length)) return stop('usage', 'A quorum needs as many witnesses.');
  const verified = await verifyPackage(packageIn(place), {
    ...(key ? { key } : {}),
    ...(secondKey ? { secondKey } : {}),
    witnesses: { keys: witnesses.value, quorum },
    release,
    page: evidencePage,
    print: makePrint,
    verifier,
  });
  if (!verified.ok) {
    if (options.json) printJson(io, { ok: false, code: 'log_corrupt', bad: verified.error });
    else {
      print(io, plain(`The package does NOT hold: ${placeText(verified.error)}.`));
      print(io, errors.log_corrupt.next);
    }
    return errors.log_corrupt.exit;
  }
  const { report, files, proofs, vkey, secondVkey, unchecked, cosigned, sample, recorded, uncompared } = verified.value;
  const wrong = sample.filter(({ verdict }) => verdict === 'wrong').length;
  const exit = options.sample && wrong > 0 ? errors.log_corrupt.exit : 0;
  const { scope } = report;
  if (options.json) {
    const performed = options.sample ? { sample } : {};
    printJson(io, {
      ok: exit === 0,
      scope,
      files,
      proofs,
      vkey,
      secondVkey,
      unchecked,
      cosigned,
      recorded,
      uncompared,
      selfDeclaredKey: key === undefined,
      ...performed,
    });
    return exit;
  }
  for (const line of linesOf(verified.value, key !== undefined)) print(io, plain(line));
  if (options.sample) printSample(io, sample, scope.seed);
  return exit;
}

/** The files of a package. A link is none: what it leads to is not in the package, and may be another thing tomorrow. */
export function packageIn(directory: string): ReadOnlyFiles {
  const files = readOnlyFiles(directory);
  return {
    ...files,
    async list() {
      const paths = await files.list();
      const found = await readdir(directory, { recursive: true, withFileTypes: true });
      const link = found.find((each) => each.isSymbolicLink());
      if (link) throw new Unreadable(relative(directory, join(link.parentPath, link.name)), 'it is a link');
      return paths;
    },
  };
}

function linesOf(verified: VerifiedPackage, keyKnown: boolean): string[] {
  const { report, files, proofs, vkey, secondVkey, unchecked, cosigned, sample, recorded, uncompared } = verified;
  const { scope } = report;
  return [
    'The package holds.',
    `  origin    ${scope.origin}`,
    `  period    ${scope.from} to ${scope.to}`,
    `  records   ${scope.records}, each proven; ${scope.before} before and ${scope.after} after them`,
    `  whole     ${wholeText(recorded)}`,
    `  tree      ${scope.size} entries, root ${scope.root}`,
    `  key       ${vkey}${keyKnown ? '' : " (the package's own word; compare it, or pass --key)"}`,
    `  signed    ${signaturesText(secondVkey, unchecked)}`,
    ...(secondVkey === null ? [] : [`  second    ${abridged(secondVkey)}`]),
    ...cosigned.map(({ name, time }) => `  witness   ${name} cosigned it at ${time}`),
    ...(report.making.patient
      ? [
          `  patient   ${report.tallies.patient.length} answers, each proven; that they are about one patient is the word of the gate`,
        ]
      : []),
    `  files     ${files}, ${proofs} of them proofs`,
    `  sample    ${sample.length} requests, drawn by ${scope.seed === scope.root ? 'the root of the tree' : `the seed ${scope.seed}, which somebody chose`}`,
    `  numbers   counted again from the records, and the same; so ${uncompared.length === 0 ? 'are the page and the print of them' : 'is the page of them'}`,
    ...uncompared.map((path) => `  not compared: ${path}, which chartgate verify-evidence does`),
  ];
}

/** By what no record of the period is left out. */
function wholeText(recorded: number | null): string {
  const neighbours = 'by the records before and after it';
  return recorded === null
    ? `${neighbours}; where the gate's clock ran ahead and was set back, only its record of the export tells, and none is under this checkpoint`
    : `${neighbours}, and by entry ${recorded}, the gate's record of this export`;
}

function signaturesText(secondVkey: string | null, unchecked: number): string {
  const checked = secondVkey === null ? 'Ed25519, checked' : 'Ed25519 and ML-DSA-44, both checked';
  return unchecked === 0 ? checked : `${checked}; ${unchecked} more in its name not, for want of the key (--key)`;
}

function printSample(io: Io, sample: readonly Sampled[], seed: string): void {
  print(io, plain(`Sample of ${sample.length} requests, drawn again by the seed ${seed}, each proven:`));
  for (const { seq, time, who, effect, rule, verdict, says } of sample)
    print(io, plain(`  ${seq}  ${time}  ${who}  ${effect} by ${rule}: ${verdict}, ${says}`));
  print(io, 'What was asked and answered: chartgate sessions replay, at the gate.');
}

export function placeText({ file, entry, what }: BadPlace): string {
  return `${file}${entry === null ? '' : `, entry ${entry}`}: ${what}`;
}
